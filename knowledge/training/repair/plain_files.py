"""Files that are no newspaper's and in which nothing is broken: notices, contracts, talks, forms, lists, verse."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from knowledge.training.repair import displays, wordings
from knowledge.training.repair.corpus import CleanArticle
from knowledge.training.repair.drawn import DrawnPage
from knowledge.training.repair.file_writer import FileWriter, some_clauses, some_sentences, some_texts


def notice(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    topic = r.choice(some_clauses(r, articles, 1, 4, 14))
    kind = r.choice(wordings.KINDS_OF_NOTICE)
    w = FileWriter(r, "notice", r.choice((f"关于{topic}的{kind}", f"{topic}{kind}", kind)))
    if r.random() < 0.7:
        w.body(r.choice(wordings.SALUTATIONS))
    opening = r.choice(some_sentences(r, articles, 1))
    w.body(opening if r.random() < 0.5 else opening[:-1] + "，现将有关事项" + kind[:1] + "告如下：")
    stop = r.random() < 0.7
    for at, text in enumerate(some_sentences(r, articles, r.randint(2, 6))):
        text = text if stop else text[:-1]
        if r.random() < 0.4:
            text = r.choice(some_clauses(r, articles, 1, 2, 8)) + "：" + text
        w.body(f"{wordings.HANZI[at]}、{text}")
        if r.random() < 0.3:
            form = r.choice(("（{h}）", "{n}、", "{n}.", "({n})"))
            for number, more in enumerate(some_sentences(r, articles, r.randint(2, 3))):
                w.body(form.format(h=wordings.HANZI[number], n=number + 1) + (more if stop else more[:-1]))
    _sign(r, w)
    return w.page()


def contract(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    w = FileWriter(
        r,
        "contract",
        r.choice(some_clauses(r, articles, 1, 2, 6)) + r.choice(("合同", "协议", "条例", "章程", "管理办法")),
    )
    if r.random() < 0.6:
        w.body(
            "甲方（" + r.choice(("出租方", "委托方", "买方")) + "）：" + r.choice(("", wordings.person(r)))
        )
        w.body(
            "乙方（" + r.choice(("承租方", "受托方", "卖方")) + "）：" + r.choice(("", wordings.person(r)))
        )
    stop, chapters = r.random() < 0.6, r.random() < 0.35
    for at, text in enumerate(some_sentences(r, articles, r.randint(3, 9))):
        if chapters and at % 3 == 0:
            w.heading(
                f"第{wordings.HANZI[at // 3]}章"
                + r.choice((" ", "\u3000", ""))
                + r.choice(some_clauses(r, articles, 1, 2, 6)),
                r.choice((0, 1)),
            )
        w.body(f"第{wordings.HANZI[at]}条{r.choice((' ', chr(0x3000), ''))}{text if stop else text[:-1]}")
    if r.random() < 0.5:
        for name in ("（签章）", "电话", "日期"):
            w.body(f"甲方{name}：        乙方{name}：")
    return w.page()


def interview(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    article = r.choice(articles)
    w = FileWriter(r, "interview", displays.title(r, article, articles))
    if r.random() < 0.4:
        w.other("——访" + r.choice(some_clauses(r, articles, 1, 3, 8)) + wordings.person(r), "S")
    asks, answers = r.choice(
        (("问", "答"), ("记者", wordings.person(r)), ("主持人", wordings.person(r)), ("Q", "A"))
    )
    for text in some_texts(r, article, 7):
        question = r.choice(some_clauses(r, [article], 1, 3, 16))
        w.body(f"{asks}：{question}" + r.choice(("？", "？", "是怎么考虑的？", "吗？")))
        w.body(f"{answers}：{text}")
        if r.random() < 0.2:
            w.body(r.choice(some_sentences(r, articles, 1)))
    return w.page()


def chat(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    w = FileWriter(r, "chat", displays.title(r, r.choice(articles), articles), 0.3)
    one, two = r.sample(wordings.SPEAKERS, 2)
    stamped = r.random() < 0.2
    for at, text in enumerate(some_clauses(r, articles, r.randint(4, 14), 2, 30)):
        if stamped:
            w.other(f"{one if at % 2 else two} {r.randint(7, 21)}:{r.randint(10, 59)}", "F")
            w.body(text + r.choice(("", "。", "？")))
        else:
            w.body(f"{one if at % 2 else two}：{text}" + r.choice(("", "。", "？", "！", "吗？")))
    return w.page()


def form(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """A title, lines of name and value, and some sentences."""
    w = FileWriter(
        r,
        "form",
        r.choice(
            (
                r.choice(some_clauses(r, articles, 1, 2, 10)),
                r.choice(wordings.RUBRICS) + "名录",
                r.choice(wordings.THINGS) + "一览",
            )
        ),
        0.85,
    )
    for _ in range(r.randint(1, 7)):
        value = r.choice(wordings.VALUES).format(
            a=r.randint(10, 99999), b=r.randint(1, 12), c=r.randint(1, 30)
        )
        if r.random() < 0.3:
            value = r.choice(some_clauses(r, articles, 1, 2, 10))
        w.body(r.choice(wordings.THINGS) + r.choice(("：", ":", "： ")) + value)
        if r.random() < 0.25:
            w.body(r.choice(some_sentences(r, articles, 1)))
    for text in some_sentences(r, articles, r.randint(0, 4)):
        w.body(text)
    if r.random() < 0.15:
        w.body(r.choice(some_clauses(r, articles, 1, 3, 6)))
    return w.page()


def listing(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """A list: names, things or short clauses, one a line, below a line that announces it."""
    w = FileWriter(r, "list", displays.title(r, r.choice(articles), articles))
    w.body(r.choice(some_sentences(r, articles, 1))[:-1] + r.choice(("如下：", "：", "包括：", "名单如下：")))
    mark = r.choice(("", "", "- ", "• ", "{n}. ", "{n}、", "· "))
    names, apart = r.random() < 0.3, r.random() < 0.6
    for at, text in enumerate(some_clauses(r, articles, r.randint(3, 12), 2, r.choice((4, 8, 12)))):
        if names:
            text = "  ".join(wordings.person(r) for _ in range(r.randint(2, 6)))
        w.body(mark.format(n=at + 1) + text)
    for text in some_sentences(r, articles, r.randint(0, 2)):
        w.body(text, apart=apart)
    return w.page()


def verse(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    w = FileWriter(r, "verse", r.choice(some_clauses(r, articles, 1, 2, 8)))
    if r.random() < 0.5:
        w.other(wordings.person(r), "Y")
    feet = r.choice((0, 4, 5, 7))
    lines = some_clauses(r, articles, r.randint(4, 16), feet or 4, feet or 12)
    marked = r.random() < 0.6
    for at, text in enumerate(lines):
        w.body(text + ("。" if at % 2 else "，") * marked)
    return w.page()


def _sign(r: Random, w: FileWriter) -> None:
    if r.random() < 0.3:
        w.body(r.choice(("特此通知。", "特此公告。", "此致", "敬礼", "附件：名单一份", "妥否，请批示。")))
    if r.random() < 0.75:
        office = (
            "人民政府办公室",
            "自来水公司",
            "教育局",
            "物业服务中心",
            "图书馆",
            "居民委员会",
            "公安局",
            "小学",
        )
        w.body(f"{wordings.place(r)}市" + r.choice(office))
        w.body(wordings.day(r))

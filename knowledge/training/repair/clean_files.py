"""Files in which nothing is broken: articles a paragraph a line, copies of web pages, and what is no newspaper's: notices,
contracts, talks, forms, lists, verse; and texts that were only wrapped, with blanks between their lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from knowledge.training.repair import pages, wordings
from knowledge.training.repair.corpus import CleanArticle
from knowledge.training.repair.drawn import (
    DrawnPage,
    FileWriter,
    Row,
    TrueArticle,
    make_page,
    sign,
    some_clauses,
    some_sentences,
    some_texts,
)
from knowledge.training.repair.pages import wrap


def clean_file(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """Draw a clean file of some kind."""
    makers: tuple[tuple[Callable[[Random, Sequence[CleanArticle]], DrawnPage], float], ...] = (
        (_article, 3.0),
        (notice, 2.0),
        (contract, 1.0),
        (interview, 1.2),
        (chat, 1.2),
        (form, 1.5),
        (listing, 1.6),
        (verse, 0.6),
        (_novel, 1.6),
        (_web_copy, 1.2),
        (_small, 7.0),
        (_several, 6.0),
        (_short, 6.0),
    )
    maker = r.choices([each for each, _ in makers], [weight for _, weight in makers])[0]
    return maker(r, articles)


def _article(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    article = r.choice(articles)
    named = (
        wordings.title(r, article, articles)
        if r.random() < 0.65
        else r.choice(some_clauses(r, [article], 1, 2, 8))
    )
    w = FileWriter(r, "clean", named)
    if r.random() < 0.25:
        w.other(wordings.byline(r), "Y")
    texts = some_texts(r, article, 10)
    headed = r.random() < 0.45
    gap = r.choice((0, 1))
    short = r.random() < 0.2
    for text in texts:
        if headed and r.random() < 0.35:
            w.heading(
                r.choice(some_clauses(r, [article], 1, 2, 10))
                if r.random() < 0.5
                else wordings.heading(r, [text]),
                gap,
            )
        if short and r.random() < 0.5:
            text = r.choice(some_sentences(r, [article, *r.sample(list(articles), 3)], 1))
        w.body(text)
    if r.random() < 0.2:
        w.signed(r)
    if r.random() < 0.15:
        w.other(r.choice((f"责任编辑：{wordings.person(r)}", f"编辑：{wordings.person(r)}")), "F")
    return w.page()


def _small(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """A title of any look and a few sentences below it."""
    article = r.choice(articles)
    clause = r.choice(some_clauses(r, [article], 1, 2, 10))
    other = r.choice(some_clauses(r, articles, 1, 2, 6))
    looks = (
        wordings.title(r, article, articles), clause, clause, f"{clause} {r.randint(1, 99)}", r.choice(wordings.RUBRICS), wordings.day(r),
        f"{clause}？", f"{clause}！{other}", f"{clause} {other}", f"第{r.randint(1, 9)}版《{other}》", f"《{clause}》", f"“{clause}”{other}",
        r.choice(wordings.WORDS_OF_NOISE), r.choice(wordings.WORDS_OF_NOISE) + r.choice(("节", "馆", "集", other)),
    )  # fmt: skip
    heads = wordings.page_head(r) if r.random() < 0.35 else []
    if r.random() < 0.1:
        heads = [wordings.day(r)]
    elif r.random() < 0.12:
        heads = [
            "".join(2 * char if char != " " else char for char in wordings.heading(r, article.paragraphs))
        ]
    named = r.choice(looks)
    w = FileWriter(r, "small", named, 0.93, heads)
    texts = some_sentences(r, [article, r.choice(articles)], r.randint(1, 5))
    headed = r.random() < 0.45
    short = r.random() < 0.6
    # A page's head may be a title, but hardly right above a heading.
    unlike = named in looks[3:6] or named == looks[9]
    for at, text in enumerate(texts):
        if headed and r.random() < 0.7 and not (at == 0 and unlike):
            w.heading(
                r.choice(("", "", "■", "★ "))
                + r.choice(some_clauses(r, [article], 1, 2, 4 if short else 10)),
                r.choice((0, 1, 1)),
            )
        w.body(text)
    if r.random() < 0.35:
        w.signed(r)
    if r.random() < 0.15:
        for text in wordings.page_foot(r):
            w.other(text, "F")
    return w.page()


def _short(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """A short article in lines of one width, its headline on one to three lines."""
    article = r.choice(articles)
    wide = r.randint(9, 44)
    title = (
        wordings.title(r, article, articles)
        if r.random() < 0.7
        else r.choice(some_clauses(r, [article], 1, 3, 12))
    )
    room = max(5, r.randint(6, 30))
    lines = wrap(r, title, room) if r.random() < 0.5 else [title]
    if len(lines) == 1 and len(title) > 10 and r.random() < 0.3:
        middle = wordings.break_of(r, title)
        lines = [title[:middle].strip(), title[middle:].strip()]
    heads = wordings.page_head(r) if r.random() < 0.25 else [wordings.day(r)] if r.random() < 0.1 else []
    below, gap = r.choice((0, 1, 1, 1)), r.choice((0, 0, 0, 1))
    rows = [Row(text, "F", 0) for text in heads]
    rows += [
        Row(line, "t" if at else "T", (below if heads else 0) if at == 0 else 0)
        for at, line in enumerate(lines)
        if line
    ]
    indent = r.choice(("", "", "    ", "\u3000\u3000"))
    texts = some_sentences(r, [article], r.randint(1, 8)) if r.random() < 0.6 else some_texts(r, article, 4)
    named = r.random() < 0.35
    sections: list[tuple[str | None, list[str]]] = [(None, [])]
    for at, text in enumerate(texts):
        text = pages.told(r, text)
        if named and at and r.random() < 0.4:
            sections.append((wordings.heading(r, [text]), []))
            rows.append(Row(str(sections[-1][0]), "H", below))
        broken = wrap(r, text, wide, indent)
        for number, line in enumerate(broken):
            first = rows[-1].label in "TtHF" if rows else False
            rows.append(Row(line, "p" if number else "P", 0 if number else below if first else gap))
        sections[-1][1].append(text)
    if r.random() < 0.3:
        sign(r, rows, r.choice((0, below)))
    if r.random() < 0.15:
        rows += [Row(text, "F", below) for text in wordings.page_foot(r)]
    rows[0].gap = 0
    return make_page("short", rows, [TrueArticle(title, tuple((name, tuple(own)) for name, own in sections))])


def _several(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """Short articles one after another, a paragraph a line, most of them signed."""
    rows: list[Row] = []
    truths: list[TrueArticle] = []
    gap, signs, dated = r.choice((0, 1, 1)), r.random() < 0.88, 0.3
    if r.random() < 0.4:
        rows += [Row(text, "F", at and gap) for at, text in enumerate(wordings.page_head(r))]
    for number in range(r.randint(1, 4)):
        article = r.choice(articles)
        title = wordings.title(r, article, articles, True)
        if r.random() < 0.45:
            title = r.choice(some_clauses(r, [article], 1, 5, 12))
        if r.random() < 0.25:
            rows.append(Row(r.choice(some_clauses(r, [article], 1, 4, 18)), "K", 1))
        rows.append(Row(title, "T", 1 if number or gap else 0))
        if r.random() < 0.3:
            rows.append(Row(wordings.subtitle(r, article, articles), "S", r.choice((0, gap))))
        texts = some_sentences(r, [article], r.randint(1, 4))
        if r.random() < 0.5:
            texts = [
                text + more
                for text, more in zip(texts, some_sentences(r, [article], len(texts)), strict=False)
            ]
        for at, text in enumerate(texts):
            opening = wordings.dateline(r) if at == 0 and r.random() < dated else ""
            by = wordings.byline(r) if signs and at == len(texts) - 1 and r.random() < 0.45 else ""
            tail = (
                by
                if by.startswith("（")
                else r.choice(("", " ")) + by
                if "记者" in by
                else " " * bool(by) + by
            )
            rows.append(Row(opening + text + tail, "P", gap if at else r.choice((gap, 1))))
        dated = 0.3 if by else 0.8
        if signs and r.random() < (0.1 if by else 0.7):
            rows.append(Row(wordings.byline(r), "Y", r.choice((0, gap))))
            dated = 0.3
        if r.random() < 0.2:
            at = r.randint(len(rows) - len(texts), len(rows))
            photo = (
                [Row(r.choice(("", "图为", "▲")) + some_sentences(r, [article], 1)[0], "A", 1)]
                if r.random() < 0.7
                else []
            )
            rows[at:at] = [*photo, Row(wordings.credit(r), "R", r.choice((0, 1)))]
        truths.append(TrueArticle(title, ((None, tuple(texts)),)))
    if r.random() < 0.2:
        rows += [Row(text, "F", gap) for text in wordings.page_foot(r)]
    rows[0].gap = 0
    return make_page("several", rows, truths)


def _web_copy(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """An article as it is copied from a web page: date, source and buttons about it."""
    article = r.choice(articles)
    w = FileWriter(r, "web", wordings.title(r, article, articles), 1)
    stamp = f"{wordings.day(r)} {r.randint(0, 23):02}:{r.randint(0, 59):02}"
    above = (f"{stamp} 来源：{wordings.paper(r)}", stamp, f"来源：{wordings.paper(r)}", f"{wordings.paper(r)} {stamp}",
             f"作者：{wordings.person(r)}", "字号 大 中 小", "分享到：", f"首页 > {r.choice(wordings.RUBRICS)} > 正文")  # fmt: skip
    for text in r.sample(above, r.randint(1, 3)):
        w.other(text, "Y" if text.startswith("作者") else "F")
    for text in some_texts(r, article, 8):
        w.body(text)
    below = (f"责任编辑：{wordings.person(r)}", "版权声明：本网所有内容未经授权不得转载", "相关阅读", "打印本页 关闭窗口", "上一篇", "下一篇", "返回顶部",
             f"（责编：{wordings.person(r)}、{wordings.person(r)}）")  # fmt: skip
    for text in r.sample(below, r.randint(0, 3)):
        w.other(text, "F")
    return w.page()


def _novel(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """Running text wrapped at one width: indented, parted by blank lines, or both, as reading sites give it."""
    article = r.choice(articles)
    w = FileWriter(r, "novel", wordings.title(r, article, articles), 0.8)
    wide = r.randint(24, 44)
    indent = r.choice(("", "    ", "\u3000\u3000"))
    again = indent if r.random() < 0.5 else ""
    blanks = r.choice((0, 1, 1))
    again = again if blanks else ""
    chapters = r.random() < 0.4
    for at, text in enumerate(some_texts(r, article, 8)):
        if chapters and at % 3 == 0:
            w.heading(
                f"第{wordings.HANZI[at // 3]}{r.choice('章回节')} "
                + r.choice(some_clauses(r, [article], 1, 2, 10)),
                1,
            )
        w.wrapped(text, wrap(r, text, wide, indent), blanks, again)
    return w.page()


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
    w = FileWriter(r, "interview", wordings.title(r, article, articles))
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
    w = FileWriter(r, "chat", wordings.title(r, r.choice(articles), articles), 0.3)
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
    w = FileWriter(r, "list", wordings.title(r, r.choice(articles), articles))
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
            "人民政府办公室", "自来水公司", "教育局", "物业服务中心", "图书馆", "居民委员会", "公安局",
            "小学",
        )  # fmt: skip
        w.body(f"{wordings.place(r)}市" + r.choice(office))
        w.body(wordings.day(r))

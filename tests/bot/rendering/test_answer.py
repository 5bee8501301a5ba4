"""What a reply looks like."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from bot.messages import Style
from bot.rendering.answer import answer_runs, explanation_runs, shown_query
from bot.rendering.fact import citation, lines, marked_runs, source_runs
from bot.texts import phrases
from knowledge.model import Answer, Fact, Hit, MatchKind, Metadata, Span
from knowledge.repair.pipeline import repair_document
from tests.knowledge.repair.pages import column, document
from tests.support.paper import article, fact, hit

ZH = phrases("zh")


def drawn(answer: Answer) -> str:
    """The reply as a reader sees it: bold between **."""
    return "".join(
        f"**{run.text}**" if run.style is Style.BOLD else run.text for run in answer_runs(answer, ZH)
    )


WORDS, PINYIN, SPELLING = MatchKind.WORDS, MatchKind.PINYIN, MatchKind.SPELLING
BRIDGE = fact("2023年，大桥全长26.5公里。", line=51, of=article("上海 取得成效", "001.txt"))
LONG = fact("老桥长5米，新桥长5米，都通了。")
SUBWAY = hit(fact("地铁通了。"), "地铁")
NEAR = tuple(hit(fact(f"路桥{n}。", n), "路桥") for n in range(2, 9))
ALIKE = tuple(hit(fact(f"跨江通道开放{n}。", n), rung=MatchKind.MEANING) for n in range(2, 7))
HERE = "——《桥通车了》第{}行 · a.txt"


def told_in(campaign: str | None, text: str, of: str, file: str) -> Hit:
    return hit(fact(text, of=article(of, file, campaign=campaign)), "大桥")


DRAWN: dict[str, tuple[Answer, str]] = {
    "a question's answer stands in a bold first line above its sentence and source": (
        Answer("大桥多长", True, 0.9, "26.5公里", (hit(BRIDGE, "26.5公里"),)),
        "**26.5公里**\n2023年，大桥全长**26.5公里**。\n——《上海 取得成效》第51行 · 001.txt",
    ),
    "beside a short answer only it is bold, and where it stands by the question": (
        Answer("新桥多长", True, 0.9, "5米", (Hit(LONG, 1.0, WORDS, ((7, 9), (10, 11))),)),
        "**5米**\n老桥长5米，新桥长**5米**，都通了。\n" + HERE.format(2),
    ),
    "a lone character is not bold beside a whole word": (
        Answer("年桥", True, 0.9, None, (Hit(fact("大年桥，年年通。"), 1.0, WORDS, ((1, 3), (4, 5))),)),
        "大**年桥**，年年通。\n" + HERE.format(2),
    ),
    "nothing found says so and calls the nearest only near": (
        Answer("北京地铁票价", False, 0.1, None, (), (SUBWAY,)),
        "现有报道里没有查到“北京地铁票价”。\n最接近的是（仅供参考）：\n**地铁**通了。\n" + HERE.format(2),
    ),
    "only the nearest few are shown where nothing is found": (
        Answer("桥", False, 0.1, None, (), NEAR),
        "现有报道里没有查到“桥”。\n最接近的是（仅供参考）：\n"
        + "\n\n".join(f"**路桥**{n}。\n{HERE.format(n)}" for n in (2, 3, 4)),
    ),
    "what is only related is never told as an answer": (
        Answer("桥", True, 0.9, None, (hit(fact("桥通了。", 2)),), (hit(fact("路通了。", 3), "通了"),)),
        f"桥通了。\n{HERE.format(2)}\n\n有关的还有（不是直接回答）：\n路**通了**。\n{HERE.format(3)}",
    ),
    "what is close claims nothing and shows up to three whatever their words": (
        Answer("大桥通车", False, 0.2, None, (), ALIKE, close=True),
        "没有查到原话。意思相近的报道：\n"
        + "\n\n".join(f"跨江通道开放{n}。\n{HERE.format(n)}" for n in (2, 3, 4)),
    ),
    "nothing near is one sentence": (
        Answer("北京地铁票价", False, 0.0, None),
        "现有报道里没有查到“北京地铁票价”。",
    ),
    "an unfound answer is never said in bold": (
        Answer("票价", False, 0.1, "3元", (), (hit(fact("地铁3元。"), "地铁"),)),
        f"现有报道里没有查到“票价”。\n最接近的是（仅供参考）：\n**地铁**3元。\n{HERE.format(2)}",
    ),
    "a fact in which no word of the question stands is not called near": (
        Answer("票价", False, 0.1, None, (), (hit(fact("别的事。")), hit(fact("票子。", 3), "票"))),
        "现有报道里没有查到“票价”。",
    ),
    "pinyin is headed by the word it was found under": (
        Answer("suidao", True, 0.7, None, (hit(fact("隧道通了。"), "隧道", PINYIN),), (), ("隧道",)),
        f"按“隧道”查到：\n**隧道**通了。\n{HERE.format(2)}",
    ),
    "so is a near spelling": (
        Answer("蕃瓜异", True, 0.7, None, (hit(fact("蕃瓜弄变了。"), "蕃瓜弄", SPELLING),), (), ("蕃瓜弄",)),
        f"按“蕃瓜弄”查到：\n**蕃瓜弄**变了。\n{HERE.format(2)}",
    ),
    "a suggestion beside an exact hit is only a question": (
        Answer("蕃瓜", True, 0.7, None, (hit(fact("蕃瓜熟了。"), "蕃瓜"),), (), ("蕃瓜弄",)),
        f"你要找的是不是：蕃瓜弄\n**蕃瓜**熟了。\n{HERE.format(2)}",
    ),
    "reports of different campaigns are shown apart with title and campaign": (
        Answer("大桥", True, 0.9, None, (
            told_in("开局之年", "甲地修大桥。", "甲地的事", "a.txt"), told_in("主题教育", "乙地修大桥。", "乙地的事", "b.txt"),
        )),
        "分属不同报道：\n【开局之年】\n甲地修**大桥**。\n——《甲地的事》第2行 · a.txt\n\n"
        "【主题教育】\n乙地修**大桥**。\n——《乙地的事》第2行 · b.txt",
    ),
    "reports differ where the same campaign tells the same subject differently": (
        Answer("大桥", True, 0.9, None, (
            told_in("开局之年", "大桥长5公里。", "甲", "a.txt"), told_in("开局之年", "大桥长6公里。", "乙", "b.txt"),
        )),
        "报道说法不同：\n…",
    ),
    "hits of one article stand under no heading": (
        Answer("桥", True, 0.9, None, (hit(fact("桥一。", 2)), hit(fact("桥二。", 3)))),
        f"桥一。\n{HERE.format(2)}\n\n桥二。\n{HERE.format(3)}",
    ),
    **{
        f"a query without a word is asked for one: {query!r}": (
            Answer(query, False, 0.0, None), "请写上要查的词或问题。",
        )
        for query in ("", " ", "？？", "……")
    },
}  # fmt: skip


@pytest.mark.parametrize(("answer", "seen"), DRAWN.values(), ids=DRAWN)
def test_an_answer_is_seen_so(answer: Answer, seen: str) -> None:
    begun = seen.removesuffix("…")
    assert (drawn(answer) if begun == seen else drawn(answer)[: len(begun)]) == begun


def test_why_names_each_matched_word_once_and_no_part_of_another() -> None:
    asked = Hit(fact("大年桥，年年通，大年桥。"), 1.0, MatchKind.WORDS, ((0, 3), (4, 5), (8, 11)))
    assert "".join(run.text for run in explanation_runs([asked], ZH)).endswith("：大年桥")


@pytest.mark.parametrize(
    ("text", "campaign", "date"),
    [
        ("大桥长6公里。", "主题教育", None),
        ("大桥长6公里。", None, None),
        ("大桥全长5公里。", "开局之年", None),
        ("去年大桥长6公里。", "开局之年", None),
        ("大桥长6公里。", "开局之年", "2025-01-02"),
    ],
    ids=["another campaign", "none", "the same figure", "another time", "another day"],
)
def test_what_is_not_of_one_campaign_and_time_does_not_contradict(
    text: str, campaign: str | None, date: str | None
) -> None:
    one = fact("大桥长5公里。", of=replace(article("甲", "a.txt", campaign="开局之年"), date="2023-07-01"))
    two = fact(text, of=replace(article("乙", "b.txt", campaign=campaign), date=date))
    said = drawn(Answer("大桥", True, 0.9, None, (hit(one, "大桥"), hit(two, "大桥"))))
    assert said.startswith("分属不同报道：\n")
    assert said.endswith("b.txt" if date else "b.txt（未印日期）")


def test_matched_words_keep_every_character_in_place() -> None:
    runs = list(marked_runs("𠮷野家开业了", [(4, 5), (0, 2)]))
    assert "".join(run.text for run in runs) == "𠮷野家开业了"
    assert [run.text for run in runs if run.style is Style.BOLD] == ["𠮷野", "业"]


SPLIT = (Span(39, 0, 3), Span(47, 0, 3))
TURNED = (Span(50, 0, 1), Span(51, 0, 2))
PLACES = {
    "a jump over a caption": (fact("全会以逻辑。", spans=SPLIT), "第39行、第47行"),
    "a run of lines": (fact("一二三。", spans=(Span(5, 0, 2), Span(6, 0, 2))), "第5–6行"),
    "a page's own lines": (fact("一二。", line=12, page=2, page_first_line=11), "第2页第2行"),
    "on the next page": (
        fact("一二。", spans=TURNED, page=1, page_first_line=1, further_pages=((51, 2),)),
        "第1页第50行、第2页第1行",
    ),
}


@pytest.mark.parametrize(("told", "place"), PLACES.values(), ids=PLACES)
def test_a_place_is_told_by_its_lines(told: Fact, place: str) -> None:
    assert lines(told, ZH) == place


WRITTEN = Metadata(None, "青年报", datetime.date(2023, 7, 1), "3", None, "张三、李四", "新华社")


@pytest.mark.parametrize(
    ("known", "tag", "said"),
    [
        (
            WRITTEN,
            "zh",
            "——《桥通车了》2023年7月1日 青年报 第3版 第2行 · 作者：张三、李四 · 来源：新华社 · a.txt",
        ),
        (
            WRITTEN,
            "zh-TW",
            "——《桥通车了》2023年7月1日 青年报 第3版 第2行 · 作者：张三、李四 · 來源：新华社 · a.txt",
        ),
        (
            WRITTEN,
            "en",
            "——《桥通车了》, 1 July 2023 青年报 p. 3 line 2 · by 张三、李四 · from 新华社 · a.txt",
        ),
        (
            replace(WRITTEN, author="张三、李四、王五"),
            "zh",
            "第2行 · 作者：张三、李四等 · 来源：新华社 · a.txt",
        ),
        (replace(WRITTEN, source="《青年报》"), "zh", "第3版 第2行 · 作者：张三、李四 · a.txt"),
        (Metadata(author="新华社", source="新华社"), "zh", "——《桥通车了》第2行 · 作者：新华社 · a.txt"),
        (Metadata(), "zh", "——《桥通车了》第2行 · a.txt"),
    ],
)
def test_a_citation_names_issue_author_and_source_each_once(known: Metadata, tag: str, said: str) -> None:
    told = fact("桥通了。", of=replace(article(), metadata=known))
    assert citation(told, phrases(tag)).text.endswith(said)


@pytest.mark.parametrize(
    ("tag", "said"), [("zh", "第2行 识别自图片（把握95%）"), ("en", "line 2 read from an image (95% sure)")]
)
@pytest.mark.parametrize("found", [True, False])
def test_what_was_recognised_in_an_image_says_so_and_how_surely_wherever_it_is_told(
    found: bool, tag: str, said: str
) -> None:
    told = hit(replace(fact("涉及居民楼27栋。", 2), recognised=0.957), "27栋")
    answer = Answer("几栋", found, 0.9, "27栋" if found else None, (told,) * found, (told,) * (not found))
    assert said in "".join(run.text for run in answer_runs(answer, phrases(tag)))


def test_a_citation_links_to_the_place_where_a_page_is_known() -> None:
    run = citation(fact("桥。"), ZH, lambda told: f"https://example.org/{told.id}")
    assert run.link == f"https://example.org/{fact('桥。').id}"


def test_a_query_is_quoted_back_on_one_line_not_at_length_and_without_calling_anybody() -> None:
    assert shown_query("一\n二\x1b[31m") == "一 二 [31m"
    assert shown_query("长" * 500) == "长" * 60 + "…"
    assert shown_query("找 @zhangsan 和@all") == "找 @\u2060zhangsan 和@\u2060all"


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (None, "现有报道里没有查到“桥”。"),
        ("zh-cn", "现有报道里没有查到“桥”。"),
        ("zh-TW", "現有報道裡沒有查到「桥」。"),
        ("zh_Hant_HK", "現有報道裡沒有查到「桥」。"),
        ("en-GB", "The reports at hand say nothing about “桥”."),
        ("de", "The reports at hand say nothing about “桥”."),
    ],
)
def test_the_interface_speaks_the_readers_language(tag: str | None, said: str) -> None:
    runs = answer_runs(Answer("桥", False, 0.0, None), phrases(tag))
    assert "".join(run.text for run in runs) == said


STORY = (
    "昨日，杭州市宣布，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民，是全市最大的民生工程。"
)


def test_lines_of_the_next_page_are_counted_from_its_beginning() -> None:
    page = replace(document(f"引水工程通水\n\n{column('　　' + STORY, 20)}"), page_starts=(1, 5))
    (fact,) = repair_document(page).facts
    numbers = [run.text.strip() for run in source_runs(fact, page, phrases("zh")) if run.style is Style.CODE]
    assert numbers == ["2", "3", "4", "1"]

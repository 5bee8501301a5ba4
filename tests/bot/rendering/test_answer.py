"""What a reply looks like."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from bot.messages import Style
from bot.rendering.answer import answer_runs, explanation_runs, shown_query
from bot.rendering.fact import citation, lines, marked_runs, source_runs
from bot.texts import phrases
from knowledge.model import Answer, Hit, MatchKind, Metadata, Span
from knowledge.repair.pipeline import repair_document
from tests.knowledge.repair.pages import column, document
from tests.support.paper import article, fact, hit

ZH = phrases("zh")


def drawn(answer: Answer) -> str:
    """The reply as a reader sees it: bold between **."""
    return "".join(
        f"**{run.text}**" if run.style is Style.BOLD else run.text for run in answer_runs(answer, ZH)
    )


def test_a_questions_answer_stands_in_a_bold_first_line_above_its_sentence_and_source() -> None:
    told = fact("2023年，大桥全长26.5公里。", line=51, of=article("上海 取得成效", "001.txt"))
    assert drawn(Answer("大桥多长", True, 0.9, "26.5公里", (hit(told, "26.5公里"),))) == (
        "**26.5公里**\n2023年，大桥全长**26.5公里**。\n——《上海 取得成效》第51行 · 001.txt"
    )


def test_beside_a_short_answer_only_the_answer_is_bold_and_where_it_stands_by_the_question() -> None:
    told = fact("老桥长5米，新桥长5米，都通了。")
    asked = Hit(told, 1.0, MatchKind.WORDS, ((7, 9), (10, 11)))
    assert "老桥长5米，新桥长**5米**，都" in drawn(Answer("新桥多长", True, 0.9, "5米", (asked,)))


def test_a_lone_character_is_not_bold_beside_a_whole_word() -> None:
    asked = Hit(fact("大年桥，年年通。"), 1.0, MatchKind.WORDS, ((1, 3), (4, 5)))
    assert "大**年桥**，年年通。" in drawn(Answer("年桥", True, 0.9, None, (asked,)))


def test_a_word_is_answered_without_a_first_line() -> None:
    assert drawn(Answer("桥", True, 0.9, None, (hit(fact("桥通了。"), "桥"),))) == (
        "**桥**通了。\n——《桥通车了》第2行 · a.txt"
    )


def test_nothing_found_says_so_and_calls_the_nearest_only_near() -> None:
    near = hit(fact("地铁通了。"), "地铁")
    assert drawn(Answer("北京地铁票价", False, 0.1, None, (), (near,))) == (
        "现有报道里没有查到“北京地铁票价”。\n最接近的是（仅供参考）：\n**地铁**通了。\n——《桥通车了》第2行 · a.txt"
    )


def test_what_is_only_related_is_never_told_as_an_answer() -> None:
    told = Answer("桥", True, 0.9, None, (hit(fact("桥通了。", 2)),), (hit(fact("路通了。", 3), "通了"),))
    assert drawn(told) == (
        "桥通了。\n——《桥通车了》第2行 · a.txt\n\n有关的还有（不是直接回答）：\n路**通了**。\n——《桥通车了》第3行 · a.txt"
    )


def test_only_the_nearest_few_are_shown_where_nothing_is_found() -> None:
    near = tuple(hit(fact(f"路桥{n}。", n), "路桥") for n in range(2, 9))
    assert drawn(Answer("桥", False, 0.1, None, (), near)).count("——《") == 3


def test_nothing_found_and_nothing_near_is_one_sentence() -> None:
    assert drawn(Answer("北京地铁票价", False, 0.0, None)) == "现有报道里没有查到“北京地铁票价”。"


def test_what_is_close_claims_nothing_and_shows_up_to_three_whatever_their_words() -> None:
    alike = tuple(hit(fact(f"跨江通道开放{n}。", n), rung=MatchKind.MEANING) for n in range(2, 7))
    told = drawn(Answer("大桥通车", False, 0.2, None, (), alike, close=True))
    assert told.startswith("没有查到原话。意思相近的报道：\n跨江通道开放2。\n——《桥通车了》第2行")
    assert told.count("——《") == 3
    assert "**" not in told


def test_an_unfound_answer_is_never_said_in_bold() -> None:
    near = hit(fact("地铁3元。"), "地铁")
    assert "**3元**" not in drawn(Answer("票价", False, 0.1, "3元", (), (near,)))


def test_a_fact_in_which_no_word_of_the_question_stands_is_not_called_near() -> None:
    far = (hit(fact("别的事。")), hit(fact("票子。", 3), "票"))
    assert drawn(Answer("票价", False, 0.1, None, (), far)) == "现有报道里没有查到“票价”。"


def test_pinyin_heads_the_reply_with_the_word_it_was_found_under() -> None:
    told = Answer(
        "suidao", True, 0.7, None, (hit(fact("隧道通了。"), "隧道", MatchKind.PINYIN),), (), ("隧道",)
    )
    assert drawn(told).startswith("按“隧道”查到：\n**隧道**通了。\n")


@pytest.mark.parametrize("query", ["", " ", "？？", "……"])
def test_a_query_without_a_word_is_asked_for_one(query: str) -> None:
    assert drawn(Answer(query, False, 0.0, None)) == "请写上要查的词或问题。"


def test_why_names_each_matched_word_once_and_no_part_of_another() -> None:
    asked = Hit(fact("大年桥，年年通，大年桥。"), 1.0, MatchKind.WORDS, ((0, 3), (4, 5), (8, 11)))
    assert "".join(run.text for run in explanation_runs([asked], ZH)).endswith("：大年桥")


def test_a_near_spelling_heads_the_reply_with_the_word_it_was_found_under() -> None:
    told = Answer(
        "蕃瓜异", True, 0.7, None, (hit(fact("蕃瓜弄变了。"), "蕃瓜弄", MatchKind.SPELLING),), (), ("蕃瓜弄",)
    )
    assert drawn(told).startswith("按“蕃瓜弄”查到：\n**蕃瓜弄**变了。\n")


def test_a_suggestion_beside_an_exact_hit_is_only_a_question() -> None:
    told = Answer("蕃瓜", True, 0.7, None, (hit(fact("蕃瓜熟了。"), "蕃瓜"),), (), ("蕃瓜弄",))
    assert drawn(told).startswith("你要找的是不是：蕃瓜弄\n**蕃瓜**熟了。")


def test_reports_of_different_campaigns_are_shown_apart_with_title_and_campaign() -> None:
    one = fact("甲地修桥。", of=article("甲地的事", "a.txt", campaign="开局之年"))
    two = fact("乙地修桥。", of=article("乙地的事", "b.txt", campaign="主题教育"))
    assert drawn(Answer("修桥", True, 0.9, None, (hit(one), hit(two)))) == (
        "分属不同报道：\n【开局之年】\n甲地修桥。\n——《甲地的事》第2行 · a.txt\n\n"
        "【主题教育】\n乙地修桥。\n——《乙地的事》第2行 · b.txt"
    )


def test_reports_differ_only_where_the_same_campaign_tells_the_same_subject_differently() -> None:
    one = fact("大桥长5公里。", of=article("甲", "a.txt", campaign="开局之年"))
    two = fact("大桥长6公里。", of=article("乙", "b.txt", campaign="开局之年"))
    assert drawn(Answer("大桥", True, 0.9, None, (hit(one, "大桥"), hit(two, "大桥")))).startswith(
        "报道说法不同：\n"
    )


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


def test_hits_of_one_article_stand_under_no_heading() -> None:
    drawn_text = drawn(Answer("桥", True, 0.9, None, (hit(fact("桥一。", 2)), hit(fact("桥二。", 3)))))
    assert drawn_text.startswith("桥一。\n")


def test_matched_words_keep_every_character_in_place() -> None:
    runs = list(marked_runs("𠮷野家开业了", [(4, 5), (0, 2)]))
    assert "".join(run.text for run in runs) == "𠮷野家开业了"
    assert [run.text for run in runs if run.style is Style.BOLD] == ["𠮷野", "业"]


def test_a_sentence_that_jumps_over_a_caption_names_both_places() -> None:
    split = fact("全会以逻辑。", spans=(Span(39, 0, 3), Span(47, 0, 3)))
    assert lines(split, ZH) == "第39行、第47行"


def test_a_run_of_lines_is_told_as_a_run() -> None:
    assert lines(fact("一二三。", spans=(Span(5, 0, 2), Span(6, 0, 2))), ZH) == "第5–6行"


def test_a_page_is_told_before_its_own_lines() -> None:
    assert lines(fact("一二。", line=12, page=2, page_first_line=11), ZH) == "第2页第2行"


def test_a_sentence_that_goes_on_on_the_next_page_names_both_pages() -> None:
    turned = fact(
        "一二。", spans=(Span(50, 0, 1), Span(51, 0, 2)), page=1, page_first_line=1, further_pages=((51, 2),)
    )
    assert lines(turned, ZH) == "第1页第50行、第2页第1行"


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


def test_a_query_is_quoted_back_on_one_line_and_not_at_length() -> None:
    assert shown_query("一\n二\x1b[31m") == "一 二 [31m"
    assert shown_query("长" * 500) == "长" * 60 + "…"


def test_a_name_in_a_query_is_quoted_back_without_calling_anybody() -> None:
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

"""One analysis of a query: what kind of answer is asked for, and by which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.query.aliases import Aliases
from knowledge.query.analysis import LONGEST_QUERY, Query, analyse
from knowledge.query.question import QuestionType
from knowledge.text.analyzer import ChineseAnalyzer

FORMS = Path(__file__).with_name("question_forms.jsonl")
CHINESE = ChineseAnalyzer()
ALIASES = Aliases([("沪", "上海")])


def ask(text: str) -> Query:
    return analyse(text, ALIASES, CHINESE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("蕃瓜弄", QuestionType.NONE),
        ("网上报名时间", QuestionType.TIME),
        ("柳江一中咨询电话", QuestionType.AMOUNT),
        ("新车售价", QuestionType.AMOUNT),
        ("午餐免费", QuestionType.NONE),
        ("柳江一中校长叫什么", QuestionType.WHO),
        ("养老 社区", QuestionType.NONE),
        ("有多少名党员参加？", QuestionType.AMOUNT),
        ("首批有几家公司上市", QuestionType.AMOUNT),
        ("平均海拔是多少", QuestionType.AMOUNT),
        ("谁提出的", QuestionType.WHO),
        ("服务中心在哪里", QuestionType.PLACE),
        ("哪个区最先试点", QuestionType.PLACE),
        ("什么时候通过", QuestionType.TIME),
        ("哪一年开始", QuestionType.TIME),
        ("多久一次", QuestionType.DURATION),
        ("用了几个月", QuestionType.DURATION),
        ("花了多长时间", QuestionType.DURATION),
        ("为什么这么难", QuestionType.WHY),
        ("医院晋升为什么等级", QuestionType.WHICH),
        ("为什么机制不灵", QuestionType.WHY),
        ("為甚麼退守", QuestionType.WHY),
        ("怎么解决", QuestionType.HOW),
        ("垃圾分类如何推进", QuestionType.HOW),
        ("77.2%是什么", QuestionType.FIGURE),
        ("5533指的是什么？", QuestionType.FIGURE),
        ("70.12%", QuestionType.FIGURE),
        ("哪些区提到了养老", QuestionType.LIST),
        ("四联是什么意思", QuestionType.WHAT),
        ("建立了什么机制", QuestionType.WHICH),
        ("是否完成", QuestionType.YES_NO),
    ],
)
def test_the_question_words_say_what_kind_of_answer_is_wanted(text: str, kind: QuestionType) -> None:
    assert ask(text).type is kind


def test_three_hundred_generated_question_forms_are_typed_right() -> None:
    rows = [json.loads(line) for line in FORMS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 300
    assert [row for row in rows if ask(row["query"]).type.value != row["type"]] == []


@pytest.mark.parametrize(
    ("text", "searched"),
    [("报名费多少钱？", "报名费"), ("新车卖多少钱", "新车"), ("大桥由哪家单位设计", "大桥 设计")],
)
def test_a_noun_that_only_asks_is_not_searched_for(text: str, searched: str) -> None:
    assert ask(text).core == searched


def test_the_unit_and_the_noun_asked_for_are_read() -> None:
    question = ask("有多少名党员").question
    assert (question.unit, question.noun) == ("名", "党员")


def test_question_words_and_politeness_are_not_searched_for() -> None:
    query = ask("请问，虹口区的垃圾分类怎么做呢？")
    assert [w.text for w in query.words] == ["虹口区", "垃圾", "分类"]
    assert "怎么" not in query.core


@pytest.mark.parametrize("text", ["开工花了多长时间", "开工用了多久", "开工需要多久", "开工耗时多久？"])
def test_that_time_was_spent_belongs_to_the_question_not_to_what_is_sought(text: str) -> None:
    assert [w.text for w in ask(text).words] == ["开工"]


def test_keywords_are_parted_by_spaces_of_any_width() -> None:
    assert ask("临港　离岸  贸易").keywords == ("临港", "离岸", "贸易")


def test_traditional_wide_and_capital_writing_is_folded_and_the_original_kept() -> None:
    query = ask("臨港 ＣＩＩＥ")
    assert (query.text, query.original) == ("临港 ciie", "臨港 ＣＩＩＥ")


def test_marks_of_the_query_language_are_read() -> None:
    query = ask("“四联” 机制 -养老 文：主题教育")
    assert query.phrases == ("四联",)
    assert query.excluded == ("养老",)
    assert query.titles == ("主题教育",)
    assert query.core == "四联 机制"


def test_a_minus_inside_a_range_excludes_nothing() -> None:
    assert ask("2019-2020 年报").excluded == ()


def test_exclusions_alone_ask_for_nothing() -> None:
    query = ask("-养老")
    assert (query.is_empty, query.excluded) == (True, ("养老",))


def test_numbers_in_the_query_are_keys() -> None:
    assert ask("三百五十件 实事").number_keys == ("350",)


def test_latin_runs_are_kept_for_pinyin() -> None:
    assert ask("lingang 离岸").latin == ("lingang",)


def test_aliases_are_expanded() -> None:
    assert ask("沪 养老").expansions[0].others == ("上海",)


@pytest.mark.parametrize("text", ["", "   ", "？？！", "的了在", "。" * 500])
def test_a_query_that_asks_for_nothing_says_so(text: str) -> None:
    assert ask(text).is_empty


@pytest.mark.parametrize(
    "text",
    [
        "的" * 256,
        "弄" * 5000,
        " ".join(["养老"] * 64),
        "(" * 3027,
        "\ud800\U0010ffff\u202e\x00",
        "AND OR NOT * ? ~ ^ :",
        "几" * 300,
        "1" * 300,
    ],
)
def test_hostile_queries_are_read_like_any_other(text: str) -> None:
    query = ask(text)
    assert len(query.text) <= LONGEST_QUERY


@given(st.text(max_size=80) | st.text(alphabet="多少几谁哪个什么时候为怎么“”-文:：? 的1一二%年", max_size=40))
def test_any_text_can_be_analysed(text: str) -> None:
    query = ask(text)
    assert query.original == text
    assert 0 <= query.question.start <= query.question.end <= len(query.text)
    assert all(query.text[w.start : w.start + len(w.text)] == w.text for w in query.words)

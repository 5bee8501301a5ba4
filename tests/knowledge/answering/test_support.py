"""Whether a fact bears a question out: the asked kind of answer near the asked words, at the asked place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.answering.support import supports
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()


def support(query: str, fact: str, context: str = "") -> float:
    return supports(analyse(query, Aliases(), CHINESE), fact, context, CHINESE)


@pytest.mark.parametrize(
    ("query", "fact"),
    [
        ("新线什么时候通车", "新线车站主体结构封顶。"),
        ("古桥修缮花了多少钱", "古桥修缮历时8个月。"),
        ("疫苗有效率是多少", "疫苗工厂建设耗时3个月。"),
        ("展馆有多少张座椅", "展馆接待1200人次。"),
    ],
)
def test_a_fact_without_the_asked_kind_of_answer_bears_nothing_out(query: str, fact: str) -> None:
    assert support(query, fact) == 0


def test_a_fact_with_the_asked_words_and_figure_bears_the_question_out() -> None:
    assert support("古桥修缮花了多少资金", "古桥修缮投入资金1200万元。") > 0.8


def test_what_the_neighbours_say_counts() -> None:
    fact = "新增86座充电桩。"
    assert support("江宁区新增多少座充电桩", fact, "江宁区推进社区改造。") > support(
        "江宁区新增多少座充电桩", fact
    )


def test_another_place_than_the_asked_one_counts_against() -> None:
    fact, context = "新增86座充电桩。", "江宁区推进社区改造。"
    assert support("鼓楼区新增多少座充电桩", fact, context) < 0.3


def test_another_year_or_ordinal_than_the_asked_one_counts_against() -> None:
    fact = "2021年第一批项目完成投资30亿元。"
    assert support("2022年项目完成投资多少", fact) < 0.4 < support("2021年项目完成投资多少", fact)
    assert support("第三批项目完成投资多少", fact) < 0.4 < support("第一批项目完成投资多少", fact)


def test_what_is_measured_must_be_mentioned() -> None:
    fact = "古桥公司有25家门店。"
    assert support("古桥公司市值多少", fact) < 0.5


def test_keywords_are_borne_out_by_the_part_of_them_that_stands_there() -> None:
    assert support("古桥 修缮", "古桥修缮完工。") == 1
    assert support("古桥 修缮", "新线封顶。") == 0


@given(st.text(max_size=30), st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_support_is_a_share_for_any_texts(query: str, fact: str, context: str) -> None:
    assert 0 <= support(query, fact, context) <= 1

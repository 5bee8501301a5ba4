"""What may be a short answer is proposed whole: no number is ever cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answering.candidates import LONGEST_ANSWER, candidates
from knowledge.answering.window import Passage, Surroundings
from knowledge.query.question import QuestionType
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()


def proposed(text: str, kind: QuestionType = QuestionType.AMOUNT) -> set[str]:
    passage = Passage(text, Surroundings(), CHINESE)
    return {text[one.start : one.end] for one in candidates(passage, kind)}


@pytest.mark.parametrize(
    ("text", "whole", "cut"),
    [
        ("总投资8 6 0 0万元。", "8 6 0 0万元", "0万元"),
        ("共收集意见1,858条。", "1,858条", "858条"),
        ("首班车：6:05", "6:05", "05"),
        ("电话0772-3811-2200。", "0772-3811-2200", "2200"),
    ],
)
def test_a_figure_is_proposed_whole_or_not_at_all(text: str, whole: str, cut: str) -> None:
    found = proposed(text)
    assert whole in found
    assert cut not in found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("市长王建国表示满意。", "王建国"),
        ("大桥由柳江路桥公司承建。", "柳江路桥公司"),
        ("近35万名党员参加。", "近35万名"),
        ("会上通过《柳江宣言》。", "柳江宣言"),
        ("总机电话：8888", "8888"),
        ("│ 西区 │ 37万 │ 0.8% │", "37万"),
        ("开馆时间为周二至周日9:00至20:30，周一闭馆。", "周二至周日9:00至20:30"),
        ("定于11月15日22:00至11月16日6:00停水。", "11月15日22:00至11月16日6:00"),
        ("每周三下午由专家坐诊。", "每周三下午"),
        ("徐汇区、奉贤区签署协议。", "徐汇区、奉贤区"),
        ("国防大臣哈立德·本·萨勒曼当天到访。", "哈立德·本·萨勒曼"),
        ("利率维持在3.5%至3.75%之间。", "3.5%至3.75%"),
        ("总经理郑国梁介绍情况。", "郑国梁"),
        ("超过两小时每小时收费3元。", "每小时"),
    ],
)
def test_names_quotes_values_and_cells_are_proposed(text: str, wanted: str) -> None:
    assert wanted in proposed(text, QuestionType.WHICH)


@given(st.text(alphabet="0123456789.,:亿万元年月日 第一二大桥、“”（）：", max_size=60))
def test_every_candidate_stands_in_the_text_and_is_short(text: str) -> None:
    passage = Passage(text, Surroundings(), CHINESE)
    for one in candidates(passage, QuestionType.WHICH):
        assert 0 <= one.start < one.end <= len(text)
        assert one.end - one.start <= LONGEST_ANSWER

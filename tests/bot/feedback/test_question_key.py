"""When two questions are one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feedback.questions import LONGEST, question_id, question_key, question_text
from knowledge.text.analyzer import ChineseAnalyzer

LANGUAGE = ChineseAnalyzer()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CIIE", "ｃｉｉｅ"),
        ("进博会", "進博會"),
        ("进博会 几届", "进博会，几届？"),
        ("请问进博会在哪里？", "进博会在哪里"),
        ("《共产党宣言》", "共产党宣言"),
    ],
)
def test_width_case_script_marks_and_politeness_make_no_other_question(one: str, other: str) -> None:
    assert question_key(one, LANGUAGE) == question_key(other, LANGUAGE) != ""


@pytest.mark.parametrize(("one", "other"), [("12 3", "1 23"), ("进博会", "花博会"), ("new york", "newyork")])
def test_other_words_make_another_question(one: str, other: str) -> None:
    assert question_key(one, LANGUAGE) != question_key(other, LANGUAGE)


@pytest.mark.parametrize("blank", ["", "  ", "？！", "\n\t"])
def test_marks_alone_are_no_question(blank: str) -> None:
    assert question_key(blank, LANGUAGE) == ""


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_has_a_bounded_key_and_a_bounded_line_to_show(text: str) -> None:
    key = question_key(text, LANGUAGE)
    assert len(key) <= LONGEST
    assert len(question_id(key)) == 16
    shown = question_text(text)
    assert len(shown) <= LONGEST
    assert shown.isprintable()

"""Folding is character for character; tokens stand where they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.analyzer import ChineseAnalyzer


@pytest.fixture(scope="module")
def chinese() -> ChineseAnalyzer:
    return ChineseAnalyzer()


@pytest.mark.parametrize(
    ("typed", "folded"), [("臨港新片區", "临港新片区"), ("ＡＢＣ１２", "abc12"), ("這裏", "这里")]
)
def test_width_case_and_traditional_writing_do_not_count(
    chinese: ChineseAnalyzer, typed: str, folded: str
) -> None:
    assert chinese.fold(typed) == folded


def test_a_person_is_told_from_a_place(chinese: ChineseAnalyzer) -> None:
    tags = {token.text: token.tag for token in chinese.tokens("龚正率领上海市代表团")}
    assert (tags["龚正"][:2], tags["上海市"]) == ("nr", "ns")


def test_a_word_of_the_dictionary_is_known_and_an_invented_one_is_not(chinese: ChineseAnalyzer) -> None:
    assert chinese.knows("地铁")
    assert not chinese.knows("蕃瓜弄")


@given(st.text(max_size=60))
def test_any_text_keeps_its_length_and_its_words_their_place(chinese: ChineseAnalyzer, text: str) -> None:
    folded = chinese.fold(text)
    assert len(folded) == len(text)
    tokens = chinese.tokens(folded)
    assert "".join(t.text for t in tokens) == folded
    assert all(folded[t.start : t.start + len(t.text)] == t.text for t in tokens)

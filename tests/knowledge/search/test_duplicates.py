"""The same sentence in several files is one fact with several sources."""

from __future__ import annotations

import pytest

from knowledge.model import Article, Fact, SourcedText, Span
from knowledge.search.shelf import merge_repeats


def fact(text: str, file: str = "a.txt") -> Fact:
    article = Article("x" * 13, file, SourcedText("题", ()))
    return Fact("y" * 13, text, (Span(1, 0, len(text)),), article)


def merged(*texts: str) -> list[tuple[int, tuple[int, ...]]]:
    return merge_repeats([fact(text, f"{at}.txt") for at, text in enumerate(texts)])


def test_equal_sentences_are_shown_once_at_the_place_of_the_first() -> None:
    text = "水库总投资8600万元，惠及下游5个乡镇。"
    assert merged(text, "另一句完全不同的话在这里。", text) == [(0, (2,)), (1, ())]


@pytest.mark.parametrize(
    "other",
    [
        "水库总投资8,600万元,惠及下游5个乡镇。",
        "水库总投资８６００万元，惠及下游5个乡镇",
        "水庫總投資8600萬元，惠及下游5個鄉鎮。",
        "水库的总投资8600万元，也惠及下游5个乡镇。",
    ],
)
def test_marks_script_and_empty_words_make_no_other_sentence(other: str) -> None:
    assert merged("水库总投资8600万元，惠及下游5个乡镇。", other) == [(0, (1,))]


@pytest.mark.parametrize(
    "other",
    [
        "水库总投资8700万元，惠及下游5个乡镇。",
        "水库总投资8600万元，惠及下游6个乡镇。",
        "水库总投资8600万元，惠及上游5个乡镇。",
        "水库总投资8600万元，未惠及下游5个乡镇。",
        "水库总投资8.6亿元，惠及下游5个乡镇。",
    ],
)
def test_another_figure_or_word_of_meaning_makes_another_sentence(other: str) -> None:
    assert merged("水库总投资8600万元，惠及下游5个乡镇。", other) == [(0, ()), (1, ())]


def test_short_lines_repeat_only_where_they_are_equal() -> None:
    assert merged("周日闭馆", "周日闭馆", "周日的闭馆") == [(0, (1,)), (2, ())]

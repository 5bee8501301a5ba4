"""The right fact first, by the rung that says why, and a plain word when there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.model import Answer, Article, Fact, SourcedText, Span
from knowledge.query.aliases import Aliases
from knowledge.search.rewriting import in_hanzi, writings
from knowledge.search.shelf import merge_repeats
from knowledge.search.terms import LEAST, POSTINGS, Units, telling
from knowledge.snapshot import Snapshot
from knowledge.text.numbers import quantities, value_of
from tests.knowledge.search.corpus import snapshot
from tests.support.promises import promised


@pytest.fixture(scope="module")
def corpus() -> Iterator[Snapshot]:
    with snapshot(Aliases([("moderna", "莫德纳"), ("魔都", "上海")])) as opened:
        yield opened


def merged(*texts: str) -> list[tuple[int, tuple[int, ...]]]:
    """What is shown of sentences of as many files, and which of the others are repeats of it."""
    articles = [Article("x" * 13, f"{at}.txt", SourcedText("题", ())) for at in range(len(texts))]
    facts = zip(texts, articles, strict=True)
    return merge_repeats([Fact("y" * 13, text, (Span(1, 0, len(text)),), of) for text, of in facts])


def rung(answer: Answer) -> str:
    return f"{answer.hits[0].rung.value}: {answer.hits[0].fact.text}"


def matched(answer: Answer) -> str:
    return " / ".join(answer.hits[0].fact.text[start:end] for start, end in answer.hits[0].matched)


def made_of_parts(typed: str, printed: str) -> bool:
    with snapshot(articles={"a.txt": ("工作动态", printed)}) as opened:
        answer = opened.ask(typed)
    return answer.found or answer.close or answer.answer is not None


ANSWERED: dict[str, Callable[[Answer], str]] = {
    "rung": rung,
    "suggested": lambda answer: " / ".join(answer.suggestions) or "-",
    "hits": lambda answer: " / ".join(hit.fact.text for hit in answer.hits) or "-",
    "answer": lambda answer: answer.answer or "-",
    "matched": matched,
}
SAID: dict[str, Callable[[str, str], bool]] = {
    "writing": lambda asked, printed: printed in writings(quantities(asked)[0]),
    "repeats": lambda one, other: merged(one, other) == [(0, (1,))],
    "made of parts": made_of_parts,
}
"""What of an answer is looked at, or can be said of two texts, by the name that `ask.txt` has for it."""


@promised(Path(__file__).with_name("ask.txt"))
def test_what_is_asked_of_the_newspaper_is_answered_as_promised(
    corpus: Snapshot, seen: str, cells: list[str]
) -> None:
    """Of the rung and the hits, the beginnings alone are told."""
    query, *other, value = cells
    if seen in SAID:
        assert SAID[seen](query, *other) is (value == "yes")
        return
    found, expected = ANSWERED[seen](corpus.ask(query)).split(" / "), value.split(" / ")
    if seen in ("rung", "hits"):
        found = [each[: len(part)] for each, part in zip(found, expected, strict=True)]
    assert found == expected


def test_equal_sentences_are_shown_once_at_the_place_of_the_first() -> None:
    text = "水库总投资8600万元，惠及下游5个乡镇。"
    assert merged(text, "另一句完全不同的话在这里。", text) == [(0, (2,)), (1, ())]


def test_what_comes_nearest_is_shown_as_related_also_in_other_words(corpus: Snapshot) -> None:
    assert any("174座" in hit.fact.text for hit in corpus.ask("闵行区有多少座充电桩").related)
    answer = corpus.ask("吃遍老字店")
    assert not answer.found
    assert "老字号" in answer.related[0].fact.text


@pytest.mark.parametrize("query", ["“落地记录”背后是什么机制", "莫德纳速度背后的专班机制"])
def test_a_fact_without_the_words_is_found_by_its_neighbour_and_quotation_marks_of_a_question_demand_nothing(
    corpus: Snapshot, query: str
) -> None:
    assert "这背后是零时差办公的招商专班机制。" in [hit.fact.text for hit in corpus.ask(query).hits[:2]]


def test_hits_and_related_are_one_ranking_within_the_limit(corpus: Snapshot) -> None:
    answer = corpus.ask("改造", limit=3)
    scores = [hit.score for hit in (*answer.hits, *answer.related)]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)


def test_confidence_compares_across_queries(corpus: Snapshot) -> None:
    nothing, something = corpus.ask("量子计算机").confidence, corpus.ask("蕃瓜弄").confidence
    assert 0 <= nothing < 0.5 < something <= 1


@pytest.mark.parametrize("query", ["", "   ", "，。！？", "的是了吗"])
def test_nothing_asked_is_nothing_found(corpus: Snapshot, query: str) -> None:
    answer = corpus.ask(query)
    assert (answer.found, answer.hits, answer.related, answer.confidence) == (False, (), (), 0.0)


COMMON = dict.fromkeys(("中国", "国的", "的人", "人民", "民在"), POSTINGS)


def weighed(df: dict[str, int]) -> Units:
    grams = np.array([ord(pair[0]) << 16 | ord(pair[1]) for pair in df], dtype=np.uint32)
    none = np.zeros(0)
    return Units(none, none, grams, none, np.array(list(df.values())), none, none)


def test_the_rarest_pairs_are_looked_for_and_the_commonest_left_but_some_however_common_all_are() -> None:
    assert telling(weighed({"静安": 3, "安区": 9, "区翻": 0, "瓜弄": 1})) == ["瓜弄", "静安", "安区"]
    large = {"中国": POSTINGS, "国的": 2 * POSTINGS, "的蕃": 7, "蕃瓜": 5, "瓜弄": 6, "弄在": 8}
    assert telling(weighed(large)) == ["蕃瓜", "瓜弄", "的蕃", "弄在"]
    assert len(telling(weighed(COMMON))) == LEAST


@given(st.integers(0, 10**12))
def test_chinese_numerals_read_back_as_the_same_number(number: int) -> None:
    assert value_of(in_hanzi(Decimal(number))) == number

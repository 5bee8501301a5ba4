"""A fact is proved against the document it came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_document
from knowledge.model import Document, Span
from knowledge.repair.pipeline import repair_document
from knowledge.repair.stitching import is_proved, keep_verified

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))


def read(path: Path) -> Document:
    return read_document(path.name, path.read_bytes())


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_every_fact_of_a_seed_stands_in_its_file(path: Path) -> None:
    document = read(path)
    facts = repair_document(document).facts
    assert facts
    assert all(is_proved(fact, document) for fact in facts)


@given(st.data())
def test_changing_one_character_fails_exactly_the_facts_that_hold_it(data: st.DataObject) -> None:
    document = read(data.draw(st.sampled_from(SEEDS)))
    facts = repair_document(document).facts
    number = data.draw(st.sampled_from([n for n, line in enumerate(document.lines, 1) if line]))
    line = document.lines[number - 1]
    column = data.draw(st.integers(0, len(line) - 1))
    lines = list(document.lines)
    lines[number - 1] = line[:column] + ("甲" if line[column] != "甲" else "乙") + line[column + 1 :]
    changed = replace(document, lines=tuple(lines))
    holders = {f.id for f in facts if any(s.line == number and s.start <= column < s.end for s in f.spans)}
    assert {fact.id for fact in facts if not is_proved(fact, changed)} == holders


def test_a_line_inserted_above_changes_only_line_numbers() -> None:
    document = read(SEEDS[2])
    moved = replace(document, lines=("", *document.lines))
    before, after = repair_document(document).facts, repair_document(moved).facts
    assert [fact.id for fact in before] == [fact.id for fact in after]
    assert [tuple((a + 1, b + 1) for a, b in fact.lines) for fact in before] == [fact.lines for fact in after]


@pytest.mark.parametrize(
    "spans", [(), (Span(0, 0, 3),), (Span(99999, 0, 3),), (Span(93, 4, 999),), (Span(93, 4, 4),)]
)
def test_spans_outside_the_document_prove_nothing(spans: tuple[Span, ...]) -> None:
    document = read(SEEDS[0])
    fact = repair_document(document).facts[0]
    assert not is_proved(replace(fact, spans=spans), document)


def test_a_character_cannot_prove_a_fact_twice() -> None:
    document = read(SEEDS[0])
    fact = repair_document(document).facts[0]
    doubled = replace(fact, spans=(*fact.spans, fact.spans[0]), text=fact.text + fact.text[:1])
    assert not is_proved(doubled, document)


def test_a_fact_proves_nothing_against_another_file() -> None:
    fact = repair_document(read(SEEDS[0])).facts[0]
    assert not is_proved(fact, read(SEEDS[1]))


def test_a_fact_that_its_file_does_not_prove_becomes_a_doubt_and_is_not_said() -> None:
    repaired = repair_document(read(SEEDS[3]))
    wrong = replace(repaired.facts[2], text=repaired.facts[2].text.replace("。", "！"))
    proved = keep_verified(replace(repaired, facts=(*repaired.facts[:2], wrong, *repaired.facts[3:])))
    assert proved.facts == (*repaired.facts[:2], *repaired.facts[3:])
    assert (proved.log[0].kind, proved.log[0].text, proved.log[0].doubt) == ("unproved", wrong.text, True)
    assert proved.log[1:] == repaired.log

"""Questions of a few articles, and what is told first: `asked.txt`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.documents.folder import read_document
from knowledge.model import Answer
from knowledge.query.aliases import parse_aliases
from knowledge.repair.pipeline import repair_document
from knowledge.snapshot import Snapshot
from tests.support.reading import patient_reader
from tests.support.samples import Sample, samples

ASKED = tuple(samples(Path(__file__).with_name("asked.txt")))


OPEN = " = …"
"""An answer that need not be told: of two that are as good the reader's pick depends on the processor's arithmetic."""


def asked(sample: Sample) -> Snapshot:
    files = dict(sample.files)
    aliases, _ = parse_aliases(files.pop("aliases", ""), "aliases.txt", str.lower)
    repaired = [repair_document(read_document(name, text.encode())) for name, text in files.items()]
    return Snapshot.of("asked", repaired, aliases=aliases, reader=patient_reader)


def told(answer: Answer) -> Iterator[str]:
    """Whether it is found, and what is said of it; what was understood, the hits, what is related, what is suggested."""
    said = answer.answers or ([answer.answer] if answer.answer else [])
    yield " ".join((answer.tier.value, *(f"= {each}" for each in said)))
    if answer.understood is not None:
        yield f"understood: {answer.understood}"
    yield from (f"+ [{hit.rung.value}] {hit.fact.text}" for hit in answer.hits)
    yield from (f"~ [{hit.rung.value}] {hit.fact.text}" for hit in answer.related)
    yield from (f"? {suggestion}" for suggestion in answer.suggestions)


@pytest.mark.parametrize("sample", [pytest.param(one, id=one.promise) for one in ASKED])
def test_what_is_asked_of_articles_is_told_as_promised(sample: Sample) -> None:
    with closing(asked(sample)) as snapshot:
        for question, expected in sample.told:
            *context, query = question.removeprefix("? ").split(" > ")
            lines = expected.split("\n")
            said = list(told(snapshot.ask(query, context=context)))[: len(lines)]
            if lines[0].endswith(OPEN):
                said[0] = said[0].partition(" = ")[0] + OPEN
            assert said == lines, question

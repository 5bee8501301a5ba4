"""Repair keeps to the hand-made gold of the seed files."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.documents.folder import read_document
from knowledge.repair.document import repair_document
from tests.gold.sentences import load, score

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.mark.parametrize("file", ["001_2fc48988770e9f18.txt", "003_63741bebdca6106c.txt"])
def test_every_sentence_title_and_section_of_a_seed_is_as_in_the_gold(file: str) -> None:
    repaired = repair_document(read_document(file, (SEEDS / file).read_bytes()))
    result = score(load(file), repaired.facts)
    assert (result.missing, result.extra) == ((), ())
    assert (result.f1, result.span, result.title, result.section) == (1.0, 1.0, 1.0, 1.0)

"""Repair keeps to the hand-made gold of the seed files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.documents.folder import read_document
from knowledge.repair.document import repair_document
from tests.gold.sentences import HERE, load, score

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.mark.parametrize("file", ["001_2fc48988770e9f18.txt", "003_63741bebdca6106c.txt"])
def test_every_sentence_title_and_section_of_a_seed_is_as_in_the_gold(file: str) -> None:
    repaired = repair_document(read_document(file, (SEEDS / file).read_bytes()))
    result = score(load(file), repaired.facts)
    assert (result.missing, result.extra) == ((), ())
    assert (result.f1, result.span, result.title, result.section) == (1.0, 1.0, 1.0, 1.0)


REVIEWED = {
    "000_feee4324355f7fb6.txt": "让群众切实感受到新变化新成效",
    "002_482f80b78cfc2fbc.txt": "努力创造经得起历史、实践和人民检验的业绩",
    "004_399336c827072479.txt": "标准不降劲头不松 两手抓两不误两促进",
}


@pytest.mark.parametrize(("file", "title"), REVIEWED.items())
def test_the_other_seeds_stay_as_they_were_reviewed_line_by_line(file: str, title: str) -> None:
    rows = (json.loads(line) for line in (HERE / "reviewed.jsonl").read_text(encoding="utf-8").splitlines())
    expected = [(row["section"], row["text"], row["lines"]) for row in rows if row["file"] == file]
    repaired = repair_document(read_document(file, (SEEDS / file).read_bytes()))
    assert [article.title.text for article in repaired.articles] == [title]
    assert [(f.section, f.text, [list(run) for run in f.lines]) for f in repaired.facts] == expected

"""Repair keeps to the hand-made gold of the seed files, which its models never saw: a control, no target."""

from __future__ import annotations

import json

import pytest

from tests.gold.sentences import HERE, load, norm, repaired, score
from tests.knowledge.repair.pages import check_account

FLOOR = 0.93


@pytest.mark.parametrize("file", ["001_2fc48988770e9f18.txt", "003_63741bebdca6106c.txt"])
def test_every_sentence_and_section_of_a_seed_is_as_in_the_gold(file: str) -> None:
    (seed,) = repaired(file)
    check_account(seed)
    result = score(load(file), seed.facts)
    assert (result.missing, result.extra) == ((), ())
    assert (result.f1, result.span, result.title, result.section) == (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "file", ["000_feee4324355f7fb6.txt", "002_482f80b78cfc2fbc.txt", "004_399336c827072479.txt"]
)
def test_the_other_seeds_keep_nearly_all_sentences_that_were_reviewed(file: str) -> None:
    rows = (json.loads(line) for line in (HERE / "reviewed.jsonl").read_text(encoding="utf-8").splitlines())
    expected = {norm(row["text"]) for row in rows if row["file"] == file}
    (seed,) = repaired(file)
    check_account(seed)
    found = {norm(fact.text) for fact in seed.facts}
    assert 2 * len(found & expected) >= FLOOR * (len(found) + len(expected))


@pytest.mark.parametrize(
    ("file", "title"),
    [
        ("002_482f80b78cfc2fbc.txt", "努力创造经得起历史、实践和人民检验的业绩"),
        ("004_399336c827072479.txt", "标准不降劲头不松 两手抓两不误两促进"),
    ],
)
def test_a_seed_is_one_article_under_its_headline(file: str, title: str) -> None:
    (seed,) = repaired(file)
    assert [article.title.text for article in seed.articles] == [title]

"""Fit what tells a newspaper's page in print: logistic regression on pages and files of every kind, by how they are set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from random import Random
from typing import Final

import numpy as np
from opencc import OpenCC

from knowledge.repair.page_kind import PageKindWeights, counts, terms
from knowledge.repair.page_layout import page_lines
from knowledge.training.repair.corpus import ArticleCorpus
from knowledge.training.repair.doubts import fit_logistic
from knowledge.training.repair.drawn import DrawnPage
from knowledge.training.repair.labeller import document_of, draw_page
from knowledge.training.repair.printed_pages import KINDS

PAGES: Final = 4000
FILES: Final = 2000
_SEED: Final = 700_000
_DIGITS: Final = 4


def fit_page_kind(corpus: ArticleCorpus, pages: int = PAGES) -> str:
    """Return the model file's text. The counts' scale is that of the pages: files of stories lie far from all of them."""
    drawn = list(_pages(corpus, pages))
    rows = [counts(page_lines(document_of(page.lines))) for page in drawn]
    mean, deviation = np.mean(rows, 0).round(_DIGITS), np.std(rows, 0).round(_DIGITS)
    files = Random(_SEED).sample(corpus.files, FILES)
    rows += [counts(lines) for _, text in files if (lines := page_lines(document_of(text.splitlines())))]
    printed = np.zeros(len(rows))
    printed[: len(drawn)] = [page.kind in KINDS for page in drawn]
    weights = fit_logistic(terms(np.array(rows), mean, deviation), printed).round(_DIGITS)
    model = PageKindWeights(mean.tolist(), deviation.tolist(), weights.tolist())
    return json.dumps(asdict(model)) + "\n"


def _pages(corpus: ArticleCorpus, pages: int) -> Iterator[DrawnPage]:
    """Yield pages of every kind; one in print that has one article alone reads like any other file."""
    traditional = OpenCC("s2t")
    for number in range(pages):
        page = draw_page(Random(_SEED + number), corpus.training, traditional)
        if page.kind not in KINDS or len(page.articles) > 1:
            yield page

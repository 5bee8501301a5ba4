"""Fit how much words tell that an article begins at a line: logistic regression on the lines of generated pages in print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from random import Random
from typing import Final

import numpy as np

from knowledge.repair.labels import page_labeller
from knowledge.repair.page_kind import is_printed_page
from knowledge.repair.page_layout import page_lines
from knowledge.repair.subjects import SubjectWeights, words_across
from knowledge.training.repair.corpus import ArticleCorpus
from knowledge.training.repair.doubts import fit_logistic
from knowledge.training.repair.labeller import document_of, labels_of
from knowledge.training.repair.printed_pages import printed_page

PAGES: Final = 1000
_SEED: Final = 800_000
_DIGITS: Final = 2
# What lacks more to begin an article does not, whatever its words say.
_FAR: Final = 8.0
# Which of a headline's lines is its first, words do not tell: no lines so near to it are learned from.
_BEFORE: Final = 6
_BEHIND: Final = 3
_HEAD: Final = frozenset("TtKkSs")


def fit_subjects(corpus: ArticleCorpus, pages: int = PAGES) -> str:
    """Return the model file's text."""
    rows, begins = zip(*_lines(corpus, pages), strict=True)
    weights = fit_logistic(np.array(rows), np.array(begins, float)).round(_DIGITS)
    return json.dumps(asdict(SubjectWeights(*weights.tolist()))) + "\n"


def _lines(corpus: ArticleCorpus, pages: int) -> Iterator[tuple[tuple[float, ...], bool]]:
    """Yield what tells of a line that an article begins there, and whether one does, on pages whose order was kept."""
    for number in range(pages):
        page = printed_page(Random(_SEED + number), corpus.training)
        lines = page_lines(document_of(page.lines))
        ordered = page.kind == "printed" and is_printed_page(lines)
        labels = labels_of(page, lines) if ordered else []
        if not labels:
            continue
        first = [at for at in range(1, len(labels)) if labels[at] in "TK" and labels[at - 1] not in _HEAD]
        for at, odds in enumerate(page_labeller().beginnings(lines)):
            near = any(-_BEFORE <= place - at <= _BEHIND for place in first)
            if at and (at in first or (odds > -_FAR and not near)):
                yield (1.0, odds, *words_across(lines, at)), at in first

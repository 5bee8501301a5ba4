"""Fit how much words tell that an article begins at a line: logistic regression on the lines of files, and of pages in print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from random import Random
from typing import Final

import numpy as np
from opencc import OpenCC

from knowledge.repair.labels import file_labeller, page_labeller
from knowledge.repair.page_kind import is_printed_page
from knowledge.repair.page_layout import PageLine, page_lines
from knowledge.repair.subjects import SubjectWeights, signs_at
from knowledge.training.repair.corpus import ArticleCorpus
from knowledge.training.repair.doubts import fit_logistic
from knowledge.training.repair.labeller import document_of, draw_file, labels_of, lines_of
from knowledge.training.repair.printed_pages import IN_ORDER, printed_page

FILES: Final = 2000
PAGES: Final = 1000
# What share of the files hold stories as sites give them, and of these one story alone.
_STORIES: Final = 0.25
_ALONE: Final = 0.45
_FILE_SEED: Final = 810_000
_PAGE_SEED: Final = 800_000
_DIGITS: Final = 2
# What lacks more to begin an article does not, whatever its words say.
_FAR: Final = 8.0
# Which of a headline's lines is its first, words do not tell: no lines so near to it are learned from.
_BEFORE: Final = 6
_BEHIND: Final = 3
_HEAD: Final = frozenset("TtKkSs")
_Row = tuple[bool, tuple[float, ...], bool]


def fit_subjects(corpus: ArticleCorpus, files: int = FILES, pages: int = PAGES) -> str:
    """Return the model file's text."""
    rows = [*_of_files(corpus, files), *_of_pages(corpus, pages)]
    models: list[SubjectWeights] = []
    for in_print in (False, True):
        own = [row for row in rows if row[0] is in_print]
        counted = np.array([signs for _, signs, _ in own])
        weights = (
            fit_logistic(counted, np.array([begins for *_, begins in own], float)).round(_DIGITS).tolist()
        )
        models.append(SubjectWeights(weights[0], tuple(weights[1:])))
    return json.dumps([asdict(model) for model in models]) + "\n"


def _of_files(corpus: ArticleCorpus, files: int) -> Iterator[_Row]:
    traditional = OpenCC("s2t")
    for number in range(files):
        r = Random(_FILE_SEED + number)
        if r.random() < _STORIES:
            printed, heads = _stories(r, corpus.files)
            lines = page_lines(document_of(printed, "rows"))
            yield from _rows(lines, [at for at, line in enumerate(lines) if line.number in heads], 1, 1)
            continue
        page = draw_file(r, corpus.training, traditional)
        lines = lines_of(page)
        if labels := labels_of(page, lines):
            yield from _rows(lines, _first(labels), 1, 1)


def _of_pages(corpus: ArticleCorpus, pages: int) -> Iterator[_Row]:
    """Yield the rows of pages whose order was kept."""
    for number in range(pages):
        page = printed_page(Random(_PAGE_SEED + number), corpus.training)
        lines = lines_of(page)
        ordered = page.kind == IN_ORDER and is_printed_page(lines)
        if ordered and (labels := labels_of(page, lines)):
            yield from _rows(lines, _first(labels), _BEFORE, _BEHIND)


def _stories(r: Random, texts: Sequence[tuple[str, str]]) -> tuple[list[str], set[int]]:
    """Return lines of one story or several, a paragraph a line or wrapped, and at which of them, from 1, a story begins."""
    gap, inner, wide = r.choice((0, 1, 1)), r.choice((0, 0, 0, 1)), r.choice((0, 0, 0, 18, 24, 32, 40))
    room, indent = r.choice((300, 600, 1500, 3000)), r.choice(("", "", "\u3000\u3000"))
    lines: list[str] = []
    heads: set[int] = set()
    for title, text in r.sample(texts, 1 if r.random() < _ALONE else r.randint(2, 8)):
        if lines:
            lines += [""] * max(gap, inner)
        heads.add(len(lines) + 1)
        lines.append(title)
        for paragraph in text[:room].split():
            paragraph = indent + paragraph
            lines += [""] * inner
            lines += (
                [paragraph[at : at + wide] for at in range(0, len(paragraph), wide)] if wide else [paragraph]
            )
    return lines, heads


def _first(labels: Sequence[str]) -> list[int]:
    return [at for at in range(1, len(labels)) if labels[at] in "TK" and labels[at - 1] not in _HEAD]


def _rows(lines: Sequence[PageLine], first: Sequence[int], before: int, behind: int) -> Iterator[_Row]:
    """Yield for each line that may begin an article whether it was read as print, what tells, and whether it does."""
    in_print = is_printed_page(lines)
    for at, odds in enumerate((page_labeller() if in_print else file_labeller()).beginnings(lines)):
        near = any(-before <= place - at <= behind for place in first)
        if at and (at in first or (odds > -_FAR and not near)):
            yield in_print, (odds, *signs_at(lines, at)), at in first

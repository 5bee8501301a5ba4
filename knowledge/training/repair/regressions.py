"""Fit the small models of repair: line breaks, what tells a page in print, where an article begins, which sentences are doubted.

Each is a logistic regression: on hashed characters by AdaGrad, in eight-bit weights, the others by Newton's method.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from io import BytesIO
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
from opencc import OpenCC

from knowledge.repair.doubts import DoubtWeights, page_state, sentence_features
from knowledge.repair.join_model import BUCKETS, SCALE, buckets_of, codes_of
from knowledge.repair.labels import file_labeller, page_labeller
from knowledge.repair.page_kind import PageKindWeights, counts, is_printed_page, terms
from knowledge.repair.page_layout import PageLine, page_lines
from knowledge.repair.pipeline import put_together
from knowledge.repair.sentences import split_sentences
from knowledge.repair.subjects import SubjectWeights, signs_at
from knowledge.training.repair.corpus import ArticleCorpus, CleanArticle
from knowledge.training.repair.drawn import DrawnPage
from knowledge.training.repair.labeller import document_of, draw_file, draw_page, labels_of, lines_of
from knowledge.training.repair.measure import packed, truth
from knowledge.training.repair.printed_pages import IN_ORDER, KINDS, printed_page

PAIRS: Final = 5_000_000
_EPOCHS: Final = 3
_BATCH: Final = 8192
_RATE: Final = 0.25
# A feature seen less often is left out; of the others so many are kept.
_RARE: Final = 6
_KEPT: Final = 450_000
_FINISHED: Final = "。！？"


def fit_joins(corpus: ArticleCorpus) -> bytes:
    """Return the weights as a NumPy file."""
    features, truth = _examples(corpus.training, PAIRS, 1)
    counts = np.bincount(features.ravel(), minlength=BUCKETS)
    often = np.flatnonzero(counts >= _RARE)
    places = np.zeros(BUCKETS, np.int32)
    places[often] = np.arange(1, len(often) + 1)
    features = places[features]
    weights = np.zeros(len(often) + 1, np.float32)
    squares = np.full(len(weights), 1e-2, np.float32)
    order = np.random.default_rng(1)
    for _ in range(_EPOCHS):
        for batch in np.array_split(order.permutation(len(truth)), max(1, len(truth) // _BATCH)):
            rows = features[batch]
            error = 1 / (1 + np.exp(-weights[rows].sum(1))) - truth[batch]
            gradient = np.bincount(rows.ravel(), np.repeat(error, rows.shape[1]), len(weights)).astype(
                np.float32
            )
            gradient[0] = 0
            squares += gradient**2
            weights -= _RATE * gradient / np.sqrt(squares)
    rounded = np.clip(np.round(weights[1:] * SCALE), -127, 127).astype(np.int8)
    # The sure evidence for a weight grows with the root of how often it was seen.
    worth = np.abs(rounded) * np.sqrt(counts[often])
    kept = np.sort(np.argsort(-worth, kind="stable")[:_KEPT])
    table = np.zeros(len(kept), [("bucket", "<u4"), ("weight", "i1")])
    table["bucket"], table["weight"] = often[kept], rounded[kept]
    target = BytesIO()
    np.save(target, table)
    return target.getvalue()


def _examples(
    articles: Sequence[CleanArticle], count: int, seed: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    lefts, rights, truth = zip(*_breaks(articles, count, seed), strict=True)
    columns = [bucket.astype(np.int32) for bucket in buckets_of(codes_of(lefts, rights))]
    return np.stack(columns, 1), np.array(truth, np.float32)


def _breaks(articles: Sequence[CleanArticle], count: int, seed: int) -> Iterator[tuple[str, str, float]]:
    """Yield a true break inside a paragraph, and a false one: another column's, a title's, a paragraph's."""
    r = Random(seed)
    traditional = OpenCC("s2t")
    for _ in range(count // 2):
        article = r.choice(articles)
        text, at = _inside(r, article.paragraphs)
        left, right = text[max(0, at - 3) : at], text[at : at + 3]
        chance = r.random()
        if chance < 0.5:
            other, place = _inside(r, article.paragraphs)
            wrong = left, other[place : place + 3]
        elif chance < 0.64:
            other, place = _inside(r, r.choice(articles).paragraphs)
            wrong = left, other[place : place + 3]
        elif chance < 0.74:
            wrong = left, r.choice(article.paragraphs)[:3]
        elif chance < 0.84:
            wrong = left, r.choice(articles).title[:3]
        elif chance < 0.92:
            wrong = r.choice(articles).title[-3:], r.choice(article.paragraphs)[:3]
        else:
            other, place = _inside(r, article.paragraphs)
            wrong = r.choice(articles).title[-3:], other[place : place + 3]
        if r.random() < 0.2:
            left, right = traditional.convert(left), traditional.convert(right)
            wrong = traditional.convert(wrong[0]), traditional.convert(wrong[1])
        yield left, right, 1.0
        yield *wrong, 0.0


def _inside(r: Random, paragraphs: Sequence[str]) -> tuple[str, int]:
    """Choose a break inside a sentence, where a line may end."""
    text, at = paragraphs[0], 4
    for _ in range(20):
        text = r.choice(paragraphs)
        if len(text) < 12:
            continue
        at = r.randrange(4, len(text) - 4)
        ended = text[at - 1] in _FINISHED or (text[at - 1] in "”’）」" and text[at - 2] in _FINISHED)
        if ended or (text[at] in "，。、；：！？”’）》」" and r.random() < 0.8):
            continue
        break
    return text, at


KIND_PAGES: Final = 4000
KIND_FILES: Final = 2000
_KIND_SEED: Final = 700_000
_KIND_DIGITS: Final = 4


def fit_page_kind(corpus: ArticleCorpus) -> str:
    """Return the model file's text. The counts' scale is that of the pages: files of stories lie far from all of them."""
    drawn = list(_pages(corpus))
    rows = [counts(page_lines(document_of(page.lines))) for page in drawn]
    mean, deviation = np.mean(rows, 0).round(_KIND_DIGITS), np.std(rows, 0).round(_KIND_DIGITS)
    files = Random(_KIND_SEED).sample(corpus.files, KIND_FILES)
    rows += [counts(lines) for _, text in files if (lines := page_lines(document_of(text.splitlines())))]
    printed = np.zeros(len(rows))
    printed[: len(drawn)] = [page.kind in KINDS for page in drawn]
    weights = fit_logistic(terms(np.array(rows), mean, deviation), printed).round(_KIND_DIGITS)
    model = PageKindWeights(mean.tolist(), deviation.tolist(), weights.tolist())
    return json.dumps(asdict(model)) + "\n"


def _pages(corpus: ArticleCorpus) -> Iterator[DrawnPage]:
    """Yield pages of every kind; one in print that has one article alone reads like any other file."""
    traditional = OpenCC("s2t")
    for number in range(KIND_PAGES):
        page = draw_page(Random(_KIND_SEED + number), corpus.training, traditional)
        if page.kind not in KINDS or len(page.articles) > 1:
            yield page


SUBJECT_FILES: Final = 2000
SUBJECT_PAGES: Final = 1000
# What share of the files hold stories as sites give them, and of these one story alone.
_STORIES: Final = 0.25
_ALONE: Final = 0.45
_FILE_SEED: Final = 810_000
_PAGE_SEED: Final = 800_000
_SUBJECT_DIGITS: Final = 2
# What lacks more to begin an article does not, whatever its words say.
_FAR: Final = 8.0
# Which of a headline's lines is its first, words do not tell: no lines so near to it are learned from.
_BEFORE: Final = 6
_BEHIND: Final = 3
_HEAD: Final = frozenset("TtKkSs")
_Row = tuple[bool, tuple[float, ...], bool]


def fit_subjects(corpus: ArticleCorpus) -> str:
    """Return the model file's text."""
    rows = [*_of_files(corpus), *_of_pages(corpus)]
    models: list[SubjectWeights] = []
    for in_print in (False, True):
        own = [row for row in rows if row[0] is in_print]
        counted = np.array([signs for _, signs, _ in own])
        weights = (
            fit_logistic(counted, np.array([begins for *_, begins in own], float))
            .round(_SUBJECT_DIGITS)
            .tolist()
        )
        models.append(SubjectWeights(weights[0], tuple(weights[1:])))
    return json.dumps([asdict(model) for model in models]) + "\n"


def _of_files(corpus: ArticleCorpus) -> Iterator[_Row]:
    traditional = OpenCC("s2t")
    for number in range(SUBJECT_FILES):
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


def _of_pages(corpus: ArticleCorpus) -> Iterator[_Row]:
    """Yield the rows of pages whose order was kept."""
    for number in range(SUBJECT_PAGES):
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


DOUBTED_PAGES: Final = 4800
_DOUBTS_SEED: Final = 500_000
# So many of the sentences that are right may be doubted.
_FALSE_ALARMS: Final = 0.025
_RIDGE: Final = 1.0
_STEPS: Final = 25


def fit_sentence_doubts(corpus: ArticleCorpus) -> str:
    """Return the model file's text."""
    rows, wrong = _sentences(corpus)
    names = sorted({name for row in rows for name in row})
    place = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)))
    for at, row in enumerate(rows):
        matrix[at, [place[name] for name in row]] = 1
    truths = np.array(wrong, float)
    weights = fit_logistic(matrix, truths)
    rounded = np.round(weights, 2)
    right = np.sort((matrix @ rounded)[truths == 0])
    threshold = float(round(right[int((1 - _FALSE_ALARMS) * (len(right) - 1))] + 0.01, 2))
    model = DoubtWeights(dict(zip(names, rounded.tolist(), strict=True)), threshold)
    return json.dumps(asdict(model), ensure_ascii=False, indent=1) + "\n"


def fit_logistic(matrix: npt.NDArray[np.float64], truths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the weights of a logistic regression with a ridge: Newton's method, the problem is small and convex."""
    weights = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(matrix @ weights, -30, 30)))
        slope = matrix.T @ (chance - truths) + _RIDGE * weights
        bend = (matrix.T * (chance * (1 - chance))) @ matrix + _RIDGE * np.eye(len(weights))
        weights -= np.linalg.solve(bend, slope)
    return weights


def _sentences(corpus: ArticleCorpus) -> tuple[list[list[str]], list[bool]]:
    """Return the features of the sentences of generated pages, and which of them are not as they were printed."""
    rows: list[list[str]] = []
    wrong: list[bool] = []
    traditional = OpenCC("s2t")
    for number in range(DOUBTED_PAGES):
        page = draw_page(Random(_DOUBTS_SEED + number), corpus.training, traditional)
        wanted = Counter(text for text, _, _ in truth(page))
        above = None
        paragraphs = put_together(document_of(page.lines))
        state = page_state(paragraphs)
        for paragraph in paragraphs:
            for start, end in split_sentences(paragraph.text) if paragraph.seams else ():
                text = packed(paragraph.text[start:end])
                rows.append(list(sentence_features(paragraph, start, end, above, state)))
                wrong.append(not wanted[text])
                wanted[text] -= bool(wanted[text])
            above = paragraph
    return rows, wrong

"""Fit the line labellers on generated pages: python-crfsuite's two chains each, rounded to integer weights."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
import pycrfsuite
from opencc import OpenCC

from knowledge.model import Document
from knowledge.repair.labels import ROLES, ChainWeights, LineModel
from knowledge.repair.line_features import features, weighed, with_labels
from knowledge.repair.page_layout import PageLine, page_lines
from knowledge.repair.patterns import jump_of
from knowledge.training.repair.clean_files import clean_file
from knowledge.training.repair.corpus import ArticleCorpus, CleanArticle
from knowledge.training.repair.drawn import DrawnPage, into_script
from knowledge.training.repair.pages import newspaper_page
from knowledge.training.repair.printed_pages import IN_ORDER, printed_page, side_by_side

Example = tuple[list[list[str]], list[str]]
"""The features and the label of each line of a page."""

Draw = Callable[[Random, Sequence[CleanArticle], OpenCC], DrawnPage]
"""What draws a page of articles, the converter to traditional script at hand."""

LABELS: Final = "".join(ROLES)
# How many pages a chain is fitted on, and how many fits are averaged.
FILES: Final = 4500
FILE_FITS: Final = 3
PAGES: Final = 2000
PAGE_FITS: Final = 2
SCALE: Final = 32
# What share of all pages is of each kind.
_PRINTED: Final = 0.27
_BESIDE: Final = 0.05
_CLEAN: Final = 0.4
_CLEAN_OF_FILES: Final = 0.55
# The labeller of pages in print sees others too: damaged pages may be taken for such.
_OTHERS: Final = 0.15
_CREDIT: Final = re.compile("[摄攝图圖]")
_ASCII: Final = 0.12
_TRADITIONAL: Final = 0.1
_NARROW: Final = str.maketrans("，；：？！（）“”", ',;:?!()""')
_SEED: Final = 1000
_FIT_SEED: Final = 100_000
_PROCESSES: Final = 2
_APART_SEED: Final = 900_000
_OPTIONS: Final = {"c1": 0.05, "c2": 0.5, "max_iterations": 90, "feature.minfreq": 4}


def draw_page(r: Random, articles: Sequence[CleanArticle], traditional: OpenCC) -> DrawnPage:
    """Draw a page of any kind, now and then in traditional script."""
    chance = r.random()
    if chance < _PRINTED:
        page = printed_page(r, articles)
    elif chance < _PRINTED + _BESIDE:
        page = side_by_side(r, articles)
    elif chance < _PRINTED + _BESIDE + _CLEAN:
        page = clean_file(r, articles)
    else:
        page = newspaper_page(r, articles)
    return _in_some_script(r, page, traditional)


def draw_file(r: Random, articles: Sequence[CleanArticle], traditional: OpenCC) -> DrawnPage:
    """Draw a file of any kind but a page in print."""
    page = clean_file(r, articles) if r.random() < _CLEAN_OF_FILES else newspaper_page(r, articles)
    return _in_some_script(r, page, traditional)


def draw_printed_page(r: Random, articles: Sequence[CleanArticle], traditional: OpenCC) -> DrawnPage:
    """Draw a page in print, or now and then a damaged one that may look like it."""
    page = newspaper_page(r, articles) if r.random() < _OTHERS else printed_page(r, articles)
    return _in_some_script(r, page, traditional)


def _in_some_script(r: Random, page: DrawnPage, traditional: OpenCC) -> DrawnPage:
    if r.random() < _ASCII:
        page = into_script(page, lambda text: text.translate(_NARROW))
    if r.random() < _TRADITIONAL:
        corner = str.maketrans("“”‘’", "「」『』") if r.random() < 0.6 else {}
        page = into_script(page, lambda text: traditional.convert(text).translate(corner))
    return page


def document_of(lines: Sequence[str], kind: str = "text") -> Document:
    return Document("page.txt", "0" * 64, 0, kind, "utf-8", tuple(lines))


def lines_of(page: DrawnPage) -> list[PageLine]:
    """Return the lines of a page as they were drawn; none where columns stand beside each other on its rows: how these are
    found changes no model that learns from lines."""
    in_order = page.labels or page.kind == IN_ORDER
    return page_lines(document_of(page.lines, "rows")) if in_order else []


def kept_apart(corpus: ArticleCorpus, count: int) -> Iterator[DrawnPage]:
    """Yield pages of articles and layouts that training did not see; steer by these."""
    traditional = OpenCC("s2t")
    for number in range(count):
        r = Random(_APART_SEED + number)
        yield draw_page(r, corpus.apart, traditional)


def labels_of(page: DrawnPage, lines: Sequence[PageLine]) -> list[str]:
    """Return the true label of each line; nothing where one has none."""
    if not page.cells:
        rows = iter(page.labels)
        labels: list[str] = []
        number, row = 0, ""
        for line in lines:
            if line.number != number and not (row := next(rows, "")):
                return []
            labels.append("F" if jump_of(line.text) else row or ("R" if _CREDIT.search(line.text) else "Y"))
            # A row's label is that of its first line; what is cut off behind it is a credit or a name.
            number, row = line.number, row if jump_of(line.text) else ""
        return labels if next(rows, None) is None else []
    known = {"".join(text.split()): label for text, label in page.cells}
    labels = []
    for line in lines:
        packed = "".join(line.raw[line.start : line.end].split())
        whole = known.get(packed) or next((label for text, label in known.items() if packed in text), "")
        labels.append(whole)
    return labels if all(labels) else []


def fit_file_labels(corpus: ArticleCorpus, files: int = FILES) -> str:
    """Return the model file's text of the labeller of files of any kind."""
    return _fit_labels(corpus, draw_file, files, FILE_FITS)


def fit_page_labels(corpus: ArticleCorpus) -> str:
    """Return the model file's text of the labeller of pages in print."""
    return _fit_labels(corpus, draw_printed_page, PAGES, PAGE_FITS)


def _fit_labels(corpus: ArticleCorpus, draw: Draw, pages: int, fits: int) -> str:
    """Average several fits, each on pages of its own: one alone is wrong now here, now there about what is rare."""
    with ProcessPoolExecutor(_PROCESSES, get_context("fork")) as pool:
        parts = [pool.submit(_fit_chains, corpus, draw, pages, _SEED + _FIT_SEED * at) for at in range(fits)]
        pairs = [part.result() for part in parts]
    chains = {"chains": [asdict(_mean(each)) for each in zip(*pairs, strict=True)]}
    return json.dumps(chains, ensure_ascii=False, separators=(",", ":")) + "\n"


def _fit_chains(
    corpus: ArticleCorpus, draw: Draw, pages: int, seed: int
) -> tuple[ChainWeights, ChainWeights]:
    """Fit two chains, on different pages; the second sees what the first says of them."""
    first = _fit_chain(_examples(corpus, draw, range(seed, seed + pages), None))
    model = LineModel(first)
    return first, _fit_chain(_examples(corpus, draw, range(seed + pages, seed + 2 * pages), model))


def _mean(chains: Sequence[ChainWeights]) -> ChainWeights:
    none = [0] * len(LABELS)
    weights: dict[str, list[int]] = {}
    for name in sorted({name for chain in chains for name in chain.weights}):
        row = _rounded(np.mean([chain.weights.get(name, none) for chain in chains], axis=0))
        if any(row):
            weights[name] = row
    transitions = np.mean([chain.transitions for chain in chains], axis=0)
    return ChainWeights(LABELS, SCALE, [_rounded(row) for row in transitions], weights)


def _rounded(row: npt.NDArray[np.float64]) -> list[int]:
    return [round(each) for each in row.tolist()]


def _examples(
    corpus: ArticleCorpus, draw: Draw, seeds: Iterable[int], first: LineModel | None
) -> Iterator[Example]:
    traditional = OpenCC("s2t")
    for seed in seeds:
        page = draw(Random(seed), corpus.training, traditional)
        lines = lines_of(page)
        labels = labels_of(page, lines)
        if labels:
            (own,) = features([lines])
            if first is not None:
                more = with_labels(lines, own, first.labels([own])[0])
                own = [[*names, *further] for names, further in zip(own, more, strict=True)]
            yield own, labels


def _fit_chain(examples: Iterable[Example]) -> ChainWeights:
    trainer = pycrfsuite.Trainer("lbfgs", verbose=False)
    trainer.set_params(_OPTIONS)
    for own, labels in examples:
        trainer.append(weighed(own), labels)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "chain")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        info = tagger.info()
    weights: dict[str, list[int]] = {}
    for (name, label), weight in sorted(info.state_features.items()):
        rounded = round(weight * SCALE)
        if rounded:
            weights.setdefault(name, [0] * len(LABELS))[LABELS.index(label)] = rounded
    transitions = [[round(info.transitions.get((a, b), -4.0) * SCALE) for b in LABELS] for a in LABELS]
    return ChainWeights(LABELS, SCALE, transitions, weights)

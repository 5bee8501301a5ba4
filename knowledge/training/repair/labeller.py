"""Fit the line labeller on generated pages: python-crfsuite's two chains, rounded to integer weights."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Final

import pycrfsuite
from opencc import OpenCC

from knowledge.model import Document
from knowledge.repair.labels import ROLES, ChainWeights, LineModel, features, with_labels
from knowledge.repair.page_layout import PageLine, page_lines
from knowledge.training.repair.clean_files import clean_file
from knowledge.training.repair.columns import side_by_side
from knowledge.training.repair.corpus import ArticleCorpus, CleanArticle
from knowledge.training.repair.pages import DrawnPage, into_script, newspaper_page

LABELS: Final = "".join(ROLES)
PAGES: Final = 3000
SCALE: Final = 32
_CLEAN: Final = 0.56
_COLUMNS: Final = 0.08
_CREDIT: Final = re.compile("[摄攝图圖]")
_ASCII: Final = 0.12
_NARROW: Final = str.maketrans("，；：？！（）“”", ',;:?!()""')
_SEED: Final = 1000
_APART_SEED: Final = 900_000
_OPTIONS: Final = {"c1": 0.3, "c2": 0.02, "max_iterations": 70, "feature.minfreq": 6}


def draw_page(r: Random, articles: Sequence[CleanArticle], traditional: OpenCC) -> DrawnPage:
    """Draw a page: a newspaper's or a clean file, now and then in traditional script."""
    chance = r.random()
    if chance < _COLUMNS:
        return side_by_side(r, articles)
    page = clean_file(r, articles) if chance < _COLUMNS + _CLEAN else newspaper_page(r, articles)
    if r.random() < _ASCII:
        page = into_script(page, lambda text: text.translate(_NARROW))
    if r.random() < 0.1:
        corner = str.maketrans("“”‘’", "「」『』") if r.random() < 0.6 else {}
        return into_script(page, lambda text: traditional.convert(text).translate(corner))
    return page


def document_of(page: DrawnPage) -> Document:
    return Document("page.txt", "0" * 64, 0, "text", "utf-8", page.lines)


def kept_apart(corpus: ArticleCorpus, count: int) -> Iterator[DrawnPage]:
    """Yield pages of articles and layouts that training did not see; steer by these."""
    traditional = OpenCC("s2t")
    for number in range(count):
        r = Random(_APART_SEED + number)
        yield draw_page(r, corpus.apart, traditional)


def labels_of(page: DrawnPage, lines: Sequence[PageLine]) -> list[str]:
    """Return the true label of each line; nothing where the layout pass took the page's columns apart wrongly."""
    if not page.cells:
        rows = iter(page.labels)
        labels: list[str] = []
        number = 0
        for line in lines:
            if line.number != number:
                labels.append(next(rows, ""))
            else:
                labels.append("R" if _CREDIT.search(line.text) else "Y")
            number = line.number
        return labels if all(labels) and next(rows, None) is None else []
    known = {"".join(text.split()): label for text, label in page.cells}
    labels = []
    for line in lines:
        packed = "".join(line.raw[line.start : line.end].split())
        whole = known.get(packed) or next((label for text, label in known.items() if packed in text), "")
        labels.append(whole)
    return labels if all(labels) else []


def fit_labels(corpus: ArticleCorpus, pages: int = PAGES) -> str:
    """Return the model file's text: two chains, fitted on different pages."""
    first = _fit_chain(_examples(corpus, 0, pages))
    model = LineModel(first)

    def seen() -> Iterator[tuple[list[list[str]], list[str]]]:
        for lines, own, labels in _pages(corpus, pages, 2 * pages):
            yield list(with_labels(lines, own, [label for label, *_ in model.label(own)])), labels

    second = _fit_chain(seen())
    return (
        json.dumps({"chains": [asdict(first), asdict(second)]}, ensure_ascii=False, separators=(",", ":"))
        + "\n"
    )


def _pages(
    corpus: ArticleCorpus, low: int, high: int
) -> Iterator[tuple[list[PageLine], list[list[str]], list[str]]]:
    traditional = OpenCC("s2t")
    for number in range(low, high):
        page = draw_page(Random(_SEED + number), corpus.training, traditional)
        lines = page_lines(document_of(page))
        labels = labels_of(page, lines)
        if labels:
            yield lines, features(lines), labels


def _examples(corpus: ArticleCorpus, low: int, high: int) -> Iterator[tuple[list[list[str]], list[str]]]:
    for _, own, labels in _pages(corpus, low, high):
        yield own, labels


def _fit_chain(examples: Iterator[tuple[list[list[str]], list[str]]]) -> ChainWeights:
    trainer = pycrfsuite.Trainer("lbfgs", verbose=False)
    trainer.set_params(_OPTIONS)
    for own, labels in examples:
        trainer.append(own, labels)
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

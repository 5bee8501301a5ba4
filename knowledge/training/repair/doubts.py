"""Fit which sentences are doubted: logistic regression on sentences of generated pages, right and wrong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
from opencc import OpenCC

from knowledge.repair.doubts import DoubtWeights, page_state, sentence_features
from knowledge.repair.pipeline import put_together
from knowledge.repair.sentences import split_sentences
from knowledge.training.repair.corpus import ArticleCorpus
from knowledge.training.repair.labeller import document_of, draw_page
from knowledge.training.repair.scoring import packed, truth

PAGES: Final = 4800
_SEED: Final = 500_000
# So many of the sentences that are right may be doubted.
_FALSE_ALARMS: Final = 0.025
_RIDGE: Final = 1.0
_STEPS: Final = 25


def fit_sentence_doubts(corpus: ArticleCorpus, pages: int = PAGES) -> str:
    """Return the model file's text."""
    rows, wrong = _sentences(corpus, pages)
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


def _sentences(corpus: ArticleCorpus, pages: int) -> tuple[list[list[str]], list[bool]]:
    """Return the features of the sentences of generated pages, and which of them are not as they were printed."""
    rows: list[list[str]] = []
    wrong: list[bool] = []
    traditional = OpenCC("s2t")
    for number in range(pages):
        page = draw_page(Random(_SEED + number), corpus.training, traditional)
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

"""Fit the doubts of words and the scorer of short answers, and the sets that both learn from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from knowledge.answering.alignment import LEVELS, Aligner, Doubts
from knowledge.answering.candidates import candidates
from knowledge.answering.constraints import SlotKind
from knowledge.answering.scorer import UNTAUGHT, Net, feature_rows
from knowledge.answering.window import Passage
from knowledge.index.index import Index, build_index, open_index
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.query.question import QuestionType
from knowledge.search.lexicon import Lexicon
from knowledge.search.units import idf
from knowledge.text.analyzer import Analyzer
from knowledge.training.fitting import Array, listwise_net, logistic
from knowledge.training.near_misses import Changer
from knowledge.training.squad import AskedQuestion, QuestionSet, f1

KEPT_BACK = 4
HIDDEN = 48
EPOCHS = 10


def fit_doubts(
    sets: Sequence[QuestionSet], changer: Changer, opposites: dict[str, str], most: int, language: Analyzer
) -> Doubts:
    """Fit the doubt of a word by kind and level: the changed words against the unchanged ones."""
    kinds = [kind.value for kind in SlotKind]
    untaught = Doubts({kind: [0.0] * len(LEVELS) for kind in kinds}, 0, 0, 0, 0, 0, opposites)
    random = Random(3)
    rows: list[tuple[int, list[float]]] = []
    labels: list[float] = []
    for one in sets:
        passages = passages_of(one, language)
        with opened(one) as index:
            rarity = rarity_in(index)
            for asked in drawn(one, most):
                if asked.fact is None:
                    continue
                passage = passages[asked.fact.id]
                window = passage.folded + passage.heads + passage.near
                changed = changer.change(asked.text, window, random)
                for text, miss in ((asked.text, None), *(((changed.text, changed),) if changed else ())):
                    query = analyse(text, Aliases(), language)
                    aligner = Aligner(query, untaught, rarity)
                    for alignment in aligner.align(passage):
                        kind, level, *others = aligner.features(alignment)
                        new = miss.text[miss.start : miss.end] if miss else ""
                        word = alignment.constraint.text
                        rows.append((kinds.index(kind) * len(LEVELS) + level, [*others, float(level >= 2)]))
                        labels.append(float(bool(new) and (word in new or new in word)))
    table = np.zeros((len(rows), len(kinds) * len(LEVELS) + 5))
    for at, (cell, others) in enumerate(rows):
        rare, unknown, sibling, beside, single, absent = others
        table[at, cell] = 1
        table[at, -5:] = (rare * absent, unknown * absent, sibling, beside * absent, single * absent)
    weights, bias = logistic(table, np.array(labels), penalty=3e-4)
    cells = (weights[:-5] + bias).reshape(len(kinds), len(LEVELS))
    rare, unknown, sibling, beside, single = (round(float(w), 3) for w in weights[-5:])
    rounded = {kind: [round(float(x), 3) for x in cells[at]] for at, kind in enumerate(kinds)}
    return Doubts(rounded, rare, unknown, sibling, beside, single, opposites)


def fit_net(sets: Sequence[QuestionSet], doubts: Doubts, most: int, language: Analyzer) -> Net:
    """Fit the scorer on every candidate of the right facts; where none is right, on those nearly so."""
    lists: list[tuple[npt.NDArray[np.float16], Array]] = []
    for one in sets:
        passages = passages_of(one, language)
        for asked in drawn(one, most):
            if asked.fact is None or not asked.answers or is_kept_back(asked):
                continue
            passage = passages[asked.fact.id]
            query = analyse(asked.text, Aliases(), language)
            proposed = candidates(passage, query.type)
            if not proposed or (query.type is QuestionType.NONE and len(query.keywords) < 2):
                continue
            alike = np.array(
                [max(f1(passage.text[c.start : c.end], a) for a in asked.answers) for c in proposed]
            )
            worth = (
                np.where(alike >= 1.0, 1.0, 0.0)
                if (alike >= 1.0).any()
                else np.where(alike >= 0.6, alike**4, 0.0)
            )
            if worth.any():
                aligned = Aligner(query, doubts, lambda word: 0.5).align(passage)
                rows = feature_rows(query, passage, aligned, proposed, {}).astype(np.float16)
                lists.append((rows, worth / worth.sum()))
    inner, bias, outer = listwise_net(lists, HIDDEN, EPOCHS)
    inner[list(UNTAUGHT)] = 0.0  # nothing was read while this was fitted
    return Net(inner, bias, outer)


def passages_of(one: QuestionSet, language: Analyzer) -> dict[str, Passage]:
    """Return every fact of a set between its neighbours, by id."""
    found: dict[str, Passage] = {}
    for parsed in one.articles.values():
        facts = parsed.facts
        for at, fact in enumerate(facts):
            found[fact.id] = Passage.of(
                fact, tuple(facts[max(0, at - 2) : at]), tuple(facts[at + 1 : at + 2]), language
            )
    return found


def rarity_in(index: Index) -> Callable[[str], float]:
    """Return what tells of a word 0 (everywhere) to 1 (nowhere in the index)."""
    lexicon = Lexicon(index)
    nowhere = float(idf(0, lexicon.size))
    return lambda word: float(idf(lexicon.frequency(word), lexicon.size)) / nowhere


def drawn(one: QuestionSet, most: int) -> list[AskedQuestion]:
    """Return a random sample of the questions, the same every time."""
    return Random(1).sample(one.asked, min(most, len(one.asked)))


def is_kept_back(asked: AskedQuestion) -> bool:
    """A quarter, by article: every question of one article is on one side."""
    return asked.article % KEPT_BACK == 0


@contextmanager
def opened(one: QuestionSet) -> Iterator[Index]:
    """Build and open an index of a set's articles."""
    with tempfile.TemporaryDirectory() as folder:
        build_index(Path(folder) / "index", ((parsed, b"") for parsed in one.articles.values()))
        with open_index(Path(folder) / "index") as index:
            yield index

"""What each line of a page is: two linear-chain models in a row, the second seeing what the first said.

The models are made by `knowledge/training/repair/labeller.py`; their cards lie beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, islice, repeat
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.model import BlockRole
from knowledge.repair.line_features import (
    DISPLAYS,
    NO_DISPLAY,
    ON_SHORT_PAGES,
    SHORT_PAGE,
    features,
    with_labels,
)
from knowledge.repair.page_layout import PageLine

Features: TypeAlias = Sequence[Sequence[str]]
"""What is seen of each line of a page."""
_Rows: TypeAlias = npt.NDArray[np.int32]

# One letter a label, as the models write them: a capital begins what it names, a small one goes on with the line above.
ROLES: Final = {
    "P": BlockRole.PARAGRAPH,
    "p": BlockRole.PARAGRAPH,
    "T": BlockRole.TITLE,
    "t": BlockRole.TITLE,
    "S": BlockRole.SUBTITLE,
    "s": BlockRole.SUBTITLE,
    "K": BlockRole.KICKER,
    "k": BlockRole.KICKER,
    "H": BlockRole.HEADING,
    "h": BlockRole.HEADING,
    "Y": BlockRole.BYLINE,
    "A": BlockRole.CAPTION,
    "R": BlockRole.CREDIT,
    "F": BlockRole.FURNITURE,
}

# What no display is lacks so much to be one.
_NEVER: Final = -40
_IMPOSSIBLE: Final = -(1 << 30)
# What lacks more than this to be a headline is none; another display is one sooner than a page has none.
_FAR: Final = 2.5
FARTHEST: Final = 8.0
# What goes on with a display stands below it; what stands aside may stand between.
_HEADS: Final = "TtKkSs"
_GOING_ON: Final = "tskh"
_ASIDE: Final = "FRA"
# What lacks more than this to begin an article, or not to, stays so whatever the words tell.
_SURE: Final = 8.0
_NO_DISPLAYS: Final = frozenset(ROLES.values()) - {ROLES[label] for label in DISPLAYS}


class Labelled(NamedTuple):
    """A line with its role; `opens` says that it begins a paragraph or display of several lines.

    `margin` is how much the `rival` role lacks, `parted` how much it lacks that the line begins instead of going on or
    the other way round, `untitled` how much it lacks to be a headline. All are natural logarithms of a likelihood ratio:
    0 is a draw.
    """

    line: PageLine
    role: BlockRole
    opens: bool
    margin: float
    rival: BlockRole | None = None
    parted: float = 0.0
    untitled: float = 0.0


class Found(NamedTuple):
    """The likeliest label of a line and how much others lack (see `Labelled`)."""

    label: str
    margin: float
    rival: str
    parted: float
    untitled: float


@dataclass(frozen=True, slots=True)
class ChainWeights:
    """One chain as the model file has it: `scale` to the unit, a row of `transitions` and weights a label."""

    labels: str
    scale: int
    transitions: list[list[int]]
    weights: dict[str, list[int]]


class _Weights:
    """The integer weights of features in some chains: one table, so that what all of them see is looked up once."""

    def __init__(self, *chains: ChainWeights) -> None:
        names = list(
            dict.fromkeys(name.removeprefix(ON_SHORT_PAGES) for each in chains for name in each.weights)
        )
        self._rows = {name: at for at, name in enumerate(names)}
        own, apart = (
            np.hstack([_table(each, [mark + name for name in names]) for each in chains])
            for mark in ("", ON_SHORT_PAGES)
        )
        # The last row is that of what was not seen in training; the last column says what no display has.
        barring = np.array([[name in NO_DISPLAY] for name in (*names, "")], np.int32)
        # Those of short pages stand below the others.
        self._weights = np.vstack([np.hstack([own, barring]), np.hstack([own + apart, barring])])
        self._ends = np.cumsum([len(each.labels) for each in chains])

    def sums(self, pages: Sequence[Features]) -> tuple[_Rows, ...]:
        """Return for each chain the weight of each label for each line, and last which lines have what no display has."""
        half = len(self._weights) // 2
        lines = list(chain.from_iterable(pages))
        rows = np.fromiter(map(self._rows.get, chain.from_iterable(lines), repeat(half - 1)), np.intp)
        long = [sum(map(len, page)) for page in pages]
        rows += np.repeat([half if len(page) <= SHORT_PAGE else 0 for page in pages], long)
        starts = np.cumsum([0, *map(len, lines[:-1])])
        return tuple(np.split(np.add.reduceat(self._weights.take(rows, 0), starts), self._ends, 1))


def _table(model: ChainWeights, names: Sequence[str]) -> _Rows:
    none = [0] * len(model.labels)
    return np.array([*(model.weights.get(name, none) for name in names), none], np.int32)


class LineModel:
    """One chain: what is told of lines by their features, and transitions between labels."""

    def __init__(self, model: ChainWeights) -> None:
        self._labels = model.labels
        self._scale = model.scale
        self.weights = _Weights(model)
        transitions = np.array(model.transitions, np.int32)
        transitions[[[_is_apart(a, b) for b in model.labels] for a in model.labels]] += _NEVER * model.scale
        self._both_ways = np.stack([transitions, transitions.T])
        roles = np.array([ord(label.upper()) for label in model.labels])
        self._same = roles[:, None] == roles[None, :]
        self._title = model.labels.index("T")
        begins = np.array([[a not in _HEADS and b in "TK" for b in model.labels] for a in model.labels])
        self._begins = np.stack([begins, begins.T])
        # What is added to each step so that only those count with which an article begins, or only the others.
        self._counted = [np.where(each, 0, _IMPOSSIBLE).astype(np.int32) for each in (begins, ~begins)]
        barred = [_NEVER * model.scale if label in DISPLAYS else 0 for label in model.labels]
        self._barred = np.array(barred, np.int32)

    def label(
        self, pages: Sequence[Features], told: Callable[[int, int], float] | None = None
    ) -> list[list[Found]]:
        """Return the label of each line on a page's likeliest path, and how much the best paths with other labels lack.

        `told` says how much else tells that an article begins at a line of a page, where that is not sure.
        """
        if not any(pages):
            return [[] for _ in pages]
        weighed, no_display = self.weights.sums(pages)
        return self.label_weighed(weighed, no_display, list(map(len, pages)), told)

    def label_weighed(
        self,
        weighed: _Rows,
        no_display: _Rows,
        lengths: Sequence[int],
        told: Callable[[int, int], float] | None = None,
    ) -> list[list[Found]]:
        """As `label`, of lines that are weighed already, pages of these lengths."""
        places = _SideBySide(lengths)
        emitted = self._emitted(weighed, no_display)
        paths = self._paths(emitted, places)
        if told is not None:
            odds = self._beginnings(emitted, paths, places)
            lines = [(page, at) for page, long in enumerate(lengths) for at in range(long)]
            more = [
                round(self._scale * told(*line)) if abs(each) < _SURE else 0
                for line, each in zip(lines, odds, strict=True)
            ]
            if any(more):
                paths = self._paths(emitted, places, more)
        total = paths.sum(1) - emitted
        best = total.argmax(1)
        lacks = (total.max(1)[:, None] - total) / self._scale
        others = np.where(self._same[best], np.inf, lacks)
        rivals = others.argmin(1)
        parted = np.where(self._same[best], lacks, np.inf)
        parted[np.arange(len(best)), best] = np.inf
        found = (
            Found(self._labels[label], margin, self._labels[rival], apart, title)
            for label, margin, rival, apart, title in zip(
                best.tolist(),
                others.min(1).tolist(),
                rivals.tolist(),
                parted.min(1).tolist(),
                lacks[:, self._title].tolist(),
                strict=True,
            )
        )
        return [list(islice(found, long)) for long in lengths]

    def labels(self, pages: Sequence[Features]) -> list[list[str]]:
        """Return the label of each line on a page's likeliest path alone."""
        if not any(pages):
            return [[] for _ in pages]
        weighed, no_display = self.weights.sums(pages)
        return self.labels_weighed(weighed, no_display, list(map(len, pages)))

    def labels_weighed(self, weighed: _Rows, no_display: _Rows, lengths: Sequence[int]) -> list[list[str]]:
        """As `labels`, of lines that are weighed already."""
        emitted = self._emitted(weighed, no_display)
        paths = self._paths(emitted, _SideBySide(lengths))
        best = (paths.sum(1) - emitted).argmax(1)
        labels = (self._labels[label] for label in best.tolist())
        return [list(islice(labels, long)) for long in lengths]

    def beginnings_weighed(self, weighed: _Rows, no_display: _Rows) -> list[float]:
        """Return how much likelier it is than not that an article's headline, or what stands over it, begins at a line of a
        page."""
        places = _SideBySide([len(weighed)])
        emitted = self._emitted(weighed, no_display)
        return self._beginnings(emitted, self._paths(emitted, places), places)

    def _beginnings(self, emitted: _Rows, paths: _Rows, places: _SideBySide) -> list[float]:
        steps = paths[:-1, 0, :, None] + self._both_ways[0] + paths[1:, 1, None, :]
        begun, other = (np.maximum.reduce(steps + counted, (1, 2)) for counted in self._counted)
        odds = np.full(len(emitted), -np.inf)
        odds[1:] = (begun - other) / self._scale
        odds[places.first] = -np.inf
        return list(map(float, odds))

    def _paths(self, emitted: _Rows, places: _SideBySide, more: Sequence[int] | None = None) -> _Rows:
        """Return for each line the best paths down to it, and beside them those up to it from its page's last."""
        paths = np.stack([emitted[places.down], emitted[places.up]], 1)
        if more is not None:  # what tells of the step up to a line stands at the line below
            begun = np.stack([np.array(more)[places.down], np.array([*more[1:], 0])[places.up]], 1)
        for before, low, high in zip(places.ends, places.ends[1:], places.ends[2:], strict=False):
            steps = self._both_ways
            if more is not None and begun[low:high].any():
                steps = np.where(self._begins, steps + begun[low:high, :, None, None], steps).astype(np.int32)
            paths[low:high] += np.maximum.reduce(paths[before : before + high - low, :, :, None] + steps, 2)
        by_line = np.empty_like(paths)
        by_line[places.down, 0], by_line[places.up, 1] = paths[:, 0], paths[:, 1]
        return by_line

    def _emitted(self, weighed: _Rows, no_display: _Rows) -> _Rows:
        return weighed + np.where(no_display, self._barred, 0)


class _SideBySide:
    """The lines of pages in the order in which one goes along all at once: the first of each, the second of each.

    `down` and `up` are the lines so from a page's first and last one, `ends` where each step begins and the last one ends;
    the pages that are longer come first in each. `first` is where each page begins.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        ordered = np.argsort(-np.array(lengths), kind="stable")
        long = np.array(lengths)[ordered]
        begins = np.cumsum([0, *lengths[:-1]])
        self.first = begins[np.array(lengths) > 0]
        steps = np.arange(long[0])[:, None]
        there = steps < long
        self.down = (begins[ordered] + steps)[there]
        self.up = (begins[ordered] + long - 1 - steps)[there]
        self.ends: list[int] = [0, *np.cumsum(there.sum(1)).tolist()]


def _is_apart(above: str, label: str) -> bool:
    """Tell whether a label would go on with a display of which no line stands above."""
    return label in _GOING_ON and above.upper() != label.upper() and above not in _ASIDE


class Labeller:
    """Two chains in a row: the second sees what the first said."""

    def __init__(self, first: ChainWeights, second: ChainWeights) -> None:
        self._first, self._second = LineModel(first), LineModel(second)
        self._both = _Weights(first, second)

    def label(
        self,
        pages: Sequence[Sequence[PageLine]],
        told: Callable[[Sequence[PageLine], int], float] | None = None,
    ) -> list[list[Labelled]]:
        """Say what each line of each page is; `told` as in `LineModel.label`."""
        if not any(pages):
            return [[] for _ in pages]
        tells = None if told is None else lambda page, at: told(pages[page], at)
        found = self._second.label_weighed(*self._weighed(pages), list(map(len, pages)), tells)
        return [
            [
                Labelled(
                    line,
                    ROLES[found.label],
                    found.label.isupper(),
                    found.margin,
                    ROLES[found.rival],
                    found.parted,
                    found.untitled,
                )
                for line, found in zip(lines, labels, strict=True)
            ]
            for lines, labels in zip(pages, found, strict=True)
        ]

    def beginnings(self, lines: Sequence[PageLine]) -> list[float]:
        """Return how much likelier it is than not that an article begins at a line of a page, by the second chain alone."""
        return self._second.beginnings_weighed(*self._weighed([lines]))

    def _weighed(self, pages: Sequence[Sequence[PageLine]]) -> tuple[_Rows, _Rows]:
        """Return what all that is seen of each line weighs in the second chain, and which lines are no display."""
        own = features(pages)
        first, second, no_display = self._both.sums(own)
        labels = self._first.labels_weighed(first, no_display, list(map(len, pages)))
        more, _ = self._second.weights.sums(list(map(list, map(with_labels, pages, own, labels))))
        return second + more, no_display


@cache
def file_labeller() -> Labeller:
    """Return the labeller of files of any kind, read once."""
    return read_labeller(_stored("labels.json"))


@cache
def page_labeller() -> Labeller:
    """Return the labeller of newspaper pages in print, read once."""
    return read_labeller(_stored("page_labels.json"))


def read_labeller(text: str) -> Labeller:
    """Read a model file."""
    return Labeller(*(ChainWeights(**each) for each in json.loads(text)["chains"]))


def _stored(name: str) -> str:
    return files("knowledge.models.repair").joinpath(name).read_text(encoding="utf-8")


def with_headline(labelled: Sequence[Labelled]) -> list[Labelled]:
    """Make the likeliest line the headline of a page on which none was found, unless all are far from it."""
    found = list(labelled)
    if found and all(each.role is not BlockRole.TITLE for each in found):
        at = min(range(len(found)), key=lambda place: found[place].untitled)
        if found[at].untitled < (_FAR if found[at].role in _NO_DISPLAYS else FARTHEST):
            found[at] = found[at]._replace(role=BlockRole.TITLE, opens=True)
    return found

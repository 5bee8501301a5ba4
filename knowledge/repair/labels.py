"""What each line of a page is: two linear-chain models in a row, the second seeing what the first said.

The models are made by `knowledge/training/repair/labeller.py`; their cards lie beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, repeat
from typing import Final, NamedTuple

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


class LineModel:
    """The integer weights of one chain: emissions by feature, and transitions between labels."""

    def __init__(self, model: ChainWeights) -> None:
        self._labels = model.labels
        self._scale = model.scale
        transitions = np.array(model.transitions, np.int32)
        transitions[[[_is_apart(a, b) for b in model.labels] for a in model.labels]] += _NEVER * model.scale
        self._both_ways = np.stack([transitions, transitions.T])
        names = dict.fromkeys(name.removeprefix(ON_SHORT_PAGES) for name in model.weights)
        self._rows = {name: at for at, name in enumerate(names)}
        # The last row is that of what was not seen in training; the last column says what no display has.
        table = np.array([*model.weights.values(), [0] * len(model.labels)], np.int32)
        places = {name: at for at, name in enumerate(model.weights)}
        own, apart = (
            table[[*(places.get(mark + name, -1) for name in names), -1]] for mark in ("", ON_SHORT_PAGES)
        )
        barring = np.array([[name in NO_DISPLAY] for name in (*names, "")], np.int32)
        self._weights = np.hstack([own, barring])
        self._short = np.hstack([own + apart, barring])
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
        self, features: Sequence[Sequence[str]], told: Callable[[int], float] | None = None
    ) -> list[Found]:
        """Return the label of each line on the likeliest path, and how much the best paths with other labels lack.

        `told` says how much else tells that an article begins at a line, where that is not sure.
        """
        if not features:
            return []
        emitted = self._emissions(features)
        paths = self._paths(emitted)
        if told is not None:
            odds = enumerate(self._beginnings(emitted, paths))
            more = [round(self._scale * told(at)) if abs(each) < _SURE else 0 for at, each in odds]
            if any(more):
                paths = self._paths(emitted, more)
        total = paths[:, 0] + paths[::-1, 1] - emitted
        best = total.argmax(1)
        lacks = (total.max(1)[:, None] - total) / self._scale
        others = np.where(self._same[best], np.inf, lacks)
        rivals = others.argmin(1)
        parted = np.where(self._same[best], lacks, np.inf)
        parted[np.arange(len(best)), best] = np.inf
        return [
            Found(self._labels[label], margin, self._labels[rival], apart, title)
            for label, margin, rival, apart, title in zip(
                best.tolist(),
                others.min(1).tolist(),
                rivals.tolist(),
                parted.min(1).tolist(),
                lacks[:, self._title].tolist(),
                strict=True,
            )
        ]

    def labels(self, features: Sequence[Sequence[str]]) -> list[str]:
        """Return the label of each line on the likeliest path alone."""
        if not features:
            return []
        emitted = self._emissions(features)
        paths = self._paths(emitted)
        best = (paths[:, 0] + paths[::-1, 1] - emitted).argmax(1)
        return [self._labels[label] for label in best.tolist()]

    def beginnings(self, features: Sequence[Sequence[str]]) -> list[float]:
        """Return how much likelier it is than not that an article's headline, or what stands over it, begins at a line."""
        emitted = self._emissions(features)
        return self._beginnings(emitted, self._paths(emitted))

    def _beginnings(self, emitted: npt.NDArray[np.int32], paths: npt.NDArray[np.int32]) -> list[float]:
        above, here = paths[:-1, 0, :, None], paths[::-1, 1][1:, None, :]
        steps = above + self._both_ways[0] + here
        begun, other = (np.maximum.reduce(steps + counted, (1, 2)) for counted in self._counted)
        return [-np.inf, *((begun - other) / self._scale).tolist()]

    def _paths(
        self, emitted: npt.NDArray[np.int32], more: Sequence[int] | None = None
    ) -> npt.NDArray[np.int32]:
        """Return the best paths down to each line, and side by side with them those up to it from the last."""
        paths = np.stack([emitted, emitted[::-1]], 1)
        for at in range(1, len(paths)):
            steps = self._both_ways
            if more is not None and (more[at] or more[-at]):
                each = np.array([more[at], more[-at]], np.int32)[:, None, None]
                steps = np.where(self._begins, steps + each, steps)
            paths[at] += np.maximum.reduce(paths[at - 1, :, :, None] + steps, 1)
        return paths

    def _emissions(self, features: Sequence[Sequence[str]]) -> npt.NDArray[np.int32]:
        """Return the weight of each label for each line: the sum over its features."""
        weights = self._short if len(features) <= SHORT_PAGE else self._weights
        rows = list(map(self._rows.get, chain.from_iterable(features), repeat(len(weights) - 1)))
        starts = np.cumsum([0, *map(len, features[:-1])])
        total = np.add.reduceat(weights.take(rows, 0), starts)
        emitted: npt.NDArray[np.int32] = total[:, :-1] + np.where(total[:, -1:], self._barred, 0)
        return emitted


def _is_apart(above: str, label: str) -> bool:
    """Tell whether a label would go on with a display of which no line stands above."""
    return label in _GOING_ON and above.upper() != label.upper() and above not in _ASIDE


@dataclass(frozen=True, slots=True)
class Labeller:
    """Two chains in a row: the second sees what the first said."""

    first: LineModel
    second: LineModel

    def label(self, lines: Sequence[PageLine], told: Callable[[int], float] | None = None) -> list[Labelled]:
        """Say what each line of a document is; `told` as in `LineModel.label`."""
        labels = self.second.label(self._seen(lines), told)
        return [
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

    def beginnings(self, lines: Sequence[PageLine]) -> list[float]:
        """As `LineModel.beginnings`, for lines."""
        return self.second.beginnings(self._seen(lines))

    def _seen(self, lines: Sequence[PageLine]) -> list[list[str]]:
        own = features(lines)
        return list(with_labels(lines, own, self.first.labels(own)))


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
    first, second = (LineModel(ChainWeights(**each)) for each in json.loads(text)["chains"])
    return Labeller(first, second)


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

"""What each line of a page is: two linear-chain models in a row, the second seeing what the first said.

The models are made by `knowledge/training/repair/labeller.py`; their cards lie beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from knowledge.model import BlockRole
from knowledge.repair.characters import HAN
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import MARKS

# One letter a label, as the models write them: a paragraph that begins, and a line that goes on with it.
BEGINS: Final = "P"
GOES_ON: Final = "p"
ROLES: Final = {
    BEGINS: BlockRole.PARAGRAPH,
    GOES_ON: BlockRole.PARAGRAPH,
    "T": BlockRole.TITLE,
    "S": BlockRole.SUBTITLE,
    "K": BlockRole.KICKER,
    "H": BlockRole.HEADING,
    "Y": BlockRole.BYLINE,
    "A": BlockRole.CAPTION,
    "R": BlockRole.CREDIT,
    "F": BlockRole.FURNITURE,
}
DISPLAYS: Final = frozenset("TSKH")

_WIDTHS: Final = (2, 4, 6, 8, 10, 13, 16, 20, 26, 40, 80)
_CLAUSE: Final = re.compile("[，；,;、]")
_DIGIT: Final = re.compile("\\d")
_TWO_HAN: Final = re.compile(f"(?=([{HAN}]{{2}}))")
_CLASSES: Final = {
    **dict.fromkeys("。！？!?｡", "."),
    **dict.fromkeys("，、；,;", ","),
    **dict.fromkeys("：:", ":"),
    **dict.fromkeys("”’」』》）】)", ")"),
    **dict.fromkeys("“‘「『《（【(", "("),
    **dict.fromkeys("—…-", "-"),
    '"': '"',
}
# A column is this wide or narrower; wider lines are paragraphs of a clean file.
_WIDEST: Final = 60
_LONGEST_NAME: Final = 5
# What a long line is shows at its two ends.
_EDGE: Final = 32
# So many lines and characters below a display are looked through for its words.
_NEAR: Final = 12
_OPENING: Final = 160


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line with its role; `opens` says that it begins a paragraph.

    `margin` is how much the `rival` lacks, which may be the same role that begins or goes on instead, `parted` how much
    that alone lacks, `sure` how much every other role lacks: logarithms of a likelihood ratio, 0 is a draw.
    """

    line: PageLine
    role: BlockRole
    opens: bool
    margin: float
    rival: BlockRole | None = None
    parted: float = 0.0
    sure: float = 0.0


@dataclass(frozen=True, slots=True)
class ChainWeights:
    """One chain as the model file has it: `scale` to the unit, a row of `transitions` and weights a label."""

    labels: str
    scale: int
    transitions: list[list[int]]
    weights: dict[str, list[int]]


class LineModel:
    """The integer weights of one chain: emissions by feature, and transitions between labels."""

    def __init__(self, chain: ChainWeights) -> None:
        self._labels = chain.labels
        self._scale = chain.scale
        self._transitions = np.array(chain.transitions, np.int32)
        self._rows = {name: at for at, name in enumerate(chain.weights)}
        # The last row is that of what was not seen in training.
        self._weights = np.array([*chain.weights.values(), [0] * len(chain.labels)], np.int32)
        # Of a label the one of the same role that begins or goes on instead, else itself.
        self._other = np.array(
            [
                chain.labels.find(label.swapcase()) if label in "Pp" else at
                for at, label in enumerate(chain.labels)
            ]
        )

    def label(self, features: Sequence[Sequence[str]]) -> list[tuple[str, float, str, float, float]]:
        """Return the likeliest labels, how much the best path without each lacks, the label that this one has, how much
        the other label of the same role lacks, and how much all other roles lack."""
        if not features:
            return []
        emitted = self._emissions(features)
        forward = np.empty_like(emitted)
        backward = np.zeros_like(emitted)
        forward[0] = emitted[0]
        for at in range(1, len(emitted)):
            forward[at] = emitted[at] + (forward[at - 1][:, None] + self._transitions).max(0)
        for at in range(len(emitted) - 2, -1, -1):
            backward[at] = (self._transitions + (emitted[at + 1] + backward[at + 1])[None, :]).max(1)
        total = forward + backward
        best = total.argmax(1)
        rest = total.copy()
        rest[np.arange(len(best)), best] = -(1 << 30)
        margins = (total.max(1) - rest.max(1)) / self._scale
        rivals = [self._labels[each] for each in rest.argmax(1).tolist()]
        parted = (total.max(1) - total[np.arange(len(best)), self._other[best]]) / self._scale
        rest[np.arange(len(best)), self._other[best]] = -(1 << 30)
        sure = (total.max(1) - rest.max(1)) / self._scale
        names = (self._labels[each] for each in best.tolist())
        return list(zip(names, margins.tolist(), rivals, parted.tolist(), sure.tolist(), strict=True))

    def _emissions(self, features: Sequence[Sequence[str]]) -> npt.NDArray[np.int32]:
        """Return the weight of each label for each line: the sum over its features."""
        place, unknown = self._rows.get, len(self._weights) - 1
        rows = [place(name, unknown) for names in features for name in names]
        starts = np.cumsum([0, *(len(names) for names in features[:-1])])
        total: npt.NDArray[np.int32] = np.add.reduceat(self._weights[rows], starts)
        return total


@cache
def line_models() -> tuple[LineModel, LineModel]:
    """Return the two chains that label lines, read once."""
    first, second = read_chains(
        files("knowledge.models.repair").joinpath("labels.json").read_text(encoding="utf-8")
    )
    return first, second


def read_chains(text: str) -> list[LineModel]:
    """Read the model file."""
    return [LineModel(ChainWeights(**chain)) for chain in json.loads(text)["chains"]]


def label_lines(lines: Sequence[PageLine]) -> list[Labelled]:
    """Say what each line of a document is."""
    first, second = line_models()
    own = features(lines)
    seen = [label for label, *_ in first.label(own)]
    found = second.label(list(with_labels(lines, own, seen)))
    return [
        Labelled(line, ROLES[label], label != GOES_ON, margin, ROLES[rival], parted, sure)
        for line, (label, margin, rival, parted, sure) in zip(lines, found, strict=True)
    ]


def features(lines: Sequence[PageLine]) -> list[list[str]]:
    """Return the features of each line: its own, and its neighbours' by their distance."""
    page = _Page(lines)
    own = [page.own(at) for at in range(len(lines))]
    return [page.with_neighbours(at, own) for at in range(len(lines))]


class _Page:
    """What is counted once for all lines of a page."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self._lines = lines
        count = max(1, len(lines))
        wide = sorted(line.width for line in lines if line.width > 6)
        self._median = wide[len(wide) // 2] if wide else 10.0
        # The width that lines fill: where most lines are equally wide, a press broke them.
        self._full = wide[int(0.85 * (len(wide) - 1))] if wide else 10.0
        filling = sum(0.9 * self._full <= each <= 1.03 * self._full for each in wide)
        self._broken = str(min(4, 5 * filling // max(1, len(wide)))) if self._full <= _WIDEST else "w"
        self._finished = str(min(4, 5 * sum(line.finished for line in lines) // count))
        self._blank = str(min(4, 5 * sum(line.gap > 0 for line in lines) // count))
        self._indented = str(min(4, 5 * sum(line.indent > 1 for line in lines) // count))
        self._short = str(min(4, 5 * sum(line.width <= 20 for line in lines) // count))
        self._two_han = [_TWO_HAN.findall(line.text) for line in lines]
        self._pairs = Counter(pair for found in self._two_han for pair in set(found))

    def own(self, at: int) -> list[str]:
        line = self._lines[at]
        text = line.text
        ratio = str(min(9, int(line.width / self._median * 5)))
        near = sorted(other.width for other in self._lines[max(0, at - 3) : at + 4] if other is not line)
        usual = near[len(near) // 2] if near else self._median
        local = str(min(9, int(line.width / max(1, usual) * 5)))
        last, first = _class(text[-1:]), _class(text[:1])
        full = str(max(-4, min(4, round((line.width - self._full) / 1.5)))) if self._full <= _WIDEST else "w"
        clauses = min(3, len(_CLAUSE.findall(text)))
        names = [
            "L" + _bucket(line.width),
            "r" + ratio,
            "l" + local,
            "e" + last,
            "b" + first,
            "f" + str(int(line.finished)),
            "u" + full,
            "er" + last + ratio,
            "eu" + last + full,
            "c" + str(clauses),
            "in" + str(min(9, line.indent // 2)),
            "page" + self._broken + self._finished,
            "blank" + self._blank + str(min(2, line.gap)),
            "short" + self._short + str(int(line.finished)) + str(clauses > 0),
        ]
        printed = line.raw[line.start : line.end] if not line.spaced else text
        if len(printed) > 2 * _EDGE:
            printed = printed[:_EDGE] + printed[-_EDGE:]
        names += ["X" + name for name, pattern in MARKS if pattern.search(printed)]
        if line.doubled:
            names.append("doubled")
        if line.spaced:
            names.append("spaced")
        if len(text) <= _LONGEST_NAME:
            names.append("w=" + text)
        elif line.width <= 12:
            names.append("w$" + text[-2:])
        digits = len(_DIGIT.findall(text))
        if digits:
            names.append("d" + str(min(3, digits * 4 // max(1, len(text)))))
        if pairs := self._two_han[at]:
            names.append("again" + str(4 * sum(self._pairs[pair] > 1 for pair in pairs) // len(pairs)))
        return names

    def with_neighbours(self, at: int, own: Sequence[Sequence[str]]) -> list[str]:
        lines = self._lines
        line = lines[at]
        before = lines[at - 1] if at else None
        after = lines[at + 1] if at + 1 < len(lines) else None
        below = min(2, after.gap) if after is not None else 9
        size = str(min(5, len(lines).bit_length()))
        names = [
            *own[at],
            f"g{min(2, line.gap)}{below}|{self._blank}",
            "top" + str(at if at < 4 else 4 if at < 8 else 5),
            "end" + str(min(4, len(lines) - 1 - at)),
            "size" + size,
        ]
        if at < 3:
            names += [
                f"top{at}|{size}{self._broken}",
                f"top{at}|{size}{int(line.finished)}{below}",
                f"top{at}|{int(line.width <= 20)}{int(line.finished)}{self._broken}",
            ]
            names += [f"o{at}|{size}{name}" for name in own[at] if name[0] == "X"]
        if before is not None:
            kept = ("L", "e", "r", "f", "X", "u")
            names += ["-" + name for name in own[at - 1] if name[:1] in kept]
            stands_in = int(line.indent > 1) - int(before.indent > 1)
            join = f"{int(before.finished)}{min(2, line.gap)}"
            over = str(max(-4, min(4, round((before.width + before.indent / 2 - self._full) / 1.5))))
            wrap = over if self._full <= _WIDEST else "w"
            names += [
                "-g" + str(min(2, before.gap)),
                "t" + str(min(4, int(abs(before.width - line.width)))),
                f"j{join}{wrap}|{self._blank}",
                f"j{join}{wrap}>{stands_in}{self._indented}",
                f"j{join}{wrap}{_class(before.text[-1:])}{_class(line.text[:1])}",
                f"j{join}{wrap}|{self._broken}",
                f"j{join}{int(line.column != before.column)}",
                f"J{_class(before.text[-1:])}{_class(line.text[:1])}{self._broken}",
            ]
        if after is not None:
            names += ["+" + name for name in own[at + 1] if name[:1] in ("L", "r", "X", "b", "f", "u")]
            names.append("n" + str(min(4, int(abs(after.width - line.width)))))
        if at + 2 < len(lines):
            names += ["++" + name for name in own[at + 2] if name[:1] in ("r", "f", "X")]
        if at > 1:
            names += ["--" + name for name in own[at - 2] if name[:1] in ("r", "f", "X")]
        return names


def with_labels(
    lines: Sequence[PageLine], own: Sequence[Sequence[str]], labels: Sequence[str]
) -> Iterator[list[str]]:
    """Yield the features of each line with what the first chain's labels tell about the page."""
    displays = [at for at, label in enumerate(labels) if label in DISPLAYS]
    titles = [at for at in displays if labels[at] == "T"]
    widest = max((lines[at].width for at in displays), default=1.0)
    headings = min(3, sum(labels[at] == "H" for at in displays))
    body = "".join(line.text for line, label in zip(lines, labels, strict=True) if label in "Pp")
    pages = {line.page for line in lines}
    for at, (line, label) in enumerate(zip(lines, labels, strict=True)):
        around = labels[at - 1] if at else "^", labels[at + 1] if at + 1 < len(lines) else "$"
        names = [*own[at], "Y" + label, f"Y{around[0]}<{label}", f"Y{label}>{around[1]}"]
        if label in DISPLAYS:
            above = next((x for x in range(at - 1, -1, -1) if labels[x] not in "FRATSK"), None)
            if above is not None:
                signed = labels[above] == "Y" or "Xsigned-after" in own[above]
                names.append(
                    f"Yv{labels[above]}{int(signed)}{int(any(x < above for x in titles))}{min(2, line.gap)}"
                )
            following = next((x for x in range(at + 1, len(lines)) if labels[x] in "Pp"), None)
            alike = [x for x in displays if x != at and abs(lines[x].width - line.width) <= 1.5]
            parted = " " in line.raw[line.start : line.end]
            twins = [x for x in alike if (" " in lines[x].raw[lines[x].start : lines[x].end]) == parted]
            pairs = _TWO_HAN.findall(line.text)
            below = "" if following is None else _text_from(lines, labels, following)
            names += [
                "Yr" + str(int(5 * line.width / max(1.0, widest))),
                "Yb" + str(min(2, sum(x < at for x in titles))),
                "Ya" + str(min(2, sum(x > at for x in titles))),
                "Yh" + str(headings),
                "Ys" + str(min(3, len(alike))),
                "Yz" + str(min(3, len(twins))),
                "Yf" + str(int(any(y in "Pp" for y in labels[:at]))),
                "Yd" + str(int(any(x < at for x in displays))),
                "Yo" + str(min(4, sum(pair in below for pair in pairs))),
                "YO" + str(4 * sum(pair in body for pair in pairs) // max(1, len(pairs))),
                "Yp" + str(min(2, len(pages))),
            ]
            if following is not None:
                marks = {name for name in own[following] if name in ("Xdateline",)}
                names.append("Yx" + str(len(marks)) + str(min(3, following - at)))
        yield names


def _text_from(lines: Sequence[PageLine], labels: Sequence[str], at: int) -> str:
    """Return the beginning of the running text from line `at` on."""
    near = zip(lines[at : at + _NEAR], labels[at : at + _NEAR], strict=True)
    return "".join(line.text for line, label in near if label in "Pp")[:_OPENING]


def _class(char: str) -> str:
    if not char:
        return "0"
    known = _CLASSES.get(char)
    if known is not None:
        return known
    if char.isdigit():
        return "9"
    if char.isascii():
        return "a" if char.isalpha() else "o"
    return "h" if char >= "\u2e80" else "o"


def _bucket(width: float) -> str:
    return next((str(limit) for limit in _WIDTHS if width <= limit), "+")

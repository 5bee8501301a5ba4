"""Which sentences a person should look at: a learned estimate that one was not put together as it was printed.

The weights are made by `knowledge/training/repair/regressions.py`; their card lies beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from knowledge.repair.characters import HAN
from knowledge.repair.continuation import Paragraph, Seam
from knowledge.repair.join_model import goes_on
from knowledge.repair.sentences import FINISHED

_STEPS: Final = (0.5, 1.0, 2.0, 3.5, 5.0, 8.0)
_READS: Final = (-4.0, -2.5, -1.0, 0.0, 1.0)
_TAIL: Final = 12
_SHARES: Final = (0.001, 0.04, 0.08, 0.15, 0.3)
# What may be something else than text by less is unsure.
_UNSURE: Final = 2.0
_CLOSING: Final = re.compile("[，。、；：！？”’」』）》】％,;]")
# A blank amid running text, as between two columns that were not taken apart.
_UNPARTED: Final = re.compile(f"[{HAN}，。、]{{3}} [{HAN}]{{3}}")
_PAIRED: Final = ("“”", "《》", "（）", "「」", "【】")
# What is said of a sentence by the feature that tells most against it: the kind of the doubt, and why.
_REASONS: Final = {
    "end": ("broken", "句子没有收尾，可能断开或接错，请核对"),
    "begin": ("broken", "没有找到这句话的开头，请核对"),
    "join": ("uncertain_order", "不能确定这几行是否相接，请核对"),
    "line": ("uncertain_order", "不能确定其中一行是不是正文，请核对"),
    "blank": ("uncertain_order", "像是并排的栏没有分开，请核对"),
    "pair": ("broken", "引号或括号不成对，可能断开或接错，请核对"),
}


@dataclass(frozen=True, slots=True)
class DoubtWeights:
    """The model file: weights by feature, and the sum from which on a sentence is doubted."""

    weights: dict[str, float]
    threshold: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a sentence is doubted: the kind of the entry and the reason for whoever reads it."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class PageState:
    """How well a page as a whole came out, each in steps: how much of it lacks a beginning or an end, how many of its lines
    may be no text, and in how many columns it was read."""

    loose: int
    unsure: int
    columns: int


def page_state(paragraphs: Sequence[Paragraph]) -> PageState:
    """Say how well the page came out that these paragraphs are of."""
    body = [each for each in paragraphs if each.seams]
    loose = sum(not (each.opens and _ends(each.text)) for each in body)
    seams = [seam for each in body for seam in each.seams]
    unsure = sum(seam.text < _UNSURE for seam in seams)
    columns = {line.column for each in body for line in each.lines}
    return PageState(
        _step(loose / max(1, len(body)), _SHARES),
        _step(unsure / max(1, len(seams)), _SHARES),
        min(3, len(columns)),
    )


def doubt_of(
    paragraph: Paragraph, start: int, end: int, before: Paragraph | None, page: PageState
) -> Doubt | None:
    """Say why a sentence should be looked at, `paragraph.text[start:end]`; `before` is the paragraph above it."""
    model = doubt_weights()
    found = list(sentence_features(paragraph, start, end, before, page))
    told = [(model.weights.get(name, 0.0), name) for name in found]
    if sum(weight for weight, _ in told) < model.threshold:
        return None
    most = max(each for each in told if each[1].split(":")[0] in _REASONS)
    return Doubt(*_REASONS[most[1].split(":")[0]])


def sentence_features(
    paragraph: Paragraph, start: int, end: int, before: Paragraph | None, page: PageState
) -> Iterator[str]:
    """Yield the features of a sentence, the group of each before its colon."""
    text = paragraph.text[start:end]
    places = _lines_of(paragraph, start, end)
    seams = [paragraph.seams[at] for at in places]
    inner = [paragraph.seams[at] for at in places if at and _line_start(paragraph, at) > start]
    yield "bias:"
    yield f"line:{_step(min(seam.text for seam in seams), _STEPS)}"
    yield f"join:{_step(min(seam.join for seam in inner), _STEPS) if inner else 'none'}"
    jumps = min(2, sum(seam.jumps for seam in inner))
    reads = _reads(paragraph, places, inner)
    yield f"join:jumps{jumps}"
    yield f"join:reads{reads}"
    if inner:
        yield f"join:{_step(min(seam.join for seam in inner), _STEPS)}{reads}{min(1, jumps)}"
    columns = {paragraph.lines[at].column for at in places}
    yield f"join:columns{min(2, len(columns))}{int(max(columns) > 0)}"
    passed = inner if start else [paragraph.seams[0], *inner]
    yield f"line:skipped{_step(min((seam.skipped for seam in passed), default=math.inf), _STEPS)}"
    yield f"line:long{min(4, len(text) // 25)}"
    finished = _ends(text)
    yield f"page:loose{page.loose}"
    yield f"page:unsure{page.unsure}"
    yield f"page:columns{page.columns}"
    yield f"page:{page.loose}{int(finished)}{int(paragraph.opens)}"
    yield f"page:{page.loose}{page.columns}{_step(min(seam.join for seam in inner), _STEPS) if inner else 'none'}"
    yield f"end:{int(finished)}{int(end == len(paragraph.text))}"
    first = start == 0
    yield f"begin:{int(first)}{int(paragraph.opens)}"
    if first:
        open_end = before is not None and before.kind == "sentence" and not _ends(before.text)
        sure = _step(paragraph.seams[0].join, _STEPS)
        yield f"begin:sure{sure}{int(paragraph.opens)}{int(open_end)}"
        if before is not None and open_end:
            yield f"begin:below{_step(goes_on(before.text, text), _READS)}"
    if _CLOSING.match(text):
        yield "begin:closing"
    if _UNPARTED.search(text):
        yield "blank:"
    if any(text.count(a) != text.count(b) for a, b in _PAIRED):
        yield "pair:"


def _ends(text: str) -> bool:
    return FINISHED.search(text, max(0, len(text) - _TAIL)) is not None


def _lines_of(paragraph: Paragraph, start: int, end: int) -> list[int]:
    """Return the places of the lines on which a sentence stands."""
    if len(paragraph.lines) == 1:
        return [0]
    numbers = {(span.line, span.start) for span in paragraph.spans_of(start, end)}
    return [
        at
        for at, line in enumerate(paragraph.lines)
        if any(number == line.number and line.start <= column < line.end for number, column in numbers)
    ] or [0]


def _line_start(paragraph: Paragraph, at: int) -> int:
    line = paragraph.lines[at]
    return next(
        (
            begins
            for span, begins in zip(paragraph.spans, paragraph.starts, strict=True)
            if span.line == line.number and line.start <= span.start < line.end
        ),
        0,
    )


def _reads(paragraph: Paragraph, places: Sequence[int], inner: Sequence[Seam]) -> str:
    if not inner:
        return "none"
    pairs = [(paragraph.lines[at - 1].text, paragraph.lines[at].text) for at in places[-len(inner) :]]
    return str(_step(min(goes_on(left, right) for left, right in pairs), _READS))


def _step(value: float, steps: Sequence[float]) -> int:
    return sum(value >= step for step in steps)


@cache
def doubt_weights() -> DoubtWeights:
    """Return what tells how doubtful a sentence is, read once."""
    text = files("knowledge.models.repair").joinpath("doubts.json").read_text(encoding="utf-8")
    return DoubtWeights(**json.loads(text))

"""Lines into paragraphs: what goes on where.

A paragraph's lines stand together but where something interrupts them: a photo, a headline, a column's foot. The open
ends there are assigned to beginnings all at once, by how well the characters read across the break and how the page
lies.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from knowledge.model import BlockRole, Span
from knowledge.repair.characters import is_han
from knowledge.repair.join_model import each_goes_on, goes_on
from knowledge.repair.labels import Labelled
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import DATELINE, jump_of
from knowledge.repair.stitching import stitch

# How surely one piece goes on with another where nobody asked.
_SURE: Final = 6.0
# A line behind a blank one that reads on worse than this may go on elsewhere.
_READS_ON: Final = 0.5
# The width that lines fill is that which so many do not exceed; of it a line that was broken fills so much.
_FILLED: Final = 0.85
# Behind a comma a paragraph begins only where the labeller is surer than that, or the line does not read on.
_UNSURE: Final = 6.0
_INTERRUPTS: Final = frozenset({BlockRole.CAPTION, BlockRole.CREDIT, BlockRole.FURNITURE})

_PHOTOS: Final = frozenset({BlockRole.CAPTION, BlockRole.CREDIT})
_DISPLAYS: Final = frozenset({BlockRole.TITLE, BlockRole.KICKER, BlockRole.SUBTITLE, BlockRole.HEADING})
_CLOSING: Final = frozenset("，。、；：！？”’」』）》】％%,;")
# What the page itself says for or against a join, in the units of the join model (natural logarithm of odds).
_REACH: Final = 6.0
_NEXT: Final = 3.0
_DISPLAY_BETWEEN: Final = 3.0
_LABEL: Final = 2.0
_CLOSES: Final = 2.0
_STANDS_IN: Final = 4.0
_DATELINE: Final = 5.0
_BACKWARDS: Final = 2.5
_FORWARDS: Final = 1.0
_FARTHER: Final = 0.15
_UNBROKEN: Final = 2.0
_NOWHERE: Final = -3.0
# A jump to another page leads to the jump from it, whatever they read like.
_JUMPS: Final = 20.0


class Seam(NamedTuple):
    """How sure a line of a paragraph is: that it is text, and that it goes on with the one before, or begins.

    Logarithms of odds; `skipped` is how sure it is that what lies between is no text, `jumps` says that the line before
    stands elsewhere on the page.
    """

    text: float
    join: float
    skipped: float
    jumps: bool


@dataclass(eq=False)
class Paragraph:
    """Lines that belong together.

    `at` is the place of its first line among all lines; `starts` are the places of the spans in `text`. `interrupted`
    says that something lies between it and the paragraph before; `repeats` are characters dropped where they were
    printed twice, `opens` says that its beginning was found, `seams` how sure each of its lines is where nothing was
    stated. `kind` is that of its facts; but for `sentence` and `note` a paragraph is one fact.
    """

    at: int
    lines: list[PageLine]
    spans: tuple[Span, ...] = ()
    text: str = ""
    starts: tuple[int, ...] = ()
    interrupted: bool = False
    repeats: list[Span] = field(default_factory=list)
    opens: bool = True
    seams: tuple[Seam, ...] = ()
    kind: str = "sentence"

    @property
    def first(self) -> PageLine:
        return self.lines[0]

    @property
    def width(self) -> float:
        return max(line.width for line in self.lines)

    def spans_of(self, start: int, end: int) -> tuple[Span, ...]:
        """Return the spans on which `text[start:end]` stands."""
        if self.starts == (0,) and 0 <= start < end <= self.spans[0].end - self.spans[0].start:
            span = self.spans[0]  # as for most, without looking for where they begin and end
            return (Span(span.line, span.start + start, span.start + end),)
        found: list[Span] = []
        at = bisect_right(self.starts, start) - 1
        while at < len(self.spans) and self.starts[at] < end:
            span, offset = self.spans[at], self.starts[at]
            low, high = max(start - offset, 0), min(end - offset, span.end - span.start)
            if low < high:
                found.append(Span(span.line, span.start + low, span.start + high))
            at += 1
        return tuple(found)


@dataclass(slots=True, eq=False)
class _Piece:
    """Lines that surely belong together, and what lies before them.

    `skipped` is the smallest margin of what lies there, `jumps` numbers the jump to another page that follows on them
    (1, 2, …), or that they follow on (-1, -2, …).
    """

    at: int
    labelled: list[Labelled]
    between: frozenset[BlockRole]
    moved: bool
    stands_in: bool
    skipped: float
    jumps: int = 0

    @property
    def first(self) -> Labelled:
        return self.labelled[0]

    @property
    def last(self) -> PageLine:
        return self.labelled[-1].line


def is_broken(labelled: Sequence[Labelled]) -> bool:
    """Tell whether sentences were broken in lines, by a column's width or a photo; else nothing was moved, or need be joined.

    What breaks off fills the width or reads on, but the items of a list, which begin alike; a closing mark begins no line.
    """
    body = [each for each in labelled if each.role is BlockRole.PARAGRAPH]
    widths = sorted(each.line.width for each in body)
    full = widths[int(_FILLED * (len(widths) - 1))] if widths else 0.0
    if any(_goes_on(above.line, each.line, full) for above, each in pairwise(body) if not each.opens):
        return True
    return any(
        above.role not in _INTERRUPTS and not above.line.finished and each.role in _PHOTOS
        for above, each in pairwise(labelled)
    )


def _goes_on(above: PageLine, line: PageLine, full: float) -> bool:
    first, second = above.text[0], line.text[0]
    if second in _CLOSING or above.finished:
        return second in _CLOSING
    alike = first == second or (first.isdigit() and second.isdigit())
    reads_on = not alike and goes_on(above.text, line.text) > _READS_ON
    return reads_on or above.width >= _FILLED * full


def join_lines(labelled: Sequence[Labelled], raw: Sequence[str], headed: bool = False) -> list[Paragraph]:
    """Return the paragraphs of the lines that are running text, in the order in which they begin.

    Of a text that is `headed`, which numbers its headings on, none goes on beyond the next piece or over a heading.
    """
    pieces = _pieces(labelled)
    following, sure = _assign(pieces, headed)
    paragraphs: list[Paragraph] = []
    led = set(following.values())
    for number in range(len(pieces)):
        if number in led:
            continue
        chain = [number]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        paragraphs.append(_paragraph([pieces[x] for x in chain], raw, [sure.get(x, _SURE) for x in chain]))
    return paragraphs


def _pieces(labelled: Sequence[Labelled]) -> list[_Piece]:
    """Return the runs of lines that surely belong together."""
    body = [each for each in labelled if each.role is BlockRole.PARAGRAPH]
    gaps = sorted(each.line.gap for each in body)
    gapped = sum(gap > 0 for gap in gaps) > 0.35 * len(gaps)
    usual = gaps[int(0.8 * len(gaps))] if gapped else 0
    indented = sum(each.line.indent > 1 for each in body)
    indents_tell = 0 < indented < 0.6 * len(body)
    pieces: list[_Piece] = []
    between: list[Labelled] = []
    before: Labelled | None = None
    for at, each in enumerate(labelled):
        if each.role is not BlockRole.PARAGRAPH:
            between.append(each)
            continue
        moved = before is not None and (each.line.column, each.line.page) != (
            before.line.column,
            before.line.page,
        )
        apart = moved or each.line.gap > usual
        if before is not None and each.line.gap and not before.line.finished:
            apart = apart or goes_on(before.line.text, each.line.text) < _READS_ON
        if before is None or (each.opens and not _pauses(before, each)) or between or apart:
            stands_in = indents_tell and each.line.indent > 1
            skipped = min((other.margin for other in between), default=math.inf)
            roles = frozenset(other.role for other in between)
            pieces.append(_Piece(at, [each], roles, apart, stands_in, skipped))
        else:
            pieces[-1].labelled.append(each)
        between, before = [], each
    _mark_jumps(labelled, pieces)
    return pieces


def _pauses(before: Labelled, each: Labelled) -> bool:
    """Tell whether a line that seems to begin a paragraph goes on behind a comma."""
    above = before.line.text
    return above[-1] in "，、" and each.parted < _UNSURE and goes_on(above, each.line.text) > _READS_ON


def _mark_jumps(labelled: Sequence[Labelled], pieces: Sequence[_Piece]) -> None:
    """Number the jumps to other pages and from them in the order of the page, each at the text that it stands by."""
    gone = back = 0
    for at, each in enumerate(labelled):
        way = jump_of(each.line.text)
        if way > 0:
            gone += 1
            above = next((piece for piece in reversed(pieces) if piece.at < at), None)
            if above is not None:
                above.jumps = gone
        elif way < 0:
            back += 1
            below = next((piece for piece in pieces if piece.at > at), None)
            if below is not None:
                below.jumps = -back


def _paragraph(pieces: Sequence[_Piece], raw: Sequence[str], sure: Sequence[float]) -> Paragraph:
    first = pieces[0]
    spans: list[Span] = []
    repeats: list[Span] = []
    lines: list[PageLine] = []
    seams: list[Seam] = []
    for number, piece in enumerate(pieces):
        own = [span for each in piece.labelled for span in each.line.spans]
        if (
            number
            and piece.between & _INTERRUPTS
            and _is_repeated(lines[-1].text, piece.first.line.text, raw)
        ):
            head = own[0]
            repeats.append(Span(head.line, head.start, head.start + 1))
            own[0:1] = [Span(head.line, head.start + 1, head.end)] if head.end > head.start + 1 else []
        spans += own
        lines += [each.line for each in piece.labelled]
        seams += [Seam(each.margin, each.parted, math.inf, False) for each in piece.labelled]
        begins = -len(piece.labelled)
        seams[begins] = seams[begins]._replace(skipped=piece.skipped)
        if number:
            seams[begins] = seams[begins]._replace(join=sure[number], jumps=True)
    return Paragraph(
        first.at,
        lines,
        tuple(spans),
        *stitch(raw, spans),
        bool(first.between) or first.moved,
        repeats,
        first.first.opens,
        tuple(seams),
    )


def paragraph_of(at: int, lines: list[PageLine], raw: Sequence[str]) -> Paragraph:
    """Put lines that are known to be one paragraph together."""
    spans = tuple(span for line in lines for span in line.spans)
    text, starts = stitch(raw, spans)
    return Paragraph(at, lines, spans, text, starts)


def _is_repeated(left: str, right: str, raw: Sequence[str]) -> bool:
    """Tell whether a character was printed on both sides of an interruption.

    It reads better without, and what it begins is no word that the page has elsewhere (干部 | 部署).
    """
    if left[-1] != right[0] or not is_han(right[0]) or len(right) < 2:
        return False
    word = right[:2]
    if sum(line.count(word) for line in raw) > 1:
        return False
    return goes_on(left, right[1:]) > goes_on(left, right)


def _assign(pieces: Sequence[_Piece], headed: bool) -> tuple[dict[int, int], dict[int, float]]:
    """Return which piece goes on with which, and how sure the one is that goes on."""
    interrupted = any(
        piece.between & _PHOTOS and not before.last.finished for before, piece in pairwise(pieces)
    )
    if not interrupted and all(each.opens for piece in pieces for each in piece.labelled):
        return {}, {}  # a line a paragraph: nothing is broken
    open_ends, begins = _open_ends(pieces), _beginnings(pieces)
    scored: dict[int, list[tuple[float, int]]] = {}
    reads = each_goes_on(
        [pieces[end].last.text for end in open_ends], [pieces[begin].first.line.text for begin in begins]
    )
    for end, joints in zip(open_ends, reads, strict=True):
        scores = [
            (_score(pieces, end, begin, joint), begin)
            for begin, joint in zip(begins, joints, strict=True)
            if begin != end and not (headed and _is_apart(pieces, end, begin))
        ]
        scored[end] = sorted((each for each in scores if each[0] > _NOWHERE), reverse=True)
    pairs = sorted(
        ((score, end, begin) for end, found in scored.items() for score, begin in found), reverse=True
    )
    following: dict[int, int] = {}
    taken: set[int] = set()
    sure: dict[int, float] = {}
    for score, end, begin in pairs:
        if end in following or begin in taken or _leads_to(following, begin, end):
            continue
        following[end] = begin
        taken.add(begin)
        rivals = [other for other, place in scored[end] if place != begin and place not in taken]
        sure[begin] = score - max(rivals[0] if rivals else _NOWHERE, _NOWHERE)
    return following, sure


def _is_apart(pieces: Sequence[_Piece], end: int, begin: int) -> bool:
    return begin != end + 1 or BlockRole.HEADING in pieces[begin].between


def _leads_to(following: dict[int, int], start: int, end: int) -> bool:
    while start in following:
        start = following[start]
        if start == end:
            return True
    return start == end


def _open_ends(pieces: Sequence[_Piece]) -> list[int]:
    """Return the places of the pieces that break off and do not surely go on with the next one."""
    return [
        at
        for at, piece in enumerate(pieces)
        if not piece.last.finished
        and (
            at + 1 == len(pieces)
            or not pieces[at + 1].first.opens
            or pieces[at + 1].between
            or pieces[at + 1].moved
            or piece.jumps > 0
        )
    ]


def _beginnings(pieces: Sequence[_Piece]) -> list[int]:
    """Return the places of the pieces that may go on with another."""
    return [
        at
        for at, piece in enumerate(pieces)
        if at == 0 or not piece.first.opens or piece.between or piece.moved or piece.jumps < 0
    ]


def _score(pieces: Sequence[_Piece], end: int, begin: int, reads_on: float) -> float:
    piece = pieces[begin]
    if pieces[end].jumps > 0 and piece.jumps == -pieces[end].jumps:
        return _JUMPS
    text = piece.first.line.text
    score = max(-_REACH, min(_REACH, reads_on))
    score += _CLOSES if text[0] in _CLOSING else 0
    if begin:  # what a page's first line goes on from, its labeller cannot see
        score += (-1 if piece.first.opens else 1) * min(_LABEL, piece.first.parted)
    score -= _STANDS_IN if piece.stands_in else 0
    score -= _DATELINE if DATELINE.match(text) else 0
    displays = bool(piece.between & _DISPLAYS)
    if begin == end + 1:
        return score + _NEXT - (_DISPLAY_BETWEEN if displays else 0)
    score -= _FORWARDS + _FARTHER * (begin - end) if begin > end else _BACKWARDS
    score -= 0 if piece.between or piece.moved or not begin else _UNBROKEN
    if begin and not pieces[begin - 1].last.finished and not displays:
        score -= _FORWARDS
    return score - (_DISPLAY_BETWEEN / 2 if displays else 0)

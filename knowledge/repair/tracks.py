"""Columns beside each other on the rows of a text whose blanks keep the layout.

Rows are cut where blanks part columns. A track is text that begins at the same place on row after row. What no track
crosses parts the page: rows into bands, which are read one after another, and places into columns. Lines that stand over
columns head those that begin where they begin, or to the left of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final

from knowledge.repair.characters import HAN
from knowledge.repair.row_pieces import Cell, reads_on

GAP: Final = re.compile(
    "[ \t\u3000](?:(?<!\u3000)[ \t]+|(?<!\u3000)[ \t]*\u3000[ \t\u3000]*|(?<=\u3000)[ \t\u3000]*)(?=\\S)"
)
"""The blanks that part columns for sure; a search for what begins with one of few characters is quick."""
# A character takes one place, or two if it is wide.
MEASURES: Final[tuple[Callable[[str], list[int]], ...]] = (
    lambda text: [1] * len(text),
    lambda text: [2 if char >= "\u2e80" else 1 for char in text],
)
_BLANK: Final = re.compile("(?<=\\S)[ \t](?=\\S)")
_PAIRS: Final = re.compile(f"(?=([{HAN}A-Za-z0-9]{{2}}))")
_CLAUSE: Final = re.compile("[，。、；]")
# What stands so is no line of a headline.
_SENTENCE: Final = re.compile("[。；]|[，、：]$")
_NARROWEST: Final = 8
# A paragraph stands in no farther; what is too long for its column moves what is right of it no farther.
_INDENTED: Final = 5
_OUT: Final = 4
# A column has so many lines; text begins at a place for sure where so many rows of those near by have a piece there.
_FEWEST: Final = 3
_SUPPORT: Final = 2
_NEAR: Final = 8
_BESIDE: Final = 3
# So many rows that hold other text may lie between two lines of a column.
_FARTHEST: Final = 12
# What a usual gap between rows is, so many rows above and below tell.
_AROUND: Final = 6
# Over a mere blank columns read worse than that, and over a gap that is none words read better than that.
_READS_ON: Final = 1.5
_ONE: Final = 0.5
# A line of text may reach so far into the next column.
_JITTER: Final = 2
# So many lines above a paragraph may be a headline.
_MOST_HEADS: Final = 6
# In the units of the join model: a pair of characters that a headline shares with a column, and that it begins with it.
_PAIR: Final = 0.7
_FLUSH: Final = 3.0
_LEAST: Final = -1.0
# A line over columns is cut where so many pairs more tell for it than against it.
_TOLD: Final = 4


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a row, and the places at which it begins and ends."""

    cell: Cell
    left: int
    right: int

    @property
    def row(self) -> int:
        return self.cell[0]


class _Track:
    """Pieces that begin at the same place, on row after row; running text or not."""

    def __init__(self, pieces: Sequence[_Piece], running: bool = False) -> None:
        self.pieces = list(pieces)
        self.left = min(piece.left for piece in pieces)
        self.running = running

    def add(self, piece: _Piece) -> None:
        """Put one more piece below."""
        self.pieces.append(piece)
        self.left = min(self.left, piece.left)

    @property
    def first(self) -> int:
        return self.pieces[0].row

    @property
    def last(self) -> int:
        return self.pieces[-1].row

    @property
    def right(self) -> int:
        """Where most of its pieces end: some are too long for their column."""
        ends = sorted(piece.right for piece in self.pieces)
        return max(self.left + 1, ends[3 * (len(ends) - 1) // 4])

    def is_over(self, other: _Track) -> bool:
        """Tell whether there are places that both take, on whatever rows."""
        return self.left < other.right and other.left < self.right


def side_by_side(texts: Sequence[str]) -> list[list[Cell]]:
    """Return the cells of a page in reading order, a list for each column or headline; one list if it has no columns."""
    page = max((_Page(texts, measure) for measure in MEASURES), key=_Page.aligned)
    tracks = page.tracks()
    if sum(track.running for track in tracks) < 2:
        return [[(row, 0, len(text)) for row, text in enumerate(texts)]]
    return [list(page.with_blanks(part)) for part in page.parts(tracks)]


class _Page:
    """The rows of a page by places."""

    def __init__(self, texts: Sequence[str], measure: Callable[[str], list[int]]) -> None:
        self._texts = texts
        self._places = [[0, *accumulate(measure(text))] for text in texts]
        self._rows = [list(self._pieces(row)) for row in range(len(texts))]
        self._lefts = [frozenset(piece.left for piece in row) for row in self._rows]

    def aligned(self) -> int:
        """Return how many pieces begin where one does on one of the next two rows."""
        below = [
            {piece.left for row in self._rows[at + 1 : at + 3] for piece in row}
            for at in range(len(self._rows))
        ]
        return sum(
            piece.left in own
            for row, own in zip(self._rows, below, strict=True)
            for piece in row
            if piece.left > _NARROWEST
        )

    def tracks(self) -> list[_Track]:
        """Return what stands below what, and headlines apart."""
        found: list[_Track] = []
        going: list[_Track] = []
        for pieces in [list(self._cut(row)) for row in range(len(self._rows))]:
            taken: set[int] = set()
            for piece in pieces:
                own = [each for each in going if id(each) not in taken and self._goes_on(each, piece)]
                track = min(own, key=lambda each: abs(piece.left - each.left), default=None)
                if track is None:
                    track = _Track([piece])
                    going.append(track)
                    found.append(track)
                else:
                    track.add(piece)
                taken.add(id(track))
            going = [
                each
                for each in going
                if id(each) in taken
                or not any(piece.left < each.right and piece.right > each.left for piece in pieces)
            ]
        for track in found:
            clauses = sum(
                _CLAUSE.search(self._texts[piece.row], *piece.cell[1:]) is not None for piece in track.pieces
            )
            track.running = len(track.pieces) >= _FEWEST and 4 * clauses >= len(track.pieces)
        running = [track for track in found if track.running]
        for track in running:
            crossing = sum(
                _crosses(piece, track) for other in running if other is not track for piece in other.pieces
            )
            track.running = 2 * crossing < len(track.pieces)
        return [part for track in found for part in self._without_heads(track, found)]

    def parts(self, tracks: Sequence[_Track]) -> list[list[Cell]]:
        """Return the cells of tracks in reading order."""
        below = sorted(tracks, key=lambda track: track.first)
        if all(above.last < each.first for above, each in pairwise(below)):
            return [_cells(below)]
        bands = list(_bands(below))
        if len(bands) > 1:
            return [part for band in bands for part in self.parts(band)]
        running = [track for track in tracks if track.running]
        heads = [track for track in tracks if _heads(track, running)]
        rest = [track for track in tracks if track not in heads]
        strips = list(_strips(rest))
        if len(strips) == 1:
            if heads:
                return [_cells(heads), *self.parts(rest)]
            return [_cells([track]) for track in sorted(rest, key=lambda track: (track.left, track.first))]
        found: list[list[Cell]] = []
        for own, columns in self._shared(heads, strips) if heads else [([], [strip]) for strip in strips]:
            found += [_cells(own)] if own else []
            found += self.parts([track for column in columns for track in column])
        return found

    def with_blanks(self, part: Sequence[Cell]) -> Iterator[Cell]:
        """Yield the cells of a column, and an empty one for each row above and between them that has no text there."""
        row = part[0][0]
        while row > 0 and not self._rows[row - 1]:
            row -= 1
        for number, start, end in part:
            yield from ((between, 0, 0) for between in range(row, number))
            yield number, start, end
            row = number + 1

    def _pieces(self, row: int) -> Iterator[_Piece]:
        """Yield the runs of text in a row that gaps part."""
        at = 0
        for gap in GAP.finditer(self._texts[row]):
            if self._texts[row][at : gap.start()].strip():
                yield self._piece(row, at, gap.start())
            at = gap.end()
        if self._texts[row][at:].strip():
            yield self._piece(row, at, len(self._texts[row]))

    def _piece(self, row: int, start: int, end: int) -> _Piece:
        return _Piece((row, start, end), self._places[row][start], self._places[row][end])

    def _cut(self, row: int) -> Iterator[_Piece]:
        """Yield the pieces of a row, cut where a mere blank parts columns, and whole over gaps that part none."""
        before: _Piece | None = None
        for piece in (part for run in self._rows[row] for part in self._cut_at_blanks(run)):
            if before is not None and self._is_one(before, piece):
                before = _Piece((row, before.cell[1], piece.cell[2]), before.left, piece.right)
                continue
            if before is not None:
                yield before
            before = piece
        if before is not None:
            yield before

    def _is_one(self, before: _Piece, piece: _Piece) -> bool:
        return (
            piece.left - before.right <= _OUT
            and self._support(piece.row, piece.left) < _SUPPORT <= self._support(piece.row, before.left)
            and reads_on(self._texts, before.cell, piece.cell) > _ONE
        )

    def _cut_at_blanks(self, piece: _Piece) -> Iterator[_Piece]:
        row, start, end = piece.cell
        best: tuple[int, int] | None = None
        stands = piece.left <= _INDENTED or any(
            self._support(row, piece.left - off) >= _SUPPORT for off in range(_INDENTED + 1)
        )
        for blank in _BLANK.finditer(self._texts[row], start, end) if stands else ():
            at = blank.end()
            place = self._places[row][at]
            off = min(
                (abs(off) for off in range(-_OUT, _OUT + 1) if self._begins(row, place - off)), default=None
            )
            if off is None or place < piece.left + _NARROWEST or (best is not None and best[0] <= off):
                continue
            if reads_on(self._texts, (row, start, at - 1), (row, at, end)) < _READS_ON:
                best = off, at
        if best is None:
            yield piece
            return
        yield from self._cut_at_blanks(self._piece(row, start, best[1] - 1))
        yield from self._cut_at_blanks(self._piece(row, best[1], end))

    def _support(self, row: int, place: int) -> int:
        """Return on how many rows near by text begins at a place, or next to it."""
        near = range(max(0, row - _NEAR), min(len(self._rows), row + _NEAR + 1))
        return sum(
            not self._lefts[other].isdisjoint((place - 1, place, place + 1)) for other in near if other != row
        )

    def _begins(self, row: int, place: int) -> bool:
        """Tell whether text begins at a place on the rows of the same block right above and right below."""
        number, block = self._blocks[row]
        sides = (self._full[max(0, number - _BESIDE) : number], self._full[number + 1 : number + 1 + _BESIDE])
        often = [
            sum(self._blocks[other][1] == block and place in self._lefts[other] for other in side)
            for side in sides
        ]
        return min(often) > 0 and sum(often) >= _FEWEST

    @cached_property
    def _full(self) -> list[int]:
        """The rows that hold text."""
        return [row for row, pieces in enumerate(self._rows) if pieces]

    @cached_property
    def _blocks(self) -> dict[int, tuple[int, int]]:
        """The number of each row that holds text, and that of its block: more blank rows than usual there part blocks."""
        gaps = [0, *(below - above - 1 for above, below in pairwise(self._full))]
        found: dict[int, tuple[int, int]] = {}
        block = 0
        for number, row in enumerate(self._full):
            sides = gaps[max(1, number - _AROUND) : number], gaps[number + 1 : number + 1 + _AROUND]
            usual = min(sorted(side)[len(side) // 2] if side else 0 for side in sides)
            block += number > 0 and gaps[number] > usual + 1
            found[row] = number, block
        return found

    def _goes_on(self, track: _Track, piece: _Piece) -> bool:
        """Tell whether a piece may stand in a track; where a column begins, its first lines tell only together."""
        number, block = self._blocks[piece.row]
        above, own = self._blocks[track.last]
        least = -1 if len(track.pieces) >= _FEWEST else -_INDENTED
        return own == block and number - above <= _FARTHEST and least <= piece.left - track.left <= _INDENTED

    def _without_heads(self, track: _Track, tracks: Sequence[_Track]) -> Iterator[_Track]:
        """Yield a column, and apart from it the lines above its first paragraph that are no text or reach into the next."""
        if not track.running:
            yield track
            return
        pieces = track.pieces
        inner = next(
            (at for at, piece in enumerate(pieces[: _MOST_HEADS + 1]) if piece.left >= track.left + 2), 0
        )
        shown = [self._texts[piece.row][slice(*piece.cell[1:])].strip() for piece in pieces[:inner]]
        if 0 < inner <= len(pieces) - _FEWEST and not any(map(_SENTENCE.search, shown)):
            yield _Track(pieces[:inner])
            pieces = pieces[inner:]
        beside = [
            other.left
            for other in tracks
            if other.running
            and other.left > track.left + _INDENTED
            and other.first <= track.last
            and track.first <= other.last + _NEAR
        ]
        while beside and len(pieces) > _FEWEST and pieces[0].right > min(beside) + _JITTER:
            yield _Track(pieces[:1])
            pieces = pieces[1:]
        yield _Track(pieces, running=True)

    def _shared(
        self, heads: Sequence[_Track], strips: Sequence[Sequence[_Track]]
    ) -> Iterator[tuple[list[_Track], Sequence[Sequence[_Track]]]]:
        """Yield lines over columns with the columns that they head, from left to right."""
        stacks: list[list[_Track]] = []
        right = 0
        words = [self._pairs(strip) for strip in strips]
        lefts = [min(track.left for track in strip) for strip in strips]
        pieces = (piece for head in heads for piece in head.pieces)
        parts = (_Track([part]) for piece in pieces for part in self._cut_for(piece, words, lefts))
        for head in sorted(parts, key=lambda head: head.left):
            if stacks and head.left < right:
                stacks[-1].append(head)
            else:
                stacks.append([head])
            right = max(right if len(stacks[-1]) > 1 else 0, head.right)
        own, first = stacks[0], 0
        before = own[0].left
        for stack in stacks[1:]:
            place = stack[0].left
            fits = [
                (self._fits(stack, strips, first, at), -at)
                for at in range(first + 1, len(strips))
                if before < lefts[at] <= place + 1
            ]
            best, at = max(fits, default=(_LEAST, 0))
            if best <= _LEAST:
                own = own + stack
                continue
            yield own, strips[first:-at]
            own, first, before = stack, -at, place
        yield own, strips[first:]

    def _cut_for(self, piece: _Piece, words: Sequence[set[str]], lefts: Sequence[int]) -> Iterator[_Piece]:
        """Yield a line over columns, cut at a blank where it shares words with columns on one side before, on the other behind."""
        row, start, end = piece.cell
        best: tuple[int, int, int] = (_TOLD, 0, 0)
        for blank in _BLANK.finditer(self._texts[row], start, end):
            before = set(_PAIRS.findall(self._texts[row][start : blank.start()]))
            behind = set(_PAIRS.findall(self._texts[row][blank.end() : end]))
            for at in range(1, len(words)):
                over, beside = set[str]().union(*words[:at]), set[str]().union(*words[at:])
                own = len(before & over - beside), len(behind & beside - over)
                told = sum(own) - len(before & beside - over) - len(behind & over - beside)
                if min(own) > 1:
                    best = max(best, (told, blank.end(), lefts[at]))
        _, cut, left = best
        if cut:
            yield self._piece(row, start, cut - 1)
            yield _Piece((row, cut, end), left, left + piece.right - self._places[row][cut])
        else:
            yield piece

    def _fits(
        self, stack: Sequence[_Track], strips: Sequence[Sequence[_Track]], first: int, at: int
    ) -> float:
        """Return how well lines head the columns from one on: by the words they share with it, and how ill it reads on."""
        words = self._pairs(stack)
        near = range(max(first, at - 2), min(len(strips), at + 2))
        tells = sum((1 if other >= at else -1) * len(words & self._pairs(strips[other])) for other in near)
        flush = abs(min(track.left for track in strips[at]) - stack[0].left) <= 1
        turns = reads_on(self._texts, _cells(strips[at - 1])[-1], _cells(strips[at])[0])
        return _PAIR * tells + _FLUSH * flush - turns

    def _pairs(self, tracks: Sequence[_Track]) -> set[str]:
        pieces = (
            self._texts[piece.row][slice(*piece.cell[1:])] for track in tracks for piece in track.pieces
        )
        return {pair for piece in pieces for pair in _PAIRS.findall(piece)}


def _crosses(piece: _Piece, track: _Track) -> bool:
    """Tell whether a line runs through a track, or right over or below it: where many do, that is no column."""
    near = track.first - 1 <= piece.row <= track.last + 1
    return near and piece.left < track.left and piece.right > track.left + _NARROWEST


def _cells(tracks: Sequence[_Track]) -> list[Cell]:
    """Return the cells of tracks row by row."""
    return sorted(piece.cell for track in tracks for piece in track.pieces)


def _parted(
    tracks: Sequence[_Track],
    reach: Callable[[_Track], tuple[int, int]],
    may_end: Callable[[Sequence[_Track]], bool] = bool,
) -> Iterator[list[_Track]]:
    """Yield what stands between rows, or places, that no track crosses: each `reach` is the first, and the one behind the last."""
    part: list[_Track] = []
    behind = 0
    for track in tracks:
        first, end = reach(track)
        if first >= behind and may_end(part):
            yield part
            part = []
        part.append(track)
        behind = max(behind, end)
    if part:
        yield part


def _bands(tracks: Sequence[_Track]) -> Iterator[list[_Track]]:
    """Yield the bands of a page, each from its headlines on."""
    return _parted(
        tracks, lambda track: (track.first, track.last + 1), lambda band: any(each.running for each in band)
    )


def _heads(track: _Track, running: Sequence[_Track]) -> bool:
    """Tell whether a track is no text and stands over columns, with none above it."""
    over = [each for each in running if each.is_over(track)]
    return (
        not track.running
        and not any(each.first < track.first for each in over)
        and any(each.first > track.last for each in over)
    )


def _strips(tracks: Sequence[_Track]) -> Iterator[list[_Track]]:
    """Yield what stands beside each other, from left to right."""
    return _parted(sorted(tracks, key=lambda track: track.left), lambda track: (track.left, track.right))

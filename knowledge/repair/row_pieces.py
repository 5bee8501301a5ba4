"""Pieces of the rows of a text, and how well they read: over a blank, and one on from another.

The join model tells (`join_model`), and a word of the dictionary that a break would part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import pairwise, product, starmap
from typing import Final

from knowledge.repair.characters import HAN, width
from knowledge.repair.join_model import goes_on
from knowledge.repair.sentences import FINISHED
from knowledge.text.analyzer import is_word

Cell = tuple[int, int, int]
"""A piece of a row: row, start, end."""

BLANKS: Final = re.compile("[ \u3000\t](?<=\\S.)[ \u3000\t]*(?=\\S)")
"""Blanks between words; a search for what begins with one of few characters is quick."""
# Rows may stand in turns where they read on worse than that, in the units of the join model (natural logarithm of odds).
ILL: Final = 0.3
_AMID_HAN: Final = re.compile(f"[{HAN}，。、；：！？”][ \u3000\t]+[{HAN}“]")
# Reading tells no more than so much. Of the ends of lines 46 in 100 part a word of the dictionary, of other pairs of lines 7;
# the longer it is the more it tells (measured on pages in print).
REACH: Final = 6.0
_WORD: Final = 2.0
_LONGEST_WORD: Final = 4
# What reads worse than that over a blank stands in two columns.
_ILL_BLANK: Final = 1.0


@dataclass(eq=False)
class RowPiece:
    """A piece of a row: its place, its text, its first and last characters, and whether it ends a sentence.

    Rows that stay together are one piece: `more` are the places of those below its first, `text` is the widest.
    """

    cell: Cell
    text: str
    begin: str
    end: str
    finished: bool
    more: tuple[Cell, ...] = ()

    @cached_property
    def wide(self) -> float:
        """The width in ems."""
        return width(BLANKS.sub(" ", self.text))


class Rows:
    """The rows of a text, and how their pieces read."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.piece: Callable[[Cell], RowPiece] = partial(_piece, texts)
        self.joint: Callable[[RowPiece, RowPiece], float] = _joint
        self.over_blanks: Callable[[RowPiece], float] = self._over_blanks

    def block(self, cells: Sequence[Cell]) -> RowPiece:
        """Return rows that stay together as one piece."""
        first, *more = pieces = [self.piece(cell) for cell in cells]
        if not more:
            return first
        widest = max(pieces, key=lambda piece: piece.wide).text
        last = more[-1]
        return RowPiece(first.cell, widest, first.begin, last.end, last.finished, tuple(cells[1:]))

    def as_they_are(self, pieces: Sequence[RowPiece]) -> float:
        """Return how well pieces read one after another."""
        return sum(starmap(self.joint, pairwise(pieces))) + sum(map(self.over_blanks, pieces))

    def _over_blanks(self, piece: RowPiece) -> float:
        """Return how ill a piece reads on over the blank where it does so worst; 0 where it reads well."""
        number, start, end = piece.cell
        joints = (
            self.joint(self.piece((number, start, gap.start())), self.piece((number, gap.end(), end)))
            for gap in BLANKS.finditer(self.texts[number], start, end)
        )
        return min(0.0, min(joints, default=0.0) - ILL)


@dataclass(frozen=True, slots=True)
class Reading:
    """How well cells read one after another, and what share of them reads ill over a blank, as columns not taken apart do."""

    score: float
    unparted: float


def reading_of(texts: Sequence[str], cells: Sequence[Cell]) -> Reading:
    """Say how cells that hold text read in their order."""
    rows = Rows(texts)
    pieces = [rows.piece(cell) for cell in cells]
    ill = sum(
        rows.over_blanks(piece) < -_ILL_BLANK
        and bool(_AMID_HAN.search(texts[piece.cell[0]], *piece.cell[1:]))
        for piece in pieces
    )
    return Reading(rows.as_they_are(pieces), ill / max(1, len(pieces)))


def reads_on(texts: Sequence[str], above: Cell, below: Cell) -> float:
    """Return how well one piece reads on from another; 0 where it ends a sentence."""
    return _joint(_piece(texts, above), _piece(texts, below))


def _piece(texts: Sequence[str], cell: Cell) -> RowPiece:
    text = texts[cell[0]][cell[1] : cell[2]].strip()
    finished = FINISHED.search(text, max(0, len(text) - 12)) is not None
    return RowPiece(cell, text, text[:3], text[-3:], finished)


def _joint(above: RowPiece, below: RowPiece) -> float:
    if above.finished:
        return 0.0
    score = goes_on(above.end, below.begin) + _WORD * _parted_word(above.end, below.begin)
    return max(-REACH, min(REACH, score))


@lru_cache(maxsize=20_000)
def _parted_word(left: str, right: str) -> int:
    """Return how many characters beyond one the longest word has that a break would part; 0 where it parts none."""
    sizes = product(range(1, len(left) + 1), range(1, len(right) + 1))
    words = (left[-before:] + right[:after] for before, after in sizes if before + after <= _LONGEST_WORD)
    return max((len(word) - 1 for word in words if is_word(word)), default=0)

"""Count a query's units in runs of facts, all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knowledge.search.corpus import Array
from knowledge.search.units import Units


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each window (row) holds each unit (column), and how long each window is in characters."""

    chars: Array
    grams: Array
    lengths: Array

    def at(self, rows: Array) -> Counts:
        """Return the counts of some windows."""
        return Counts(self.chars[rows], self.grams[rows], self.lengths[rows])

    def runs(self, starts: Array, ends: Array) -> Counts:
        """Return the counts of runs of windows, each from `starts` up to `ends`."""
        return Counts(*(_sums(one, starts, ends) for one in (self.chars, self.grams, self.lengths)))


def _sums(values: Array, starts: Array, ends: Array) -> Array:
    before = np.zeros((len(values) + 1, *values.shape[1:]), dtype=values.dtype)
    np.cumsum(values, axis=0, out=before[1:])
    difference: Array = before[ends] - before[starts]
    return difference


def gather(starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return the positions of all windows one after another, and the window each belongs to."""
    lengths = ends - starts
    owner = np.repeat(np.arange(len(starts)), lengths)
    shift = starts + lengths - np.cumsum(lengths)
    return np.arange(len(owner)) + shift[owner], owner


def count(codes: Array, starts: Array, ends: Array, units: Units) -> Counts:
    """Count units in the windows `codes[start:end]`."""
    rows, chars, grams = len(starts), len(units.chars), len(units.grams)
    place, owner = gather(starts, ends)
    text = codes[place]
    found = units.char_place[text]
    at = np.flatnonzero(found)
    char_counts = np.bincount(owner[at] * chars + found[at] - 1, minlength=rows * chars)
    return Counts(
        char_counts.reshape(rows, chars),
        count_grams(text, owner, units, rows).reshape(rows, grams),
        (ends - starts).astype(np.float64),
    )


def count_grams(text: Array, owner: Array, units: Units, rows: int) -> Array:
    """Count character pairs; no pair reaches from one window into the next, for each ends in a separator."""
    at, which = find_grams(text, units)
    return np.bincount(owner[at] * len(units.grams) + which, minlength=rows * len(units.grams))


def find_grams(text: Array, units: Units) -> tuple[Array, Array]:
    """Return where in `text` a query's pair begins, ascending, and which pair it is."""
    if not len(units.grams) or len(text) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    at = np.flatnonzero(units.begins[text[:-1]])
    pair = text[at].astype(np.uint32) << 16 | text[at + 1]
    which = np.searchsorted(units.grams, pair)
    which[which == len(units.grams)] = 0
    hit = units.grams[which] == pair
    return at[hit], which[hit]

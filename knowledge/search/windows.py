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


def lay_out(codes: Array, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return the windows `codes[start:end]` one after another, and the window each character belongs to."""
    owner = np.arange(len(starts)).repeat(ends - starts)
    # Slices of whole runs: ten times faster than an index per character.
    breaks = (starts[1:] != ends[:-1]).nonzero()[0]
    opens, closes = [*starts[:1], *starts[breaks + 1]], [*ends[breaks], *ends[-1:]]
    return np.concatenate([codes[:0], *map(codes.__getitem__, map(slice, opens, closes))]), owner


def count(codes: Array, starts: Array, ends: Array, units: Units) -> Counts:
    """Count units in the windows `codes[start:end]`."""
    rows, chars, grams = len(starts), len(units.chars), len(units.grams)
    text, owner = lay_out(codes, starts, ends)
    found = units.char_place.take(text)
    at = (found > 0).nonzero()[0]
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
    at = units.begins.take(text[:-1]).nonzero()[0]
    pair = text[at].astype(np.uint32) << 16 | text[at + 1]
    which = np.searchsorted(units.grams, pair)
    which[which == len(units.grams)] = 0
    hit = units.grams[which] == pair
    return at[hit], which[hit]

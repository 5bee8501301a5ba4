"""Count a query's units in runs of facts, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from knowledge.search.corpus import Array
from knowledge.search.units import Units

PAIRS, CHARS = 0, 1


@dataclass(frozen=True)
class Counts:
    """How often each window (row) holds each unit (column: characters, then pairs), and its length in characters."""

    units: Units
    tf: Array
    lengths: Array

    def at(self, rows: Array) -> Counts:
        """Return the counts of some windows."""
        return Counts(self.units, self.tf[rows], self.lengths[rows])

    def runs(self, starts: Array, ends: Array, lengths: Array) -> Counts:
        """Return the counts of runs of windows, each from `starts` up to `ends` and so long."""
        before = np.zeros((len(self.tf) + 1, self.tf.shape[1]), dtype=self.tf.dtype)
        np.cumsum(self.tf, axis=0, out=before[1:])
        return Counts(self.units, before[ends] - before[starts], lengths)

    def beside(self, other: Counts) -> Counts:
        """Return the counts of each window taken together with the other's."""
        return Counts(self.units, self.tf + other.tf, self.lengths + other.lengths)

    @cached_property
    def coverage(self) -> Array:
        """The share of the query's weight that each window holds, 0-1: of its pairs, of its characters."""
        held: Array = (self.tf > 0) @ self.units.shares
        return held


def lay_out(codes: Array, starts: Array, ends: Array) -> Array:
    """Return the windows `codes[start:end]` one after another."""
    # Slices of whole runs: ten times faster than an index per character.
    breaks = (starts[1:] != ends[:-1]).nonzero()[0]
    opens, closes = (
        [*starts[:1].tolist(), *starts[breaks + 1].tolist()],
        [*ends[breaks].tolist(), *ends[-1:].tolist()],
    )
    return np.concatenate([codes[start:end] for start, end in zip(opens, closes, strict=True)])


def count(text: Array, owner: Array, lengths: Array, units: Units) -> Counts:
    """Count units in windows laid out as `text`; `owner` is the window of each character.

    No pair reaches from one window into the next, for each ends in a separator.
    """
    known = units.place.take(text)
    at = known.nonzero()[0]
    place = known[at]
    weighed = place <= len(units.chars)
    starts = at[units.begins[place]]
    pairs = text[starts].astype(np.uint32) << 16 | text[starts + 1]
    which = np.searchsorted(units.grams[1:], pairs, "right")  # the last one that is not greater
    hit = units.grams[which] == pairs if len(pairs) else np.zeros(0, np.bool_)
    width = len(units.chars) + len(units.grams)
    chars = owner[at[weighed]] * width + (place[weighed] - 1)
    grams = owner[starts[hit]] * width + (which[hit] + len(units.chars))
    tf = np.bincount(np.concatenate([chars, grams]), minlength=len(lengths) * width)
    return Counts(units, tf.reshape(len(lengths), width), lengths)

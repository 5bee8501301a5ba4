"""Characters to lines, each a run of characters on one baseline within one column."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from statistics import median
from typing import Final

from knowledge.documents.pdf_page import ASCENT, Box, Glyph, around
from knowledge.documents.text import SCRIPT, powers, set_off
from knowledge.repair.characters import MARKUP

GAP: Final = 0.6
"""Gap, in ems, from which two neighbours may belong to different columns."""

SAME_SIZE: Final = 1.15
_ONE_BASE: Final = 0.25
_ONE_SIZE: Final = 1.5
_LATIN_GAP: Final = 0.18
_LATIN_MARKS: Final = frozenset(",.;:!?()")
_WORD_GAP: Final = 0.6
_PARTS_GAP: Final = 0.2
_UPRIGHT: Final = 3
_LONGEST_SCRIPT: Final = 4
_SCRIPT: Final = 1.15
"""Times its own size that the text has which a raised or lowered figure stands by: browsers' are 1.2, TeX's 1.4."""

_RAISED_BY, _LOWERED_BY = (0.15, 0.6), (-0.3, -0.05)
"""Ems of the text between which a figure's baseline is raised and lowered; printed ones are raised a third."""

_MOST_UPRIGHT: Final = 200
_CLOSER: Final = 0.1
_LOOSEST: Final = 1.7
"""Ems from one character of an upright headline to the next at most, as `_under` has it."""

_CORE, _ALIKE = 1.05, 1.1
"""Sizes within the first are surely one size, within the second most likely: ink is told by whole pixels."""

_HALF, _OPENING = 0.5, ("Ps", "Pi")
_ROW: Final = 8.0
_INITIAL: Final = 1.8
"""Times the body's size from which a character takes the room of two lines; headlines have several."""

_INITIAL_GAP: Final = 3.2
"""Ems from it to a line beside it, which may begin with an indent."""


@dataclass(slots=True)
class PrintedLine:
    """Characters from left to right (of an upright heading, from top to bottom).

    `display` tells that it is set as a title is: a small gap then parts two words.
    """

    glyphs: list[Glyph]
    display: bool = False
    upright: bool = False
    box: Box = field(init=False)
    size: float = field(init=False)
    base: float = field(init=False)
    _told: tuple[bool, str] | None = field(init=False, default=None, compare=False)

    def __post_init__(self) -> None:
        self.measure()

    def measure(self) -> None:
        """Take place and size from the characters: an em box, .88 of it over the baseline."""
        self._told = None
        if not self.upright:
            _sort_along(self.glyphs)
        self.size = median(g.size for g in self.glyphs)
        self.base = median(g.base for g in self.glyphs)
        top = min(g.base for g in self.glyphs) if self.upright else self.base
        bottom = max(g.base for g in self.glyphs) if self.upright else self.base
        self.box = Box(
            min(g.left for g in self.glyphs),
            top - ASCENT * self.size,
            max(g.right for g in self.glyphs),
            bottom + (1 - ASCENT) * self.size,
        )

    def take(self, other: PrintedLine) -> None:
        """Make another line's characters part of this one."""
        self.glyphs += other.glyphs
        self.measure()

    @property
    def middle(self) -> float:
        """The height at which a rule or frame is beside the line."""
        return self.base - 0.4 * self.size

    @property
    def text(self) -> str:
        """The printed text; a blank stands where a word gap does, none within letter-spaced words."""
        if self.upright:
            return "".join(glyph.char for glyph in self.glyphs)
        if self._told is None or self._told[0] != self.display:
            self._told = (self.display, powers(self._spaced()))
        return self._told[1]

    def _spaced(self) -> str:
        gaps = [b.left - a.right for a, b in pairwise(self.glyphs)]
        usual = median(gaps) if gaps else 0.0
        if len(gaps) == 1 and gaps[0] > _WORD_GAP * self.size:
            usual = gaps[0]  # two letters set wide apart are one word
        parts = [self.glyphs[0].char]
        for (before, glyph), gap in zip(pairwise(self.glyphs), gaps, strict=True):
            if self._parts(before, glyph, gap, usual):
                parts.append(" ")
            parts.append(glyph.char)
        return "".join(parts)

    def _parts(self, before: Glyph, glyph: Glyph, gap: float, usual: float) -> bool:
        size = min(before.size, glyph.size)
        if all(_is_latin(each.char) or each.char in _LATIN_MARKS for each in (before, glyph)):
            wide = gap > _LATIN_GAP * size and gap > usual + 0.15 * size
            return wide or (glyph.after_space and gap > 0.05 * size and gap > usual + 0.05 * size)
        least = (_PARTS_GAP if self.display else _WORD_GAP) * size
        if gap <= least or gap <= usual + least:
            return False
        return not (_is_mark(before.char) or _is_mark(glyph.char))


def _sort_along(glyphs: list[Glyph]) -> None:
    """Order characters from left to right in place.

    An opening mark has its ink in the right half of its em: drawn close behind what is narrow it begins left of that.
    """
    glyphs.sort(key=lambda g: (g.left, g.order))
    for at, (mark, narrow) in enumerate(pairwise(glyphs)):
        behind = narrow.order < mark.order <= narrow.order + 2 and narrow.left - mark.left < _HALF * mark.size
        if behind and unicodedata.category(mark.char[0]) in _OPENING and not mark.char.isascii():
            glyphs[at], glyphs[at + 1] = narrow, mark


def find_lines(glyphs: Iterable[Glyph], uprights: Sequence[Box]) -> list[PrintedLine]:
    """Chain characters that stand next to each other on a baseline, whatever order they were drawn in.

    A gap of more than `GAP` or a rule between parts two lines, even within one column.
    """
    lines, rest = _stood_upright(list(glyphs))
    for row in _rows(rest):
        _sort_along(row)
        base, reach = row[0].base, 2 * row[0].size
        beside = [rule for rule in uprights if rule.top < base + reach and rule.bottom > base - reach]
        run = [row[0]]
        for glyph in row[1:]:
            last = run[-1]
            gap = glyph.left - last.right
            if gap > GAP * min(last.size, glyph.size) or ruled(last, glyph, beside):
                lines.append(PrintedLine(run))
                run = []
            run.append(glyph)
        lines.append(PrintedLine(run))
    return _letter_spaced(_with_scripts(lines), uprights)


def _with_scripts(lines: list[PrintedLine]) -> list[PrintedLine]:
    """Put raised and lowered figures, small and close behind a character, into its line: 10⁸ is not 10.

    Behind a hanzi or a mark a raised figure is no power, but a note's: it is no text.
    """
    scripts = [
        s
        for s in lines
        if len(s.glyphs) <= _LONGEST_SCRIPT and SCRIPT.fullmatch("".join(g.char for g in s.glyphs))
    ]
    gone: set[int] = set()
    for script in scripts:
        for host in lines:
            if host is script or id(host) in gone or host.size < _SCRIPT * script.size:
                continue
            off = (host.base - script.base) / host.size
            if not (_LOWERED_BY[0] < off < _LOWERED_BY[1] or _RAISED_BY[0] < off < _RAISED_BY[1]):
                continue
            before = min(host.glyphs, key=lambda g: abs(g.right - script.box.left))
            reach = 0.75 if _is_mark(before.char) else 0.25  # a mark's other half is blank
            if abs(before.right - script.box.left) < reach * host.size:
                noted = off > 0 and not before.char.isascii() and script.glyphs[0].char.isdigit()
                for g in script.glyphs:
                    char = MARKUP if noted else set_off(g.char, off > 0)
                    host.glyphs.append(replace(g, char=char, base=host.base, size=host.size))
                host.measure()
                gone.add(id(script))
                break
    return [line for line in lines if id(line) not in gone]


def _stood_upright(glyphs: list[Glyph]) -> tuple[list[PrintedLine], list[Glyph]]:
    """Take out the columns of an upright headline of several: large characters nearer under one another than beside."""
    usual = median(g.size for g in glyphs) if glyphs else 0.0
    large = [g for g in glyphs if g.size > _INITIAL * usual]
    if len(large) > _MOST_UPRIGHT:
        return [], glyphs

    def nearest(glyph: Glyph, under: bool) -> tuple[float, Glyph | None]:
        """How far the next one stands under a character, or beside it, in ems."""
        found: tuple[float, Glyph | None] = (_LOOSEST, None)
        for other in large:
            down, off = other.base - glyph.base, (other.left + other.right - glyph.left - glyph.right) / 2
            along, across = (down, off) if under else (abs(off), down)
            if other is not glyph and along > 0.5 * glyph.size and abs(across) < 0.3 * glyph.size:
                found = min(found, (along / glyph.size, other), key=lambda each: each[0])
        return found

    below = {id(g): nearest(g, under=True) for g in large}
    beside = {id(g): nearest(g, under=False)[0] for g in large}
    taken: set[int] = set()
    columns: list[PrintedLine] = []
    for top in sorted(large, key=lambda g: g.base):
        run: list[Glyph] = []
        at: Glyph | None = top
        while at is not None and id(at) not in taken:
            taken.add(id(at))
            run.append(at)
            gap, under = below[id(at)]
            at = under if gap < beside[id(at)] - _CLOSER else None
        if len(run) >= _UPRIGHT:
            columns.append(PrintedLine(run, upright=True))
    used = {id(g) for column in columns for g in column.glyphs}
    return columns, [g for g in glyphs if id(g) not in used]


def _rows(glyphs: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    """Group characters of one baseline and like size."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: g.base):
        for row in reversed(rows[-12:]):
            first = row[0]
            small, large = sorted((first.size, glyph.size))
            if abs(first.base - glyph.base) <= _ONE_BASE * small and large < _ONE_SIZE * small:
                row.append(glyph)
                break
        else:
            rows.append([glyph])
    yield from rows


def ruled(left: Glyph, right: Glyph, uprights: Sequence[Box]) -> bool:
    """Tell whether an upright rule stands between two neighbours."""
    if right.left - left.right < -0.3 * left.size:
        return False
    middle = right.base - 0.4 * right.size
    return any(
        rule.top <= middle <= rule.bottom and left.right - 1.5 <= rule.left and rule.right <= right.left + 1.5
        for rule in uprights
    )


def same_size(one: PrintedLine, other: PrintedLine) -> bool:
    """Tell whether two lines are of one size, near enough."""
    return alike(one.size, other.size, SAME_SIZE)


def _letter_spaced(lines: list[PrintedLine], uprights: Sequence[Box]) -> list[PrintedLine]:
    """Join single characters that stand apart by the same gap: a letter-spaced heading, a name of two letters."""
    rows: dict[int, list[PrintedLine]] = defaultdict(list)
    for line in sorted(lines, key=lambda s: s.box.left):
        if len(line.glyphs) == 1:
            rows[round(line.base)].append(line)
    gone: set[int] = set()

    def follows(line: PrintedLine) -> PrintedLine | None:
        near = (
            other
            for row in (-1, 0, 1)
            for other in rows[round(line.base) + row]
            if 0 < other.box.left - line.box.right <= 2.5 * line.size
            and not (other is line or id(other) in gone or len(other.glyphs) > 1)
            and same_size(line, other)
        )
        return min(near, key=lambda s: s.box.left, default=None)

    for line in sorted(lines, key=lambda s: s.box.left):
        if id(line) in gone or len(line.glyphs) > 1 or line.upright:
            continue
        while (other := follows(line)) and _evenly(line, other):
            if ruled(line.glyphs[-1], other.glyphs[0], uprights):
                break
            gone.add(id(other))
            line.take(other)
    return [line for line in lines if id(line) not in gone]


def _evenly(line: PrintedLine, single: PrintedLine) -> bool:
    if len(line.glyphs) == 1:
        return True
    inner = line.glyphs[-1].left - line.glyphs[-2].right
    return abs(single.box.left - line.box.right - inner) <= 0.35 * inner


def join_initials(lines: Sequence[PrintedLine], body: float) -> list[PrintedLine]:
    """Put a paragraph's first character, set as high as several lines, before the first of those that stand beside it.

    The others begin, as far as indents are told by it, where the character does.
    """
    joined: set[int] = set()
    for initial in lines:
        opens = len(initial.glyphs) == 2 and unicodedata.category(initial.glyphs[0].char) in ("Ps", "Pi")
        if len(initial.glyphs) > 1 + opens or initial.size < _INITIAL * body:
            continue
        beside = [
            s
            for s in lines
            if len(s.glyphs) > 1
            and s.box.along(initial.box) > 0.3 * s.size
            and -0.3 * body < s.box.left - initial.box.right < _INITIAL_GAP * body
        ]
        first = min(beside, key=lambda s: s.base, default=initial)
        if len(beside) < 2 or first.box.left - initial.box.right > body:
            continue
        joined.add(id(initial))
        left, right = initial.box.left, first.box.left
        first.glyphs += [
            replace(g, left=left, right=right, base=first.base, size=first.size) for g in initial.glyphs
        ]
        first.measure()
        for line in beside:
            line.box = replace(line.box, left=left)
    return [line for line in lines if id(line) not in joined]


def join_rows(
    lines: Iterable[PrintedLine],
    most: float,
    uprights: Sequence[Box],
    apart: Callable[[PrintedLine, PrintedLine], bool] = lambda left, right: False,
) -> list[PrintedLine]:
    """Join neighbours of one height and size that stand at most `most` ems apart with no rule between, if not kept `apart`."""
    joined: list[PrintedLine] = []
    for line in sorted(lines, key=lambda s: (s.base, s.box.left)):
        for other in joined[-8:][::-1]:
            gap = line.box.left - other.box.right
            if (
                abs(other.base - line.base) < 0.2 * line.size
                and same_size(line, other)
                and -0.2 * line.size < gap < most * line.size
                and not ruled(other.glyphs[-1], line.glyphs[0], uprights)
                and not apart(other, line)
            ):
                other.take(line)
                break
        else:
            joined.append(PrintedLine(list(line.glyphs), line.display, line.upright))
    return joined


def one_a_height(lines: Iterable[PrintedLine]) -> list[PrintedLine]:
    """Join what stands on one height, whatever the gap."""
    joined: list[PrintedLine] = []
    for line in sorted(lines, key=lambda s: s.base):
        if joined and abs(joined[-1].base - line.base) < 0.3 * line.size and not line.upright:
            joined[-1].take(line)
        else:
            joined.append(line)
    return joined


def snap(lines: Sequence[PrintedLine]) -> None:
    """Give lines whose sizes a recogniser guessed, each for itself, those that most of the print like them has."""
    sizes = snapped_sizes([line.size for line in lines], [len(line.glyphs) for line in lines])
    for line, size in zip(lines, sizes, strict=True):
        line.glyphs = [replace(glyph, size=size) for glyph in line.glyphs]
        line.measure()


def snapped_sizes(sizes: Sequence[float], weights: Sequence[int]) -> list[float]:
    """Each size as the size that most of the print like it has: the fullest of them first."""
    snapped = list(sizes)
    left = sorted(range(len(sizes)), key=sizes.__getitem__)
    while left:
        rising = [sizes[k] for k in left]
        print_up_to = list(accumulate((weights[k] for k in left), initial=0))
        runs = [_like(rising, size, _CORE) for size in rising]
        core = max(runs, key=lambda run: print_up_to[run.stop] - print_up_to[run.start])
        size = weighted_median((sizes[k], weights[k]) for k in left[core])
        taken = _like(rising, size, _ALIKE)
        for k in left[taken]:
            snapped[k] = size
        del left[taken]
    return snapped


def _like(rising: Sequence[float], size: float, within: float) -> slice:
    """Where the sizes stand that are within so many times of one."""
    return slice(bisect_left(rising, size / within), bisect_right(rising, size * within))


def alike(one: float, other: float, within: float = _ALIKE) -> bool:
    """Tell whether two sizes are most likely one."""
    return max(one, other) <= within * min(one, other)


def weighted_median(rows: Iterable[tuple[float, int]]) -> float:
    """The median of sizes, each of so many characters."""
    return median(size for size, weight in rows for _ in range(weight))


def body_size(lines: Iterable[PrintedLine]) -> float:
    """The size that most characters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.glyphs)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def bounds(lines: Sequence[PrintedLine]) -> Box:
    """The smallest box around lines, of which there is at least one."""
    return around([line.box for line in lines])


def _is_latin(char: str) -> bool:
    return char < "\u0250" and char.isalnum()


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"

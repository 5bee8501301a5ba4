"""A page's characters to blocks with roles, in reading order: furniture, frames, titles, columns, paragraphs, captions.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby, pairwise
from statistics import median
from typing import Final

from knowledge.documents.pdf_flow import CAPTIONED, SHOT, SIGNED, SMALL, PageBlock, TextFlow
from knowledge.documents.pdf_furniture import find_furniture, find_pull_quotes
from knowledge.documents.pdf_lines import (
    PrintedLine,
    body_size,
    bounds,
    find_lines,
    join_initials,
    join_rows,
    one_a_height,
    same_size,
    snap,
)
from knowledge.documents.pdf_order import THROUGH, Region, Stack, cut_regions, find_gutters, rejoin
from knowledge.documents.pdf_page import Box, PrintedPage
from knowledge.documents.pdf_stacks import LARGER, TITLE, find_stacks
from knowledge.documents.pdf_tables import Grid, find_grids
from knowledge.model import BlockRole
from knowledge.repair.issue import is_credits
from knowledge.repair.patterns import WRITERS, is_byline

_COVER_CHARS: Final = 60
"""Characters of a cover at most: a title, who made it, where and when."""

_COVER_SIZE: Final = 18.0
"""Points from which print is no text, but a name. A notice in a photograph is none: its text is taken for 10 points."""

_TABLE_EDGE: Final = 3.0
"""Points from a table's outermost cells to its frame at most."""

_SAID: Final = re.compile("[，。；：！？]|[,.;:!?](?!\\d)")

_WIDE: Final = 1.5
"""Times most lines' width from which a line is none of a column's."""


def arrange(page: PrintedPage, goes_on: bool = False) -> list[PageBlock]:
    """Return the blocks of a page in reading order: head, articles, foot, what is set in another direction.

    With `goes_on` pages come before it, whose text may go on over the first title.
    """
    return [*_upright(page, goes_on), *(PageBlock(BlockRole.FURNITURE, [text], None) for text in page.turned)]


def _upright(page: PrintedPage, goes_on: bool) -> list[PageBlock]:
    grids, glyphs = find_grids(page)
    lines = find_lines(glyphs, page.uprights)
    if page.unseen:
        snap(lines)
    if not lines:
        return [_table(grid, None) for grid in grids]
    if not goes_on and not grids and _is_cover(lines):
        return list(_cover(lines))
    tabled = bool(grids) and not any("。" in line.text for line in lines)
    body = body_size(find_lines(page.glyphs, page.uprights) if tabled else lines)
    page = replace(page, levels=tuple(r for r in page.levels if not any(_rules(r, g.box) for g in grids)))
    lines = join_initials(lines, body)
    heads, sure_heads, lines = find_furniture(lines, page, body, top=True)
    feet, sure_feet, lines = find_furniture(lines, page, body, top=False)
    head = [_edge(piece, body, sure_heads) for piece in heads]
    foot = [_edge(piece, body, sure_feet) for piece in feet]
    quotes = find_pull_quotes(lines, body)
    quoted = {id(line) for quote in quotes for line in quote}
    lines = [line for line in lines if id(line) not in quoted]
    pictures = [
        p
        for p in page.pictures
        if p.height > 3 * body and p.height * p.width < 0.85 * page.width * page.height
    ]
    regions: list[tuple[Region, float]] = []
    for part in _framed(lines, page, pictures):
        size = min(body, body_size(part)) if tabled else body_size(part)
        stacks, rest = find_stacks(part, size, page.uprights, [grid.box for grid in grids])
        over = _over_titles(stacks, rest, size) if goes_on else []
        if over:
            regions.append((Region([], over), size))
            rest = [line for line in rest if not any(line is other for other in over)]
        cut = rejoin(list(cut_regions(stacks, rest, size, page.uprights)), page.levels, size)
        regions += ((region, size) for region in cut)
    regions.sort(key=lambda each: (round(each[0].box.top / 40), each[0].box.left))
    blocks: list[PageBlock] = []
    numbers = count(len(regions))
    # what stands over everything else goes on from the page before
    before = [g for g in grids if goes_on and not any(r.box.top <= g.box.top + 1 for r, _ in regions)]
    waiting = [g for g in grids if g not in before]
    for number, (region, size) in enumerate(regions):
        near = [p for p in pictures if p.across(region.box) > 0 and p.along(region.box) > -5]
        mine = [g for g in waiting if _owner(g, regions) is region]
        waiting = [g for g in waiting if g not in mine]
        made = list(_Article(region, size, page, number, near, mine, list(map(bounds, quotes))).blocks())
        blocks += made if goes_on or region.stacks else _as_briefs(made, numbers)
    blocks += (_table(grid, len(regions) - 1 if regions else None) for grid in waiting)
    blocks += (PageBlock(BlockRole.FURNITURE, [s.text for s in quote], None) for quote in quotes)
    return [*head, *(_table(grid, None) for grid in before), *blocks, *foot]


def _rules(rule: Box, table: Box) -> bool:
    """Tell whether a rule is a table's own."""
    return rule.across(table) > 0 and rule.along(table) > -_TABLE_EDGE


def _is_cover(lines: Sequence[PrintedLine]) -> bool:
    """Tell whether a first page only names what follows: a few words, large, that say no sentence."""
    text = "".join(line.text for line in lines)
    large = max(line.size for line in lines) >= _COVER_SIZE
    return large and len(text) <= _COVER_CHARS and not _SAID.search(text)


def _cover(lines: Sequence[PrintedLine]) -> Iterator[PageBlock]:
    """The largest print of a cover is a title; the rest is no text."""
    largest = max(line.size for line in lines)
    for title, group in groupby(
        sorted(lines, key=lambda s: (round(s.base), s.box.left)), key=lambda s: s.size > SMALL * largest
    ):
        run = list(group)
        role = BlockRole.TITLE if title else BlockRole.FURNITURE
        yield PageBlock(role, [s.text for s in run], 0 if title else None, run[0].size / largest)


def _as_briefs(blocks: list[PageBlock], numbers: Iterator[int]) -> list[PageBlock]:
    """Make the headings of text that opens with one, under no title, the titles of briefs, each of the next number.

    What is set smaller than the first of them heads a section. A line right over a table, as a sheet begins, is its title.
    """
    over = [each.role for each in blocks[:2]] == [BlockRole.PARAGRAPH, BlockRole.TABLE] and blocks[0]
    if over and len(over.lines) == 1 and not _SAID.search(over.lines[0]):
        over.role, over.opening = BlockRole.TITLE, False
    if not blocks or blocks[0].role is not BlockRole.HEADING:
        return blocks
    article = blocks[0].article
    least = blocks[0].size / LARGER
    for block in blocks:
        if block.role is BlockRole.HEADING and block.size >= least:
            block.role, block.opening, article = BlockRole.TITLE, False, next(numbers)
        block.article = article
    return blocks


def _over_titles(stacks: Sequence[Stack], rest: Sequence[PrintedLine], body: float) -> list[PrintedLine]:
    """The text over all titles, where none of it stands beside one: what a page before it left open."""
    top = min((stack.box.top for stack in stacks), default=0.0)
    over = [line for line in rest if line.box.bottom <= top + 0.25 * body]
    if any(line.box.top < top - 0.25 * body for line in rest if line.box.bottom > top + 0.25 * body):
        return []
    return over if any(line.size > SMALL * body for line in over) else []


def _edge(piece: PrintedLine, body: float, sure: bool) -> PageBlock:
    role = BlockRole.FURNITURE if sure else BlockRole.PARAGRAPH
    return PageBlock(role, [piece.text], None, piece.size / body, edge=not sure)


def _table(grid: Grid, article: int | None) -> PageBlock:
    return PageBlock(BlockRole.TABLE, grid.lines, article, grid=grid)


def _owner(grid: Grid, regions: Sequence[tuple[Region, float]]) -> Region | None:
    """The region that a table stands in or under, else the first one under it."""
    same = [r for r, _ in regions if r.box.across(grid.box) > 0]
    over = [r for r in same if r.box.top <= grid.box.top + 1]
    if over:
        return max(over, key=lambda r: r.box.top)
    return min(same, key=lambda r: r.box.top, default=None)


def _framed(lines: list[PrintedLine], page: PrintedPage, pictures: list[Box]) -> Iterator[list[PrintedLine]]:
    """Yield what stands in each frame as a page of its own, then the rest; an empty frame is a picture."""
    taken: set[int] = set()
    for frame in sorted(page.frames, key=lambda f: f.width * f.height):
        inside = [
            s for s in lines if frame.holds(s.box.left, s.middle) and frame.holds(s.box.right, s.middle)
        ]
        if not inside:
            pictures.append(frame)
        elif len(inside) >= 3 and sum(len(s.glyphs) for s in inside) >= 20 and len(inside) < len(lines):
            mine = [s for s in inside if id(s) not in taken]
            taken.update(id(s) for s in mine)
            if mine:
                yield mine
    rest = [s for s in lines if id(s) not in taken]
    if rest:
        yield rest


def _within(inner: Box, outer: Box, slack: float) -> bool:
    """Tell whether one box is no wider than another, and over or under it."""
    return outer.left - slack < inner.left and inner.right < outer.right + slack


@dataclass(slots=True)
class _Article:
    """The lines of one article on its way to blocks."""

    region: Region
    body: float
    page: PrintedPage
    number: int
    pictures: Sequence[Box]
    grids: Sequence[Grid]
    quotes: Sequence[Box]

    def blocks(self) -> Iterator[PageBlock]:
        """Yield title stack, columns of text with headings and tables, captions last."""
        yield from self._stack()
        captions, lines = self._captions()
        text = list(self._text(lines))
        if text and not self.region.stacks:
            text[0].opening = True
        yield from text
        yield from captions

    def _block(self, role: BlockRole, lines: Sequence[PrintedLine]) -> PageBlock:
        return PageBlock(role, [line.text for line in lines], self.number, lines[0].size / self.body)

    def _stack(self) -> Iterator[PageBlock]:
        for stack in self.region.stacks:
            title = stack.largest
            roles: list[tuple[BlockRole, list[PrintedLine]]] = []
            for line in stack.lines:
                line.display = True
                if line.size >= SMALL * title.size:
                    role = BlockRole.TITLE
                elif line.box.top < title.box.top:
                    role = BlockRole.KICKER
                elif is_credits(line.text) and not is_byline(line.text):
                    role = BlockRole.CREDIT
                elif WRITERS.match(line.text):
                    role = BlockRole.BYLINE
                else:
                    small = line.size < 1.1 * self.body
                    role = BlockRole.BYLINE if small and SIGNED.search(line.text) else BlockRole.SUBTITLE
                if roles and roles[-1][0] is role:
                    roles[-1][1].append(line)
                else:
                    roles.append((role, [line]))
            for role, lines in roles:
                yield self._block(role, lines)

    def _captions(self) -> tuple[list[PageBlock], list[PrintedLine]]:
        """Split off what stands under a picture in smaller print."""
        lines = self.region.lines
        found: list[PageBlock] = []
        taken: set[int] = set()
        for picture in self.pictures:
            zone = [
                s
                for s in lines
                if id(s) not in taken
                and s.size < 1.05 * self.body
                and (_within(s.box, picture, 2 * self.body) or _within(picture, s.box, 2 * self.body))
                and -0.5 * self.body < s.box.top - picture.bottom < 4 * self.body
            ]
            caption: list[PrintedLine] = []
            last = picture.bottom
            for line in sorted(zone, key=lambda s: s.base):
                if line.box.top - last >= 1.2 * self.body or not self._goes_on(caption, line):
                    break
                caption.append(line)
                last = max(last, line.box.bottom)
            if caption:
                taken.update(id(s) for s in caption)
                rows = join_rows(caption, 4.0, self.page.uprights)
                found.append(self._block(BlockRole.CAPTION, sorted(rows, key=lambda s: (s.base, s.box.left))))
        return found, [s for s in lines if id(s) not in taken]

    def _goes_on(self, caption: Sequence[PrintedLine], line: PrintedLine) -> bool:
        """Tell whether a line under a picture is of its caption: in smaller print, or where its words say so."""
        if line.size < 0.95 * self.body:
            return not caption or same_size(caption[0], line)
        text = "".join(each.text for each in caption)
        return not SHOT.search(text) and (bool(caption) or CAPTIONED.search(line.text) is not None)

    def _text(self, lines: list[PrintedLine]) -> Iterator[PageBlock]:
        """Yield the text band by band; what spans all columns parts the bands."""
        grids = sorted(self.grids, key=lambda g: g.box.top)
        flow = TextFlow(self.body, self.number)
        for band in self._bands(lines):
            size = min(body_size(band), self.body) if len(band) == 1 else body_size(band)
            for column in self._columns(band, size):
                top = bounds(column).top
                while grids and grids[0].box.top < top:
                    flow.put(_table(grids.pop(0), self.number))
                parts = _split_at(column, grids)
                for at, part in enumerate(parts):
                    if at:
                        flow.put(_table(grids.pop(0), self.number))
                    flow.column(part, size)
        for grid in grids:
            flow.put(_table(grid, self.number))
        yield from flow.blocks

    def _bands(self, lines: list[PrintedLine]) -> Iterator[list[PrintedLine]]:
        """Split off a lead in larger print, then what spans the gutters of the rest."""
        lines = sorted(lines, key=lambda s: s.base)
        lead: list[PrintedLine] = []
        for line in lines:
            larger = 1.08 * self.body < line.size < TITLE * self.body and len(line.glyphs) >= 4
            if not larger or (lead and line.box.top - lead[-1].box.bottom >= 1.2 * line.size):
                break
            lead.append(line)
        if len(lead) >= 2 and sum(len(s.glyphs) for s in lead) >= 40:
            yield lead
            lines = lines[len(lead) :]
        for part in self._ruled_off(lines):
            spanning = self._spanning(part)
            for _, band in groupby(part, key=lambda line: id(line) in spanning):
                yield list(band)

    def _ruled_off(self, lines: Sequence[PrintedLine]) -> Iterator[list[PrintedLine]]:
        """Split lines, sorted by their height, where a rule runs through, or at a table or a quote that has none beside."""
        if not lines:
            return
        box = bounds(lines)
        rules = [
            rule.top
            for rule in self.page.levels
            if rule.across(box) > THROUGH * box.width
            and not any(s.box.top + 0.3 * s.size < rule.top < s.box.bottom - 0.3 * s.size for s in lines)
        ]
        across = [*self.quotes, *(grid.box for grid in self.grids)]
        rules += [each.top for each in across if not any(s.box.along(each) > 0 for s in lines)]
        for _, part in groupby(lines, key=lambda line: sum(rule < line.middle for rule in rules)):
            yield list(part)

    def _spanning(self, lines: Sequence[PrintedLine]) -> set[int]:
        """The lines that cross every gutter between the columns of the others, or some with nothing beside them."""
        core = [s for s in lines if SMALL * self.body < s.size < 1.3 * self.body] or list(lines)
        usual = median(s.box.width for s in core for _ in s.glyphs)
        narrow = [s for s in core if s.box.width <= _WIDE * usual]
        columns = find_gutters(narrow, self.body, self.page.uprights)
        gaps = [(left[1], right[0]) for left, right in pairwise(columns)]

        def is_across(line: PrintedLine, gap: tuple[float, float]) -> bool:
            return line.box.left < gap[0] - 0.5 * self.body and line.box.right > gap[1] + 0.5 * self.body

        crossing = [
            s
            for s in lines
            if gaps
            and (is_across(s, gaps[0]) or is_byline(s.text))
            and (is_across(s, gaps[-1]) or not any(o is not s and o.box.along(s.box) > 0 for o in lines))
        ]
        return {id(s) for s in crossing}

    def _columns(self, lines: Sequence[PrintedLine], size: float) -> Iterator[list[PrintedLine]]:
        """Yield each column's lines from top to bottom, the pieces of one height joined whatever the gap."""
        core = [s for s in lines if SMALL * size < s.size < 1.3 * size] or list(lines)
        columns = find_gutters(core, size, self.page.uprights)
        shares: list[list[PrintedLine]] = [[] for _ in columns]
        for line in lines:
            middle = (line.box.left + line.box.right) / 2
            at = min(
                range(len(columns)), key=lambda k: max(columns[k][0] - middle, middle - columns[k][1], 0.0)
            )
            shares[at].append(line)
        yield from (one_a_height(share) for share in shares if share)


def _split_at(column: Sequence[PrintedLine], grids: Sequence[Grid]) -> list[list[PrintedLine]]:
    """Split a column where tables stand within it."""
    parts: list[list[PrintedLine]] = [[]]
    box = bounds(column)
    inside = [g for g in grids if g.box.across(box) > 0 and box.top < g.box.top < box.bottom]
    for line in column:
        while len(parts) <= len(inside) and line.box.top > inside[len(parts) - 1].box.top:
            parts.append([])
        parts[-1].append(line)
    return parts

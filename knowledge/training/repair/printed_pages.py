"""Pages in print, several articles above and beside each other in columns, and what programs read off them.

A page is set in ems: each line has its place. Programs that follow the page's own order give the lines one after
another, those that keep the layout give rows: columns beside each other, with a blank between, or a line of each in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from knowledge.repair.characters import width
from knowledge.training.repair import wordings
from knowledge.training.repair.corpus import CleanArticle
from knowledge.training.repair.drawn import DrawnPage, TrueArticle, flat
from knowledge.training.repair.pages import Setting, add_photos, draw_article

_LINE: Final = 1.5
# Lines whose height differs by less stand on one row.
_SAME_ROW: Final = 0.4
IN_ORDER: Final = "printed"
"""The kind of a page whose lines come one after another; of others columns stand beside each other on its rows."""
_SIZES: Final = {"K": 1.2, "S": 1.25, "Y": 1.0, "H": 1.1}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A printed line: where it begins, from the left and from the top, and the block of text that it stands in."""

    x: float
    y: float
    text: str
    label: str
    block: int


def printed_page(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """Draw a page of one to five articles, and read it as one program or another does."""
    wide = r.randint(34, 104)
    placed: list[_Placed] = []
    truths: list[TrueArticle] = []
    below = 0.0
    above = wordings.page_head(r) if r.random() < 0.8 else []
    for at, text in enumerate(above):
        placed.append(_Placed(at * wide / len(above), 0.0, text, "F", -1 - at))
        below = 2.5
    gap = r.choice((1.2, 1.5, 2.0, 2.5))
    for _ in range(r.choice((1, 1, 2, 2, 3))):
        many = r.choice((2, 2, 3)) if r.random() < 0.45 and wide > 40 else 1
        box = (wide - 2 * (many - 1)) / many
        deepest = below
        for at in range(many):
            own, truth, low = _box(r, articles, at * (box + 2), below, box, gap, len(truths))
            placed += own
            truths.append(truth)
            deepest = max(deepest, low)
        below = deepest + 2
    for at, text in enumerate(wordings.page_foot(r) if r.random() < 0.5 else []):
        placed.append(_Placed(0.0, below + _LINE * at, text, "F", -9))
    kind, (read, _) = r.choices(list(_WAYS.items()), [weight for _, weight in _WAYS.values()])[0]
    cells = tuple((each.text, each.label) for each in placed)
    return DrawnPage(kind, tuple(read(r, placed)), (), tuple(truths), cells)


def _box(
    r: Random, articles: Sequence[CleanArticle], x: float, y: float, wide: float, gap: float, number: int
) -> tuple[list[_Placed], TrueArticle, float]:
    """Set an article in a box of the page; return its lines, what is true of it, and where the box ends."""
    many = min(6, max(1, round(wide / r.choice((11, 13, 16, 22, 30)))))
    column = int((wide - (many - 1) * gap) / many)
    size = r.choice((1.6, 2.0, 2.4, 3.0))
    room = {"T": max(6, int(wide / size)), "H": column, **{k: int(wide / _SIZES[k]) for k in "KS"}}
    setting = Setting(
        "narrow", column, "", False, False, False, 0, "none", 0, False, False, True, displays=room
    )
    article = r.choice(articles)
    drawn = draw_article(r, article, articles, setting, False, r.random() < 0.1)
    centred = r.random() < 0.5
    placed: list[_Placed] = []
    for row in drawn.head:
        high = size if row.label in "Tt" else _SIZES[row.label.upper()]
        own = width(row.text.strip()) * high
        placed.append(
            _Placed(x + centred * max(0.0, (wide - own) / 2), y, row.text.strip(), row.label, 100 * number)
        )
        y += 1.3 * high
    y += 0.5
    rows = flat(drawn.body)
    if r.random() < 0.5:
        add_photos(r, rows, [article], setting)
    heights = [_LINE * (r.choice((1.2, 1.6)) if row.label in "HA" else 1) for row in rows]
    room_left = deepest = sum(heights) / many
    at, top = 0, y
    for row, high in zip(rows, heights, strict=True):
        if y - top > room_left and at < many - 1:
            at, y = at + 1, top
        indent = 2 * (row.label == "P")
        placed.append(
            _Placed(x + at * (column + gap) + indent, y, row.text.strip(), row.label, 100 * number + at + 1)
        )
        y += high
        deepest = max(deepest, y)
    return placed, drawn.truth, deepest


def _in_order(r: Random, placed: Sequence[_Placed]) -> list[str]:
    """Give the lines in the page's own order, blank lines between blocks or none."""
    style = r.random()
    parted = 0.0 if style < 0.45 else 0.9
    lines: list[str] = []
    before: _Placed | None = None
    for each in placed:
        if before is not None and parted:
            turned = each.block != before.block or (each.label.upper() in "TSKY") != (
                before.label.upper() in "TSKY"
            )
            larger = each.label == "H" or (
                each.label.upper() != before.label.upper() and each.label.isupper()
            )
            if r.random() < (parted if turned else 0.5 * larger):
                lines.append("")
        lines.append(each.text)
        before = each
    return lines


def _rows(placed: Sequence[_Placed]) -> Iterator[list[_Placed]]:
    """Yield what stands at one height of the page, from left to right."""
    row: list[_Placed] = []
    for each in sorted(placed, key=lambda each: each.y):
        if row and each.y - row[0].y > _SAME_ROW:
            yield sorted(row, key=lambda each: each.x)
            row = []
        row.append(each)
    if row:
        yield sorted(row, key=lambda each: each.x)


def _in_rows(r: Random, placed: Sequence[_Placed]) -> list[str]:
    return [" ".join(each.text for each in row) for row in _rows(placed)]


def _in_turns(r: Random, placed: Sequence[_Placed]) -> list[str]:
    return [each.text for row in _rows(placed) for each in row]


def _in_places(r: Random, placed: Sequence[_Placed]) -> list[str]:
    """Keep the layout by blanks; a character of Chinese takes two places or one, and what is to the right moves on."""
    takes: Callable[[str], int] = len if r.random() < 0.5 else lambda text: round(2 * width(text))
    scale = takes("字")
    left = {
        block: min(each.x for each in placed if each.block == block) for block in {e.block for e in placed}
    }
    begins: dict[int, int] = {}
    for block in sorted(left, key=lambda block: (left[block], block)):
        own = [each for each in placed if each.block == block]
        low, high = min(each.y for each in own), max(each.y for each in own)
        ends = [
            begins[each.block] + takes(each.text)
            for each in placed
            if each.block in begins and low <= each.y <= high and each.x < left[block]
        ]
        begins[block] = max([round(scale * left[block]), *(end + 2 for end in ends)])
    lines: list[str] = []
    last = 0.0
    for row in _rows(placed):
        lines += [""] * (row[0].y - last > 2.2 * _LINE)
        text = ""
        for each in row:
            start = begins[each.block] + round(scale * (each.x - left[each.block]))
            text += " " * max(2 if text else 0, start - takes(text)) + each.text
        lines.append(text)
        last = row[0].y
    return lines


_WAYS: Final[dict[str, tuple[Callable[[Random, Sequence[_Placed]], list[str]], float]]] = {
    IN_ORDER: (_in_order, 0.77),
    "printed-columns": (_in_places, 0.19),
    "printed-rows": (_in_rows, 0.02),
    "printed-turns": (_in_turns, 0.02),
}
KINDS: Final = frozenset(_WAYS)


# Rows that columns beside each other have at least.
_FEWEST_IN_COLUMNS: Final = 9


def side_by_side(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """Draw a page of one or two articles in two to four columns beside each other, as layout-keeping extraction gives."""
    count = r.choice((1, 1, 2))
    many = r.choice((2, 2, 2, 3, 3, 4))
    wide = r.randint(10, 20)
    setting = Setting(
        "narrow", wide, "\u3000\u3000", r.random() < 0.3, False, False, 0, "none", 0, False, False, count > 1
    )
    drawn = [draw_article(r, r.choice(articles), articles, setting) for _ in range(count)]
    head = drawn[0].head
    rows = [*flat(drawn[0].body), *(row for each in drawn[1:] for row in [*each.head, *flat(each.body)])]
    if len(rows) < _FEWEST_IN_COLUMNS * many:
        return side_by_side(r, articles)
    height = -(-len(rows) // many)
    columns = [rows[at : at + height] for at in range(0, len(rows), height)]
    wide_glyphs = r.random() < 0.5
    glued = r.random() < 0.3
    lines = [row.text for row in head] + ["" for _ in range(r.randint(0, 2))]
    for at in range(height):
        text = ""
        for number, column in enumerate(columns):
            if at >= len(column):
                continue
            piece = column[at].text
            if glued:
                text = text + " " + piece.strip() if text else piece
                continue
            place = number * (2 * wide + 4 if wide_glyphs else wide + 4)
            used = sum(2 if wide_glyphs and ord(char) >= 0x2E80 else 1 for char in text)
            text += " " * max(2 if text else 0, place - used) + piece
        lines.append(text)
    above, below = wordings.page_head(r), wordings.page_foot(r)
    cells = [(row.text, row.label) for row in (*head, *rows)] + [(text, "F") for text in (*above, *below)]
    kind = "columns-glued" if glued else "columns"
    return DrawnPage(kind, (*above, *lines, *below), (), tuple(each.truth for each in drawn), tuple(cells))

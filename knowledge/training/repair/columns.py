"""Pages whose columns stand beside each other on the rows, as layout-keeping extraction gives them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from knowledge.training.repair import wordings
from knowledge.training.repair.corpus import CleanArticle
from knowledge.training.repair.drawn import DrawnPage, flat
from knowledge.training.repair.pages import Setting, draw_article

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

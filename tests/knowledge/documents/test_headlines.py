"""Blocks under their headlines, also on pages that are one large table."""

from __future__ import annotations

import pytest

from knowledge.documents.layout.blocks import Block
from knowledge.documents.layout.headlines import by_article
from knowledge.documents.layout.page import Box, Glyph
from knowledge.documents.layout.segments import Segment

ROWS, COLUMNS = 100, 20


class Counted(Box):
    """A box that counts how often it is laid beside another."""

    looks = 0

    def along(self, other: Box) -> float:
        Counted.looks += 1
        return super().along(other)


def block(left: float, top: float, width: float, height: float) -> Block:
    box = Counted(left, top - height, left + width, top)
    made = Block([Segment([Glyph("字", box, box.bottom)])])
    made.box = box
    return made


def cells() -> list[Block]:
    return [block(30 * column, 10 * row, 20, 8) for column in range(COLUMNS) for row in range(ROWS)]


@pytest.mark.parametrize("headlines", [0, 201])
def test_a_page_without_headlines_or_full_of_them_is_one_piece(headlines: int) -> None:
    table = cells()
    assert by_article(table, [], table[:headlines]) == [table]


def test_a_table_beside_a_headline_is_given_to_it_without_comparing_every_cell_with_every_other() -> None:
    table = cells()
    title = block(0, 10 * ROWS + 20, 25, 16)
    Counted.looks = 0
    assert by_article([title, *table], [], [title]) == [[title, *table]]
    assert Counted.looks < len(table) * (ROWS + 10)

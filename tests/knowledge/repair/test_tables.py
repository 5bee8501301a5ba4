"""Tables: a row is one fact that says its headings, and is proved cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from knowledge.documents.tables import SourceCell, make_table
from knowledge.model import Article, Block, BlockRole, Document, Fact, Hit, MatchKind, SourcedText, Span
from knowledge.repair.stitching import ROW, is_proved
from knowledge.repair.tables import quoted_cell, row_cells, table_rows
from tests.support.promises import promised


def document(*lines: str, head: bool = True, before: int = 0) -> Document:
    """A document whose last lines are a table, its cells parted by a tab."""
    rows = []
    for number, line in enumerate(lines[before:], before + 1):
        row, at = [], 0
        for cell in line.split("\t"):
            spans = (Span(number, at, at + len(cell)),) if cell else ()
            row.append(SourceCell(cell, spans, heading=head and number == before + 1))
            at += len(cell) + 1
        rows.append(row)
    table = make_table(rows)
    block = Block(BlockRole.TABLE, before + 1, len(lines), table=table)
    return Document("a.txt", "", 0, "text", None, lines, blocks=(block,))


TABLES: dict[str, Callable[..., Document]] = {
    "with a head": document,
    "without": partial(document, head=False),
    "under a line": partial(document, before=1),
}


@promised(Path(__file__).with_name("tables.txt"))
def test_rows_are_told_as_promised(seen: str, cells: list[str]) -> None:
    """A table, its cells with commas between them and its rows with slashes, and what its rows tell."""
    table, told = cells
    made = TABLES[seen](*("\t".join(row.split(", ")) for row in table.split(" / ")))
    assert " / ".join(row.text for row in table_rows(made, made.blocks[0])) == told


def test_a_row_is_proved_by_its_cells_and_a_changed_one_is_not() -> None:
    made = document("园区\t面积", "北区\t210亩")
    (row,) = table_rows(made, made.blocks[0])
    article = Article("a" * 13, "a.txt", SourcedText("题", ()))
    fact = Fact("f" * 13, row.text, row.spans, article, kind=ROW)
    assert is_proved(fact, made)
    for wrong in ("园区：北区｜面积：211亩", "园区：北区，面积：210亩", "园区：北区｜面积：210亩。"):
        assert not is_proved(Fact("f" * 13, wrong, row.spans, article, kind=ROW), made)
    assert not is_proved(Fact("f" * 13, row.text, row.spans, article), made)


@pytest.mark.parametrize(
    ("answer", "asked", "cell"),
    [
        ("210亩", "面积", ("面积", "210亩", 2)),
        ("3", "游客", ("游客", "3", 2)),
        ("3", "职工", ("职工", "3", 2)),
        ("3人", "职工", ("职工", "3", 2)),
        ("北区", "园区", ("园区", "北区", 2)),
        ("95亩", "面积", None),
    ],
)
def test_a_short_answer_is_quoted_from_the_cell_whose_heading_was_asked_for(
    answer: str, asked: str, cell: tuple[str, str, int] | None
) -> None:
    made = document("园区\t面积\t游客\t职工", "北区\t210亩\t3\t3")
    (row,) = table_rows(made, made.blocks[0])
    article = Article("a" * 13, "a.txt", SourcedText("题", ()))
    fact = Fact("f" * 13, row.text, row.spans, article, kind=ROW)
    at = row.text.index(asked)
    quoted = quoted_cell(Hit(fact, 1.0, MatchKind.WORDS, ((at, at + len(asked)),)), answer)
    assert (quoted and (quoted.heading, quoted.text, quoted.spans[0].line)) == cell
    assert all(fact.text[each.start : each.end] == each.text for each in row_cells(fact))

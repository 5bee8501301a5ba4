"""Tables of any format as rows of cells: which row is the head, which columns are filler; and those that text draws or parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise
from typing import Final

from knowledge.model import Block, BlockRole, Cell, Span, Table
from knowledge.repair.characters import MARKUP
from knowledge.repair.issue import DATE
from knowledge.repair.patterns import NAMES
from knowledge.text.analyzer import is_word

_FIGURE: Final = re.compile(
    r"[-+−±~≈<>]?[\d０-９][\d０-９,，.．%％‰/:：\s]*[\d０-９%％‰]?(?:[（(][^（）()]{1,8}[）)])?"
)
_MEASURED: Final = re.compile(r"[\d.,]+(?P<unit>[^\d\s]{1,6})")
_DIGIT: Final = re.compile(r"\d")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_SEEN: Final = re.compile(f"[^{MARKUP}]+")
_BAR: Final = re.compile("[|│┃║｜]")
_COUNTED: Final = re.compile("\\d|[一二两三四五六七八九十百千万几数][\u4e00-\u9fff]")
_PEOPLE: Final = re.compile(NAMES)
_OF_PEOPLE: Final = re.compile("[\u4e00-\u9fff]{1,7}[人员員者师師长長手导導任名生]|主[讲講持]")
"""What heads a column of people: it is made of the endings for who does something."""

_ALIKE: Final = 0.7
"""Share of a column of two that is figures, or people, from which its first cell, which is none, heads it."""

TAB: Final = re.compile(r"\t")
COMMA, SEMICOLON = re.compile('"[^"]*"|,'), re.compile('"[^"]*"|;')
_WIDE: Final = re.compile(r"(?<=\S)[ \u3000\xa0]{2,}(?=\S)")
_LEADER: Final = re.compile(r"(?<=[^\s.．·•…‥])\s*+(?:[.．·•…‥]\s?+){3,}+(?=\S)")
_PARTED: Final = re.compile(
    r"[\t,; \u3000\xa0.．·•…‥](?:(?<=[\t,;])|(?<=[ \u3000\xa0])[ \u3000\xa0]|(?<=[.．·•…‥])\s?[.．·•…‥])"
)
_MOST_CELLS: Final = 50
LONGEST_CELL: Final = 200
"""A longer cell holds text, which its table only places."""

_LONGEST_PARTED: Final = 40
_SENTENCE: Final = re.compile("[。！？；]")
_TO_CALL: Final = re.compile(r"(?=(?:\D*\d){5})[\d\-—－()（）转\s]{5,24}")
_MARK: Final = re.compile(r"[（(第]?[\d一二三四五六七八九十]{0,3}(?:[^\w\s]|[章节条])?")
"""What stands before an item of a list, a tab away from it."""

_RULED: Final = re.compile(r"[\s\u2500-\u259f|+=\-_*—~·.:：＝－＿★☆●○■□◆◇※#＊…]{3,}")
_HEAD_RULE: Final = re.compile(r"(?=.*\|)[\s|:]*-[\s|:-]*")
"""What Markdown has under the head of a table, whose outer bars may be missing."""

_DRAWN: Final = re.compile("[\u2500-\u257f|+=\\-—_\\s:]+")


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell's text and where it stands; `heading` says that the format marks it as a heading."""

    text: str
    spans: tuple[Span, ...]
    heading: bool = False


EMPTY: Final = SourceCell("", ())


def make_table(rows: Sequence[Sequence[SourceCell]], known: Table | None = None) -> Table | None:
    """Make a table of its rows, None where it has too little in it.

    Filler columns and empty rows go. A table with the columns of `known`, which ended where this one begins, goes
    on under its head.
    """
    rows = [list(row) for row in rows if any(cell.text.strip() for cell in row)]
    if not rows:
        return None
    width = max(map(len, rows))
    rows = [[*row, *[EMPTY] * (width - len(row))] for row in rows]
    if width % 2 == 0 and width > 2 and _is_form(rows):
        return make_table([row[at : at + 2] for row in rows for at in range(0, width, 2)])
    kept = [at for at in range(width) if any(row[at].text.strip() for row in rows)]
    rows = [[_named(row[at]) for at in kept] for row in rows]
    if len(kept) < 2 or len(rows) * len(kept) < 3:
        return None
    count = _head_rows(rows)
    if known is not None and count == 0 and len(known.head) == len(kept):
        return Table(known.head, tuple(tuple(Cell(cell.spans) for cell in row) for row in rows))
    head = tuple(_head_cell([row[at] for row in rows[:count]]) for at in range(len(kept))) if count else ()
    body = [row for row in rows[count:] if [c.text for c in row] != [c.text for c in rows[0]] or not count]
    return Table(head, tuple(tuple(Cell(cell.spans) for cell in row) for row in body)) if body else None


def _is_form(rows: Sequence[Sequence[SourceCell]]) -> bool:
    """Tell whether each row names its own values: figures stand beside names from the first row on, or all names have a colon."""
    names, values = ([cell for row in rows for cell in row[at::2] if cell.text.strip()] for at in (0, 1))
    if any(cell.heading for cell in rows[0][1::2]) or not values:
        return False
    figures = any(map(_DIGIT.search, (cell.text for cell in rows[0][1::2])))
    return not any(_DIGIT.search(cell.text) for cell in names) and (
        figures or all(cell.text.rstrip().endswith(("：", ":")) for cell in names)
    )


def _named(cell: SourceCell) -> SourceCell:
    """A cell without the colon behind the name in it."""
    text = cell.text.rstrip("：: ")
    cut = len(cell.text) - len(text)
    if not (text and cut and cell.spans and cell.spans[-1].end - cell.spans[-1].start > cut):
        return cell
    return replace(
        cell, text=text, spans=(*cell.spans[:-1], replace(cell.spans[-1], end=cell.spans[-1].end - cut))
    )


def _head_cell(cells: Sequence[SourceCell]) -> Cell:
    """One heading of several rows: each text once, from the widest down."""
    spans: list[Span] = []
    for cell in cells:
        spans += (span for span in cell.spans if span not in spans)
    return Cell(tuple(spans))


def _head_rows(rows: Sequence[Sequence[SourceCell]]) -> int:
    """How many rows head the others: those marked, else the first where it names what figures stand below."""
    if len(rows) < 2:
        return 0
    marked = 0
    while marked < len(rows) - 1 and all(cell.heading or not cell.text.strip() for cell in rows[marked]):
        marked += 1
    if marked:
        return marked
    if any(is_figure(cell.text) for cell in rows[0]) or not rows[0][-1].text.strip():
        return 0
    if any(map(_is_measured, zip(*rows, strict=True))) or any(
        DATE.fullmatch(c.text.strip()) for c in rows[0]
    ):
        return 0
    if any(_are_people(column[:1]) and _are_people(column[1:]) for column in _columns(rows)):
        return 0
    if len(rows[0]) > 2:
        merged = len({cell.spans for cell in rows[0] if cell.spans}) < len([c for c in rows[0] if c.spans])
        return 2 if merged and len(rows) > 2 and not any(is_figure(cell.text) for cell in rows[1]) else 1
    if rows[1][0].heading or len(rows) < 3 or is_figure(rows[0][1].text, units=True):
        return 0
    if any(_OF_PEOPLE.fullmatch(first) and _are_people(others) for first, *others in _columns(rows)):
        return 1
    return int(
        not _COUNTED.search(rows[0][1].text)
        and any(
            not _COUNTED.search(first)
            and sum(is_figure(text, units=True) for text in values) > _ALIKE * len(values)
            for first, *values in _columns(rows)
        )
    )


def _columns(rows: Sequence[Sequence[SourceCell]]) -> list[list[str]]:
    return [[cell.text.strip() for cell in column] for column in zip(*rows, strict=True)]


def _are_people(texts: Sequence[str]) -> bool:
    """Tell whether most of a column are names of people, which are no words."""
    named = [text for text in texts if _PEOPLE.fullmatch(text) and not is_word(text)]
    return len(named) > _ALIKE * len(texts)


def _is_measured(column: Sequence[SourceCell]) -> bool:
    """Tell whether a column holds figures of one unit from its first cell on."""
    units = [match["unit"] for cell in column if (match := _MEASURED.fullmatch(cell.text.strip()))]
    return len(units) == len(column) and len(set(units)) == 1


def is_figure(text: str, units: bool = False) -> bool:
    """Tell whether a cell holds a bare figure (with `units`: one with a unit); a year alone may be a heading."""
    text = text.strip()
    if _YEAR.fullmatch(text):
        return units
    match = _FIGURE.match(text)
    return match is not None and (match.end() == len(text) or (units and len(text) - match.end() <= 4))


def text_blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield a TABLE block for each run of barred rows, and FURNITURE for rules that stand alone."""
    number = 0
    while number < len(lines):
        last = number
        few = 1 if number + 1 < len(lines) and _HEAD_RULE.fullmatch(lines[number + 1]) else 2
        while last < len(lines) and _is_row(lines[last], few):
            last += 1
        rows = [at for at in range(number, last) if not _DRAWN.fullmatch(lines[at])]
        ruled = [at for at in rows[1:] if at - 1 not in rows]
        headed = len(ruled) == 1 and (len(rows) > 2 or _HEAD_RULE.fullmatch(lines[ruled[0] - 1]) is not None)
        cells = [
            _barred_cells(lines[at], at + 1, headed and ruled == rows[1:2] and at == rows[0]) for at in rows
        ]
        table = make_table(cells) if len(rows) > 1 else None
        if table is not None:
            yield Block(BlockRole.TABLE, number + 1, last, table=table)
            number = last
            continue
        if lines[number].strip() and _RULED.fullmatch(lines[number]):
            yield Block(BlockRole.FURNITURE, number + 1, number + 1)
        number += 1


def parted_tables(
    lines: Sequence[str],
    certain: Sequence[re.Pattern[str]] = (TAB, _LEADER, SEMICOLON),
    possible: Sequence[re.Pattern[str]] = (COMMA, _WIDE),
) -> Iterator[Block]:
    """Yield a TABLE block for each run of lines that one mark parts into as many cells.

    Some marks part prose and columns of print, too: between those that are only `possible` one column must hold figures
    under its heading.
    """
    number = 0
    while number < len(lines):
        if not _PARTED.search(lines[number]):
            number += 1
            continue
        found = [_parted(lines, number, mark, mark in certain) for mark in (*certain, *possible)]
        last, table = max(found, key=lambda each: (each[1] is not None, each[0]))
        if table is not None:
            yield Block(BlockRole.TABLE, number + 1, last, table=table)
        number = max(last, number + 1)


def _parted(
    lines: Sequence[str], first: int, mark: re.Pattern[str], certain: bool
) -> tuple[int, Table | None]:
    """The line behind a table that begins here and the table, if a mark parts lines into one."""
    rows: list[list[SourceCell]] = []
    for number in range(first + 1, len(lines) + 1):
        line = lines[number - 1]
        cuts = (found.span() for found in mark.finditer(line) if found[0][0] != '"')
        edges = [0, *chain.from_iterable(islice(cuts, _MOST_CELLS)), len(line)]
        row = [_cell(line, number, *edge) for edge in zip(edges[::2], edges[1::2], strict=True)]
        told = any(len(cell.text) > _LONGEST_PARTED or _SENTENCE.search(cell.text) for cell in row)
        if not 2 <= len(row) <= _MOST_CELLS or (rows and len(row) != len(rows[0])) or told:
            break
        rows.append(row)
    if len(rows) < 2:
        return first, None
    columns = [[cell.text for cell in column] for column in zip(*rows, strict=True)]
    figures = [sum(is_figure(text, units=True) for text in column[1:]) for column in columns]
    headed = not any(is_figure(text) for text, *_ in columns)
    enough = headed and (max if len(rows) > 2 else min)(figures) > _ALIKE * (len(rows) - 1)
    listed = all(_MARK.fullmatch(text) for text in columns[0]) or (
        figures[-1] == len(rows) - 1 and not headed
    )
    called = all(map(_TO_CALL.fullmatch, columns[-1]))
    known = called if len(columns) == 2 and (listed or not certain) else certain or enough
    return first + len(rows), make_table(rows) if known else None


def _cell(line: str, number: int, start: int, end: int) -> SourceCell:
    text = line[start:end].strip().strip('"')
    start = line.index(text, start)
    return SourceCell(text, (Span(number, start, start + len(text)),) if text else ())


def _is_row(line: str, few: int) -> bool:
    """Tell whether a line is a table's: parted by a `few` bars or more, or drawn of nothing but rules."""
    if len(_BAR.findall(line)) >= few:
        return True
    return bool(line.strip()) and _DRAWN.fullmatch(line) is not None and len(line.strip()) >= 3


def _barred_cells(line: str, number: int, heading: bool) -> list[SourceCell]:
    """The cells between the bars; what stands outside the outer bars is none."""
    bars = [match.start() for match in _BAR.finditer(line)]
    edges = [
        *([-1] if line[: bars[0]].strip() else []),
        *bars,
        *([len(line)] if line[bars[-1] + 1 :].strip() else []),
    ]
    cells = []
    for left, right in pairwise(edges):
        text = line[left + 1 : right]
        start = left + 1 + len(text) - len(text.lstrip())
        seen = list(_SEEN.finditer(text.strip()))
        spans = tuple(Span(number, start + run.start(), start + run.end()) for run in seen)
        cells.append(SourceCell("".join(run[0] for run in seen), spans, heading))
    return cells

"""Tables drawn in text: with box characters, or with bars as Markdown has them; the cells keep their columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final

from knowledge.documents.tables import SourceCell, make_table
from knowledge.model import Block, Role, Span

_BAR: Final = re.compile("[|│┃║｜]")
_RULE: Final = re.compile(r"[\s\u2500-\u259f|+=\-_*—~·.:：＝－＿★☆●○■□◆◇※#＊…]{3,}")
_DRAWN: Final = re.compile("[\u2500-\u257f|+=\\-—_\\s:]+")


def text_blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield a TABLE block for each run of barred rows, and FURNITURE for rules that stand alone."""
    number = 0
    while number < len(lines):
        last = number
        while last < len(lines) and _is_row(lines[last]):
            last += 1
        rows = [at for at in range(number, last) if not _DRAWN.fullmatch(lines[at])]
        table = make_table([_cells(lines[at], at + 1) for at in rows]) if len(rows) > 1 else None
        if table is not None:
            yield Block(Role.TABLE, number + 1, last, table=table)
            number = last
            continue
        if lines[number].strip() and _RULE.fullmatch(lines[number]):
            yield Block(Role.FURNITURE, number + 1, number + 1)
        number += 1


def _is_row(line: str) -> bool:
    """Tell whether a line is a table's: parted by two bars or more, or drawn of nothing but rules."""
    if len(_BAR.findall(line)) >= 2:
        return True
    return bool(line.strip()) and _DRAWN.fullmatch(line) is not None and len(line.strip()) >= 3


def _cells(line: str, number: int) -> list[SourceCell]:
    """The cells between the bars; what stands outside the outer bars is none."""
    bars = [match.start() for match in _BAR.finditer(line)]
    edges = [
        *([-1] if line[: bars[0]].strip() else []),
        *bars,
        *([len(line)] if line[bars[-1] + 1 :].strip() else []),
    ]
    cells = []
    for left, right in itertools.pairwise(edges):
        text = line[left + 1 : right]
        start = left + 1 + len(text) - len(text.lstrip())
        text = text.strip()
        cells.append(SourceCell(text, (Span(number, start, start + len(text)),) if text else ()))
    return cells

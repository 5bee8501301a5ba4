"""The report of one file for `chuchu check`: what came in, what was changed and why, doubts first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.model import Document, RepairEntry, line_ranges, lines_apart

NAMES = {
    "unproved": "对不上原文",
    "joined_lines": "断行复原",
    "reordered": "栏序复原",
    "uncertain_order": "接续存疑",
    "uncertain_section": "小标题存疑",
    "broken": "句子不完整",
    "recognised": "识别存疑",
    "page_header": "页眉页码",
    "rubric": "栏目名",
    "logo": "徽标",
    "credit": "署名来源",
    "contact": "联系方式",
    "dateline": "电头",
    "repeated": "重复",
    "foreign": "混入外文",
    "damaged": "坏字",
    "invisible": "不可见字符",
    "markup": "排版符号",
    "leftover": "未归类",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the report; `lines` are the runs of lines it concerns, `name` its kind in Chinese."""

    kind: str
    name: str
    lines: tuple[tuple[int, int], ...]
    text: str
    reason: str
    doubt: bool


@dataclass(frozen=True, slots=True)
class FileReport:
    """How one file came in."""

    file: str
    encoding: str | None
    titles: tuple[str, ...]
    sentences: int
    doubts: tuple[Entry, ...]
    changes: tuple[Entry, ...]


def report(
    document: Document, titles: Sequence[str], sentences: int, log: Iterable[RepairEntry]
) -> FileReport:
    """Summarise the repair of one document."""
    entries = [_entry(repair, document) for repair in log]
    return FileReport(
        document.name,
        document.encoding,
        tuple(titles),
        sentences,
        tuple(entry for entry in entries if entry.doubt),
        tuple(entry for entry in entries if not entry.doubt),
    )


def _entry(repair: RepairEntry, document: Document) -> Entry:
    name = NAMES.get(repair.kind, repair.kind)
    lines = sorted({span.line for span in repair.spans})
    where = line_ranges(lines, lines_apart(lines, document.lines))
    return Entry(repair.kind, name, where, repair.text, repair.reason, repair.doubt)

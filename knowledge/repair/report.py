"""The account of every character of a file: what no fact, title or heading holds, why, and the report of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.model import Document, NoiseKind, RepairEntry, Span, line_ranges, lines_apart
from knowledge.repair.characters import extent, what_is_left

_WORDS: Final = re.compile(r"\w")

REASONS: Final = {
    NoiseKind.PAGE_HEADER: "页眉、页码或版名，不属于文章",
    NoiseKind.RUBRIC: "栏目名或转版提示，不属于正文",
    NoiseKind.LOGO: "叠印的徽标，每个字印了两遍",
    NoiseKind.CREDIT: "图片来源或编辑署名",
    NoiseKind.CONTACT: "联系方式",
    NoiseKind.DATELINE: "电头，不属于句子",
    NoiseKind.REPEATED: "与别处重复",
    NoiseKind.FOREIGN: "句中混入的外文虚词，已去掉，请核对",
    NoiseKind.DAMAGED: "字体私有字符或坏字，无法还原，请核对原文",
    NoiseKind.INVISIBLE: "不可见字符",
    NoiseKind.MARKUP: "排版符号",
    NoiseKind.LEFTOVER: "未能归入任何文章，请核对",
}

_DOUBTFUL: Final = frozenset({NoiseKind.DAMAGED, NoiseKind.FOREIGN, NoiseKind.LEFTOVER})
_KINDS: Final = {"invisible": NoiseKind.INVISIBLE, "damaged": NoiseKind.DAMAGED, "stray": NoiseKind.FOREIGN}


def removed(kind: NoiseKind, spans: tuple[Span, ...], text: str, unsure: bool = False) -> RepairEntry:
    """Log characters taken out; what cannot be explained, and what was taken out unsurely, is a doubt."""
    reason = f"{REASONS[kind]}（把握不大，请核对）" if unsure else REASONS[kind]
    return RepairEntry(kind.value, spans, text, reason, unsure or kind in _DOUBTFUL)


def leftovers(document: Document, held: Iterable[Span]) -> Iterator[RepairEntry]:
    """Yield a removal for each run of characters that no span in `held` covers."""
    by_line: dict[int, list[Span]] = {}
    for span in held:
        by_line.setdefault(span.line, []).append(span)
    for number, raw in enumerate(document.lines, 1):
        start, end = 0, len(raw)
        spans = by_line.get(number)
        if spans is None:
            first, last = extent(raw)
            if first == last and not raw.strip():
                continue
            yield from _gap(number, raw, start, end)
            continue
        if len(spans) > 1:
            spans.sort()
        at = 0
        for span in spans:
            if span.start > at:
                yield from _gap(number, raw, at, span.start)
            at = max(at, span.end)
        if at < end:
            yield from _gap(number, raw, at, end)


def _gap(number: int, raw: str, start: int, end: int) -> Iterator[RepairEntry]:
    text = raw[start:end]
    kind = what_is_left(text)
    if kind == "blank":
        return
    low = start + len(text) - len(text.lstrip())
    high = start + len(text.rstrip())
    removal = _KINDS.get(kind, NoiseKind.LEFTOVER)
    if removal is NoiseKind.LEFTOVER and not _WORDS.search(text):
        removal = NoiseKind.MARKUP
    yield removed(removal, (Span(number, low, high),), raw[low:high])


NAMES: Final = {
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
class ReportEntry:
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
    doubts: tuple[ReportEntry, ...]
    changes: tuple[ReportEntry, ...]


def file_report(
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


def _entry(repair: RepairEntry, document: Document) -> ReportEntry:
    name = NAMES.get(repair.kind, repair.kind)
    lines = sorted({span.line for span in repair.spans})
    where = line_ranges(lines, lines_apart(lines, document.lines))
    return ReportEntry(repair.kind, name, where, repair.text, repair.reason, repair.doubt)

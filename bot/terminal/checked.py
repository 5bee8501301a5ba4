"""What `chuchu check` says of the files: at a glance, then line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Run, Style
from knowledge.model import Skipped
from knowledge.repair.report import Entry, FileReport

JOINED = "joined_lines"


def check_report(
    skipped: Sequence[Skipped], reports: Sequence[FileReport], changed: Sequence[str]
) -> Iterator[Run]:
    """Files that were not read, every file with its doubts first, the sum, and what serves in an older form."""
    for one in skipped:
        yield Run(f"✗ {one.name}", Style.BOLD)
        yield Run(f"  读不了：{one.reason}；{one.remedy}\n")
    for report in reports:
        yield from _file(report)
    doubts = sum(len(report.doubts) for report in reports)
    articles = sum(len(report.titles) for report in reports)
    sentences = sum(report.sentences for report in reports)
    yield Run(
        f"共 {len(reports)} 个文件，{articles} 篇文章，{sentences} 句；"
        f"存疑 {doubts} 处，读不了的文件 {len(skipped)} 个。\n"
    )
    if changed:
        yield Run(f"和正在使用的版本不同：{'、'.join(changed)}；chuchu reload 以后才换上。\n")


def _file(report: FileReport) -> Iterator[Run]:
    yield Run(f"{'？' if report.doubts else '✓'} {report.file}", Style.BOLD)
    yield Run(
        f"  {f'{report.encoding} · ' if report.encoding else ''}{len(report.titles)} 篇文章 · {report.sentences} 句"
        f" · 存疑 {len(report.doubts)} 处 · 修复和去掉 {len(report.changes)} 处\n"
    )
    for title in report.titles:
        yield Run(f"  《{title}》\n")
    for entry in report.doubts:
        yield Run("  ？", Style.BOLD)
        yield Run(f" {_said(entry)}\n")
    for entry in report.changes:
        if entry.kind != JOINED:
            yield Run(f"    {_said(entry)}\n")
    joined = [entry for entry in report.changes if entry.kind == JOINED]
    if joined:
        yield Run(f"    [{joined[0].name}] {len(joined)} 段：{'；'.join(map(_where, joined))}\n")
    yield Run("\n")


def _said(entry: Entry) -> str:
    where = _where(entry)
    said = f"：{entry.text}" if entry.text else ""
    return f"[{entry.name}] {f'第{where}行 ' if where else ''}{entry.reason}{said}"


def _where(entry: Entry) -> str:
    return "、".join(f"{first}" if first == last else f"{first}–{last}" for first, last in entry.lines)

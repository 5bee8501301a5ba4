"""What `chuchu check` is told about one file."""

from __future__ import annotations

from knowledge.model import RepairEntry, Span
from knowledge.repair.report import NAMES, FileReport, file_report
from tests.knowledge.repair.pages import column, repair

STORY = "工程今天通水，全市最大的坏\ue000字也来了，居民都说，这是多年来最好的消息，水务部门表示，明年还要再建三处。"
PAGE = f"要闻 7\n\n引水工程二期通水\n\n{column(STORY, 18)}\n\n新华社发"


def summarise(page: str) -> FileReport:
    repaired = repair(page)
    titles = [article.title.text for article in repaired.articles]
    return file_report(repaired.document, titles, len(repaired.facts), repaired.log)


def test_the_report_names_articles_and_changes_with_lines_and_puts_doubts_apart() -> None:
    summary = summarise(PAGE)
    assert (summary.file, summary.encoding, summary.titles) == ("版面.txt", "utf-8", ("引水工程二期通水",))
    assert summary.sentences == 1
    assert [(entry.kind, entry.lines) for entry in summary.doubts] == [("damaged", ((5, 5),))]
    changes = {entry.kind: entry.lines for entry in summary.changes}
    assert changes["page_header"] == ((1, 1),)
    assert changes["joined_lines"] == ((5, 7),)
    assert changes["credit"] == ((9, 9),)


def test_every_entry_has_a_chinese_name_and_a_reason() -> None:
    summary = summarise(PAGE)
    entries = (*summary.doubts, *summary.changes)
    assert entries
    assert all(entry.name == NAMES[entry.kind] and entry.reason for entry in entries)


def test_a_blank_line_between_two_joined_ones_does_not_part_their_run() -> None:
    joined = RepairEntry("joined_lines", (Span(3, 0, 1), Span(5, 0, 1), Span(9, 2, 3)), "", "")
    assert file_report(repair(PAGE).document, (), 0, [joined]).changes[0].lines == ((3, 5), (9, 9))

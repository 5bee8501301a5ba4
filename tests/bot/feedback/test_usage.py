"""What is counted of the use, how it is told, and which questions count as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StateReadOnly
from bot.feedback.questions import LONGEST, question_id, question_key, question_text
from bot.feedback.usage import UsageRecorder, UsageReport, UsageReporter
from bot.feedback.usage_chart import MISSED, draw
from bot.state.database import open_database
from bot.state.questions import WORDS, Day, DayCounts, Usage
from bot.state.state import State, open_state, sqlite_address
from bot.texts import phrases
from knowledge.text.analyzer import ChineseAnalyzer

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Disk(Usage):
    """Figures on a disk that may be full."""

    full = True

    async def add(self, tallies: Mapping[date, DayCounts]) -> None:
        if self.full:
            raise StateReadOnly("the disk is full")
        await super().add(tallies)


async def test_what_a_full_disk_refused_is_written_once_there_is_room(tmp_path: Path) -> None:
    async with open_database(sqlite_address(tmp_path)) as database:
        disk = Disk(database)
        figures = UsageRecorder(disk, lambda: NOW)
        for found in (True, False):
            figures.count("养老", found, 10, ["养老"])
            with pytest.raises(StateReadOnly):
                await figures.flush()
        disk.full = False
        await figures.flush()
        await figures.flush()
        (day,) = await disk.days()
        assert (day.asked, day.found, day.milliseconds) == (2, 1, 20)
        assert await disk.words() == [("养老", 2)]


async def test_the_last_figures_are_written_at_the_end_and_a_disk_that_is_full_then_is_logged_and_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_database(sqlite_address(tmp_path)) as database:
        for rows in (Disk(database), Usage(database)):
            figures = UsageRecorder(rows, lambda: NOW)
            async with figures.serving():
                figures.count("养老", True, 10, ["养老"])
        assert [day.asked for day in await Usage(database).days()] == [1]
    assert "the disk is full" in caplog.text


def test_what_waits_for_room_keeps_no_more_words_than_a_day_has() -> None:
    waiting = DayCounts()
    for first in (0, WORDS):
        more = DayCounts()
        more.count("", True, 1, [str(number) for number in range(first, first + WORDS)])
        waiting.add(more)
    assert len(waiting.words) == WORDS


MONTH = UsageReport([Day(NOW.date(), 3, 2, 30, ())], [("养老", 3)], 1, (1, 0))
TELL_TALE = "import os, pathlib; pathlib.Path({!r}).write_text(repr(dict(os.environ)))"


def stats(state: State) -> UsageReporter:
    return UsageReporter(state, UsageRecorder(state.usage, lambda: NOW))


async def test_what_stands_in_our_environment_does_not_reach_the_process_that_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "sitecustomize.py").write_text(TELL_TALE.format(str(seen)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with open_state(sqlite_address(tmp_path)) as state:
        picture = await stats(state).picture(MONTH, phrases(None).admin)
    assert picture is not None and picture.startswith(b"\x89PNG")
    assert not seen.exists()


def test_the_picture_holds_every_figure_and_no_markup_of_a_reader() -> None:
    words = [("养老", 30), ("<b>&", 4), ("一二三四五六七八九十一二三", 1)]
    days = [(f"11-{day:02}", day, day // 2) for day in range(1, 31)]
    svg = draw(days, words, ["查到", "没有查到", "每天的提问", "常问的词"])
    drawn = ElementTree.fromstring(svg)
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"养老", "<b>&", "一二三四五六七八九十一二", "30", "每天的提问", "11-01"} <= set(texts)
    columns = [r for r in drawn.iter("{http://www.w3.org/2000/svg}rect") if r.get("fill") == MISSED]
    assert len(columns) == len(days) + 1  # and the legend's


LANGUAGE = ChineseAnalyzer()


def key(text: str) -> str:
    return question_key(text, LANGUAGE)


def test_width_case_script_marks_and_politeness_make_no_other_question_and_other_words_do() -> None:
    for one, other in (
        ("CIIE", "ｃｉｉｅ"),
        ("进博会", "進博會"),
        ("进博会 几届", "进博会，几届？"),
        ("请问进博会在哪里？", "进博会在哪里"),
        ("《共产党宣言》", "共产党宣言"),
    ):
        assert key(one) == key(other) != ""
    for one, other in (("12 3", "1 23"), ("进博会", "花博会"), ("new york", "newyork")):
        assert key(one) != key(other)
    for blank in ("", "  ", "？！", "\n\t"):
        assert key(blank) == "", "marks alone are no question"


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: text * 7))
def test_any_text_has_a_bounded_key_and_a_bounded_line_to_show(text: str) -> None:
    assert len(key(text)) <= LONGEST
    assert len(question_id(key(text))) == 16
    shown = question_text(text)
    assert len(shown) <= LONGEST
    assert shown.isprintable()

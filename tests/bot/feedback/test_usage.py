"""Figures survive a disk that is full for a while, and never keep the bot from stopping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.errors import StateReadOnly
from bot.feedback.usage import UsageRecorder
from bot.state.database import open_database
from bot.state.questions import WORDS, DayCounts, Usage
from bot.state.state import sqlite_address

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


async def test_a_full_disk_at_the_end_is_logged_and_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_database(sqlite_address(tmp_path)) as database:
        figures = UsageRecorder(Disk(database), lambda: NOW)
        async with figures.serving():
            figures.count("养老", True, 10, ["养老"])
    assert "the disk is full" in caplog.text


async def test_the_last_figures_are_written_at_the_end(tmp_path: Path) -> None:
    async with open_database(sqlite_address(tmp_path)) as database:
        figures = UsageRecorder(Usage(database), lambda: NOW)
        async with figures.serving():
            figures.count("养老", True, 10, ["养老"])
        assert [day.asked for day in await Usage(database).days()] == [1]


def test_what_waits_for_room_keeps_no_more_words_than_a_day_has() -> None:
    waiting = DayCounts()
    for first in (0, WORDS):
        more = DayCounts()
        more.count("", True, 1, [str(number) for number in range(first, first + WORDS)])
        waiting.add(more)
    assert len(waiting.words) == WORDS

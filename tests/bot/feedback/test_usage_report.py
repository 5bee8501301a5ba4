"""The picture of /stats is drawn by a process that is told nothing but the figures."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.feedback.usage import UsageRecorder, UsageReport, UsageReporter
from bot.feedback.usage_chart import MISSED, draw
from bot.state.questions import Day
from bot.state.state import State, open_state, sqlite_address
from bot.texts import phrases

NOW = datetime(2026, 11, 21, tzinfo=UTC)
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

"""The picture of /stats is drawn by a process that is told nothing but the figures."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.feedback.usage import UsageRecorder, UsageReport, UsageReporter
from bot.state.state import State, open_state, sqlite_address
from bot.state.usage import Day
from bot.texts import phrases

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MONTH = UsageReport([Day(NOW.date(), 3, 2, 30, ())], [("养老", 3)], 1, (1, 0))
TELL_TALE = "import os, pathlib; pathlib.Path({!r}).write_text(repr(dict(os.environ)))"


def stats(state: State, folder: Path) -> UsageReporter:
    return UsageReporter(state, UsageRecorder(state.usage, lambda: NOW), folder / "matplotlib")


async def test_what_stands_in_our_environment_does_not_reach_the_process_that_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "sitecustomize.py").write_text(TELL_TALE.format(str(seen)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with open_state(sqlite_address(tmp_path)) as state:
        picture = await stats(state, tmp_path).picture(MONTH, phrases(None).admin)
    assert picture is not None and picture.startswith(b"\x89PNG")
    assert not seen.exists()
    assert list((tmp_path / "matplotlib").iterdir())

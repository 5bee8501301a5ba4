"""docs/privacy.md says all that is kept, column by column and file by file."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot.admin.upload_store import UploadStore
from bot.state.sqlite_inbox import SCHEMA, open_inboxes
from bot.state.state import open_state, sqlite_address
from tests.bot.feedback.test_loop import talking
from tests.bot.state.test_forgetting import ME, NOW, PSEUDONYMS, leave_traces
from tests.support.process import ROOT

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
READER, ADMIN = 700_800_901, 900_100_201


def rows(section: str) -> dict[str, list[str]]:
    """A section's table: the first cell's name, and the names in the second."""
    text = PAGE.split(f"## {section}", 1)[1].split("\n## ", 1)[0]
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {first.strip().strip("`"): re.findall(r"`(\w+)`", second) for first, second, *_ in cells}


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as raw:
        found = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {name for (name,) in found}


def columns_with(path: Path, *needles: str) -> dict[str, set[str]]:
    """The columns in which any of the needles stands, by table."""
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(path)) as raw:
        for table in tables(path):
            cursor = raw.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            for row in cursor:
                held = {
                    name
                    for name, value in zip(names, row, strict=True)
                    if any(needle in str(value) for needle in needles)
                }
                if held:
                    found.setdefault(table, set()).update(held)
    return found


async def test_the_page_names_every_table_and_every_column_that_holds_an_id(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        await leave_traces(state, ME)
    told = rows("数据库")
    assert set(told) == tables(tmp_path / "state.sqlite")
    typed = {"text", "key", "word", "slowest"}  # questions and words, in which people may type anything
    held = columns_with(tmp_path / "state.sqlite", ME, PSEUDONYMS.of("telegram", ME))
    for table, columns in held.items():
        assert columns - typed == set(told[table]), table
    assert {table for table, columns in told.items() if columns} <= set(held)


def test_the_page_names_every_table_of_the_inbox() -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.executescript(SCHEMA)
        found = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        assert {name for (name,) in found} == set(rows("收件箱"))


async def test_the_page_names_every_file_that_a_running_bot_keeps(tmp_path: Path) -> None:
    async with talking(tmp_path, ADMIN) as talk:
        await talk.says(READER, "CIIE")
        await talk.press(READER, "有了告诉我")
        kept = {re.sub(r"-(wal|shm)$", "", path.name) for path in talk.bot.data.iterdir()}
        assert kept <= {*rows("数据文件夹"), "state.sqlite", "inbox.sqlite"}
        assert await talk.bot.stop() == 0
        assert str(READER) not in talk.bot.log_text()
        assert "CIIE" not in talk.bot.log_text()


async def test_the_page_names_what_is_moved_aside_or_replaced(tmp_path: Path) -> None:
    articles, data = tmp_path / "articles", tmp_path / "data"
    for folder in (articles, data):
        folder.mkdir()
    for text in ("旧", "新"):
        UploadStore(data, articles).write_beside("a.toml", text, NOW)
    (data / "inbox.sqlite").write_bytes(b"no database " * 500)
    async with open_inboxes(data / "inbox.sqlite", NOW.timestamp, "telegram"):
        kept = {re.sub(r"damaged-\d+", "damaged-时间", path.name) for path in data.iterdir()}
    assert {"history", "inbox.sqlite.damaged-时间"} <= kept
    assert {re.sub(r"-(wal|shm)$", "", name) for name in kept} <= {*rows("数据文件夹"), "inbox.sqlite"}


async def test_what_the_page_says_is_kept_for_days_is_not_kept_longer(tmp_path: Path) -> None:
    later = NOW + timedelta(days=31)
    async with open_state(sqlite_address(tmp_path)) as state:
        await leave_traces(state, ME)
        await state.questions.forget(later)
        await state.outbox.forget(later)
        await state.votes.forget(later)
        await state.usage.forget(later.date())
        await state.shown.forget(later)
        await state.confirmations.forget(later)
    left = columns_with(tmp_path / "state.sqlite", ME, PSEUDONYMS.of("telegram", ME))
    forever = {"watches", "preferences", "roles", "audit", "uploads", "pointers"}
    assert set(left) == forever

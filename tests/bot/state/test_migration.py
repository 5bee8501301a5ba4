"""A database of an older program is brought up, also after a kill in the middle."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from bot.state.database import STEPS
from bot.state.state import open_state, sqlite_address

OLD = """
import sys
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
import bot.state.database as migrate
from pathlib import Path

engine = create_engine(f"sqlite:///{sys.argv[1]}/state.sqlite")
with engine.begin() as connection:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    connection.exec_driver_sql(
        "INSERT INTO roles VALUES ('telegram', '42', 'editor', 'telegram:1', '2026-01-01 00:00:00.000000')"
    )
"""

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from bot.state.state import open_state, sqlite_address

left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    if statement.lstrip().upper().startswith(("CREATE", "INSERT", "UPDATE", "DELETE", "ALTER")):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with open_state(sqlite_address(Path(sys.argv[1]))):
        pass

asyncio.run(main())
"""


def run(script: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-c", script, *arguments], check=False).returncode


def revision(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "state.sqlite")) as raw:
        (found,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found)


async def kill_at(folder: Path, statement: int) -> int:
    """Kill a migration at a statement, start again; return how the first ended."""
    assert run(OLD, str(folder)) == 0
    ended = run(KILLED, str(folder), str(statement))
    if ended:
        assert revision(folder) == "0001"
    async with open_state(sqlite_address(folder)) as state:
        assert await state.roles.role("telegram", "42") == "editor"
        assert await state.watches.all() == []
    assert revision(folder) == max(path.name for path in STEPS.glob("[0-9]*.py"))[:4]
    return ended


@pytest.mark.parametrize("statement", [1, 7, 15])
async def test_a_migration_killed_midway_is_done_at_the_next_start(tmp_path: Path, statement: int) -> None:
    assert await kill_at(tmp_path, statement) == -signal.SIGKILL


@pytest.mark.soak
async def test_a_migration_killed_at_any_statement_is_done_at_the_next_start(tmp_path: Path) -> None:
    for statement in count(1):
        folder = tmp_path / str(statement)
        folder.mkdir()
        if await kill_at(folder, statement) == 0:
            break
    print(f"killed at each of {statement - 1} statements")
    assert statement > 15

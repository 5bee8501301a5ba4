"""Opening the state: migrations, also after a kill in the middle, damage, a newer program, a closed disk."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.errors import StateDamaged, StateError, StateTooNew
from bot.state.database import STEPS, open_database
from bot.state.people import AuditEntry
from bot.state.state import open_state, sqlite_address
from bot.state.tables import metadata
from tests.support.process import drivers_ended

NOW = datetime(2026, 11, 21, tzinfo=UTC)


async def test_the_migrations_lead_to_the_tables_of_this_program(database: str) -> None:
    def differences(connection: Connection) -> list[object]:
        postgres = connection.dialect.name == "postgresql"
        options = {
            "compare_type": postgres,  # SQLite keeps no lengths
            "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with open_database(database) as opened, opened.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_whoever_is_cancelled_however_often_leaves_no_connection_open(tmp_path: Path) -> None:
    async def hold(opened: asyncio.Event) -> None:
        async with open_state(sqlite_address(tmp_path)):
            opened.set()
            await asyncio.Event().wait()

    for wait in range(24):
        async with open_state(sqlite_address(tmp_path)) as state:
            asking = [asyncio.create_task(state.audit.last()) for _ in range(4)]
            await asyncio.sleep(wait / 6_000)
            for task in asking:
                task.cancel()
            await asyncio.wait(asking)
        if wait % 2:
            holding = asyncio.create_task(hold(opened := asyncio.Event()))
            await opened.wait()
            for _ in range(3):
                holding.cancel()
                await asyncio.sleep(wait / 20_000)
            await asyncio.wait([holding])
            assert holding.cancelled()
        names = [path.name for path in tmp_path.iterdir()]
        assert names == ["state.sqlite"]  # the last that closes folds the log in


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)):
        pass
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StateTooNew, match=r"state\.sqlite.*9999"):
        async with open_state(sqlite_address(tmp_path)):
            pass


@pytest.mark.parametrize("offset", [0, 18, 4096 + 5])
async def test_a_damaged_database_is_refused_by_name_and_left_alone(tmp_path: Path, offset: int) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        await state.audit.add(AuditEntry(NOW, "shell", "reload", "done"))
    path = tmp_path / "state.sqlite"
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = b"\xa5" * 40
    path.write_bytes(data)
    with pytest.raises(StateDamaged, match=r"state\.sqlite.*损坏"):
        async with open_state(sqlite_address(tmp_path)):
            pass
    assert path.read_bytes() == bytes(data)


async def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    before = threading.enumerate()
    with pytest.raises(StateError, match="不能写入"):
        async with open_state("sqlite+aiosqlite:////proc/nowhere/state.sqlite"):
            pass
    await drivers_ended(before)


@pytest.mark.parametrize(
    ("done", "broken"),
    [
        ("UPDATE audit SET outcome = 'done' WHERE number = 2", 2),
        ("UPDATE audit SET actor = 'telegram:6', actor_salt = '' WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 2", 3),
    ],
    ids=["changed", "laid upon another", "removed"],
)
async def test_a_change_of_the_audit_log_is_found(tmp_path: Path, done: str, broken: int) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        for n in range(3):
            await state.audit.add(AuditEntry(NOW, "telegram:42", "reload", "refused", str(n)))
        with closing(sqlite3.connect(tmp_path / "state.sqlite")) as raw, raw:
            raw.execute(done)
        assert await state.audit.first_broken() == broken


AUDIT = """
import asyncio, sys
from datetime import datetime, UTC
from pathlib import Path
from bot.state.people import AuditEntry
from bot.state.state import open_state, sqlite_address

async def main():
    async with open_state(sqlite_address(Path(sys.argv[1]))) as state:
        n = 0
        while True:
            await state.audit.add(AuditEntry(datetime.now(UTC), "shell", "reload", "done", str(n)))
            print(n, flush=True)
            n += 1

asyncio.run(main())
"""


@pytest.mark.slow
async def test_every_acknowledged_audit_row_survives_kill_9_and_the_chain_is_whole(tmp_path: Path) -> None:
    acknowledged = 0
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", AUDIT, str(tmp_path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(17):
                writer.stdout.readline()
                acknowledged += 1
            writer.kill()
            acknowledged += len(writer.stdout.read().splitlines())
    async with open_state(sqlite_address(tmp_path)) as state:
        assert len(await state.audit.last(10_000)) >= acknowledged
        assert await state.audit.first_broken() is None


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


@pytest.mark.slow
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

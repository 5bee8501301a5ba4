"""Opening the state: migrations, damage, a newer program, a closed disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.errors import StateDamaged, StateError, StateTooNew
from bot.state.database import open_database
from bot.state.people import AuditEntry
from bot.state.state import open_state, sqlite_address
from bot.state.tables import metadata

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


async def test_what_was_written_is_there_at_the_next_opening(tmp_path: Path) -> None:
    for _ in range(2):
        async with open_state(sqlite_address(tmp_path)) as state:
            await state.audit.add(AuditEntry(NOW, "shell", "reload", "done"))
    async with open_state(sqlite_address(tmp_path)) as state:
        assert len(await state.audit.last()) == 2
        assert await state.audit.first_broken() is None


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
    with pytest.raises(StateError, match="不能写入"):
        async with open_state("sqlite+aiosqlite:////proc/nowhere/state.sqlite"):
            pass
    await asyncio.sleep(0.1)  # the driver's thread reports its end to this loop


async def test_a_changed_row_of_the_audit_log_is_found(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        for n in range(3):
            await state.audit.add(AuditEntry(NOW, "telegram:42", "reload", "refused", str(n)))
        with closing(sqlite3.connect(tmp_path / "state.sqlite")) as raw, raw:
            raw.execute("UPDATE audit SET outcome = 'done' WHERE number = 2")
        assert await state.audit.first_broken() == 2


async def test_a_removed_row_of_the_audit_log_is_found(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        for n in range(3):
            await state.audit.add(AuditEntry(NOW, "telegram:42", "reload", "refused", str(n)))
        with closing(sqlite3.connect(tmp_path / "state.sqlite")) as raw, raw:
            raw.execute("DELETE FROM audit WHERE number = 2")
        assert await state.audit.first_broken() == 3


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

"""A state in PostgreSQL comes back from a backup: by the server's own tools, and by rows in our own file."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bot.messages import Chat, ChatType
from bot.ports import Preference
from bot.state.audit import Entry
from bot.state.people import Person
from bot.state.state import copy_state, open_state
from tests.bot.state.test_forgetting import ME, PSEUDONYMS, leave_traces
from tests.support.postgres import Server

NOW = datetime(2026, 11, 28, tzinfo=UTC)
CHAT = Chat("matrix", "!r:例.org", ChatType.GROUP)


async def fill(address: str) -> None:
    async with open_state(address) as state:
        await leave_traces(state, ME)
        await state.aliases.add(("甲😀", "乙"), NOW)
        await state.preferences.put(CHAT, Preference(facts=2))
        for act in ("reload", "grant"):
            await state.audit.add(Entry(NOW, f"telegram:{ME}", act, "done", "细节 \0 x"))


async def seen(address: str) -> tuple[object, ...]:
    async with open_state(address) as state:
        return (
            await state.audit.last(),
            await state.aliases.all(),
            await state.preferences.get(CHAT),
            await state.roles.all(),
            await state.questions.count(),
            await state.watches.all(),
        )


async def goes_on(address: str) -> None:
    """What is counted goes on counting behind what came back, and the chain of the audit is whole."""
    async with open_state(address) as state:
        await state.aliases.add(("丙", "丁"), NOW)
        numbers = [alias.number for alias in await state.aliases.all()]
        assert len(numbers) == len(set(numbers))
        await state.audit.add(Entry(NOW, "shell", "reload", "done"))
        assert await state.audit.first_broken() is None


async def test_pg_dump_brings_everything_back_the_inbox_too(postgres_server: Server, postgres: str) -> None:
    await fill(postgres)
    before = await seen(postgres)
    source, target = postgres.rpartition("/")[2], postgres_server.make()
    where = ["-h", "127.0.0.1", "-p", str(postgres_server.port), "-U", "chuchu"]

    def tool(program: str, *arguments: str, given: bytes = b"") -> bytes:
        command = [str(postgres_server.tool(program)), *where, *arguments]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout

    dump = await asyncio.to_thread(tool, "pg_dump", "-Fc", source)
    await asyncio.to_thread(tool, "pg_restore", "-d", target, given=dump)
    address = postgres_server.address(target)
    assert await seen(address) == before
    await goes_on(address)
    found = postgres_server.execute("SELECT to_regclass('inbox_updates') IS NOT NULL", target)
    assert found == [(True,)]
    postgres_server.drop(target)


async def test_a_copy_in_a_file_brings_the_state_back_to_any_database(
    postgres_server: Server, postgres: str, tmp_path: Path
) -> None:
    await fill(postgres)
    before = await seen(postgres)
    await asyncio.to_thread(copy_state, postgres, tmp_path / "copy.sqlite")
    assert await seen(f"sqlite+aiosqlite:///{tmp_path / 'copy.sqlite'}") == before
    other = postgres_server.address(postgres_server.make("migrated"))
    async with open_state(other) as state:
        await state.aliases.add(("旧", "旧的"), NOW)
        await state.copies.put_back(tmp_path / "copy.sqlite")
    assert await seen(other) == before
    await goes_on(other)
    postgres_server.drop(other.rpartition("/")[2])


async def test_who_was_forgotten_is_in_no_row_and_in_no_copy_made_after(
    postgres: str, tmp_path: Path
) -> None:
    await fill(postgres)
    async with open_state(postgres) as state:
        await state.erasure.forget(Person("telegram", ME, PSEUDONYMS.of("telegram", ME)))
    await asyncio.to_thread(copy_state, postgres, tmp_path / "copy.sqlite")
    assert ME.encode() not in (tmp_path / "copy.sqlite").read_bytes()

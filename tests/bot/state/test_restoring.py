"""A state in PostgreSQL comes back from a backup: by the server's own tools, and by rows in our own file."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.inbox import ClosedChat, UpdateStatus
from bot.messages import Chat, ChatType
from bot.ports import Preference
from bot.state.cluster import open_cluster
from bot.state.people import AuditEntry, Person
from bot.state.state import copy_state, open_state
from tests.bot.state.test_forgetting import ME, OTHER, PSEUDONYMS, leave_traces
from tests.support.inbox import PLATFORM, Collected, new_update
from tests.support.postgres import Server

NOW = datetime(2026, 11, 28, tzinfo=UTC)
CHAT = Chat("matrix", "!r:例.org", ChatType.GROUP)


async def fill(address: str) -> None:
    """Everything that the state keeps, and an inbox with somebody who waits and somebody who was answered."""
    async with open_state(address) as state:
        await leave_traces(state, ME)
        await state.aliases.add(("甲😀", "乙"), NOW)
        await state.preferences.put(CHAT, Preference(facts=2))
        for act in ("reload", "grant"):
            await state.audit.add(AuditEntry(NOW, f"telegram:{ME}", act, "done", "细节 \0 x"))
    async with open_cluster(address) as cluster:
        inbox, work = cluster.inboxes.of(PLATFORM), Collected()
        async with inbox.delivering(work):
            await inbox.store([new_update(1, ME), new_update(2, OTHER)], "3")
            first, _ = await work.until(2)
            await inbox.end(first.number, UpdateStatus.ANSWERED, reply=(ME, "1", "2"))
            await inbox.close_chat(ClosedChat(f"{ME}/5", "blocked", 1.0))


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
        await state.audit.add(AuditEntry(NOW, "shell", "reload", "done"))
        assert await state.audit.first_broken() is None


class Restored:
    """Ways of putting a state aside and bringing it back into another database."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self._copy = folder / "copy.sqlite"

    async def pg_dump(self, address: str) -> tuple[str, bytes]:
        """By the server's own tools, the inbox too; what no crash outlives stays behind."""
        target = self._server.make()
        dump = await asyncio.to_thread(
            self._tool, "pg_dump", "-Fc", "-Z0", "--no-unlogged-table-data", address.rpartition("/")[2]
        )
        await asyncio.to_thread(self._tool, "pg_restore", "-d", target, given=dump)
        return self._server.address(target), dump

    async def export(self, address: str) -> tuple[str, bytes]:
        """By rows, as `chuchu backup` does, over what another database holds."""
        await asyncio.to_thread(copy_state, address, self._copy)
        target = self._server.address(self._server.make("migrated"))
        async with open_state(target) as state:
            await state.aliases.add(("旧", "旧的"), NOW)
            await state.copies.put_back(self._copy)
        return target, self._copy.read_bytes()

    def _tool(self, program: str, *arguments: str, given: bytes = b"") -> bytes:
        where = ["-h", "127.0.0.1", "-p", str(self._server.port), "-U", "chuchu"]
        command = [str(self._server.tool(program)), *where, *arguments]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout


@pytest.mark.parametrize("way", [Restored.pg_dump, Restored.export], ids=["pg_dump", "export"])
@pytest.mark.parametrize("forgotten", [False, True], ids=["whole", "forgotten"])
async def test_it_comes_back_as_it_was_without_who_was_forgotten(
    postgres_server: Server,
    postgres: str,
    tmp_path: Path,
    way: Callable[[Restored, str], Awaitable[tuple[str, bytes]]],
    forgotten: bool,
) -> None:
    await fill(postgres)
    if forgotten:
        async with open_state(postgres) as state, open_cluster(postgres) as cluster:
            await state.erasure.forget(Person(PLATFORM, ME, PSEUDONYMS.of(PLATFORM, ME)))
            await cluster.inboxes.of(PLATFORM).forget(ME)
    before = await seen(postgres)
    address, put_aside = await way(Restored(postgres_server, tmp_path), postgres)
    assert [needle in put_aside for needle in (ME.encode(), PSEUDONYMS.of(PLATFORM, ME).encode())] == [
        not forgotten,
        not forgotten,
    ]
    assert await seen(address) == before
    await goes_on(address)
    if way is Restored.pg_dump:
        async with open_cluster(address) as cluster:
            inbox, work = cluster.inboxes.of(PLATFORM), Collected()
            assert await inbox.position() == "3"
            assert await inbox.store([new_update(1, ME), new_update(3, OTHER)]) == 1  # one is known
            async with inbox.delivering(work):
                assert [update.queue for update in await work.until(2)] == [OTHER, OTHER]
    postgres_server.drop(address.rpartition("/")[2])

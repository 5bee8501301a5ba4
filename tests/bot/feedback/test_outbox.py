"""What waits to be told goes out once, in good and in bad times."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StateReadOnly
from bot.feedback.outbox import IN_FLIGHT, TRIES, OutboxWorker
from bot.messages import Chat, ChatType, Reply, Run
from bot.state.chats import Outbox, Subscriber, enqueue
from bot.state.database import open_database
from bot.state.state import State, open_state, sqlite_address
from tests.support.clock import Clock
from tests.support.server import PATIENCE, until

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Platform:
    """Remembers what it was told to say; refuses chats in `down`."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.down: set[str] = set()

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        await asyncio.sleep(0)
        if chat.id in self.down:
            raise ConnectionError("down")
        self.said.append(chat.id)
        return "1"


async def queue(folder: Path, *chats: str) -> None:
    async with open_database(sqlite_address(folder)) as database, database.writing() as connection:
        said = Reply([Run("有了")])
        await enqueue(connection, [(Chat("telegram", chat, ChatType.PRIVATE), said) for chat in chats], NOW)


async def left(outbox: Outbox, *tries: int) -> None:
    """Wait until so many posts are left, each tried so often."""
    async with asyncio.timeout(PATIENCE):
        while [post.tries for post in await outbox.due(NOW + timedelta(days=30), 100)] != list(tries):
            await asyncio.sleep(0.01)


async def test_what_waits_is_sent_once_and_a_chat_that_is_down_holds_up_nobody(tmp_path: Path) -> None:
    chats = [str(number) for number in range(50)]
    await queue(tmp_path, "down", *chats)
    platform, clock = Platform(), Clock(NOW)
    platform.down.add("down")
    async with open_state(sqlite_address(tmp_path)) as state:
        worker = OutboxWorker(state.outbox, platform.send, clock)
        async with worker.serving():
            await left(state.outbox, 1)
            assert Counter(platform.said) == Counter(chats)
            platform.down.clear()
            clock.now += timedelta(minutes=1)
            worker.call()
            await left(state.outbox)
    assert platform.said[50:] == ["down"]


async def test_after_many_tries_a_post_is_given_up(tmp_path: Path) -> None:
    await queue(tmp_path, "down")
    platform, clock = Platform(), Clock(NOW)
    platform.down.add("down")
    async with open_state(sqlite_address(tmp_path)) as state:
        worker = OutboxWorker(state.outbox, platform.send, clock)
        async with worker.serving():
            for tried in range(1, TRIES):
                await left(state.outbox, tried)
                clock.now += timedelta(days=1)
                worker.call()
            await left(state.outbox)
    assert platform.said == []


class Disk(Outbox):
    """The queue on a disk that may be full; counts what could not be written."""

    full = True
    refused = 0

    async def done(self, number: int) -> None:
        self._room()
        await super().done(number)

    async def postpone(self, number: int, due: datetime) -> None:
        self._room()
        await super().postpone(number, due)

    def _room(self) -> None:
        if self.full:
            self.refused += 1
            raise StateReadOnly("the disk is full")


async def test_on_a_full_disk_nothing_is_sent_twice(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await queue(tmp_path, "up", "down")
    platform, clock = Platform(), Clock(NOW)
    platform.down.add("down")
    async with open_database(sqlite_address(tmp_path)) as database:
        disk = Disk(database)
        async with OutboxWorker(disk, platform.send, clock, rest=0.01).serving():
            await until(lambda: disk.refused >= 8)
            assert platform.said == ["up"]
            disk.full = False
            await left(disk, 1)
            platform.down.clear()
            clock.now += timedelta(minutes=1)
            await left(disk)
    assert platform.said == ["up", "down"]
    assert "post 1 is over cannot be written" in caplog.text
    assert "post 2 is put off cannot be written" in caplog.text


WATCHERS = 1_000
TELLING = """
import asyncio, sys
from datetime import datetime, UTC
from pathlib import Path
from bot.query_service import open_query_service
from bot.feedback.outbox import OutboxWorker
from bot.feedback.watches import WatchService
from bot.rendering.fact import no_permalinks
from bot.state.state import open_state, sqlite_address
from knowledge.snapshot import SnapshotHolder
from tests.support.paper import Press

def now():
    return datetime.now(UTC)

async def send(chat, reply):
    await asyncio.sleep(0.002)
    print(chat.id, flush=True)
    return "1"

async def main():
    press = Press()
    press.issue("道路施工公告。")
    store = SnapshotHolder(press.issue("道路施工公告。", "社区养老服务有了新办法。"))
    async with open_state(sqlite_address(Path(sys.argv[1]))) as state:
        with open_query_service(store) as lookup:
            worker = OutboxWorker(state.outbox, send, now)
            watching = WatchService(state, lookup, press.fresh, no_permalinks, now, worker.call)
            async with worker.serving():
                await watching.notify(store.version)
                while await state.outbox.next_due():
                    await asyncio.sleep(0.05)

asyncio.run(main())
"""


def tell(folder: Path, kill_after: int | None = None) -> list[str]:
    """Run the telling process, killed after so many lines; return whom it told."""
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", TELLING, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(kill_after or 0)]
        if kill_after is not None:
            process.kill()
        return [*told, *process.stdout.read().split()]


async def watchers(state: State) -> None:
    """Let a thousand chats watch a word, and everybody have heard of the first version."""
    for number in range(WATCHERS):
        subscriber = Subscriber(Chat("telegram", str(1000 + number), ChatType.PRIVATE))
        await state.watches.keep(subscriber, "养老", "养老", NOW)
    await state.checkpoints.set("told_version", "000001")


@pytest.mark.slow
async def test_a_thousand_watchers_are_told_once_over_kills_in_the_middle(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        await watchers(state)
    told: list[str] = []
    kills = (1, 400)
    for after in kills:
        told += tell(tmp_path, after)
    told += tell(tmp_path)
    counted = Counter(told)
    assert len(counted) == WATCHERS
    assert sum(counted.values()) - WATCHERS <= len(kills) * IN_FLIGHT
    async with open_state(sqlite_address(tmp_path)) as state:
        assert await state.outbox.next_due() is None
        assert await state.checkpoints.get("told_version") == "000002"

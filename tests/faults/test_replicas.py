"""Three real bots over one real PostgreSQL, under load: killed, frozen, cut off; nothing is lost, nobody answered out of order.

What each disturbance cost is printed; the floors are asserted, as promises of docs/scaling.md.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from bot.state.replica import Lease
from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import message, private
from tests.knowledge.snapshots.corpus import write_corpus
from tests.support.postgres import Server, migrated_server

pytestmark = pytest.mark.slow

CHATS, SECONDS, RATE = 24, 20.0, 8.0
LEASE = Lease().seconds
DURABLE = ("fsync=on",)


@dataclass
class Replicas:
    """The bots, and what the readers asked."""

    api: BotApi
    server: Server
    database: str
    bots: list[BotProcess]
    asked: dict[str, int] = field(default_factory=dict)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        return self.server.execute(statement, self.database)

    async def readers(self, seconds: float) -> None:
        """Every chat asks in turn."""
        began = time.monotonic()
        number = 0
        while time.monotonic() - began < seconds:
            chat = 5000 + number % CHATS
            self.asked[str(self.api.push(message=message("道路", private(chat), number)))] = chat
            number += 1
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))

    async def crowd(self) -> None:
        """Everybody asks at once, more than may be answered in a second."""
        for chat in range(5000, 5000 + CHATS):
            self.asked[str(self.api.push(message=message("道路", private(chat), chat)))] = chat
        await asyncio.sleep(0.3)

    async def all_ended(self, seconds: float = 60) -> None:
        """Wait until every update has ended."""
        async with asyncio.timeout(seconds):
            while len(self.rows()) < len(self.asked):
                await asyncio.sleep(0.1)

    def rows(self) -> list[tuple[object, ...]]:
        """What has ended: its id, how, and the moments it came and ended, in the order of coming."""
        return self.sql(
            "SELECT id, status, received, ended FROM inbox_updates WHERE status IS NOT NULL ORDER BY number"
        )

    def leader(self) -> int:
        """Which bot polls: the one whose log says so last."""
        logs = [bot.log_text() for bot in self.bots]
        return max(
            range(len(logs)),
            key=lambda at: (
                logs[at].rfind('"leading telegram"') - logs[at].rfind('"no longer leading telegram"')
            ),
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that writes to the disk as one in use does."""
    with migrated_server(DURABLE) as running:
        yield running


@asynccontextmanager
async def three(folder: Path, server: Server) -> AsyncIterator[Replicas]:
    """Three bots that serve one database."""
    articles = folder / "articles"
    articles.mkdir()
    write_corpus(articles, 4)
    name = server.make("migrated")
    async with bot_api() as api, AsyncExitStack() as stack:
        bots = []
        for number in range(3):
            own = folder / str(number)
            own.mkdir()
            settings = {"CHUCHU_DATABASE": server.address(name), "CHUCHU_ARTICLES": str(articles)}
            bots.append(await stack.enter_async_context(bot_process(own, api, **settings)))
        for bot in bots:
            await bot.ready()
        yield Replicas(api, server, name, bots)
    server.drop(name)


def wrong(replicas: Replicas) -> tuple[int, int, dict[int, int]]:
    """How many updates were lost, how many ended out of order, and how many answers too many each chat has."""
    ended: dict[int, list[float]] = {}
    known = set()
    for update, _, _, at in replicas.rows():
        known.add(str(update))
        ended.setdefault(replicas.asked[str(update)], []).append(float(str(at)))
    lost = len(replicas.asked.keys() - known)
    disorder = sum(b < a for times in ended.values() for a, b in pairwise(times))
    asked = Counter(replicas.asked.values())
    said = Counter(call.chat for call in replicas.api.made("sendMessage"))
    return lost, disorder, {chat: said[chat] - asked[chat] for chat in asked if said[chat] != asked[chat]}


async def kill(replicas: Replicas) -> float:
    """kill -9 of the one that polls; return how long nobody polled."""
    at = replicas.leader()
    await replicas.crowd()
    await replicas.bots[at].kill()
    began, polls = time.monotonic(), replicas.api.polls
    while replicas.api.polls == polls:
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def freeze(replicas: Replicas) -> float:
    """Freeze the one that polls for fifteen seconds."""
    frozen = replicas.bots[replicas.leader()]
    await replicas.crowd()
    frozen.send(signal.SIGSTOP)
    await asyncio.sleep(15)
    frozen.send(signal.SIGCONT)
    return 15.0


async def cut(replicas: Replicas) -> float:
    """Cut every connection to the database; return how long until somebody is answered again."""
    replicas.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{replicas.database}' AND pid <> pg_backend_pid()"
    )
    return await answered_again(replicas)


async def restart(replicas: Replicas) -> float:
    """Restart PostgreSQL; return how long until somebody is answered again."""
    await asyncio.to_thread(replicas.server.stop, "fast")
    await asyncio.to_thread(replicas.server.start)
    return await answered_again(replicas)


async def answered_again(replicas: Replicas) -> float:
    began = time.monotonic()
    chat = 9000 + len(replicas.asked)
    replicas.asked[str(replicas.api.push(message=message("道路", private(chat), 1)))] = chat
    await replicas.api.until(lambda: replicas.api.said(chat))
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("disturb", "longest", "recovered"),
    [(kill, LEASE + 2, 2.0), (freeze, 2 * LEASE, 15.0), (cut, LEASE + 2, 3.0), (restart, LEASE + 2, 10.0)],
    ids=["killed", "frozen", "cut", "restarted"],
)
async def test_nothing_is_lost_and_nobody_is_answered_out_of_order(
    tmp_path: Path,
    server: Server,
    disturb: Callable[[Replicas], Awaitable[float]],
    longest: float,
    recovered: float,
) -> None:
    async with three(tmp_path, server) as replicas:
        reading = asyncio.create_task(replicas.readers(SECONDS))
        await asyncio.sleep(SECONDS / 4)
        took = await disturb(replicas)
        await reading
        await replicas.all_ended()
        lost, disorder, too_many = wrong(replicas)
        waits = sorted(float(str(ended)) - float(str(came)) for _, _, came, ended in replicas.rows())
        fenced = sum(bot.log_text().count("was taken for dead") for bot in replicas.bots)
        print(
            f"{disturb.__name__}: {len(waits)} updates, {took:.2f} s to recover, longest wait {waits[-1]:.2f} s,"
            f" median {waits[len(waits) // 2]:.3f} s, lost {lost}, out of order {disorder},"
            f" answers too many {sum(too_many.values())} in {len(too_many)} chats, taken for dead {fenced}"
        )
        assert (lost, disorder) == (0, 0)
        assert all(0 <= more <= 1 for more in too_many.values()), too_many
        assert {status for _, status, _, _ in replicas.rows()} == {"answered"}
        assert waits[-1] <= longest
        assert took <= recovered
        assert fenced == (disturb is freeze)

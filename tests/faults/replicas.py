"""Readers who ask, and several real bots over one real PostgreSQL that answer them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import message, private
from tests.knowledge.snapshots.corpus import write_corpus
from tests.support.postgres import Server

CHATS, RATE = 24, 8.0
DURABLE = ("fsync=on",)  # a server that writes to the disk as one in use does


@dataclass
class Readers:
    """Who asks bots that share a database, and what became of it; `sql` asks the database."""

    api: BotApi
    sql: Callable[[str], list[tuple[object, ...]]]
    asked: dict[str, int] = field(default_factory=dict, kw_only=True)

    def ask(self, chat: int, number: int = 1) -> None:
        self.asked[str(self.api.push(message=message("道路", private(chat), number)))] = chat

    async def readers(self, seconds: float, rate: float = RATE) -> None:
        """Every chat asks in turn, so many a second."""
        began, number = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            self.ask(5000 + number % CHATS, number)
            number += 1
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))

    async def crowd(self) -> None:
        """Everybody asks at once, more than may be answered in a second."""
        for chat in range(5000, 5000 + CHATS):
            self.ask(chat, chat)
        await asyncio.sleep(0.3)

    async def answered_again(self) -> float:
        """Return how long until somebody new is answered."""
        began, chat = time.monotonic(), 9000 + len(self.asked)
        self.ask(chat)
        await self.api.until(lambda: self.api.said(chat))
        return time.monotonic() - began

    async def all_ended(self) -> None:
        await self.api.until(lambda: len(self.rows()) == len(self.asked))

    def rows(self) -> list[tuple[object, ...]]:
        """What has ended: its id, how, and the moments it came and ended, in the order of coming."""
        return self.sql(
            "SELECT id, status, received, ended FROM inbox_updates WHERE status IS NOT NULL ORDER BY number"
        )

    def waits(self) -> list[float]:
        """How long each update waited for its end, the longest last."""
        return sorted(float(str(ended)) - float(str(came)) for _, _, came, ended in self.rows())

    def wrong(self) -> tuple[int, int, dict[int, int]]:
        """How many updates were lost, how many ended out of order, and how many answers too many each chat has."""
        ended: dict[int, list[float]] = {}
        known = set()
        for update, _, _, at in self.rows():
            known.add(str(update))
            ended.setdefault(self.asked[str(update)], []).append(float(str(at)))
        lost = len(self.asked.keys() - known)
        disorder = sum(b < a for times in ended.values() for a, b in pairwise(times))
        asked = Counter(self.asked.values())
        said = Counter(call.chat for call in self.api.made("sendMessage"))
        return lost, disorder, {chat: said[chat] - asked[chat] for chat in asked if said[chat] != asked[chat]}

    def once_more_at_most(self) -> bool:
        """Nothing is lost or out of order, and what was on its way when something broke was said twice at most."""
        lost, disorder, too_many = self.wrong()
        assert (lost, disorder) == (0, 0)
        assert all(0 <= more <= 1 for more in too_many.values()), too_many
        return True

    def told(self) -> str:
        """For whoever reads the figures."""
        waits, (lost, disorder, too_many) = self.waits(), self.wrong()
        return (
            f"{len(waits)} updates, longest wait {waits[-1]:.2f} s, median {waits[len(waits) // 2]:.3f} s, lost {lost},"
            f" out of order {disorder}, answers too many {sum(too_many.values())} in {len(too_many)} chats"
        )


@dataclass
class Replicas(Readers):
    """The bots that the readers ask."""

    server: Server
    database: str
    folder: Path
    articles: Path
    stack: AsyncExitStack
    bots: list[BotProcess] = field(default_factory=list)

    def settings(self, **more: str) -> dict[str, str]:
        database = self.server.address(self.database)
        return {"CHUCHU_DATABASE": database, "CHUCHU_ARTICLES": str(self.articles), **more}

    def own(self, number: int) -> Path:
        """The folder of one."""
        folder = self.folder / str(number)
        folder.mkdir(exist_ok=True)
        return folder

    async def start(self, number: int, **settings: str) -> BotProcess:
        """Start one in its own folder, in the place of one that has stopped there."""
        starting = bot_process(self.own(number), self.api, **self.settings(**settings))
        bot = await self.stack.enter_async_context(starting)
        self.bots[number : number + 1] = [bot]
        return bot

    def leader(self) -> int:
        """Which bot polls: the one whose log says so last."""
        logs = [bot.log_text() for bot in self.bots]
        leads, no_longer = '"leading telegram"', '"no longer leading telegram"'
        return max(range(len(logs)), key=lambda at: logs[at].rfind(leads) - logs[at].rfind(no_longer))


@asynccontextmanager
async def replicas(folder: Path, server: Server, count: int = 3) -> AsyncIterator[Replicas]:
    """So many bots that serve one database of their own."""
    name = server.make("migrated")
    async with bot_api() as api, AsyncExitStack() as stack:
        (folder / "articles").mkdir()
        articles = write_corpus(folder / "articles", 4)
        running = Replicas(
            api, lambda said: server.execute(said, name), server, name, folder, articles, stack
        )
        for number in range(count):
            await running.start(number)
        yield running
    server.drop(name)

"""Half an hour of life: questions all the time, a fault a minute, a reload every two. `SOAK_MINUTES` shortens it."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from statistics import median

import aiohttp
import psutil
import pytest

from tests.botapi import faults
from tests.botapi.faults import Fault, Refusal
from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import group, message, private
from tests.support.process import ROOT
from tests.support.server import Garbage, Hang, Reset, at_once, free_port

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment: bytes of memory, threads, descriptors, tasks, and seconds that `/healthz` took."""

    memory: int
    threads: int
    descriptors: int
    tasks: int
    health: float


def thirds(row: Sequence[float]) -> tuple[Sequence[float], ...]:
    """A row in three parts of one size."""
    size = len(row) // 3
    return row[:size], row[size : 2 * size], row[2 * size : 3 * size]


def p99(row: Sequence[float]) -> float:
    return sorted(row)[len(row) * 99 // 100]


def usual_p99(row: Sequence[float]) -> float:
    """The median of the 99th percentiles of eight parts, in order: one hiccup of the disk is in one part only."""
    size = len(row) // 8
    return median(p99(row[at : at + size]) for at in range(0, 8 * size, size))


def is_steady(samples: Sequence[Sample], **more: float) -> bool:
    """Print figures by thirds, and tell whether none has more than so much more in the last one than in the middle."""
    found = {
        name: [median(part) for part in thirds([getattr(one, name) for one in samples])] for name in more
    }
    for name, parts in found.items():
        print(f"{name}, by thirds: {', '.join(f'{part:,.0f}' for part in parts)}")
    return all(found[name][2] <= found[name][1] + most for name, most in more.items())


@asynccontextmanager
async def watching(
    pid: int, page: str, door: str, token: str, every: float = 1.0
) -> AsyncIterator[list[Sample]]:
    """Look at a process every so often while the block runs."""
    samples, process = list[Sample](), psutil.Process(pid)
    clock = asyncio.get_running_loop().time

    async def look(http: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep(every)
            began = clock()
            async with http.get(f"{page}/healthz") as answer:
                await answer.read()
            health = clock() - began
            async with http.get(f"{door}/metrics", headers={"Authorization": f"Bearer {token}"}) as answer:
                told = await answer.text()
            tasks = re.search(r"^chuchu_tasks ([\d.]+)$", told, re.MULTILINE)
            assert tasks, told
            used = process.memory_info().rss, process.num_threads(), process.num_fds()
            samples.append(Sample(*used, int(float(tasks[1])), health))

    async with aiohttp.ClientSession() as http, at_once(asyncio.create_task(look(http))):
        yield samples


MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
RATE = 20  # updates a second
UNQUIET = 20.0  # seconds after a fault that count as part of it
TOKEN = "token-of-the-soak"
QUESTIONS = (
    "莫德纳", "蕃瓜弄", "临港 离岸贸易 2023", "果洛的平均海拔是多少？", "北京地铁票价", "金食汇", "联合检查码", "/help",
)  # fmt: skip
FAULTS: tuple[tuple[str, Fault], ...] = (
    ("getUpdates", faults.UNAUTHORIZED),
    ("sendMessage", Refusal(500, "Internal Server Error")),
    ("getUpdates", Garbage(b"<html>Bad Gateway</html>", 502)),
    ("getUpdates", Hang()),
    ("sendMessage", faults.flood(5)),
    ("getUpdates", faults.SECOND_POLLER),
    ("getUpdates", Reset()),
    ("getUpdates", Garbage(b'{"ok":true,"result":[{"update_id":')),
    ("sendMessage", Reset()),
    ("getUpdates", faults.NOT_FOUND),
)


@dataclass
class Town:
    """Readers who ask, 20 updates a second, one in three of them to the bot."""

    api: BotApi
    pushed: int = 0
    asked: dict[int, float] = field(default_factory=dict)  # when each reader asked; a reader asks once
    unquiet: list[float] = field(default_factory=list)

    async def live(self) -> None:
        began, pick = self.api.clock(), random.Random(30)
        while True:
            self.pushed += 1
            text, where = "闲聊" * pick.randint(1, 50), group(-100 - self.pushed % 40)
            if not self.pushed % 3:
                reader = 10_000 + self.pushed
                self.asked[reader] = self.api.clock()
                text, where = pick.choice(QUESTIONS), private(reader)
            self.api.push(strict=False, message=message(text, where, self.pushed))
            await asyncio.sleep(max(0.0, began + self.pushed / RATE - self.api.clock()))

    def waits(self) -> list[float]:
        """Seconds each reader waited, in order, but for those who asked while a fault was on."""
        answered: dict[int, float] = {}
        for call in self.api.made("sendMessage"):
            answered.setdefault(call.chat or 0, call.at)
        quiet = [r for r, at in self.asked.items() if not any(0 <= at - f < UNQUIET for f in self.unquiet)]
        return [answered[reader] - self.asked[reader] for reader in quiet if reader in answered]


async def misfortunes(town: Town, bot: BotProcess, every: float) -> None:
    """A fault every so often: the server's, a frozen bot, and what is no update at all."""
    for number, (method, fault) in enumerate(cycle(FAULTS)):
        await asyncio.sleep(every)
        town.unquiet.append(town.api.clock())
        town.api.fail(method, fault)
        town.api._next += 1
        town.api.push_raw({"update_id": town.api._next, "message": {"message_id": number}})
        if number % 3 == 0:
            bot.send(signal.SIGSTOP)
            await asyncio.sleep(2)
            bot.send(signal.SIGCONT)


async def reloads(articles: Path, bot: BotProcess, every: float, after: float = 0.0) -> None:
    """An article that changes, and a reload for it; `after` moves them all."""
    for number in count():
        await asyncio.sleep(every if number else every + after)
        text = f"第{number}次更新\n\n这是第{number}次写的一句话，说的是新的事。\n"
        (articles / "changing.txt").write_text(text, encoding="utf-8")
        bot.send(signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bot of the soak lives."""

    articles: Path
    page: str
    door: str
    settings: dict[str, str]


def place(folder: Path) -> Place:
    """The seeds, to be changed as one likes, and free ports."""
    articles = shutil.copytree(ROOT / "seeds", folder / "articles")
    page, door = (f"127.0.0.1:{free_port()}" for _ in range(2))
    settings = {"CHUCHU_ARTICLES": str(articles), "CHUCHU_ADMIN_TOKEN": TOKEN}
    settings |= {"CHUCHU_HTTP": page, "CHUCHU_ADMIN_HTTP": door}
    return Place(articles, f"http://{page}", f"http://{door}", settings)


@pytest.mark.soak
async def test_half_an_hour_with_a_fault_a_minute_leaves_the_bot_as_it_was(tmp_path: Path) -> None:
    here, length = place(tmp_path), MINUTES * 60
    minute = min(60.0, length / 4)
    async with bot_api() as api, bot_process(tmp_path, api, **here.settings) as bot:
        api.push(message=message("莫德纳", private(1)))
        await api.until(lambda: api.said(1))
        town = Town(api)
        begin = asyncio.create_task
        async with (
            watching(bot.pid, here.page, here.door, TOKEN) as samples,
            at_once(
                begin(town.live()),
                begin(misfortunes(town, bot, minute)),
                # between the faults, whose readers do not count: those of a reload do
                begin(reloads(here.articles, bot, 2 * minute, after=-0.5 * minute)),
            ),
        ):
            await asyncio.sleep(length)
        await api.until(lambda: bot.ended() >= town.pushed + 1 + len(town.unquiet), 120)
        ended = Counter(bot.endings().values())
        assert await bot.stop() == 0
    health = p99([sample.health for sample in samples])
    first, _, last = (p99(part) for part in thirds(town.waits()))
    print(f"\n{MINUTES:g} minutes, {town.pushed} updates, {len(town.unquiet)} faults; ended: {dict(ended)}")
    print(f"p99 of an answer: first third {first * 1000:.0f} ms, last third {last * 1000:.0f} ms")
    print(f"p99 of /healthz: {health * 1000:.0f} ms")
    assert set(ended) <= {"answered", "ignored", "quarantined", "refused"}
    assert health <= 0.100
    assert ended["quarantined"] == len(town.unquiet)
    answered = {call.chat for call in api.made("sendMessage")}
    assert len(town.asked.keys() - answered) <= len(town.unquiet)
    assert is_steady(samples, memory=3 * MEGABYTE, threads=1, descriptors=2, tasks=2)
    assert last <= max(
        1.2 * first, first + 0.010
    )  # below ten milliseconds the machine itself is not steadier


@pytest.mark.soak
async def test_forty_reloads_under_questions_fail_none_and_leave_nothing_behind(tmp_path: Path) -> None:
    here, failed = place(tmp_path), Counter[int]()

    async def ask(http: aiohttp.ClientSession) -> None:
        for query in cycle(QUESTIONS[:-1]):
            async with http.get(f"{here.page}/api/ask", params={"q": query}) as answer:
                await answer.read()
                failed[answer.status] += 1
            await asyncio.sleep(0.08)

    async with (
        bot_api() as api,
        bot_process(tmp_path, api, **here.settings) as bot,
        aiohttp.ClientSession() as http,
    ):
        await api.until(lambda: "网页在" in bot.log_text())
        begin = asyncio.create_task
        async with (
            watching(bot.pid, here.page, here.door, TOKEN, 0.5) as samples,
            at_once(*(begin(ask(http)) for _ in range(4)), begin(reloads(here.articles, bot, 3.0))),
        ):
            await api.until(lambda: (bot.data / "snapshots" / "000041").exists(), 600)
        kept = sorted(path.name for path in (bot.data / "snapshots").glob("0*"))
        maps = Path(f"/proc/{bot.pid}/maps").read_text(encoding="utf-8")
        gone = set(re.findall(r"/\.gone-\w+", maps))
        assert await bot.stop() == 0
    print(
        f"\n{int(kept[-1]) - 1} reloads under {sum(failed.values())} questions: {dict(failed)}; kept {kept}"
    )
    assert set(failed) == {200}
    assert len(kept) <= 4
    assert len(gone) <= 2  # what Python has not collected yet; it does not grow
    assert is_steady(samples, memory=3 * MEGABYTE, descriptors=4)

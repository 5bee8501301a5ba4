"""The running bot under signals and limits: it ends when it should, goes on when it should, and loses nothing."""

from __future__ import annotations

import asyncio
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import psutil
import pytest

from knowledge.snapshots.opening import SERVED, open_newest
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.text.analyzer import ChineseAnalyzer
from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import message, private
from tests.knowledge.snapshots.corpus import NEW, write_article, write_corpus, write_new
from tests.support.process import alive, environment

pytestmark = pytest.mark.slow
QUESTION = "第1号街坊在第1年完成了签约"
ROOM = 16_384  # bytes: less than the inbox and an index have, more than the log of one test


@asynccontextmanager
async def serving(folder: Path, count: int = 4) -> AsyncIterator[tuple[BotApi, BotProcess]]:
    """A bot on a corpus of its own that has answered its first reader, and stops when it is asked to, if it still runs."""
    if not (folder / "articles").exists():
        write_corpus(folder / "articles", count)
    async with bot_api() as api, bot_process(folder, api, CHUCHU_ARTICLES=str(folder / "articles")) as bot:
        await answered(api, 1)
        yield api, bot
        assert bot.dead or await bot.stop() == 0


async def answered(api: BotApi, *readers: int) -> None:
    """Readers ask, and each has one answer."""
    for reader in readers:
        api.push(message=message(QUESTION, private(reader)))
    await api.until(lambda: all(api.said(reader) for reader in readers))
    assert all(len(api.said(reader)) == 1 and QUESTION in api.said(reader)[0] for reader in readers)


def versions(folder: Path) -> SnapshotRepository:
    return SnapshotRepository(folder / "var" / SERVED)


def unfinished(folder: Path) -> list[Path]:
    return list(versions(folder).folder.glob(".*-*"))


def served(folder: Path) -> list[str]:
    """Every fact that the next start would serve; nothing may be damaged."""
    opened, damages = open_newest(versions(folder), ChineseAnalyzer())
    assert opened is not None and damages == []
    with closing(opened):
        return sorted(fact.text for fact in opened.snapshot.facts())


@contextmanager
def limited(which: int, to: int, *pids: int) -> Iterator[None]:
    before = {pid: resource.prlimit(pid, which) for pid in pids}
    for pid, (_, most) in before.items():
        resource.prlimit(pid, which, (to, most))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, which, limits)


def builds(pid: int) -> list[psutil.Process]:
    """What builds for a bot now: the forks of its child."""
    return [fork for child in psutil.Process(pid).children() for fork in child.children()]


async def test_early_hangups_are_no_death_and_a_hundred_make_two_reloads(tmp_path: Path) -> None:
    articles = write_corpus(tmp_path / "articles")
    async with bot_api() as api:
        bot = BotProcess(tmp_path, api, CHUCHU_ARTICLES=str(articles))
        await bot.start()
        try:
            await api.until(bot.data.exists)
            for _ in range(50):
                bot.send(signal.SIGHUP)
                await asyncio.sleep(0.02)
            await bot.ready()
            await answered(api, 1)
            await asyncio.sleep(1)
            before = len(versions(tmp_path).names())
            write_new(articles)
            for _ in range(100):
                bot.send(signal.SIGHUP)
                await asyncio.sleep(0.005)
            await answered(api, 2)
            await api.until(lambda: len(versions(tmp_path).names()) > before)
            await asyncio.sleep(1)
            await answered(api, 3)
            assert len(versions(tmp_path).names()) == before + 1
            assert await bot.stop() == 0
        finally:
            await bot.kill()
    assert NEW in served(tmp_path)


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
async def test_a_stop_in_the_middle_of_a_reload_leaves_the_old_or_the_new_version_whole(
    tmp_path: Path, which: signal.Signals
) -> None:
    async with serving(tmp_path) as (api, bot):
        write_corpus(tmp_path / "articles", 300, "新区改造")
        bot.send(signal.SIGHUP)
        await api.until(lambda: builds(bot.pid))
        children = psutil.Process(bot.pid).children(recursive=True)
        for sent in (which, signal.SIGHUP, which, signal.SIGHUP):
            bot.send(sent)
        assert await bot.ends(10) in (0, 130)
        await api.until(lambda: not any(map(alive, children)))
    assert len(served(tmp_path)) in (12, 900)
    (tmp_path / "var" / "inbox.sqlite").unlink()  # the next server counts its updates from the start again
    async with serving(tmp_path):
        assert not list(versions(tmp_path).folder.glob(".building-*"))


async def test_reloads_without_memory_or_killed_leave_the_old_version(tmp_path: Path) -> None:
    async with serving(tmp_path) as (api, bot):
        write_corpus(tmp_path / "articles", 300, "新区改造")
        (waiting,) = psutil.Process(bot.pid).children()
        most = waiting.memory_info().vms + (8 << 20)
        resource.prlimit(waiting.pid, resource.RLIMIT_AS, (most, most))
        bot.send(signal.SIGHUP)
        await api.until(lambda: "reload by" in bot.log_text())
        await answered(api, 2)
        assert versions(tmp_path).names() == ["000001"]
        bot.send(signal.SIGHUP)
        await api.until(lambda: "version 000002 serves" in bot.log_text())
        write_corpus(tmp_path / "articles", 300, "老区改造")
        bot.send(signal.SIGHUP)
        await api.until(lambda: builds(bot.pid))
        builds(bot.pid)[0].kill()
        await api.until(lambda: "信号 9" in bot.log_text())
        await answered(api, 3)
        assert (versions(tmp_path).names(), unfinished(tmp_path)) == (["000002", "000001"], [])


async def test_what_finds_no_room_in_a_file_is_neither_lost_nor_left_as_a_stump(tmp_path: Path) -> None:
    readers = range(10, 20)
    async with serving(tmp_path) as (api, bot):
        await api.until(lambda: psutil.Process(bot.pid).children())
        (builder,) = psutil.Process(bot.pid).children()
        with limited(resource.RLIMIT_FSIZE, ROOM, bot.pid, builder.pid):
            polls, answers = api.good_polls, asyncio.create_task(answered(api, *readers))
            await api.until(lambda: api.good_polls > polls + 2)
            assert len(api.queue) == len(readers)
            write_new(tmp_path / "articles")
            bot.send(signal.SIGHUP)
            await api.until(lambda: "reload by" in bot.log_text())
        await answers
        assert (versions(tmp_path).names(), unfinished(tmp_path)) == (["000001"], [])
        bot.send(signal.SIGHUP)
        await api.until(lambda: len(versions(tmp_path).names()) > 1)


async def test_a_bot_without_file_descriptors_loses_nothing_and_recovers(tmp_path: Path) -> None:
    async with serving(tmp_path) as (api, bot):
        host, _, port = bot.url.removeprefix("http://").rstrip("/").partition(":")
        opened = psutil.Process(bot.pid).num_fds()
        with limited(resource.RLIMIT_NOFILE, opened + 3, bot.pid):
            crowd = [await asyncio.open_connection(host, int(port)) for _ in range(40)]
            answers = asyncio.create_task(answered(api, *range(10, 30)))
            await asyncio.sleep(2)
            for _, writer in crowd:
                writer.close()
        await answers


def start_reload(folder: Path) -> subprocess.Popen[bytes]:
    settings = environment(CHUCHU_ARTICLES=str(folder / "articles"), CHUCHU_DATA=str(folder / "var"))
    command, nowhere = [sys.executable, "-m", "bot", "reload"], subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, env=settings, stdout=nowhere, stderr=nowhere)


@pytest.mark.parametrize(
    ("times", "seed"), [(10, 5), pytest.param(200, 6, marks=pytest.mark.soak)], ids=["ten", "two hundred"]
)
def test_after_each_kill_the_old_or_the_new_snapshot_serves_whole(
    tmp_path: Path, times: int, seed: int
) -> None:
    chance, news, articles = random.Random(seed), 0, write_corpus(tmp_path / "articles")
    began = time.monotonic()
    assert start_reload(tmp_path).wait(120) == 0
    lasts, old = time.monotonic() - began, served(tmp_path)
    for round_ in range(times):
        sentences = [f"第{round_}次重写以后的第{n}句话说的是另一件事。" for n in range(5)]
        write_article(articles, "002.txt", f"第{round_}次重写", *sentences)
        new = sorted([text for text in old if "第2号" not in text and "重写" not in text] + sentences)
        with start_reload(tmp_path) as process:
            time.sleep(chance.uniform(0, 1.1 * lasts))
            process.kill()
        found = served(tmp_path)
        assert found in (old, new), f"round {round_} of seed {seed}"
        news, old = news + (found == new), found
    write_article(articles, "last.txt", "最后一篇", "最后的一句话也要找得到。")
    assert start_reload(tmp_path).wait(120) == 0
    assert "最后的一句话也要找得到。" in served(tmp_path)
    assert not list(versions(tmp_path).folder.glob(".building-*"))
    assert times < 200 or 0 < news < times

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
from contextlib import asynccontextmanager, contextmanager
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
    """A bot on a corpus of its own that has answered its first reader."""
    if not (folder / "articles").exists():
        write_corpus(folder / "articles", count)
    async with bot_api() as api, bot_process(folder, api, CHUCHU_ARTICLES=str(folder / "articles")) as bot:
        await answered(api, 1)
        yield api, bot


async def answered(api: BotApi, reader: int) -> None:
    api.push(message=message(QUESTION, private(reader)))
    await api.until(lambda: api.said(reader))
    assert "第1号街坊在第1年完成了签约" in api.said(reader)[0]


def versions(folder: Path) -> SnapshotRepository:
    return SnapshotRepository(folder / "var" / SERVED)


def served(folder: Path) -> list[str]:
    """Every fact that the next start would serve; nothing may be damaged."""
    opened, damages = open_newest(versions(folder), ChineseAnalyzer())
    assert opened is not None and damages == []
    try:
        return sorted(fact.text for fact in opened.snapshot.facts())
    finally:
        opened.close()


@contextmanager
def limited(pid: int, which: int, to: int) -> Iterator[None]:
    before, most = resource.prlimit(pid, which)
    resource.prlimit(pid, which, (to, most))
    try:
        yield
    finally:
        resource.prlimit(pid, which, (before, most))


def builds(pid: int) -> list[psutil.Process]:
    """What builds for a bot now: the forks of its child."""
    return [fork for child in psutil.Process(pid).children() for fork in child.children()]


async def test_a_hundred_hangups_make_at_most_two_reloads_and_nobody_waits(tmp_path: Path) -> None:
    async with serving(tmp_path) as (api, bot):
        write_new(tmp_path / "articles")
        for _ in range(100):
            bot.send(signal.SIGHUP)
            await asyncio.sleep(0.005)
        await answered(api, 2)
        await api.until(lambda: len(versions(tmp_path).names()) > 1)
        await asyncio.sleep(1)
        await answered(api, 3)
        assert len(versions(tmp_path).names()) == 2
        assert await bot.stop() == 0
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


async def test_a_hangup_before_the_start_is_over_is_no_death(tmp_path: Path) -> None:
    write_corpus(tmp_path / "articles")
    async with (
        bot_api() as api,
        bot_process(tmp_path, api, CHUCHU_ARTICLES=str(tmp_path / "articles")) as bot,
    ):
        await api.until(lambda: (tmp_path / "var" / SERVED).exists())
        for _ in range(50):
            bot.send(signal.SIGHUP)
            await asyncio.sleep(0.02)
        await answered(api, 1)
        assert await bot.stop() == 0


async def test_a_reload_whose_child_is_killed_for_its_memory_leaves_the_old_version(tmp_path: Path) -> None:
    async with serving(tmp_path) as (api, bot):
        write_corpus(tmp_path / "articles", 300, "新区改造")
        bot.send(signal.SIGHUP)
        await api.until(lambda: builds(bot.pid))
        builds(bot.pid)[0].kill()
        await api.until(lambda: "信号 9" in bot.log_text())
        await answered(api, 2)
        assert versions(tmp_path).names() == ["000001"]
        assert not list(versions(tmp_path).folder.glob(".building-*"))


async def test_a_reload_that_finds_no_memory_leaves_the_old_version_and_the_next_one_works(
    tmp_path: Path,
) -> None:
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
        await api.until(lambda: len(versions(tmp_path).names()) > 1)
        assert await bot.stop() == 0


async def test_what_finds_no_room_in_a_file_is_neither_lost_nor_left_as_a_stump(tmp_path: Path) -> None:
    async with serving(tmp_path) as (api, bot):
        await api.until(lambda: psutil.Process(bot.pid).children())
        (builder,) = psutil.Process(bot.pid).children()
        with (
            limited(bot.pid, resource.RLIMIT_FSIZE, ROOM),
            limited(builder.pid, resource.RLIMIT_FSIZE, ROOM),
        ):
            polls = api.good_polls
            for reader in range(10, 20):
                api.push(message=message(QUESTION, private(reader)))
            await api.until(lambda: api.good_polls > polls + 2)
            assert len(api.queue) == 10
            write_new(tmp_path / "articles")
            bot.send(signal.SIGHUP)
            await api.until(lambda: "reload by" in bot.log_text())
        await api.until(lambda: all(api.said(reader) for reader in range(10, 20)))
        assert [len(api.said(reader)) for reader in range(10, 20)] == [1] * 10
        assert versions(tmp_path).names() == ["000001"]
        assert not list(versions(tmp_path).folder.glob(".*-*"))
        bot.send(signal.SIGHUP)
        await api.until(lambda: len(versions(tmp_path).names()) > 1)


async def test_a_bot_without_file_descriptors_loses_nothing_and_recovers(tmp_path: Path) -> None:
    async with serving(tmp_path) as (api, bot):
        page = next(line for line in bot.log_text().splitlines() if "网页在" in line)
        host, port = page.partition("http://")[2].partition("；")[0].split(":")
        opened = psutil.Process(bot.pid).num_fds()
        with limited(bot.pid, resource.RLIMIT_NOFILE, opened + 3):
            crowd = [await asyncio.open_connection(host, int(port)) for _ in range(40)]
            for reader in range(10, 30):
                api.push(message=message(QUESTION, private(reader)))
            await asyncio.sleep(2)
            for _, writer in crowd:
                writer.close()
        await api.until(lambda: all(api.said(reader) for reader in range(10, 30)))
        assert [len(api.said(reader)) for reader in range(10, 30)] == [1] * 20
        assert await bot.stop() == 0


def start_reload(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "reload"],
        cwd=folder,
        env=environment(CHUCHU_ARTICLES=str(folder / "articles"), CHUCHU_DATA=str(folder / "var")),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_reloads(folder: Path, times: int, seed: int) -> int:
    """Kill `times` reloads; assert that old or new is served, whole; return how often it was the new."""
    chance, news = random.Random(seed), 0
    write_corpus(folder / "articles")
    began = time.monotonic()
    assert start_reload(folder).wait(120) == 0
    lasts = time.monotonic() - began
    old = served(folder)
    for round_ in range(times):
        sentences = [f"第{round_}次重写以后的第{n}句话说的是另一件事。" for n in range(5)]
        write_article(folder / "articles", "002.txt", f"第{round_}次重写", *sentences)
        new = sorted([text for text in old if "第2号" not in text and "重写" not in text] + sentences)
        with start_reload(folder) as process:
            time.sleep(chance.uniform(0, 1.1 * lasts))
            process.kill()
        found = served(folder)
        assert found in (old, new), f"round {round_} of seed {seed}"
        news += found == new
        old = found
    write_article(folder / "articles", "last.txt", "最后一篇", "最后的一句话也要找得到。")
    assert start_reload(folder).wait(120) == 0
    assert "最后的一句话也要找得到。" in served(folder)
    assert not list(versions(folder).folder.glob(".building-*"))
    return news


@pytest.mark.parametrize(
    ("times", "seed"), [(10, 5), pytest.param(200, 6, marks=pytest.mark.soak)], ids=["ten", "two hundred"]
)
def test_after_each_kill_the_next_start_serves_the_old_or_the_new_snapshot_whole(
    tmp_path: Path, times: int, seed: int
) -> None:
    news = kill_reloads(tmp_path, times, seed)
    assert times < 200 or 0 < news < times

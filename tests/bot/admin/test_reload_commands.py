"""Reloading by chat, as an admin lives it."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot.admin.knowledge import BuildClient
from bot.admin.operations import poll_folder
from bot.messages import Chat, Reply
from bot.runtime import background
from knowledge.documents.folder import find_sources
from knowledge.errors import BuildFailed, NoArticles, NothingChanged
from knowledge.snapshots.build import build
from knowledge.snapshots.manifest import Totals, verify_files
from knowledge.snapshots.request import BuildRequest, BuildResult, Progress
from knowledge.snapshots.sources import folder_fingerprint
from tests.contract.fake import FakePlatform
from tests.knowledge.snapshots.corpus import NEW, write_corpus, write_new
from tests.support.chat import hall
from tests.support.process import alive
from tests.support.server import until


async def test_a_build_that_dies_is_told_with_its_stage_and_the_old_version_serves(tmp_path: Path) -> None:
    class Dying:
        async def build(self, order: BuildRequest, folder: Path, progress: Progress) -> BuildResult:
            (folder / "half").write_bytes(b"x")
            if order.base is None:
                (folder / "half").unlink()
                return await asyncio.to_thread(build, order, folder)
            raise BuildFailed("修复", "子进程中途结束（信号 9）")

    async with hall(tmp_path, Dying()) as room:
        write_new(room.articles)
        said = await room.say("/reload")
        assert "没有成功" in said and "“修复”" in said and "信号 9" in said
        assert len(room.texts()) == 12
        assert not list((room.data / "snapshots").glob(".building-*"))
        assert [entry.outcome for entry in await room.audit()] == ["failed"]


class Slow(FakePlatform):
    """Delivers at once, and says so a while later."""

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        number = await super().send(chat, reply)
        await asyncio.sleep(0.3)
        return number


async def test_a_report_takes_the_place_of_progress_that_is_still_on_its_way(tmp_path: Path) -> None:
    async with hall(tmp_path, phone=Slow()) as room:
        await room.say("/reload")
        progress, report = room.phone.sent
        assert progress.text.startswith("正在重建") and "没有变化" in report.text
        assert report.edits == "m1"


STEP = 0.02  # seconds


async def test_a_folder_that_changed_and_kept_still_is_told_once_not_when_away(tmp_path: Path) -> None:
    articles, knocks = write_corpus(tmp_path / "articles"), list[int]()
    built = folder_fingerprint(articles, find_sources(articles))
    async with background(poll_folder(articles, STEP, lambda: knocks.append(1), built)):
        await asyncio.sleep(5 * STEP)
        articles.rename(tmp_path / "away")
        await asyncio.sleep(5 * STEP)
        (tmp_path / "away").rename(articles)
        await asyncio.sleep(5 * STEP)
        assert knocks == []
        write_new(articles)
        await until(lambda: knocks)
        await asyncio.sleep(5 * STEP)
        assert knocks == [1]


async def test_what_changed_while_nobody_watched_comes_to_serve_by_itself(tmp_path: Path) -> None:
    async with hall(tmp_path):
        pass
    write_new(tmp_path / "articles")
    async with hall(tmp_path, watch=STEP) as room:
        await until(lambda: NEW in room.texts())


async def test_a_rollback_lasts_until_the_folder_changes(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        write_new(room.articles)
        await room.say("/reload")
        await room.say("/rollback")
    async with hall(tmp_path, watch=STEP) as room:
        await asyncio.sleep(10 * STEP)
        assert room.builder.built == 0 and NEW not in room.texts()


def ignore(stage: str, done: int, of: int) -> None:
    """Nobody looks at how far it is."""


async def test_one_child_builds_again_and_again_and_tells_how_far_it_is(tmp_path: Path) -> None:
    stages: list[str] = []
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
    order = BuildRequest(write_corpus(tmp_path / "articles"))
    async with BuildClient() as builder:
        built = await builder.build(order, tmp_path / "first", lambda stage, done, of: stages.append(stage))
        assert built.manifest == verify_files(tmp_path / "first")
        assert built.manifest.totals == Totals(documents=4, articles=4, facts=12)
        assert "修复" in stages
        child = await child_of_this_process()
        await builder.build(order, tmp_path / "second", ignore)
        with pytest.raises(NoArticles, match="nowhere"):
            await builder.build(BuildRequest(tmp_path / "nowhere"), tmp_path / "third", ignore)
        again = replace(order, base=tmp_path / "first", if_changed=True)
        with pytest.raises(NothingChanged):
            await builder.build(again, tmp_path / "third", ignore)
        assert child.is_running()
    await until(lambda: not alive(child))


async def child_of_this_process() -> psutil.Process:
    while True:
        for child in psutil.Process().children():
            if alive(child) and "snapshots.worker" in " ".join(child.cmdline()):
                return child
        await asyncio.sleep(0.01)


async def fork_of(child: psutil.Process) -> psutil.Process:
    while not (forks := child.children()):
        await asyncio.sleep(0.01)
    return forks[0]


@pytest.mark.parametrize("who", ["child", "fork"])
@pytest.mark.slow
async def test_a_killed_build_has_failed_and_the_next_one_builds(tmp_path: Path, who: str) -> None:
    # 1000: it takes seconds, and a fork left alone ends sooner
    order = BuildRequest(write_corpus(tmp_path / "articles", 1000))
    async with BuildClient() as builder:
        (tmp_path / "new").mkdir()
        building = asyncio.create_task(builder.build(order, tmp_path / "new", ignore))
        child = await child_of_this_process()
        fork = await fork_of(child)
        os.kill(fork.pid if who == "fork" else child.pid, signal.SIGKILL)
        with pytest.raises(BuildFailed, match="中途结束"):
            await building
        await until(lambda: not alive(fork))
        (tmp_path / "next").mkdir()
        built = await builder.build(order, tmp_path / "next", ignore)
        assert built.manifest.totals.articles == 1000


@pytest.mark.slow
async def test_a_build_that_is_no_longer_wanted_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    order = BuildRequest(write_corpus(tmp_path / "articles", 400))
    async with BuildClient() as builder:
        building = asyncio.create_task(builder.build(order, tmp_path / "new", ignore))
        child = await child_of_this_process()
        fork = await fork_of(child)
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building
        await until(lambda: not alive(child))
        await until(lambda: not alive(fork))

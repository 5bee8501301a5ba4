"""Building in a child process."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot.admin.build_client import BuildClient
from knowledge.errors import BuildFailed, NoArticles, NothingChanged
from knowledge.snapshots.manifest import Totals, verify_files
from knowledge.snapshots.request import BuildRequest
from tests.knowledge.snapshots.corpus import write_corpus


def ignore(stage: str, done: int, of: int) -> None:
    """Nobody looks at how far it is."""


async def test_a_child_builds_and_tells_how_far_it_is(tmp_path: Path) -> None:
    stages: list[str] = []
    (tmp_path / "new").mkdir()
    order = BuildRequest(write_corpus(tmp_path / "articles"))
    async with BuildClient() as builder:
        built = await builder.build(order, tmp_path / "new", lambda stage, done, of: stages.append(stage))
    assert built.manifest == verify_files(tmp_path / "new")
    assert built.manifest.totals == Totals(documents=4, articles=4, facts=12)
    assert "修复" in stages


async def test_one_child_builds_again_and_again(tmp_path: Path) -> None:
    order = BuildRequest(write_corpus(tmp_path / "articles"))
    async with BuildClient() as builder:
        await builder.start()
        child = await child_of_this_process()
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            await builder.build(order, tmp_path / name, ignore)
        assert child.is_running()
    assert await has_ended(child)


async def test_what_the_child_says_in_words_is_said_again(tmp_path: Path) -> None:
    async with BuildClient() as builder:
        (tmp_path / "new").mkdir()
        with pytest.raises(NoArticles, match="nowhere"):
            await builder.build(BuildRequest(tmp_path / "nowhere"), tmp_path / "new", ignore)
        order = BuildRequest(write_corpus(tmp_path / "articles"))
        await builder.build(order, tmp_path / "new", ignore)
        (tmp_path / "next").mkdir()
        with pytest.raises(NothingChanged):
            await builder.build(
                replace(order, base=tmp_path / "new", if_changed=True), tmp_path / "next", ignore
            )


async def child_of_this_process() -> psutil.Process:
    while not (
        found := [c for c in psutil.Process().children() if "snapshots.worker" in " ".join(c.cmdline())]
    ):
        await asyncio.sleep(0.01)
    return found[0]


async def fork_of(child: psutil.Process) -> psutil.Process:
    while not (forks := child.children()):
        await asyncio.sleep(0.01)
    return forks[0]


async def has_ended(process: psutil.Process) -> bool:
    """Whether it ends within ten seconds: a kill is carried out when the machine comes round to it."""
    for _ in range(1000):
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                await asyncio.sleep(0.01)
                continue
        return True
    return False


@pytest.mark.parametrize("who", ["child", "fork"])
@pytest.mark.slow
async def test_a_killed_build_has_failed_and_the_next_one_builds(tmp_path: Path, who: str) -> None:
    order = BuildRequest(
        write_corpus(tmp_path / "articles", 1000)
    )  # seconds, and a fork left alone ends sooner
    async with BuildClient() as builder:
        (tmp_path / "new").mkdir()
        building = asyncio.create_task(builder.build(order, tmp_path / "new", ignore))
        child = await child_of_this_process()
        fork = await fork_of(child)
        os.kill(fork.pid if who == "fork" else child.pid, signal.SIGKILL)
        with pytest.raises(BuildFailed, match="中途结束"):
            await building
        assert await has_ended(fork)
        (tmp_path / "next").mkdir()
        built = await builder.build(order, tmp_path / "next", ignore)
        assert built.manifest.totals.articles == 1000


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
        assert await has_ended(child)
        assert await has_ended(fork)

"""Building in a child process."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from bot.admin.building import ChildBuilder
from knowledge.errors import BuildFailed, NoArticles
from knowledge.snapshots.manifest import Figures, verify
from knowledge.snapshots.order import Order
from tests.knowledge.snapshots.corpus import write_corpus


async def test_a_child_builds_and_tells_how_far_it_is(tmp_path: Path) -> None:
    stages: list[str] = []
    (tmp_path / "new").mkdir()
    order = Order(write_corpus(tmp_path / "articles"))
    built = await ChildBuilder().build(order, tmp_path / "new", lambda stage, done, of: stages.append(stage))
    assert built.manifest == verify(tmp_path / "new")
    assert built.manifest.figures == Figures(documents=4, articles=4, facts=12)
    assert "修复" in stages


async def test_what_the_child_says_in_words_is_said_again(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(NoArticles, match="nowhere"):
        await ChildBuilder().build(Order(tmp_path / "nowhere"), tmp_path / "new", lambda *_: None)


async def child_of_this_process() -> psutil.Process:
    while not (
        found := [c for c in psutil.Process().children() if "snapshots.child" in " ".join(c.cmdline())]
    ):
        await asyncio.sleep(0.01)
    return found[0]


async def test_a_child_that_is_killed_is_a_failed_build(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    order = Order(write_corpus(tmp_path / "articles", 400))
    building = asyncio.create_task(ChildBuilder().build(order, tmp_path / "new", lambda *_: None))
    os.kill((await child_of_this_process()).pid, signal.SIGKILL)
    with pytest.raises(BuildFailed, match="中途结束"):
        await building


async def test_a_build_that_is_no_longer_wanted_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    order = Order(write_corpus(tmp_path / "articles", 400))
    building = asyncio.create_task(ChildBuilder().build(order, tmp_path / "new", lambda *_: None))
    child = await child_of_this_process()
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert not child.is_running()

"""Talks with the bot as they are written down in the folder beside this: each file in its world."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.snapshot import Snapshot
from tests.bot.worlds import BRIDGES, CLOSE, FORGED, LONG, MANY, PROVED, ConsoleWorld, HallWorld, TalkWorld
from tests.knowledge.test_libraries import snapshot
from tests.support.dialogues import Dialogue, World, dialogues, perform
from tests.support.paper import Paper
from tests.support.talk import talking

__all__ = ["snapshot"]  # the fixture, of libraries
FILES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


@pytest.fixture
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[World]:
    """The world of a name."""
    if request.param == "admins":
        admins = HallWorld(tmp_path, caplog)
        await admins.open()
        yield admins
        await admins.stack.aclose()
        return
    if request.param == "console":
        console = ConsoleWorld(tmp_path)
        yield console
        for port in console.taken:
            port.close()
        return
    papers = {
        "bridges": Paper(BRIDGES),
        "many bridges": Paper(MANY, [CLOSE]),
        "proved": Paper(BRIDGES, PROVED),
    }
    is_real = request.param == "libraries"
    opened: Snapshot = request.getfixturevalue("snapshot") if is_real else papers[request.param]
    with talking(opened, 30.0) as talk:
        yield TalkWorld(talk, caplog, names={"5": MANY[3].id, "long": LONG.id, "forged": FORGED.fact.id})


ALL = [one for file in FILES for one in dialogues(file)]


@pytest.mark.parametrize(
    ("world", "dialogue"), [pytest.param(one.world, one, id=one.promise) for one in ALL], indirect=["world"]
)
async def test_a_dialogue_goes_as_it_is_written(world: World, dialogue: Dialogue) -> None:
    await perform(world, dialogue.lines)

"""Building, and previewing one file, in a child process that may fail in our stead."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic import TypeAdapter, ValidationError

from bot.runtime import kill_child, run_child, start_child
from knowledge.errors import (
    BuildFailed,
    KnowledgeError,
    MissingFolder,
    NoArticles,
    NothingChanged,
    StorageUnavailable,
)
from knowledge.snapshots.request import BuildRequest, BuildResult, Preview, Progress
from knowledge.snapshots.worker import encode_request, said_of

LINE = 256 * 1024 * 1024  # the last line holds every skipped file
BUILT = TypeAdapter(BuildResult)
NAMED = {
    kind.__name__: kind for kind in (NoArticles, MissingFolder, StorageUnavailable, NothingChanged)
}  # what says by itself what to do


class SnapshotBuilder(Protocol):
    """Builds and seals a snapshot in an empty folder."""

    async def build(self, order: BuildRequest, folder: Path, progress: Progress) -> BuildResult:
        """Build it.

        Raises:
            NoArticles: the articles folder is missing or no folder.
            NothingChanged: there is nothing to build.
            StorageUnavailable: the disk is full or closed.
            BuildFailed: anything else, with the stage and the reason.
        """


class BuildClient:
    """Builds in a process of its own at low priority, one build at a time; the process waits for the next."""

    def __init__(self) -> None:
        self._child: Process | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._kill()

    async def start(self) -> None:
        """Let the process load, so that the first build need not wait for that."""
        async with self._turn:
            await self._running()

    async def build(self, order: BuildRequest, folder: Path, progress: Progress) -> BuildResult:
        """Build it; cancelling kills the child."""
        async with self._turn:
            child = await self._running()
            try:
                told = await _heard(child, encode_request(order, folder), progress)
            except BaseException:
                await self._kill()
                raise
        if "failed" in told:
            raise _failure(told["kind"], told["stage"], told["failed"])
        return BUILT.validate_python(told["built"])

    async def _running(self) -> Process:
        if self._child is None or self._child.returncode is not None:
            self._child = await start_child("-m", "knowledge.snapshots.worker", "build", limit=LINE)
        return self._child

    async def _kill(self) -> None:
        if self._child:
            await kill_child(self._child)


async def _heard(child: Process, order: bytes, progress: Progress) -> dict[str, Any]:
    """Give an order and hear the child out, to the line that says how it ended."""
    assert child.stdin is not None
    assert child.stdout is not None
    stage = "启动"
    try:
        child.stdin.write(order)
        await child.stdin.drain()
        async for line in child.stdout:
            told: dict[str, Any] = json.loads(line)
            if "built" in told or "failed" in told:
                return told
            if "ended" in told:
                raise BuildFailed(stage, f"子进程中途结束（{told['ended']}）")
            stage = told["stage"]
            progress(stage, told["done"], told["of"])
    except (ConnectionError, ValueError) as error:
        raise BuildFailed(stage, f"子进程的话读不懂（{error}）") from error
    raise BuildFailed(stage, f"子进程中途结束（{said_of(await child.wait())}）")


def _failure(kind: str, stage: str, said: str) -> KnowledgeError:
    if kind in NAMED:
        return NAMED[kind](said)
    return BuildFailed(stage, said)


PATIENCE = 90  # seconds
TRIAL = TypeAdapter(Preview)


class TrialFailed(Exception):
    """The file could not be tried out within the limits of memory and time."""


async def try_file(path: Path, name: str) -> Preview:
    """Try a file out under the name it would have.

    Raises:
        TrialFailed: its reader died or took too long.
    """
    asked = json.dumps({"path": str(path), "name": name}).encode() + b"\n"
    try:
        _, told, _ = await run_child(
            "-m", "knowledge.snapshots.worker", "preview", given=asked, seconds=PATIENCE
        )
        return TRIAL.validate_json(told)
    except (TimeoutError, ValidationError) as error:
        raise TrialFailed(f"the reader of {name!r} took too long or died") from error

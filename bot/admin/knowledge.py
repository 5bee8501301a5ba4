"""The knowledge of a running bot: the stored version that is whole, or a new one; built, and files previewed, in a child process."""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic import TypeAdapter, ValidationError

from bot.errors import nothing_readable
from bot.runtime import kill_child, run_child, start_child
from knowledge.errors import (
    BuildFailed,
    KnowledgeError,
    MissingFolder,
    NoArticles,
    NothingChanged,
    StorageUnavailable,
)
from knowledge.search.semantic import Over
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.files import spare_folder
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.opening import SERVED, Opened, needs_rebuild, open_newest, open_stored, open_version
from knowledge.snapshots.repository import SnapshotRepository, StoredSnapshot
from knowledge.snapshots.request import BuildRequest, BuildResult, Preview, Progress, no_progress
from knowledge.snapshots.sources import build_fingerprint
from knowledge.snapshots.worker import encode_request, said_of
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer

log = logging.getLogger(__name__)

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
PREVIEW = TypeAdapter(Preview)
Previewer = Callable[[Path, str], Awaitable[Preview]]


class PreviewFailed(Exception):
    """The file could not be tried out within the limits of memory and time."""


async def preview_file(path: Path, name: str) -> Preview:
    """Try a file out under the name it would have.

    Raises:
        PreviewFailed: its reader died or took too long.
    """
    asked = json.dumps({"path": str(path), "name": name}).encode() + b"\n"
    try:
        _, told, _ = await run_child(
            "-m", "knowledge.snapshots.worker", "preview", given=asked, seconds=PATIENCE
        )
        return PREVIEW.validate_json(told)
    except (TimeoutError, ValidationError) as error:
        raise PreviewFailed(f"the reader of {name!r} took too long or died") from error


@dataclass(frozen=True, slots=True)
class KnowledgeRuntime:
    """What serves, what its admin should know about how it came to serve (Chinese), and whether to build anew aside.

    `built` is what was built here, None where a stored version was opened.
    """

    articles: Path
    store: SnapshotHolder
    versions: SnapshotRepository
    manifest: Manifest
    language: Analyzer
    notices: tuple[str, ...]
    outdated: bool = False
    over: Over | None = None
    built: BuildResult | None = None


@asynccontextmanager
async def start_knowledge(
    articles: Path,
    data: Path,
    builder: SnapshotBuilder,
    over: Over | None = None,
    store: SnapshotHolder | None = None,
    progress: Progress = no_progress,
) -> AsyncIterator[KnowledgeRuntime]:
    """Open the newest whole version, or build one; only for who holds the data folder. `over` finds facts' vectors.

    `store` is an empty holder that is to hold it, where others wait for that already.

    Raises:
        NoArticles: there is nothing to answer from.
        BuildFailed: nothing is stored and nothing can be built.
    """
    versions = SnapshotRepository(data / SERVED)
    language = await asyncio.to_thread(ChineseAnalyzer)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(versions.clean)
        opened, notices = await asyncio.to_thread(open_newest, versions, language, over)
        outdated = await asyncio.to_thread(needs_rebuild, versions, build_fingerprint()) if opened else False
        if outdated:
            notices.append("存下的版本是另一版程序建的，照常用它回答；新的一版正在旁边重建")
        built = None
        if opened is None:
            try:
                built, name = await build_first(articles, versions, builder, progress)
                version = (versions, name, language, None, over)
                opened = await asyncio.to_thread(open_version, *version)
            except StorageUnavailable as error:
                notices.append(f"{error}。现在用临时索引作答，重启后要重建；上传和重载不能用。")
                folder = stack.enter_context(spare_folder())
                opened, built = await _built_aside(articles, folder, builder, language, progress)
        store = store or SnapshotHolder()
        store.swap(opened.snapshot, opened.close)
        stack.callback(store.close)
        for notice in notices:
            log.warning("%s", notice)
        yield KnowledgeRuntime(
            articles, store, versions, opened.manifest, language, tuple(notices), outdated, over, built
        )


async def _built_aside(
    articles: Path, folder: Path, builder: SnapshotBuilder, language: Analyzer, progress: Progress
) -> tuple[Opened, BuildResult]:
    """Where nothing can be stored: a version that lasts as long as we do."""
    built = await builder.build(BuildRequest(articles), folder, progress)
    _check(articles, built.manifest)
    stored = StoredSnapshot("temporary", folder, built.manifest)
    snapshot = await asyncio.to_thread(open_stored, stored, language)
    return Opened(snapshot, built.manifest, snapshot.close), built


async def build_first(
    articles: Path,
    versions: SnapshotRepository,
    builder: SnapshotBuilder,
    progress: Progress = no_progress,
    dry: bool = False,
) -> tuple[BuildResult, str]:
    """Build where no version is stored; return its name, empty where it is `dry` and not kept.

    Raises:
        NoArticles: there is nothing to answer from.
        StorageUnavailable: the data folder cannot be written.
    """
    async with in_thread(versions.staging()) as folder:
        request = BuildRequest(articles, left_out=versions.suspects())
        built = await builder.build(request, folder, progress)
        _check(articles, built.manifest)
        return built, "" if dry else await asyncio.to_thread(versions.publish, folder)


def _check(articles: Path, manifest: Manifest) -> None:
    if not manifest.totals.articles:
        raise nothing_readable(articles, manifest.skipped)


@asynccontextmanager
async def in_thread(manager: AbstractContextManager[Path]) -> AsyncIterator[Path]:
    """Enter and leave a manager that works on the disk, without holding up the loop."""
    entered = await asyncio.to_thread(manager.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)

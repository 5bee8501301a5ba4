"""The knowledge of a running bot: the stored version that is whole, or a new one; built, previewed and embedded in child processes."""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic import TypeAdapter, ValidationError

from bot.errors import nothing_readable
from bot.runtime import backoff, in_thread, kill_child, run_child, start_child
from bot.texts.operating import OperatingPhrases
from knowledge.embedding.meanings import Semantics
from knowledge.embedding.models import OFF
from knowledge.embedding.worker import worker_arguments
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
from knowledge.snapshots.repository import INDEX, SnapshotRepository, StoredSnapshot
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


FIRST_PAUSE, LONGEST_PAUSE = 10.0, 600.0  # seconds between two tries to embed


@dataclass(frozen=True, slots=True)
class EmbeddingProgress:
    """How far the embedding of the serving version is; `problem` is why it does not go on.

    `skipped` are the files of which a sentence was left out, each with the reason.
    """

    done: int = 0
    of: int = 0
    problem: str | None = None
    skipped: tuple[tuple[str, str], ...] = ()

    def text(self, said: OperatingPhrases) -> str:
        """It in a sentence, for admins."""
        if self.problem:
            return said.embedding_stopped.format(self.done, self.of, self.problem)
        if self.done < self.of:
            return said.embedding.format(self.done, self.of)
        if not self.of:
            return said.embedding_waits
        told = said.embedded.format(self.of)
        if self.skipped:
            name, reason = self.skipped[0]
            told += said.embedding_skipped.format(len(self.skipped), name, reason)
        return told


class EmbeddingService:
    """Embeds the version that serves, and the next one when it changes; what is embedded once stays."""

    def __init__(self, semantics: Semantics, versions: SnapshotRepository, said: OperatingPhrases) -> None:
        self._said = said
        self._semantics = semantics
        self._versions = versions
        self._task: asyncio.Task[None] | None = None
        self.on_done: Callable[[str], object] = lambda version: None
        """Hears of each version that is embedded whole."""
        self.progress = EmbeddingProgress()

    def said(self) -> str | None:
        """How far it is, in a sentence; None where nothing is embedded."""
        return None if self._task is None else self.progress.text(self._said)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def embed(self, version: str) -> None:
        """Begin with a version, and leave the one before where it is."""
        await self._stop()
        index = self._versions.folder / version / INDEX
        if self._semantics.embeddings == OFF or not index.is_dir():
            return  # switched off, or the data folder cannot be written
        self._task = asyncio.create_task(self._work(index, version))

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self.progress = EmbeddingProgress()

    async def _work(self, index: Path, version: str) -> None:
        failures = 0
        while True:
            problem = await self._once(index)
            if problem is None:
                self.on_done(version)
                return
            pause = backoff(failures, FIRST_PAUSE, LONGEST_PAUSE)
            failures += 1
            log.warning("embedding goes on in %.0f s: %s", pause, problem)
            self.progress = replace(self.progress, problem=problem)
            await asyncio.sleep(pause)

    async def _once(self, index: Path) -> str | None:
        """Let a child embed; return what went wrong."""
        semantics = self._semantics
        child = await start_child(*worker_arguments(semantics.folder, index, semantics.embeddings))
        try:
            return await self._heard(child)
        finally:
            await kill_child(child)

    async def _heard(self, child: Process) -> str | None:
        assert child.stdout is not None
        async for line in child.stdout:
            told = json.loads(line)
            if "ended" in told:
                skipped = tuple((name, reason) for name, reason in told.get("skipped", ()))
                self.progress = replace(self.progress, skipped=skipped)
                for name, reason in skipped:
                    log.warning("%s is not found by meaning, a sentence of it was left out: %s", name, reason)
                problem: str | None = told["ended"]
                return problem
            self.progress = EmbeddingProgress(told["done"], told["of"])
        return self._said.embedding_died.format(await child.wait())

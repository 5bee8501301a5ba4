"""The knowledge of a running bot: the stored version that is whole, or a new one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.admin.build_client import SnapshotBuilder
from bot.admin.reload_service import in_thread
from bot.errors import nothing_readable
from knowledge.errors import StorageUnavailable
from knowledge.search.semantic import Over
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.files import spare_folder
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.opening import SERVED, Opened, needs_rebuild, open_newest, open_stored, open_version
from knowledge.snapshots.repository import SnapshotRepository, StoredSnapshot
from knowledge.snapshots.request import BuildRequest, BuildResult, Progress, no_progress
from knowledge.snapshots.sources import build_fingerprint
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnowledgeRuntime:
    """What serves, what its admin should know about how it came to serve (Chinese), and whether to build anew aside.

    `built` is what was built here, None where a stored version was opened.
    """

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
            first = _FirstBuild(articles, versions, builder, language, stack, notices, over, progress)
            opened, built = await first.opened()
        store = store or SnapshotHolder()
        store.swap(opened.snapshot, opened.close)
        stack.callback(store.close)
        for notice in notices:
            log.warning("%s", notice)
        yield KnowledgeRuntime(
            store, versions, opened.manifest, language, tuple(notices), outdated, over, built
        )


@dataclass(frozen=True, slots=True)
class _FirstBuild:
    articles: Path
    versions: SnapshotRepository
    builder: SnapshotBuilder
    language: Analyzer
    stack: AsyncExitStack
    notices: list[str]
    over: Over | None
    progress: Progress

    async def opened(self) -> tuple[Opened, BuildResult]:
        """Build the first version and open it; where nothing can be stored, one that lasts as long as we do."""
        try:
            built, name = await build_first(self.articles, self.versions, self.builder, self.progress)
            version = (self.versions, name, self.language, None, self.over)
            return await asyncio.to_thread(open_version, *version), built
        except StorageUnavailable as error:
            self.notices.append(f"{error}。现在用临时索引作答，重启后要重建；上传和重载不能用。")
        folder = self.stack.enter_context(spare_folder())
        built = await self.builder.build(BuildRequest(self.articles), folder, self.progress)
        _check(self.articles, built.manifest)
        stored = StoredSnapshot("temporary", folder, built.manifest)
        snapshot = await asyncio.to_thread(open_stored, stored, self.language)
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

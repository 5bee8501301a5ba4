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
from knowledge.snapshots.request import BuildRequest, no_progress
from knowledge.snapshots.sources import build_fingerprint
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnowledgeRuntime:
    """What serves, what its admin should know about how it came to serve (Chinese), and whether to build anew aside."""

    store: SnapshotHolder
    versions: SnapshotRepository
    manifest: Manifest
    language: Analyzer
    notices: tuple[str, ...]
    outdated: bool = False
    over: Over | None = None


@asynccontextmanager
async def start_knowledge(
    articles: Path, data: Path, builder: SnapshotBuilder, over: Over | None = None
) -> AsyncIterator[KnowledgeRuntime]:
    """Open the newest whole version, or build one; only for who holds the data folder. `over` finds facts' vectors.

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
        if opened is None:
            opened = await _built(articles, versions, builder, language, stack, notices, over)
        store = SnapshotHolder(opened.snapshot, opened.close)
        stack.callback(store.close)
        for notice in notices:
            log.warning("%s", notice)
        yield KnowledgeRuntime(store, versions, opened.manifest, language, tuple(notices), outdated, over)


async def _built(
    articles: Path,
    versions: SnapshotRepository,
    builder: SnapshotBuilder,
    language: Analyzer,
    stack: AsyncExitStack,
    notices: list[str],
    over: Over | None,
) -> Opened:
    try:
        async with in_thread(versions.staging()) as folder:
            _check(
                articles,
                (
                    await builder.build(
                        BuildRequest(articles, left_out=versions.suspects()), folder, no_progress
                    )
                ).manifest,
            )
            name = await asyncio.to_thread(versions.publish, folder)
        return await asyncio.to_thread(open_version, versions, name, language, None, over)
    except StorageUnavailable as error:
        notices.append(f"{error}。现在用临时索引作答，重启后要重建；上传和重载不能用。")
    folder = stack.enter_context(spare_folder())
    built = await builder.build(BuildRequest(articles), folder, no_progress)
    _check(articles, built.manifest)
    stored = StoredSnapshot("temporary", folder, built.manifest)
    snapshot = await asyncio.to_thread(open_stored, stored, language)
    return Opened(snapshot, built.manifest, snapshot.close)


def _check(articles: Path, manifest: Manifest) -> None:
    if not manifest.totals.articles:
        raise nothing_readable(articles, manifest.skipped)

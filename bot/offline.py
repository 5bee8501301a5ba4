"""What commands in the terminal build for themselves: the articles as they are, or the data folder nobody serves from."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.config import Settings
from bot.errors import nothing_readable
from bot.runtime import now
from bot.texts import phrases
from bot.texts.operating import ConsolePhrases
from knowledge.errors import KnowledgeError
from knowledge.search.semantic import Over
from knowledge.snapshot import Snapshot
from knowledge.snapshots.opening import cached_snapshot
from knowledge.snapshots.request import Progress, no_progress

if TYPE_CHECKING:
    from pydantic import JsonValue

    from bot.state.state import State
    from knowledge.embedding.meanings import Semantics


@contextmanager
def open_snapshot(
    settings: Settings,
    over: Over | None = None,
    stored_in: Callable[[Path], None] = lambda index: None,
    progress: Progress = no_progress,
) -> Iterator[Snapshot]:
    """Open the knowledge of the articles folder as it is now.

    `over` finds its facts' vectors; `stored_in` hears where its index lies, if it is kept; `progress` hears the build.

    Raises:
        NoArticles: the folder is missing or holds nothing readable.
    """
    with cached_snapshot(settings.articles, settings.data, _warn, over, stored_in, progress) as snapshot:
        if next(snapshot.articles(), None) is None:
            raise nothing_readable(settings.articles, snapshot.skipped)
        yield snapshot


AWAITED = 2_000
"""Facts that a list of questions waits for, not longer than PATIENCE."""
PATIENCE = 60.0  # seconds; 240 facts take half a minute of one core


@contextmanager
def open_with_meaning(
    settings: Settings, said: ConsolePhrases, many: bool, progress: Progress
) -> Iterator[Snapshot]:
    """Open the snapshot of the articles folder with the vectors there are, and see that the others are made.

    One question never waits for that: a process makes them when the answer is out, and the next question has them.
    A list of questions comes from a program that wants the same answers each time: it waits as long as a small
    library takes, and goes on with what there is.

    Raises:
        NoArticles: the folder is missing or holds nothing readable.
    """
    from knowledge.embedding.meanings import Semantics  # `chuchu facts` comes by and needs none of it
    from knowledge.embedding.models import chosen_embeddings

    indexes: list[Path] = []
    with Semantics(settings.data, chosen_embeddings(settings.embeddings)) as semantics:
        with open_snapshot(settings, semantics.over_index, indexes.append, progress) as snapshot:
            missing = _missing(snapshot)
            wait = many and missing <= AWAITED
            if missing and wait:
                print(said.embedding.format(missing), file=sys.stderr)
                _embed(indexes, semantics, PATIENCE)
                _missing(snapshot)  # takes up what is there now
            yield snapshot
        if missing and not wait:
            _embed(indexes, semantics)


def _missing(snapshot: Snapshot) -> int:
    coverage = snapshot.coverage
    return coverage.facts - coverage.embedded if coverage else 0


def _embed(indexes: Sequence[Path], semantics: Semantics, patience: float | None = None) -> None:
    """Start a process that embeds; who has patience lets it take its share of the machine."""
    from knowledge.embedding.worker import NICE, embed_aside

    for index in indexes:
        niceness = NICE if patience is None else 0
        worker = embed_aside(semantics.folder, index, semantics.embeddings, niceness)
        if patience is not None:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(patience)


def _warn(text: str) -> None:
    print(text, file=sys.stderr)


async def reload_here(
    settings: Settings, dry: bool, confirm: str | None, progress: Progress
) -> dict[str, JsonValue]:
    """Reload on the data folder, for a command in the terminal while nobody serves from it.

    Raises:
        FolderInUse: somebody began to serve in between.
    """
    # Imported here: `chuchu ask` comes by and needs none of it.
    from bot.admin.knowledge import BuildClient, build_first, start_knowledge
    from bot.admin.operations import audited_reload
    from bot.admin.permissions import AuditLog, Permission
    from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadService, ReloadStatus
    from bot.admin.reports import reload_json
    from knowledge.snapshots.opening import SERVED
    from knowledge.snapshots.repository import SnapshotRepository

    said = phrases(settings.language).admin
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(_alone(settings))
        builder = await stack.enter_async_context(BuildClient())
        versions = SnapshotRepository(settings.data / SERVED)
        await asyncio.to_thread(versions.clean)
        audit_log = AuditLog(state.audit, now)
        if not versions.names():
            built, name = await build_first(settings.articles, versions, builder, progress, dry)
            status = ReloadStatus.REHEARSED if dry else ReloadStatus.BUILT
            unwritten = await audit_log.record_done(
                "shell", Permission.RELOAD, status, "dry" if dry else name
            )
            return reload_json(ReloadReport(status, name, built, error=unwritten or None), said)
        knowledge = await stack.enter_async_context(
            start_knowledge(settings.articles, settings.data, builder)
        )
        reload_service = ReloadService(knowledge, builder, now, state.shown.quoted)
        report = await audited_reload(
            reload_service,
            audit_log,
            ReloadRequest("shell", dry, confirm),
            progress,
        )
        return reload_json(report, said)


async def act_here(settings: Settings, act: str, request: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Do what the admin API does, for a command in the terminal while nobody serves: `unanswered`, `alias`, `unalias`.

    Raises:
        FolderInUse: somebody began to serve in between.
    """
    from bot.admin.permissions import AuditLog
    from bot.feedback.wiring import acts_over
    from bot.query_service import open_query_service
    from knowledge.snapshot import SnapshotHolder

    with open_snapshot(settings) as snapshot:
        store = SnapshotHolder(snapshot)
        with open_query_service(store) as lookup:
            async with _alone(settings) as state:
                said = phrases(settings.language).admin
                audit_log = AuditLog(state.audit, now)
                acts = await acts_over(state, settings.data, store, lookup, audit_log, said)
                _, told = await acts[act]("shell", request)
                return cast("dict[str, JsonValue]", told)


async def restore_here(settings: Settings, backup: Path) -> str:
    """Restore on the data folder, for a command in the terminal while nobody serves from it; say what came of it.

    Raises:
        FolderInUse: somebody began to serve in between.
        BackupRefused: the backup is not whole.
    """
    from bot.admin.permissions import AuditLog
    from bot.admin.reload_service import ReloadStatus
    from bot.admin.reports import put_back_text
    from bot.backup import ACT, restore_backup
    from bot.errors import BackupRefused, StateError
    from knowledge.snapshots.opening import SERVED
    from knowledge.snapshots.repository import SnapshotRepository

    async with _alone(settings) as state:
        audit_log = AuditLog(state.audit, now)
        try:
            versions = SnapshotRepository(settings.data / SERVED)
            restored = await restore_backup(backup, settings.articles, settings.data, versions, state)
        except (BackupRefused, KnowledgeError, StateError) as error:
            await audit_log.record_done("shell", ACT, ReloadStatus.FAILED, str(error))
            raise
        unwritten = await audit_log.record_done("shell", ACT, ReloadStatus.RESTORED, restored.version)
        said = phrases(settings.language)
        told = said.console.restored.format(backup, restored.version, unwritten).rstrip()
        return f"{told}\n{put_back_text(restored.articles, said.admin)}\n"


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[State]:
    """Hold the data folder and open its state.

    Raises:
        FolderInUse: somebody serves from it.
        StorageUnavailable: it cannot be written.
        StateError: the state cannot be used.
    """
    from bot.state.state import open_state, sqlite_address
    from knowledge.snapshots.files import explain_io_errors, single_instance

    async with AsyncExitStack() as stack:
        with explain_io_errors(settings.data):
            settings.data.mkdir(parents=True, exist_ok=True)
            stack.enter_context(single_instance(settings.data))
        yield await stack.enter_async_context(open_state(settings.database or sqlite_address(settings.data)))

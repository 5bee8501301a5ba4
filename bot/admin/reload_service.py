"""The one place that changes what is served: one reload or rollback at a time, whoever asks, on every replica."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from bot.admin.knowledge import KnowledgeRuntime, SnapshotBuilder
from bot.errors import StateError
from bot.runtime import in_thread, waited
from bot.sharing import ReplicaState, Replication
from knowledge.errors import KnowledgeError, NothingChanged, SnapshotDamaged
from knowledge.index.index import open_index
from knowledge.model import Skipped
from knowledge.snapshots.manifest import Manifest, Totals, shrink_warning
from knowledge.snapshots.opening import Opened, open_version
from knowledge.snapshots.repository import INDEX
from knowledge.snapshots.request import BuildRequest, BuildResult, Progress, no_progress
from knowledge.snapshots.sources import FolderChanges, folder_changes

log = logging.getLogger(__name__)


class ReloadStatus(StrEnum):
    """How it ended."""

    PUBLISHED = "published"
    BUILT = "built"  # the first version of all
    UNCHANGED = "unchanged"
    REHEARSED = "rehearsed"
    UNCONFIRMED = "unconfirmed"
    NOT_ASKED = "not_asked"  # somebody confirmed what needs no confirmation
    ROLLED_BACK = "rolled_back"
    RESTORED = "restored"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """All that there is to tell.

    `version` serves now. `objection` says what a person should confirm; `lost` are quotes that somebody was shown
    and that are (or would be) gone, `lost_count` how many there are. `newly_skipped` are left out and were not, or for
    another reason. `since` and `by` tell of the reload that is
    running when this one was refused. `replicas` are all that are alive, where there are several.
    """

    status: ReloadStatus
    version: str
    built: BuildResult | None = None
    before: Totals | None = None
    objection: str | None = None
    lost: tuple[str, ...] = ()
    lost_count: int = 0
    since: datetime | None = None
    by: str | None = None
    error: str | None = None
    newly_skipped: tuple[Skipped, ...] = ()
    replicas: tuple[ReplicaState, ...] = ()

    @property
    def confirm(self) -> str | None:
        """What a person who confirms hands back: it stands for the folder as it was looked at."""
        return (
            self.built.manifest.folder_fingerprint
            if self.built and self.status is ReloadStatus.UNCONFIRMED
            else None
        )


FOLLOWING = "replica"  # who asks for what serves everywhere by now
LOST = 5  # quotes shown to the admin


@dataclass(frozen=True, slots=True)
class ReloadRequest:
    """Who wants what.

    `confirmed` is a report's `confirm`, handed back by the person who saw it; `despite` its `objection`, where the
    change that it spoke of was taken back and is made once more.
    """

    by: str
    dry: bool = False
    confirmed: str | None = None
    despite: str | None = None


Quoted = Callable[[], Awaitable[set[str]]]
"""Tells the ids of all facts that people were shown."""

OnEnd = Callable[[str, ReloadReport], object]
"""Hears who asked, and how it ended, also where nothing changed."""

OnChange = Callable[[ReloadReport], Awaitable[None]]
"""Hears of every change of what is served."""


@dataclass(frozen=True, slots=True)
class _Running:
    by: str
    since: datetime


class ReloadService:
    """Builds aside, asks where a person should decide, and swaps."""

    def __init__(
        self,
        knowledge: KnowledgeRuntime,
        builder: SnapshotBuilder,
        clock: Callable[[], datetime],
        quoted: Quoted,
        progress: Progress = no_progress,
        replication: Replication | None = None,
    ) -> None:
        """`progress` hears every build, whoever asked for it."""
        self.knowledge = knowledge
        self._replication = replication or Replication()
        self._articles = knowledge.articles
        self._versions = knowledge.versions
        self._store = knowledge.store
        self._manifest = knowledge.manifest
        self._builder = builder
        self._clock = clock
        self._quoted = quoted
        self._running: _Running | None = None
        self._free = asyncio.Event()
        self._free.set()
        self._subscribers: list[OnChange] = []
        self._witnesses: list[OnEnd] = []
        self._progress = progress

    @property
    def version(self) -> str:
        return self._store.version

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    def folder_changes(self) -> FolderChanges:
        """What has changed in the folder since the version that serves was built; looks through the folder."""
        return folder_changes(self._articles, self._versions.folder / self.version)

    @property
    def busy(self) -> bool:
        return self._running is not None

    async def idle(self) -> None:
        """Wait until nothing is running."""
        await self._free.wait()

    def subscribe(self, told: OnChange) -> None:
        """Let `told` hear of every change."""
        self._subscribers.append(told)

    def witness(self, told: OnEnd) -> None:
        """Let `told` hear how everything ended."""
        self._witnesses.append(told)

    async def reload(self, request: ReloadRequest, progress: Progress = no_progress) -> ReloadReport:
        """Read the folder anew. Never raises for what is wrong with the folder or the disk: the report says it."""
        return await self._exclusive(request.by, lambda: self._reload(request, progress))

    async def rollback(self, by: str, to: str | None = None) -> ReloadReport:
        """Serve an older version again: the one named, or the one before."""
        return await self._exclusive(by, lambda: self._rollback(to))

    async def restore(self, by: str, publish: Callable[[], Awaitable[str]]) -> ReloadReport:
        """Serve the version that `publish` stores and names."""

        async def taken() -> ReloadReport:
            before = self._manifest.totals
            name = await publish()
            await self._serve(name)
            return ReloadReport(ReloadStatus.RESTORED, name, before=before)

        return await self._exclusive(by, taken)

    async def follow(self, name: str) -> ReloadReport:
        """Serve a version of our own that serves everywhere by now."""

        async def followed() -> ReloadReport:
            before = self._manifest.totals
            opened = await self._open(name)
            await asyncio.to_thread(self._versions.choose, name)
            await self._swap(opened)
            await self._prune()
            return ReloadReport(ReloadStatus.PUBLISHED, name, before=before)

        return await self._alone(FOLLOWING, followed)

    async def _exclusive(self, by: str, work: Callable[[], Awaitable[ReloadReport]]) -> ReloadReport:
        async def changing() -> ReloadReport:
            async with self._replication.changing():
                wanted = await self._replication.current()
                if wanted is not None and wanted != self.version:
                    await self._replication.fetch(wanted)
                    await self._serve(wanted, shared=True)
                    await asyncio.to_thread(self._versions.choose, wanted)
                report = await work()
            if report.version != wanted:
                await self._replication.tell(report.version, None)
                told = await await_replicas(self._replication, report.version, time.monotonic)
                report = replace(report, replicas=told)
            return report

        report = await self._alone(by, changing)
        for told in self._witnesses:
            told(by, report)
        return report

    async def _alone(self, by: str, work: Callable[[], Awaitable[ReloadReport]]) -> ReloadReport:
        if running := self._running:
            return ReloadReport(ReloadStatus.BUSY, self.version, since=running.since, by=running.by)
        self._running = _Running(by, self._clock())
        self._free.clear()
        try:
            report = await work()
        except NothingChanged:
            return ReloadReport(ReloadStatus.UNCHANGED, self.version, before=self._manifest.totals)
        except (KnowledgeError, StateError, OSError) as error:
            log.warning("reload by %s failed: %s", channel_of(by), error)
            return ReloadReport(ReloadStatus.FAILED, self.version, error=str(error))
        finally:
            self._running = None
            self._free.set()
        if report.status in (ReloadStatus.PUBLISHED, ReloadStatus.ROLLED_BACK, ReloadStatus.RESTORED):
            log.info("version %s serves, asked for by %s", report.version, channel_of(by))
            for told in self._subscribers:
                await told(report)
        return report

    async def _reload(self, request: ReloadRequest, progress: Progress) -> ReloadReport:
        before = self._manifest
        async with in_thread(self._versions.staging()) as folder:
            base = self._versions.folder / self.version
            order = BuildRequest(
                self._articles,
                base if base.is_dir() else None,
                if_changed=True,
                left_out=self._versions.suspects(),
            )
            try:
                built = await self._builder.build(order, folder, self._both(progress))
            except NothingChanged:
                if request.confirmed is None:
                    raise
                return ReloadReport(ReloadStatus.NOT_ASKED, self.version, before=before.totals)
            doubt = shrink_warning(before.totals, built.manifest.totals)
            lost = await asyncio.to_thread(self._lost, await self._quoted(), folder)
            rehearsed = ReloadReport(
                ReloadStatus.REHEARSED,
                self.version,
                built,
                before.totals,
                doubt,
                tuple(lost[:LOST]),
                len(lost),
                newly_skipped=_newly_skipped(before, built.manifest),
            )
            if request.dry:
                return rehearsed
            if request.confirmed is not None and not doubt:
                return replace(rehearsed, status=ReloadStatus.NOT_ASKED)
            if doubt and request.confirmed != built.manifest.folder_fingerprint and request.despite != doubt:
                return replace(rehearsed, status=ReloadStatus.UNCONFIRMED)
            newest = await self._replication.newest()
            name = await asyncio.to_thread(self._versions.publish, folder, newest)
        await self._serve(name, built.manifest)
        return replace(rehearsed, status=ReloadStatus.PUBLISHED, version=name)

    def _both(self, progress: Progress) -> Progress:
        def hear(stage: str, done: int, of: int) -> None:
            self._progress(stage, done, of)
            progress(stage, done, of)

        return hear

    async def _rollback(self, to: str | None) -> ReloadReport:
        names = self._versions.names()
        older = [name for name in names if name < self.version]
        if to is None and not older:
            return ReloadReport(ReloadStatus.FAILED, self.version, error="没有更早的版本")
        name = to.rjust(6, "0") if to else older[0]
        if name not in names:
            return ReloadReport(ReloadStatus.FAILED, self.version, error=f"没有 {name} 这个版本")
        before = self._manifest.totals
        opened = await self._open(name)
        try:
            await self._replication.choose(name)
        except StateError:
            await asyncio.to_thread(opened.close)
            raise
        await asyncio.to_thread(self._versions.choose, name)
        await self._swap(opened)
        return ReloadReport(ReloadStatus.ROLLED_BACK, name, before=before)

    async def _serve(self, name: str, sealed: Manifest | None = None, shared: bool = False) -> None:
        """Open what was just published, unread if it was `sealed` here a moment ago, and share it if it is not yet.

        What cannot be opened, or not be given to the other replicas, goes aside, and the one before is chosen again.
        """
        try:
            opened = await self._open(name, sealed)
        except SnapshotDamaged:
            await self._put_aside(name)
            raise
        if not shared:
            try:
                await self._replication.publish(name)
            except StateError:
                await asyncio.to_thread(opened.close)
                await self._put_aside(name)
                raise
        await self._swap(opened)
        await self._prune()

    async def _open(self, name: str, sealed: Manifest | None = None) -> Opened:
        language, over = self.knowledge.language, self.knowledge.over
        return await asyncio.to_thread(open_version, self._versions, name, language, sealed, over)

    async def _put_aside(self, name: str) -> None:
        await asyncio.to_thread(self._versions.quarantine, name)
        if self.version in self._versions.names():
            await asyncio.to_thread(self._versions.choose, self.version)

    async def _prune(self) -> None:
        try:
            await asyncio.to_thread(self._versions.prune)
        except OSError as error:  # what serves, serves; the next reload clears away what this one could not
            log.warning("old versions could not be removed: %s", error)

    async def _swap(self, opened: Opened) -> None:
        self._manifest = opened.manifest
        # in a thread, as the snapshot before is closed there if nobody reads it
        await asyncio.to_thread(self._store.swap, opened.snapshot, opened.close)

    def _lost(self, quoted: set[str], folder: Path) -> list[str]:
        """The quotes that people were shown and that the snapshot in `folder` does not have."""
        with open_index(folder / INDEX) as new, self._store.lease() as old:
            gone = [fact for fact in map(old.fact, sorted(quoted)) if fact and new.fact(fact.id) is None]
        return [fact.text for fact in gone]


def _newly_skipped(before: Manifest, after: Manifest) -> tuple[Skipped, ...]:
    known = {(one.name, one.reason) for one in before.skipped}
    return tuple(one for one in after.skipped if (one.name, one.reason) not in known)


def channel_of(actor: str) -> str:
    """Where an actor came in, for the log: it holds nobody's id."""
    return actor.partition(":")[0]


LOOK_SECONDS = 5.0  # until the pointer is looked at without being called
PATIENCE_SECONDS = 8.0  # that a report waits for the replicas


class Follower:
    """Serves here what should serve everywhere; what cannot be fetched leaves the version before serving."""

    def __init__(self, replication: Replication, service: ReloadService) -> None:
        self._replication = replication
        self._service = service
        self._called = asyncio.Event()
        self._trouble: str | None = None

    def call(self, _: str = "") -> None:
        self._called.set()

    def problem(self) -> str | None:
        """Say why an older version serves here, or None."""
        return self._trouble

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            self._called.clear()  # who calls while we look is heard after it
            try:
                self._trouble = await self._look()
                await self._replication.tell(self._service.version, self._trouble)
            except StateError as error:
                log.warning("it cannot be known what should serve: %s", error)
            await waited(self._called, LOOK_SECONDS)

    async def _look(self) -> str | None:
        wanted = await self._replication.current()
        if wanted is None or wanted == self._service.version:
            return None
        await self._service.idle()
        try:
            await self._replication.fetch(wanted)
        except (StateError, KnowledgeError, OSError) as error:
            log.error("version %s cannot be fetched, %s serves on: %s", wanted, self._service.version, error)
            return f"version {wanted} cannot be fetched: {error}"
        report = await self._service.follow(wanted)
        return report.error


async def await_replicas(
    replication: Replication, version: str, clock: Callable[[], float]
) -> tuple[ReplicaState, ...]:
    """Wait until every replica serves a version, or has said why not, or for some seconds; return what each serves."""
    began = clock()
    while True:
        states = await replication.replicas()
        settled = all(one.version == version or one.trouble for one in states)
        if settled or clock() - began > PATIENCE_SECONDS:
            return tuple(states)
        await asyncio.sleep(0.1)

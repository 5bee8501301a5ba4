"""The versions that replicas share: which one serves, what files it has, and how it reaches a replica's own folder."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
from psycopg.types.json import Json

from bot.errors import StateError, StateReadOnly
from bot.sharing import SNAPSHOTS, ReplicaState
from bot.state.blobs import Blobs
from bot.state.postgres import Connection, connect
from bot.state.replica import Replica
from knowledge.snapshots.files import sync_path
from knowledge.snapshots.manifest import NAME as MANIFEST
from knowledge.snapshots.manifest import FileDigest, read
from knowledge.snapshots.repository import SnapshotRepository

log = logging.getLogger(__name__)

KEPT = 3  # versions, beside the one that serves
BUILDING = (7_241_502, 1)  # our lock on changing what serves; any numbers of our own
LOCK_SECONDS = 600.0
CURRENT = "SELECT version FROM snapshot_current"
ADD = """
INSERT INTO snapshot_versions (version, files) VALUES (%s, %s)
ON CONFLICT (version) DO UPDATE SET files = excluded.files, built = clock_timestamp()
"""
POINT = """
INSERT INTO snapshot_current AS c (version, epoch) VALUES (%s, 1)
ON CONFLICT (one) DO UPDATE SET version = excluded.version, epoch = c.epoch + 1, at = clock_timestamp()
"""
PRUNE = """
DELETE FROM snapshot_versions WHERE version NOT IN (SELECT version FROM snapshot_current)
AND number NOT IN (SELECT number FROM snapshot_versions ORDER BY number DESC LIMIT %s)
"""
FILES = "SELECT files FROM snapshot_versions WHERE version = %s"
NEWEST = "SELECT max(version) FROM snapshot_versions"


class NotPublished(StateError):
    """A version is not among those that replicas share (any more)."""


TELL = "UPDATE replicas SET serving = %s, trouble = %s WHERE id = %s"
REPLICAS = "SELECT id, serving, trouble FROM replicas WHERE until > clock_timestamp() ORDER BY since"


class PublishedVersions:
    """What serves on every replica: a `bot.admin.replication.Replication`; `versions` are this one's own."""

    def __init__(self, url: str, blobs: Blobs, versions: SnapshotRepository, replica: Replica) -> None:
        self._url = url
        self._replica = replica
        self._blobs = blobs
        self._versions = versions

    async def current(self) -> str | None:
        """Return the version that should serve, None before the first."""
        async with self._reached() as connection:
            row = await (await connection.execute(CURRENT)).fetchone()
        return str(row[0]) if row else None

    async def newest(self) -> str | None:
        """Return the highest version that there is, None before the first."""
        async with self._reached() as connection:
            row = await (await connection.execute(NEWEST)).fetchone()
        return str(row[0]) if row and row[0] else None

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Be the only one of all processes that changes what serves.

        Raises:
            StateReadOnly: another process has been at it for ten minutes, or the database cannot be reached.
        """
        async with self._reached() as connection:
            async with asyncio.timeout(LOCK_SECONDS):
                await connection.execute("SET statement_timeout = 0")
                await connection.execute("SELECT pg_advisory_lock(%s, %s)", BUILDING)
            yield

    async def publish(self, name: str) -> None:
        """Send what others lack of a version of our own, and let it serve everywhere; only inside `changing`.

        Raises:
            StateReadOnly: it could not be sent; what served before goes on serving.
        """
        folder = self._versions.folder / name
        files = await asyncio.to_thread(_digests, folder)
        paths = {entry.sha256: folder / file for file, entry in files.items()}
        for digest in await self._blobs.missing(list(paths)):
            await self._blobs.put(digest, paths[digest])
        told = {file: [entry.size, entry.sha256] for file, entry in files.items()}
        async with self._reached() as connection:
            async with connection.transaction():
                await connection.execute(ADD, (name, Json(told)))
                await self._point(connection, name)
                await connection.execute(PRUNE, (KEPT,))
            rows = await (await connection.execute("SELECT files FROM snapshot_versions")).fetchall()
        wanted = {digest for (kept,) in rows for _, digest in kept.values()}
        await self._blobs.keep_only(wanted)

    async def choose(self, name: str) -> None:
        """Let an older version of our own serve everywhere; only inside `changing`.

        Raises:
            StateReadOnly: others could not be given it.
        """
        async with self._reached() as connection:
            kept = await (await connection.execute(FILES, (name,))).fetchone()
            if kept:
                await self._point(connection, name)
        if not kept:
            await self.publish(name)

    async def fetch(self, name: str) -> None:
        """Have a version among our own, taking over the files that we have already.

        Raises:
            NotPublished: it is none of those that are kept for all.
            StateReadOnly: it cannot be fetched, or what came is not what was sent.
            StorageUnavailable: there is no room.
        """
        async with self._reached() as connection:
            row = await (await connection.execute(FILES, (name,))).fetchone()
        if not row:
            raise NotPublished(f"没有为所有副本保存 {name} 这个版本")
        files = {str(file): FileDigest(*entry) for file, entry in row[0].items()}
        own = await asyncio.to_thread(self._own_files)
        if await asyncio.to_thread(self._has, name, files):
            return
        staging = self._versions.staging()
        folder = await asyncio.to_thread(staging.__enter__)
        try:
            for file in sorted(files, key=lambda file: file == MANIFEST):  # the manifest comes last
                await self._one(folder / file, files[file], own)
            await asyncio.to_thread(self._versions.adopt, folder, name)
        finally:
            await asyncio.to_thread(staging.__exit__, None, None, None)

    async def tell(self, version: str, trouble: str | None) -> None:
        """Let all know what serves here."""
        async with self._reached() as connection:
            await connection.execute(TELL, (version, trouble, self._replica.id))

    async def replicas(self) -> list[ReplicaState]:
        """Return who is alive and what each serves."""
        async with self._reached() as connection:
            return [ReplicaState(*row) for row in await (await connection.execute(REPLICAS)).fetchall()]

    async def _one(self, target: Path, entry: FileDigest, own: Mapping[str, Path]) -> None:
        await asyncio.to_thread(lambda: target.parent.mkdir(parents=True, exist_ok=True))
        if entry.sha256 in own:
            await asyncio.to_thread(shutil.copyfile, own[entry.sha256], target)
        else:
            await self._blobs.get(entry.sha256, target)
        if await asyncio.to_thread(_digest, target) != entry.sha256:
            raise StateReadOnly(f"快照文件 {target.name} 取来的内容不对；照旧用原来的版本，稍后再取")
        await asyncio.to_thread(sync_path, target)

    def _own_files(self) -> dict[str, Path]:
        """The files of all our versions, by their content."""
        found: dict[str, Path] = {}
        for name in self._versions.names():
            folder = self._versions.folder / name
            try:
                found |= {entry.sha256: folder / file for file, entry in read(folder).files.items()}
            except Exception as error:  # a damaged one has nothing to take over
                log.debug("%s is not taken over from: %s", name, error)
        return found

    def _has(self, name: str, files: Mapping[str, FileDigest]) -> bool:
        """Whether a version of ours is the one of that name; one of other content goes aside."""
        folder = self._versions.folder / name
        if not folder.is_dir():
            return False
        if (folder / MANIFEST).is_file() and _digest(folder / MANIFEST) == files[MANIFEST].sha256:
            return True
        self._versions.quarantine(name)
        return False

    async def _point(self, connection: Connection, name: str) -> None:
        await connection.execute(POINT, (name,))
        await connection.execute("SELECT pg_notify(%s, %s)", (SNAPSHOTS, name))

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[Connection]:
        try:
            async with await connect(self._url) as connection:
                yield connection
        except (psycopg.Error, TimeoutError) as error:
            raise StateReadOnly(f"PostgreSQL 现在用不了（{error}）；请检查数据库和网络") from error


def _digests(folder: Path) -> dict[str, FileDigest]:
    """Every file of a version, its manifest too."""
    manifest = folder / MANIFEST
    return {**read(folder).files, MANIFEST: FileDigest(manifest.stat().st_size, _digest(manifest))}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

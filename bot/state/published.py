"""The versions that replicas share: which one serves, what files it has, and how it reaches a replica's own folder."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.sql import SQL, Literal
from psycopg.types.json import Json

from bot.errors import CannotStore, StateError, StateReadOnly
from bot.runtime import in_thread
from bot.sharing import SNAPSHOTS, ReplicaState, Replication
from bot.state.postgres import Connection, connect
from bot.state.replica import Replica
from knowledge.snapshots.files import sha256_of, sync_path
from knowledge.snapshots.manifest import NAME as MANIFEST
from knowledge.snapshots.manifest import FileDigest, read_manifest
from knowledge.snapshots.repository import SnapshotRepository

log = logging.getLogger(__name__)

CHUNK = 1024 * 1024  # bytes
FOLDER = "snapshots"
PATIENTLY = "SET statement_timeout = '120s'"  # a large file takes its time


class Blobs(Protocol):
    """Files by the sha256 of their content, in hex; what is there is never changed.

    Every method raises StateReadOnly where it cannot be reached, and OSError for the local file.
    """

    async def missing(self, digests: Collection[str]) -> set[str]:
        """Return those that are not there."""

    async def put(self, digest: str, path: Path) -> None:
        """Keep a file's content; nothing of it is found before all of it is there."""

    async def get(self, digest: str, path: Path) -> None:
        """Write the content to a new file; the caller checks it."""

    async def keep_only(self, digests: Collection[str]) -> None:
        """Remove all others."""


class PostgresBlobs:
    """Chunks of 1 MiB in a table, sent and read by COPY."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def missing(self, digests: Collection[str]) -> set[str]:
        async with _reached(self._url) as connection:
            query = "SELECT sha256 FROM snapshot_chunks WHERE sha256 = ANY(%s) AND at = 0"
            found = await (await connection.execute(query, (list(digests),))).fetchall()
        return set(digests) - {digest for (digest,) in found}

    async def put(self, digest: str, path: Path) -> None:
        async with _reached(self._url) as connection, connection.cursor() as cursor:
            await cursor.execute(PATIENTLY)
            copy = "COPY snapshot_chunks (sha256, at, body) FROM STDIN WITH (FORMAT BINARY)"
            try:
                async with cursor.copy(copy) as writing:
                    writing.set_types(["text", "int4", "bytea"])
                    for at, piece in enumerate(_pieces(path)):
                        await writing.write_row((digest, at, piece))
            except psycopg.errors.UniqueViolation:
                return  # another replica was quicker

    async def get(self, digest: str, path: Path) -> None:
        async with _reached(self._url) as connection, connection.cursor() as cursor:
            await cursor.execute(PATIENTLY)
            query = "COPY (SELECT body FROM snapshot_chunks WHERE sha256 = {} ORDER BY at) TO STDOUT (FORMAT BINARY)"
            with path.open("xb") as file:
                async with cursor.copy(SQL(query).format(Literal(digest))) as reading:
                    reading.set_types(["bytea"])
                    async for (piece,) in reading.rows():
                        file.write(piece)

    async def keep_only(self, digests: Collection[str]) -> None:
        async with _reached(self._url) as connection:
            await connection.execute(PATIENTLY)
            await connection.execute(
                "DELETE FROM snapshot_chunks WHERE NOT sha256 = ANY(%s)", (list(digests),)
            )


class ObjectBlobs:
    """Objects named by their digest, below an address such as `s3://bucket/prefix` or `file:///shared/folder`."""

    def __init__(self, address: str) -> None:
        """Raises CannotStore: what speaks to it is not installed, or the address is none of its."""
        try:
            from obstore.store import from_url  # an extra of its own, and only where an address is given
        except ImportError:
            raise CannotStore("CHUCHU_SNAPSHOTS 要用对象存储，请先 pip install 'chuchu[objects]'") from None
        try:
            with _explained():
                self._store = from_url(address)
        except StateReadOnly as error:
            raise CannotStore(str(error)) from error

    async def missing(self, digests: Collection[str]) -> set[str]:
        return set(digests) - await self._all()

    async def put(self, digest: str, path: Path) -> None:
        import obstore

        with _explained():
            await obstore.put_async(self._store, f"{FOLDER}/{digest}", path)

    async def get(self, digest: str, path: Path) -> None:
        import obstore

        with _explained():
            found = await obstore.get_async(self._store, f"{FOLDER}/{digest}")
            with path.open("xb") as file:
                async for piece in found.stream(min_chunk_size=CHUNK):
                    file.write(piece)

    async def keep_only(self, digests: Collection[str]) -> None:
        import obstore

        with _explained():
            gone = await self._all() - set(digests)
            await obstore.delete_async(self._store, [f"{FOLDER}/{digest}" for digest in gone])

    async def _all(self) -> set[str]:
        import obstore

        with _explained():
            listed = await asyncio.to_thread(lambda: obstore.list(self._store, f"{FOLDER}/").collect())
        return {str(one["path"]).rpartition("/")[2] for one in listed}


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.read(CHUNK)  # an empty file has one piece, too
        while piece := file.read(CHUNK):
            yield piece


@asynccontextmanager
async def _reached(url: str) -> AsyncIterator[Connection]:
    try:
        async with await connect(url) as connection:
            yield connection
    except (psycopg.Error, TimeoutError) as error:
        raise StateReadOnly(f"PostgreSQL 现在用不了（{error}）；请检查数据库和网络") from error


@contextmanager
def _explained() -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, ValueError, FileNotFoundError) as error:
        said = str(error).partition("\n")[0]
        raise StateReadOnly(f"CHUCHU_SNAPSHOTS 指的存储用不了（{said}）；请检查地址和凭据") from error


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


TELL = "UPDATE replicas SET serving = %s, trouble = %s WHERE id = %s"
REPLICAS = "SELECT id, serving, trouble FROM replicas WHERE until > clock_timestamp() ORDER BY since"


class PublishedVersions(Replication):
    """What serves on every replica; `versions` are this one's own."""

    def __init__(self, url: str, blobs: Blobs, versions: SnapshotRepository, replica: Replica) -> None:
        self._url = url
        self._replica = replica
        self._blobs = blobs
        self._versions = versions

    async def current(self) -> str | None:
        async with _reached(self._url) as connection:
            row = await (await connection.execute(CURRENT)).fetchone()
        return str(row[0]) if row else None

    async def newest(self) -> str | None:
        async with _reached(self._url) as connection:
            row = await (await connection.execute(NEWEST)).fetchone()
        return str(row[0]) if row and row[0] else None

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        async with _reached(self._url) as connection:
            async with asyncio.timeout(LOCK_SECONDS):
                await connection.execute("SET statement_timeout = 0")
                await connection.execute("SELECT pg_advisory_lock(%s, %s)", BUILDING)
            yield

    async def publish(self, name: str) -> None:
        folder = self._versions.folder / name
        files = await asyncio.to_thread(_digests, folder)
        paths = {entry.sha256: folder / file for file, entry in files.items()}
        for digest in await self._blobs.missing(list(paths)):
            await self._blobs.put(digest, paths[digest])
        told = {file: [entry.size, entry.sha256] for file, entry in files.items()}
        async with _reached(self._url) as connection:
            async with connection.transaction():
                await connection.execute(ADD, (name, Json(told)))
                await self._point(connection, name)
                await connection.execute(PRUNE, (KEPT,))
            rows = await (await connection.execute("SELECT files FROM snapshot_versions")).fetchall()
        wanted = {digest for (kept,) in rows for _, digest in kept.values()}
        await self._blobs.keep_only(wanted)

    async def choose(self, name: str) -> None:
        async with _reached(self._url) as connection:
            kept = await (await connection.execute(FILES, (name,))).fetchone()
            if kept:
                await self._point(connection, name)
        if not kept:
            await self.publish(name)

    async def fetch(self, name: str) -> None:
        async with _reached(self._url) as connection:
            row = await (await connection.execute(FILES, (name,))).fetchone()
        if not row:
            raise StateError(f"没有为所有副本保存 {name} 这个版本")
        files = {str(file): FileDigest(*entry) for file, entry in row[0].items()}
        own = await asyncio.to_thread(self._own_files)
        if await asyncio.to_thread(self._has, name, files):
            return
        async with in_thread(self._versions.staging()) as folder:
            for file in sorted(files, key=lambda file: file == MANIFEST):  # the manifest comes last
                await self._one(folder / file, files[file], own)
            await asyncio.to_thread(self._versions.adopt, folder, name)

    async def tell(self, version: str, trouble: str | None) -> None:
        async with _reached(self._url) as connection:
            await connection.execute(TELL, (version, trouble, self._replica.id))

    async def replicas(self) -> list[ReplicaState]:
        async with _reached(self._url) as connection:
            return [ReplicaState(*row) for row in await (await connection.execute(REPLICAS)).fetchall()]

    async def _one(self, target: Path, entry: FileDigest, own: Mapping[str, Path]) -> None:
        await asyncio.to_thread(lambda: target.parent.mkdir(parents=True, exist_ok=True))
        if entry.sha256 in own:
            await asyncio.to_thread(shutil.copyfile, own[entry.sha256], target)
        else:
            await self._blobs.get(entry.sha256, target)
        if await asyncio.to_thread(sha256_of, target) != entry.sha256:
            raise StateReadOnly(f"快照文件 {target.name} 取来的内容不对；照旧用原来的版本，稍后再取")
        await asyncio.to_thread(sync_path, target)

    def _own_files(self) -> dict[str, Path]:
        """The files of all our versions, by their content."""
        found: dict[str, Path] = {}
        for name in self._versions.names():
            folder = self._versions.folder / name
            try:
                found |= {entry.sha256: folder / file for file, entry in read_manifest(folder).files.items()}
            except Exception as error:  # a damaged one has nothing to take over
                log.debug("%s is not taken over from: %s", name, error)
        return found

    def _has(self, name: str, files: Mapping[str, FileDigest]) -> bool:
        """Whether a version of ours is the one of that name; one of other content goes aside."""
        folder = self._versions.folder / name
        if not folder.is_dir():
            return False
        if (folder / MANIFEST).is_file() and sha256_of(folder / MANIFEST) == files[MANIFEST].sha256:
            return True
        self._versions.quarantine(name)
        return False

    async def _point(self, connection: Connection, name: str) -> None:
        await connection.execute(POINT, (name,))
        await connection.execute("SELECT pg_notify(%s, %s)", (SNAPSHOTS, name))


def _digests(folder: Path) -> dict[str, FileDigest]:
    """Every file of a version, its manifest too."""
    manifest = folder / MANIFEST
    return {**read_manifest(folder).files, MANIFEST: FileDigest(manifest.stat().st_size, sha256_of(manifest))}

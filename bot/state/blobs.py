"""Where the files of snapshots are kept for all replicas, by their content: in PostgreSQL, or in an object store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.sql import SQL, Literal

from bot.errors import StateReadOnly
from bot.state.postgres import Connection, connect

CHUNK = 1024 * 1024  # bytes
FOLDER = "snapshots"


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
        """Return those that are not there."""
        async with _reached(self._url) as connection:
            query = "SELECT sha256 FROM snapshot_chunks WHERE sha256 = ANY(%s) AND at = 0"
            found = await (await connection.execute(query, (list(digests),))).fetchall()
        return set(digests) - {digest for (digest,) in found}

    async def put(self, digest: str, path: Path) -> None:
        """Keep a file's content, in one transaction."""
        async with _reached(self._url) as connection, connection.cursor() as cursor:
            copy = "COPY snapshot_chunks (sha256, at, body) FROM STDIN WITH (FORMAT BINARY)"
            try:
                async with cursor.copy(copy) as writing:
                    writing.set_types(["text", "int4", "bytea"])
                    for at, piece in enumerate(_pieces(path)):
                        await writing.write_row((digest, at, piece))
            except psycopg.errors.UniqueViolation:
                return  # another replica was quicker

    async def get(self, digest: str, path: Path) -> None:
        """Write the content to a new file."""
        async with _reached(self._url) as connection, connection.cursor() as cursor:
            query = "COPY (SELECT body FROM snapshot_chunks WHERE sha256 = {} ORDER BY at) TO STDOUT (FORMAT BINARY)"
            with path.open("xb") as file:
                async with cursor.copy(SQL(query).format(Literal(digest))) as reading:
                    reading.set_types(["bytea"])
                    async for (piece,) in reading.rows():
                        file.write(piece)

    async def keep_only(self, digests: Collection[str]) -> None:
        """Remove all others."""
        async with _reached(self._url) as connection:
            await connection.execute(
                "DELETE FROM snapshot_chunks WHERE NOT sha256 = ANY(%s)", (list(digests),)
            )


class ObjectBlobs:
    """Objects named by their digest, below an address such as `s3://bucket/prefix` or `file:///shared/folder`."""

    def __init__(self, address: str) -> None:
        from obstore.store import from_url  # an extra of its own, and only where an address is given

        self._store = from_url(address)

    async def missing(self, digests: Collection[str]) -> set[str]:
        """Return those that are not there."""
        return set(digests) - await self._all()

    async def put(self, digest: str, path: Path) -> None:
        """Keep a file's content."""
        import obstore

        with _explained():
            await obstore.put_async(self._store, f"{FOLDER}/{digest}", path)

    async def get(self, digest: str, path: Path) -> None:
        """Write the content to a new file."""
        import obstore

        with _explained():
            found = await obstore.get_async(self._store, f"{FOLDER}/{digest}")
            with path.open("xb") as file:
                async for piece in found.stream(min_chunk_size=CHUNK):
                    file.write(piece)

    async def keep_only(self, digests: Collection[str]) -> None:
        """Remove all others."""
        import obstore

        with _explained():
            for digest in await self._all() - set(digests):
                await obstore.delete_async(self._store, f"{FOLDER}/{digest}")

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
            await connection.execute("SET statement_timeout = '120s'")  # a large file takes its time
            yield connection
    except psycopg.Error as error:
        raise StateReadOnly(f"快照不能从 PostgreSQL 取或存（{error}）；请检查数据库和网络") from error


@contextmanager
def _explained() -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        raise StateReadOnly(f"CHUCHU_SNAPSHOTS 指的存储用不了（{error}）；请检查地址和凭据") from error

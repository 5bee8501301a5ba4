"""Clippings on demand: drawn in a child process, one at a time, and kept in the data folder up to a limit."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.query_service import QueryService
from bot.runtime import run_child
from knowledge.model import Fact
from knowledge.snapshot import Snapshot

log = logging.getLogger(__name__)

FOLDER = "clippings"
KEPT_BYTES = 64 << 20
SECONDS = 15.0
WAITING = 8
"""Who may wait for a clipping; whoever comes then is told to come again."""
LARGEST_PDF = 64 << 20


class ClippingsBusy(Exception):
    """Too many wait for a clipping."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be drawn, and what it is kept as."""

    key: str
    page: int
    texts: Sequence[str]
    pictured: bool
    pdf: bytes


class Clippings:
    """Draws where a sentence of a PDF is printed."""

    def __init__(self, queries: QueryService, data: Path) -> None:
        self._queries = queries
        self._folder = data / FOLDER
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def clipping(self, fact_id: str, pictured: bool = False) -> bytes | None:
        """Return a PNG of the place where a fact is printed, None where it has none.

        With `pictured`, of the picture that the fact is the caption of.

        Raises:
            ClippingsBusy: too many wait.
            TooSlow: the fact could not be looked up in time.
        """
        order = await self._queries.read(lambda snapshot: _order(snapshot, fact_id, pictured))
        if order is None:
            return None
        kept = self._folder / f"{order.key}.png"
        if (picture := await asyncio.to_thread(_read, kept)) is not None:
            return picture
        if self._waiting >= WAITING:
            raise ClippingsBusy
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(_read, kept) or await self._drawn(order, kept)
        finally:
            self._waiting -= 1

    async def _drawn(self, order: _Order, kept: Path) -> bytes | None:
        asked = json.dumps(
            {"page": order.page, "texts": list(order.texts), "pictured": order.pictured}
        ).encode()
        try:
            code, picture, complaint = await run_child(
                "-m", "knowledge.documents.clipping", given=asked + b"\n" + order.pdf, seconds=SECONDS
            )
        except TimeoutError:
            log.warning("a clipping took more than %.0f s", SECONDS)
            return None
        if code or not picture:
            log.warning("a clipping could not be drawn: %s", complaint.decode("utf-8", "replace")[-300:])
            return None
        await asyncio.to_thread(_keep, kept, picture)
        return picture


def can_be_clipped(fact: Fact) -> bool:
    """Whether the printed place of a fact can be shown; only a PDF's facts stand on pages."""
    return fact.page is not None and fact.article.file.lower().endswith(".pdf")


def _order(snapshot: Snapshot, fact_id: str, pictured: bool) -> _Order | None:
    fact = snapshot.fact(fact_id)
    if fact is None or not can_be_clipped(fact) or not snapshot.proves(fact):
        return None
    document = snapshot.document(fact.article.file)
    pdf = snapshot.original(fact.article.file)
    if document is None or pdf is None or len(pdf) > LARGEST_PDF or fact.page is None:
        return None
    spans = [span for span in fact.spans if document.on_page(span.line)[0] == fact.page]
    texts = [document.lines[span.line - 1][span.start : span.end] for span in spans]
    told = f"{document.sha256} {fact.page} {spans} {pictured}"
    key = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
    return _Order(key, fact.page, texts, pictured, pdf)


def _read(path: Path) -> bytes | None:
    try:
        picture = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return picture


def _keep(path: Path, picture: bytes) -> None:
    """Write a clipping, and take the longest unused ones away beyond the limit; a full disk keeps none."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(picture)
        part.replace(path)
        kept = sorted(path.parent.glob("*.png"), key=lambda one: one.stat().st_mtime, reverse=True)
        size = 0
        for one in kept:
            size += one.stat().st_size
            if size > KEPT_BYTES:
                one.unlink()
    except OSError as error:
        log.warning("a clipping is not kept: %s", error)
        with suppress(OSError):
            part.unlink()

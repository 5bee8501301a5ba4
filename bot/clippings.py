"""Clippings on demand: drawn in a child process, one at a time, and kept in the data folder up to a limit."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from bot.query_service import QueryService
from bot.runtime import child_output
from knowledge.documents import RECOGNISED
from knowledge.documents.files import keep, read_kept
from knowledge.model import Fact
from knowledge.snapshot import Snapshot
from knowledge.snapshots.opening import SERVED

FOLDER = "clippings"
KEPT_BYTES = 64 << 20
SECONDS = 15.0
WAITING = 8
"""Who may wait for a clipping; whoever comes then is told to come again."""
LARGEST_FILE = 64 << 20
_IMAGES = (".png", ".jpg", ".jpeg")


class ClippingsBusy(Exception):
    """Too many wait for a clipping."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be drawn, and what it is kept as."""

    key: str
    page: int
    texts: Sequence[str]
    pictured: bool
    original: bytes


class Clippings:
    """Draws where a sentence of a PDF or an image is printed."""

    def __init__(self, queries: QueryService, data: Path) -> None:
        self._queries = queries
        self._folder = data / FOLDER
        self._recognised = data / SERVED / RECOGNISED
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
        if (picture := await asyncio.to_thread(read_kept, kept)) is not None:
            return picture
        if self._waiting >= WAITING:
            raise ClippingsBusy
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(read_kept, kept) or await self._drawn(order, kept)
        finally:
            self._waiting -= 1

    async def _drawn(self, order: _Order, kept: Path) -> bytes | None:
        asked = json.dumps(
            {
                "page": order.page,
                "texts": list(order.texts),
                "pictured": order.pictured,
                "recognised": str(self._recognised),
            }
        ).encode()
        module, given = ("-m", "knowledge.documents.clipping"), asked + b"\n" + order.original
        picture = await child_output("a clipping", *module, given=given, seconds=SECONDS)
        if picture is not None:
            await asyncio.to_thread(keep, kept, picture, KEPT_BYTES)
        return picture


def can_be_clipped(fact: Fact) -> bool:
    """Whether the printed place of a fact can be shown: on a page of a PDF, or in an image."""
    suffix = PurePath(fact.article.file).suffix.lower()
    return suffix in _IMAGES or (suffix == ".pdf" and fact.page is not None)


def _order(snapshot: Snapshot, fact_id: str, pictured: bool) -> _Order | None:
    fact = snapshot.fact(fact_id)
    if fact is None or not can_be_clipped(fact) or not snapshot.proves(fact):
        return None
    document = snapshot.document(fact.article.file)
    original = snapshot.original(fact.article.file)
    if document is None or original is None or len(original) > LARGEST_FILE:
        return None
    spans = [span for span in fact.spans if document.on_page(span.line)[0] == fact.page]
    texts = [document.lines[span.line - 1][span.start : span.end] for span in spans]
    told = f"{document.sha256} {fact.page} {spans} {pictured}"
    key = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
    return _Order(key, fact.page or 1, texts, pictured, original)

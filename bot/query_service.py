"""Lookups off the event loop: one lease each, a time budget, and no quote that its file does not prove."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from knowledge.model import Answer, Browse, Fact, Hit
from knowledge.snapshot import Snapshot, SnapshotHolder

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# Threads start only when all others are busy. Twenty stuck lookups must not hold up the next one.
THREADS = 24
PATIENCE_SECONDS = 3.0
LONGEST_QUERY = 10_000
PANICS, PANICS_WITHIN = 3, 60.0  # so many in so many seconds are no accident


class TooSlow(Exception):
    """A lookup did not end in time; its thread finishes alone."""


class IndexFailure(Exception):
    """The index library gave up in the middle of a lookup."""


class QueryService:
    """Asks the serving snapshot on behalf of every surface."""

    def __init__(
        self, store: SnapshotHolder, pool: ThreadPoolExecutor, patience: float, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._pool = pool
        self._patience = patience
        self._clock = clock
        self._panics: deque[float] = deque(maxlen=PANICS)

    def problem(self) -> str | None:
        """Say that the index library panics again and again, or None."""
        often = len(self._panics) == PANICS and self._clock() - self._panics[0] < PANICS_WITHIN
        return f"the index panicked {PANICS} times within a minute" if often else None

    async def ask(self, query: str, limit: int = 10) -> Answer:
        """Answer one query; every fact in it is proved against the snapshot's copy of its file.

        Raises:
            TooSlow: the budget is spent.
        """
        return await self.read(lambda snapshot: ask_verified(snapshot, query, limit))

    async def warm(self) -> None:
        """Ask without haste what finds nothing and what finds something; the first reader does not pay for what loads then."""

        def first() -> None:
            with self._store.lease() as snapshot:
                snapshot.ask("出处", 1)
                for listed in snapshot.browse(Browse()).articles[:1]:
                    ask_verified(snapshot, listed.article.title.text, 10)

        await asyncio.get_running_loop().run_in_executor(self._pool, first)

    async def read(self, work: Callable[[Snapshot], Result]) -> Result:
        """Do `work` on one leased snapshot in a thread of the pool.

        Raises:
            TooSlow: the budget is spent.
            IndexFailure: the index library panicked.
        """

        def leased() -> Result:
            try:
                with self._store.lease() as snapshot:
                    return work(snapshot)
            except Exception:
                raise
            except BaseException as error:
                # What panics in Rust is no Exception (PyO3); in a thread nothing else is none.
                self._panics.append(self._clock())
                raise IndexFailure(f"the index failed: {error}") from error

        running = asyncio.get_running_loop().run_in_executor(self._pool, leased)
        try:
            async with asyncio.timeout(self._patience):
                return await running
        except TimeoutError:
            raise TooSlow(f"a lookup took more than {self._patience} s") from None


@contextmanager
def open_query_service(
    store: SnapshotHolder, patience: float = PATIENCE_SECONDS, clock: Callable[[], float] = time.monotonic
) -> Iterator[QueryService]:
    """Lend a lookup whose threads end with it."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lookup")
    try:
        yield QueryService(store, pool, patience, clock)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ask_verified(snapshot: Snapshot, query: str, limit: int, context: Sequence[str] = ()) -> Answer:
    """Ask, after the questions of `context`, and keep only what stands word for word in the snapshot's own copy."""
    answer = snapshot.ask(tidy(query), limit, [tidy(asked) for asked in context])
    hits, related = _proved(snapshot, answer.hits), _proved(snapshot, answer.related)
    if len(hits) == len(answer.hits) and len(related) == len(answer.related):
        return answer
    lost_first = bool(answer.hits) and (not hits or hits[0] != answer.hits[0])
    return replace(
        answer,
        found=answer.found and bool(hits),
        answer=None if lost_first else answer.answer,
        confidence=answer.confidence if hits else 0.0,
        hits=hits,
        related=related,
        close=answer.close and bool(related),
    )


def fact_verified(snapshot: Snapshot, fact_id: str) -> Fact | None:
    """The fact of that id, if the snapshot has it and its own copy of the file proves it."""
    fact = snapshot.fact(fact_id)
    return fact if fact is not None and snapshot.proves(fact) else None


def meaning_verified(snapshot: Snapshot, words: str, facts: Sequence[Fact]) -> Sequence[Fact]:
    """Those of some facts that mean what is asked for in other words, and are proved."""
    return [fact for fact in snapshot.meaning(words, facts) if snapshot.proves(fact)]


def in_library(library: str | None, query: str) -> str:
    """A query of one library's articles, as search reads it; of all where none is named."""
    return f"库:{library} {query}" if library else query


def tidy(query: str) -> str:
    """A query that every layer can carry: bounded, and whole characters only."""
    whole = query[:LONGEST_QUERY].encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\0", " ")


def _proved(snapshot: Snapshot, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    kept = tuple(hit for hit in hits if snapshot.proves(hit.fact))
    for hit in hits:
        if hit not in kept:
            log.error(
                "fact %s does not stand in %s of snapshot %s and is not said; run chuchu check",
                hit.fact.id,
                hit.fact.article.file,
                snapshot.version,
            )
    return kept

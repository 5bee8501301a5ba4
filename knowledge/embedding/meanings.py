"""A snapshot's facts held beside a query in meaning, within a time budget: past it, words alone answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from knowledge.embedding.models import OFF, model_name, open_embedder
from knowledge.embedding.vectors import Committed, Model, Vectors, committed, open_vectors, text_key
from knowledge.errors import EmbeddingFailed
from knowledge.search.corpus import Array, Columns
from knowledge.search.semantic import Coverage, Embedder, Over

log = logging.getLogger(__name__)

BUDGET = 0.3
"""Seconds a query waits for its vector, ten times what the bundled model takes on an idle core."""
REMEMBERED = 512
"""Queries whose vectors are kept: what was asked is asked again."""
LEAST_SPREAD = 0.005
"""Of a handful of facts that are all alike; those of a library spread by .01 and more."""
SAMPLE = 256
"""Facts that say what an average fact is."""
LOOK = 0.5
"""Seconds between two looks at what the worker has added."""
REST = 30.0
"""Seconds after a failure in which the model is not asked again."""
NAME = "vectors"


@dataclass(frozen=True, slots=True)
class EmbeddedQuery:
    """A query's vector, and what made it."""

    model: Model
    vector: Array


class Placed:
    """Vectors as a snapshot's facts have them: `sentence[n]` is the number of fact n's sentence, -1 for none."""

    def __init__(self, vectors: Vectors, keys: Array) -> None:
        self.vectors = vectors
        order = np.argsort(vectors.keys, kind="stable")
        ordered = vectors.keys[order]
        at = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
        self.sentence = np.where(ordered[at] == keys, order[at], -1)
        self._by_sentence = np.argsort(self.sentence, kind="stable")
        self._sentences = self.sentence[self._by_sentence]
        embedded = np.flatnonzero(self.sentence >= 0)
        self.embedded = len(embedded)
        self.sample = embedded[:: max(1, len(embedded) // SAMPLE)]

    def facts_of(self, sentences: Array) -> Array:
        """Return the facts that are one of these sentences (ascending)."""
        starts = np.searchsorted(self._sentences, sentences, "left")
        ends = np.searchsorted(self._sentences, sentences, "right")
        found = [self._by_sentence[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True) if a < b]
        return np.concatenate(found) if found else np.zeros(0, np.int64)


class QueryMeaning:
    """One query's vector beside the facts of a snapshot (`semantic.Meaning`)."""

    def __init__(self, query: Array, placed: Placed) -> None:
        self._query = query
        self._placed = placed

    def nearest(self, most: int) -> Array:
        facts = self._placed.facts_of(self._placed.vectors.nearest(self._query))
        alike = self._placed.vectors.likeness(self._query, self._placed.sentence[facts])
        nearest: Array = facts[np.argsort(-alike, kind="stable")[:most]]
        return nearest

    def likeness(self, facts: Array) -> Array:
        sentences = self._placed.sentence[facts]
        known = sentences >= 0
        found = np.zeros(len(facts))
        middle, spread = self._average
        alike = self._placed.vectors.likeness(self._query, sentences[known])
        found[known] = (alike - middle) / spread
        return found

    @cached_property
    def _average(self) -> tuple[float, float]:
        """The mean of the facts and their standard deviation, without the nearest: it may be what is asked for."""
        alike = np.sort(
            self._placed.vectors.likeness(self._query, self._placed.sentence[self._placed.sample])
        )
        usual = alike[:-1] if len(alike) > 1 else alike
        return float(usual.mean()), max(float(usual.std()), LEAST_SPREAD)


class Semantics:
    """The chosen model and the vectors in one data folder, for every snapshot of this process.

    One thread of its own loads the model, embeds queries and looks at what the worker has added; nobody waits for it
    longer than the budget.
    """

    def __init__(
        self,
        data: Path,
        embeddings: str,
        budget: float = BUDGET,
        load: Callable[[str], Embedder] = open_embedder,
        name_of: Callable[[str], str | None] = model_name,
    ) -> None:
        self.embeddings = embeddings
        self.folder = data / NAME
        self._budget = budget
        self._load = load
        self._name = name_of(embeddings)
        self._embedder: Embedder | None = None
        self._resting_until = 0.0
        self._asked: dict[str, Future[EmbeddedQuery | None]] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="meaning")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    @property
    def enabled(self) -> bool:
        """Whether a model is chosen and, as far as is known, works."""
        return self.embeddings != OFF and time.monotonic() >= self._resting_until

    def made(self, model: Model) -> bool:
        """Whether the chosen model made what a model made, as far as it can be told without asking it."""
        return self._name is None or self._name == model.name

    @property
    def over_index(self) -> Over | None:
        """`over`, or None where no model is chosen."""
        return None if self.embeddings == OFF else self.over

    def over(self, columns: Columns) -> SnapshotMeanings:
        """Hold queries beside the facts of one index."""
        return SnapshotMeanings(columns, self)

    def asked(self, query: str) -> EmbeddedQuery | None:
        """Return a folded query's vector if it comes within the budget; one that comes later is there the next time."""
        with self._lock:
            future = self._asked.pop(query, None)
            if future is None:
                future = self._thread.submit(self._embed, query)
            self._asked[query] = future
            if len(self._asked) > REMEMBERED:
                del self._asked[next(iter(self._asked))]
        with suppress(TimeoutError):
            return future.result(self._budget)
        return None

    def soon(self, work: Callable[[], None]) -> Future[None]:
        """Do some work on the thread that nobody waits for longer than the budget."""
        return self._thread.submit(work)

    def wait(self, future: Future[None]) -> None:
        """Give some work its time."""
        with suppress(TimeoutError):
            future.result(self._budget)

    def _embed(self, query: str) -> EmbeddedQuery | None:
        try:
            embedder = self._embedder = self._embedder or self._load(self.embeddings)
            vector = embedder.embed([query], asked=True)[0]
            return EmbeddedQuery(Model(embedder.name, embedder.dimension), vector)
        except EmbeddingFailed as error:
            log.warning("%s", error)
            with self._lock:
                self._asked.clear()
                self._resting_until = time.monotonic() + REST
            return None


class SnapshotMeanings:
    """`semantic.Meanings` of one index; what the worker adds is taken up between two queries."""

    def __init__(self, columns: Columns, semantics: Semantics) -> None:
        self._columns = columns
        self._semantics = semantics
        self._placed: Placed | None = None
        self._seen = Committed(0, 0, 0)
        self._taking: Future[None] | None = None
        self._look_again = 0.0

    def of(self, query: str) -> QueryMeaning | None:
        if not query or not self._semantics.enabled:
            return None
        self._take_up()
        placed = self._placed
        if placed is None:
            return None
        asked = self._semantics.asked(query)
        if asked is None or asked.model != placed.vectors.model:
            return None
        return QueryMeaning(asked.vector, placed)

    def like(self, fact: int) -> QueryMeaning | None:
        """Hold a fact's own sentence beside the others; None while it is not embedded."""
        self._take_up()
        placed = self._placed
        if placed is None or placed.sentence[fact] < 0:
            return None
        return QueryMeaning(placed.vectors.vector(int(placed.sentence[fact])), placed)

    @property
    def coverage(self) -> Coverage:
        """How far the embedding has come."""
        if self._semantics.enabled:
            self._take_up()
            if self._taking is not None:
                self._semantics.wait(self._taking)
        placed = self._placed
        if placed is None:
            return Coverage(None, 0, 0, len(self._columns))
        model = placed.vectors.model
        return Coverage(model.name, model.dimension, placed.embedded, len(self._columns))

    def _take_up(self) -> None:
        """See whether there are more vectors; wait for them only the first time, and not longer than the budget."""
        now = time.monotonic()
        if now < self._look_again or (self._taking is not None and not self._taking.done()):
            return
        self._look_again = now + LOOK
        if committed(self._semantics.folder) == self._seen:
            return
        self._taking = self._semantics.soon(self._place)
        if self._placed is None:
            self._semantics.wait(self._taking)

    def _place(self) -> None:
        seen = committed(self._semantics.folder)
        vectors = open_vectors(self._semantics.folder)
        if vectors is not None and not self._semantics.made(vectors.model):
            vectors = None  # another model was chosen since, and makes its own now
        self._placed = None if vectors is None else Placed(vectors, self._keys)
        self._seen = seen

    @cached_property
    def _keys(self) -> Array:
        columns = self._columns
        texts = map(columns.text, range(len(columns)))
        return np.fromiter(map(text_key, texts), "<u8", len(columns))

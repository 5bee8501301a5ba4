"""One immutable version of the knowledge, and the holder of the one that serves now."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.answering.reader import NeuralReader
from knowledge.answering.scorer import AnswerModel, read_answer_model
from knowledge.errors import NothingServes
from knowledge.index.index import Index, build_index, open_index
from knowledge.model import (
    Answer,
    Article,
    Browse,
    Document,
    Fact,
    Listing,
    ParsedDocument,
    RepairEntry,
    Skipped,
)
from knowledge.models.reader import open_reader
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.repair.stitching import is_proved
from knowledge.search.ask import Answering, ask
from knowledge.search.conversation import (
    FollowUps,
    Hints,
    answer_across,
    asked_across,
    hints,
    meant_facts,
    related,
)
from knowledge.search.semantic import Coverage, Over
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer

if TYPE_CHECKING:
    from knowledge.repair.report import FileReport

ANSWER_MODEL = Path(__file__).parent / "models" / "answers.json"


@cache
def answer_model() -> AnswerModel:
    """Return the shipped numbers of answering, read once."""
    return read_answer_model(ANSWER_MODEL)


@cache
def shipped_reader() -> NeuralReader | None:
    """Return the reader that all snapshots share, or None where the extra `reader` is not installed."""
    return open_reader()


@dataclass(frozen=True, slots=True)
class Models:
    """What snapshots share, as it takes long to load.

    `language` cuts words, one of its own if None; `over` finds the facts' vectors, without it words alone are searched;
    `reader` gives what reads question and sentence together, if there is one.
    """

    language: Analyzer | None = None
    over: Over | None = None
    reader: Callable[[], NeuralReader | None] = shipped_reader


SHIPPED = Models()


class Snapshot:
    """One version of the knowledge; a lookup holds one from start to end."""

    def __init__(
        self,
        version: str,
        index: Index,
        held: ExitStack,
        models: Models = SHIPPED,
        aliases: Aliases | None = None,
        skipped: Iterable[Skipped] = (),
    ) -> None:
        """`held` has the index among what closing the snapshot gives back."""
        self.version = version
        self.skipped = tuple(skipped)
        self._aliases = aliases or Aliases()
        self._language: Analyzer = models.language or ChineseAnalyzer()
        self._held = held
        self._index = index
        self._answering = Answering(answer_model(), models.reader())
        self._meanings = None if models.over is None else models.over(index.columns)

    @classmethod
    def of(
        cls,
        version: str,
        repaired: Iterable[ParsedDocument],
        aliases: Aliases | None = None,
        reader: Callable[[], NeuralReader | None] = shipped_reader,
    ) -> Snapshot:
        """Build an index in a folder of its own that goes when the snapshot is closed."""
        with ExitStack() as held:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="chuchu-"))) / "index"
            build_index(folder, ((one, _printed(one)) for one in repaired))
            index = held.enter_context(open_index(folder))
            return cls(version, index, held.pop_all(), Models(reader=reader), aliases)

    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        """Answer one query with at most `limit` hits and related facts together.

        `context` are the questions before it, the oldest first: what a follow-up leaves out is taken from them.
        """
        answering = replace(self._answering, meanings=self._meanings)

        def answer(text: str) -> Answer:
            if about := asked_across(text):
                libraries = self._index.catalogue.libraries
                if len(libraries) > 1:
                    return answer_across(text, about, libraries, once)
                return replace(once(about), query=text)  # what the only one says
            return once(text)

        def once(text: str, answering: Answering = answering) -> Answer:
            return ask(text, self._analyse, self._index, self._language, limit, time.monotonic, answering)

        def glance(text: str) -> Answer:
            return once(text, replace(self._answering, reader=None))

        return FollowUps(answer, glance, self._analyse, self._language, limit).answer(query, context)

    def hints(self, query: str) -> Hints:
        """Say what helps where nothing was found: words that no article holds, and what there is on the rest."""
        return hints(self._analyse(query), self._index, self.browse)

    def _analyse(self, text: str) -> Query:
        return analyse(text, self._aliases, self._language)

    def related(self, fact: Fact, limit: int = 3) -> tuple[Fact, ...]:
        """Return what else is told of the same as a fact, best first, other articles before its own."""
        return related(fact, self._analyse, self._index, self._language, limit, self._meanings)

    def meaning(self, query: str, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Return those of the facts that mean what a query says, the most alike first; none without a model."""
        return (
            ()
            if self._meanings is None
            else meant_facts(query, facts, self._analyse, self._index, self._meanings)
        )

    @property
    def coverage(self) -> Coverage | None:
        """How many facts can be found by meaning; None where no model is chosen."""
        return None if self._meanings is None else self._meanings.coverage

    @property
    def aliases(self) -> Aliases:
        """The names that mean the same here."""
        return self._aliases

    @property
    def language(self) -> Analyzer:
        """The language that is read here."""
        return self._language

    def with_aliases(self, more: Aliases) -> Snapshot:
        """Return this very snapshot knowing more names; both are closed together."""
        other = copy(self)
        other._aliases = self._aliases.joined(more)
        return other

    def fact(self, fact_id: str) -> Fact | None:
        """Return the fact of that id, or None."""
        return self._index.fact(fact_id)

    def article(self, article_id: str) -> Article | None:
        """Return the article of that id, or None."""
        return self._index.article(article_id)

    def counts(self) -> tuple[int, int]:
        """How many articles and how many facts there are; costs far less than going through them."""
        return self._index.records.counts()

    def articles(self) -> Iterator[Article]:
        """Every article, by file and place."""
        return self._index.records.articles()

    def browse(self, browse: Browse) -> Listing:
        """Return one page of the articles that are asked for."""
        return self._index.browse(browse)

    def sharing(self, article: Article, most: int = 5) -> list[tuple[Article, tuple[str, ...]]]:
        """Return the articles that share most of an article's rarest key words, each with those words."""
        return self._index.sharing(article, most)

    def facts(self, article_id: str | None = None) -> Iterator[Fact]:
        """Every fact in reading order per article, or those of one article."""
        return self._index.facts(article_id)

    def around(self, fact_id: str, before: int = 1, after: int = 1) -> tuple[Fact, ...]:
        """Return the fact with its neighbours of the same article, in reading order; empty for an unknown id."""
        return self._index.around(fact_id, before, after)

    def document(self, name: str) -> Document | None:
        """Return the snapshot's own copy of a document, or None."""
        return self._index.records.document(name)

    def original(self, name: str) -> bytes | None:
        """Return the bytes of the snapshot's own copy of a file, or None."""
        return self._index.records.original(name)

    def log(self, name: str | None = None) -> Iterator[tuple[str, RepairEntry]]:
        """Every repair with its file's name, or those of one file."""
        return self._index.records.log(name)

    def reports(self) -> Iterator[FileReport]:
        """How every file came in, by name."""
        from knowledge.repair.report import file_report  # which a question does without

        titles: dict[str, list[str]] = defaultdict(list)
        for article in self.articles():
            titles[article.file].append(article.title.text)
        for name, sentences in self._index.records.files():
            document = self.document(name)
            assert document is not None
            yield file_report(document, titles[name], sentences, (entry for _, entry in self.log(name)))

    def proves(self, fact: Fact) -> bool:
        """Tell whether the fact stands word for word in this snapshot's copy of its file."""
        document = self.document(fact.article.file)
        return document is not None and is_proved(fact, document)

    def close(self) -> None:
        """Release files and maps, the last opened first; the snapshot answers no more."""
        self._held.close()


@dataclass(slots=True, eq=False)
class _Slot:
    bare: Snapshot
    snapshot: Snapshot
    close: Callable[[], None]
    readers: int = 0


class SnapshotHolder:
    """Holds the serving snapshot and swaps it in one assignment; lookups may come from any thread.

    It holds none until the first one comes. A snapshot that was swapped out is closed when its last lookup has ended.
    `close` replaces the snapshot's own `close` where more than the snapshot is to be given back.
    """

    def __init__(self, snapshot: Snapshot | None = None, close: Callable[[], None] | None = None) -> None:
        self._aliases = Aliases()
        self._slot = _Slot(snapshot, snapshot, close or snapshot.close) if snapshot else None
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """The version that serves now.

        Raises:
            NothingServes: there is none yet.
        """
        return self._held().snapshot.version

    @contextmanager
    def lease(self) -> Iterator[Snapshot]:
        """Lend the serving snapshot for one lookup.

        Raises:
            NothingServes: there is none yet.
        """
        with self._lock:
            slot = self._held()
            slot.readers += 1
        try:
            yield slot.snapshot
        finally:
            with self._lock:
                slot.readers -= 1
                last = not slot.readers and slot is not self._slot
            if last:
                slot.close()

    def swap(self, snapshot: Snapshot, close: Callable[[], None] | None = None) -> None:
        """Serve `snapshot` from now on."""
        with self._lock:
            taught = snapshot.with_aliases(self._aliases) if self._aliases.groups else snapshot
            before, self._slot = self._slot, _Slot(snapshot, taught, close or snapshot.close)
            idle = before is not None and not before.readers
        if before is not None and idle:
            before.close()

    def set_aliases(self, aliases: Aliases) -> None:
        """Let this and every later snapshot know these names too, in place of those taught before."""
        with self._lock:
            self._aliases = aliases
            if self._slot is not None:
                self._slot.snapshot = self._slot.bare.with_aliases(aliases)

    def close(self) -> None:
        """Close the serving snapshot, if there is one."""
        if self._slot is not None:
            self._slot.close()

    def _held(self) -> _Slot:
        if self._slot is None:
            raise NothingServes("no snapshot serves yet")
        return self._slot


def _printed(repaired: ParsedDocument) -> bytes:
    """The bytes of a document that was made in memory: its lines."""
    return "\n".join(repaired.document.lines).encode("utf-8", "surrogatepass")

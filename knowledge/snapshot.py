"""Everything one answer needs, immutable: documents, articles, facts and the index over them."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from copy import copy
from pathlib import Path

from knowledge.index.build import build_index
from knowledge.index.opened import OpenedIndex, open_index
from knowledge.model import Answer, Article, Document, Fact, Repair, Repaired, Skipped
from knowledge.proof import verify
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.repair.report import FileReport, report
from knowledge.search.ask import ask
from knowledge.text.chinese import Chinese
from knowledge.text.language import Language


class Snapshot:
    """One version of the knowledge; a lookup holds one from start to end."""

    def __init__(
        self,
        version: str,
        folder: Path,
        skipped: Iterable[Skipped] = (),
        aliases: Aliases | None = None,
        held: ExitStack | None = None,
        language: Language | None = None,
    ) -> None:
        """Open the index in `folder`; `held` is given back after it. A `language` takes long to load: share it."""
        self.version = version
        self.skipped = tuple(skipped)
        self._aliases = aliases or Aliases()
        self._language: Language = language or Chinese()
        self._held = held or ExitStack()
        self._index: OpenedIndex = self._held.enter_context(open_index(folder))

    @classmethod
    def of(
        cls,
        version: str,
        repaired: Iterable[Repaired],
        skipped: Iterable[Skipped] = (),
        aliases: Aliases | None = None,
    ) -> Snapshot:
        """Build an index in a folder of its own that goes when the snapshot is closed."""
        with ExitStack() as held:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="chuchu-"))) / "index"
            build_index(folder, ((one, _printed(one)) for one in repaired))
            return cls(version, folder, skipped, aliases, held.pop_all())

    def ask(self, query: str, limit: int = 10) -> Answer:
        """Answer one query with at most `limit` hits and related facts together."""

        def read(text: str) -> Query:
            return analyse(text, self._aliases, self._language)

        return ask(query, read, self._index, self._language, limit, time.monotonic)

    @property
    def aliases(self) -> Aliases:
        """The names that mean the same here."""
        return self._aliases

    @property
    def language(self) -> Language:
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
        return self._index.counts()

    def articles(self) -> Iterator[Article]:
        """Every article, by file and place."""
        return self._index.articles()

    def facts(self, article_id: str | None = None) -> Iterator[Fact]:
        """Every fact in reading order per article, or those of one article."""
        return self._index.facts(article_id)

    def around(self, fact_id: str, before: int = 1, after: int = 1) -> tuple[Fact, ...]:
        """Return the fact with its neighbours of the same article, in reading order; empty for an unknown id."""
        return self._index.around(fact_id, before, after)

    def document(self, name: str) -> Document | None:
        """Return the snapshot's own copy of a document, or None."""
        return self._index.document(name)

    def original(self, name: str) -> bytes | None:
        """Return the bytes of the snapshot's own copy of a file, or None."""
        return self._index.original(name)

    def log(self, name: str | None = None) -> Iterator[tuple[str, Repair]]:
        """Every repair with its file's name, or those of one file."""
        return self._index.log(name)

    def reports(self) -> Iterator[FileReport]:
        """How every file came in, by name."""
        titles: dict[str, list[str]] = defaultdict(list)
        for article in self.articles():
            titles[article.file].append(article.title.text)
        for name, sentences in self._index.files():
            document = self.document(name)
            assert document is not None
            yield report(document, titles[name], sentences, (entry for _, entry in self.log(name)))

    def proves(self, fact: Fact) -> bool:
        """Tell whether the fact stands word for word in this snapshot's copy of its file."""
        document = self.document(fact.article.file)
        return document is not None and verify(fact, document)

    def close(self) -> None:
        """Release files and maps, the last opened first; the snapshot answers no more."""
        self._held.close()


def _printed(repaired: Repaired) -> bytes:
    """The bytes of a document that was made in memory: its lines."""
    return "\n".join(repaired.document.lines).encode("utf-8", "surrogatepass")

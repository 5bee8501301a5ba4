"""What a new snapshot changes, told in articles and facts: while it is built, and between any two stored versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.errors import SnapshotDamaged
from knowledge.index.index import Index, IndexedDocument, open_index
from knowledge.model import Article, Fact
from knowledge.snapshots.repository import INDEX, SnapshotRepository
from knowledge.text.nearness import changes, likeness

SHOWN = 20
PAIRED = (
    40_000  # sentences of one article; above, the matching (a bit for each pair) would take too much memory
)
ALIKE = 0.5  # below this share of common characters, two sentences are two sentences, not one corrected


@dataclass(frozen=True, slots=True)
class Change:
    """One article or fact that is new (`before` is None), gone (`after` is None), or reads differently."""

    file: str
    title: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class Tally:
    """How many were added, changed and removed, and the first few of them."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    first: list[Change] = field(default_factory=list)

    def count(self, change: Change, tell: bool = True) -> None:
        """Count one change; `tell` keeps it among the first few."""
        if change.before is None:
            self.added += 1
        elif change.after is None:
            self.removed += 1
        else:
            self.changed += 1
        if tell and len(self.first) < SHOWN:
            self.first.append(change)


@dataclass(slots=True)
class SnapshotDifference:
    """All that differs between two snapshots."""

    articles: Tally = field(default_factory=Tally)
    facts: Tally = field(default_factory=Tally)

    def __bool__(self) -> bool:
        return any((t.added, t.changed, t.removed) != (0, 0, 0) for t in (self.articles, self.facts))

    def document(
        self,
        before: Iterable[tuple[Article, Sequence[Fact]]],
        after: Iterable[tuple[Article, Sequence[Fact]]],
    ) -> None:
        """Count what became of one document's articles and their facts."""
        old = {article.id: (article, facts) for article, facts in before}
        new = {article.id: (article, facts) for article, facts in after}
        for article, facts in old.values():
            if article.id not in new:
                self.articles.count(Change(article.file, article.title.text, article.title.text, None))
                self._facts(article, facts, ())
        for article, facts in new.values():
            name = article.title.text
            if article.id not in old:
                self.articles.count(Change(article.file, name, None, name))
                self._facts(article, (), facts)
            elif [f.text for f in old[article.id][1]] != [f.text for f in facts]:
                self.articles.count(Change(article.file, name, name, name))
                self._facts(article, old[article.id][1], facts)

    def _facts(self, article: Article, before: Sequence[Fact], after: Sequence[Fact]) -> None:
        tell = bool(before and after)  # of an article that came or went, its title tells enough
        for old, new in _paired([f.text for f in before], [f.text for f in after]):
            self.facts.count(Change(article.file, article.title.text, old, new), tell)


def _paired(before: list[str], after: list[str]) -> Iterable[tuple[str | None, str | None]]:
    """Yield the sentences that differ, a corrected one beside what it was."""
    if not before or not after or len(before) + len(after) > PAIRED:
        old, new = set(before), set(after)
        yield from ((text, None) for text in before if text not in new)
        yield from ((None, text) for text in after if text not in old)
        return
    for change in changes(before, after):
        gone = before[change.start : change.end]
        come = after[change.after_start : change.after_end]
        while gone and come and likeness(gone[0], come[0]) >= ALIKE:
            yield gone.pop(0), come.pop(0)
        yield from ((text, None) for text in gone)
        yield from ((None, text) for text in come)


class Comparison:
    """Counts the difference one document at a time, so that no more than one is held in memory."""

    def __init__(self, before: Index) -> None:
        self._before = before
        self._difference = SnapshotDifference()
        self._seen: set[str] = set()

    @classmethod
    @contextmanager
    def with_index(cls, folder: Path) -> Iterator[Comparison]:
        with open_index(folder) as before:
            yield cls(before)

    def through(
        self, repaired: Iterable[IndexedDocument], failed: Container[str]
    ) -> Iterator[IndexedDocument]:
        """Hand documents through, comparing each with what it was, but for those that `failed` on their way."""
        for new, data in repaired:
            yield new, data
            if new.document.name in failed:
                continue
            facts: dict[str, list[Fact]] = defaultdict(list)
            for fact in new.facts:
                facts[fact.article.id].append(fact)
            self._seen.add(new.document.name)
            self._difference.document(
                self._old(new.document.name), [(article, facts[article.id]) for article in new.articles]
            )

    def finish(self, gone: Iterable[str]) -> SnapshotDifference:
        """Count the documents that did not come again; return the whole difference."""
        for name in sorted(set(gone) - self._seen):
            self._difference.document(self._old(name), ())
        return self._difference

    def _old(self, name: str) -> list[tuple[Article, list[Fact]]]:
        return [
            (article, list(self._before.facts(article.id))) for article in self._before.records.articles(name)
        ]


AT_ONCE = 500


def new_facts(versions: SnapshotRepository, before: str, after: str) -> Iterator[list[Fact]]:
    """Yield the facts of version `after` that `before` has not, some at a time; both are compared id by id.

    Raises:
        SnapshotDamaged: one of the two is not there, or not whole.
    """
    with ExitStack() as held:
        old = held.enter_context(open_index(held.enter_context(versions.pin(before)).folder / INDEX))
        new = held.enter_context(open_index(held.enter_context(versions.pin(after)).folder / INDEX))
        batch: list[Fact] = []
        for fact_id in only_in_second(old.records.fact_ids(), new.records.fact_ids()):
            fact = new.fact(fact_id)
            if fact is None:
                raise SnapshotDamaged(f"{after}：索引里没有 {fact_id}")
            batch.append(fact)
            if len(batch) == AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch


def only_in_second(first: Iterator[str], second: Iterator[str]) -> Iterator[str]:
    """Merge two ascending rows; yield what only the second has."""
    known = next(first, None)
    for item in second:
        while known is not None and known < item:
            known = next(first, None)
        if known != item:
            yield item

"""A small newspaper for tests, and a snapshot over it that finds words by plain containment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace

from knowledge.model import (
    Answer,
    Article,
    Browse,
    Document,
    Fact,
    Hit,
    Listed,
    Listing,
    MatchKind,
    RepairEntry,
    Skipped,
    SourcedText,
    Span,
    make_id,
)
from knowledge.query.aliases import Aliases
from knowledge.search.conversation import Hints
from knowledge.snapshot import Snapshot
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer


def article(title: str = "桥通车了", file: str = "a.txt", campaign: str | None = None) -> Article:
    """An article whose title is the first line of its file."""
    return Article(
        make_id(file, title, 0), file, SourcedText(title, (Span(1, 0, len(title)),)), campaign=campaign
    )


def fact(text: str, line: int = 2, of: Article | None = None, **more: object) -> Fact:
    """A fact that stands whole on one line."""
    owner = of or article()
    made = Fact(make_id(owner.file, text, 0), text, (Span(line, 0, len(text)),), owner)
    return replace(made, **more)  # type: ignore[arg-type]  # the names are Fact's own


def hit(of: Fact, word: str = "", rung: MatchKind = MatchKind.PHRASE, score: float = 1.0) -> Hit:
    """A hit that matched `word` where it first stands."""
    at = of.text.find(word) if word else -1
    return Hit(of, score, rung, ((at, at + len(word)),) if at >= 0 else ())


class Paper(Snapshot):
    """A snapshot by hand: its files are titles and facts on lines of their own."""

    def __init__(
        self,
        facts: Iterable[Fact],
        answers: Iterable[Answer] = (),
        version: str = "v1",
        skipped: Iterable[Skipped] = (),
    ) -> None:
        self.version = version
        self.skipped = tuple(skipped)
        self.closed = False
        self._language = ChineseAnalyzer()
        self._known = {made.id: made for made in facts}
        self._answers = {answer.query: answer for answer in answers}

    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        """A prepared answer, else every fact that holds the query."""
        if query in self._answers:
            return self._answers[query]
        hits = [hit(made, query) for made in self._known.values() if query and query in made.text][:limit]
        return Answer(query, bool(hits), 0.9 if hits else 0.1, None, hits)

    coverage = None

    def browse(self, browse: Browse) -> Listing:
        """Those whose titles hold the words, in order."""
        found = [made for made in self.articles() if browse.words in made.title.text]
        listed = [Listed(made, len(list(self.facts(made.id)))) for made in found]
        return Listing(len(found), tuple(listed[browse.first : browse.first + browse.most]))

    def sharing(self, article: Article, most: int = 5) -> list[tuple[Article, tuple[str, ...]]]:
        return []

    def hints(self, query: str) -> Hints:
        return Hints()

    def related(self, fact: Fact, limit: int = 3) -> tuple[Fact, ...]:
        return ()

    def meaning(self, query: str, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        return ()

    def fact(self, fact_id: str) -> Fact | None:
        return self._known.get(fact_id)

    def article(self, article_id: str) -> Article | None:
        return next((a for a in self.articles() if a.id == article_id), None)

    def counts(self) -> tuple[int, int]:
        return sum(1 for _ in self.articles()), len(self._known)

    def articles(self) -> Iterator[Article]:
        return iter({made.article.id: made.article for made in self._known.values()}.values())

    def facts(self, article_id: str | None = None) -> Iterator[Fact]:
        return (made for made in self._known.values() if article_id in (None, made.article.id))

    def around(self, fact_id: str, before: int = 1, after: int = 1) -> tuple[Fact, ...]:
        made = self._known.get(fact_id)
        if made is None:
            return ()
        row = list(self.facts(made.article.id))
        at = row.index(made)
        return tuple(row[max(0, at - before) : at + after + 1])

    def document(self, name: str) -> Document | None:
        """The title on the first line, each fact on its own."""
        facts = [made for made in self._known.values() if made.article.file == name]
        if not facts:
            return None
        lines = [""] * max(span.line for made in facts for span in made.spans)
        lines[0] = facts[0].article.title.text
        for made in facts:
            lines[made.spans[0].line - 1] = made.text
        return Document(name, "0" * 64, 1, "text", "utf-8", tuple(lines))

    def log(self, name: str | None = None) -> Iterator[tuple[str, RepairEntry]]:
        return iter(())

    def proves(self, fact: Fact) -> bool:
        """A fact that is not held is not proved."""
        return self._known.get(fact.id) == fact

    def close(self) -> None:
        self.closed = True


class Newspaper(Paper):
    """Finds a query, or another name of it, where it stands in a fact."""

    def __init__(self, facts: Iterable[Fact], version: str, language: Analyzer) -> None:
        super().__init__(facts, version=version)
        self._aliases = Aliases()
        self._language = language

    def with_aliases(self, more: Aliases) -> Newspaper:
        other = copy(self)
        other._aliases = more
        return other

    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        """Every fact that holds the query or another name of it."""
        names = (query, *self._aliases.of(self._language.fold(query)))
        hits = [hit(made) for made in self.facts() if any(name in made.text for name in names)][:limit]
        return Answer(query, bool(hits), 0.9 if hits else 0.1, None, hits)

    def proves(self, fact: Fact) -> bool:
        """Everything stands as it is printed here."""
        return True


class Press:
    """Prints versions."""

    def __init__(self) -> None:
        self.language = ChineseAnalyzer()
        self.printed: dict[str, tuple[Fact, ...]] = {}

    def issue(self, *sentences: str) -> Newspaper:
        version = f"{len(self.printed) + 1:06d}"
        self.printed[version] = tuple(fact(text, line) for line, text in enumerate(sentences, 2))
        return Newspaper(self.printed[version], version, self.language)

    def fresh(self, before: str, after: str) -> Iterator[Sequence[Fact]]:
        """What one version has and another has not."""
        old = {made.id for made in self.printed[before]}
        yield [made for made in self.printed[after] if made.id not in old]

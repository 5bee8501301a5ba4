"""A newspaper by hand that knows aliases, with as many versions as a test likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from knowledge.model import Answer, Fact
from knowledge.query.aliases import Aliases
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer
from tests.support.paper import Paper, fact, hit


class Newspaper(Paper):
    """Finds a query, or another name of it, where it stands in a fact."""

    def __init__(self, facts: Iterable[Fact], version: str, language: Analyzer) -> None:
        super().__init__(facts, version=version)
        self._aliases = Aliases()
        self._language = language

    def with_aliases(self, more: Aliases) -> Newspaper:
        """Know these names."""
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
        """Print the next version."""
        version = f"{len(self.printed) + 1:06d}"
        self.printed[version] = tuple(fact(text, line) for line, text in enumerate(sentences, 2))
        return Newspaper(self.printed[version], version, self.language)

    def fresh(self, before: str, after: str) -> Iterator[Sequence[Fact]]:
        """What one version has and another has not."""
        old = {made.id for made in self.printed[before]}
        yield [made for made in self.printed[after] if made.id not in old]

"""Everything one answer needs, immutable: documents, articles, facts and the index over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from knowledge.model import Answer, Article, Document, Fact, Hit, Repair, Repaired, Rung, Skipped


class Snapshot:
    """One version of the knowledge; a lookup holds one from start to end."""

    def __init__(self, version: str, repaired: Iterable[Repaired], skipped: Iterable[Skipped] = ()) -> None:
        self.version = version
        self.skipped = tuple(skipped)
        self._repaired = {r.document.name: r for r in repaired}
        self._facts = {f.id: f for r in self._repaired.values() for f in r.facts}
        self._articles = {a.id: a for r in self._repaired.values() for a in r.articles}

    def ask(self, query: str, limit: int = 10) -> Answer:
        """Answer one query with at most `limit` hits and related facts together."""
        wanted = {query[i : i + 2] for i in range(len(query) - 1)}
        scored = sorted(
            ((sum(w in f.text for w in wanted) / max(1, len(wanted)), f) for f in self._facts.values()),
            key=lambda pair: -pair[0],
        )[:limit]
        hits = [Hit(f, score, Rung.WORDS) for score, f in scored if score > 0]
        found = bool(hits) and hits[0].score >= 0.5
        confidence = hits[0].score if hits else 0.0
        if found:
            return Answer(query, True, confidence, None, hits=tuple(hits))
        return Answer(query, False, confidence, None, related=tuple(hits))

    def fact(self, fact_id: str) -> Fact | None:
        """Return the fact of that id, or None."""
        return self._facts.get(fact_id)

    def article(self, article_id: str) -> Article | None:
        """Return the article of that id, or None."""
        return self._articles.get(article_id)

    def articles(self) -> Iterator[Article]:
        """Every article, by file and place."""
        return iter(self._articles.values())

    def facts(self, article_id: str | None = None) -> Iterator[Fact]:
        """Every fact in reading order per article, or those of one article."""
        return (f for f in self._facts.values() if article_id is None or f.article.id == article_id)

    def around(self, fact_id: str, before: int = 1, after: int = 1) -> tuple[Fact, ...]:
        """Return the fact with its neighbours of the same article, in reading order; empty for an unknown id."""
        fact = self._facts.get(fact_id)
        if fact is None:
            return ()
        row = [f for f in self._facts.values() if f.article.id == fact.article.id]
        at = row.index(fact)
        return tuple(row[max(0, at - before) : at + after + 1])

    def document(self, name: str) -> Document | None:
        """Return the snapshot's own copy of a document, or None."""
        repaired = self._repaired.get(name)
        return repaired.document if repaired else None

    def log(self, name: str | None = None) -> Iterator[tuple[str, Repair]]:
        """Every repair with its file's name, or those of one file."""
        return ((n, entry) for n, r in self._repaired.items() for entry in r.log if name is None or n == name)

    def proves(self, fact: Fact) -> bool:
        """Tell whether the fact stands word for word in this snapshot's copy of its file."""
        document = self.document(fact.article.file)
        if document is None:
            return False
        stood = "".join(document.lines[s.line - 1][s.start : s.end] for s in fact.spans)
        return "".join(stood.split()) == "".join(fact.text.split())

    def close(self) -> None:
        """Release files and maps; the snapshot answers no more."""

"""The usual choices, as peers: jieba words with BM25 (bm25s), words in tantivy, words in SQLite FTS5."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import bm25s
import rjieba
import tantivy

DEPTH = 10


class Peer(Protocol):
    """Finds the numbers of the best texts."""

    name: str

    def find(self, query: str) -> Sequence[int]: ...


class JiebaBm25:
    """jieba and BM25 with the usual k1 = 1.2, b = .75."""

    name = "jieba+BM25"

    def __init__(self, texts: Sequence[str]) -> None:
        self._index = bm25s.BM25(k1=1.2, b=0.75)
        self._index.index([rjieba.cut(text) for text in texts], show_progress=False)
        self._size = len(texts)

    def find(self, query: str) -> Sequence[int]:
        depth = min(DEPTH, self._size)
        found, _ = self._index.retrieve([rjieba.cut(query)], k=depth, show_progress=False)
        return [int(number) for number in found[0]]


class TantivyWords:
    """Words in tantivy, as it scores them."""

    name = "tantivy words"

    def __init__(self, texts: Sequence[str], folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("n", fast=True)
        builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        index = tantivy.Index(self._schema, path=str(folder))
        writer = index.writer(64_000_000, 1)
        for number, text in enumerate(texts):
            document = tantivy.Document()
            document.add_unsigned("n", number)
            document.add_text("words", " ".join(rjieba.cut(text)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def find(self, query: str) -> Sequence[int]:
        words = dict.fromkeys(word for word in rjieba.cut(query) if word.strip())
        terms = [tantivy.Query.term_query(self._schema, "words", word, "freq") for word in words]
        either = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        hits = self._searcher.search(either, DEPTH, count=False).hits
        return [int(n or 0) for n in self._searcher.fast_field_values("n", [address for _, address in hits])]


class SqliteWords:
    """Words in SQLite FTS5, ranked by its bm25()."""

    name = "SQLite FTS5"

    def __init__(self, texts: Sequence[str]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE texts USING fts5(words, content='')")
        rows = ((number, " ".join(rjieba.cut(text))) for number, text in enumerate(texts))
        self._db.executemany("INSERT INTO texts(rowid, words) VALUES (?, ?)", rows)

    def find(self, query: str) -> Sequence[int]:
        words = [word.replace('"', "") for word in rjieba.cut(query)]
        either = " OR ".join(f'"{word}"' for word in dict.fromkeys(words) if word.strip())
        rows = self._db.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (either or '""', DEPTH)
        )
        return [row[0] for row in rows]

    def close(self) -> None:
        self._db.close()

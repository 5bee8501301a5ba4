"""Documents, articles, facts and repairs in one SQLite file, read only when shown."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from knowledge.index import format_0_1
from knowledge.model import Article, Document, Fact, ParsedDocument, RepairEntry, Span, library_folder

_REMEMBERED = 4096
"""Facts kept at hand: what was shown is shown again."""
_DOCUMENTS, _SMALL = 16, 1 << 20
"""How many documents are kept unpacked, and the bytes of a file up to which one is."""
FILE_BITS = 20
"""A fact's key is its file's number shifted by this, plus its place in the file: keys ascend in reading order."""

_SCHEMA = """
CREATE TABLE files (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, about TEXT NOT NULL,
    lines BLOB NOT NULL, log BLOB, data BLOB NOT NULL);
CREATE TABLE articles (key INTEGER PRIMARY KEY, id TEXT NOT NULL, record TEXT NOT NULL);
CREATE TABLE facts (key INTEGER PRIMARY KEY, id TEXT NOT NULL, text TEXT NOT NULL, spans TEXT NOT NULL,
    section TEXT, kind TEXT NOT NULL, leans_on TEXT, uncertain INTEGER NOT NULL, page INTEGER,
    page_first_line INTEGER NOT NULL, parting TEXT NOT NULL, article INTEGER NOT NULL);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS article_id ON articles (id);
CREATE INDEX IF NOT EXISTS fact_id ON facts (id);
"""
_ARTICLES = f"SELECT articles.key, name, record FROM articles JOIN files ON no = articles.key >> {FILE_BITS}"  # noqa: S608 constant
_FACTS = (
    "SELECT facts.key, facts.id, text, spans, section, kind, leans_on, uncertain, page, page_first_line, parting, "  # noqa: S608
    f"name, record FROM facts JOIN articles ON articles.key = article JOIN files ON no = articles.key >> {FILE_BITS}"
)
_FACTS_AT = f"{_FACTS} WHERE facts.key IN (SELECT value FROM json_each(?))"  # noqa: S608 constants
_ARTICLES_AT = f"{_ARTICLES} WHERE articles.key IN (SELECT value FROM json_each(?))"  # noqa: S608 constants
"""However many: a row of question marks ends at 32,766 (sqlite.org/limits.html)."""

_Stored: TypeAlias = (
    "tuple[int, str, str, str, str | None, str, str | None, int, int | None, int, str, str, str]"
)


def _keys_of(no: int) -> tuple[int, int]:
    """The first and the last key that facts or articles of a file may have."""
    return no << FILE_BITS, ((no + 1) << FILE_BITS) - 1


class DocumentStoreWriter:
    """Writes records; one transaction, on disk when `close` returns."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self._db = sqlite3.connect(path, isolation_level=None)
        # The folder is thrown away if the build fails, so the journal protects nothing here.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        if new:
            self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")

    def remove(self, name: str) -> int | None:
        """Take a file out with all that came from it; return its number, or None if it was not there."""
        found = self._db.execute("SELECT no FROM files WHERE name = ?", (name,)).fetchone()
        if found is None:
            return None
        no: int = found[0]
        self.remove_number(no)
        return no

    def remove_number(self, no: int) -> None:
        """Take out what there is of the file of this number, however little."""
        self._db.execute("DELETE FROM facts WHERE key BETWEEN ? AND ?", _keys_of(no))
        self._db.execute("DELETE FROM articles WHERE key BETWEEN ? AND ?", _keys_of(no))
        self._db.execute("DELETE FROM files WHERE no = ?", (no,))

    def next_number(self) -> int:
        """Return the first file number that is above all in use."""
        found: int | None = self._db.execute("SELECT max(no) FROM files").fetchone()[0]
        return 0 if found is None else found + 1

    def add(
        self, no: int, repaired: ParsedDocument, data: bytes, facts: Sequence[tuple[int, Fact, int]]
    ) -> None:
        """Write one document with its bytes; `facts` are (key, fact, key of its article) in reading order."""
        document = repaired.document
        self._db.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)",
            (
                no,
                document.name,
                _dump_document(document),
                _dump_lines(document.lines),
                _dump_log(repaired.log) if repaired.log else None,
                _deflate(data),
            ),
        )
        self._db.executemany(
            "INSERT INTO articles VALUES (?, ?, ?)",
            [
                ((no << FILE_BITS) + at, article.id, _dump_article(article))
                for at, article in enumerate(repaired.articles)
            ],
        )
        self._db.executemany(
            "INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*_fact_row(key, fact), article) for key, fact, article in facts],
        )

    def close(self) -> None:
        self._db.execute("COMMIT")
        self._db.executescript(_INDEXES)
        self._db.close()


class DocumentStore:
    """Reads records; safe to share between threads."""

    def __init__(self, path: Path, libraries: Mapping[str, str] | None = None) -> None:
        """Open the file; articles are of a library only where `libraries`, names by folder, are told."""
        self._libraries = libraries
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._db = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._article = lru_cache(maxsize=1024)(self._load_article)
        self._read: dict[int, Fact] = {}
        self._documents: dict[str, Document] = {}

    def close(self) -> None:
        self._article.cache_clear()
        self._read.clear()
        self._documents.clear()
        self._db.close()

    def counts(self) -> tuple[int, int]:
        select = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM facts)"
        articles, facts = self._db.execute(select).fetchone()
        return articles, facts

    def connection(self) -> sqlite3.Connection:
        """The open file, for who reads all of it at once."""
        return self._db

    def _load_article(self, file: str, record: str) -> Article:
        folder = library_folder(file) if self._libraries is not None else None
        library = (self._libraries or {}).get(folder, folder) if folder else None
        return _load_article(file, record, library)

    def articles_at(self, keys: Sequence[int]) -> list[Article]:
        """Return the articles of these keys, in their order."""
        rows = self._db.execute(_ARTICLES_AT, (json.dumps(keys),)).fetchall()
        found = {key: self._article(file, record) for key, file, record in rows}
        return [found[key] for key in keys]

    def _load(self, row: _Stored) -> Fact:
        return _load_fact(row[:-2], self._article(*row[-2:]))

    def fact(self, fact_id: str) -> tuple[int, Fact] | None:
        """Return a fact and its key by its id."""
        row = self._db.execute(f"{_FACTS} WHERE facts.id = ?", (fact_id,)).fetchone()
        return None if row is None else (row[0], self._load(row))

    def facts_at(self, keys: Sequence[int]) -> tuple[Fact, ...]:
        """Return the facts of these keys, in their order."""
        found = {key: fact for key in keys if (fact := self._read.get(key))}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            rows = self._db.execute(_FACTS_AT, (json.dumps(missing),))
            loaded = {row[0]: self._load(row) for row in rows}
            if len(self._read) > _REMEMBERED:
                self._read.clear()
            self._read.update(loaded)
            found |= loaded
        return tuple(map(found.__getitem__, keys))

    def article(self, article_id: str) -> tuple[int, Article] | None:
        """Return an article and its key by its id."""
        row = self._db.execute(f"{_ARTICLES} WHERE articles.id = ?", (article_id,)).fetchone()
        return None if row is None else (row[0], self._article(*row[1:]))

    def articles(self, file: str | None = None) -> Iterator[Article]:
        """Every article, by file name and place, or those of one file."""
        return (self._load_article(*row[1:]) for row in self._by_file(_ARTICLES, "articles.key", file))

    def facts(self) -> Iterator[Fact]:
        """Every fact, by file name and in reading order."""
        return map(self._load, self._by_file(_FACTS, "facts.key"))

    def _by_file(self, select: str, key: str, file: str | None = None) -> Iterator[Any]:
        for (no,) in self._files("no", file).fetchall():
            yield from self._db.execute(f"{select} WHERE {key} BETWEEN ? AND ? ORDER BY {key}", _keys_of(no))

    def _files(self, columns: str, name: str | None) -> sqlite3.Cursor:
        """Every file by name, or one: two statements, as one for both would read every file to find the one."""
        if name is None:
            return self._db.execute(f"SELECT {columns} FROM files ORDER BY name")  # noqa: S608 constants
        return self._db.execute(f"SELECT {columns} FROM files WHERE name = ?", (name,))  # noqa: S608

    def fact_ids(self) -> Iterator[str]:
        """Every fact's id, ascending."""
        return (row[0] for row in self._db.execute("SELECT id FROM facts ORDER BY id"))

    def document(self, name: str) -> Document | None:
        """Return the snapshot's copy of a document."""
        if kept := self._documents.get(name):
            return kept
        row = self._db.execute("SELECT about, lines FROM files WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        document = _load_document(row[0], _inflate_json(row[1]))
        if document.size <= _SMALL:  # a reply proves several quotes of one file
            if len(self._documents) >= _DOCUMENTS:
                self._documents.clear()
            self._documents[name] = document
        return document

    def files(self) -> Iterator[tuple[str, int]]:
        """Every file by name, with the number of its facts."""
        return iter(
            self._db.execute(
                "SELECT name, (SELECT count(*) FROM facts WHERE key BETWEEN no << ?1 AND ((no + 1) << ?1) - 1) "
                "FROM files ORDER BY name",
                (FILE_BITS,),
            )
        )

    def original(self, name: str) -> bytes | None:
        """Return the bytes a document was read from, or None for an unknown name."""
        row = self._db.execute("SELECT data FROM files WHERE name = ?", (name,)).fetchone()
        return None if row is None else zlib.decompress(row[0])

    def log(self, name: str | None = None) -> Iterator[tuple[str, RepairEntry]]:
        """Every repair with its file's name, or those of one file."""
        rows = self._files("name, log", name)
        return ((file, entry) for file, log in rows if log for entry in _load_log(log))


_Row: TypeAlias = "tuple[int, str, str, str, str | None, str, str | None, int, int | None, int, str]"
_OWN_COLUMNS = frozenset(
    ["id", "text", "spans", "article", "section", "kind", "leans_on", "uncertain", "page", "page_first_line"]
)
"""The fields of a fact that have a column each; the others, which few facts have, share one."""

# Rows hold what differs from a noun's defaults, by name: a later field is at its default in an earlier row, and an
# earlier program passes over it.


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Made when first needed: it takes some milliseconds."""
    return TypeAdapter(kind)


@cache
def _shared_column() -> tuple[Callable[[Fact], object], object]:
    """What reads the fields of a fact that share a column, and what it reads where all are at their defaults."""
    shared = {field.name: field.default for field in fields(Fact) if field.name not in _OWN_COLUMNS}
    return attrgetter(*shared), tuple(shared.values())


def _deflate(data: bytes) -> bytes:
    window = min(
        zlib.MAX_WBITS, max(9, len(data).bit_length())
    )  # to make a large one takes longer than to fill it
    return zlib.compress(data, 1, window)  # written once and seldom read


def _dump_lines(lines: tuple[str, ...]) -> bytes:
    return _deflate(json.dumps(lines, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _inflate_json(data: bytes) -> Any:
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))


def _dump_article(article: Article) -> str:
    """Write an article, its file and library apart."""
    return _adapter(Article).dump_json(article, exclude={"file", "library"}, exclude_defaults=True).decode()


def _load_article(file: str, text: str, library: str | None = None) -> Article:
    told = json.loads(text)
    if isinstance(told, list):
        told = format_0_1.article(told)
    article: Article = _adapter(Article).validate_python({**told, "file": file, "library": library})
    return article


def _fact_row(key: int, fact: Fact) -> _Row:
    """Write a fact under its key, its article apart; its spans as numbers, three a span."""
    rest = ""
    read, defaults = _shared_column()
    if read(fact) != defaults:
        rest = _adapter(Fact).dump_json(fact, exclude=set(_OWN_COLUMNS), exclude_defaults=True).decode()
    spans = " ".join([f"{span.line} {span.start} {span.end}" for span in fact.spans])
    told = fact.section, fact.kind, fact.leans_on, int(fact.uncertain), fact.page, fact.page_first_line
    return (key, fact.id, fact.text, spans, *told, rest)


def _load_fact(row: _Row, article: Article) -> Fact:
    _, fact_id, text, spans, section, kind, leans_on, uncertain, page, first_line, rest = row
    numbers = map(int, spans.split())
    places = tuple(map(Span, numbers, numbers, numbers))
    fact = Fact(fact_id, text, places, article, section, kind, leans_on, bool(uncertain), page, first_line)
    if not rest:
        return fact
    told = json.loads(rest)
    if isinstance(told, list):
        told = format_0_1.rest_of_fact(told)
    needed = {"id": fact_id, "text": text, "spans": (), "article": article}
    whole: Fact = _adapter(Fact).validate_python({**needed, **told})
    return replace(fact, **{name: getattr(whole, name) for name in told.keys() & Fact.__slots__})


def _dump_document(document: Document) -> str:
    """Write what a document is, its lines apart."""
    return _adapter(Document).dump_json(document, exclude={"lines"}, exclude_defaults=True).decode()


def _load_document(text: str, lines: Sequence[str]) -> Document:
    told = json.loads(text)
    if isinstance(told, list):
        told = format_0_1.document(told)
    document: Document = _adapter(Document).validate_python({**told, "lines": ()})
    return replace(document, lines=tuple(lines))


def _dump_log(log: tuple[RepairEntry, ...]) -> bytes:
    return _deflate(_adapter(tuple[RepairEntry, ...]).dump_json(log, exclude_defaults=True))


def _load_log(data: bytes) -> tuple[RepairEntry, ...]:
    rows = _inflate_json(data)
    if rows and isinstance(rows[0], list):
        rows = format_0_1.log(rows)
    log: tuple[RepairEntry, ...] = _adapter(tuple[RepairEntry, ...]).validate_python(rows)
    return log

"""Build an index into a folder: whole, or from another one of which most files are unchanged."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from knowledge.index.columns import Added, build_columns, open_columns, save_columns, texts, update_columns
from knowledge.index.grams import GramsWriter
from knowledge.index.records import FILE_BITS, RecordsWriter
from knowledge.model import Article, Fact, ParsedDocument
from knowledge.text.script import decode, encode

RECORDS, GRAMS, COLUMNS = "records.sqlite", "grams", "columns.npy"

Kept: TypeAlias = tuple[ParsedDocument, bytes]
"""A repaired document and the very bytes it was read from."""


def build_index(folder: Path, repaired: Iterable[Kept]) -> int:
    """Write a whole index into a new folder; return the number of facts.

    `repaired` holds documents beside their bytes; it is read once, one by one, so it may be a generator.
    """
    folder.mkdir()
    with GramsWriter(folder / GRAMS) as grams:
        columns = build_columns(_write(folder, grams, (), repaired, []))
        save_columns(columns, folder / COLUMNS)
    return len(columns)


def update_index(folder: Path, base: Path, removed: Collection[str], repaired: Iterable[Kept]) -> int:
    """Write an index into a new folder from the one in `base`, which stays as it is; return the number of facts.

    `removed` names the documents that are gone or changed, `repaired` holds the changed and the new ones.
    """
    folder.mkdir()
    shutil.copy2(base / RECORDS, folder / RECORDS)
    shutil.copytree(base / GRAMS, folder / GRAMS)
    before = open_columns(base / COLUMNS)
    gone: list[int] = []
    with GramsWriter(folder / GRAMS) as grams:
        added = _write(folder, grams, removed, repaired, gone)
        columns = update_columns(
            before,
            np.isin(before.keys >> FILE_BITS, gone),
            np.isin(before.head_keys >> FILE_BITS, gone),
            added,
        )
        save_columns(columns, folder / COLUMNS)
    return len(columns)


def _write(
    folder: Path,
    grams: GramsWriter,
    removed: Collection[str],
    repaired: Iterable[Kept],
    gone: list[int],
) -> Added:
    """Write records and grams, adding the numbers of removed files to `gone`; return what was added."""
    records = RecordsWriter(folder / RECORDS)
    first = records.next_number()
    for name in removed:
        no = records.remove(name)
        if no is not None:
            grams.remove(no)
            gone.append(no)
    rows: list[tuple[int, bytes]] = []
    articles: list[int] = []
    heads: list[tuple[int, bytes]] = []
    for no, (document, data) in enumerate(repaired, first):
        facts = list(_placed(no, document))
        records.add(no, document, data, facts)
        heads += [(key, encode(head).tobytes()) for key, head in _heads(no, document.articles)]
        for key, fact, article in facts:
            codes = encode(fact.text)
            grams.add(no, key, decode(codes))
            rows.append((key, codes.tobytes()))
            articles.append(article)
    grams.commit()
    records.close()
    return Added(texts(rows), np.array(articles, dtype=np.int64), texts(heads))


def _placed(no: int, repaired: ParsedDocument) -> Iterator[tuple[int, Fact, int]]:
    """Give every fact its key, article by article."""
    places = {article.id: place for place, article in enumerate(repaired.articles)}
    ordered = sorted(repaired.facts, key=lambda fact: places[fact.article.id])
    for at, fact in enumerate(ordered):
        yield (no << FILE_BITS) + at, fact, (no << FILE_BITS) + places[fact.article.id]


def _heads(no: int, articles: Sequence[Article]) -> Iterator[tuple[int, str]]:
    for place, article in enumerate(articles):
        heads = (article.kicker, article.title, article.subtitle)
        yield (no << FILE_BITS) + place, "。".join(head.text for head in heads if head)

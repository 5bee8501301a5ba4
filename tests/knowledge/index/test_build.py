"""An index is built once into a folder, opened without loading, and derived from another one cheaply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from knowledge.documents.folder import read_document
from knowledge.embedding.vectors import (
    COMMITTED,
    RESCORED,
    ROWS,
    Model,
    Vectors,
    VectorsWriter,
    committed,
    open_vectors,
    writing_vectors,
)
from knowledge.index.documents import DocumentStore
from knowledge.index.index import COLUMNS, RECORDS, IndexedDocument, build_index, open_index, update_index
from knowledge.index.postings import open_columns
from knowledge.model import Block, BlockRole, Cell, Metadata, ParsedDocument, RepairEntry, Span, Table
from knowledge.repair.pipeline import repair_document
from knowledge.search.corpus import Array

GOURD = "蕃瓜弄的旧居\n\n蕃瓜弄居民欢天喜地告别旧居。改造奠定了政策基础。\n"
PLATEAU = "高原的学校\n\n一、地势\n\n果洛平均海拔4200米。\n\n二、学校\n\n学校建好了。\n"
HARBOUR = "海港的诊所\n\n洋山深水港有了门诊部。\n"


def kept(**texts: str) -> list[IndexedDocument]:
    return [
        (repair_document(read_document(f"{name}.txt", text.encode())), text.encode())
        for name, text in texts.items()
    ]


def contents(folder: Path) -> list[tuple[str, str, str]]:
    with open_index(folder) as index:
        return [(f.article.file, f.article.title.text, f.text) for f in index.facts()]


def test_facts_come_back_as_they_went_in_each_with_its_neighbours_of_the_same_article(tmp_path: Path) -> None:
    stored = kept(a=GOURD, b=PLATEAU)
    documents = [document for document, _ in stored]
    build_index(tmp_path / "index", stored)
    with open_index(tmp_path / "index") as index:
        assert list(index.facts()) == [fact for document in documents for fact in document.facts]
        assert list(index.records.articles()) == [one for document in documents for one in document.articles]
        assert [index.records.document(name) for name in ("a.txt", "c.txt")] == [documents[0].document, None]
        assert [index.records.original(name) for name in ("a.txt", "c.txt")] == [GOURD.encode(), None]
        assert index.around(documents[1].facts[0].id, 3, 3) == documents[1].facts
        assert index.around("no such id", 1, 1) == ()
    build_index(tmp_path / "empty", ())
    with open_index(tmp_path / "empty") as index:
        assert (list(index.facts()), list(index.records.articles())) == ([], [])


def test_everything_that_is_known_of_a_document_comes_back(tmp_path: Path) -> None:
    repaired, data = kept(a=GOURD)[0]
    known = Metadata("题", "青年报", date(2023, 7, 1), "3", "https://example.org", "王小明", "新华社")
    cell = Cell((Span(3, 0, 2),))
    document = replace(
        repaired.document,
        page_starts=(1, 3),
        article_starts=(1,),
        blocks=(
            Block(BlockRole.TITLE, 1, 1, size=2.5),
            Block(BlockRole.TABLE, 3, 3, 1, goes_on=True, table=Table((cell,), ((Cell(),),))),
        ),
        sidecar=known,
        stated=known,
    )
    article = replace(repaired.articles[0], metadata=known, keywords=("旧居", "改造"))
    log = (RepairEntry("joined_lines", (Span(1, 0, 2), Span(2, 0, 1)), "话", "接行", doubt=True),)
    first, *rest = (replace(fact, article=article) for fact in repaired.facts)
    facts = (replace(first, page=1, further_pages=((3, 2),), apart=(5,)), *rest)
    build_index(tmp_path / "index", [(ParsedDocument(document, (article,), facts, log), data)])
    with open_index(tmp_path / "index") as index:
        assert index.records.document("a.txt") == document
        assert index.records.document("a.txt") is index.records.document("a.txt"), "unpacked once"
        assert list(index.records.articles()) == [article]
        assert list(index.facts()) == list(facts)
        assert [entry for _, entry in index.records.log()] == list(log)


def test_an_updated_index_says_what_a_whole_build_says_and_its_base_stays_whole(tmp_path: Path) -> None:
    build_index(tmp_path / "base", kept(a=GOURD, b=PLATEAU))
    before = contents(tmp_path / "base")
    update_index(tmp_path / "next", tmp_path / "base", {"a.txt", "gone.txt"}, kept(a=GOURD * 2, c=HARBOUR))
    build_index(tmp_path / "whole", kept(a=GOURD * 2, b=PLATEAU, c=HARBOUR))
    assert contents(tmp_path / "next") == contents(tmp_path / "whole")
    updated, whole = (open_columns(tmp_path / name / COLUMNS) for name in ("next", "whole"))
    for counted in ("char_df", "grams", "gram_df"):
        assert np.array_equal(getattr(updated, counted), getattr(whole, counted))
    update_index(tmp_path / "less", tmp_path / "base", {"a.txt"}, ())
    with open_index(tmp_path / "less") as index:
        assert [len(index.find([[pair]], 10)) for pair in ("瓜弄", "海拔")] == [0, 1]
    assert contents(tmp_path / "base") == before


def steps(records: DocumentStore, read: Callable[[DocumentStore], Iterable[object]]) -> int:
    """How many hundreds of steps SQLite takes to read something."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    records._db.set_progress_handler(step, 100)
    assert list(read(records))
    return taken


READINGS: dict[str, Callable[[DocumentStore], Iterable[object]]] = {
    "articles": lambda records: records.articles("n7.txt"),
    "log": lambda records: records.log("n7.txt"),
    "document": lambda records: [records.document("n7.txt"), records.original("n7.txt")],
}


def test_one_file_is_read_without_reading_the_others(tmp_path: Path) -> None:
    taken, broken = [], GOURD.replace("欢天喜地", "欢天\x07喜地")  # so that there is a repair
    for number in (10, 400):
        build_index(tmp_path / str(number), kept(**{f"n{n}": broken for n in range(number)}))
        with closing(DocumentStore(tmp_path / str(number) / RECORDS)) as records:
            taken.append({name: steps(records, read) for name, read in READINGS.items()})
    few, many = taken
    assert {name for name in READINGS if many[name] > few[name] + 1} == set()


MODEL = Model("fake-1", 100)


def unit(rows: Array) -> Array:
    found: Array = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
    return found


def sentences(count: int, rows: int = 1, seed: int = 0) -> list[tuple[int, Array]]:
    random = np.random.default_rng(seed)
    return [(seed * 100_000 + n, unit(random.normal(0.2, 1, (rows, MODEL.dimension)))) for n in range(count)]


def written(folder: Path, *batches: list[tuple[int, Array]]) -> Vectors:
    with writing_vectors(folder, MODEL) as writer:
        for batch in batches:
            writer.add(batch)
    return opened(folder)


def opened(folder: Path) -> Vectors:
    vectors = open_vectors(folder)
    assert vectors is not None
    return vectors


def test_a_vector_comes_back_within_its_eight_bits_and_is_as_alike_as_its_cosine_says(tmp_path: Path) -> None:
    assert open_vectors(tmp_path) is None
    assert committed(tmp_path).generation == 0
    first, second = sentences(30), sentences(10, seed=1)
    vectors = written(tmp_path, first, second)
    assert all(vectors.vector(n) @ rows[0] > 0.999 for n, (_, rows) in enumerate((*first, *second)))
    query = unit(np.random.default_rng(9).normal(0.2, 1, MODEL.dimension))
    exact = np.array([rows[0] @ query for _, rows in (*first, *second)])
    assert vectors.likeness(query, np.arange(40)) == pytest.approx(exact, abs=0.01)
    again = VectorsWriter(tmp_path, MODEL)
    assert (2 in again, 30 in again, len(again)) == (True, False, 40), "a writer knows what is there"
    (tmp_path / "000001" / ROWS).write_bytes(b"")
    assert open_vectors(tmp_path) is None, "too short a file is no error for who asks"


def test_a_long_sentence_is_as_alike_as_it_and_its_nearest_clause_together(tmp_path: Path) -> None:
    batch = sentences(5, rows=3)
    vectors = written(tmp_path, batch)
    query = batch[2][1][1]
    whole, *parts = batch[2][1] @ query
    assert vectors.likeness(query, np.array([2]))[0] == pytest.approx((whole + max(parts)) / 2, abs=0.01)


def test_among_many_rows_the_nearest_sentence_is_found(tmp_path: Path) -> None:
    batch = sentences(3 * RESCORED)
    vectors = written(tmp_path, batch[:-1], batch[-1:])
    for number in (0, 17, len(batch) - 1):
        near = vectors.nearest(unit(batch[number][1][0] + 0.02))
        assert number in near
        assert len(near) < len(batch)


def test_what_was_cut_short_is_written_over(tmp_path: Path) -> None:
    first = sentences(10)
    written(tmp_path, first)
    told = (tmp_path / COMMITTED).read_bytes()
    written(tmp_path, sentences(10, seed=1))
    (tmp_path / COMMITTED).write_bytes(told)  # as if the power had gone before the second batch was whole
    vectors = written(tmp_path, sentences(10, seed=2))
    assert vectors.keys.tolist() == [*range(10), *range(200_000, 200_010)]
    assert vectors.vector(15) @ sentences(10, seed=2)[5][1][0] > 0.999


def test_another_model_begins_anew_and_the_old_vectors_serve_until_it_has_some(tmp_path: Path) -> None:
    written(tmp_path, sentences(3))
    other = Model("fake-2", MODEL.dimension)
    with writing_vectors(tmp_path, other) as writer:
        assert opened(tmp_path).model == MODEL
        assert 2 not in writer
        writer.add(sentences(2, seed=1))
    assert opened(tmp_path).model == other
    assert len(list(tmp_path.glob("0*"))) == 1


def test_sentences_of_long_ago_go_when_they_are_the_most(tmp_path: Path) -> None:
    with writing_vectors(tmp_path, MODEL) as writer:
        writer.add(sentences(30, rows=2))
        before = opened(tmp_path)
        writer.keep_only(frozenset(range(20)))
        assert len(writer) == 30, "most are needed: not worth a copy"
        writer.keep_only(frozenset({4, 29}))
    after = opened(tmp_path)
    assert after.keys.tolist() == [4, 29]
    assert after.vector(1) == pytest.approx(before.vector(29), abs=1e-5)

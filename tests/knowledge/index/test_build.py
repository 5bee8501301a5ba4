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
from knowledge.index.documents import DocumentStore
from knowledge.index.index import COLUMNS, RECORDS, IndexedDocument, build_index, open_index, update_index
from knowledge.index.postings import open_columns
from knowledge.model import Block, BlockRole, Cell, Metadata, ParsedDocument, RepairEntry, Span, Table
from knowledge.repair.pipeline import repair_document

GOURD = "蕃瓜弄的旧居\n\n蕃瓜弄居民欢天喜地告别旧居。改造奠定了政策基础。\n"
PLATEAU = "高原的学校\n\n果洛平均海拔4200米。学校建好了。\n"
HARBOUR = "海港的诊所\n\n洋山深水港有了门诊部。\n"


def kept(**texts: str) -> list[IndexedDocument]:
    return [
        (repair_document(read_document(f"{name}.txt", text.encode())), text.encode())
        for name, text in texts.items()
    ]


def contents(folder: Path) -> list[tuple[str, str, str]]:
    with open_index(folder) as index:
        return [(f.article.file, f.article.title.text, f.text) for f in index.facts()]


def test_facts_come_back_as_they_went_in(tmp_path: Path) -> None:
    build_index(tmp_path / "index", kept(a=GOURD, b=PLATEAU))
    documents = [document for document, _ in kept(a=GOURD, b=PLATEAU)]
    with open_index(tmp_path / "index") as index:
        assert list(index.facts()) == [fact for document in documents for fact in document.facts]
        assert list(index.articles()) == [article for document in documents for article in document.articles]
        assert index.document("a.txt") == documents[0].document
        assert index.document("c.txt") is None
        assert (index.original("a.txt"), index.original("c.txt")) == (GOURD.encode(), None)


def test_a_fact_over_two_pages_comes_back_with_both(tmp_path: Path) -> None:
    repaired, data = kept(a=GOURD)[0]
    turned = replace(repaired.facts[0], page=1, further_pages=((3, 2),), apart=(5,))
    build_index(tmp_path / "index", [(replace(repaired, facts=(turned,)), data)])
    with open_index(tmp_path / "index") as index:
        assert list(index.facts()) == [turned]


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
    facts = tuple(replace(fact, article=article) for fact in repaired.facts)
    build_index(tmp_path / "index", [(ParsedDocument(document, (article,), facts, log), data)])
    with open_index(tmp_path / "index") as index:
        assert index.document("a.txt") == document
        assert index.document("a.txt") is index.document("a.txt"), "unpacked once"
        assert list(index.articles()) == [article]
        assert list(index.facts()) == list(facts)
        assert [entry for _, entry in index.log()] == list(log)


def test_a_fact_is_shown_with_its_neighbours_of_the_same_article_only(tmp_path: Path) -> None:
    build_index(tmp_path / "index", kept(a=GOURD, b=PLATEAU))
    second = kept(b=PLATEAU)[0][0]
    with open_index(tmp_path / "index") as index:
        assert index.around(second.facts[0].id, 3, 3) == second.facts
        assert index.around("no such id", 1, 1) == ()


def test_an_updated_index_says_what_a_whole_build_says(tmp_path: Path) -> None:
    build_index(tmp_path / "base", kept(a=GOURD, b=PLATEAU))
    update_index(tmp_path / "next", tmp_path / "base", {"a.txt", "gone.txt"}, kept(a=GOURD * 2, c=HARBOUR))
    build_index(tmp_path / "whole", kept(a=GOURD * 2, b=PLATEAU, c=HARBOUR))
    assert contents(tmp_path / "next") == contents(tmp_path / "whole")
    updated, whole = (open_columns(tmp_path / name / COLUMNS) for name in ("next", "whole"))
    for counted in ("char_df", "grams", "gram_df"):
        assert np.array_equal(getattr(updated, counted), getattr(whole, counted))


def test_a_removed_file_is_found_no_more_and_its_base_stays_whole(tmp_path: Path) -> None:
    build_index(tmp_path / "base", kept(a=GOURD, b=PLATEAU))
    before = contents(tmp_path / "base")
    update_index(tmp_path / "next", tmp_path / "base", {"a.txt"}, ())
    with open_index(tmp_path / "next") as index:
        assert len(index.find([["瓜弄"]], 10)) == 0
        assert len(index.find([["海拔"]], 10)) == 1
    assert contents(tmp_path / "base") == before


def test_an_empty_corpus_is_an_index_too(tmp_path: Path) -> None:
    build_index(tmp_path / "index", ())
    with open_index(tmp_path / "index") as index:
        assert (list(index.facts()), list(index.articles())) == ([], [])


def steps(records: DocumentStore, read: Callable[[DocumentStore], Iterable[object]]) -> int:
    """How many hundreds of steps SQLite takes to read something."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    records._db.set_progress_handler(step, 100)
    assert list(read(records))
    return taken


@pytest.mark.parametrize(
    "read",
    [
        lambda records: records.articles("n7.txt"),
        lambda records: records.log("n7.txt"),
        lambda records: [records.document("n7.txt"), records.original("n7.txt")],
    ],
    ids=["articles", "log", "document"],
)
def test_one_file_is_read_without_reading_the_others(
    tmp_path: Path, read: Callable[[DocumentStore], Iterable[object]]
) -> None:
    taken, broken = [], GOURD.replace("欢天喜地", "欢天\x07喜地")  # so that there is a repair
    for number in (10, 1_000):
        build_index(tmp_path / str(number), kept(**{f"n{n}": broken for n in range(number)}))
        with closing(DocumentStore(tmp_path / str(number) / RECORDS)) as records:
            taken.append(steps(records, read))
    assert taken[1] <= taken[0] + 1

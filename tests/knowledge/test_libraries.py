"""Sub-folders as libraries: browsing, filters, questions in one or in all, follow-ups, and what helps where nothing is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.model import Browse, Facet, Filter, Order
from knowledge.snapshot import Snapshot
from knowledge.snapshots.opening import cached_snapshot

FILES = {
    "信访/库.toml": 'name = "信访件"\n',
    "信访/a.txt": "闵行区加装电梯信访事项办结\n\n今年以来，闵行区信访办共受理加装电梯来信126件。"
    "梅陇镇罗阳四村居民反映，一楼住户不同意加装电梯，协商三个月没有结果。区房管局上门调解后，12个门洞达成一致。\n",
    "信访/a.toml": 'date = 2023-07-01\nnewspaper = "新民晚报"\n',
    "调研/b.txt": "关于加装电梯工作的调研报告\n\n调研组走访了32个小区。截至2月底，闵行区累计加装电梯815台，"
    "徐汇区累计加装电梯604台。居民最关心的是资金分摊和后续维护。\n",
    "调研/b.toml": 'date = 2024-03-02\nnewspaper = "青年报"\n',
    "c.toml": 'author = "屠瑜、潘高峰"\nsource = "新华社"\n',
    "c.txt": "阿婆的桥修好了\n\n小河上的石桥全长45米。石桥由村民自己筹款修缮。\n",
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder = tmp_path_factory.mktemp("libraries")
    for name, text in FILES.items():
        (folder / "articles" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    with cached_snapshot(folder / "articles", folder / "data") as opened:
        assert opened.skipped == ()
        yield opened


def titles(snapshot: Snapshot, browse: Browse) -> list[str]:
    return [one.article.title.text[:4] for one in snapshot.browse(browse).articles]


def test_every_article_is_listed_with_its_library_facts_and_at_least_three_key_words(
    snapshot: Snapshot,
) -> None:
    listing = snapshot.browse(Browse())
    assert listing.total == 3
    assert {one.article.library for one in listing.articles} == {"信访件", "调研", None}
    assert [one.facts for one in listing.articles] == [3, 3, 2]
    assert all(len(one.article.keywords) >= 3 for one in listing.articles)
    assert listing.libraries == (Facet("调研", 1), Facet("信访件", 1))
    assert listing.years == (Facet("2024", 1), Facet("2023", 1))


@pytest.mark.parametrize(
    ("browse", "expected"),
    [
        (Browse(), ["关于加装", "闵行区加", "阿婆的桥"]),
        (Browse(order=Order.TITLE), ["阿婆的桥", "关于加装", "闵行区加"]),
        (Browse(first=1, most=1), ["闵行区加"]),
        (Browse("电梯"), ["关于加装", "闵行区加"]),
        (Browse("罗阳四村"), ["闵行区加"]),
        (Browse("石橋"), ["阿婆的桥"]),
        (Browse("电梯 石桥"), []),
        (Browse("电梯 来信"), ["闵行区加"]),
        (Browse(only=Filter(years=(2023,))), ["闵行区加"]),
        (Browse(only=Filter(newspapers=("青年报",))), ["关于加装"]),
        (Browse(only=Filter(libraries=("信访件",))), ["闵行区加"]),
        (Browse(only=Filter(libraries=("信访",))), ["闵行区加"]),
        (Browse(only=Filter(authors=("潘高峰",))), ["阿婆的桥"]),
        (Browse(only=Filter(sources=("新华社",))), ["阿婆的桥"]),
        (Browse("电梯", Filter(authors=("屠瑜",))), []),
    ],
)
def test_articles_are_sorted_cut_into_pages_and_filtered(
    snapshot: Snapshot, browse: Browse, expected: list[str]
) -> None:
    assert titles(snapshot, browse) == expected


@pytest.mark.parametrize(
    ("query", "libraries"),
    [
        ("库:信访 加装电梯", {"信访件"}),
        ("库：信访件 加装电梯", {"信访件"}),
        ("2024年:加装电梯", {"调研"}),
        ("报:青年报 加装电梯", {"调研"}),
        ("报:新民晚报 2023年:加装电梯", {"信访件"}),
        ("2022年:加装电梯", set()),
        ("作者:屠瑜 石桥全长多少米", {None}),
        ("来源:新华社 石桥", {None}),
    ],
)
def test_a_filter_keeps_an_answer_to_the_articles_it_names(
    snapshot: Snapshot, query: str, libraries: set[str]
) -> None:
    answer = snapshot.ask(query)
    assert {hit.fact.article.library for hit in (*answer.hits, *answer.related)} == libraries
    assert answer.found == bool(libraries)


@pytest.mark.parametrize("query", ["各库怎么说加装电梯", "加装电梯各库怎么说？"])
def test_a_question_of_all_libraries_is_answered_library_by_library(snapshot: Snapshot, query: str) -> None:
    libraries = [hit.fact.article.library for hit in snapshot.ask(query).hits]
    assert libraries[:2] == ["调研", "信访件"]
    assert set(libraries) == {"调研", "信访件"}


def test_where_no_libraries_are_a_question_of_all_is_the_question(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "c.txt").write_text(FILES["c.txt"], encoding="utf-8")
    with cached_snapshot(tmp_path / "articles", tmp_path / "data") as alone:
        answer = alone.ask("各库怎么说石桥")
        assert (answer.query, answer.hits) == ("各库怎么说石桥", alone.ask("石桥").hits)
        assert answer.found


@pytest.mark.parametrize(
    ("context", "query", "understood", "answer"),
    [
        (["闵行区累计加装电梯多少台"], "徐汇区呢？", "徐汇区累计加装电梯多少台", "604台"),
        (["闵行区累计加装电梯多少台", "徐汇区呢"], "那闵行区呢", "闵行区累计加装电梯多少台", "815台"),
        (["石桥全长多少米"], "由谁筹款修缮", None, "村民"),
        (["石桥全长多少米"], "闵行区累计加装电梯多少台", None, "815台"),
    ],
)
def test_a_follow_up_takes_what_it_leaves_out_from_the_question_before(
    snapshot: Snapshot, context: list[str], query: str, understood: str | None, answer: str
) -> None:
    told = snapshot.ask(query, context=context)
    assert answer in (told.answer or told.hits[0].fact.text)
    if understood is not None:
        assert told.understood == understood


def test_asking_for_more_leaves_out_what_was_told(snapshot: Snapshot) -> None:
    first = snapshot.ask("加装电梯")
    more = snapshot.ask("还有呢", context=["加装电梯"])
    assert more.skipped == len(first.hits) - len(more.hits)
    assert not {h.fact.id for h in more.hits} & {h.fact.id for h in first.hits[: more.skipped]}


def test_where_nothing_is_found_the_missing_words_are_named_and_the_rest_is_counted(
    snapshot: Snapshot,
) -> None:
    hints = snapshot.hints("火星基地加装电梯票价")
    assert hints.missing
    assert all(not re.search(word, text) for word in hints.missing for text in FILES.values())
    assert {facet.name: facet.count for facet in hints.held} == {"调研": 1, "信访件": 1}
    assert hints.total == 2


def test_of_a_figure_that_no_article_holds_no_part_is_named_or_counted(snapshot: Snapshot) -> None:
    hints = snapshot.hints("8,600万元")
    assert (hints.missing, hints.rest, hints.total) == (("8,600万元",), "", 0)


@pytest.mark.parametrize(
    ("asked", "chosen", "titles"),
    [
        ("屠瑜", "作者:屠瑜", ["阿婆的桥修好了"]),
        ("屠瑜写了哪些报道", "作者:屠瑜", ["阿婆的桥修好了"]),
        ("来源:新华社", "来源:新华社", ["阿婆的桥修好了"]),
        ("报:青年报", "报:青年报", ["关于加装电梯工作的调研报告"]),
        ("2022年:", "2022年:", []),
    ],
)
def test_an_author_or_a_filter_alone_is_told_the_articles(
    snapshot: Snapshot, asked: str, chosen: str, titles: list[str]
) -> None:
    answer, hints = snapshot.ask(asked), snapshot.hints(asked)
    assert not (answer.found or answer.close)
    assert (hints.rest, [article.title.text for article in hints.articles]) == (chosen, titles)
    assert (hints.total, hints.missing) == (len(titles), ())


def test_articles_are_linked_by_the_key_words_they_share(snapshot: Snapshot) -> None:
    (article,) = (one.article for one in snapshot.browse(Browse("罗阳四村")).articles)
    ((other, words),) = snapshot.sharing(article)
    assert other.file == "调研/b.txt"
    assert "电梯" in words

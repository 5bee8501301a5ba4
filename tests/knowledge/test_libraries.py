"""Sub-folders as libraries: browsing, filters, questions in one or in all, follow-ups, and what helps where nothing is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.model import Browse, Facet, Filter, Order
from knowledge.snapshot import Snapshot
from knowledge.snapshots.opening import cached_snapshot
from tests.support.promises import promised

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


def listed(snapshot: Snapshot, asked: str) -> str:
    """The beginnings of the titles that are listed for words and for options by their names."""
    options = dict(word.split("=") for word in asked.split() if "=" in word)
    words = " ".join(word for word in asked.split() if "=" not in word).removeprefix("-")
    order = Order(options.pop("order", Order.DATE))
    first, most = int(options.pop("first", 0)), int(options.pop("most", 10))
    only = Filter(
        years=tuple(int(year) for year in options.pop("years", "").split()),
        **{name: (value,) for name, value in options.items()},
    )
    found = snapshot.browse(Browse(words, only, order, first, most)).articles
    return " / ".join(one.article.title.text[:4] for one in found) or "-"


def libraries(snapshot: Snapshot, asked: str) -> str:
    """Those of the hits first, in order, then those of what is related."""
    answer = snapshot.ask(asked)
    found = dict.fromkeys(hit.fact.article.library or "-" for hit in (*answer.hits, *answer.related))
    assert answer.found == bool(found)
    return " / ".join(found) or "nothing"


def understood(snapshot: Snapshot, asked: str) -> str:
    *context, query = asked.split(" > ")
    told = snapshot.ask(query, context=context)
    return f"{told.understood or '-'}: {told.answer}"


def articles(snapshot: Snapshot, asked: str) -> str:
    """What is told where nothing is found, and of nothing is said that it is missing."""
    answer, hints = snapshot.ask(asked), snapshot.hints(asked)
    assert not (answer.found or answer.close)
    assert (hints.total, hints.missing) == (len(hints.articles), ())
    return f"{hints.rest}: {' / '.join(article.title.text for article in hints.articles) or '-'}"


SEEN = {each.__name__: each for each in (listed, libraries, understood, articles)}


@promised(Path(__file__).with_name("libraries.txt"))
def test_libraries_are_browsed_and_asked_as_promised(snapshot: Snapshot, seen: str, cells: list[str]) -> None:
    asked, told = cells
    assert SEEN[seen](snapshot, asked) == told


def test_what_leans_on_nothing_before_it_is_answered_as_it_stands(snapshot: Snapshot) -> None:
    told = snapshot.ask("由谁筹款修缮", context=["石桥全长多少米"])
    assert "村民" in (told.answer or told.hits[0].fact.text)


def test_where_no_libraries_are_a_question_of_all_is_the_question(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "c.txt").write_text(FILES["c.txt"], encoding="utf-8")
    with cached_snapshot(tmp_path / "articles", tmp_path / "data") as alone:
        answer = alone.ask("各库怎么说石桥")
        assert (answer.query, answer.hits) == ("各库怎么说石桥", alone.ask("石桥").hits)
        assert answer.found


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


def test_articles_are_linked_by_the_key_words_they_share(snapshot: Snapshot) -> None:
    (article,) = (one.article for one in snapshot.browse(Browse("罗阳四村")).articles)
    ((other, words),) = snapshot.sharing(article)
    assert other.file == "调研/b.txt"
    assert "电梯" in words

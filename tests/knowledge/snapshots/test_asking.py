"""What a command in the terminal answers from: the folder as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import SnapshotDamaged
from knowledge.model import Article, Fact, SourcedText
from knowledge.snapshots.difference import (
    PAIRED,
    Change,
    SnapshotDifference,
    Tally,
    new_facts,
    only_in_second,
)
from knowledge.snapshots.opening import ASKED, SERVED, cached_snapshot
from knowledge.snapshots.repository import SnapshotRepository
from tests.knowledge.snapshots.corpus import rebuild, write_article, write_corpus, write_new


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "articles")


def count(articles: Path, data: Path) -> int:
    with cached_snapshot(articles, data) as snapshot:
        return len(list(snapshot.facts()))


def test_a_second_question_uses_what_the_first_one_built(articles: Path, tmp_path: Path) -> None:
    count(articles, tmp_path / "var")
    asked = SnapshotRepository(tmp_path / "var" / ASKED)
    before = asked.names()
    assert (count(articles, tmp_path / "var"), asked.names()) == (12, before)


def test_a_changed_folder_is_seen_at_once(articles: Path, tmp_path: Path) -> None:
    count(articles, tmp_path / "var")
    write_new(articles)
    assert count(articles, tmp_path / "var") == 13


def test_changed_aliases_make_a_new_snapshot(articles: Path, tmp_path: Path) -> None:
    count(articles, tmp_path / "var")
    (articles / "aliases.txt").write_text("莫德纳 Moderna\n", encoding="utf-8")
    count(articles, tmp_path / "var")
    assert SnapshotRepository(tmp_path / "var" / ASKED).names() == ["000002"]


def test_what_a_running_bot_serves_is_used_and_never_changed(articles: Path, tmp_path: Path) -> None:
    served = SnapshotRepository(tmp_path / "var" / SERVED)
    rebuild(articles, served)
    name = served.current()
    with cached_snapshot(articles, tmp_path / "var") as snapshot:
        assert snapshot.version == name
    write_new(articles)
    assert count(articles, tmp_path / "var") == 13
    assert (served.names(), served.current()) == ([name], name)


def test_a_damaged_snapshot_is_not_asked(articles: Path, tmp_path: Path) -> None:
    count(articles, tmp_path / "var")
    asked = SnapshotRepository(tmp_path / "var" / ASKED)
    for path in (asked.folder / asked.names()[0]).rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.write_bytes(path.read_bytes()[:-1])
    assert count(articles, tmp_path / "var") == 12


def test_without_a_place_to_store_it_still_answers_and_says_so(articles: Path) -> None:
    said: list[str] = []
    with cached_snapshot(articles, Path("/proc/nowhere"), said.append) as snapshot:
        assert len(list(snapshot.facts())) == 12
    assert len(said) == 1 and "临时索引" in said[0]


def article(title: str, *sentences: str) -> tuple[Article, list[Fact]]:
    made = Article(title, "a.txt", SourcedText(title, ()))
    return made, [Fact(f"{title}-{n}", text, (), made) for n, text in enumerate(sentences)]


def test_a_new_article_counts_with_each_of_its_facts_and_is_told_by_its_title() -> None:
    difference = SnapshotDifference()
    difference.document([], [article("新篇", "一。", "二。")])
    assert difference == SnapshotDifference(
        Tally(added=1, first=[Change("a.txt", "新篇", None, "新篇")]),
        Tally(added=2),
    )


def test_an_article_that_is_gone_takes_its_facts_along() -> None:
    difference = SnapshotDifference()
    difference.document([article("旧篇", "一。")], [])
    assert (difference.articles.removed, difference.facts.removed) == (1, 1)


def test_a_corrected_sentence_is_shown_beside_what_it_was() -> None:
    difference = SnapshotDifference()
    before = article("篇", "开头不变。", "全市共有二十六处旧改地块。", "结尾不变。")
    after = article("篇", "开头不变。", "全市共有二十七处旧改地块。", "结尾不变。")
    difference.document([before], [after])
    assert difference.facts == Tally(
        changed=1, first=[Change("a.txt", "篇", "全市共有二十六处旧改地块。", "全市共有二十七处旧改地块。")]
    )
    assert difference.articles.changed == 1


def test_an_unrelated_sentence_in_the_same_place_is_one_removed_and_one_added() -> None:
    difference = SnapshotDifference()
    difference.document([article("篇", "地铁票价没有变化。")], [article("篇", "小张昨天去了苏州河!")])
    assert (difference.facts.removed, difference.facts.added, difference.facts.changed) == (1, 1, 0)


def test_no_change_is_no_difference() -> None:
    difference = SnapshotDifference()
    difference.document([article("篇", "一。")], [article("篇", "一。")])
    assert not difference


def test_a_huge_article_is_compared_without_pairing() -> None:
    difference = SnapshotDifference()
    before = [f"第{n}句。" for n in range(PAIRED)]
    difference.document([article("篇", *before)], [article("篇", *before[1:], "新的一句。")])
    assert (difference.facts.removed, difference.facts.added) == (1, 1)


def test_the_facts_of_an_added_article_are_news_and_nothing_else_is(tmp_path: Path) -> None:
    articles, versions = write_corpus(tmp_path / "articles"), SnapshotRepository(tmp_path / "versions")
    rebuild(articles, versions)
    write_article(articles, "new.txt", "养老服务有了新办法", "社区养老服务有了新办法，老人们都说好。")
    rebuild(articles, versions)
    fresh = [fact.article.file for batch in new_facts(versions, "000001", "000002") for fact in batch]
    assert set(fresh) == {"new.txt"}
    assert list(new_facts(versions, "000002", "000001")) == []


def test_a_version_that_is_gone_is_named(tmp_path: Path) -> None:
    versions = SnapshotRepository(tmp_path / "versions")
    rebuild(write_corpus(tmp_path / "articles", 1), versions)
    with pytest.raises(SnapshotDamaged, match="000000"):
        list(new_facts(versions, "000000", "000001"))


@given(st.sets(st.text("ab", max_size=3)), st.sets(st.text("ab", max_size=3)))
def test_merging_two_ascending_rows_finds_what_only_the_second_has(one: set[str], other: set[str]) -> None:
    assert list(only_in_second(iter(sorted(one)), iter(sorted(other)))) == sorted(other - one)

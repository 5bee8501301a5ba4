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


def test_a_question_uses_what_one_before_built_unless_folder_or_aliases_changed_or_it_is_damaged(
    articles: Path, tmp_path: Path
) -> None:
    asked = SnapshotRepository(tmp_path / "var" / ASKED)
    counts = [count(articles, tmp_path / "var") for _ in range(2)]
    assert (counts, asked.names()) == ([12, 12], ["000001"])
    (articles / "aliases.txt").write_text("莫德纳 Moderna\n", encoding="utf-8")
    assert (count(articles, tmp_path / "var"), asked.names()) == (12, ["000002"])
    write_new(articles)
    assert (count(articles, tmp_path / "var"), asked.names()) == (13, ["000003"])
    for path in (asked.folder / "000003").rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.write_bytes(path.read_bytes()[:-1])
    assert count(articles, tmp_path / "var") == 13


def test_what_a_running_bot_serves_is_used_and_never_changed(articles: Path, tmp_path: Path) -> None:
    served = SnapshotRepository(tmp_path / "var" / SERVED)
    rebuild(articles, served)
    name = served.current()
    with cached_snapshot(articles, tmp_path / "var") as snapshot:
        assert snapshot.version == name
    write_new(articles)
    assert count(articles, tmp_path / "var") == 13
    assert (served.names(), served.current()) == ([name], name)


def test_without_a_place_to_store_it_still_answers_and_says_so(articles: Path) -> None:
    said: list[str] = []
    with cached_snapshot(articles, Path("/proc/nowhere"), said.append) as snapshot:
        assert len(list(snapshot.facts())) == 12
    assert len(said) == 1 and "临时索引" in said[0]


def article(title: str, *sentences: str) -> tuple[Article, list[Fact]]:
    made = Article(title, "a.txt", SourcedText(title, ()))
    return made, [Fact(f"{title}-{n}", text, (), made) for n, text in enumerate(sentences)]


HUGE = tuple(f"第{n}句。" for n in range(PAIRED))
WRONG, RIGHT = "全市共有二十六处旧改地块。", "全市共有二十七处旧改地块。"
FARE, RIVER = "地铁票价没有变化。", "小张昨天去了苏州河!"


@pytest.mark.parametrize(
    ("before", "after", "counts", "told"),
    [
        ((), ("一。", "二。"), (2, 0, 0), []),
        (("一。",), (), (0, 0, 1), []),
        (("一。",), ("一。",), (0, 0, 0), []),
        (("开头。", WRONG, "结尾。"), ("开头。", RIGHT, "结尾。"), (0, 1, 0), [(WRONG, RIGHT)]),
        ((FARE,), (RIVER,), (1, 0, 1), [(FARE, None), (None, RIVER)]),
        (HUGE, (*HUGE[1:], RIVER), (1, 0, 1), [(HUGE[0], None), (None, RIVER)]),
    ],
    ids=["new", "gone", "unchanged", "corrected", "replaced", "too long to be paired"],
)
def test_of_an_article_that_came_or_went_the_title_is_told_and_else_its_sentences(
    before: tuple[str, ...],
    after: tuple[str, ...],
    counts: tuple[int, int, int],
    told: list[tuple[str | None, str | None]],
) -> None:
    difference = SnapshotDifference()
    difference.document(*([article("篇", *sentences)] if sentences else [] for sentences in (before, after)))
    assert difference.facts == Tally(*counts, first=[Change("a.txt", "篇", *each) for each in told])
    whole = [("篇" if before else None, "篇" if after else None)] if before != after else []
    became = (not before, bool(before and after and before != after), not after)
    assert difference.articles == Tally(*became, first=[Change("a.txt", "篇", *each) for each in whole])
    assert bool(difference) is (before != after)


def test_the_facts_of_an_added_article_are_news_nothing_else_is_and_a_version_that_is_gone_is_named(
    tmp_path: Path,
) -> None:
    articles, versions = write_corpus(tmp_path / "articles"), SnapshotRepository(tmp_path / "versions")
    rebuild(articles, versions)
    write_article(articles, "new.txt", "养老服务有了新办法", "社区养老服务有了新办法，老人们都说好。")
    rebuild(articles, versions)
    fresh = [fact.article.file for batch in new_facts(versions, "000001", "000002") for fact in batch]
    assert set(fresh) == {"new.txt"}
    assert list(new_facts(versions, "000002", "000001")) == []
    with pytest.raises(SnapshotDamaged, match="000000"):
        list(new_facts(versions, "000000", "000001"))


@given(st.sets(st.text("ab", max_size=3)), st.sets(st.text("ab", max_size=3)))
def test_merging_two_ascending_rows_finds_what_only_the_second_has(one: set[str], other: set[str]) -> None:
    assert list(only_in_second(iter(sorted(one)), iter(sorted(other)))) == sorted(other - one)

"""The difference between two snapshots, in articles and facts."""

from __future__ import annotations

from knowledge.model import Article, Fact, SourcedText
from knowledge.snapshots.difference import PAIRED, Change, SnapshotDifference, Tally


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

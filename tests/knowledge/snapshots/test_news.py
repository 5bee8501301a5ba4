"""What a version has that an older one has not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.build import build
from knowledge.snapshots.difference import new_facts, only_in_second
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import BuildRequest
from tests.knowledge.snapshots.corpus import write_article, write_corpus


def publish(articles: Path, versions: SnapshotRepository) -> str:
    with versions.staging() as folder:
        build(BuildRequest(articles), folder)
        return versions.publish(folder)


def test_the_facts_of_an_added_article_are_news_and_nothing_else_is(tmp_path: Path) -> None:
    articles, versions = write_corpus(tmp_path / "articles"), SnapshotRepository(tmp_path / "versions")
    before = publish(articles, versions)
    write_article(articles, "new.txt", "养老服务有了新办法", "社区养老服务有了新办法，老人们都说好。")
    after = publish(articles, versions)
    fresh = [fact.article.file for batch in new_facts(versions, before, after) for fact in batch]
    assert set(fresh) == {"new.txt"}
    assert list(new_facts(versions, after, before)) == []


def test_a_version_that_is_gone_is_named(tmp_path: Path) -> None:
    versions = SnapshotRepository(tmp_path / "versions")
    after = publish(write_corpus(tmp_path / "articles", 1), versions)
    with pytest.raises(SnapshotDamaged, match="000000"):
        list(new_facts(versions, "000000", after))


@given(st.sets(st.text("ab", max_size=3)), st.sets(st.text("ab", max_size=3)))
def test_merging_two_ascending_rows_finds_what_only_the_second_has(one: set[str], other: set[str]) -> None:
    assert list(only_in_second(iter(sorted(one)), iter(sorted(other)))) == sorted(other - one)

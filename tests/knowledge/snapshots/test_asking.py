"""What a command in the terminal answers from: the folder as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.snapshots.build import build
from knowledge.snapshots.opening import ASKED, SERVED, cached_snapshot
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import BuildRequest
from tests.knowledge.snapshots.corpus import write_article, write_corpus


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
    write_article(articles, "new.txt", "新来的一篇", "苏州河边建成了新的步道。")
    assert count(articles, tmp_path / "var") == 13


def test_changed_aliases_make_a_new_snapshot(articles: Path, tmp_path: Path) -> None:
    count(articles, tmp_path / "var")
    (articles / "aliases.txt").write_text("莫德纳 Moderna\n", encoding="utf-8")
    count(articles, tmp_path / "var")
    assert SnapshotRepository(tmp_path / "var" / ASKED).names() == ["000002"]


def test_what_a_running_bot_serves_is_used_and_never_changed(articles: Path, tmp_path: Path) -> None:
    served = SnapshotRepository(tmp_path / "var" / SERVED)
    with served.staging() as folder:
        build(BuildRequest(articles), folder)
        name = served.publish(folder)
    with cached_snapshot(articles, tmp_path / "var") as snapshot:
        assert snapshot.version == name
    write_article(articles, "new.txt", "新来的一篇", "苏州河边建成了新的步道。")
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

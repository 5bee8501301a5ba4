"""A snapshot of a folder: unchanged files are not redone, and the difference is told."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import BrokenInstallation, NothingChanged, StorageUnavailable
from knowledge.model import Document, ParsedDocument
from knowledge.repair.pipeline import repair_document
from knowledge.snapshots.beside import read_aliases
from knowledge.snapshots.build import MANY, build
from knowledge.snapshots.manifest import Totals, shrink_warning
from knowledge.snapshots.opening import open_version
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import BuildRequest
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.snapshots.corpus import NEW, rebuild, write_article, write_corpus, write_new


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "articles")


@pytest.fixture
def versions(tmp_path: Path) -> SnapshotRepository:
    return SnapshotRepository(tmp_path / "snapshots")


def texts(versions: SnapshotRepository) -> list[str]:
    name = versions.current()
    assert name is not None
    opened = open_version(versions, name, ChineseAnalyzer())
    try:
        return sorted(fact.text for fact in opened.snapshot.facts())
    finally:
        opened.close()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_aliases_are_read_in_the_encodings_of_articles(
    articles: Path, versions: SnapshotRepository, encoding: str
) -> None:
    (articles / "aliases.txt").write_text("新区 = 临港新片区\n大桥 = 东海大桥\n", encoding=encoding)
    assert not rebuild(articles, versions).manifest.skipped


def test_only_what_was_touched_is_redone_and_gives_the_same_as_all_done_anew(
    articles: Path, versions: SnapshotRepository, tmp_path: Path
) -> None:
    built = rebuild(articles, versions)
    assert (built.redone, built.kept, built.difference) == (4, 0, None)
    assert built.manifest.totals == Totals(documents=4, articles=4, facts=12)
    assert len(texts(versions)) == 12
    os.utime(articles / "001.txt", (1, 1))
    built = rebuild(articles, versions)
    assert (built.redone, built.kept, bool(built.difference)) == (0, 4, False)
    write_article(articles, "001.txt", "第1号街坊旧区改造纪事", "这里只剩下一句新写的话。")
    write_new(articles)
    (articles / "002.txt").unlink()
    built = rebuild(articles, versions)
    assert (built.redone, built.kept) == (2, 2)
    assert built.difference is not None
    told = built.difference
    assert (told.articles.added, told.articles.changed, told.articles.removed) == (1, 1, 1)
    assert (told.facts.added, told.facts.removed) == (2, 6)
    afresh = SnapshotRepository(tmp_path / "afresh")
    rebuild(articles, afresh)
    assert NEW in texts(versions) and len(texts(versions)) == 8
    assert texts(versions) == texts(afresh)


def test_files_and_aliases_that_cannot_be_read_are_told_again_though_they_are_not_read_again(
    articles: Path, versions: SnapshotRepository
) -> None:
    for name in ("aliases.txt", "bad.txt"):
        (articles / name).write_bytes(b"\xff\x80\x81\x00\x07" * 9)
    for redone in (5, 0):
        built = rebuild(articles, versions)
        assert sorted(skipped.name for skipped in built.manifest.skipped) == ["aliases.txt", "bad.txt"]
        assert (built.redone, len(texts(versions))) == (redone, 12)


def test_a_foreign_abbreviation_stands_for_each_of_its_names_which_are_not_the_same(tmp_path: Path) -> None:
    known = read_aliases(tmp_path, ChineseAnalyzer())
    assert known.of("gdp") == ("国内生产总值", "地区生产总值", "生产总值")
    assert known.of("国内生产总值") == ("gdp",)
    assert [one.others for one in known.expansions("发展ai产业")] == [("人工智能",)]
    assert not known.expansions("email和gdpr")


def test_a_broken_installation_refuses_the_build_and_leaves_no_file_out(
    articles: Path, versions: SnapshotRepository
) -> None:
    rebuild(articles, versions)

    def cannot_read_its_tables(document: Document) -> ParsedDocument:
        raise BrokenInstallation("t2s.json")

    write_new(articles)
    with pytest.raises(BrokenInstallation), versions.staging() as folder:
        build(BuildRequest(articles), folder, repair=cannot_read_its_tables)
    assert len(texts(versions)) == 12


def test_a_version_that_was_damaged_while_it_served_is_not_built_upon(
    articles: Path, versions: SnapshotRepository
) -> None:
    rebuild(articles, versions)
    records = versions.folder / "000001" / "index" / "records.sqlite"
    data = bytearray(records.read_bytes())
    data[data.index("第2号".encode())] ^= 1
    records.write_bytes(data)
    write_new(articles)
    assert (rebuild(articles, versions).redone, len(texts(versions))) == (5, 13)


def test_a_folder_that_vanishes_in_the_middle_is_told_file_by_file_and_waits_for_a_person(
    articles: Path, versions: SnapshotRepository
) -> None:
    before = rebuild(articles, versions).manifest.totals
    write_corpus(articles, 6, "新区改造")

    def vanish(stage: str, done: int, of: int) -> None:
        if done == 1:
            shutil.rmtree(articles)

    with versions.staging() as folder:
        totals = build(BuildRequest(articles, versions.folder / "000001"), folder, vanish).manifest.totals
    assert (totals.articles, totals.skipped) == (1, 5)
    assert shrink_warning(before, totals)


def test_a_folder_that_cannot_be_written_is_a_sentence_not_a_traceback(articles: Path) -> None:
    with pytest.raises(StorageUnavailable, match="不能写入"):
        build(BuildRequest(articles), Path("/proc/nowhere"))


def failing(name: str, error: int) -> Callable[..., int]:
    """`os.open`, but for one file."""
    real = os.open

    def opened(path: Any, *arguments: Any, **more: Any) -> int:
        if str(path).endswith(name):
            raise OSError(error, os.strerror(error))
        return real(path, *arguments, **more)

    return opened


@pytest.mark.parametrize("error", [errno.EIO, errno.EACCES, errno.EMFILE])
def test_a_file_that_failed_to_be_read_is_named_and_tried_again_unless_the_machine_lacks_descriptors(
    articles: Path, versions: SnapshotRepository, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    with monkeypatch.context() as system:
        system.setattr(os, "open", failing("002.txt", error))
        if error == errno.EMFILE:
            with pytest.raises(StorageUnavailable, match="ulimit"):
                rebuild(articles, versions)
            return
        assert [skipped.name for skipped in rebuild(articles, versions).manifest.skipped] == ["002.txt"]
    assert len(texts(versions)) == 9
    again = rebuild(articles, versions)
    assert (again.redone, again.kept, again.manifest.skipped, len(texts(versions))) == (1, 3, (), 12)


def test_a_file_that_nobody_may_read_is_named_once_and_read_as_soon_as_it_may_be(
    articles: Path, versions: SnapshotRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access
    with monkeypatch.context() as system:
        system.setattr(
            os, "access", lambda path, mode: not str(path).endswith("002.txt") and real(path, mode)
        )
        system.setattr(os, "open", failing("002.txt", errno.EACCES))
        (named,) = rebuild(articles, versions).manifest.skipped
        assert (named.name, named.reason) == ("002.txt", "没有读取权限")
        with pytest.raises(NothingChanged), versions.staging() as folder:
            build(BuildRequest(articles, versions.folder / "000001", if_changed=True), folder)
    assert rebuild(articles, versions).manifest.skipped == ()
    assert len(texts(versions)) == 12


STORED = ("sources.json", "index/columns.npy")


def test_with_helpers_the_snapshot_is_the_same_though_one_dies_and_one_raises(tmp_path: Path) -> None:
    articles = write_corpus(tmp_path / "articles", MANY + 3)
    here = os.getpid()

    def repair(document: Document) -> ParsedDocument:
        if document.name == "009.txt" and os.getpid() != here:
            os._exit(9)
        if document.name == "012.txt":
            raise ValueError("太怪")
        return repair_document(document)

    stored: list[list[bytes]] = []
    for helpers in (0, 2):
        (folder := tmp_path / str(helpers)).mkdir()
        built = build(BuildRequest(articles), folder, repair=repair, helpers=helpers)
        assert [(one.name, one.reason) for one in built.manifest.skipped] == [
            ("012.txt", "出错（ValueError：太怪）")
        ]
        stored.append([(folder / name).read_bytes() for name in STORED])
    assert stored[0] == stored[1]

"""What an earlier program built opens and serves at once; only what changes facts makes today's program build anew."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from knowledge import repair
from knowledge.schemas import dump, fact_json
from knowledge.snapshots.build import build
from knowledge.snapshots.manifest import FORMAT, NAME, read_manifest
from knowledge.snapshots.opening import SERVED, needs_rebuild, open_newest, open_version
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import BuildRequest
from knowledge.snapshots.sources import build_fingerprint, read_states, room_versions
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.chat import HereBuilder, hall

HERE = Path(__file__).parent
STORED = HERE / "version-0.1.tar.xz"
"""The data folder of version 0.1 (commit aa7981b) with two short articles of ours."""
RECORDED = HERE / "facts-0.1.json"
SEEDS = HERE.parents[2] / "seeds"


@pytest.fixture
def versions(tmp_path: Path) -> SnapshotRepository:
    with tarfile.open(STORED) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)  # since 3.11.4
        archive.extractall(tmp_path / "data")
    return SnapshotRepository(tmp_path / "data" / SERVED)


def test_a_snapshot_of_version_0_1_opens_answers_and_proves(versions: SnapshotRepository) -> None:
    opened, notices = open_newest(versions, ChineseAnalyzer())
    assert opened is not None
    assert notices == []
    try:
        snapshot = opened.snapshot
        assert snapshot.counts() == (2, 5)
        assert all(snapshot.proves(fact) for fact in snapshot.facts())
        assert snapshot.ask("共有多少户居民参加？").answer == "128户"
        (hit, *_) = snapshot.ask("健身道").hits
        stated = hit.fact.article.metadata
        assert stated is not None
        assert stated.newspaper == "青年报"
        assert [report.file for report in snapshot.reports()] == ["001.txt", "002.txt"]
        assert snapshot.original("002.txt")
    finally:
        opened.close()


def test_its_records_of_files_are_read(versions: SnapshotRepository) -> None:
    assert sorted(read_states(versions.folder / "000001")) == ["001.txt", "002.txt"]
    assert needs_rebuild(versions, build_fingerprint())


async def test_it_serves_at_once_while_todays_is_built_aside_and_can_be_rolled_back_to(
    versions: SnapshotRepository, tmp_path: Path
) -> None:
    write_corpus(tmp_path / "articles", 2)
    write_article(tmp_path / "articles", "new.txt", "新的一篇", "这是今天的程序读到的一句话。")
    builder = HereBuilder()
    builder.hold()
    async with hall(tmp_path, builder) as room:
        assert room.knowledge.store.version == "000001"
        builder.authorizer.set()
        async with asyncio.timeout(60):
            while room.knowledge.store.version == "000001":
                await asyncio.sleep(0.05)
        assert "这是今天的程序读到的一句话。" in room.texts()
        assert not needs_rebuild(versions, build_fingerprint())
        await room.say("/rollback 000001")
        assert "苏州河边建成了新的步道，全长四公里。" in room.texts()
    async with hall(tmp_path) as room:
        await asyncio.sleep(0.2)
        assert room.knowledge.store.version == "000001", "a person chose it"


def test_a_format_that_cannot_be_read_is_said_in_a_line_and_left_alone(versions: SnapshotRepository) -> None:
    manifest = versions.folder / "000001" / NAME
    told = json.loads(manifest.read_bytes().split(b"\n")[0])
    body = json.dumps({**told, "format": FORMAT + 1}).encode()
    manifest.write_bytes(body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")
    opened, notices = open_newest(versions, ChineseAnalyzer())
    assert opened is None
    assert notices == [
        f"000001：是另一版程序建的，格式是 {FORMAT + 1}，本程序只认得 {FORMAT}；留着不动，现在重建"
    ]
    assert manifest.exists()


def test_only_a_declared_version_makes_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_fingerprint()
    monkeypatch.setattr(repair, "VERSION", repair.VERSION + 1)
    assert build_fingerprint() != before


def facts_digest(folder: Path) -> str:
    """A digest of every fact that the seeds give."""
    repository = SnapshotRepository(folder)
    with repository.staging() as place:
        build(BuildRequest(SEEDS), place)
        name = repository.publish(place)
    opened = open_version(repository, name, ChineseAnalyzer())
    try:
        said = "\n".join(dump(fact_json(fact)) for fact in opened.snapshot.facts())
        assert read_manifest(repository.folder / name).totals.facts == said.count("\n") + 1
    finally:
        opened.close()
    return hashlib.sha256(said.encode()).hexdigest()


def test_facts_change_only_with_the_version_of_a_room(tmp_path: Path) -> None:
    recorded = json.loads(RECORDED.read_bytes())
    now = {"facts": facts_digest(tmp_path), "versions": room_versions()}
    changed = now["facts"] != recorded["facts"]
    assert not changed or now["versions"] != recorded["versions"], (
        f"facts have changed since {RECORDED.name}: raise VERSION in the room that changed them"
    )

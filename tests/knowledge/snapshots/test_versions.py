"""Stored versions: published whole, found damaged before they serve, kept in number; those of an older program serve at once."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from knowledge import repair
from knowledge.errors import FolderInUse, SnapshotDamaged
from knowledge.snapshots.files import Holder, lock_holder, single_instance
from knowledge.snapshots.manifest import FORMAT, NAME, Manifest, Totals, seal, shrink_warning
from knowledge.snapshots.opening import SERVED, needs_rebuild, open_newest
from knowledge.snapshots.repository import POINTER, SnapshotRepository
from knowledge.snapshots.sources import build_fingerprint, read_states
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.chat import HereBuilder, hall
from tests.support.server import until


def put(versions: SnapshotRepository, *contents: str) -> str:
    """Publish a version of opaque files."""
    with versions.staging() as folder:
        (folder / "index").mkdir()
        for n, content in enumerate(contents):
            (folder / "index" / f"part-{n}").write_text(content * 50, encoding="utf-8")
        seal(folder, Manifest("listing", "recipe", 0.0, Totals()))
        return versions.publish(folder)


@pytest.fixture
def versions(tmp_path: Path) -> SnapshotRepository:
    return SnapshotRepository(tmp_path / "snapshots", keep=3)


def test_a_published_version_is_current_and_whole_and_one_that_is_not_leaves_nothing(
    versions: SnapshotRepository,
) -> None:
    with versions.staging() as folder:
        (folder / "half").write_text("x", encoding="utf-8")
    assert (versions.names(), list(versions.folder.iterdir())) == ([], [])
    name = put(versions, "甲", "乙")
    assert (versions.current(), versions.candidates()) == (name, [name])
    with versions.pin(name) as stored:
        assert sorted(stored.manifest.files) == ["index/part-0", "index/part-1"]


def but_for(closed: str) -> Callable[[Path], list[str]]:
    """`os.listdir`, but for folders of one name."""
    real = os.listdir

    def listed(path: Path) -> list[str]:
        if Path(path).name == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path)

    return listed


def test_a_folder_that_cannot_be_listed_is_not_sealed_as_an_empty_one_nor_served(
    versions: SnapshotRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = put(versions, "甲")
    monkeypatch.setattr(os, "listdir", but_for("index"))
    with pytest.raises(PermissionError):
        put(versions, "甲")
    assert versions.names() == [name]
    with pytest.raises(SnapshotDamaged, match="列不出来"), versions.pin(name):
        pass


def flip(path: Path, other: Path | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "empty": lambda path, other: path.write_bytes(b""),
    "halve": lambda path, other: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "flip": flip,
    "delete": lambda path, other: path.unlink(),
    "swap": lambda path, other: shutil.copy(other, path),
    "add": lambda path, other: path.with_name("stray").write_text("x", encoding="utf-8"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", ["index/part-0", "index/part-1", NAME])
def test_every_file_of_a_version_is_checked_before_it_serves(
    versions: SnapshotRepository, file: str, damage: str
) -> None:
    before, name = put(versions, "旧", "日"), put(versions, "新", "月")
    DAMAGES[damage](versions.folder / name / file, versions.folder / before / file)
    with pytest.raises(SnapshotDamaged), versions.pin(name):
        pass
    with versions.pin(before):
        pass


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_pointer_lets_the_newest_serve(
    versions: SnapshotRepository, damage: str, tmp_path: Path
) -> None:
    put(versions, "甲")
    newest = put(versions, "乙")
    foreign = tmp_path / "other"
    foreign.write_text("000001 0000000000000000\n", encoding="ascii")
    DAMAGES[damage](versions.folder / POINTER, foreign)
    assert versions.candidates()[0] == newest


def test_a_chosen_version_is_tried_first_then_those_before_it_then_newer_ones(
    versions: SnapshotRepository,
) -> None:
    one, two, three = (put(versions, text) for text in "甲乙丙")
    versions.choose(two)
    assert versions.candidates() == [two, one, three]


def test_the_last_few_are_kept_and_whatever_serves_or_is_read_by_anybody(
    versions: SnapshotRepository,
) -> None:
    names = [put(versions, text) for text in "甲乙丙丁戊己"]
    versions.choose(names[1])
    with ExitStack() as first, ExitStack() as second:
        for reader in (first, second):
            reader.enter_context(versions.pin(names[2]))
        assert versions.prune() == [names[0]]
        first.close()
        assert versions.prune() == []
    assert versions.prune() == [names[2]]
    assert sorted(versions.names()) == [names[1], *names[3:]]


def test_a_damaged_version_is_moved_aside_not_deleted_and_only_the_last_two_stay(
    versions: SnapshotRepository,
) -> None:
    names = [put(versions, text) for text in "甲乙丙"]
    moved = [versions.quarantine(name) for name in names]
    assert versions.names() == []
    versions.prune()
    assert [path is not None and path.exists() for path in moved] == [False, True, True]


def test_what_a_killed_build_left_is_cleared_at_the_start(versions: SnapshotRepository) -> None:
    name = put(versions, "甲")
    for left in (".building-0", ".gone-1"):
        (versions.folder / left).mkdir()
        (versions.folder / left / "part").write_text("x", encoding="utf-8")
    (versions.folder / ".CURRENT.00ff").write_text("x", encoding="utf-8")
    assert versions.clean() == 3
    assert versions.names() == [name]
    with versions.pin(name):
        pass
    assert sorted(path.name for path in versions.folder.iterdir()) == [".lock", name, POINTER]


HOLD = """
import sys
from pathlib import Path
from knowledge.snapshots.files import single_instance
with single_instance(Path(sys.argv[1])) as guard:
    guard.tell("127.0.0.1:8081")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_of_a_folder_one_process_serves_and_tells_where_and_once_it_is_gone_or_killed_the_folder_is_free(
    tmp_path: Path,
) -> None:
    assert lock_holder(tmp_path) is None
    with single_instance(tmp_path):
        assert lock_holder(tmp_path) == Holder(os.getpid())
        with pytest.raises(FolderInUse) as refused, single_instance(tmp_path):
            pass
        assert refused.value.pid == os.getpid()
    assert lock_holder(tmp_path) is None
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == b"held\n"
        assert lock_holder(tmp_path) == Holder(first.pid, "127.0.0.1:8081")
        first.send_signal(signal.SIGKILL)
    with single_instance(tmp_path):
        assert lock_holder(tmp_path) == Holder(os.getpid())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, (5, 200), None),
        ((10, 200), (10, 200), None),
        ((10, 200), (5, 100), None),
        ((10, 200), (4, 150), "文章从 10 减到 4，少了一半以上"),
        ((10, 200), (10, 99), "句子从 200 减到 99，少了一半以上"),
        ((10, 200), (0, 0), "文件夹里没有一句可用的话"),
        (None, (0, 0), "文件夹里没有一句可用的话"),
    ],
)
def test_nothing_left_or_more_than_half_gone_asks_for_confirmation(
    before: tuple[int, int] | None, after: tuple[int, int], said: str | None
) -> None:
    was, now = (each and Totals(articles=each[0], facts=each[1]) for each in (before, after))
    assert now is not None
    assert shrink_warning(was, now) == said


HERE = Path(__file__).parent
STORED = HERE / "version-0.1.tar.xz"
"""The data folder of version 0.1 (commit aa7981b) with two short articles of ours."""


@pytest.fixture
def older(tmp_path: Path) -> SnapshotRepository:
    with tarfile.open(STORED) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)  # since 3.11.4
        archive.extractall(tmp_path / "data")
    return SnapshotRepository(tmp_path / "data" / SERVED)


def test_a_snapshot_of_version_0_1_opens_answers_and_proves(older: SnapshotRepository) -> None:
    assert sorted(read_states(older.folder / "000001")) == ["001.txt", "002.txt"]
    assert needs_rebuild(older, build_fingerprint())
    opened, notices = open_newest(older, ChineseAnalyzer())
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


async def test_it_serves_at_once_while_todays_is_built_aside_and_can_be_rolled_back_to(
    older: SnapshotRepository, tmp_path: Path
) -> None:
    write_corpus(tmp_path / "articles", 2)
    write_article(tmp_path / "articles", "new.txt", "新的一篇", "这是今天的程序读到的一句话。")
    builder = HereBuilder()
    builder.hold()
    async with hall(tmp_path, builder) as room:
        assert room.knowledge.store.version == "000001"
        builder.gate.set()
        await until(lambda: room.knowledge.store.version != "000001")
        assert "这是今天的程序读到的一句话。" in room.texts()
        assert not needs_rebuild(older, build_fingerprint())
        await room.say("/rollback 000001")
        assert "苏州河边建成了新的步道，全长四公里。" in room.texts()
    async with hall(tmp_path) as room:
        await asyncio.sleep(0.2)
        assert room.knowledge.store.version == "000001", "a person chose it"


def test_a_format_that_cannot_be_read_is_said_in_a_line_and_left_alone(older: SnapshotRepository) -> None:
    manifest = older.folder / "000001" / NAME
    told = json.loads(manifest.read_bytes().split(b"\n")[0])
    body = json.dumps({**told, "format": FORMAT + 1}).encode()
    manifest.write_bytes(body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")
    opened, notices = open_newest(older, ChineseAnalyzer())
    assert opened is None
    assert notices == [
        f"000001：是另一版程序建的，格式是 {FORMAT + 1}，本程序只认得 {FORMAT}；留着不动，现在重建"
    ]
    assert manifest.exists()


def test_only_a_declared_version_makes_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_fingerprint()
    monkeypatch.setattr(repair, "VERSION", repair.VERSION + 1)
    assert build_fingerprint() != before

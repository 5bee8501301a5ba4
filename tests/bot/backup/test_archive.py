"""A backup file is whole, or is refused and changes nothing."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backup import RestoredArticles, WrittenBackup, restore_backup, unpacked, write_backup
from bot.errors import BackupRefused, StateReadOnly
from bot.messages import Chat, ChatType
from bot.state.chats import Subscriber
from bot.state.people import ASKERS_KEY, AuditEntry, open_pseudonymizer
from bot.state.state import Copies, open_state, sqlite_address
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.sources import folder_changes
from tests.bot.feedback.test_loop import talking
from tests.bot.telegram.service import Bot
from tests.knowledge.snapshots.corpus import rebuild, write_corpus
from tests.support.chat import hall
from tests.support.process import chuchu

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CHAT = Chat("telegram", "7", ChatType.PRIVATE)


async def data_folder(folder: Path) -> Path:
    """A data folder with a stored version, a key, and something learnt."""
    data = folder / "var"
    rebuild(write_corpus(folder / "articles", 2), SnapshotRepository(data / SERVED))
    open_pseudonymizer(data)
    async with open_state(sqlite_address(data)) as state:
        await state.aliases.add(("ciie", "进博会"), NOW)
        await state.watches.keep(Subscriber(CHAT), "养老", "养老", NOW)
        await state.audit.add(AuditEntry(NOW, "telegram:1", "alias", "done", "ciie = 进博会"))
    return data


async def test_what_was_backed_up_is_put_back_elsewhere(tmp_path: Path) -> None:
    data, elsewhere, file = await data_folder(tmp_path), tmp_path / "elsewhere", tmp_path / "backup"
    assert write_backup(tmp_path / "articles", data, sqlite_address(data), file) == WrittenBackup(
        file.stat().st_size, 2
    )
    assert file.stat().st_mode & 0o777 == 0o600
    elsewhere.mkdir()
    versions = SnapshotRepository(elsewhere / SERVED)
    async with open_state(sqlite_address(elsewhere)) as state:
        await state.aliases.add(("沪", "上海"), NOW)
        for name in ("000001", "000002"):  # done over, as after a kill, it ends in the same
            assert (
                await restore_backup(file, tmp_path / "articles", elsewhere, versions, state)
            ).version == name
        assert [alias.names for alias in await state.aliases.all()] == [("ciie", "进博会")]
        assert [watch.words for watch in await state.watches.of(CHAT)] == ["养老"]
        assert [entry.detail for entry in await state.audit.last()] == ["ciie = 进博会"]
        assert await state.audit.first_broken() is None
        await state.aliases.add(("申", "上海"), NOW)
    assert (elsewhere / ASKERS_KEY).read_bytes() == (data / ASKERS_KEY).read_bytes()
    assert versions.current() == "000002"
    assert {path.name for path in elsewhere.glob(".*")} == set()


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    at = content.index(b"SQLite format 3")
    content[at + 5_000] ^= 0xFF
    file.write_bytes(bytes(content))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def replaced(file: Path) -> None:
    file.write_text("这不是备份")


def climbing(file: Path) -> None:
    packed(file, {"format": 1, "files": {"../outside": "00"}}, {"../outside": b"x"})


def from_the_future(file: Path) -> None:
    packed(file, {"format": 99, "files": {}}, {})


def packed(file: Path, contents: object, parts: dict[str, bytes]) -> None:
    with tarfile.open(file, "w") as tar:
        for name, body in {"backup.json": json.dumps(contents).encode(), **parts}.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))


async def test_a_backup_that_is_not_whole_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    data, file = await data_folder(tmp_path), tmp_path / "backup"
    for harm in (flipped, cut, replaced, climbing, from_the_future):
        file.unlink(missing_ok=True)
        write_backup(tmp_path / "articles", data, sqlite_address(data), file)
        harm(file)
        before = {path.name for path in data.iterdir()}
        with pytest.raises(BackupRefused, match="不是完好的备份"), unpacked(file, data):
            pass
        assert {path.name for path in data.iterdir()} == before, harm
        assert not (tmp_path / "outside").exists()


async def test_a_backup_overwrites_no_file_makes_no_folder_and_needs_no_reader(tmp_path: Path) -> None:
    data, file = await data_folder(tmp_path), tmp_path / "backup"
    file.write_text("mine")
    for where, why in ((file, "已经存在"), (tmp_path / "没建" / "backup", r"没有 .*没建 这个文件夹")):
        with pytest.raises(BackupRefused, match=why):
            write_backup(tmp_path / "articles", data, sqlite_address(data), where)
    assert file.read_text() == "mine"
    (data / ASKERS_KEY).unlink()
    write_backup(tmp_path / "articles", data, sqlite_address(data), tmp_path / "other")
    with unpacked(tmp_path / "other", tmp_path / "elsewhere") as parts:
        assert parts.key.read_bytes() == (data / ASKERS_KEY).read_bytes()


class Unwritable(Copies):
    """A state that takes nothing back."""

    def __init__(self) -> None:
        pass

    async def put_back(self, copy: Path) -> None:
        raise StateReadOnly("磁盘已满")


async def test_knowledge_is_not_restored_without_its_state(tmp_path: Path) -> None:
    data, file = await data_folder(tmp_path), tmp_path / "backup"
    write_backup(tmp_path / "articles", data, sqlite_address(data), file)
    versions = SnapshotRepository(data / SERVED)
    async with open_state(sqlite_address(data)) as state:
        state.copies = Unwritable()
        with pytest.raises(StateReadOnly):
            await restore_backup(file, tmp_path / "articles", data, versions, state)
    assert versions.current() == "000001"


async def test_what_a_killed_restore_unpacked_is_gone_after_the_next_start(tmp_path: Path) -> None:
    left = tmp_path / "data" / ".restoring-killed"
    left.mkdir(parents=True)
    (left / "state.sqlite").write_bytes(b"x")
    async with hall(tmp_path):
        assert not left.exists()


async def test_article_files_come_back_to_an_empty_machine_and_nothing_looks_changed(tmp_path: Path) -> None:
    data, file = await data_folder(tmp_path), tmp_path / "backup"
    articles = tmp_path / "articles"
    (articles / "000.toml").write_text('newspaper = "青年报"\n', encoding="utf-8")
    (articles / "aliases.txt").write_text("进博会 = CIIE\n", encoding="utf-8")
    (articles / "里").mkdir()
    (articles / "001.txt").rename(articles / "里" / "001.txt")
    rebuild(articles, SnapshotRepository(data / SERVED))
    write_backup(articles, data, sqlite_address(data), file)
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    elsewhere.mkdir()
    versions = SnapshotRepository(elsewhere / SERVED)
    async with open_state(sqlite_address(elsewhere)) as state:
        restored = await restore_backup(file, there, elsewhere, versions, state)
        assert restored.articles == RestoredArticles(written=4)
        assert tree(there) == tree(articles)
        assert not folder_changes(there, versions.folder / restored.version)
        (there / "000.txt").write_text("别的内容\n", encoding="utf-8")
        again = await restore_backup(file, there, elsewhere, versions, state)
    assert again.articles == RestoredArticles(written=1, same=3, replaced=1)
    assert tree(there) == tree(articles)
    (kept,) = (elsewhere / "history" / "000.txt").iterdir()
    assert kept.read_text(encoding="utf-8") == "别的内容\n"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


READER, ADMIN = 700_800_901, 900_100_201


@pytest.mark.slow
async def test_a_backup_under_load_restored_elsewhere_answers_the_same(tmp_path: Path) -> None:
    file = tmp_path / "backup"
    here = {"CHUCHU_DATA": str(tmp_path / "var"), "CHUCHU_ARTICLES": str(tmp_path / "articles")}
    elsewhere = tmp_path / "elsewhere"

    async def run(cwd: Path, places: dict[str, str], *arguments: str) -> None:
        done = await asyncio.to_thread(lambda: chuchu(cwd, *arguments, stdin=b"", **places))
        assert done.returncode == 0, done.stderr.decode()

    async with talking(tmp_path, ADMIN) as (talk, _):
        await talk.says(ADMIN, "/alias CIIE 进博会")
        await talk.says(READER, "/watch 养老")
        asking = asyncio.create_task(ask_on(talk))
        await run(tmp_path, here, "backup", str(file))
        asking.cancel()
        await talk.says(READER, "CIIE")
        answered = talk.last(READER)
        await talk.says(ADMIN, "/alias 施工 整修")
        await run(tmp_path, here, "restore", str(file))
        await talk.says(READER, "CIIE")
        assert talk.last(READER) == answered
        await talk.says(ADMIN, "/alias")
        assert talk.last(ADMIN).splitlines()[1] == "1. ciie = 进博会"
        assert "施工" not in talk.last(ADMIN)
        await talk.says(ADMIN, "/audit")
        assert "记录完整" in talk.last(ADMIN) and "恢复 恢复" in talk.last(ADMIN)
    elsewhere.mkdir()
    there = {"CHUCHU_DATA": str(elsewhere / "var"), "CHUCHU_ARTICLES": here["CHUCHU_ARTICLES"]}
    await run(elsewhere, there, "restore", str(file))
    async with talking(elsewhere, ADMIN) as (talk, _):
        await talk.says(READER, "CIIE")
        assert talk.last(READER) == answered
        await talk.says(READER, "/watches")
        assert "养老" in talk.last(READER)
        await talk.says(ADMIN, "/audit")
        assert "记录完整" in talk.last(ADMIN)
        assert "别名 完成 ciie = 进博会" in talk.last(ADMIN)


async def ask_on(talk: Bot) -> None:
    while True:
        await talk.says(READER, "道路")

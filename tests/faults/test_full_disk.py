"""A full disk and a read-only data folder: a clear message, answers go on, work resumes when there is room."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.admin.knowledge import BuildClient
from bot.messages import Attachment
from knowledge.errors import StorageUnavailable
from knowledge.snapshots.build import build
from knowledge.snapshots.request import BuildRequest
from tests.botapi.process import bot_process
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.knowledge.snapshots.corpus import NEW, write_corpus, write_new
from tests.support.chat import STRANGER, hall
from tests.support.process import ROOT
from tests.support.server import PATIENCE, free_port
from tests.support.words import articles

pytestmark = pytest.mark.slow

QUESTION = "第2号街坊在第1年完成了签约"


def mount(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False)


def make_read_only(disk: Path, size: str) -> None:
    """Remount a disk, once nobody writes to it any more: the last file may be closed by a thread that still ends."""
    ends = time.monotonic() + PATIENCE
    while (done := mount("-o", f"remount,ro,size={size}", str(disk))).returncode:
        assert time.monotonic() < ends, done.stderr.decode()
        time.sleep(0.05)


@contextmanager
def small_disk(data: Path, megabytes: int) -> Iterator[Path]:
    """A folder on a disk of its own."""
    data.mkdir()
    done = mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(data))
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
    try:
        yield data
    finally:
        subprocess.run(["umount", "-l", str(data)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a disk of 8 MB."""
    with small_disk(tmp_path / "data", 8) as data:
        yield data


def fill(disk: Path) -> Path:
    """Use up every byte; return the file that holds them."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 4096)
    return filler


async def test_a_full_disk_refuses_a_reload_and_nothing_else(disk: Path, tmp_path: Path) -> None:
    async with BuildClient() as builder, hall(tmp_path, builder) as room:
        write_new(room.articles)
        filler = fill(disk)
        said = await room.say("/reload")
        assert "磁盘" in said and "已满" in said and "空间" in said
        assert "第2号街坊" in await room.say(QUESTION, STRANGER)
        assert NEW not in room.texts()
        filler.unlink()
        assert "已换上版本" in await room.say("/reload")
        assert NEW in room.texts()
        assert not list((disk / "snapshots").glob(".building-*"))


def test_wherever_a_build_runs_out_of_room_it_says_that_the_disk_is_full(disk: Path, tmp_path: Path) -> None:
    articles, building = write_corpus(tmp_path / "articles", 30), disk / "building"
    refused = 0
    for room in range(0, 1_600_000, 40_000):
        filler = disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(disk).free - room))
        building.mkdir()
        try:
            build(BuildRequest(articles), building)
        except StorageUnavailable as error:
            assert "磁盘已满" in str(error)
            refused += 1
        shutil.rmtree(building)
        filler.unlink()
    assert 10 < refused < 40


async def test_an_upload_on_a_full_disk_is_refused_and_leaves_no_stump(disk: Path, tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        room.phone.files["f1"] = [b"x" * 65536] * 200
        said = await room.say("", attachment=Attachment("f1", "a.txt", None))
        assert "已满" in said and "没有收下" in said
        assert list((disk / "uploads").iterdir()) == []


async def test_a_start_on_a_read_only_disk_answers_and_says_that_nobody_may_act(
    disk: Path, tmp_path: Path
) -> None:
    write_corpus(tmp_path / "articles")
    make_read_only(disk, "8m")
    async with BuildClient() as builder, hall(tmp_path, builder) as room:
        assert "第2号街坊" in await room.say(QUESTION, STRANGER)
        assert "现在不能用" in await room.say("/reload")
        assert any("临时索引" in notice for notice in room.knowledge.notices)


async def test_a_start_on_a_read_only_disk_uses_what_is_stored_there(disk: Path, tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        assert room.builder.built == 1
    make_read_only(disk, "8m")
    async with hall(tmp_path) as room:
        assert (room.builder.built, len(room.texts())) == (0, 12)


async def test_a_bot_on_a_full_disk_loses_nothing_goes_on_and_stops_when_asked(tmp_path: Path) -> None:
    articles, readers = write_corpus(tmp_path / "articles"), range(10, 40)
    with small_disk(tmp_path / "var", 4) as disk:
        async with bot_api() as api, bot_process(tmp_path, api, CHUCHU_ARTICLES=str(articles)) as bot:
            api.push(message=message(QUESTION, private(1)))
            await api.until(lambda: api.said(1))
            filler, polls = fill(disk), api.good_polls
            for reader in readers:
                api.push(message=message(QUESTION * 30, private(reader)))
            await api.until(lambda: api.good_polls > polls + 2)
            assert len(api.queue) + len([1 for reader in readers if api.said(reader)]) >= len(readers)
            bot.send(signal.SIGHUP)
            await asyncio.sleep(1)
            filler.unlink()
            await api.until(lambda: all(api.said(reader) for reader in readers))
            assert [len(api.said(reader)) for reader in readers] == [1] * len(readers)
            filler = fill(disk)
            assert await bot.stop() == 0
            filler.unlink()
            assert "figures could not be written" in bot.log_text()
            assert "Traceback" not in bot.log_text()
            assert not list((disk / "snapshots").glob(".building-*"))
        with closing(sqlite3.connect(disk / "inbox.sqlite")) as inbox:
            assert inbox.execute("PRAGMA integrity_check").fetchone() == ("ok",)


PLACES = {"clone": ROOT, "environment": Path(sys.prefix), "articles": articles()}
TEMPORARY = " ".join(path for path in ("/tmp", "/var/tmp", "/dev/shm") if Path(path).is_dir())
SEEN = "".join(f'mount --bind "${name.upper()}" {name}; ' for name in PLACES)
HIDING = (
    f'mount -t tmpfs none /mnt; cd /mnt; mkdir data {" ".join(PLACES)}; mount --bind "$DATA" data; {SEEN}'
    "mount -o remount,bind,ro /mnt; for at in $TEMPORARY; do mount -t tmpfs -o ro none $at; done; cd /proc; "
    'exec "$PYTHON" -m bot '
)


def without_temporary_folders(data: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nowhere to write but `data`, which it sees as /mnt/data, and without a home.

    It sees its own program below /mnt too, read-only: the clone may lie in a folder for temporary files itself.
    """
    python, libraries = (
        Path(path).relative_to(sys.prefix) for path in (sys.executable, sysconfig.get_path("purelib"))
    )
    seen = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"/mnt/clone:/mnt/environment/{libraries}",
        "PYTHON": f"/mnt/environment/{python}",
        "CHUCHU_ARTICLES": "/mnt/articles",
        "CHUCHU_DATA": "/mnt/data/data",
        "CHUCHU_HTTP": f"127.0.0.1:{free_port()}",
        "CHUCHU_ADMIN_HTTP": f"127.0.0.1:{free_port()}",
    }
    places = {
        "DATA": str(data),
        "TEMPORARY": TEMPORARY,
        **{name.upper(): str(at) for name, at in PLACES.items()},
    }
    told = ["unshare", "-m", "sh", "-c", HIDING + command]
    done = subprocess.run(
        told, env=seen | places, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    if "unshare:" in done.stderr:
        pytest.skip(f"folders cannot be hidden here: {done.stderr}")
    return done


def test_without_a_home_and_a_temporary_folder_it_answers(tmp_path: Path) -> None:
    done = without_temporary_folders(tmp_path, "ask 莫德纳")
    assert (done.returncode, done.stderr) == (0, "")
    assert "莫德纳" in done.stdout


@pytest.mark.parametrize("command", ["ask 莫德纳", "run"])
def test_with_nowhere_at_all_to_write_it_says_so_in_a_line(tmp_path: Path, command: str) -> None:
    with small_disk(tmp_path / "full", 1) as disk:
        make_read_only(disk, "1m")
        done = without_temporary_folders(disk, command)
    assert done.returncode == 1
    assert "TMPDIR" in done.stderr and "Traceback" not in done.stderr

"""The inbox in a SQLite file: its commits, its damage, and the file of an older program."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.errors import CannotStore
from bot.inbox import Inbox, InboxError, NewUpdate, QueuedUpdate, UpdateStatus
from bot.state.sqlite_inbox import WriterThread
from tests.bot.telegram.service import Echo, polling
from tests.botapi.server import bot_api
from tests.support.clock import Clock
from tests.support.inbox import Collected, new_update, open_inbox


@asynccontextmanager
async def inbox_in(folder: Path, clock: Clock | None = None) -> AsyncIterator[Inbox]:
    async with open_inbox(folder / "inbox.sqlite", clock or Clock(1_800_000_000.0)) as inbox:
        yield inbox


async def test_storing_and_a_first_attempt_are_one_commit(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox, inbox.delivering(work := Collected()):
        await inbox.store([new_update(1)])
        (stored,) = work.updates
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
            before = db.execute("PRAGMA data_version").fetchone()
            assert await inbox.claim(stored)
            assert db.execute("PRAGMA data_version").fetchone() == before
            await inbox.end(stored.number, UpdateStatus.ANSWERED)
            assert db.execute("PRAGMA data_version").fetchone() != before


async def test_an_ended_update_keeps_no_body_and_no_chat(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        await inbox.store([new_update(1)])
        await inbox.end(1, UpdateStatus.REFUSED, "why")
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
        found = db.execute("SELECT platform, id, kind, queue, body, status FROM updates").fetchall()
        assert found == [("telegram", "1", "message", None, None, "refused")]


async def test_what_cannot_be_committed_is_an_error_and_the_next_commit_goes_on(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        unspeakable = NewUpdate("\ud800", "7", "message", b"{}")
        results = await asyncio.gather(
            inbox.store([new_update(1)]),
            inbox.store([unspeakable]),
            inbox.store([new_update(2)]),
            return_exceptions=True,
        )
        assert isinstance(results[1], UnicodeEncodeError)
        assert [pending.number for pending in await inbox.queued()] == [1, 2]


@pytest.mark.parametrize("damage", ["header", "middle", "garbage"])
async def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "inbox.sqlite"
    async with inbox_in(tmp_path) as inbox:
        await inbox.store([new_update(number) for number in range(1, 2000)])
    content = bytearray(path.read_bytes())
    at = {"header": slice(0, 100), "middle": slice(8192, 40960), "garbage": slice(0, len(content))}[damage]
    content[at] = b"\xa5" * len(content[at])
    path.write_bytes(content)
    async with inbox_in(tmp_path) as inbox:
        assert await inbox.store([new_update(1)])
    assert len(list(tmp_path.glob("inbox.sqlite.damaged-*"))) >= 1
    assert "is damaged" in caplog.text


async def test_a_folder_that_cannot_be_written_is_named_before_any_update_is_taken(tmp_path: Path) -> None:
    with pytest.raises(CannotStore, match=r"missing/inbox\.sqlite 不能写入"):
        async with open_inbox(tmp_path / "missing" / "inbox.sqlite", Clock(1_800_000_000.0)):
            pass


async def test_what_goes_wrong_in_a_job_is_its_own_error_and_later_jobs_are_done(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox, asyncio.timeout(10):
        with pytest.raises(OverflowError):
            await inbox.claim(QueuedUpdate(2**70, "7", "message", counted=True))
        assert await inbox.store([new_update(1)])


async def test_a_transaction_that_cannot_be_rolled_back_does_not_stop_the_next_but_one(
    tmp_path: Path,
) -> None:
    def prepare(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")

    database = WriterThread(tmp_path / "x.sqlite", prepare)

    def shut(db: sqlite3.Connection) -> None:
        """Write something, and let the first rollback be refused."""
        db.execute("INSERT INTO t VALUES (1)")
        answers = iter([sqlite3.SQLITE_DENY])
        db.set_authorizer(
            lambda action, *_: (
                next(answers, sqlite3.SQLITE_OK)
                if action == sqlite3.SQLITE_TRANSACTION
                else sqlite3.SQLITE_OK
            )
        )
        raise ValueError("broke")

    await database.open()
    try:
        async with asyncio.timeout(10):
            with pytest.raises(ValueError, match="broke"):
                await database.run(shut)
            with pytest.raises(InboxError):
                await database.run(lambda db: db.execute("INSERT INTO t VALUES (2)"))
            await database.run(lambda db: db.execute("INSERT INTO t VALUES (3)"))
            assert await database.read("SELECT n FROM t") == [(3,)]
    finally:
        await database.close()


async def test_a_disk_that_is_full_while_the_inbox_is_tidied_is_a_warning_and_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock(1_800_000_000.0)
    clock.now = 0.0
    async with inbox_in(tmp_path, clock) as inbox:
        await inbox.store([new_update(1)])
        await inbox.end(1, UpdateStatus.ANSWERED)
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
        db.execute("CREATE TRIGGER full BEFORE DELETE ON updates BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        await api.until(lambda: "disk full" in caplog.text)
    assert "broke" not in caplog.text


FIRST = """
CREATE TABLE updates (
    id INTEGER PRIMARY KEY, lane TEXT, kind TEXT NOT NULL, body BLOB, received REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, ending TEXT, reason TEXT, ended REAL);
CREATE INDEX updates_pending ON updates (id) WHERE ending IS NULL;
CREATE INDEX updates_ended ON updates (ended) WHERE ended IS NOT NULL;
CREATE TABLE chats (id TEXT PRIMARY KEY, closed TEXT NOT NULL, since REAL NOT NULL);
CREATE TABLE replies (
    chat TEXT NOT NULL, message TEXT NOT NULL, reply TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (chat, message)) WITHOUT ROWID;
INSERT INTO updates VALUES (812000003, '7', 'message', x'7b7d', 1e9, 2, NULL, NULL, NULL),
    (812000001, NULL, 'message', NULL, 1e9, 1, 'answered', NULL, 1000000001.0),
    (812000002, '-100', 'edited_message', x'7b7d', 1e9, 1, NULL, NULL, NULL),
    (-5, NULL, 'unknown', NULL, 1e9, 0, 'quarantined', 'no usable update (3 bytes)', 1000000001.0);
INSERT INTO chats VALUES ('-100/4', 'topic closed', 1e9);
INSERT INTO replies VALUES ('7', '11', '12', 1e9);
PRAGMA application_id = 0x63686962;
PRAGMA user_version = 1;
"""


UNMARKED = """
PRAGMA user_version = 0; PRAGMA application_id = 0;
DROP TABLE chats; CREATE TABLE chats (id TEXT PRIMARY KEY, moved_to TEXT, closed TEXT, since REAL NOT NULL);
INSERT INTO chats VALUES ('-100/4', NULL, 'topic closed', 1e9), ('-9', '-109', NULL, 1e9);
"""


@pytest.mark.parametrize("later", ["", UNMARKED], ids=["released", "unmarked"])
async def test_the_file_of_version_0_1_opens_and_loses_nothing(tmp_path: Path, later: str) -> None:
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
        db.executescript(FIRST + later)
    for _ in range(2):  # the second time it is today's
        async with inbox_in(tmp_path) as inbox:
            assert await inbox.store([new_update(812000001), new_update(812000003)]) == 0
            assert [(one.number, one.queue, one.kind) for one in await inbox.queued()] == [
                (812000002, "-100", "edited_message"),
                (812000003, "7", "message"),
            ]
            assert [one.retried_after_crash for one in await inbox.queued()] == [False, True]
            assert await inbox.status_counts() == {
                None: 2,
                UpdateStatus.ANSWERED: 1,
                UpdateStatus.QUARANTINED: 1,
            }
            assert [(chat.id, chat.why) for chat in await inbox.closed_chats()] == [
                ("-100/4", "topic closed")
            ]
            assert await inbox.reply_to("7", "11") == "12"
    async with inbox_in(tmp_path) as inbox:
        await inbox.store([new_update(812000004)])
        assert [one.number for one in await inbox.queued()] == [812000002, 812000003, 812000004]


async def test_a_first_file_whose_migration_breaks_off_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "inbox.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FIRST)
        db.execute("DROP TABLE replies")  # the last step finds nothing to move
    with pytest.raises(CannotStore):
        async with inbox_in(tmp_path):
            pass
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM updates WHERE ending IS NULL").fetchone() == (2,)

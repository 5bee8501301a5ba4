"""The inbox: stored before it is confirmed, handled once, ended once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.errors import CannotStore
from bot.state.inbox import KEPT_SECONDS, Inbox, InboxError, NewUpdate, QueuedUpdate, UpdateStatus
from bot.state.sqlite_inbox import WriterThread, open_inbox
from tests.bot.telegram.service import Echo, polling
from tests.botapi.server import bot_api
from tests.support.clock import Clock


def update(number: int, queue: str = "7") -> NewUpdate:
    return NewUpdate(number, queue, "message", b'{"update_id": %d}' % number)


@asynccontextmanager
async def inbox_in(folder: Path, clock: Clock | None = None) -> AsyncIterator[Inbox]:
    async with open_inbox(folder / "inbox.sqlite", clock or Clock(1_800_000_000.0)) as inbox:
        yield inbox


async def test_an_update_is_stored_once_however_often_it_comes(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        assert await inbox.store([update(1), update(2)]) == [
            QueuedUpdate(1, "7", "message", counted=True),
            QueuedUpdate(2, "7", "message", counted=True),
        ]
        assert await inbox.store([update(2), update(3)]) == [QueuedUpdate(3, "7", "message", counted=True)]


async def test_what_has_not_ended_is_there_after_a_restart_in_order(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        await inbox.store([update(3), update(1), update(2)])
        await inbox.end(2, UpdateStatus.ANSWERED)
    async with inbox_in(tmp_path) as inbox:
        assert [pending.id for pending in await inbox.queued()] == [1, 3]


async def test_attempts_are_counted_before_the_update_is_handed_out(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        (stored,) = await inbox.store([update(1)])
        first = await inbox.claim(stored)
        assert first is not None
        assert first.attempts == 1
    async with inbox_in(tmp_path) as inbox:
        (left,) = await inbox.queued()
        second = await inbox.claim(left)
        assert second is not None
        assert (second.attempts, second.body) == (2, b'{"update_id": 1}')


async def test_storing_and_a_first_attempt_are_one_commit(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        (stored,) = await inbox.store([update(1)])
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
            before = db.execute("PRAGMA data_version").fetchone()
            assert await inbox.claim(stored)
            assert db.execute("PRAGMA data_version").fetchone() == before
            await inbox.end(1, UpdateStatus.ANSWERED)
            assert db.execute("PRAGMA data_version").fetchone() != before


async def test_an_ended_update_is_not_handed_out_and_keeps_no_body_and_no_chat(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        (stored,) = await inbox.store([update(1)])
        await inbox.end(1, UpdateStatus.REFUSED, "why")
        assert await inbox.claim(stored) is None
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
        assert db.execute("SELECT id, kind, lane, body, ending FROM updates").fetchall() == [
            (1, "message", None, None, "refused")
        ]


async def test_ended_updates_are_kept_for_seven_days_and_pending_ones_for_ever(tmp_path: Path) -> None:
    clock = Clock(1_800_000_000.0)
    async with inbox_in(tmp_path, clock) as inbox:
        await inbox.store([update(1), update(2)])
        await inbox.end(1, UpdateStatus.ANSWERED)
        clock.now += KEPT_SECONDS - 1
        assert await inbox.purge() == 0
        clock.now += 2
        assert await inbox.purge() == 1
        assert [pending.id for pending in await inbox.queued()] == [2]


async def test_what_cannot_be_committed_is_an_error_and_the_next_commit_goes_on(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox:
        too_big = NewUpdate(2**70, "7", "message", b"{}")
        results = await asyncio.gather(
            inbox.store([update(1)]), inbox.store([too_big]), inbox.store([update(2)]), return_exceptions=True
        )
        assert isinstance(results[1], OverflowError)
        assert [pending.id for pending in await inbox.queued()] == [1, 2]


@pytest.mark.parametrize("damage", ["header", "middle", "garbage"])
async def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "inbox.sqlite"
    async with inbox_in(tmp_path) as inbox:
        await inbox.store([update(number) for number in range(1, 2000)])
    content = bytearray(path.read_bytes())
    at = {"header": slice(0, 100), "middle": slice(8192, 40960), "garbage": slice(0, len(content))}[damage]
    content[at] = b"\xa5" * len(content[at])
    path.write_bytes(content)
    async with inbox_in(tmp_path) as inbox:
        assert await inbox.store([update(1)])
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
        assert await inbox.store([update(1)])


async def test_a_transaction_that_cannot_be_rolled_back_does_not_stop_the_next_but_one(
    tmp_path: Path,
) -> None:
    database = WriterThread(tmp_path / "x.sqlite", "CREATE TABLE IF NOT EXISTS t (n INTEGER);")

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
        await inbox.store([update(1)])
        await inbox.end(1, UpdateStatus.ANSWERED)
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
        db.execute("CREATE TRIGGER full BEFORE DELETE ON updates BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        await api.until(lambda: "disk full" in caplog.text)
    assert "broke" not in caplog.text

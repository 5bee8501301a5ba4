"""The inbox, whatever its engine: stored before it is confirmed, handed out in order, handled once, ended once; damage to SQLite's file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.errors import CannotStore, InboxError, LeaseLost
from bot.inbox import KEPT_SECONDS, ClaimedUpdate, ClosedChat, Inbox, NewUpdate, QueuedUpdate, UpdateStatus
from bot.state.sqlite_inbox import WriterThread
from tests.bot.state.conftest import OpenInboxes
from tests.bot.telegram.service import Echo, polling
from tests.botapi.server import bot_api
from tests.support.clock import Clock
from tests.support.inbox import Collected, new_update, open_inbox
from tests.support.server import PATIENCE

STRANGE = ["oc_ab/cd", "$event:例.org", "中文😀", "x" * 255, "-7"]


async def waiting(inbox: Inbox, count: int) -> list[ClaimedUpdate]:
    """So many updates that have not ended, in order, as whoever opens it next is given them."""
    work = Collected()
    async with inbox.delivering(work):
        claimed = [await inbox.claim(one) for one in await work.until(count)]
    assert len(work.updates) == count
    return [update for update in claimed if update]


@asynccontextmanager
async def stored(inbox: Inbox, *updates: NewUpdate) -> AsyncIterator[list[QueuedUpdate]]:
    """Updates that were stored and are ours to work on, in the order of their ids."""
    work = Collected()
    async with inbox.delivering(work):
        await inbox.store(updates)
        yield sorted(await work.until(len(updates)), key=lambda one: one.number)


async def test_an_update_is_stored_and_handed_out_once_however_often_it_comes(
    open_inboxes: OpenInboxes,
) -> None:
    async with open_inboxes() as inboxes:
        inbox, work = inboxes.of("telegram"), Collected()
        async with inbox.delivering(work):
            assert await inbox.store([new_update(1), new_update(2)]) == 2
            assert await inbox.store([new_update(2), new_update(3)]) == 1
            assert await inbox.store([new_update(3)]) == 0
            claimed = [await inbox.claim(one) for one in await work.until(3)]
        assert [update.id for update in claimed if update] == ["1", "2", "3"]
        assert [update.attempts for update in claimed if update] == [1, 1, 1]


async def test_the_same_id_of_two_platforms_is_two_updates(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        telegram, feishu = inboxes.of("telegram"), inboxes.of("feishu")
        assert await feishu.store([new_update(1)]) == 1
        async with stored(telegram, new_update(1)) as (first,):
            await telegram.end(first.number, UpdateStatus.ANSWERED, reply=("7", "1", "2"))
        for inbox, why in (telegram, "telegram"), (feishu, "feishu"):
            await inbox.close_chat(ClosedChat("7", why, 1e9))
        assert await telegram.queued() == []
        assert [update.id for update in await waiting(feishu, 1)] == ["1"]
        assert await feishu.reply_to("7", "1") is None
        assert [chat.why for chat in await feishu.closed_chats()] == ["feishu"]
        assert dict(await feishu.status_counts()) == {None: 1}


async def test_ids_queues_and_bodies_are_kept_as_they_are(open_inboxes: OpenInboxes) -> None:
    bodies = [f"{text} 🀄 \\u0000".encode() for text in STRANGE] + [b"\x00\xff raw"]
    new = [
        NewUpdate(text, text, "message", body) for text, body in zip([*STRANGE, "nul\0"], bodies, strict=True)
    ]
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("matrix")
        await inbox.store(new)
        assert [one.queue for one in await inbox.queued()] == [*STRANGE, "nul\ufffd"]
        claimed = await waiting(inbox, len(new))
        assert [(one.id, one.body) for one in claimed] == [(one.id, one.body) for one in new]
        other = inboxes.of("feishu")
        async with stored(other, new_update(1)) as (one,):
            await other.end(one.number, UpdateStatus.REFUSED, "why \0", reply=("c😀", "m", "r"))
        assert await other.reply_to("c😀", "m") == "r"


async def test_how_far_a_platform_was_read_is_stored_with_what_it_brought(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        assert await inboxes.of("matrix").position() is None
        await inboxes.of("matrix").store([new_update(1)], position="s1_中")
        await inboxes.of("matrix").store([], position="s2")
    async with open_inboxes() as inboxes:
        assert await inboxes.of("matrix").position() == "s2"
        assert await inboxes.of("telegram").position() is None


async def test_what_has_not_ended_is_delivered_after_a_restart_in_order(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("telegram")
        async with stored(inbox, new_update(3), new_update(1), new_update(2)) as updates:
            await inbox.end(updates[2].number, UpdateStatus.ANSWERED)
    async with open_inboxes() as inboxes:
        assert [update.id for update in await waiting(inboxes.of("telegram"), 2)] == ["3", "1"]


async def test_attempts_are_counted_first_and_can_be_taken_back(open_inboxes: OpenInboxes) -> None:
    attempts = []
    for _ in range(3):
        async with open_inboxes() as inboxes:
            inbox = inboxes.of("telegram")
            async with stored(inbox, new_update(1)) as (queued,):
                claimed = await inbox.claim(queued)
                assert claimed is not None
                attempts.append((claimed.attempts, queued.retried_after_crash))
                if len(attempts) == 2:
                    await inbox.release(claimed.number)
    assert attempts == [(1, False), (2, False), (2, False)]


async def test_an_ended_update_is_not_handed_out_again_and_keeps_its_first_end_but_no_body_and_no_chat(
    open_inboxes: OpenInboxes, tmp_path: Path
) -> None:
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("telegram")
        async with stored(inbox, new_update(1)) as (queued,):
            await inbox.end(queued.number, UpdateStatus.REFUSED, "why")
            with pytest.raises(LeaseLost):
                await inbox.end(queued.number, UpdateStatus.ANSWERED)
            assert await inbox.claim(queued) is None
            assert dict(await inbox.status_counts()) == {UpdateStatus.REFUSED: 1}
    if (tmp_path / "inbox.sqlite").exists():
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
            found = db.execute("SELECT platform, id, kind, queue, body, status FROM updates").fetchall()
            assert found == [("telegram", "1", "message", None, None, "refused")]


async def test_ended_updates_are_kept_seven_days_waiting_ones_for_ever(open_inboxes: OpenInboxes) -> None:
    clock = Clock(1_800_000_000.0)
    async with open_inboxes(clock) as inboxes:
        inbox = inboxes.of("telegram")
        async with stored(inbox, new_update(1), new_update(2)) as updates:
            await inbox.end(updates[0].number, UpdateStatus.ANSWERED, reply=("7", "1", "9"))
        await inbox.quarantine("-5", b"rubbish", "no usable update")
        clock.now += KEPT_SECONDS - 1
        assert await inbox.purge() == 0
        assert await inbox.reply_to("7", "1") == "9"
        clock.now += 2
        assert await inbox.purge() == 2
        assert await inbox.reply_to("7", "1") is None
        assert [update.id for update in await waiting(inbox, 1)] == ["2"]


async def test_what_is_forgotten_stays_so_when_the_request_itself_ends(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("telegram")
        async with stored(inbox, *(new_update(n, queue) for n, queue in enumerate("778"))) as updates:
            first, request, other = updates
            await inbox.end(first.number, UpdateStatus.ANSWERED, reply=("7", "1", "2"))
            await inbox.end(other.number, UpdateStatus.ANSWERED, reply=("8", "1", "2"))
            for chat in ("7", "7/3", "78", "7_"):
                await inbox.close_chat(ClosedChat(chat, "blocked", 1e9))
            await inbox.forget("7")
            await inbox.end(request.number, UpdateStatus.ANSWERED, reply=("7", "3", "4"))
        assert (await inbox.reply_to("7", "1"), await inbox.reply_to("7", "3")) == (None, None)
        assert await inbox.reply_to("8", "1") == "2"
        assert sorted(chat.id for chat in await inbox.closed_chats()) == ["78", "7_"]
        await inbox.reopen_chat("78")
        assert [chat.id for chat in await inbox.closed_chats()] == ["7_"]


async def test_many_that_are_stored_and_ended_at_once_are_all_there(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        inbox, work = inboxes.of("telegram"), Collected()
        async with inbox.delivering(work):
            await asyncio.gather(*(inbox.store([new_update(n, f"{n % 7}")]) for n in range(200)))
            queued = await work.until(200)
            await asyncio.gather(*(inbox.end(one.number, UpdateStatus.ANSWERED) for one in queued))
        assert dict(await inbox.status_counts()) == {UpdateStatus.ANSWERED: 200}


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


async def test_what_cannot_be_done_is_its_own_error_and_the_next_commit_and_job_go_on(tmp_path: Path) -> None:
    async with inbox_in(tmp_path) as inbox, asyncio.timeout(PATIENCE):
        new = [new_update(1), NewUpdate("\ud800", "7", "message", b"{}"), new_update(2)]
        results = await asyncio.gather(*(inbox.store([one]) for one in new), return_exceptions=True)
        assert isinstance(results[1], UnicodeEncodeError)
        assert [pending.number for pending in await inbox.queued()] == [1, 2]
        with pytest.raises(OverflowError):
            await inbox.claim(QueuedUpdate(2**70, "7", "message", counted=True))
        assert await inbox.store([new_update(3)])


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


async def test_a_transaction_that_cannot_be_rolled_back_stops_only_the_next(tmp_path: Path) -> None:
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
        async with asyncio.timeout(PATIENCE):
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

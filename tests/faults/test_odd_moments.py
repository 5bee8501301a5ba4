"""Clocks that jump, edits by the dozen, panics, damaged updates, files of another program: odd moments of a long life."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import CannotStore, StateDamaged
from bot.handlers.dispatcher import Dispatcher
from bot.inbox import NewUpdate
from bot.observability import Metrics
from bot.platforms.telegram.service import TelegramOptions, telegram_service
from bot.ports import InMemorySessions
from bot.query_service import IndexFailure, open_query_service
from bot.state.sqlite_inbox import HEADER
from bot.state.state import open_state, sqlite_address
from bot.texts import phrases
from knowledge.model import Answer
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.manifest import FORMAT, NAME
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository
from tests.bot.telegram.service import FREELY, Echo, endings, polling, reasons
from tests.botapi.server import TOKEN, bot_api
from tests.botapi.updates import message, private
from tests.faults.updates import damaged_updates
from tests.support.chat import hall
from tests.support.clock import Clock
from tests.support.inbox import new_update, open_inbox
from tests.support.paper import Paper, fact

DAY = 86_400.0


@pytest.mark.parametrize(
    "jump",
    [-3600.0, -DAY, 25 * 3600.0, 10 * DAY],
    ids=["an hour back", "a day back", "25 hours on", "ten days on"],
)
async def test_a_clock_that_jumps_costs_no_answer(tmp_path: Path, jump: float) -> None:
    clock = Clock(1_800_000_000.0)
    async with bot_api() as api:
        options = TelegramOptions(TOKEN, api.url, overall=FREELY, poll_seconds=1)
        async with (
            open_inbox(tmp_path / "inbox.sqlite", clock) as inbox,
            telegram_service(options, inbox, Echo(seconds=0.05), Metrics(), clock=clock) as service,
        ):
            for reader in range(7, 11):
                api.push(message=message("之前", private(reader)))
            await api.until(lambda: api.said(10))
            clock.now += jump
            for reader in range(7, 11):
                api.push(message=message("之后", private(reader)))
            await api.until(lambda: all(len(api.said(reader)) == 2 for reader in range(7, 11)))
            assert service.problem() is None
            await api.until(lambda: set(endings(tmp_path).values()) == {"answered"})


async def test_fifty_edits_of_one_question_leave_one_answer_that_says_the_last(tmp_path: Path) -> None:
    def edited(text: str) -> dict[str, object]:
        return {**message(text, private(7), 5), "edit_date": 1_800_000_000}

    async with bot_api() as api, polling(api, tmp_path, Echo(), haste=100):
        api.push(message=message("第0问", private(7), 5))
        await api.until(lambda: api.said(7))
        for number in range(1, 51):
            api.push(edited_message=edited(f"第{number}问"))
            await asyncio.sleep(0.01)
        await api.until(lambda: len([end for end in endings(tmp_path).values() if end]) == 51, 100)
        heard = [said for said in api.chats.messages.values() if said["from"]["is_bot"]]
        assert len(api.said(7)) == len(heard)
        assert heard[-1]["text"].startswith("答：第50问")


async def test_a_snapshot_of_a_newer_program_is_built_anew(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        before = room.texts()
    manifest = SnapshotRepository(tmp_path / "data" / SERVED).folder / "000001" / NAME
    told = json.loads(manifest.read_bytes().split(b"\n")[0])
    assert told["format"] == FORMAT
    body = json.dumps({**told, "format": FORMAT + 1, "of_tomorrow": {}}).encode()
    manifest.write_bytes(body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")
    async with hall(tmp_path) as room:
        assert room.texts() == before
    assert sorted(path.name for path in manifest.parents[1].glob("0*")) == ["000001", "000002"]


@pytest.mark.parametrize("tail", ["-wal", "-shm"])
async def test_rubbish_beside_the_inbox_loses_nothing_that_was_stored(tmp_path: Path, tail: str) -> None:
    async with bot_api() as api:
        async with polling(api, tmp_path, Echo()):
            api.push(message=message("之前", private(7)))
            await api.until(lambda: "answered" in endings(tmp_path).values())
        (tmp_path / f"inbox.sqlite{tail}").write_bytes(b"rubbish" * 5000)
        async with polling(api, tmp_path, Echo()):
            api.push(message=message("之后", private(7)))
            await api.until(lambda: len(api.said(7)) == 2)
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert list(endings(tmp_path).values()) == ["answered"] * 2


async def other_log(folder: Path, kind: str) -> bytes:
    """The log, as a kill leaves it, of an inbox or a state with something in it."""
    folder.mkdir()
    if kind == "inbox":
        async with open_inbox(folder / "inbox.sqlite", lambda: 1e9) as inbox:
            await inbox.store([NewUpdate(str(n), "7", "message", b"{}" * 200) for n in range(2_000)])
            return (folder / "inbox.sqlite-wal").read_bytes()
    async with open_state(sqlite_address(folder)) as state:
        await state.checkpoints.set("told_version", "000001")
        return (folder / "state.sqlite-wal").read_bytes()


async def test_another_databases_log_beside_the_state_is_refused_and_empties_nothing(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        await state.checkpoints.set("told_version", "000007")
    log = tmp_path / "state.sqlite-wal"
    log.write_bytes(await other_log(tmp_path / "other", "inbox"))
    with pytest.raises(StateDamaged, match=r"state\.sqlite-wal"):
        async with open_state(sqlite_address(tmp_path)):
            pass
    log.unlink()
    async with open_state(sqlite_address(tmp_path)) as state:
        assert await state.checkpoints.get("told_version") == "000007"


async def test_another_databases_log_beside_the_inbox_is_moved_aside_and_loses_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "inbox.sqlite"
    async with open_inbox(path, lambda: 1e9) as inbox:
        await inbox.store([new_update(1)])
    (tmp_path / "inbox.sqlite-wal").write_bytes(await other_log(tmp_path / "other", "state"))
    async with open_inbox(path, lambda: 1e9) as inbox:
        assert [pending.number for pending in await inbox.queued()] == [1]
    assert (tmp_path / "inbox.sqlite.damaged-1000000000-wal").exists()


async def test_an_inbox_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "inbox.sqlite"
    async with open_inbox(path, lambda: 1e9) as inbox:
        await inbox.store([new_update(1)])
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {HEADER.version + 1}")
    before = path.read_bytes()
    with pytest.raises(CannotStore, match="更新的程序版本"):
        async with open_inbox(path, lambda: 1e9):
            pass
    assert path.read_bytes() == before


FAILED = phrases("zh").failed


class Panic(BaseException):
    """As PyO3's PanicException."""


class Fragile(Paper):
    """Panics when it is asked for it."""

    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        if query == "恐慌":
            raise Panic("index out of bounds")
        return super().ask(query, limit)


async def test_a_panic_in_the_index_costs_one_answer_and_no_more(tmp_path: Path) -> None:
    with (
        closing(SnapshotHolder(Fragile([fact("桥通车了。")]))) as store,
        open_query_service(store, patience=10) as lookup,
    ):
        dialogue = Dispatcher(lookup, InMemorySessions(), lambda: datetime.now(UTC))
        async with bot_api() as api, polling(api, tmp_path, dialogue):
            for reader in (7, 8):
                api.push(message=message("恐慌", private(reader)))
                api.push(message=message("桥", private(reader + 100)))
            await api.until(lambda: list(endings(tmp_path).values()).count("answered") == 4)
            assert [api.said(7), api.said(8)] == [[FAILED], [FAILED]]
            assert all("桥通车了。" in api.said(reader)[0] for reader in (107, 108))
        assert set(endings(tmp_path).values()) == {"answered"}


async def test_three_panics_within_a_minute_turn_readiness_red_until_a_minute_has_passed() -> None:
    now = 1000.0
    with (
        closing(SnapshotHolder(Fragile([fact("桥通车了。")]))) as store,
        open_query_service(store, patience=10, clock=lambda: now) as lookup,
    ):
        reds = []
        for _ in range(3):
            reds.append(lookup.problem())
            with pytest.raises(IndexFailure):
                await lookup.ask("恐慌")
        assert reds == [None, None, None]
        assert "3 times" in (lookup.problem() or "")
        assert (await lookup.ask("桥")).found
        now += 61
        assert lookup.problem() is None


CROWD = 200


async def withstand(folder: Path, caplog: pytest.LogCaptureFixture, seed: int, number: int) -> Counter[str]:
    """Send damaged updates, most in disorder; return how many ended how."""
    caplog.set_level(logging.ERROR)
    sound: set[int] = set()
    async with bot_api() as api, hall(folder) as room, polling(api, folder, room.dialogue, places=64):
        for update in damaged_updates(seed, number):
            api.chats.learn(update.whole)
            number_of_it = api._next = api._next + 1
            api.push_raw({"update_id": number_of_it, **update.content})
            if update.sound:
                sound.add(number_of_it)
            if number_of_it % CROWD == 0:
                await api.until(lambda: len(api.queue) < CROWD)
        last = api._next
        await api.until(lambda: not api.queue, 600)
        async with asyncio.timeout(600):
            while None in endings(folder).values():
                await asyncio.sleep(0.2)
    ended, why = endings(folder), reasons(folder)
    assert set(ended) == set(range(1001, last + 1))
    assert {ended[n] for n in sound} == {"answered"}
    assert [n for n, how in ended.items() if how in ("quarantined", "refused") and not why[n]] == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    return Counter(str(how) for how in ended.values())


async def test_three_hundred_damaged_updates_hold_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await withstand(tmp_path, caplog, 1, 300))["quarantined"] > 0


@pytest.mark.soak
async def test_twenty_thousand_damaged_updates_hold_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    print(f"20,000 damaged updates: {dict(await withstand(tmp_path, caplog, 2, 20_000))}")

"""Updates as no server should send them; the same seed gives the same ones."""

from __future__ import annotations

import asyncio
import copy
import logging
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.errors import CannotStore, StateDamaged
from bot.handlers.dispatcher import Dispatcher
from bot.inbox import NewUpdate
from bot.platforms.service import Clocks
from bot.platforms.telegram.service import TelegramOptions, TelegramService
from bot.ports import Interactions
from bot.query_service import IndexFailure, open_query_service
from bot.state.sqlite_inbox import HEADER
from bot.state.state import open_state, sqlite_address
from bot.texts import phrases
from knowledge.model import Answer
from knowledge.snapshot import SnapshotHolder
from tests.bot.telegram.service import FREELY, Echo, endings, polling, reasons
from tests.botapi.server import TOKEN, bot_api
from tests.botapi.updates import BOT, Json, channel, group, inline, message, press, private, user
from tests.support.chat import hall
from tests.support.clock import Clock
from tests.support.inbox import new_update, open_host, open_inbox
from tests.support.paper import Paper, fact

WORDS = ("第1号街坊", "旧区改造", "共8户居民", "没有这个词", "第2号街坊在第1年完成了签约")
DEEP: Any = "x"
for _ in range(50):
    DEEP = [{"deeper": DEEP}]
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**53, 2**63, -(2**63) - 1, 1e308, "", " ", "x", "\ud800", "\0", "x" * 50_000,
    "(" * 4096, "\u202e反", [], {}, [[]], [None], {"id": None}, {"id": "x"}, {"": 0}, DEEP, "/reload", "/settings x",
    "2026-11-21", "private", "supergroup", {"type": "private"}, -1001234567890, "fact:" + "a" * 13, "settings:1:2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Update:
    """An update; `whole` as it was before the damage; `sound` if it must be answered all the same."""

    content: Json
    whole: Json
    sound: bool


def damaged_updates(seed: int, number: int) -> Iterator[Update]:
    """Yield `number` updates, each of a chat of its own: a fifth sound, a fifth with additions, the others damaged."""
    pick = random.Random(seed)
    for n in range(number):
        reader = 10_000 + n
        if n % 5 < 2:
            whole: Json = {"message": message(pick.choice(WORDS), private(reader), n)}
            yield Update(_enriched(whole, pick) if n % 5 else whole, whole, True)
            continue
        whole = pick.choice(SAMPLES)(reader, pick.choice(WORDS))
        content = copy.deepcopy(whole)
        for _ in range(pick.randint(1, 3)):
            _damage(content, pick)
        yield Update(content, whole, False)


def _group(reader: int) -> Json:
    return group(-1_000_000_000_000 - reader)


COMMANDS, OFFSETS = ("help", "articles", "find", "settings", "start"), ("", "20", "x")
FILE = {"file_id": "f", "file_unique_id": "u", "file_name": "../a.txt", "file_size": 3}
FORWARDED = {"type": "user", "date": 1, "sender_user": user(5)}
LEFT, MEMBER = ({"status": status, "user": BOT} for status in ("left", "member"))
SAMPLES: tuple[Callable[[int, str], Json], ...] = (
    lambda n, text: {"message": message(text, private(n), n)},
    lambda n, text: {"message": message(f"@chuchu_bot {text}", _group(n), n, user(n))},
    lambda n, text: {"message": message(f"/{COMMANDS[n // 5 % 5]} 旧", private(n), n)},
    lambda n, text: {"message": message("/reload", private(n), n)},
    lambda n, text: {"message": message(None, private(n), n, document=FILE)},
    lambda n, text: {"message": message(text, _group(n), n, user(n), reply_to_message=message("先前", _group(n), n - 1, BOT), forward_origin=FORWARDED)},
    lambda n, text: {"channel_post": message(f"查 {text}", channel(-1_000_000_000_000 - n), n)},
    lambda n, text: {"edited_message": {**message(text, private(n), n), "edit_date": int(time.time())}},
    lambda n, text: {"callback_query": press("c.abc.0", message("答", private(n), n, BOT), f"q{n}", user(n))},
    lambda n, text: {"inline_query": inline(text, f"q{n}", user(n), OFFSETS[n // 5 % 3])},
    lambda n, text: {"my_chat_member": {"chat": _group(n), "from": user(n), "date": int(time.time()), "old_chat_member": LEFT, "new_chat_member": MEMBER}},
)  # fmt: skip


def _enriched(whole: Json, pick: random.Random) -> Json:
    """What a server of tomorrow may send: more than we know, and less of what we do not need."""
    content = copy.deepcopy(whole)
    said = content["message"]
    for place in (content, said, said["chat"], said["from"]):
        place[f"of_tomorrow_{pick.randrange(9)}"] = pick.choice((1, "x", [1], {"a": DEEP}, None))
    said["from"].pop("language_code", None)
    said["chat"].pop("first_name", None)
    return content


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) within."""
    rows = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in rows:
        yield content, key
        yield from _places(value)


def _damage(content: Json, pick: random.Random) -> None:
    """Replace a part by junk or by another part, or leave it out."""
    if not (places := list(_places(content))):
        return
    (holder, key), (other, other_key) = pick.choice(places), pick.choice(places)
    match pick.choice(("replace", "replace", "delete", "graft")):
        case "replace":
            holder[key] = copy.deepcopy(pick.choice(JUNK))
        case "graft":
            holder[key] = copy.deepcopy(other[other_key])
        case _:
            del holder[key]


HOUR = 3_600.0
JUMPS = {"an hour back": -HOUR, "a day back": -24 * HOUR, "25 hours on": 25 * HOUR, "ten days on": 240 * HOUR}


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
async def test_a_clock_that_jumps_costs_no_answer(tmp_path: Path, jump: float) -> None:
    clock, readers = Clock(1_800_000_000.0), range(7, 11)
    async with bot_api() as api:
        options = TelegramOptions(TOKEN, api.url, overall=FREELY, poll_seconds=1)
        async with (
            open_host(tmp_path, Echo(seconds=0.05), clock=clock) as host,
            TelegramService(options, host, Clocks(wall=clock)).serving() as service,
        ):
            for count, text in ((1, "之前"), (2, "之后")):
                for reader in readers:
                    api.push(message=message(text, private(reader)))
                await api.until(lambda: all(len(api.said(reader)) == count for reader in readers))  # noqa: B023
                clock.now += jump
            assert service.problem() is None
            await api.until(lambda: set(endings(tmp_path).values()) == {"answered"})


async def test_fifty_edits_of_one_question_leave_one_answer_that_says_the_last(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), haste=100):
        api.push(message=message("第0问", private(7), 5))
        await api.until(lambda: api.said(7))
        for number in range(1, 51):
            edited = message(f"第{number}问", private(7), 5, edit_date=1_800_000_000)
            api.push(edited_message=edited)
            await asyncio.sleep(0.01)
        await api.until(lambda: len([end for end in endings(tmp_path).values() if end]) == 51)
        heard = [said for said in api.chats.messages.values() if said["from"]["is_bot"]]
        assert len(api.said(7)) == len(heard)
        assert heard[-1]["text"].startswith("答：第50问")


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


async def test_another_databases_log_beside_the_inbox_is_moved_aside(tmp_path: Path) -> None:
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
        dialogue = Dispatcher(lookup, Interactions())
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


@pytest.mark.parametrize(("seed", "number"), [(3, 300), pytest.param(2, 20_000, marks=pytest.mark.soak)])
async def test_damaged_updates_hold_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int, number: int
) -> None:
    """Most in disorder; each of them ends somehow, and what is sound is answered."""
    caplog.set_level(logging.ERROR)
    sound, last = set[int](), 0
    async with bot_api() as api, hall(tmp_path) as room, polling(api, tmp_path, room.dialogue, places=64):
        for update in damaged_updates(seed, number):
            api.chats.learn(update.whole)
            last = api._next = api._next + 1
            api.push_raw({"update_id": last, **update.content})
            if update.sound:
                sound.add(last)
            if last % CROWD == 0:
                await api.until(lambda: len(api.queue) < CROWD)
        await api.until(lambda: not api.queue, 600)
        async with asyncio.timeout(600):
            while None in endings(tmp_path).values():
                await asyncio.sleep(0.2)
    ended, why = endings(tmp_path), reasons(tmp_path)
    assert set(ended) == set(range(1001, last + 1))
    assert {ended[n] for n in sound} == {"answered"}
    assert [n for n, how in ended.items() if how in ("quarantined", "refused") and not why[n]] == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert "quarantined" in ended.values()
    print(f"{number:,} damaged updates: {dict(Counter(map(str, ended.values())))}")

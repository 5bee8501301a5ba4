"""Clocks that jump, edits by the dozen, stored files of another program: odd moments of a long life."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.metrics import Metrics
from bot.telegram.service import TelegramOptions, telegram_service
from knowledge.snapshots.asking import SERVED
from knowledge.snapshots.manifest import FORMAT, NAME
from knowledge.snapshots.versions import Versions
from tests.bot.admin.hall import hall
from tests.bot.telegram.service import FREELY, Echo, endings, polling
from tests.botapi.server import TOKEN, bot_api
from tests.botapi.updates import message, private

DAY = 86_400.0


class Clock:
    """A clock of the day that may be set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    "jump",
    [-3600.0, -DAY, 25 * 3600.0, 10 * DAY],
    ids=["an hour back", "a day back", "25 hours on", "ten days on"],
)
async def test_a_clock_that_jumps_costs_no_answer(tmp_path: Path, jump: float) -> None:
    clock = Clock()
    async with bot_api() as api:
        options = TelegramOptions(TOKEN, tmp_path / "inbox.sqlite", api.url, overall=FREELY, poll_seconds=1)
        async with telegram_service(options, Echo(seconds=0.05), Metrics(), clock=clock) as service:
            for reader in range(7, 11):
                api.push(message=message("之前", private(reader)))
            await api.until(lambda: api.said(10))
            clock.now += jump
            for reader in range(7, 11):
                api.push(message=message("之后", private(reader)))
            await api.until(lambda: all(len(api.said(reader)) == 2 for reader in range(7, 11)))
            assert service.red() is None
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
        await api.until(lambda: None not in endings(tmp_path).values() and len(endings(tmp_path)) == 51, 100)
        heard = [said for said in api.chats.messages.values() if said["from"]["is_bot"]]
        assert len(api.said(7)) == len(heard)
        assert heard[-1]["text"].startswith("答：第50问")


async def test_a_snapshot_of_a_newer_program_is_built_anew(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        before = room.texts()
    manifest = Versions(tmp_path / "data" / SERVED).folder / "000001" / NAME
    told = json.loads(manifest.read_bytes().split(b"\n")[0])
    assert told["format"] == FORMAT
    body = json.dumps({**told, "format": FORMAT + 1, "of_tomorrow": {}}).encode()
    manifest.write_bytes(body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")
    async with hall(tmp_path) as room:
        assert room.texts() == before
        assert [path.name[:6] for path in (manifest.parents[1] / "damaged").iterdir()] == ["000001"]


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
        assert db.execute("SELECT count(*) FROM updates WHERE ending = 'answered'").fetchone() == (2,)

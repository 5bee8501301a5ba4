"""Every act of an admin, done, refused or failed, is one row of the audit log, written before its end is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.admin.shelf import LIMIT
from bot.messages import Attachment, Chat, Reply
from tests.bot.admin.hall import OWNER, STRANGER, Hall, Phone, hall

FILE = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n".encode()
COMMANDS = {
    "/reload": "unchanged",
    "/reload dry": "unchanged",
    "/versions": "done",
    "/rollback": "failed",
    "/audit": "done",
    "/grant": "done",
    "/grant 8": "done",
    "/revoke 8": "nothing",
    "/meta 000.txt 报纸=文汇报": "done",
    "/meta 没有.txt 报纸=文汇报": "failed",
    "/unanswered": "done",
    "/alias": "done",
    "/alias CIIE 进博会": "done",
    "/alias 的 的": "nothing",
    "/unalias 3": "nothing",
    "/stats": "done",
}


def rows(data: Path) -> list[str]:
    """How each act that stands in the log by now has ended, read as any other process would."""
    with closing(sqlite3.connect(data / "state.sqlite")) as raw:
        return [outcome for (outcome,) in raw.execute("SELECT outcome FROM audit ORDER BY number")]


@dataclass
class Witness(Phone):
    """Looks into the log whenever something is said."""

    data: Path = Path()
    seen: list[str] = field(default_factory=list)

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        self.seen = rows(self.data)
        return await super().send(chat, reply)


async def told(room: Hall, text: str, sender: str = OWNER, attachment: Attachment | None = None) -> list[str]:
    """Say something; return the rows that were there when the last word of it was said."""
    assert isinstance(room.phone, Witness)
    before = len(room.phone.sent)
    said = await room.hear(text, sender, attachment)
    seen = rows(room.data)
    await room.quiet()
    assert said or room.phone.sent[before:], "nothing was said"
    return room.phone.seen if room.phone.sent[before:] else seen


@pytest.mark.parametrize(("command", "outcome"), COMMANDS.items())
async def test_what_an_owner_does_is_one_row_before_it_is_told(
    tmp_path: Path, command: str, outcome: str
) -> None:
    async with hall(tmp_path, phone=Witness(data=tmp_path / "data")) as room:
        assert await told(room, command) == [outcome] == rows(room.data)


@pytest.mark.parametrize("command", COMMANDS)
async def test_what_a_stranger_tries_is_one_row_before_he_is_told(tmp_path: Path, command: str) -> None:
    async with hall(tmp_path, phone=Witness(data=tmp_path / "data")) as room:
        assert await told(room, command, STRANGER) == ["refused"] == rows(room.data)


@pytest.mark.parametrize(
    ("name", "size", "outcome"),
    [("新.txt", len(FILE), "checked"), ("新.txt", LIMIT + 1, "refused"), ("取不到.txt", 60, "failed")],
    ids=["good", "too big", "gone"],
)
async def test_a_file_that_was_sent_is_one_row_before_it_is_told(
    tmp_path: Path, name: str, size: int, outcome: str
) -> None:
    async with hall(tmp_path, phone=Witness(data=tmp_path / "data")) as room:
        room.phone.files["新.txt"] = [FILE]
        assert await told(room, "", attachment=Attachment(name, name, size)) == [outcome] == rows(room.data)

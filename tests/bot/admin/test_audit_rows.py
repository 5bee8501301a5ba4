"""Every act of an admin, done, refused or failed, is one row of the audit log, written before its end is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.admin.permissions import Permission
from bot.admin.upload_store import LIMIT
from bot.handlers import commands as registry
from bot.messages import Attachment, Chat, Reply
from bot.texts import phrases
from tests.contract.fake import FakePlatform
from tests.support.chat import OWNER, STRANGER, Hall, hall

FILE = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n".encode()
COMMANDS = {
    "/reload": "unchanged",
    "/reload dry": "unchanged",
    "/versions": "shown",
    "/rollback": "failed",
    "/audit": "shown",
    "/grant": "shown",
    "/grant 8": "done",
    "/revoke 8": "nothing",
    "/meta 000.txt 报纸=文汇报": "done",
    "/meta 没有.txt 报纸=文汇报": "failed",
    "/unanswered": "shown",
    "/alias": "shown",
    "/alias CIIE 进博会": "done",
    "/alias 的 的": "nothing",
    "/unalias 3": "nothing",
    "/stats": "shown",
    "/upload": "shown",
}


def rows(data: Path) -> list[tuple[str, str, str]]:
    """Actor, act and outcome of all that stands in the log by now, read as any other process would."""
    with closing(sqlite3.connect(data / "state.sqlite")) as raw:
        return list(raw.execute("SELECT actor, act, outcome FROM audit ORDER BY number"))


def act(command: str) -> str:
    """What a command is called in the log."""
    return command.split()[0].removeprefix("/").removeprefix("un" if command.startswith("/unalias") else "")


@dataclass
class Witness(FakePlatform):
    """Looks into the log whenever something is said."""

    data: Path = Path()
    seen: list[tuple[str, str, str]] = field(default_factory=list)

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        self.seen = rows(self.data)
        return await super().send(chat, reply)


async def told(
    room: Hall, text: str, sender: str = OWNER, attachment: Attachment | None = None
) -> list[tuple[str, str, str]]:
    """Say something; return the rows that were there when the last word of it was said."""
    assert isinstance(room.phone, Witness)
    before = len(room.phone.sent)
    said = await room.dialogue.message(room.message(text, sender, attachment=attachment))
    seen = rows(room.data)
    await room.quiet()
    texts = [reply.text for reply in (*said, *room.phone.sent[before:])]
    assert texts and phrases(None).failed not in texts
    return room.phone.seen if room.phone.sent[before:] else seen


@pytest.mark.parametrize(("command", "outcome"), COMMANDS.items())
async def test_what_an_owner_does_is_one_row_before_it_is_told(
    tmp_path: Path, command: str, outcome: str
) -> None:
    async with hall(tmp_path, phone=Witness(data=tmp_path / "data")) as room:
        wanted = [(f"telegram:{OWNER}", act(command), outcome)]
        assert await told(room, command) == wanted == rows(room.data)


def test_every_command_of_an_admin_is_tried_here() -> None:
    known = {command.name for command in registry.COMMANDS if isinstance(command.permission, Permission)}
    assert {command.split()[0].removeprefix("/") for command in COMMANDS} == known


async def test_what_a_stranger_tries_is_one_row_before_he_is_told(tmp_path: Path) -> None:
    async with hall(tmp_path, phone=Witness(data=tmp_path / "data")) as room:
        for number, command in enumerate(COMMANDS, 1):
            seen = await told(room, command, STRANGER)
            assert (
                seen[number - 1 :]
                == [(f"telegram:{STRANGER}", act(command), "refused")]
                == rows(room.data)[number - 1 :]
            )
            assert command in (await room.audit())[-1].detail
            room.clock.forward(minutes=2)  # ten refusals a minute have a row of their own


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
        wanted = [(f"telegram:{OWNER}", "upload", outcome)]
        assert await told(room, "", attachment=Attachment(name, name, size)) == wanted == rows(room.data)

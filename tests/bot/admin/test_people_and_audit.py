"""Granting, revoking, and the audit log: every act of an admin, done, refused or failed, is one row before its end is told."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from bot.admin.permissions import Denial, Permission
from bot.admin.reload_service import ReloadStatus
from bot.admin.reports import audit_line
from bot.admin.upload_store import LIMIT
from bot.handlers import commands as registry
from bot.messages import Attachment, Chat, ChatType, Reply, Sender, SenderKind
from bot.state.people import AuditEntry
from bot.texts import phrases
from tests.contract.fake import FakePlatform
from tests.support.chat import EDITOR, OWNER, STRANGER, Hall, hall


async def test_an_editor_is_granted_acts_and_is_revoked(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        assert "只给管理员" in await room.say("/versions", EDITOR)
        assert "现在是编辑" in await room.say("/grant 8")
        assert "000001" in await room.say("/versions", EDITOR)
        assert "只有所有者" in await room.say("/rollback", EDITOR)
        assert "telegram 8" in await room.say("/grant")
        assert "不再是编辑" in await room.say("/revoke 8")
        assert "只给管理员" in await room.say("/versions", EDITOR)


@pytest.mark.parametrize("person", ["@seven", "-5", "八", "1 2"])
async def test_only_what_the_platform_takes_for_a_persons_id_can_be_granted(
    tmp_path: Path, person: str
) -> None:
    async with hall(tmp_path) as room:
        assert "用法" in await room.say(f"/grant {person}")
        assert "还没有编辑" in await room.say("/grant")


async def test_a_command_that_was_delayed_or_did_not_come_from_the_owner_does_nothing(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        assert "五分钟以前" in await room.say("/grant 8", age=7200)
        assert "本人身份" in await room.say("/grant 8", forwarded=True)
        assert "本人身份" in await room.say("/grant 8", via_bot=True)
        assert "私聊" in await room.say("/grant 8", place=ChatType.GROUP)
        assert await room.say("/grant 8", edited=True) == ""
        anonymous = Sender("1087968824", SenderKind.ANONYMOUS_ADMIN)
        assert "本人身份" in await room.say("/grant 8", anonymous, place=ChatType.GROUP)
        assert "还没有编辑" in await room.say("/grant")


async def test_the_audit_log_is_read_by_owners_and_says_whether_it_is_whole(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        await room.say("/reload", STRANGER)
        said = await room.say("/audit")
        assert said.startswith("记录完整。")
        assert "telegram:9 重载 拒绝 不是管理员" in said and f"telegram:{OWNER} 看记录 看过" in said


def test_every_row_of_the_audit_log_is_all_chinese() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    outcomes = [*ReloadStatus, "done", "shown", "nothing", "refused", "checked", "discarded", "declined"]
    reasons = [reason.name.lower() for reason in Denial if reason is not Denial.CLOSED]  # no row then
    for act, outcome in product([*Permission, "restore", "door"], outcomes):
        details = reasons if outcome == "refused" else ["dry" if act == Permission.RELOAD else ""]
        for detail in details:
            line = audit_line(AuditEntry(at, "telegram:9", act, outcome, detail), phrases(None).admin)
            assert not re.search("[a-z]", line.replace("telegram", "")), line


async def test_a_word_of_an_admin_is_shown_as_it_was_written(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        await room.say("/alias host 主机")
        assert "别名 完成 host = 主机" in await room.say("/audit")


async def test_a_flood_of_strangers_does_not_fill_the_audit_log(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        await room.say("/grant 8")
        for _ in range(30):
            assert "只给管理员" in await room.say("/reload", STRANGER)
        assert "只有所有者" in await room.say("/rollback", EDITOR)
        room.clock.forward(minutes=2)
        await room.say("/reload", STRANGER)
        rows = [(row.actor, row.detail) for row in await room.audit()][1:]
        assert len(rows) == 12
        assert rows[10:] == [
            (f"telegram:{EDITOR}", "owner_only /rollback"),
            (f"telegram:{STRANGER}", "nobody /reload (+20)"),
        ]


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

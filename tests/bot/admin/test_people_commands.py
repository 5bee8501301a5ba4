"""Granting, revoking, and what the audit log says of everybody."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from bot.admin.permissions import Denial, Permission
from bot.admin.reload_service import ReloadStatus
from bot.admin.reports import audit_line
from bot.messages import ChatType, Sender, SenderKind
from bot.state.people import AuditEntry
from bot.texts import phrases
from tests.support.chat import EDITOR, OWNER, STRANGER, hall


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

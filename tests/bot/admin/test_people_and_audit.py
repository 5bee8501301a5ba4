"""Granting, revoking, and the audit log: every act of an admin, done, refused or failed, is one row before its end is told."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import tomllib
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from bot.admin.permissions import AccessRequest, Denial, Permission, Role, authorize, role_of
from bot.admin.reload_service import ReloadStatus
from bot.admin.reports import audit_line
from bot.admin.uploads import LIMIT
from bot.handlers import commands as registry
from bot.handlers.commands import Scope, offered
from bot.messages import Attachment, Chat, ChatType, Reply, Sender, SenderKind
from bot.state.people import AuditEntry
from bot.texts import phrases
from knowledge.snapshots.request import BuildRequest, BuildResult, Progress
from tests.contract.fake import FakePlatform
from tests.knowledge.snapshots.corpus import NEW, write_new
from tests.support.chat import DENIED, EDITOR, OWNER, STRANGER, Hall, HereBuilder, hall, without
from tests.support.server import PATIENCE, until


def test_every_row_of_the_audit_log_is_all_chinese() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    outcomes = [*ReloadStatus, "done", "shown", "nothing", "refused", "checked", "discarded", "declined"]
    reasons = [reason.name.lower() for reason in Denial if reason is not Denial.CLOSED]  # no row then
    for act, outcome in product([*Permission, "restore", "door"], outcomes):
        details = reasons if outcome == "refused" else ["dry" if act == Permission.RELOAD else ""]
        for detail in details:
            line = audit_line(AuditEntry(at, "telegram:9", act, outcome, detail), phrases(None).admin)
            assert not re.search("[a-z]", line.replace("telegram", "")), line


async def test_a_flood_of_strangers_does_not_fill_the_audit_log(room: Hall) -> None:
    await room.say("/grant 8")
    for _ in range(30):
        assert DENIED["nobody"] in await room.say("/reload", STRANGER)
    assert DENIED["owner_only"] in await room.say("/rollback", EDITOR)
    room.clock.forward(minutes=2)
    await room.say("/reload", STRANGER)
    rows = [(row.actor, row.detail) for row in await room.audit()][1:]
    assert len(rows) == 12
    assert rows[10:] == [
        (f"telegram:{EDITOR}", "owner_only /rollback"),
        (f"telegram:{STRANGER}", "nobody /reload (+20)"),
    ]


FILE = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n".encode()
COMMANDS: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["commands"]


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


async def test_what_an_owner_does_is_one_row_before_it_is_told(tmp_path: Path) -> None:
    async with hall(tmp_path, phone=Witness(data=tmp_path / "data")) as room:
        for number, (command, outcome) in enumerate(COMMANDS.items()):
            wanted = [(f"telegram:{OWNER}", act(command), outcome)]
            assert (await told(room, command))[number:] == wanted == rows(room.data)[number:]


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


async def test_a_file_that_was_sent_is_one_row_before_it_is_told(tmp_path: Path) -> None:
    async with hall(tmp_path, phone=Witness(data=tmp_path / "data")) as room:
        room.phone.files["新.txt"] = [FILE]
        for number, (name, size, outcome) in enumerate(
            (("新.txt", len(FILE), "checked"), ("新.txt", LIMIT + 1, "refused"), ("取不到.txt", 60, "failed"))
        ):
            wanted = [(f"telegram:{OWNER}", "upload", outcome)]
            seen = await told(room, "", attachment=Attachment(name, name, size))
            assert seen[number:] == wanted == rows(room.data)[number:]


class Stumbling(HereBuilder):
    """Breaks once in a way that nobody foresaw."""

    stumbles = False

    async def build(self, order: BuildRequest, folder: Path, progress: Progress) -> BuildResult:
        if self.stumbles:
            self.stumbles = False
            raise RuntimeError("stumbled")
        return await super().build(order, folder, progress)


async def test_a_knock_in_vain_does_not_silence_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    builder = Stumbling()
    async with hall(tmp_path, builder) as room, asyncio.timeout(PATIENCE):
        write_new(room.articles)
        async with without(room.data, "shown_answers"):
            room.side.reload_trigger.fire()
            while not await room.audit():
                await asyncio.sleep(0.05)
        builder.stumbles = True
        room.side.reload_trigger.fire()
        reloads = room.side.context.reload_service if room.side.context else None
        await until(lambda: reloads and not (builder.stumbles or reloads.busy))
        assert "stumbled" in caplog.text
        room.side.reload_trigger.fire()
        await until(lambda: NEW in room.texts())
        while len(rows := await room.audit()) < 2:
            await asyncio.sleep(0.05)
        assert [row.outcome for row in rows] == ["failed", "published"]


async def test_with_a_closed_state_every_command_that_was_offered_is_answered(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "state.sqlite").write_bytes(b"no database" * 1000)
    async with hall(tmp_path) as room:
        said, where = phrases("zh-Hans").feedback.not_now, str(room.data)
        for command in (command.name for command in offered(Scope.PRIVATE)):
            assert await room.say(f"/{command}", STRANGER) != phrases(None).unknown_command, command
        for command in ("/watch 养老", "/watches", "/unwatch 养老", "/forget_me"):
            assert await room.say(command, OWNER) == await room.say(command, STRANGER) == said
        for command in ("/reload", "/unalias 3", "/upload"):
            assert where in await room.say(command)
            for place in ChatType:
                assert where not in await room.say(command, STRANGER, place=place)
            assert where not in await room.say(command, OWNER, place=ChatType.GROUP)


NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
EDITORS_ACTS = {"reload", "versions", "upload", "meta", "unanswered", "alias", "stats"}


def claim(
    kind: SenderKind = SenderKind.PERSON,
    place: ChatType = ChatType.PRIVATE,
    age: timedelta | None = timedelta(0),
    edited: bool = False,
    relayed: bool = False,
) -> AccessRequest:
    sent_at = None if age is None else NOW - age
    return AccessRequest("telegram", Sender("42", kind), place, sent_at, edited, relayed)


def test_an_owner_may_do_everything_an_editor_some_and_a_stranger_nothing() -> None:
    for act in Permission:
        assert authorize(act, claim(), Role.OWNER, NOW) is None
        assert (authorize(act, claim(), Role.EDITOR, NOW) is None) == (act in EDITORS_ACTS)
        assert authorize(act, claim(), None, NOW) is Denial.NOBODY


@pytest.mark.parametrize(
    ("tried", "why"),
    [
        (claim(SenderKind.ANONYMOUS_ADMIN), Denial.NOT_THEMSELVES),
        (claim(SenderKind.CHANNEL), Denial.NOT_THEMSELVES),
        (claim(SenderKind.AUTO_FORWARD), Denial.NOT_THEMSELVES),
        (claim(SenderKind.BOT), Denial.NOT_THEMSELVES),
        (claim(relayed=True), Denial.NOT_THEMSELVES),
        (claim(edited=True), Denial.EDITED),
        (claim(place=ChatType.GROUP), Denial.NOT_PRIVATE),
        (claim(place=ChatType.CHANNEL), Denial.NOT_PRIVATE),
        (claim(age=timedelta(minutes=5, seconds=1)), Denial.TOO_OLD),
        (claim(age=timedelta(hours=2)), Denial.TOO_OLD),
        (claim(age=-timedelta(minutes=6)), Denial.CLOCK),
    ],
)
def test_no_role_acts_but_by_a_new_private_message_of_its_own(tried: AccessRequest, why: Denial) -> None:
    for act, role in product(Permission, [Role.OWNER, Role.EDITOR, None]):
        known = role or why in (Denial.NOT_THEMSELVES, Denial.EDITED)
        assert authorize(act, tried, role, NOW) is (why if known else Denial.NOBODY), (act, role)


def test_five_minutes_and_a_clock_a_minute_off_take_no_right_away_and_a_button_has_no_age() -> None:
    for age in (timedelta(minutes=5), timedelta(minutes=-1), timedelta(minutes=1), None):
        assert authorize(Permission.RELOAD, claim(age=age), Role.OWNER, NOW) is None, age


def test_a_role_hangs_on_the_platform_and_the_id_there() -> None:
    for granted in (None, "editor"):
        assert role_of("telegram:7", {"telegram:7"}, granted) is Role.OWNER
    assert role_of("telegram:8", {"telegram:7"}, "editor") is Role.EDITOR
    assert role_of("telegram:8", {"telegram:7"}, "owner") is None
    for nobody in [
        "telegram:8",
        "web:7",
        "telegram:07",
        "telegram:@seven",
        "telegram:٧",
        "telegram:",
        ":7",
        "7",
    ]:
        assert role_of(nobody, {"telegram:7"}, None) is None, nobody

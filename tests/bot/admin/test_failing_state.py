"""A shared state that fails, in part or as a whole: admins are told, strangers learn nothing, and nothing stays undone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.handlers.commands import Scope, offered
from bot.messages import Attachment, ChatType
from bot.texts import phrases
from knowledge.snapshots.request import BuildRequest, BuildResult, Progress
from tests.contract.fake import FakePlatform
from tests.knowledge.snapshots.corpus import write_article
from tests.support.chat import OWNER, STRANGER, HereBuilder, hall, without

NEW = "苏州河边建成了新的步道。"
FILE = f"新步道建成\n{NEW}\n".encode()


async def test_a_reload_whose_state_cannot_be_read_is_told_and_changes_nothing(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        write_article(room.articles, "new.txt", "新来的一篇", NEW)
        async with without(room.data, "shown_answers"):
            said = await room.say("/reload")
        assert "没有成功，仍在使用版本 000001" in said and "数据库" in said
        assert NEW not in room.texts()
        assert "已换上版本 000002" in await room.say("/reload")


async def test_a_confirmation_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        for n in range(3):
            (room.articles / f"{n:03d}.txt").unlink()
        async with without(room.data, "confirmations"):
            assert "数据库" in await room.say("/reload")


async def test_what_is_done_and_cannot_be_written_down_is_told_as_done(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        write_article(room.articles, "new.txt", "新来的一篇", NEW)
        async with without(room.data, "audit"):
            for command, done in (("/reload", "已换上版本 000002"), ("/rollback", "已换回版本 000001")):
                said = await room.say(command)
                assert done in said and "没能记入审计" in said


class Stumbling(HereBuilder):
    """Breaks once in a way that nobody foresaw."""

    stumbles = False

    async def build(self, order: BuildRequest, folder: Path, progress: Progress) -> BuildResult:
        if self.stumbles:
            self.stumbles = False
            raise RuntimeError("stumbled")
        return await super().build(order, folder, progress)


async def test_a_knock_that_came_to_nothing_does_not_keep_the_next_from_being_heard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    builder = Stumbling()
    async with hall(tmp_path, builder) as room, asyncio.timeout(20):
        write_article(room.articles, "new.txt", "新来的一篇", NEW)
        async with without(room.data, "shown_answers"):
            room.side.reload_trigger.fire()
            while not await room.audit():
                await asyncio.sleep(0.05)
        builder.stumbles = True
        room.side.reload_trigger.fire()
        while builder.stumbles or room.side.reload_service.busy:
            await asyncio.sleep(0.05)
        assert "stumbled" in caplog.text
        room.side.reload_trigger.fire()
        while NEW not in room.texts():
            await asyncio.sleep(0.05)
        while len(rows := await room.audit()) < 2:
            await asyncio.sleep(0.05)
        assert [row.outcome for row in rows] == ["failed", "published"]


@pytest.mark.parametrize("table", ["uploads", "audit"])
async def test_a_file_that_cannot_be_written_down_is_told_and_kept_nowhere(
    tmp_path: Path, table: str
) -> None:
    async with hall(tmp_path, phone=FakePlatform(files={"f1": [FILE]})) as room:
        async with without(room.data, table):
            said = await room.say("", attachment=Attachment("f1", "步道.txt", None))
        assert "数据库" in said and "没有收下" in said
        assert list((room.data / "uploads").iterdir()) == []
        assert not [button for reply in room.phone.sent for row in reply.buttons for button in row]


async def test_a_state_that_fails_is_told_in_detail_only_to_who_may_act(tmp_path: Path) -> None:
    async with hall(tmp_path) as room, without(room.data, "roles"):
        assert "数据库" in await room.say("/grant 8")
        for command in ("/reload", "/grant 8", "/unanswered", "/upload"):
            assert await room.say(command, STRANGER) == "现在不能用，请稍后再试。"


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

"""The way of an event and back: rooms entered, gaps walked, answers in their places, numbers pressed, files taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Sender
from bot.platforms.matrix.service import MatrixService
from bot.texts import in_both
from tests.bot.matrix.service import ANN, BOB, EVE, serving
from tests.bot.telegram.service import Echo, Moves
from tests.matrix.rooms import Room
from tests.matrix.server import ME, Homeserver, Refused, homeserver

CANNOT_READ = in_both(lambda said: said.encrypted_room)
CIPHER = {"algorithm": "m.megolm.v1.aes-sha2"}


@dataclass
class World:
    """A homeserver and the bot there; `told` is what the shared state heard of chats."""

    server: Homeserver
    service: MatrixService
    echo: Echo
    moves: Moves

    async def shown(self, room: Room, count: int = 1) -> list[str]:
        """Wait until so many messages are shown; return all."""
        await self.server.until(lambda: len(self.server.shown(room)) >= count)
        return self.server.shown(room)

    async def heard(self, text: str) -> list[str]:
        """Wait until something was heard last; return all that was."""
        await self.server.until(lambda: self.echo.heard and self.echo.heard[-1].text == text)
        return [message.text for message in self.echo.heard]

    async def send(self, room: Room | str, reply: Reply) -> str | None:
        chat = room if isinstance(room, str) else room.id
        return await self.service.send(Chat("matrix", chat, ChatType.PRIVATE), reply)


@asynccontextmanager
async def world(
    folder: Path, server: Homeserver | None = None, echo: Echo | None = None
) -> AsyncIterator[World]:
    if server is None:
        async with homeserver() as own, world(folder, own, echo) as there:
            yield there
        return
    echo, moves = echo or Echo(), Moves()
    async with serving(server, folder, echo, moves) as service:
        yield World(server, service, echo, moves)


def told(message: Message) -> list[Reply]:
    buttons = [[Button("原文", "s:1"), Button("更多", "m:2")]]
    return [Reply([Run(f"答：{message.text}")], buttons, reply_to=message.id)]


async def test_a_question_is_answered_by_a_notice_in_its_place(tmp_path: Path) -> None:
    async with world(tmp_path, echo=Echo(reply=told)) as there:
        server = there.server
        room = server.room(ANN, BOB)
        server.say(room, ANN, "新桥")
        asked = server.say(room, ANN, "@chuchu:here 新桥")
        root = server.say(room, BOB, "另起一题")
        thread = {"rel_type": "m.thread", "event_id": root}
        inside = server.say(room, BOB, "@chuchu:here 石桥", **{"m.relates_to": thread})
        assert await there.shown(room, 2) == [f"答：{text}\n1. 原文　2. 更多" for text in ("新桥", "石桥")]
    plain, threaded = server.ours(room)
    assert plain["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
    answers = {"is_falling_back": False, "m.in_reply_to": {"event_id": inside}}
    assert threaded["m.relates_to"] == {**thread, **answers}


async def test_what_came_while_nobody_was_there_is_heard_once_and_in_order(tmp_path: Path) -> None:
    echo = Echo()
    async with homeserver() as server:
        room = server.room(ANN, BOB)
        server.say(room, ANN, "旧话")
        async with world(tmp_path, server, echo) as there:
            server.say(room, ANN, "0")
            await there.heard("0")
        for number in range(1, 231):  # a timeline has 50: two pages more are to be walked
            server.say(room, ANN, f"{number}")
        async with world(tmp_path, server, echo) as there:
            await there.heard("230")
            server.say(room, ANN, "完")
            assert await there.heard("完") == [*map(str, range(231)), "完"]
        for number in range(60):
            server.say(room, ANN, f"{number}")
        server.fail(
            "/messages", Refused(403, "M_FORBIDDEN")
        )  # a gap that cannot be read keeps nobody waiting
        async with world(tmp_path, server, echo) as there:
            assert (await there.heard("59"))[232:] == [*map(str, range(10, 60))]


async def test_a_position_that_the_server_does_not_know_is_given_up(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        server = there.server
        room, asked = server.room(ANN), server.syncs
        server.fail("/sync", Refused(400, "M_UNKNOWN_POS"))
        server.say(room, ANN, "一")
        await server.until(lambda: server.syncs >= asked + 2)  # for a new position, and from it
        server.say(room, ANN, "二")
        await server.until(lambda: server.shown(room)[-1:] == ["答：二"])


async def test_an_invitation_is_accepted_and_what_was_asked_with_it_answered(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        room = there.server.room(ANN, BOB, invite=None)
        there.server.say(room, BOB, "@chuchu:here 早先")
        there.server.member(room, ME, "invite", ANN)
        there.server.say(room, ANN, "@chuchu:here 新桥")
        assert await there.heard("新桥") == ["新桥"]
    assert ME in room.joined


@pytest.mark.parametrize("invite", [True, False])
async def test_an_encrypted_room_is_refused_in_plain_words_and_once(tmp_path: Path, invite: bool) -> None:
    async with world(tmp_path) as there:
        server = there.server
        room, later = server.room(ANN, encrypted=True, invite=invite), server.room(BOB)
        await server.until(lambda: ME in room.joined)
        for _ in range(3):
            server.event(room, ANN, {**CIPHER, "ciphertext": "x"}, "m.room.encrypted")
        server.say(room, ANN, "读得到的话")
        assert await there.shown(room) == [CANNOT_READ]
        server.say(later, BOB, "新桥")
        await there.shown(later)
        later.state("m.room.encryption", CIPHER, BOB)
        server.say(later, BOB, "石桥")
        assert await there.shown(later, 2) == ["答：新桥", CANNOT_READ]
        assert (server.shown(room), await there.heard("新桥")) == ([CANNOT_READ], ["新桥"])


async def test_an_edited_question_edits_our_answer_and_nobody_elses_edit_does(tmp_path: Path) -> None:
    echo = Echo(reply=lambda m: [Reply([Run(f"答：{m.text}")], edits=m.answered_by)])
    async with world(tmp_path, echo=echo) as there:
        server = there.server
        room = server.room(ANN)
        asked = server.say(room, ANN, "新乔")
        await there.shown(room)
        relation = {"rel_type": "m.replace", "event_id": asked}
        for who, words in ((EVE, "坏桥"), (ANN, "新桥")):
            changed = {"msgtype": "m.text", "body": words}
            server.say(room, who, f"* {words}", **{"m.new_content": changed, "m.relates_to": relation})
        await server.until(lambda: server.shown(room) == ["答：新桥"])
        assert await there.heard("新桥") == ["新乔", "新桥"]


async def test_a_number_presses_also_after_a_restart(tmp_path: Path) -> None:
    pressed = [Run("按下了")]
    echo = Echo(reply=told, press_reply=lambda p: [Reply(pressed, edits=p.message_id, notice="好")])
    async with homeserver() as server:
        async with world(tmp_path, server, echo) as there:
            room = server.room(ANN)
            server.say(room, ANN, "2")  # of nothing yet
            assert await there.heard("2") == ["2"]
            server.say(room, ANN, "新桥")
            await there.shown(room, 2)
        ours = [e for e in room.events if e["sender"] == ME and e["type"] == "m.room.message"]
        async with world(tmp_path, server, echo) as there:
            press = server.say(room, ANN, "2")
            await server.until(lambda: server.shown(room)[1:] == ["按下了", "好"])
    chat = Chat("matrix", room.id, ChatType.PRIVATE)
    assert echo.pressed == [ButtonPress(chat, ours[1]["event_id"], press, Sender(ANN), "m:2")]


async def test_files_come_whole_pictures_go_and_what_is_too_large_is_plain(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        server = there.server
        room, other, third = server.room(ANN), server.room(ANN), server.room(ANN)
        server.media["mxc://here/a"] = b"one" * 50_000
        server.say(room, ANN, "a.txt", msgtype="m.file", url="mxc://here/a", info={"size": 150_000})
        await there.shown(room)
        attachment = there.echo.heard[0].attachment
        assert attachment is not None
        assert attachment.name == "a.txt"
        assert b"".join([p async for p in there.service.download(attachment.id, 150_000)]) == b"one" * 50_000
        with pytest.raises(Exception, match="no address"):
            [p async for p in there.service.download("https://elsewhere/a", 10)]
        await there.send(other, Reply([Run("用得怎么样")], picture=b"\x89PNG"))
        _, address = server.media
        assert (server.media[address], server.shown(other)) == (b"\x89PNG", ["用得怎么样", address])
        server.fail("/send/", Refused(413, "M_TOO_LARGE"))
        assert await there.send(third, Reply([Run("桥", link="https://here")])) is not None
        assert ("formatted_body" in server.ours(third)[0], server.shown(third)) == (False, ["桥"])


async def test_an_owner_is_told_in_their_own_room_or_in_a_new_one(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        own, group = there.server.room(ANN), there.server.room(ANN, BOB)
        for person in (ANN, BOB):
            await there.send(person, Reply([Run("有新文件")]))
        (made,) = [room for room in there.server.rooms.values() if room not in (own, group)]
        assert there.server.shown(own) == there.server.shown(made) == ["有新文件"]
    assert made.joined == {ME, BOB}


async def test_who_may_change_a_rooms_state_administers_it(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        for level, administers in ((0, False), (49, False), (50, True), (100, True)):
            room = there.server.room(ANN, BOB)
            room.state("m.room.power_levels", {"users": {BOB: level}}, ANN)
            chat = Chat("matrix", room.id, ChatType.GROUP)
            assert await there.service.administers(chat, Sender(BOB)) is administers, level


async def test_a_replaced_room_moves_with_what_is_kept_and_into_nobodys(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        server = there.server
        evil, victim = server.room(EVE, ANN), server.room(ANN, BOB)
        old, new = server.room(ANN, BOB), server.room(ANN, BOB, invite=True)
        new.state("m.room.create", {"room_version": "10", "predecessor": {"room_id": old.id}}, ANN)
        for who, room, there_after in ((EVE, evil, victim), (ANN, old, new)):
            goes_on = {"body": "moved", "replacement_room": there_after.id}
            server.event(room, who, goes_on, "m.room.tombstone")
        server.say(evil, EVE, "@chuchu:here 石桥")
        assert await there.shown(evil) == ["答：石桥"]
        await server.until(lambda: there.moves.told)
        server.say(new, ANN, "@chuchu:here 新桥")
        assert await there.shown(new) == ["答：新桥"]
        assert there.moves.told == [("moved", old.id, new.id)]


async def test_who_puts_us_out_is_told_nothing_and_who_asks_us_back_is(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        server = there.server
        room = server.room(ANN)
        server.member(room, ME, "leave", ANN)
        await server.until(lambda: there.moves.told)
        assert await there.send(room, Reply([Run("一")])) is None
        server.member(room, ME, "invite", ANN)
        await server.until(lambda: ME in room.joined and not there.service.problem())
        server.say(room, ANN, "新桥")
        assert await there.shown(room) == ["答：新桥"]

"""The way of an event and back: rooms entered, gaps walked, answers in their places, numbers pressed, files taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Sender
from bot.texts import in_both
from tests.bot.matrix.service import ANN, BOB, EVE, serving
from tests.bot.telegram.service import Echo, Moves
from tests.matrix.server import ME, homeserver

CANNOT_READ = in_both(lambda said: said.encrypted_room)


def told(message: Message) -> list[Reply]:
    return [
        Reply(
            [Run(f"答：{message.text}")],
            [[Button("原文", "s:1"), Button("更多", "m:2")]],
            reply_to=message.id,
        )
    ]


async def test_a_question_is_answered_by_a_notice_in_its_place(tmp_path: Path) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo(reply=told)):
        room = server.room(ANN, BOB)
        server.say(room, ANN, "新桥")
        asked = server.say(room, ANN, "@chuchu:here 新桥")
        root = server.say(room, BOB, "另起一题")
        thread = {"rel_type": "m.thread", "event_id": root}
        inside = server.say(room, BOB, "@chuchu:here 石桥", **{"m.relates_to": thread})
        await server.until(lambda: len(server.ours(room)) == 2)
    plain, threaded = server.ours(room)
    assert plain["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
    assert threaded["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": False,
        "m.in_reply_to": {"event_id": inside},
    }
    assert server.shown(room) == ["答：新桥\n1. 原文　2. 更多", "答：石桥\n1. 原文　2. 更多"]


async def test_what_came_while_nobody_was_there_is_answered_once_and_in_order(tmp_path: Path) -> None:
    echo = Echo()
    async with homeserver() as server:
        async with serving(server, tmp_path, echo):
            room = server.room(ANN, BOB)
            server.say(room, ANN, "0")
            await server.until(lambda: echo.heard)
        for number in range(1, 231):  # a timeline has 50: two pages more are to be walked
            server.say(room, ANN, f"第{number}问")
        async with serving(server, tmp_path, echo):
            await server.until(lambda: len(echo.heard) >= 231)
            server.say(room, ANN, "完")
            await server.until(lambda: echo.heard[-1].text == "完")
    assert [message.text for message in echo.heard] == [
        "0",
        *(f"第{number}问" for number in range(1, 231)),
        "完",
    ]


async def test_at_the_very_first_nobody_is_answered_who_spoke_before(tmp_path: Path) -> None:
    echo = Echo()
    async with homeserver() as server:
        room = server.room(ANN)
        server.say(room, ANN, "旧话")
        async with serving(server, tmp_path, echo):
            server.say(room, ANN, "新话")
            await server.until(lambda: echo.heard)
    assert [message.text for message in echo.heard] == ["新话"]


async def test_an_invitation_is_accepted_and_what_was_asked_with_it_answered(tmp_path: Path) -> None:
    echo = Echo()
    async with homeserver() as server, serving(server, tmp_path, echo):
        room = server.room(ANN, BOB, invite=None)
        server.say(room, BOB, "@chuchu:here 早先")
        server.member(room, ME, "invite", ANN)
        server.say(room, ANN, "@chuchu:here 新桥")
        await server.until(lambda: ME in room.joined and echo.heard)
    assert [message.text for message in echo.heard] == ["新桥"]


@pytest.mark.parametrize("invite", [True, False])
async def test_an_encrypted_room_is_refused_in_plain_words_and_once(tmp_path: Path, invite: bool) -> None:
    echo = Echo()
    async with homeserver() as server, serving(server, tmp_path, echo):
        room, open_room = server.room(ANN, encrypted=True, invite=invite), server.room(BOB)
        await server.until(lambda: ME in room.joined)
        for _ in range(3):
            server.event(
                room, ANN, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}, "m.room.encrypted"
            )
        server.say(room, ANN, "读得到的话")
        await server.until(lambda: server.shown(room))
        server.say(open_room, BOB, "新桥")
        await server.until(lambda: server.shown(open_room))
    assert server.shown(room) == [CANNOT_READ]
    assert [message.text for message in echo.heard] == ["新桥"]


async def test_a_room_that_is_encrypted_later_is_refused_from_then_on(tmp_path: Path) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()):
        room = server.room(ANN)
        server.say(room, ANN, "新桥")
        await server.until(lambda: server.shown(room))
        room.state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, ANN)
        server.say(room, ANN, "石桥")
        await server.until(lambda: len(server.shown(room)) == 2)
    assert server.shown(room) == ["答：新桥", CANNOT_READ]


async def test_an_edited_question_edits_our_answer_and_nobody_elses_edit_does(tmp_path: Path) -> None:
    echo = Echo(reply=lambda m: [Reply([Run(f"答：{m.text}")], edits=m.answered_by)])
    async with homeserver() as server, serving(server, tmp_path, echo):
        room = server.room(ANN)
        asked = server.say(room, ANN, "新乔")
        await server.until(lambda: server.shown(room))
        relation = {"rel_type": "m.replace", "event_id": asked}
        for who, words in ((EVE, "坏桥"), (ANN, "新桥")):
            changed = {"msgtype": "m.text", "body": words}
            server.say(room, who, f"* {words}", **{"m.new_content": changed, "m.relates_to": relation})
        await server.until(lambda: server.shown(room) == ["答：新桥"])
    assert [message.text for message in echo.heard] == ["新乔", "新桥"]


async def test_a_number_presses_also_after_a_restart(tmp_path: Path) -> None:
    echo = Echo(
        reply=told, press_reply=lambda p: [Reply([Run(f"按：{p.data}")], edits=p.message_id, notice="好")]
    )
    async with homeserver() as server:
        async with serving(server, tmp_path, echo):
            room = server.room(ANN)
            server.say(room, ANN, "新桥")
            await server.until(lambda: server.shown(room))
        async with serving(server, tmp_path, echo):
            (answer,) = [
                e["event_id"] for e in room.events if e["sender"] == ME and e["type"] == "m.room.message"
            ]
            press = server.say(room, ANN, "2")
            await server.until(lambda: len(server.shown(room)) == 2)
    chat = Chat("matrix", room.id, ChatType.PRIVATE)
    assert echo.pressed == [ButtonPress(chat, answer, press, Sender(ANN), "m:2")]
    assert server.shown(room) == ["按：m:2", "好"]


async def test_a_file_sent_in_private_comes_whole(tmp_path: Path) -> None:
    echo = Echo()
    async with homeserver() as server, serving(server, tmp_path, echo) as service:
        room = server.room(ANN)
        server.media["mxc://here/a"] = b"one" * 50_000
        server.say(room, ANN, "a.txt", msgtype="m.file", url="mxc://here/a", info={"size": 150_000})
        await server.until(lambda: echo.heard)
        attachment = echo.heard[0].attachment
        assert attachment is not None
        assert attachment.name == "a.txt"
        assert b"".join([p async for p in service.download(attachment.id, 150_000)]) == b"one" * 50_000
        with pytest.raises(Exception, match="no address"):
            [p async for p in service.download("https://elsewhere/a", 10)]


async def test_a_picture_is_uploaded_and_shown(tmp_path: Path) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()) as service:
        room = server.room(ANN)
        await service.send(
            Chat("matrix", room.id, ChatType.PRIVATE), Reply([Run("用得怎么样")], picture=b"\x89PNG")
        )
        (address,) = server.media
    assert server.media[address] == b"\x89PNG"
    assert server.shown(room) == ["用得怎么样", address]


async def test_an_owner_is_told_in_their_own_room_or_in_a_new_one(tmp_path: Path) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()) as service:
        own, group = server.room(ANN), server.room(ANN, BOB)
        await service.send(Chat("matrix", ANN, ChatType.PRIVATE), Reply([Run("有新文件")]))
        await service.send(Chat("matrix", BOB, ChatType.PRIVATE), Reply([Run("有新文件")]))
        (made,) = [room for room in server.rooms.values() if room not in (own, group)]
    assert server.shown(own) == server.shown(made) == ["有新文件"]
    assert made.joined == {ME, BOB}


@pytest.mark.parametrize(("level", "administers"), [(0, False), (49, False), (50, True), (100, True)])
async def test_who_may_change_a_rooms_state_administers_it(
    tmp_path: Path, level: int, administers: bool
) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()) as service:
        room = server.room(ANN, BOB)
        room.state("m.room.power_levels", {"users": {BOB: level}}, ANN)
        assert await service.administers(Chat("matrix", room.id, ChatType.GROUP), Sender(BOB)) is administers


async def test_a_room_that_is_replaced_moves_with_what_is_kept_for_it(tmp_path: Path) -> None:
    moves, echo = Moves(), Echo()
    async with homeserver() as server, serving(server, tmp_path, echo, moves):
        old, new = server.room(ANN, BOB), server.room(ANN, BOB, invite=True)
        new.state("m.room.create", {"room_version": "10", "predecessor": {"room_id": old.id}}, ANN)
        server.event(old, ANN, {"body": "moved", "replacement_room": new.id}, "m.room.tombstone")
        await server.until(lambda: moves.told)
        server.say(new, ANN, "@chuchu:here 新桥")
        await server.until(lambda: echo.heard)
    assert moves.told == [("moved", old.id, new.id)]


async def test_nobody_moves_a_room_into_what_is_anothers(tmp_path: Path) -> None:
    moves = Moves()
    async with homeserver() as server, serving(server, tmp_path, Echo(), moves):
        evil, victim = server.room(EVE, ANN), server.room(ANN, BOB)
        server.event(evil, EVE, {"body": "moved", "replacement_room": victim.id}, "m.room.tombstone")
        server.say(evil, EVE, "@chuchu:here 新桥")
        await server.until(lambda: server.shown(evil))
    assert moves.told == []


async def test_who_puts_us_out_is_told_nothing_and_who_asks_us_back_is(tmp_path: Path) -> None:
    moves = Moves()
    async with homeserver() as server, serving(server, tmp_path, Echo(), moves) as service:
        room = server.room(ANN)
        chat = Chat("matrix", room.id, ChatType.PRIVATE)
        server.member(room, ME, "leave", ANN)
        await server.until(lambda: moves.told)
        assert await service.send(chat, Reply([Run("一")])) is None
        server.member(room, ME, "invite", ANN)
        await server.until(lambda: ME in room.joined)
        await server.until(lambda: not service.problem())
        server.say(room, ANN, "新桥")
        await server.until(lambda: server.shown(room))
    assert server.shown(room) == ["答：新桥"]

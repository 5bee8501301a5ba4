"""matrix-nio, a client by others, as the person at the other end: it reads all that we send, and we what it says."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Button, ButtonPress, Message, Reply, Run, Style
from tests.bot.matrix.service import ANN, serving
from tests.bot.telegram.service import Echo
from tests.matrix.server import homeserver
from tests.support.server import PATIENCE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    nio = pytest.importorskip("nio", reason="matrix-nio is not installed: make sdks")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TOKEN = "syt_ann"


@asynccontextmanager
async def client(url: str, person: str = ANN) -> AsyncIterator[Any]:
    """Somebody with a real client."""
    there = nio.AsyncClient(url, person)
    there.access_token, there.user_id, there.device_id = TOKEN, person, "D"
    try:
        yield there
    finally:
        await there.close()


async def timeline(there: Any, room: str, since: str | None) -> tuple[list[Any], str]:
    """What a client is told of a room; everything in it must be read without an error."""
    told = await there.sync(timeout=2000, since=since)
    assert isinstance(told, nio.SyncResponse), told
    events = told.rooms.join[room].timeline.events if room in told.rooms.join else []
    assert not [event for event in events if isinstance(event, nio.BadEvent | nio.UnknownBadEvent)]
    return events, told.next_batch


def answer(message: Message) -> list[Reply]:
    runs = [
        Run("桥", Style.BOLD),
        Run(f"<b>{message.text}</b>\n"),
        Run("——《桥》第3行", link="https://here/a"),
    ]
    return [Reply(runs, [[Button("原文", "s:1")]], reply_to=message.id)]


async def test_a_real_client_asks_reads_the_answer_and_presses(tmp_path: Path) -> None:
    echo = Echo(reply=answer, press_reply=lambda p: [Reply([Run("原文如下")], edits=p.message_id)])
    async with homeserver() as server, serving(server, tmp_path, echo), client(server.url) as there:
        server.tokens[TOKEN] = ANN
        room = server.room(ANN)
        _, since = await timeline(there, room.id, None)
        asked = await there.room_send(room.id, "m.room.message", {"msgtype": "m.text", "body": "新桥"})
        assert isinstance(asked, nio.RoomSendResponse)
        heard: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while not [event for event in heard if event.sender != ANN]:
                events, since = await timeline(there, room.id, since)
                heard += events
        (said,) = [event for event in heard if event.sender != ANN]
        assert isinstance(said, nio.RoomMessageNotice)
        assert said.body == "桥<b>新桥</b>\n——《桥》第3行\n1. 原文"
        assert said.formatted_body is not None
        assert "&lt;b&gt;新桥&lt;/b&gt;" in said.formatted_body
        assert said.source["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == asked.event_id
        await there.room_send(room.id, "m.room.message", {"msgtype": "m.text", "body": "1"})
        async with asyncio.timeout(PATIENCE):
            while not [event for event in heard if "m.new_content" in event.source["content"]]:
                events, since = await timeline(there, room.id, since)
                heard += events
    press = echo.pressed[0]
    assert isinstance(press, ButtonPress)
    assert (press.data, press.message_id, press.sender.id) == ("s:1", said.event_id, ANN)
    assert server.shown(room) == ["原文如下"]

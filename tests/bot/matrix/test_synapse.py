"""The real thing: a Synapse, the whole bot, and a person who asks in a room; gaps, limits, edits, encryption, files."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bot.messages import Button, Chat, ChatType, Conversation, Message, Reply, Run, Sender, Style
from bot.platforms.client import HttpClient, Json, Refused
from bot.platforms.matrix.client import MatrixClient, examine
from bot.platforms.matrix.sending import CONTENT_BYTES, size
from bot.platforms.matrix.service import MatrixOptions, MatrixService
from bot.texts import in_both
from tests.bot.telegram.service import Echo
from tests.contract.surface import CITATION, HOSTILE
from tests.matrix.server import visible
from tests.matrix.synapse import installed, register, synapse
from tests.support.inbox import open_host
from tests.support.server import PATIENCE, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not installed(), reason="Synapse is not installed: make synapse"),
]
ME, ANN = "@chuchu:here", "@ann:here"
WHAT = json.dumps({"types": ["m.room.message"], "senders": [ME]})


@dataclass(frozen=True)
class World:
    """A server, the bot's token, and Ann."""

    url: str
    token: str
    ann: MatrixClient

    @asynccontextmanager
    async def bot(self, folder: Path, conversation: Conversation) -> AsyncIterator[MatrixService]:
        """The bot, serving."""
        options = MatrixOptions(self.url, self.token, 5.0)
        async with open_host(folder, conversation) as host, MatrixService(options, host).serving() as service:
            await until(lambda: service.problem() is None)
            yield service

    async def say(self, room: str, body: str, **more: object) -> str:
        return await self.ann.send(
            room, {"msgtype": "m.text", "body": body, **more}, f"t{time.monotonic_ns()}"
        )

    async def said(self, room: str, count: int) -> list[Json]:
        """The contents of what the bot said, oldest first, when there are so many."""
        async with asyncio.timeout(PATIENCE):
            while True:
                page, _ = await self.ann.messages(room, {"dir": "b", "limit": "100", "filter": WHAT})
                if len(page) >= count:
                    contents = [event["content"] for event in reversed(page)]
                    return [content for content in contents if isinstance(content, dict)]
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with synapse(tmp_path_factory.mktemp("synapse")) as url, HttpClient() as http:
        ann = MatrixClient(http, url, await register(url, "ann"))
        yield World(url, await register(url, "chuchu"), ann)


def answer(message: Message) -> Sequence[Reply]:
    return [
        Reply(
            [
                Run(message.text, Style.BOLD),
                Run(f"\n{HOSTILE}\n"),
                Run(CITATION, link="https://example.org/a?b=1&c"),
            ],
            [[Button("原文", "s:1"), Button("更多", "m:1")]],
            edits=message.answered_by,
        )
    ]


async def test_a_real_server_takes_all_that_we_say(world: World, tmp_path: Path) -> None:
    echo = Echo(reply=answer, press_reply=lambda p: [Reply([Run("原文如下")], edits=p.message_id)])
    async with world.bot(tmp_path, echo) as service:
        room = await world.ann.create_private(ME)
        asked = await world.say(room, "新桥")  # before the bot has come in
        (said,) = await world.said(room, 1)
        assert (
            visible(str(said["formatted_body"]))
            == said["body"]
            == f"新桥\n{HOSTILE}\n{CITATION}\n1. 原文　2. 更多"
        )
        changed = {"m.new_content": {"msgtype": "m.text", "body": "石桥"}}
        await world.say(
            room, "* 石桥", **changed, **{"m.relates_to": {"rel_type": "m.replace", "event_id": asked}}
        )
        edited = (await world.said(room, 2))[1]["m.new_content"]
        assert isinstance(edited, dict) and str(edited["body"]).startswith("石桥")
        await world.say(room, "2")
        pressed = (await world.said(room, 3))[2]["m.new_content"]
        assert isinstance(pressed, dict) and pressed["body"] == "原文如下"
        inside = {"m.relates_to": {"rel_type": "m.thread", "event_id": asked}}
        await world.say(room, "水桥", **inside)
        relation = (await world.said(room, 4))[3]["m.relates_to"]
        assert (
            isinstance(relation, dict)
            and relation["event_id"] == asked
            and relation["rel_type"] == "m.thread"
        )
        chat = Chat("matrix", room, ChatType.PRIVATE)
        assert (
            await service.send(chat, Reply([Run('长"<\\' * 30_000, Style.BOLD), Run(CITATION)])) is not None
        )
        assert await service.administers(chat, Sender(ANN))
        assert not await service.administers(chat, Sender("@eve:here"))
        address = await world.ann.upload("一份文章".encode(), "text/plain")
        await world.say(room, "a.txt", msgtype="m.file", url=address)
        await until(lambda: echo.heard[-1].attachment)
        attachment = echo.heard[-1].attachment
        assert attachment is not None
        assert b"".join([p async for p in service.download(attachment.id, 1000)]).decode() == "一份文章"
        findings = [finding.told async for finding in examine(world.url, world.token)]
        assert findings == ["reached", "clock_right", "identity_known", "receiving_ready"]
    assert [p.data for p in echo.pressed] == ["m:1"]


async def test_the_limit_of_an_event_is_above_ours(world: World) -> None:
    room = await world.ann.create_private(ME)
    content: dict[str, object] = {"msgtype": "m.notice", "body": ""}
    content["body"] = "x" * (CONTENT_BYTES - size(content))
    assert size(content) == CONTENT_BYTES
    assert await world.ann.send(room, content, "fits")
    with pytest.raises(Refused, match="M_TOO_LARGE"):
        await world.ann.send(room, {**content, "body": "x" * 65_000}, "too large")


async def test_what_came_while_we_were_away_is_heard_once_and_in_order(world: World, tmp_path: Path) -> None:
    echo = Echo(reply=lambda m: [])
    async with world.bot(tmp_path, echo):
        room = await world.ann.create_private(ME)
        await world.say(room, "0")
        await until(lambda: echo.heard)
    for number in range(1, 58):  # the timeline of a sync has 50
        await world.say(room, str(number))
    async with world.bot(tmp_path, echo):
        await until(lambda: len(echo.heard) >= 58)
        await world.say(room, "完")
        await until(lambda: echo.heard[-1].text == "完")
    assert [message.text for message in echo.heard] == [*map(str, range(58)), "完"]


async def test_an_encrypted_room_is_refused_in_plain_words(world: World, tmp_path: Path) -> None:
    async with world.bot(tmp_path, Echo()):
        secret = {
            "type": "m.room.encryption",
            "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
        room = await world.ann.create(invite=[ME], initial_state=[secret])
        (said,) = await world.said(room, 1)
    assert said["body"] == in_both(lambda texts: texts.encrypted_room)

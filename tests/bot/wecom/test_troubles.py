"""However WeCom's connection ends, for tests/contract/test_troubles.py and tests/bench; and what only this connection has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.messages import Chat, ChatType, Reply, Run
from bot.platforms.wecom.client import PING_SECONDS, SILENCE, WeComOptions
from bot.platforms.wecom.service import UNSTORED_BYTES, UnstoredFrames
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.support.inbox import nothing_stored
from tests.wecom.server import BOT, SECRET, Gateway, gateway

ANN = Chat("wecom", "ann", ChatType.PRIVATE)
Ending = Callable[[Gateway], Awaitable[object]]


async def clean_close(server: Gateway) -> None:
    await server.connections[-1].close()


async def going_away(server: Gateway) -> None:
    await server.connections[-1].close(code=1012)


def wire(server: Gateway) -> asyncio.Transport:
    transport = server.connections[-1]._req.transport  # type: ignore[union-attr]
    assert isinstance(transport, asyncio.Transport)
    return transport


async def broken(server: Gateway) -> None:
    wire(server).abort()


async def cut_frame(server: Gateway) -> None:
    wire(server).write(b"\x81\x7e\x01\x00half")
    wire(server).close()


async def bad_frame(server: Gateway) -> None:
    wire(server).write(b"\xff\xff\xff\xff")


async def silence(server: Gateway) -> None:
    server.silent = True
    count = len(server.frames)
    await server.until(lambda: len(server.frames) > count + 2)  # a new connection subscribes in vain
    server.silent = False


async def kick(server: Gateway) -> None:
    event = {"msgid": "k", "msgtype": "event", "event": {"eventtype": "disconnected_event"}}
    await server.raw({"cmd": "aibot_event_callback", "headers": {"req_id": "x"}, "body": event})


ENDINGS: list[Ending] = [clean_close, going_away, broken, cut_frame, bad_frame, silence, kick]


async def test_two_unanswered_pings_are_a_dead_connection_within_75_seconds(tmp_path: Path) -> None:
    assert 2 * PING_SECONDS < PING_SECONDS * SILENCE <= 75 - 5
    async with gateway() as server, serving(server, tmp_path, Echo(), ping_seconds=0.1):
        await server.until(lambda: [f["cmd"] for f in server.frames].count("ping") >= 4)
        assert server.subscriptions == 1


async def test_what_is_to_be_said_while_nobody_is_connected_waits(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()) as service:
        await clean_close(server)
        await server.until(lambda: service.problem() is not None)
        assert await service.send(ANN, Reply([Run("一")])) is not None
    assert server.shown() == ["一"]


async def test_what_cannot_be_stored_waits_in_memory_which_is_said_and_has_an_end(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()) as service:
        with nothing_stored(tmp_path):
            await server.say("新桥")
            await server.until(lambda: "in memory only" in str(service.problem()))
        await server.until(lambda: service.problem() is None)
    waiting = UnstoredFrames()
    big = {"body": "x" * (UNSTORED_BYTES // 2)}
    assert [waiting.add(big), waiting.add(big)] == [True, False]
    assert waiting.take() == big
    assert waiting.add(big)


def test_no_word_of_ours_shows_the_secret() -> None:
    assert SECRET not in repr(WeComOptions(BOT, SECRET))

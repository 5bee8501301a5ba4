"""However the connection ends, the same way leads to the next; nothing that came is lost, and no secret is logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, Reply, Run
from bot.platforms.client import CallError, RateLimited, Refused, ServerFault
from bot.platforms.wecom.client import SILENCE, TooLate, WeComOptions, error_for
from bot.platforms.wecom.service import UNSTORED_BYTES, UnstoredFrames
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.support.inbox import nothing_stored
from tests.wecom.server import BOT, SECRET, Gateway, gateway

ANN = Chat("wecom", "ann", ChatType.PRIVATE)
Ending = Callable[[Gateway], Awaitable[object]]


@pytest.fixture(autouse=True)
def no_secret_in_any_log(caplog: pytest.LogCaptureFixture) -> object:
    caplog.set_level(logging.DEBUG)
    yield
    assert SECRET not in caplog.text


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


@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)
async def test_however_it_ends_the_bot_is_there_again(tmp_path: Path, end: Ending) -> None:
    pings, acks = (0.5, 0.5) if end is silence else (30.0, 10.0)
    async with (
        gateway() as server,
        serving(server, tmp_path, Echo(), ping_seconds=pings, ack_seconds=acks) as service,
    ):
        await server.say("一")
        await server.until(lambda: server.said)
        await end(server)
        await server.until(lambda: server.subscriptions >= 2 and service.problem() is None)
        await server.say("二")
        await server.until(lambda: len(server.said) == 2)
    assert server.shown() == ["答：一", "答：二"]


async def test_two_unanswered_pings_are_a_dead_connection_and_it_is_found_in_75_seconds(
    tmp_path: Path,
) -> None:
    pings = 30.0
    assert 2 * pings < pings * SILENCE <= 75 - 5
    async with gateway() as server, serving(server, tmp_path, Echo(), ping_seconds=0.5):
        await server.until(lambda: [f["cmd"] for f in server.frames].count("ping") >= 4)
        assert server.subscriptions == 1  # answered pings keep it


async def test_what_is_brought_twice_is_answered_once(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()):
        for _ in range(3):
            await server.say("新桥", msgid="same")
        await server.say("完")
        await server.until(lambda: len(server.said) == 2)
    assert server.shown() == ["答：新桥", "答：完"]


async def test_odd_frames_hold_nobody_up(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()):
        for odd in (
            '{"cmd": "aibot_msg_',
            "[]",
            "{}",
            '{"cmd": "new"}',
            '{"headers": {"req_id": "?"}, "errcode": 0}',
        ):
            await server.raw(odd)
        await server.raw({"cmd": "aibot_msg_callback"})
        await server.raw(
            {"cmd": "aibot_msg_callback", "headers": [], "body": {"msgid": "x", "msgtype": "text"}}
        )
        event = {"eventtype": "enter_chat"}
        await server.push("aibot_event_callback", {"msgtype": "event", "event": event}, "ann")
        await server.push("aibot_event_callback", {"msgtype": "event", "event": {"eventtype": "new"}}, "ann")
        await server.say("新桥")
        await server.until(lambda: server.said)
    assert server.shown() == ["答：新桥"]


@pytest.mark.parametrize("code", [45009, 45033, 846609, -1])
async def test_what_is_refused_for_now_is_said_later(
    tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.wecom.client.FREQUENCY_SECONDS", 0.1)
    async with gateway() as server, serving(server, tmp_path, Echo()):
        server.answer_with("aibot_respond_msg", code)
        await server.say("新桥")
        await server.until(lambda: server.said)
    assert server.shown() == ["答：新桥"]


async def test_what_may_have_been_said_is_not_said_again(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo(), ack_seconds=0.5) as service:
        server.silent = True
        assert await service.send(ANN, Reply([Run("一")])) is None
        server.silent = False
    assert [frame["cmd"] for frame in server.frames].count("aibot_send_msg") == 1


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
        await server.until(lambda: server.said and service.problem() is None)
    assert server.shown() == ["答：新桥"]
    waiting = UnstoredFrames()
    big = {"body": "x" * (UNSTORED_BYTES // 2)}
    assert [waiting.add(big), waiting.add(big)] == [True, False]
    assert waiting.take() == big
    assert waiting.add(big)


async def test_the_end_waits_for_no_server(tmp_path: Path) -> None:
    echo = Echo()
    async with gateway() as server:
        async with serving(server, tmp_path, echo, ack_seconds=60):
            server.silent = True
            await server.say("新桥")
            await server.until(lambda: echo.heard)
        server.silent = False
        async with serving(server, tmp_path, echo):
            await server.until(lambda: server.said)
    assert server.shown() == ["答：新桥"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(45009, RateLimited), (846605, TooLate), (846609, ServerFault), (40058, Refused), (None, Refused)],
)
def test_each_code_stands_for_one_error(code: int | None, kind: type[CallError]) -> None:
    assert type(error_for({"errcode": code, "errmsg": "no"})) is kind


def test_no_word_of_ours_shows_the_secret() -> None:
    assert SECRET not in repr(WeComOptions(BOT, SECRET))

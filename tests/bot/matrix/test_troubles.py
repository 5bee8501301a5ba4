"""Whatever the homeserver does: received again, said once, nothing lost, and no secret in any log."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, Reply, Run
from bot.platforms.client import CallError, ChatClosed, RateLimited, Refused, ServerFault, Unauthorized
from bot.platforms.matrix.client import NotThere, error_for
from tests.bot.matrix.service import ANN, serving
from tests.bot.telegram.service import Echo
from tests.matrix import server as faults
from tests.matrix.server import TOKEN, Fault, homeserver
from tests.support.server import Garbage, Hang, Reset, free_port

SYNC_FAULTS: dict[str, Fault] = {
    "broken connection": Reset(),
    "broken after it was done": Reset(done=True),
    "silence": Hang(),
    "silence after it was done": Hang(done=True),
    "too many": faults.Refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=100),
    "a proxy's page": Garbage(b"<html>502</html>", 502),
    "a proxy's page with 200": Garbage(b"<html>ok</html>"),
    "a cut answer": Garbage(b'{"next_batch": "s9", "rooms": {"join": {"!'),
    "an answer of another kind": Garbage(b"[]"),
    "an answer without a position": Garbage(b'{"rooms": {}}'),
    "a token refused in passing": faults.Refused(401, "M_UNKNOWN_TOKEN"),
    "a server's fault": faults.Refused(500, "M_UNKNOWN"),
}


@pytest.fixture(autouse=True)
def no_secret_in_any_log(caplog: pytest.LogCaptureFixture) -> object:
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("fault", SYNC_FAULTS.values(), ids=SYNC_FAULTS.keys())
async def test_after_any_fault_of_sync_everything_is_answered_once(tmp_path: Path, fault: Fault) -> None:
    echo = Echo()
    async with homeserver() as server, serving(server, tmp_path, echo):
        room = server.room(ANN)
        server.fail("/sync", fault, times=2)
        for number in range(3):
            server.say(room, ANN, f"第{number}问")
        await server.until(lambda: len(server.shown(room)) >= 3)
        server.say(room, ANN, "完")
        await server.until(lambda: len(server.shown(room)) == 4)
    assert server.shown(room) == ["答：第0问", "答：第1问", "答：第2问", "答：完"]


SEND_FAULTS: dict[str, Fault] = {name: fault for name, fault in SYNC_FAULTS.items() if "position" not in name}


@pytest.mark.parametrize("fault", SEND_FAULTS.values(), ids=SEND_FAULTS.keys())
async def test_after_any_fault_of_sending_the_answer_is_there_once(tmp_path: Path, fault: Fault) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()):
        room = server.room(ANN)
        server.fail("/send/", fault)
        server.say(room, ANN, "新桥")
        await server.until(lambda: server.shown(room))
        server.say(room, ANN, "完")
        await server.until(lambda: server.shown(room)[-1] == "答：完")
    assert server.shown(room) == ["答：新桥", "答：完"]


async def test_a_position_that_the_server_does_not_know_is_given_up(tmp_path: Path) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()):
        room = server.room(ANN)
        asked = server.syncs
        server.fail("/sync", faults.Refused(400, "M_UNKNOWN_POS"))
        server.say(room, ANN, "一")
        await server.until(lambda: server.syncs >= asked + 2)  # for a new position, and from it
        server.say(room, ANN, "二")
        await server.until(lambda: "答：二" in server.shown(room))
    assert server.shown(room)[-1] == "答：二"


async def test_a_gap_that_cannot_be_read_keeps_nobody_waiting(tmp_path: Path) -> None:
    echo = Echo()
    async with homeserver() as server:
        async with serving(server, tmp_path, echo):
            room = server.room(ANN)
            server.say(room, ANN, "0")
            await server.until(lambda: echo.heard)
        for number in range(60):
            server.say(room, ANN, f"第{number}问")
        server.fail("/messages", faults.Refused(403, "M_FORBIDDEN"))
        async with serving(server, tmp_path, echo):
            await server.until(lambda: echo.heard[-1].text == "第59问")
    assert [message.text for message in echo.heard] == ["0", *(f"第{number}问" for number in range(10, 60))]


async def test_odd_events_hold_nobody_up(tmp_path: Path) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()):
        room = server.room(ANN)
        server.event(room, ANN, {"x": 1}, "org.example.unknown")
        server.event(room, ANN, {}, "m.room.message")
        server.event(room, ANN, {"msgtype": ["m.text"], "body": 7})
        server.event(room, ANN, {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.thread"}})
        server.event(
            room,
            ANN,
            {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace", "event_id": "$no"}},
        )
        room.add("m.room.message", ANN, {"msgtype": "m.text", "body": "x"})["event_id"] = "\ud83d"
        room.add("m.room.message", ANN, {"msgtype": "m.text", "body": "x"})["event_id"] = None
        server.say(room, ANN, "新桥")
        await server.until(lambda: server.shown(room))
    assert server.shown(room) == ["答：新桥"]


async def test_a_server_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with homeserver() as server, serving(server, tmp_path, Echo(), url=nowhere) as service:
        await server.until(
            lambda: "ConnectFailed" in str(service.problem()) or "no connection" in str(service.problem())
        )


async def test_a_room_that_forbids_us_is_closed_and_an_event_too_large_is_said_plainly(
    tmp_path: Path,
) -> None:
    async with homeserver() as server, serving(server, tmp_path, Echo()) as service:
        room = server.room(ANN)  # that we entered it may be heard after it was closed
        chat = Chat("matrix", room.id, ChatType.PRIVATE)
        server.fail("/send/", faults.Refused(413, "M_TOO_LARGE"))
        assert await service.send(chat, Reply([Run("桥", link="https://here")])) is not None
        assert "formatted_body" not in server.ours(room)[0]
        server.fail("/send/", faults.Refused(403, "M_FORBIDDEN"))
        assert await service.send(chat, Reply([Run("一")])) is None
        assert await service.send(chat, Reply([Run("二")])) is None
    assert server.shown(room) == ["桥"]


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, RateLimited),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, Unauthorized),
        (403, {"errcode": "M_FORBIDDEN"}, ChatClosed),
        (404, {"errcode": "M_NOT_FOUND"}, NotThere),
        (413, {"errcode": "M_TOO_LARGE"}, Refused),
        (502, {}, ServerFault),
        (400, {"errcode": "M_BAD_JSON"}, Refused),
    ],
)
def test_each_code_stands_for_one_error(status: int, said: dict[str, object], kind: type[CallError]) -> None:
    assert type(error_for(status, said, {})) is kind


@pytest.mark.parametrize(
    ("said", "headers", "seconds"),
    [
        ({"retry_after_ms": 1500}, {}, 1.5),
        ({}, {"Retry-After": "7"}, 7.0),
        ({}, {"Retry-After": "soon"}, 1.0),
        ({"retry_after_ms": 10**9}, {}, 3600.0),
    ],
)
def test_a_server_says_how_long_to_wait(
    said: dict[str, object], headers: dict[str, str], seconds: float
) -> None:
    error = error_for(429, said, headers)
    assert isinstance(error, RateLimited)
    assert error.seconds == seconds

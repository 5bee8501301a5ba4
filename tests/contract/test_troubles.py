"""Whatever a platform, the network or an update does: heard again, said once, nothing lost, no secret in any log; on each."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Reply, Run
from bot.platforms.feishu.updates import DATA, Frame
from bot.ports import Platform
from tests.bot.feishu import service as of_feishu
from tests.bot.matrix import service as of_matrix
from tests.bot.telegram import service as of_telegram
from tests.bot.telegram.service import Echo, Moves
from tests.bot.wecom import service as of_wecom
from tests.botapi import faults as telegrams
from tests.botapi.faults import Refusal
from tests.botapi.server import TOKEN as TELEGRAM_TOKEN
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import Json, message, private
from tests.feishu import events
from tests.feishu import server as feishus
from tests.feishu.server import Fault, Feishu, feishu
from tests.matrix import server as matrixes
from tests.matrix.server import Homeserver, homeserver
from tests.support.inbox import nothing_stored, statuses
from tests.support.people import FeishuPeople, MatrixPeople, People, TelegramPeople, WeComPeople
from tests.support.server import PATIENCE, Garbage, Hang, Reset, until
from tests.wecom import server as wecoms
from tests.wecom.server import ENDINGS, Gateway, gateway

Trouble = Callable[[Any], Awaitable[object] | None]
"""Does something to a server; whoever listened to it has to listen anew."""


@dataclass(frozen=True)
class Side:
    """A platform, its small server, and what may go wrong between them.

    `say` is the call that says something, by the name that its server plans faults under.
    """

    opening: Any
    serving: Any
    people: Any
    secrets: tuple[str, ...]
    say: str
    said: Callable[[Any], int]
    """How often something was tried to be said unasked."""
    hearing: Mapping[str, Trouble]
    saying: Mapping[str, Any]
    unsure: Mapping[str, Any] = field(default_factory=dict)
    """Faults after which a message may have arrived, where a platform would show it twice."""
    closed: Mapping[str, Any] = field(default_factory=dict)
    hang: Trouble | None = None
    """Lets everything hang that we wait for; on Telegram only of a whole process, tests/bot/test_starting.py, for it takes seconds."""
    unconfirmed: Callable[[Any], object] = lambda server: True
    """Whether the server knows that we have not taken what it brought last, where it can know."""
    again: Callable[[Any, str], Awaitable[None]] | None = None
    """Brings a message of somebody's, 一次, several times."""
    odd: Trouble = lambda server: None
    put_aside: Mapping[str, int] = field(default_factory=dict)
    """How what is `odd` ends."""
    connections: Callable[[Any], int] = lambda server: 0
    """How many there were; none where we poll."""
    options: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What it is to be served with, by trouble."""


def failing(where: str, fault: Any, times: float = 1) -> Trouble:
    return lambda server: server.fail(where, fault, times)


GARBAGE: dict[str, Garbage | Reset | Hang] = {
    "a proxy's page": Garbage(b"<html>502</html>", 502),
    "a proxy's page with 200": Garbage(b"<html>ok</html>"),
    "a reset": Reset(),
    "silence": Hang(),
}
POLLED: dict[str, Any] = {
    "401": telegrams.UNAUTHORIZED,
    "404": telegrams.NOT_FOUND,
    "409": telegrams.SECOND_POLLER,
    "429": telegrams.flood(1),
    "500": Refusal(500, "Internal Server Error"),
    "garbage": Garbage(b"\x00\xff{"),
    "not ok": Garbage(b'{"ok":false}'),
    "result is no list": Garbage(b'{"ok":true,"result":{}}'),
    "half a body": Garbage(b'{"ok":true,"result":[{"update_id":'),
    "deeply nested": Garbage(b'{"ok":true,"result":' + b"[" * 100_000),
    "huge number": Garbage(b'{"ok":true,"result":[{"update_id":' + b"9" * 5000 + b"}]}"),
    "gzip bomb": Garbage(gzip.compress(bytes(50 << 20)), encoding="gzip"),
    "too big": Garbage(bytes(33 << 20)),
    **GARBAGE,
}
SENT = {
    "429": telegrams.flood(1),
    "500 for a while": Refusal(500, "Internal Server Error"),
    "502": Garbage(b"<html>", 502),
    "401": telegrams.UNAUTHORIZED,
    "404": telegrams.NOT_FOUND,
    "connection lost": Reset(),
}
SYNCED: dict[str, matrixes.Fault] = {
    "a reset after it was done": Reset(done=True),
    "silence after it was done": Hang(done=True),
    "too many": matrixes.Refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=100),
    "a cut answer": Garbage(b'{"next_batch": "s9", "rooms": {"join": {"!'),
    "an answer of another kind": Garbage(b"[]"),
    "a token refused in passing": matrixes.Refused(401, "M_UNKNOWN_TOKEN"),
    "a server's fault": matrixes.Refused(500, "M_UNKNOWN"),
    **GARBAGE,
}
NO_POSITION = {"an answer without a position": Garbage(b'{"rooms": {}}')}
MESSAGES = "POST /open-apis/im/v1/messages"
CALLED = {
    "429": feishus.flood(1),
    "500": Fault(55001, 500, "internal error"),
    "502": Fault(status=502, body=b"<html>"),
    "token expired": Fault(99991663, 401, "Invalid access token for authorization"),
    "connection lost": Fault(abort=True),
    "done, but no answer": Fault(abort=True, done=True),
    "done, then garbage": Fault(status=200, body=b"\x00", done=True),
    "done, then silence": Fault(seconds=1.5, status=200, body=b"", done=True),
}
POISON: tuple[Json, ...] = (
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 7}, "text": "x"}},
    {"message": {**message("x", private(7)), "date": "gestern"}},
    {"message": {**message("x", private(7)), "text": ["x"]}},
    {"message": 5},
    {"message": {**message("x", private(7)), "entities": 3}},
)
NOT_SERVED: tuple[Json, ...] = (
    {"managed_bot_of_the_future": {"x": 1}},
    {"poll": {"id": "1"}},
    {"business_message": message("x", private(7))},
    {},
)


def telegram_brings_odd_things(api: BotApi) -> None:
    for number, content in enumerate((*POISON, *NOT_SERVED), 500):
        api.push_raw({"update_id": number, **content})
    junks: tuple[object, ...] = (None, 5, "x", [], {}, {"update_id": "7"}, {"update_id": 2**63})
    for junk in junks:
        api.push_raw(junk)


async def feishu_brings_odd_things(server: Feishu) -> None:
    await server.connected()
    whole = Frame(DATA, {"type": "event", "message_id": "m", "sum": "1", "seq": "0"}, b"{}", 7).encode()
    for raw in (whole[:-1], whole[: len(whole) // 2], b"\xff" * 40, b"\x0f\x01", b"", whole + b"\x2a\x7f"):
        await server.send_raw(raw)
    await server.open[-1].socket.send_str("text")
    for one in (
        events.event("im.message.receive_v1", {"message": {}}),
        events.event("im.message.receive_v1", {"message": {"message_id": "x" * 4000, "chat_type": "group"}}),
        {"header": 1},
        {"schema": "1.0", "uuid": "an event of the old kind", "type": "event_callback"},
        events.message(content={"text": 7}),
        events.message("x", create_time="tomorrow"),
        events.message(content={}),
        events.event("im.message.message_read_v1", {"reader": {}}),
        events.event("vc.meeting.started_v1", {}),
    ):
        assert (await server.answered(one)).answers == [200]


def matrix_brings_odd_things(server: Homeserver) -> None:
    (room,) = server.rooms.values()
    ann = room.creator
    server.event(room, ann, {"x": 1}, "org.example.unknown")
    server.event(room, ann, {}, "m.room.message")
    server.event(room, ann, {"msgtype": ["m.text"], "body": 7})
    for relation in ({"rel_type": "m.thread"}, {"rel_type": "m.replace", "event_id": "$no"}):
        server.event(room, ann, {"msgtype": "m.text", "body": "x", "m.relates_to": relation})
    for nobodys in ("\ud83d", None):
        room.add("m.room.message", ann, {"msgtype": "m.text", "body": "x"})["event_id"] = nobodys


async def wecom_brings_odd_things(server: Gateway) -> None:
    for odd in (
        *('{"cmd": "aibot_msg_', "[]", "{}", '{"cmd": "new"}', '{"headers": {"req_id": "?"}, "errcode": 0}'),
        {"cmd": "aibot_msg_callback"},
        {"cmd": "aibot_msg_callback", "headers": [], "body": {"msgid": "x", "msgtype": "text"}},
    ):
        await server.raw(odd)
    for kind in ("enter_chat", "new"):
        body = {"msgtype": "event", "event": {"eventtype": kind}}
        await server.push("aibot_event_callback", body, "ann")


async def telegram_brings_again(api: BotApi, reader: str) -> None:
    said = {"message": message("一次", private(int(reader)))}
    api.chats.learn(said)
    for _ in range(3):
        api.push_raw({"update_id": 900, **said})


async def feishu_brings_again(server: Feishu, reader: str) -> None:
    """Whoever never hears our acknowledgement brings the same message five times in seven hours, each another event."""
    said = events.message("一次", reader, name="om_once")
    for number in range(1 + len(feishus.LADDER)):
        header = {**said["header"], "event_id": f"ev-{number}"}
        assert (await server.answered({**said, "header": header})).tries == 1


async def wecom_brings_again(server: Gateway, reader: str) -> None:
    for _ in range(3):
        await server.say("一次", reader, msgid="same")


SIDES = {
    "telegram": Side(
        bot_api,
        of_telegram.polling,
        TelegramPeople,
        (TELEGRAM_TOKEN,),
        "sendMessage",
        lambda api: len([call for call in api.calls if call.method == "sendMessage"]),
        hearing={name: failing("getUpdates", fault) for name, fault in POLLED.items()},
        saying=SENT,
        unsure={"no answer": Hang(done=True), "garbage": Garbage(b"\x00")},
        closed={
            "blocked": telegrams.BLOCKED,
            "kicked": telegrams.KICKED,
            "not found": Refusal(400, "Bad Request: chat not found"),
            "no rights": Refusal(
                400, "Bad Request: not enough rights to send text messages to the chat"
            ),
        },
        unconfirmed=lambda api: api.queue,
        again=telegram_brings_again,
        odd=telegram_brings_odd_things,
        put_aside={"quarantined": len(POISON), "ignored": len(NOT_SERVED)},
        options={"no answer": {"call_seconds": 1.0}},
    ),
    "feishu": Side(
        partial(feishu, 300.0),
        of_feishu.serving,
        FeishuPeople,
        (
            *(feishus.SECRET, feishus.TICKET, feishus.ACCESS_KEY, "canary-tenant-token"),
            *(of_feishu.VERIFICATION, of_feishu.ENCRYPT),
        ),
        MESSAGES,
        lambda server: len([path for method, path, _ in server.calls if MESSAGES in f"{method} {path}"]),
        hearing={
            "closed": lambda server: server.close(),
            "reset": lambda server: server.abort(),
            "silence": lambda server: setattr(server.open[-1], "silent", True),
            "a ticket refused": lambda server: (server.fail("/ws", Fault(99991663, 401)), server.abort())[1],
            "no address": lambda server: (server.fail("endpoint", Fault(abort=True)), server.abort())[1],
        },
        saying=CALLED,
        closed={str(code): Fault(code) for code in (230002, 230013, 230053)},
        hang=failing(MESSAGES, Fault(seconds=3600), 9),
        unconfirmed=lambda server: 500 in server.deliveries[-1].answers,
        again=feishu_brings_again,
        odd=feishu_brings_odd_things,
        put_aside={"quarantined": 7},
        connections=lambda server: server.handshakes,
        options={"silence": {"ping_seconds": 0.3}, "done, then silence": {"call_seconds": 1.0}},
    ),
    "matrix": Side(
        homeserver,
        of_matrix.serving,
        MatrixPeople,
        (matrixes.TOKEN,),
        "/send/",
        lambda server: len([call for call in server.calls if "/send/" in call]),
        hearing={name: failing("/sync", fault, 2) for name, fault in (SYNCED | NO_POSITION).items()},
        saying=SYNCED,
        closed={"403": matrixes.Refused(403, "M_FORBIDDEN")},
        hang=failing("/send/", Hang(), 9),
        odd=matrix_brings_odd_things,
        put_aside={"quarantined": 3, "ignored": 1},
        options={
            trouble: {"poll_seconds": 0.2, "poll_grace": 0.2}
            for trouble in ("silence", "silence after it was done")
        },
    ),
    "wecom": Side(
        gateway,
        of_wecom.serving,
        WeComPeople,
        (wecoms.SECRET,),
        "aibot_respond_msg",
        lambda server: len([frame for frame in server.frames if frame["cmd"] == "aibot_send_msg"]),
        hearing={end.__name__.replace("_", " "): end for end in ENDINGS},
        saying={str(code): code for code in (45009, 45033, 846609, -1)},
        unsure={"no answer": None},
        hang=lambda server: setattr(server, "silent", True),
        again=wecom_brings_again,
        odd=wecom_brings_odd_things,
        put_aside={"quarantined": 1, "ignored": 2},
        connections=lambda server: server.subscriptions,
        options={
            "silence": {"ping_seconds": 0.3, "ack_seconds": 0.3},
            "no answer": {"ack_seconds": 0.5},
            "hang": {"ack_seconds": 3600},
        },
    ),
}  # fmt: skip


def each(troubles: Callable[[Side], Iterable[str]] = lambda side: [""]) -> pytest.MarkDecorator:
    """Each platform with each of its troubles."""
    rows = [(name, trouble) for name, side in SIDES.items() for trouble in troubles(side)]
    return pytest.mark.parametrize(
        ("platform", "trouble"), rows, ids=[" ".join(filter(None, row)) for row in rows]
    )


class Scene:
    """A reader in front of a platform, which may be served again and again."""

    def __init__(self, platform: str, server: Any, folder: Path, trouble: str) -> None:
        self.platform = platform
        self.side = SIDES[platform]
        self.server = server
        self.echo = Echo()
        self.moves = Moves()
        self.people: People = self.side.people(server)
        self.reader = self.people.person("member, private")
        self.chat = self.people.chat(self.reader)
        self.folder = folder
        self._given = self.side.options.get(trouble, {})

    @asynccontextmanager
    async def served(self, **options: object) -> AsyncIterator[Platform]:
        given = {"events": self.moves, **self._given, **options}
        async with self.side.serving(self.server, self.folder, self.echo, **given) as service:
            yield service

    async def do(self, trouble: Trouble) -> None:
        if (doing := trouble(self.server)) is not None:
            await doing

    def fail(self, fault: Any) -> None:
        """Let the next message of ours come to this."""
        if self.platform == "wecom":
            self.server.answer_with(self.side.say, fault)
        else:
            self.server.fail(self.side.say, fault)

    def heard(self) -> list[str]:
        return self.people.heard(self.reader)

    async def say(self, text: str) -> str:
        await until(self.people.hears)
        return await self.people.say(self.reader, text)

    async def ask(self, text: str) -> None:
        """Say something and wait for the answer."""
        await self.say(text)
        await until(lambda: f"答：{text}" in self.heard())

    def ended(self) -> Counter[str | None]:
        return Counter(statuses(self.folder, self.platform).values())


@asynccontextmanager
async def scene(platform: str, folder: Path, trouble: str = "") -> AsyncIterator[Scene]:
    async with SIDES[platform].opening() as server:
        yield Scene(platform, server, folder, trouble)


@pytest.fixture(autouse=True)
def no_secret_in_any_log(caplog: pytest.LogCaptureFixture, platform: str) -> Iterator[None]:
    """Whatever happens in any test here."""
    # One reads what is said in a test; the other says where it calls, which is cut out where logs are written.
    for library in ("markdown_it", "telegram"):
        caplog.set_level(logging.WARNING, library)
    for logger in ("", "aiohttp", "aiohttp.client", "asyncio", "bot"):
        caplog.set_level(logging.DEBUG, logger)
    yield
    records = caplog.get_records("setup") + caplog.get_records("call")  # by now its own are of this teardown
    said = "".join(f"{caplog.handler.format(record)}{record.__dict__}" for record in records)
    assert "[secret]" not in said, "hidden by us, not by the formatter"
    assert [secret for secret in SIDES[platform].secrets if secret in said] == []


@each(lambda side: side.hearing)
async def test_however_it_is_heard_no_more_what_is_said_then_is_answered_once_and_in_order(
    tmp_path: Path, platform: str, trouble: str
) -> None:
    async with scene(platform, tmp_path, trouble) as there, there.served() as service:
        await there.ask("一")
        before = there.side.connections(there.server)
        await there.do(there.side.hearing[trouble])
        await until(lambda: not before or there.side.connections(there.server) > before)
        await there.ask("二")  # ends a poll that began before
        await there.ask("三")
        await until(lambda: service.problem() is None)
    assert there.heard() == ["答：一", "答：二", "答：三"]


@each(lambda side: side.saying)
async def test_a_fault_met_once_does_not_cost_the_answer_and_says_nothing_twice(
    tmp_path: Path, platform: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.wecom.client.FREQUENCY_SECONDS", 0.1)
    async with scene(platform, tmp_path, trouble) as there, there.served():
        for _ in range(2 if "while" in trouble else 1):
            there.fail(there.side.saying[trouble])
        await there.ask("一")
        await there.ask("二")
        await until(lambda: there.ended() == {"answered": 2})
    assert there.heard() == ["答：一", "答：二"]
    assert [said.text for said in there.echo.heard] == ["一", "二"]


@each(lambda side: side.unsure)
async def test_what_may_have_been_said_is_not_said_again(tmp_path: Path, platform: str, trouble: str) -> None:
    async with scene(platform, tmp_path, trouble) as there, there.served() as service:
        await there.ask("一")
        before = there.side.said(there.server)
        if platform == "wecom":
            there.server.silent = True
        else:
            there.fail(there.side.unsure[trouble])
        assert await service.send(there.chat, Reply([Run("消息")])) is None
        assert there.side.said(there.server) == before + 1


@each(lambda side: side.closed)
async def test_a_closed_chat_is_left_alone_over_a_restart_until_somebody_asks_there(
    tmp_path: Path, platform: str, trouble: str
) -> None:
    news = Reply([Run("消息")])
    async with scene(platform, tmp_path) as there:
        async with there.served() as service:
            await there.ask("一")
            there.fail(there.side.closed[trouble])
            before = there.side.said(there.server)
            assert await service.send(there.chat, news) is None
        async with there.served() as service:
            assert await service.send(there.chat, news) is None
            assert there.side.said(there.server) == before + 1
            await there.ask("二")
            await until(lambda: there.ended() == {"answered": 2})
            assert await service.send(there.chat, news)
    assert there.heard() == ["答：一", "答：二", "消息"]
    assert there.moves.told == [("closed", there.chat.id)]


@each()
async def test_what_cannot_be_stored_is_not_confirmed_and_answered_once_when_it_can(
    tmp_path: Path, platform: str, trouble: str
) -> None:
    async with scene(platform, tmp_path) as there, there.served() as service:
        refused = service.metrics.inbox_errors  # type: ignore[attr-defined]
        await there.ask("一")
        with nothing_stored(tmp_path):
            saying = asyncio.create_task(there.say("二"))  # on Feishu until it is acknowledged
            await until(lambda: refused._value.get() and there.side.unconfirmed(there.server))
        await until(lambda: len(there.heard()) == 2)
        await saying
        await there.ask("三")
    assert there.heard() == ["答：一", "答：二", "答：三"]


@each(lambda side: [""] if side.again else [])
async def test_what_is_brought_again_and_after_a_restart_is_answered_once(
    tmp_path: Path, platform: str, trouble: str
) -> None:
    async with scene(platform, tmp_path) as there:
        assert there.side.again
        for last in ("先", "后"):
            async with there.served():
                await until(there.people.hears)
                await there.side.again(there.server, there.reader.id)
                await there.ask(last)
    assert there.heard() == ["答：一次", "答：先", "答：后"]


@each()
async def test_odd_things_hold_nobody_up_cost_no_connection_and_are_put_aside(
    tmp_path: Path, platform: str, trouble: str
) -> None:
    async with scene(platform, tmp_path) as there:
        async with there.served():
            await there.do(there.side.odd)
            await there.ask("还在吗")
            wanted = {"answered": 1, **there.side.put_aside}
            await until(lambda: there.ended().total() == sum(wanted.values()) and None not in there.ended())
        assert there.ended() == wanted
        assert there.heard() == ["答：还在吗"]
        assert there.side.connections(there.server) <= 1


@each()
async def test_a_server_that_is_not_there_is_told_and_waited_for(
    tmp_path: Path, platform: str, trouble: str
) -> None:
    unheard = {"matrix": {"heard": False}, "wecom": {"subscribed": False}}.get(platform, {})
    async with scene(platform, tmp_path) as there:
        there.server.url = "http://127.0.0.1:9"
        async with there.served(**unheard) as service:
            await until(lambda: "onnect" in str(service.problem()))


@each(lambda side: ["hang"] if side.hang else [])
async def test_the_end_waits_for_no_server_and_what_was_in_hand_is_answered_after_the_next_start(
    tmp_path: Path, platform: str, trouble: str
) -> None:
    async with scene(platform, tmp_path, trouble) as there, asyncio.timeout(PATIENCE):
        async with there.served():
            await there.ask("先")
            assert there.side.hang
            await there.do(there.side.hang)
            await there.say("后")
            await until(lambda: len(there.echo.heard) == 2)
            if platform == "feishu":  # and the next connection
                there.server.fail("endpoint", Fault(seconds=3600), 9)
                await there.server.close()
        there.server.planned.clear()
        if platform == "wecom":
            there.server.silent = False
        async with there.served():
            await until(lambda: len(there.heard()) == 2)
    assert there.heard() == ["答：先", "答：后"]

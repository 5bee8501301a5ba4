"""Every chat platform keeps the contract, each against a small strict server of its own; so do the terminal and the page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.messages import Button, Chat, ChatType, Conversation, Message, Reply, Run, Sender
from bot.platforms.receiving import REFUSED_SECONDS
from bot.platforms.service import Clocks
from bot.ports import Interactions, Platform
from bot.query_service import ask_verified
from bot.terminal.console import ConsoleStyle, answer_text, reply_text
from bot.texts import phrases
from bot.web.readers import Readers
from bot.web.server import HealthChecks, make_site
from tests.bot.feishu import service as of_feishu
from tests.bot.matrix import service as of_matrix
from tests.bot.telegram import service as of_telegram
from tests.bot.telegram.service import Echo
from tests.bot.wecom import service as of_wecom
from tests.botapi.faults import UNAUTHORIZED
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.contract.fake import FakePlatform
from tests.contract.surface import (
    PAPER,
    AnswerContract,
    Ask,
    ChatContract,
    FileContract,
    GatewayContract,
    Stage,
    query_service,
    stage_of,
)
from tests.feishu import events
from tests.feishu.server import feishu
from tests.matrix.server import homeserver
from tests.support.clock import Clock
from tests.support.people import FeishuPeople, MatrixPeople, TelegramPeople, WeComPeople
from tests.wecom.server import gateway


class TestTelegram(ChatContract, FileContract):
    """Against the strict Bot API server."""

    NOBODYS = ("0", "1087968824", "777000", "136817688", "1" * 30)  # those that Telegram lends to others too

    @asynccontextmanager
    async def stage(self, folder: Path, conversation: Conversation) -> AsyncIterator[Stage]:
        async with bot_api() as api, of_telegram.polling(api, folder, conversation) as service:
            api.files["f1"] = b"one"
            stage = stage_of(service, TelegramPeople(api))
            api.chats.learn({"message": message("你好", private(int(stage.chat.id)))})
            yield stage

    async def test_leading_zeros_make_no_other_person(self, platform: Platform) -> None:
        assert platform.person_id("007") == "7"


class TestFeishu(ChatContract, FileContract):
    """Against the strict small Feishu."""

    LONG = 20_000
    PERSON = events.ANN
    FILE = "m1/file/f1"

    @asynccontextmanager
    async def stage(self, folder: Path, conversation: Conversation) -> AsyncIterator[Stage]:
        async with feishu() as server, of_feishu.serving(server, folder, conversation) as service:
            server.files["f1"] = b"one"
            server.known.add("m1")
            yield stage_of(service, FeishuPeople(server))

    async def test_a_card_that_is_edited_stays_a_card_and_a_post_a_post(self, surface: Stage) -> None:
        buttons = [[Button("更多", "m.1.0")]]
        for first, second in ((buttons, ()), ((), buttons)):
            sent = await surface.outbox.send(surface.chat, Reply([Run("旧")], first))
            assert await surface.outbox.send(surface.chat, Reply([Run("新")], second, edits=sent)) == sent
            assert surface.seen()[-1].startswith("新")
        assert len(surface.seen()) == 2


class TestMatrix(ChatContract, FileContract):
    """Against the small homeserver."""

    LONG = 20_000
    PERSON = of_matrix.ANN
    NOBODYS = (
        "ann",
        "@:here",
        "#ann:here",
        "@ann",
        "@ann:",
        "@ann:here:x",
        "@an n:here",
        "@ann:" + "a" * 255,
    )
    FILE = "mxc://here/f1"

    @asynccontextmanager
    async def stage(self, folder: Path, conversation: Conversation) -> AsyncIterator[Stage]:
        async with homeserver() as server, of_matrix.serving(server, folder, conversation) as service:
            server.media["mxc://here/f1"] = b"one"
            yield stage_of(service, MatrixPeople(server))


class TestWeCom(ChatContract):
    """Against the small gateway."""

    LONG = 12_000
    PERSON = "zhang.san_1@here"
    NOBODYS = ("张三", "_ann", ".ann", "a b", "a" * 65)

    @asynccontextmanager
    async def stage(self, folder: Path, conversation: Conversation) -> AsyncIterator[Stage]:
        async with gateway() as server, of_wecom.serving(server, folder, conversation) as service:
            yield stage_of(service, WeComPeople(server))


WRONG: dict[str, tuple[Any, Any, str, dict[str, object]]] = {
    "CHUCHU_TELEGRAM_TOKEN": (bot_api, of_telegram.polling, "Unauthorized", {}),
    "CHUCHU_FEISHU_APP_SECRET": (feishu, of_feishu.serving, "10014", {"secret": "wrong"}),
    "CHUCHU_MATRIX_TOKEN": (homeserver, of_matrix.serving, "M_UNKNOWN_TOKEN", {"token": "wrong"}),
    "CHUCHU_WECOM_SECRET": (gateway, of_wecom.serving, "40013", {"secret": "wrong", "subscribed": False}),
}
"""By setting: the server, who serves, what the server says to who is not known, and how not to be known."""


@pytest.mark.parametrize("setting", WRONG)
async def test_who_is_refused_for_five_minutes_is_told_which_setting(tmp_path: Path, setting: str) -> None:
    opening, serving, word, wrong = WRONG[setting]
    clock, told = Clock(0.0), list[str]()
    clocks = Clocks(monotonic=clock)
    async with opening() as server:
        if not wrong:
            for method in ("getMe", "getUpdates"):
                server.fail(method, UNAUTHORIZED, float("inf"))
        async with serving(server, tmp_path, Echo(), on_fatal=told.append, clocks=clocks, **wrong) as service:
            await server.until(lambda: word in str(service.problem()))
            assert told == []
            clock.forward(seconds=REFUSED_SECONDS)
            await server.until(lambda: told)
    assert setting in told[0]


class TestFake(ChatContract, FileContract):
    """The tests' own small platform, so that what it is used for can be believed."""

    @asynccontextmanager
    async def stage(self, folder: Path, conversation: Conversation) -> AsyncIterator[Stage]:
        fake, chat = FakePlatform(files={"f1": [b"one"]}), Chat("fake", "7", ChatType.PRIVATE)

        async def say(text: str) -> None:
            for reply in await conversation.message(Message(chat, "1", Sender("7"), text, datetime.now(UTC))):
                await fake.send(chat, reply)

        yield Stage(fake, chat, lambda: list(fake.screen.values()), say)


class Paragraphs:
    """What is written in a terminal, reply by reply; styles are off, as in a pipe."""

    def __init__(self) -> None:
        self.written: list[str] = []

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        self.written.append(reply_text(reply, ConsoleStyle(terminal=False, colour=False)))
        return str(len(self.written))


class TerminalSurface:
    """A terminal whose screen can be read."""

    def __init__(self) -> None:
        self.outbox = Paragraphs()
        self.chat = Chat("terminal", "here", ChatType.PRIVATE)

    def seen(self) -> Sequence[str]:
        return self.outbox.written


class TestTerminal(GatewayContract, AnswerContract):
    """The suites, run on the terminal."""

    @pytest.fixture
    def surface(self) -> TerminalSurface:
        return TerminalSurface()

    @pytest.fixture
    def ask(self) -> Ask:
        async def asked(question: str) -> str:
            style = ConsoleStyle(terminal=False, colour=False)
            return answer_text(ask_verified(PAPER, question, 10), style, phrases("zh"))

        return asked


class TestPage(AnswerContract):
    """The suite, run on the page."""

    @pytest.fixture
    async def ask(self) -> AsyncIterator[Ask]:
        with query_service() as queries:
            site = make_site(Readers(queries, Interactions()), HealthChecks(), phrases("zh"))
            async with TestClient(TestServer(site)) as client:

                async def asked(question: str) -> str:
                    async with client.get("/", params={"q": question}) as response:
                        return unescape(re.sub(r"<[^>]*>", "", await response.text()))

                yield asked

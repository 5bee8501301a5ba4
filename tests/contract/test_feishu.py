"""Feishu keeps the contract of all platforms, against the strict small Feishu."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.messages import Button, Chat, ChatType, MessageGateway, Reply, Run
from bot.ports import Platform
from tests.bot.feishu.service import serving
from tests.bot.telegram.service import Echo
from tests.contract.answers import AnswerContract, Ask, dispatcher, query_service
from tests.contract.surface import FileContract, GatewayContract, PlatformContract
from tests.feishu.events import ANN, message
from tests.feishu.server import Feishu, feishu


class FeishuSurface:
    """A private chat, read as its person reads it."""

    def __init__(self, server: Feishu, outbox: MessageGateway) -> None:
        self._server = server
        self.outbox = outbox
        self.chat = Chat("feishu", ANN, ChatType.PRIVATE)

    def seen(self) -> Sequence[str]:
        return self._server.texts(ANN)


@pytest.fixture
async def surface(tmp_path: Path) -> AsyncIterator[FeishuSurface]:
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        yield FeishuSurface(server, service)


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        server.files["f1"] = b"one"
        server.known.add("m1")
        yield service


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    with query_service() as queries:
        async with feishu() as server, serving(server, tmp_path, dispatcher(queries)):

            async def asked(question: str) -> str:
                await server.connected()
                await server.answered(message(question))
                await server.until(lambda: server.texts(ANN))
                return "\n".join(server.texts(ANN))

            yield asked


class TestFeishu(GatewayContract, PlatformContract, FileContract, AnswerContract):
    """The suites, run on Feishu."""

    PERSON = ANN
    FILE = "m1/f1"

    async def test_a_card_that_is_edited_stays_a_card_and_a_post_a_post(self, surface: FeishuSurface) -> None:
        buttons = [[Button("更多", "m.1.0")]]
        for first, second in ((buttons, ()), ((), buttons)):
            sent = await surface.outbox.send(surface.chat, Reply([Run("旧")], first))
            assert await surface.outbox.send(surface.chat, Reply([Run("新")], second, edits=sent)) == sent
            assert surface.seen()[-1].startswith("新")
        assert len(surface.seen()) == 2

"""WeCom keeps the contract of all platforms, against the small gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, MessageGateway
from bot.ports import Platform
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.contract.answers import AnswerContract, Ask, dispatcher, query_service
from tests.contract.surface import GatewayContract, PlatformContract
from tests.wecom.server import Gateway, gateway


class WeComSurface:
    """A private chat, read as its person reads it."""

    def __init__(self, server: Gateway, outbox: MessageGateway) -> None:
        self._server = server
        self.outbox = outbox
        self.chat = Chat("wecom", "ann", ChatType.PRIVATE)

    def seen(self) -> Sequence[str]:
        return self._server.shown("ann")


@pytest.fixture
async def surface(tmp_path: Path) -> AsyncIterator[WeComSurface]:
    async with gateway() as server, serving(server, tmp_path, Echo()) as service:
        yield WeComSurface(server, service)


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with gateway() as server, serving(server, tmp_path, Echo()) as service:
        yield service


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    with query_service() as queries:
        async with gateway() as server, serving(server, tmp_path, dispatcher(queries)):

            async def asked(question: str) -> str:
                await server.say(question)
                await server.until(lambda: server.shown())
                return "\n".join(server.shown())

            yield asked


class TestWeCom(GatewayContract, PlatformContract, AnswerContract):
    """The suites, run on WeCom."""

    PERSON = "zhang.san_1@here"

    @pytest.mark.parametrize("typed", ["张三", "_ann", ".ann", "a b", "a" * 65])
    async def test_an_id_is_an_account_of_the_address_book(self, platform: Platform, typed: str) -> None:
        with pytest.raises(ValueError, match="id"):
            platform.person_id(typed)

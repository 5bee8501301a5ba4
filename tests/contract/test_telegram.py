"""Telegram keeps the contract of all platforms, against the strict Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, MessageGateway
from bot.ports import Platform
from tests.bot.telegram.service import Echo, polling
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import BOT_ID, message, private
from tests.contract.answers import AnswerContract, Ask, dispatcher, query_service
from tests.contract.surface import FileContract, GatewayContract, PlatformContract


class TelegramSurface:
    """A private chat, read as its person reads it."""

    def __init__(self, api: BotApi, outbox: MessageGateway) -> None:
        self._api = api
        self.outbox = outbox
        self.chat = Chat("telegram", "7", ChatType.PRIVATE)

    def seen(self) -> Sequence[str]:
        ours = [said for said in self._api.chats.messages.values() if said["from"]["id"] == BOT_ID]
        return [self._visible(said) for said in ours]

    def _visible(self, said: dict) -> str:
        rows = said.get("reply_markup", {}).get("inline_keyboard", [])
        return "\n".join([said["text"], *(button["text"] for row in rows for button in row)])


@pytest.fixture
async def surface(tmp_path: Path) -> AsyncIterator[TelegramSurface]:
    async with bot_api() as api, polling(api, tmp_path, Echo()) as service:
        api.chats.learn({"message": message("你好", private(7))})
        yield TelegramSurface(api, service)


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with bot_api() as api, polling(api, tmp_path, Echo()) as service:
        api.files["f1"] = b"one"
        yield service


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    with query_service() as queries:
        async with bot_api() as api, polling(api, tmp_path, dispatcher(queries)):

            async def asked(question: str) -> str:
                api.push(message=message(question, private(7)))
                await api.until(lambda: api.said(7))
                return "\n".join(api.said(7))

            yield asked


class TestTelegram(GatewayContract, PlatformContract, FileContract, AnswerContract):
    """The suites, run on Telegram."""

    @pytest.mark.parametrize("typed", ["0", "1087968824", "777000", "136817688", "1" * 30])
    async def test_an_id_that_telegram_lends_to_others_is_nobodys(
        self, platform: Platform, typed: str
    ) -> None:
        with pytest.raises(ValueError, match="id"):
            platform.person_id(typed)

    async def test_leading_zeros_make_no_other_person(self, platform: Platform) -> None:
        assert platform.person_id("007") == "7"

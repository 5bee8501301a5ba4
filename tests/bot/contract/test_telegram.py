"""Telegram keeps the contract of all platforms, against the strict Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, MessageGateway
from tests.bot.contract.surface import GatewayContract
from tests.bot.telegram.service import Echo, polling
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import BOT_ID, message, private


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


class TestTelegram(GatewayContract):
    """The suite, run on Telegram."""

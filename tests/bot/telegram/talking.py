"""Talking to the whole bot update by update: each is pushed, and its ending waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.platforms.telegram.setup import Telegram
from tests.bot.telegram.service import endings
from tests.botapi.server import TOKEN, BotApi, bot_api
from tests.botapi.updates import BOT_ID, Json, press
from tests.contract.rights import whole_bot


@dataclass(frozen=True, slots=True)
class Said:
    """What the bot did about one update: its ending, and its calls to anybody."""

    ending: str
    calls: list[tuple[str, Json]]

    @property
    def texts(self) -> list[str]:
        """Texts sent or edited, and the notice on a press, in order."""
        saying = ("sendMessage", "editMessageText", "answerCallbackQuery")
        return [asked["text"] for method, asked in self.calls if method in saying and "text" in asked]

    @property
    def text(self) -> str:
        """The only text."""
        (text,) = self.texts
        return text


class Bot:
    """A bot that serves one data folder, and the server it talks to."""

    def __init__(self, api: BotApi, data: Path) -> None:
        self.api = api
        self.data = data
        self._queries = 0

    async def tell(self, **update: Any) -> Said:
        """Push one update and wait until the inbox says how it ended."""
        before = len(self.api.calls)
        number = self.api.push(**update)
        await self.api.until(lambda: endings(self.data).get(number))
        made = [call for call in self.api.calls[before:] if call.refused is None]
        return Said(str(endings(self.data)[number]), [(call.method, call.parameters) for call in made])

    async def press(self, label: str, shown: Json, sender: Json, under: Json | None = None) -> Said:
        """Press the button of that label on a message, as if it were under another one."""
        rows = shown["reply_markup"]["inline_keyboard"]
        (data,) = [button["callback_data"] for row in rows for button in row if button["text"] == label]
        self._queries += 1
        return await self.tell(callback_query=press(data, under or shown, f"q{self._queries}", sender))

    def last(self, chat: Json) -> Json:
        return [
            m
            for (c, _), m in self.api.chats.messages.items()
            if c == chat["id"] and m["from"]["id"] == BOT_ID
        ][-1]


@asynccontextmanager
async def talking(folder: Path, owners: Iterable[int] = (), api: BotApi | None = None) -> AsyncIterator[Bot]:
    """The whole bot over a small newspaper, in this process, once it has told its menus."""
    if api is None:
        async with bot_api() as own, talking(folder, owners, own) as bot:
            yield bot
        return
    setup = Telegram(
        telegram_token=SecretStr(TOKEN),
        telegram_api=api.url,
        _env_file=None,  # type: ignore[call-arg]
    )
    menus: Callable[[], bool] = lambda: len(api.made("setMyCommands")) >= 6  # noqa: E731
    async with whole_bot(folder, setup, map(str, owners)) as data:
        await api.until(menus)
        yield Bot(api, data)

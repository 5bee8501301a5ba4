"""Talking to the running bot update by update: each is pushed, and its ending waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import BOT_ID, Json, press


@dataclass(frozen=True, slots=True)
class Said:
    """What the bot did about one update: its ending, and its calls to anybody."""

    ending: str
    calls: list[tuple[str, Json]]

    def to(self, chat: int) -> Said:
        """What of it one chat was told; what goes on beside the talk may speak to another meanwhile."""
        return Said(self.ending, [call for call in self.calls if call[1].get("chat_id") == chat])

    @property
    def texts(self) -> list[str]:
        """Texts sent or edited, in order."""
        return [asked["text"] for method, asked in self.calls if method in ("sendMessage", "editMessageText")]

    @property
    def notice(self) -> str | None:
        """The notice on a press."""
        return next(
            (asked.get("text") for method, asked in self.calls if method == "answerCallbackQuery"), None
        )

    @property
    def text(self) -> str:
        """The only text."""
        (text,) = self.texts
        return text


class Bot:
    """The running bot and the server it talks to."""

    def __init__(self, api: BotApi, process: BotProcess) -> None:
        self.api = api
        self._process = process
        self._queries = 0

    async def tell(self, **update: Any) -> Said:
        """Push one update and wait until the inbox says how it ended."""
        before = len(self.api.calls)
        number = self.api.push(**update)
        await self.api.until(lambda: self._process.endings().get(number))
        made = [call for call in self.api.calls[before:] if call.refused is None]
        return Said(str(self._process.endings()[number]), [(call.method, call.parameters) for call in made])

    async def press(self, label: str, chat: Json, sender: Json) -> Said:
        """Press the button of that label on the bot's newest message in a chat."""
        on = self.last(chat)
        rows = on["reply_markup"]["inline_keyboard"]
        (data,) = [button["callback_data"] for row in rows for button in row if button["text"] == label]
        return await self.press_data(data, on, sender)

    async def press_data(self, data: str, on: Json | None, sender: Json, **more: Any) -> Said:
        """Press a button that carries anything at all."""
        self._queries += 1
        return await self.tell(callback_query=press(data, on, f"q{self._queries}", sender, **more))

    def last(self, chat: Json) -> Json:
        """The bot's newest message in a chat."""
        return [
            m
            for (c, _), m in self.api.chats.messages.items()
            if c == chat["id"] and m["from"]["id"] == BOT_ID
        ][-1]


@asynccontextmanager
async def talking(folder: Path, **settings: str) -> AsyncIterator[Bot]:
    """A bot that runs and has told its menus."""
    async with bot_api() as api, bot_process(folder, api, **settings) as process:
        await api.until(lambda: len(api.made("setMyCommands")) >= 6, 60)
        yield Bot(api, process)

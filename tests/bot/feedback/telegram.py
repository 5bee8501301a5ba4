"""Talking with the real bot process over the strict Bot API server."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.botapi.calls import Call
from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import Json, group, message, press, private, user


def article(folder: Path, name: str, title: str, *sentences: str) -> None:
    """Write one article, a sentence a line."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join((title, *sentences)) + "\n", encoding="utf-8")


@dataclass
class Talk:
    """Readers and admins speaking to one bot."""

    api: BotApi
    bot: BotProcess
    articles: Path
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def says(self, chat: int, text: str, sender: int | None = None) -> None:
        """Send a message and wait until it has ended."""
        where = private(chat) if chat > 0 else group(chat)
        said = message(text, where, next(self.numbers), user(sender or chat))
        await self.ended(self.api.push(message=said))

    async def press(self, chat: int, label: str, sender: int | None = None) -> None:
        """Press the newest button of that label in a chat, and wait until it has ended."""
        data, on = next(
            (button["callback_data"], call.result)
            for call in reversed(self.api.made("sendMessage"))
            if call.chat == chat
            for row in call.result.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
            if button["text"] == label
        )
        query = press(data, on, f"q{next(self.numbers)}", user(sender or chat))
        await self.ended(self.api.push(callback_query=query))

    async def ended(self, update: int) -> None:
        """Wait until an update has ended."""
        await self.api.until(lambda: self.bot.endings().get(update), 30)

    async def hears(self, chat: int, count: int) -> None:
        """Wait until so many texts were said in a chat."""
        await self.api.until(lambda: len(self.api.said(chat)) >= count, 30)

    def last(self, chat: int) -> Call:
        """The last thing said in a chat."""
        return [call for call in self.api.made("sendMessage") if call.chat == chat][-1]

    def knows(self, *chats: Json) -> None:
        """Make chats known to the server without a word said."""
        for chat in chats:
            self.api.chats.known[chat["id"]] = chat


@asynccontextmanager
async def talking(folder: Path, admin: int, **settings: str) -> AsyncIterator[Talk]:
    """A bot over a small newspaper of its own."""
    articles = folder / "articles"
    article(articles, "ciie.txt", "进博会筹备启动", "第二届进博会筹备工作正式启动，共有三十个国家报名参展。")
    article(articles, "road.txt", "道路施工公告", "本市将对十二条道路进行整修，预计明年三月完工。")
    given = {"CHUCHU_ARTICLES": str(articles), "CHUCHU_ADMINS": str(admin), **settings}
    async with bot_api() as api, bot_process(folder, api, **given) as bot:
        yield Talk(api, bot, articles)

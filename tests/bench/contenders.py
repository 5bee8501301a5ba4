"""The three bots that `transport` compares, each run as a process: `python -m tests.bench.contenders NAME API`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bot.messages import (
    ButtonPress,
    Chat,
    ChatType,
    Conversation,
    InlineAnswer,
    InlineQuery,
    Message,
    Reply,
    Run,
    Sender,
)
from tests.support.inbox import open_host
from tests.support.server import listening

SECRET = "bench-secret"
TOKEN = "4242:AAH_token-of-the-benchmark_0123456789"


class Silent:
    """A conversation without a lookup: the same short answer to everything."""

    async def message(self, message: Message) -> Sequence[Reply]:
        return [Reply([Run("答：莫德纳")], reply_to=message.id)]

    async def too_many(self, message: Message) -> Sequence[Reply]:
        return ()

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        return ()

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        return InlineAnswer(())


async def conversation(stack: AsyncExitStack, lookup: bool) -> Conversation:
    """The real conversation over the seeds, or none worth its name."""
    if not lookup:
        return Silent()
    from bot.config import Settings
    from bot.handlers.dispatcher import Dispatcher
    from bot.offline import open_snapshot
    from bot.ports import Interactions
    from bot.query_service import open_query_service
    from bot.runtime import now
    from knowledge.snapshot import SnapshotHolder

    store = SnapshotHolder(stack.enter_context(open_snapshot(Settings())))
    found = stack.enter_context(open_query_service(store))
    await found.warm()
    return Dispatcher(found, Interactions(clock=now))


async def ours(stack: AsyncExitStack, api: str, talk: Conversation) -> web.Application:
    """The webhook of this project, with limits out of the way."""
    from bot.platforms.telegram.service import TelegramOptions, TelegramService
    from bot.sharing import Rate

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    host = await stack.enter_async_context(open_host(folder, talk))
    options = TelegramOptions(TOKEN, api, "https://x/telegram", SECRET, overall=Rate(1e-6, 1))
    service = await stack.enter_async_context(TelegramService(options, host).serving())
    assert service.webhook is not None
    app = web.Application()
    app.router.add_post("/telegram", service.webhook.handle)
    return app


async def usual(stack: AsyncExitStack, api: str, talk: Conversation) -> web.Application:
    """python-telegram-bot's custom webhook example, on aiohttp: parse, queue, Application, HTTPX."""
    from telegram import MessageEntity, ReplyParameters, Update
    from telegram.ext import Application, ContextTypes, MessageHandler, filters

    async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        asked = update.effective_message
        assert asked is not None
        assert asked.text is not None
        sender, chat = Sender(str(asked.chat_id)), Chat("telegram", str(asked.chat_id), ChatType.PRIVATE)
        heard = Message(chat, str(asked.message_id), sender, asked.text, datetime.now(UTC))
        for reply in await talk.message(heard):
            bold = [MessageEntity("bold", 0, 1)]
            quote = ReplyParameters(asked.message_id)
            await context.bot.send_message(asked.chat_id, reply.text, entities=bold, reply_parameters=quote)

    builder = Application.builder().token(TOKEN).base_url(f"{api}/bot").updater(None)
    bot = builder.concurrent_updates(64).build()
    bot.add_handler(MessageHandler(filters.TEXT, answer))
    await stack.enter_async_context(bot)
    await bot.start()
    stack.push_async_callback(bot.stop)

    async def hook(request: web.Request) -> web.Response:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == SECRET
        await bot.update_queue.put(Update.de_json(await request.json(), bot.bot))
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", hook)
    return app


async def bare(stack: AsyncExitStack, api: str, talk: Conversation) -> web.Application:
    """A handler that parses the JSON and does nothing with it."""

    async def hook(request: web.Request) -> web.Response:
        assert (await request.json())["update_id"]
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", hook)
    return app


@asynccontextmanager
async def running(name: str, api: str, lookup: bool) -> AsyncIterator[str]:
    """Run a contender; yields the address of its webhook."""
    async with AsyncExitStack() as stack:
        talk = await conversation(stack, lookup)
        app = await {"ours": ours, "usual": usual, "bare": bare}[name](stack, api, talk)
        yield f"{await stack.enter_async_context(listening(app))}/telegram"


async def serve(name: str, api: str, lookup: bool) -> None:
    async with running(name, api, lookup) as address:
        print(address, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=["ours", "usual", "bare"])
    parser.add_argument("api")
    parser.add_argument("--lookup", action="store_true")
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve(given.name, given.api, given.lookup))

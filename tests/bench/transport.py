"""CPU of an update from webhook to answer: ours, the same bot built the usual way, and a bare aiohttp handler.

Each contender is a process of its own (`python -m tests.bench.transport NAME API`); the measuring one plays Telegram: it delivers updates, takes the answers and
reads the contender's CPU time. The usual way is python-telegram-bot's own custom webhook example: a handler that
parses and queues, the Application, HTTPX. Each is measured without a lookup (receive, store, send alone) and
with the real one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from statistics import median, quantiles

import aiohttp
import psutil
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.messages import Chat, ChatType, Conversation, Message, Reply, Run, Sender
from tests.bench.measured import folder
from tests.bot.telegram.service import Echo
from tests.botapi.updates import BOT, message, private
from tests.support.inbox import open_host
from tests.support.server import listening

QUESTION = "莫德纳"
WARM_UP, AT_ONCE = 300, 32
GOAL = 1 / 3
RUNS = (("ours", False), ("usual", False), ("bare", False), ("ours", True), ("usual", True))


class Telegram:
    """Delivers updates and takes answers; the bare handler sends none."""

    hook = ""

    def __init__(self, is_answered: bool) -> None:
        self._is_answered = is_answered
        self._sent: dict[int, asyncio.Future[float]] = {}
        self._chat = 1000
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Listen; yields the address."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        connector = aiohttp.TCPConnector(limit=0)
        async with listening(app) as address, aiohttp.ClientSession(connector=connector) as self._session:
            yield address

    async def deliver(self) -> float:
        """Bring one update of a new reader; return the seconds until its answer, or its acknowledgement."""
        assert self._session is not None
        self._chat += 1
        chat = self._chat
        body = json.dumps({"update_id": chat, "message": message(QUESTION, private(chat), chat)})
        answer = self._sent[chat] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        async with self._session.post(self.hook, data=body, headers=headers) as response:
            assert response.status == 200, response.status
        return (await asyncio.wait_for(answer, 60) if self._is_answered else time.perf_counter()) - began

    async def at_once(self, count: int) -> None:
        """So many updates, as many at a time as an Application takes."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with slots:
                await self.deliver()

        await asyncio.gather(*(one() for _ in range(count)))

    async def one_by_one(self, count: int) -> list[float]:
        """A hundred a second; how long each took."""
        tasks = []
        for _ in range(count):
            tasks.append(asyncio.create_task(self.deliver()))
            await asyncio.sleep(0.01)
        return list(await asyncio.gather(*tasks))

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if method == "getMe":
            return web.json_response({"ok": True, "result": BOT})
        if method == "sendMessage":
            asked = await request.post()
            chat = int(str(asked["chat_id"]))
            self._sent.pop(chat).set_result(time.perf_counter())
            said = {
                "message_id": 5,
                "date": 1,
                "chat": private(chat),
                "from": BOT,
                "text": str(asked["text"]),
            }
            return web.json_response({"ok": True, "result": said})
        return web.json_response({"ok": True, "result": True})


async def measure(contender: str, lookup: bool, count: int) -> tuple[float, float, float]:
    """Run one contender under full load, then at 100 updates a second; milliseconds of CPU, at p50 and at p99."""
    telegram = Telegram(contender != "bare")
    async with telegram.serving() as api:
        arguments = ("-m", "tests.bench.transport", contender, api, *(["--lookup"] if lookup else []))
        child = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        try:
            async with asyncio.timeout(120):
                telegram.hook = (await child.stdout.readline()).decode().strip()
            process = psutil.Process(child.pid)
            await telegram.at_once(WARM_UP)
            before = sum(process.cpu_times()[:2])
            await telegram.at_once(count)
            cpu = sum(process.cpu_times()[:2]) - before
            times = await telegram.one_by_one(count // 5)
        finally:
            child.terminate()
            await child.wait()
    return 1000 * cpu / count, 1000 * median(times), 1000 * quantiles(times, n=100)[98]


def main(argv: list[str]) -> int:
    """Print the table; exit 1 if our share is above a third of the usual way's."""
    parser = argparse.ArgumentParser(prog="transport")
    parser.add_argument("--count", type=int, default=2000)
    count = parser.parse_args(argv).count
    print("contender            CPU ms/update   answers/CPU s    p50 ms    p99 ms")
    cpu: dict[tuple[str, bool], float] = {}
    for contender, lookup in RUNS:
        took, p50, p99 = asyncio.run(measure(contender, lookup, count))
        cpu[contender, lookup] = took
        name = contender + (" + lookup" if lookup else "")
        print(f"{name:20} {took:13.3f} {1000 / took:15.0f} {p50:9.2f} {p99:9.2f}", flush=True)
    share = cpu["ours", False] / cpu["usual", False]
    print(f"CPU beyond the lookup, ours / usual: {share:.2f} (goal at most {GOAL:.2f})")
    print(f"whole answers per CPU second, ours / usual: {cpu['usual', True] / cpu['ours', True]:.2f}")
    return int(share > GOAL)


SECRET = "bench-secret"
TOKEN = "4242:AAH_token-of-the-benchmark_0123456789"


async def conversation(stack: AsyncExitStack, lookup: bool) -> Conversation:
    """The real conversation over the seeds, or none worth its name."""
    if not lookup:
        return Echo(reply=lambda asked: [Reply([Run("答：莫德纳")], reply_to=asked.id)])
    from bot.config import Settings
    from bot.handlers.dispatcher import Dispatcher
    from bot.ports import Interactions
    from bot.query_service import open_query_service
    from bot.runtime import now
    from bot.terminal.console import open_snapshot
    from knowledge.snapshot import SnapshotHolder

    store = SnapshotHolder(stack.enter_context(open_snapshot(Settings())))
    found = stack.enter_context(open_query_service(store))
    await found.warm()
    return Dispatcher(found, Interactions(clock=now))


async def ours(stack: AsyncExitStack, api: str, talk: Conversation) -> Handler:
    """The webhook of this project, with limits out of the way."""
    from bot.platforms.telegram.service import TelegramOptions, TelegramService
    from bot.sharing import Rate

    host = await stack.enter_async_context(open_host(stack.enter_context(folder()), talk))
    options = TelegramOptions(TOKEN, api, "https://x/telegram", SECRET, overall=Rate(1e-6, 1))
    service = await stack.enter_async_context(TelegramService(options, host).serving())
    assert service.webhook is not None
    return service.webhook.handle


async def usual(stack: AsyncExitStack, api: str, talk: Conversation) -> Handler:
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

    return hook


async def bare(stack: AsyncExitStack, api: str, talk: Conversation) -> Handler:
    """A handler that parses the JSON and does nothing with it."""

    async def hook(request: web.Request) -> web.Response:
        assert (await request.json())["update_id"]
        return web.Response()

    return hook


async def serve(name: str, api: str, lookup: bool) -> None:
    """Run a contender for ever; prints the address of its webhook."""
    async with AsyncExitStack() as stack:
        talk, app = await conversation(stack, lookup), web.Application()
        app.router.add_post(
            "/telegram", await {"ours": ours, "usual": usual, "bare": bare}[name](stack, api, talk)
        )
        print(f"{await stack.enter_async_context(listening(app))}/telegram", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=["ours", "usual", "bare"])
    parser.add_argument("api")
    parser.add_argument("--lookup", action="store_true")
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve(given.name, given.api, given.lookup))

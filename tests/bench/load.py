"""Load on the running bot: `python -m tests.bench load [SECONDS [QUESTIONS_A_SECOND]]`.

Questions on the API at a steady rate (open loop: each is sent when it is due, and its time counts from then, so that a
bot that falls behind is not spared), gold questions and others that find nothing; then a thousand updates at once.
Before that, what the very first reader after a start waits for, over an index that was there.
The bot is the real process; who asks runs beside it on the same machine.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from urllib.parse import quote, unquote

import aiohttp
from yarl import URL

from tests.bench.grown import stock_of_seeds
from tests.bench.measured import folder as new_folder
from tests.bench.measured import percentiles, timed
from tests.botapi.process import bot_process, running
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.support.process import ROOT

SECONDS, RATE = 30.0, 200
NOTHING = ("北京地铁票价", "qzxjk", "火星移民计划", "2099年的房价")
FIRST = (
    "/",
    "/articles",
    f"/?q={quote('临港新片区离岸转手买卖收汇规模')}",
    f"/api/ask?q={quote('桃浦镇有什么变化')}",
)
READERS = 1000
OVER_SEEDS = {"CHUCHU_ARTICLES": str(ROOT / "seeds")}
LATER = 20  # chats that ask while the thousand wait


def main(arguments: Sequence[str]) -> None:
    seconds = float(arguments[0]) if arguments else SECONDS
    rate = int(arguments[1]) if len(arguments) > 1 else RATE
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    for measure in (_first, partial(_ask, seconds=seconds, rate=rate), _flood):
        with new_folder() as folder:
            asyncio.run(measure(folder))


async def _first(folder: Path) -> None:
    took: list[float] = []
    async with running(folder, **OVER_SEEDS):
        pass
    async with running(folder, **OVER_SEEDS) as bot, aiohttp.ClientSession(bot.url) as http:
        while (await http.get("/readyz")).status != 200:
            await asyncio.sleep(0.05)
        for path in FIRST:
            with timed(took):
                async with http.get(URL(path, encoded=True)) as response:
                    await response.read()
            print(f"first {unquote(path)}: {1000 * took[-1]:.0f} ms")


async def _ask(folder: Path, seconds: float, rate: int) -> None:
    queries = [*stock_of_seeds().queries, *NOTHING]
    draw = Random(1)
    times: list[float] = []
    failed = 0
    async with running(folder, **OVER_SEEDS) as bot, aiohttp.ClientSession(bot.url) as http:

        async def ask(query: str, due: float) -> None:
            nonlocal failed
            try:
                async with http.get("/api/ask", params={"q": query}) as response:
                    await response.read()
                    failed += response.status != 200
            except aiohttp.ClientError:
                failed += 1
            times.append(time.perf_counter() - due)

        for query in queries:
            await ask(query, time.perf_counter())
        times.clear()
        began = time.perf_counter()
        async with asyncio.TaskGroup() as asking:
            for number in range(int(seconds * rate)):
                due = began + number / rate
                if (wait := due - time.perf_counter()) > 0:
                    await asyncio.sleep(wait)
                asking.create_task(ask(draw.choice(queries), due))
    print(
        f"API, {rate}/s for {seconds:.0f} s: {len(times):,} questions, {failed} failed; {percentiles(times, 50, 95, 99, 99.9)}"
    )


async def _flood(folder: Path) -> None:
    async with bot_api() as api, bot_process(folder, api, **OVER_SEEDS) as bot:
        began = api.clock()
        for reader in range(READERS):
            api.push(message=message("联合检查码", private(reader + 1)))
        await asyncio.sleep(2)
        asked = api.clock()
        for reader in range(LATER):
            api.push(message=message("蕃瓜弄", private(READERS + reader + 1)))
        await api.until(lambda: all(api.said(READERS + n + 1) for n in range(LATER)), 120)
        late = api.clock() - asked
        await api.until(lambda: bot.ended() == READERS + LATER, 180)
        calls = [call for call in api.calls if call.method == "sendMessage"]
        spent = api.clock() - began
        refused = sum(call.refused is not None for call in calls)
        busiest = max(sum(at <= call.at < at + 1 for call in calls) for at in {call.at for call in calls})
    print(
        f"{READERS:,} updates at once: all ended in {spent:.0f} s, {len(calls) / spent:.0f} messages/s, at most "
        f"{busiest} in a second, {refused} refused; {LATER} who came 2 s later all had answers in {late:.1f} s"
    )

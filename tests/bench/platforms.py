"""What the chat platforms cost: loading them, acknowledging 50 events a second, hearing again after each end, stopping."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.platforms.wecom.client import PING_SECONDS, SUBSCRIBE
from tests.bench.measured import at, folder, percentiles, waited
from tests.bot.feishu.service import serving
from tests.bot.matrix.service import ANN
from tests.bot.matrix.service import serving as matrix_serving
from tests.bot.telegram.service import Echo
from tests.bot.wecom import test_troubles as ends
from tests.bot.wecom.service import serving as wecom_serving
from tests.feishu.events import message as feishu_message
from tests.feishu.server import feishu
from tests.matrix.server import Fault, Refused, homeserver
from tests.support.process import ROOT, environment
from tests.support.server import Garbage, Hang, Reset
from tests.wecom.server import gateway

PROBE = """
import json, sys, time
import bot.app, bot.platforms
def rss():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
before, began = rss(), time.process_time()
for name in sys.argv[1:]:
    __import__(f"bot.platforms.{name}.service")
print(json.dumps([time.process_time() - began, (rss() - before) / 1024]))
"""
MOST_SECONDS, MOST_MEGABYTES = 0.3, 30.0
EVENTS, RATE, CHATS = 500, 50, 25
MOST_WAIT = 0.5
AGAIN, SILENCE, STOPPED = 5.0, 75.0, 2.0
HASTE = 20.0  # pings come so many times as often, and a silence is so much shorter
Figures = list[tuple[str, float, float]]
"""What was measured, its seconds, and the goal."""


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a goal is missed."""
    others = sorted(
        {path.parent.name for path in (ROOT / "bot/platforms").glob("*/service.py")} - {"telegram"}
    )
    command, env = [sys.executable, "-c", PROBE, *others], environment()
    runs = [json.loads(subprocess.check_output(command, cwd=ROOT, env=env)) for _ in range(3)]
    seconds, megabytes = map(min, zip(*runs, strict=True))
    cost = f"+{seconds:.2f} s of CPU, +{megabytes:.1f} MB (goal: {MOST_SECONDS} s, {MOST_MEGABYTES:.0f} MB)"
    print(f"{', '.join(others)} beside the page: {cost}")
    with folder() as home:
        waits = asyncio.run(_acknowledged(home))
    took = f"acknowledged {percentiles(waits, 50, 99, digits=1)} (goal: {1000 * MOST_WAIT:.0f} ms)"
    print(f"Feishu, {RATE} events a second: {took}")
    figures: Figures = []
    for way in (_feishu, _wecom, _wecom_silence, _matrix):
        with folder() as home:
            asyncio.run(way(home, figures))
    for what, passed, goal in figures:
        print(f"{what}: {passed:.2f} s (goal: {goal:.0f} s)")
    is_late = any(passed > goal for _, passed, goal in figures) or at(waits, 99) > 1000 * MOST_WAIT
    return int(is_late or seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES)


async def _acknowledged(home: Path) -> list[float]:
    """Seconds from each event to its acknowledgement, all answered meanwhile."""
    async with feishu() as server, serving(server, home, Echo()):
        await server.connected()
        deliveries = []
        for number in range(EVENTS):
            deliveries.append(server.push(feishu_message(f"问{number}", f"ou_{number % CHATS:032x}")))
            await asyncio.sleep(1 / RATE)
        await server.until(lambda: len(server.said) == EVENTS, 60)
        return [seconds for delivery in deliveries for seconds in delivery.seconds]


@asynccontextmanager
async def _stopping(figures: Figures, what: str) -> AsyncIterator[Callable[[], None]]:
    """Measures from the given call to the end of the block."""
    began = [time.perf_counter()]

    def now() -> None:
        began[0] = time.perf_counter()

    yield now
    figures.append((what, time.perf_counter() - began[0], STOPPED))


async def _feishu(home: Path, figures: Figures) -> None:
    """From each end of a connection to the next acknowledged event, and until all has stopped."""
    async with (
        feishu() as server,
        _stopping(figures, "Feishu, stopped") as ask,
        serving(server, home, Echo()),
    ):
        for what in ("closed", "reset"):

            async def again(what: str = what) -> None:
                seen = server.handshakes
                if what == "closed":
                    await server.close()
                else:
                    server.abort()
                await server.reconnected(seen)
                await server.answered(feishu_message("问"))

            await server.connected()
            figures.append((f"Feishu, {what}: heard again", await waited(again()), AGAIN))
        ask()


async def _wecom(home: Path, figures: Figures) -> None:
    async with gateway() as server:
        echo = Echo()
        async with _stopping(figures, "WeCom, stopped") as ask, wecom_serving(server, home, echo):
            for end in (ends.clean_close, ends.broken, ends.cut_frame, ends.kick):

                async def again(end: ends.Ending = end) -> None:
                    heard, seen = len(echo.heard), server.subscriptions
                    await end(server)
                    await server.until(lambda: server.subscriptions > seen)
                    await server.say("问")
                    await server.until(lambda: len(echo.heard) > heard)

                figures.append((f"WeCom, {end.__name__}: heard again", await waited(again()), AGAIN))
            ask()
        what, echo = "WeCom, stopped while it answers nothing", Echo()
        async with _stopping(figures, what) as ask, wecom_serving(server, home, echo):
            server.silent = True
            await server.say("问")
            await server.until(lambda: echo.heard)
            ask()


async def _wecom_silence(home: Path, figures: Figures) -> None:
    """Silence, with a clock that is pushed: pings, and with them what counts as dead, come faster; the pause does not."""
    pings, answers = PING_SECONDS / HASTE, 10 / HASTE
    async with (
        gateway() as server,
        wecom_serving(server, home, Echo(), ping_seconds=pings, ack_seconds=answers) as service,
    ):
        server.silent = True
        seen = len(server.frames)
        dead = await waited(server.until(lambda: service.problem() is not None))
        last = server.frames
        anew = await waited(server.until(lambda: last[seen:] and last[-1]["cmd"] == SUBSCRIBE))
        figures.append(("WeCom, silence: connecting anew, at the real pace", dead * HASTE + anew, SILENCE))


async def _matrix(home: Path, figures: Figures) -> None:
    faults: dict[str, Fault] = {
        "reset": Reset(),
        "a cut answer": Garbage(b'{"next_batch": "'),
        "429": Refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=1000),
        "502": Garbage(b"<html>", 502),
    }
    async with homeserver() as server:
        echo, room = Echo(), server.room(ANN)

        async def heard() -> float:
            """Somebody says something; return how long until it is heard."""
            before = len(echo.heard)
            server.say(room, ANN, "问")
            return await waited(server.until(lambda: len(echo.heard) > before))

        async with (
            _stopping(figures, "Matrix, stopped in a long poll") as ask,
            matrix_serving(server, home, echo, poll_seconds=30, poll_grace=10),
        ):
            server.say(room, ANN, "问")
            await server.until(lambda: server.shown(room))
            for what, fault in faults.items():
                server.fail("/sync", fault)  # the poll after the one that waits meets it
                figures.append((f"Matrix, {what}: heard again", await heard() + await heard(), AGAIN))
            ask()
        what = "Matrix, stopped while it answers nothing"
        async with _stopping(figures, what) as ask, matrix_serving(server, home, echo):
            server.fail("/send/", Hang(), 99)
            await heard()
            ask()
        server.planned.clear()
        poll = 1.0
        async with matrix_serving(server, home, echo, poll_seconds=poll, poll_grace=10 / 30):
            server.fail("/sync", Hang())
            took = await heard() + await heard()
            figures.append(("Matrix, silence: heard again, at the real pace", took * 30 / poll, SILENCE))

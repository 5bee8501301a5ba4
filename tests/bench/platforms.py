"""What the chat platforms cost: loading them, acknowledging 50 events a second, hearing again after each end, stopping."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles

from bot.platforms.wecom.client import PING_SECONDS, SUBSCRIBE
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


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a goal is missed."""
    names = sorted(path.parent.name for path in (ROOT / "bot/platforms").glob("*/service.py"))
    others = [name for name in names if name != "telegram"]
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", PROBE, *others],
                cwd=ROOT,
                env=environment(),
                capture_output=True,
                check=True,
            ).stdout
        )
        for _ in range(3)
    ]
    seconds, megabytes = min(run[0] for run in runs), min(run[1] for run in runs)
    print(
        f"{', '.join(others)} beside the page: +{seconds:.2f} s of CPU, +{megabytes:.1f} MB (goal: 0.3 s, 30 MB)"
    )
    with tempfile.TemporaryDirectory() as folder:
        waits = asyncio.run(_acknowledged(Path(folder)))
    p50, p99 = quantiles(waits, n=100)[49], quantiles(waits, n=100)[98]
    print(
        f"Feishu, {RATE} events a second: acknowledged p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms (goal: 500 ms)"
    )
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_ends(Path(folder)))
    for what, took, goal in figures:
        print(f"{what}: {took:.2f} s (goal: {goal:.0f} s)")
    late = any(took > goal for _, took, goal in figures)
    return int(late or seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES or p99 > MOST_WAIT)


async def _ends(folder: Path) -> list[tuple[str, float, float]]:
    ways = (_feishu, _wecom, _wecom_silence, _matrix)
    return [figure for way in ways for figure in await way(_new(folder / way.__name__))]


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _acknowledged(folder: Path) -> list[float]:
    """Seconds from each event to its acknowledgement, all answered meanwhile."""
    async with feishu() as server, serving(server, folder, Echo()):
        await server.connected()
        deliveries = []
        for number in range(EVENTS):
            deliveries.append(server.push(feishu_message(f"问{number}", f"ou_{number % CHATS:032x}")))
            await asyncio.sleep(1 / RATE)
        await server.until(lambda: len(server.said) == EVENTS, 60)
        return [seconds for delivery in deliveries for seconds in delivery.seconds]


async def _feishu(folder: Path) -> list[tuple[str, float, float]]:
    """From each end of a connection to the next acknowledged event, and until all has stopped."""
    figures: list[tuple[str, float, float]] = []
    async with (
        feishu() as server,
        _stopping(figures, "Feishu, stopped") as ask,
        serving(server, folder, Echo()),
    ):
        for what in ("closed", "reset"):
            await server.connected()
            seen, began = server.handshakes, time.perf_counter()
            if what == "closed":
                await server.close()
            else:
                server.abort()
            await server.reconnected(seen)
            await server.answered(feishu_message("问"))
            figures.append((f"Feishu, {what}: heard again", time.perf_counter() - began, AGAIN))
        ask()
    return figures


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


@asynccontextmanager
async def _stopping(figures: list[tuple[str, float, float]], what: str) -> AsyncIterator[Callable[[], None]]:
    """Measures from the given call to the end of the block."""
    began = [time.perf_counter()]

    def now() -> None:
        began[0] = time.perf_counter()

    yield now
    figures.append((what, time.perf_counter() - began[0], STOPPED))


async def _wecom(folder: Path) -> list[tuple[str, float, float]]:
    figures: list[tuple[str, float, float]] = []
    async with gateway() as server:
        for what, silent in (("WeCom, stopped", False), ("WeCom, stopped while it answers nothing", True)):
            echo = Echo()
            async with _stopping(figures, what) as ask, wecom_serving(server, folder, echo):
                for end in (ends.clean_close, ends.broken, ends.cut_frame, ends.kick) if not silent else ():
                    heard = len(echo.heard)

                    async def again(end: ends.Ending = end, heard: int = heard, echo: Echo = echo) -> None:
                        seen = server.subscriptions
                        await end(server)
                        await server.until(lambda: server.subscriptions > seen)
                        await server.say("问")
                        await server.until(lambda: len(echo.heard) > heard)

                    figures.append((f"WeCom, {end.__name__}: heard again", await _timed(again()), AGAIN))
                server.silent = silent
                if silent:
                    await server.say("问")
                    await server.until(lambda: echo.heard)  # noqa: B023  waited for at once
                ask()
        server.silent = False
    return figures


async def _wecom_silence(folder: Path) -> list[tuple[str, float, float]]:
    """Silence, with a clock that is pushed: pings, and with them what counts as dead, come faster; the pause does not."""
    pings = PING_SECONDS / HASTE
    async with (
        gateway() as server,
        wecom_serving(server, folder, Echo(), ping_seconds=pings, ack_seconds=10 / HASTE) as service,
    ):
        server.silent = True
        seen = len(server.frames)
        dead = await _timed(server.until(lambda: service.problem() is not None))
        anew = await _timed(
            server.until(lambda: server.frames[seen:][-1:] and server.frames[-1]["cmd"] == SUBSCRIBE)
        )
        return [("WeCom, silence: connecting anew, at the real pace", dead * HASTE + anew, SILENCE)]


async def _matrix(folder: Path) -> list[tuple[str, float, float]]:
    figures: list[tuple[str, float, float]] = []
    faults: dict[str, Fault] = {
        "reset": Reset(),
        "a cut answer": Garbage(b'{"next_batch": "'),
        "429": Refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=1000),
        "502": Garbage(b"<html>", 502),
    }
    async with homeserver() as server:
        echo = Echo()
        async with (
            _stopping(figures, "Matrix, stopped in a long poll") as ask,
            matrix_serving(server, folder, echo, poll_seconds=30, poll_grace=10),
        ):
            room = server.room(ANN)
            server.say(room, ANN, "问")
            await server.until(lambda: server.shown(room))
            for what, fault in faults.items():
                heard = len(echo.heard)
                server.fail("/sync", fault)
                server.say(room, ANN, "先")  # ends the poll that waits
                server.say(room, ANN, "问")
                took = await _timed(server.until(lambda: len(echo.heard) >= heard + 2))  # noqa: B023  at once
                figures.append((f"Matrix, {what}: heard again", took, AGAIN))
            ask()
        async with (
            _stopping(figures, "Matrix, stopped while it answers nothing") as ask,
            matrix_serving(server, folder, echo),
        ):
            server.fail("/send/", Hang(), 99)
            heard = len(echo.heard)
            server.say(room, ANN, "问")
            await server.until(lambda: len(echo.heard) > heard)
            ask()
        server.planned.clear()
        poll = 1.0
        async with matrix_serving(server, folder, echo, poll_seconds=poll, poll_grace=10 / 30):
            server.fail("/sync", Hang())
            server.say(room, ANN, "先")
            heard = len(echo.heard)
            server.say(room, ANN, "问")
            took = await _timed(server.until(lambda: len(echo.heard) >= heard + 2))
            figures.append(("Matrix, silence: heard again, at the real pace", took * 30 / poll, SILENCE))
    return figures

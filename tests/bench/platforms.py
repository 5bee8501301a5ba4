"""What the chat platforms cost: loading them, and how long Feishu waits for an acknowledgement at 50 events a second."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from tests.bot.feishu.service import serving
from tests.bot.telegram.service import Echo
from tests.feishu.events import message
from tests.feishu.server import feishu
from tests.support.process import ROOT, environment

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
GOALS = {"closed: receiving again": 5.0, "reset: receiving again": 5.0, "stopped": 2.0}


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
        ends = asyncio.run(_ended(Path(folder)))
    for what, took in ends.items():
        print(f"Feishu, {what}: {took:.2f} s (goal: {GOALS[what]:.0f} s)")
    late = any(took > GOALS[what] for what, took in ends.items())
    return int(late or seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES or p99 > MOST_WAIT)


async def _acknowledged(folder: Path) -> list[float]:
    """Seconds from each event to its acknowledgement, all answered meanwhile."""
    async with feishu() as server, serving(server, folder, Echo()):
        await server.connected()
        deliveries = []
        for number in range(EVENTS):
            deliveries.append(server.push(message(f"问{number}", f"ou_{number % CHATS:032x}")))
            await asyncio.sleep(1 / RATE)
        await server.until(lambda: len(server.said) == EVENTS, 60)
        return [seconds for delivery in deliveries for seconds in delivery.seconds]


async def _ended(folder: Path) -> dict[str, float]:
    """Seconds from each end of a connection to the next acknowledged event, and until all has stopped."""
    took = {}
    async with feishu() as server:
        async with serving(server, folder, Echo()):
            for what in ("closed", "reset"):
                await server.connected()
                seen, began = server.handshakes, time.perf_counter()
                if what == "closed":
                    await server.close()
                else:
                    server.abort()
                await server.reconnected(seen, 60)
                await server.answered(message("问"), 60)
                took[f"{what}: receiving again"] = time.perf_counter() - began
            began = time.perf_counter()
        took["stopped"] = time.perf_counter() - began
    return took

"""What the chat platforms cost: loading them, and acknowledging 50 events a second."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from tests.bench.measured import at, folder, percentiles
from tests.bot.feishu.service import serving
from tests.bot.telegram.service import Echo
from tests.feishu.events import message as feishu_message
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
    return int(at(waits, 99) > 1000 * MOST_WAIT or seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES)


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

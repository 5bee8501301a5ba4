"""An update that kills the process is found out, and nobody else is blamed for it (real process)."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.bot.telegram.service import endings
from tests.support.inbox import new_update, open_inbox

pytestmark = pytest.mark.slow
BYSTANDERS = 40
POISON = 5
WORKING = f"""
import asyncio, os, sys, time
from pathlib import Path
from bot.observability import Metrics
from bot.inbox import UpdateStatus
from tests.support.inbox import open_inbox
from bot.platforms.scheduler import Result, UpdateScheduler

async def handle(turn):
    await asyncio.sleep(0.01)
    if turn.update.id == '{POISON}':
        os._exit(9)
    await turn.survived()
    return Result(UpdateStatus.ANSWERED)

async def main():
    async with open_inbox(Path(sys.argv[1]), time.time) as inbox:
        workers = UpdateScheduler(inbox, handle, Metrics(), time.time)
        async with inbox.delivering(workers):
            running = asyncio.create_task(workers.run())
            while await inbox.queued():
                await asyncio.sleep(0.01)
            running.cancel()

asyncio.run(main())
"""


async def test_only_the_update_that_kills_the_process_is_quarantined(tmp_path: Path) -> None:
    async with open_inbox(tmp_path / "inbox.sqlite", time.time) as inbox:
        await inbox.store([new_update(n, f"{n}") for n in range(BYSTANDERS)])
    deaths = 0
    while subprocess.run([sys.executable, "-c", WORKING, str(tmp_path / "inbox.sqlite")]).returncode:
        deaths += 1
        assert deaths < 5
    assert endings(tmp_path)[POISON] == "quarantined"
    assert Counter(endings(tmp_path).values()) == {"quarantined": 1, "answered": BYSTANDERS - 1}

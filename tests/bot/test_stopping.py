"""A stop is over in time, whatever hangs; and memory that is free goes back to the system."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.telegram.test_killed_and_flooded import QUESTION
from tests.botapi.faults import Hang
from tests.botapi.process import bot_process
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.support.process import ROOT, environment

HANGING = """
import asyncio, threading, time
from bot.runtime import Shutdown

async def main():
    stop = Shutdown(0.2)
    threading.Thread(target=time.sleep, args=(3600,)).start()
    stop.ask(REASON)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.mark.parametrize(("reason", "code"), [(None, 0), ("令牌不对", 78)])
def test_a_part_and_a_thread_that_hang_do_not_keep_the_process(reason: str | None, code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGING.replace("REASON", repr(reason))],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code
    assert b"not everything stopped" in ended.stderr and (reason or "").encode() in ended.stderr


@pytest.mark.slow
async def test_a_bot_whose_every_call_hangs_stops_when_asked(tmp_path: Path) -> None:
    async with bot_api() as api, bot_process(tmp_path, api) as bot:
        api.fail("sendMessage", Hang(), float("inf"))
        for reader in range(20):
            api.push(message=message(QUESTION, private(reader + 1)))
        await api.until(lambda: [call for call in api.calls if call.method == "sendMessage"])
        api.fail("getUpdates", Hang(), float("inf"))
        began = api.clock()
        async with asyncio.timeout(10):
            assert await bot.stop() == 0  # the limit of issue 6
        print(f"stopped in {api.clock() - began:.1f} s")
        assert set(bot.endings().values()) == {None}


HOLES = """
import psutil
from bot.runtime import give_back, share_heaps

share_heaps()
kept = [bytes(4_000) for _ in range(25_000)]
del kept[:-1]  # the last one keeps the heap from shrinking
before = psutil.Process().memory_info().rss
give_back()
print(before - psutil.Process().memory_info().rss)
"""


def test_what_is_free_between_what_is_kept_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50 << 20

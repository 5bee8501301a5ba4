"""Five thousand strange questions at the running bot."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.query_service import tidy
from tests.bot.wire_schema import ANSWER
from tests.faults.killing import kill_reloads
from tests.faults.test_queries import odd_queries
from tests.support.process import ROOT, running

MANY, BUDGET_SECONDS = 5_000, 0.150


@pytest.mark.soak
async def test_five_thousand_strange_questions_are_answered_by_the_running_bot_in_time(
    tmp_path: Path,
) -> None:
    took: list[float] = []
    async with (
        running(tmp_path, CHUCHU_ARTICLES=str(ROOT / "seeds")) as bot,
        aiohttp.ClientSession(bot.url) as http,
    ):
        process = psutil.Process(bot.pid)
        for query in odd_queries(seed=4, number=MANY):
            before = process.cpu_times()
            async with http.get("/api/ask", params={"q": tidy(query)}) as answer:
                assert answer.status == 200, (query, await answer.text())
                ANSWER.validate_json(await answer.read())
            after = process.cpu_times()
            took.append(after.user + after.system - before.user - before.system)
        assert process.is_running()
    took.sort()
    late = sum(seconds > BUDGET_SECONDS for seconds in took)
    print(
        f"\n{MANY} questions over HTTP: p99 {took[MANY * 99 // 100] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms of computing"
    )
    assert late == 0


@pytest.mark.soak
def test_after_each_of_two_hundred_kills_the_old_or_the_new_snapshot_serves_whole(tmp_path: Path) -> None:
    news = kill_reloads(tmp_path, 200, seed=6)
    assert 0 < news < 200

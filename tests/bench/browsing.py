"""The page at 10,000 articles: `python -m tests.bench browsing [NUMBER]`; milliseconds over loopback, the first and the median.

Articles of three sentences with dates, newspapers and libraries are made, stored and served as the bot serves them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median

from aiohttp.test_utils import TestClient, TestServer

from bot.ports import Interactions
from bot.query_service import open_query_service
from bot.texts import phrases
from bot.web.readers import Readers
from bot.web.server import HealthChecks, make_site
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.opening import cached_snapshot
from tests.bench.measured import folder, timed

ARTICLES, ROUNDS = 10_000, 15
ADDRESSES = (
    "/", "/articles", "/articles?sort=title", "/articles?page=199", "/articles?words=加装电梯",
    "/articles?words=加装电梯&library=信访&year=2020", "/api/articles?newspaper=青山报",
    "/?q=库:信访 加装电梯", "/?q=各库怎么说河道治理", "/?q=火星基地加装电梯票价",
)  # fmt: skip
LIBRARIES = ("信访", "调研", "12345热线", "整改问题")
PLACES = ("东山区", "柳江区", "青田区", "白石区", "河口区")
THINGS = ("加装电梯", "旧房改造", "垃圾分类", "老年食堂", "河道治理", "停车泊位")
PAPERS = ("青山报", "江城晚报", "河口日报")


def main(arguments: Sequence[str]) -> None:
    """Measure that many articles."""
    with folder() as home:
        _write(home / "articles", int(arguments[0]) if arguments else ARTICLES)
        began = time.perf_counter()
        with cached_snapshot(home / "articles", home / "data") as snapshot:
            print(f"{snapshot.counts()} articles and facts, built in {time.perf_counter() - began:.0f} s")
            with open_query_service(SnapshotHolder(snapshot, close=lambda: None), 30.0) as queries:
                site = make_site(Readers(queries, Interactions()), HealthChecks(), phrases("zh"))
                asyncio.run(_measure(TestServer(site)))


async def _measure(server: TestServer) -> None:
    async with TestClient(server) as client:
        for address in ADDRESSES:
            taken: list[float] = []
            for _ in range(ROUNDS):
                with timed(taken):
                    async with client.get(address) as response:
                        size = len(await response.read())
                assert response.status == 200
            first, usual = 1000 * taken[0], 1000 * median(taken[1:])
            print(f"{address}: first {first:.0f}, median {usual:.0f} ms, {size:,} bytes")


def _write(place: Path, number: int) -> None:
    draw = Random(1)
    for at in range(number):
        library, where, thing = draw.choice(LIBRARIES), draw.choice(PLACES), draw.choice(THINGS)
        path = place / library / f"{at:05}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"{where}{thing}工作第{at}号情况\n\n{where}今年推进{thing}，共完成{draw.randint(1, 999)}处。"
            f"群众满意率{draw.randint(60, 99)}%。第{at}号情况说，{thing}还要加快。\n",
            encoding="utf-8",
        )
        day = f"{draw.randint(2015, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        stated = f'date = {day}\nnewspaper = "{draw.choice(PAPERS)}"\n'
        path.with_suffix(".toml").write_text(stated, encoding="utf-8")

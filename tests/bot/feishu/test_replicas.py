"""Two processes over one database, each with a long connection of its own: every message is answered once, in order."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot.observability import Metrics
from bot.platforms.feishu.client import Credentials
from bot.platforms.feishu.service import FeishuOptions, FeishuService, feishu_service
from bot.ports import PlatformHost
from bot.state.cluster import open_cluster
from tests.bot.feishu.service import FREELY
from tests.bot.telegram.service import Echo
from tests.feishu.events import message
from tests.feishu.server import APP, SECRET, Feishu, feishu
from tests.support.postgres import migrated_server

PEOPLE = [f"ou_{number:032x}" for number in range(6)]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A database with all tables."""
    with migrated_server() as server:
        yield server.address(server.make("migrated"))


@asynccontextmanager
async def replica(server: Feishu, folder: Path, address: str, talk: Echo) -> AsyncIterator[FeishuService]:
    """One of the processes."""
    options = FeishuOptions(Credentials(APP, SECRET), server.url, pace=FREELY, call_seconds=2.0)
    async with open_cluster(address, time.time) as cluster:
        host = PlatformHost(talk, Metrics(), cluster.inboxes, folder, None, print)
        async with feishu_service(options, host) as service:
            yield service


async def test_each_message_is_answered_once_and_in_order_and_one_process_may_go(
    tmp_path: Path, address: str
) -> None:
    talks = Echo(), Echo()
    async with feishu() as server, replica(server, tmp_path, address, talks[0]):
        async with AsyncExitStack() as other:
            await other.enter_async_context(replica(server, tmp_path, address, talks[1]))
            await server.connected(2)
            for number in range(5):
                for person in PEOPLE:
                    asked = message(f"{number}", person)
                    for again in range(
                        2
                    ):  # the acknowledgement was lost: it is brought to one of both, by lot
                        event = {
                            **asked,
                            "header": {**asked["header"], "event_id": f"{number}{person}{again}"},
                        }
                        await server.answered(event)
            await server.until(lambda: len(server.said) == 5 * len(PEOPLE), 30)
        await server.until(lambda: len(server.open) == 1)
        for person in PEOPLE:
            await server.answered(message("末", person), 20)
        await server.until(lambda: len(server.said) == 6 * len(PEOPLE), 30)
    for person in PEOPLE:
        assert server.texts(person) == [f"答：{text}" for text in (*"01234", "末")]

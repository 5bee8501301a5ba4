"""Three real bots over one real PostgreSQL, under load: killed, frozen, cut off; nothing is lost, nobody answered out of order.

What each disturbance cost is printed; the floors are asserted, as promises of docs/scaling.md.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bot.state.replica import Lease
from tests.faults.replicas import DURABLE, Replicas, replicas
from tests.support.postgres import Server, migrated_server

pytestmark = pytest.mark.slow

SECONDS = 20.0
LEASE = Lease().seconds
DEAD = "was taken for dead"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that writes to the disk as one in use does."""
    with migrated_server(DURABLE) as running:
        yield running


async def kill(running: Replicas) -> float:
    """kill -9 of the one that polls; return how long nobody polled."""
    at = running.leader()
    await running.crowd()
    await running.bots[at].kill()
    began, polls = time.monotonic(), running.api.polls
    while running.api.polls == polls:
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def freeze(running: Replicas) -> float:
    """Freeze the one that polls for fifteen seconds; woken, it finds out that it was taken for dead."""
    frozen = running.bots[running.leader()]
    await running.crowd()
    frozen.send(signal.SIGSTOP)
    await asyncio.sleep(15)
    frozen.send(signal.SIGCONT)
    await running.api.until(lambda: DEAD in frozen.log_text())
    return 15.0


async def cut(running: Replicas) -> float:
    """Cut every connection to the database; return how long until somebody is answered again."""
    running.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{running.database}' AND pid <> pg_backend_pid()"
    )
    return await running.answered_again()


async def restart(running: Replicas) -> float:
    """Restart PostgreSQL; return how long until somebody is answered again."""
    await asyncio.to_thread(running.server.stop, "fast")
    await asyncio.to_thread(running.server.start)
    return await running.answered_again()


@pytest.mark.parametrize(
    ("disturb", "longest", "recovered"),
    [(kill, LEASE + 2, 2.0), (freeze, 2 * LEASE, 15.0), (cut, LEASE + 2, 3.0), (restart, LEASE + 2, 10.0)],
    ids=["killed", "frozen", "cut", "restarted"],
)
async def test_nothing_is_lost_and_nobody_is_answered_out_of_order(
    tmp_path: Path,
    server: Server,
    disturb: Callable[[Replicas], Awaitable[float]],
    longest: float,
    recovered: float,
) -> None:
    async with replicas(tmp_path, server) as running:
        reading = asyncio.create_task(running.readers(SECONDS))
        await asyncio.sleep(SECONDS / 4)
        took = await disturb(running)
        await reading
        await running.all_ended()
        lost, disorder, too_many = running.wrong()
        waits = running.waits()
        fenced = sum(bot.log_text().count(DEAD) for bot in running.bots)
        print(
            f"{disturb.__name__}: {len(waits)} updates, {took:.2f} s to recover, longest wait {waits[-1]:.2f} s,"
            f" median {waits[len(waits) // 2]:.3f} s, lost {lost}, out of order {disorder},"
            f" answers too many {sum(too_many.values())} in {len(too_many)} chats, taken for dead {fenced}"
        )
        assert (lost, disorder) == (0, 0)
        assert all(0 <= more <= 1 for more in too_many.values()), too_many
        assert {status for _, status, _, _ in running.rows()} == {"answered"}
        assert waits[-1] <= longest
        assert took <= recovered
        assert fenced == (disturb is freeze)

"""Who is served when, and how fast we speak: order inside a chat, a fair share for each, and a clock of our own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bot.inbox import Inbox, QueuedUpdate, UpdateStatus
from bot.observability import Metrics
from bot.platforms.scheduler import Job, Result, UpdateScheduler
from bot.platforms.sending import Limiter
from tests.bot.telegram.service import Echo, endings, polling, reasons
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.support.clock import Clock
from tests.support.inbox import new_update, open_inbox
from tests.support.server import PATIENCE, until

Handle = Callable[[Job], Awaitable[Result]]
DONE = Result(UpdateStatus.ANSWERED)


@asynccontextmanager
async def working(
    folder: Path, handle: Handle, places: int = 16
) -> AsyncIterator[tuple[UpdateScheduler, Inbox]]:
    async with open_inbox(folder / "inbox.sqlite", time.time) as inbox:
        workers = UpdateScheduler(inbox, handle, Metrics(), time.time, places)
        async with inbox.delivering(workers):
            running = asyncio.create_task(workers.run())
            try:
                yield workers, inbox
            finally:
                running.cancel()
                await workers.drain(0.1)


async def answer(job: Job) -> Result:
    return DONE


async def put(inbox: Inbox, *updates: tuple[int, str]) -> None:
    await inbox.store([new_update(n, queue) for n, queue in updates])


async def ended(inbox: Inbox) -> None:
    async with asyncio.timeout(PATIENCE):
        while await inbox.queued():
            await asyncio.sleep(0.01)


async def test_a_chat_is_served_in_order_and_chats_side_by_side(tmp_path: Path) -> None:
    order: list[int] = []

    async def handle(job: Job) -> Result:
        await asyncio.sleep(0.05 if int(job.update.id) % 10 == 1 else 0)
        order.append(int(job.update.id))
        return DONE

    async with working(tmp_path, handle) as (_, inbox):
        await put(inbox, *((n, f"{n // 10}") for n in range(11, 60) if n % 10 < 5))
        await ended(inbox)
    chats = [[n for n in order if n // 10 == chat] for chat in range(1, 6)]
    assert chats == [sorted(chat) for chat in chats]
    assert order != sorted(order)


@pytest.mark.parametrize(
    ("crowd", "before", "old"),
    [
        ([str(n) for n in range(200)], {"new": 5}, False),
        ([str(n) for n in range(100)], {"new": 5}, True),
        (["busy"] * 50, {"new": 5, "newer": 7}, False),
    ],
    ids=["many chats", "a backlog from before a restart", "one chat"],
)
async def test_whoever_is_new_does_not_wait_for_a_crowd(
    tmp_path: Path, crowd: list[str], before: dict[str, int], old: bool
) -> None:
    order: list[str] = []

    async def handle(job: Job) -> Result:
        order.append(job.queue)
        return DONE

    updates = list(enumerate([*crowd, *before]))
    if old:
        async with open_inbox(tmp_path / "inbox.sqlite", time.time) as inbox:
            await put(inbox, *updates[: len(crowd)])
    async with working(tmp_path, handle, places=1) as (_, inbox):
        await put(inbox, *updates[len(crowd) * old :])
        await ended(inbox)
    assert all(order.index(name) < most for name, most in before.items()), order[:9]
    assert len(order) == len(crowd) + len(before)


@pytest.mark.parametrize("looked_up", [False, True])
async def test_what_fails_three_times_is_quarantined_with_its_reason(tmp_path: Path, looked_up: bool) -> None:
    attempts: list[int] = []

    async def handle(job: Job) -> Result:
        if job.update.id == "1":
            if looked_up:
                await job.survived()
            attempts.append(job.update.attempts)
            raise ValueError("cannot be")
        return DONE

    async with working(tmp_path, handle) as (_, inbox):
        await put(inbox, (1, "7"), (2, "7"))
        await ended(inbox)
    assert attempts == [1, 2, 3]
    assert endings(tmp_path) == {1: "quarantined", 2: "answered"}
    assert reasons(tmp_path)[1] == "ValueError: cannot be"


async def test_what_killed_the_process_three_times_is_not_tried_a_fourth_time(tmp_path: Path) -> None:
    async with open_inbox(tmp_path / "inbox.sqlite", time.time) as inbox:
        await inbox.store([new_update(1), new_update(2)])
        for _ in range(2):  # the first attempt is counted where it is stored
            await inbox.claim(QueuedUpdate(1, "7", "message"))
    async with working(tmp_path, answer) as (_, anew):
        await ended(anew)
    assert endings(tmp_path) == {1: "quarantined", 2: "answered"}


async def test_a_suspect_that_survives_its_lookup_is_suspect_no_more(tmp_path: Path) -> None:
    lives = 0

    async def handle(job: Job) -> Result:
        nonlocal lives
        await job.survived()
        lives += 1
        await asyncio.Event().wait()  # killed while it waits to be sent
        return DONE

    for life in range(1, 7):
        async with working(tmp_path, handle) as (_, inbox):
            await put(inbox, (1, "7"))
            await until(lambda: lives == life)  # noqa: B023
    assert endings(tmp_path) == {1: None}


async def test_a_flooder_is_told_once_and_others_are_answered_meanwhile(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        for number in range(300):
            api.push(message=message(f"刷{number}", private(7), number))
        api.push(message=message("问", private(8)))
        await api.until(lambda: api.said(8) == ["答：问"])
        await api.until(lambda: sum(e == "refused" for e in endings(tmp_path).values()) > 200)
        assert api.said(7).count("太快了") == 1


async def test_what_was_in_hand_when_a_process_died_comes_first_and_alone(tmp_path: Path) -> None:
    begun: list[tuple[str, int]] = []
    busy = 0

    async def handle(job: Job) -> Result:
        nonlocal busy
        busy += 1
        begun.append((job.update.id, busy))
        await asyncio.sleep(0.02)
        busy -= 1
        await job.survived()
        return DONE

    async with open_inbox(tmp_path / "inbox.sqlite", time.time) as inbox:
        await inbox.store([new_update(n, f"{n}") for n in range(20)])
        for queued in await inbox.queued():
            if queued.queue in ("13", "17"):
                await inbox.claim(queued)  # and dies
    async with working(tmp_path, handle) as (_, anew):
        await ended(anew)
    assert begun[:2] == [("13", 1), ("17", 1)]
    assert len(begun) == 20


def most_in(times: list[float], window: float) -> int:
    return max(sum(start <= t < start + window for t in times) for start in times)


async def sent_at(gaps: list[float], reserve: Callable[[Limiter], Awaitable[float]]) -> list[float]:
    """When each call goes out that is wanted so long after the one before."""
    clock = Clock(1000.0)
    limiter, sent = Limiter(clock), []
    for gap in gaps:
        clock.now += gap
        sent.append(clock.now + await reserve(limiter))
    return sent


@given(st.lists(st.floats(0, 0.3), min_size=40, max_size=80))
async def test_no_second_holds_more_than_thirty_calls(gaps: list[float]) -> None:
    assert most_in(await sent_at(gaps, Limiter.reserve_overall), 1.0) <= 30


@given(st.lists(st.floats(0, 6), min_size=30, max_size=60))
async def test_no_minute_holds_more_than_twenty_calls_to_a_group(gaps: list[float]) -> None:
    assert most_in(await sent_at(gaps, lambda limiter: limiter.reserve("-1", group=True)), 60.0) <= 20


async def test_a_chat_gets_three_at_once_then_one_a_second_and_held_it_waits() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    assert await limiter.reserve_overall() > 0, "what was sent just before a restart is reckoned with"
    assert [await limiter.reserve("6", group=False) for _ in range(5)] == [0, 0, 0, 1, 2]
    await limiter.hold("7", 35)
    clock.now += 5
    assert limiter.held_chats == 1
    assert await limiter.reserve("7", group=False) == 30
    assert await limiter.reserve("8", group=False) == 0
    clock.now += 30
    assert await limiter.held("7") == 0


async def test_thousands_of_chats_are_forgotten_when_they_are_quiet() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    for chat in range(10_000):
        clock.now += 0.01
        await limiter.reserve(str(chat), group=True)
    assert len(limiter._next) < 3000


async def test_what_is_said_unasked_leaves_the_burst_to_who_is_answered_and_every_place_to_a_crowd() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    clock.now += 1
    unasked = 0
    for _ in range(1000):
        unasked += await limiter.take_spare() == 0
        clock.now += 0.01
        if clock.now % 0.5 < 0.01:
            assert await limiter.reserve_overall() == 0
    assert unasked > 200
    clock.now += 1
    for _ in range(250):
        clock.now += await limiter.reserve_overall()
        assert await limiter.take_spare() > 0


async def test_asked_and_unasked_together_keep_to_the_limit() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    sent = []
    for step in range(1000):
        clock.now += 0.01
        if await limiter.take_spare() == 0:
            sent.append(clock.now)
        if step % 7 == 0:
            sent.append(clock.now + await limiter.reserve_overall())
    assert most_in(sent, 1.0) <= 30

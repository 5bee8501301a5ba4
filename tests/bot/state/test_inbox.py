"""The inbox, whatever its engine: stored before it is confirmed, handed out in order, handled once, ended once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.inbox import (
    KEPT_SECONDS,
    ClaimedUpdate,
    ClosedChat,
    Inbox,
    LeaseLost,
    NewUpdate,
    QueuedUpdate,
    UpdateStatus,
)
from tests.bot.state.conftest import OpenInboxes
from tests.support.clock import Clock
from tests.support.inbox import Collected, new_update

STRANGE = ["oc_ab/cd", "$event:例.org", "中文😀", "x" * 255, "-7"]


async def waiting(inbox: Inbox, count: int) -> list[ClaimedUpdate]:
    """So many updates that have not ended, in order, as whoever opens it next is given them."""
    work = Collected()
    async with inbox.delivering(work):
        claimed = [await inbox.claim(one) for one in await work.until(count)]
    assert len(work.updates) == count
    return [update for update in claimed if update]


@asynccontextmanager
async def stored(inbox: Inbox, *updates: NewUpdate) -> AsyncIterator[list[QueuedUpdate]]:
    """Updates that were stored and are ours to work on, in the order of their ids."""
    work = Collected()
    async with inbox.delivering(work):
        await inbox.store(updates)
        yield sorted(await work.until(len(updates)), key=lambda one: one.number)


async def test_an_update_is_stored_once_however_often_it_comes_and_handed_out_once(
    open_inboxes: OpenInboxes,
) -> None:
    async with open_inboxes() as inboxes:
        inbox, work = inboxes.of("telegram"), Collected()
        async with inbox.delivering(work):
            assert await inbox.store([new_update(1), new_update(2)]) == 2
            assert await inbox.store([new_update(2), new_update(3)]) == 1
            assert await inbox.store([new_update(3)]) == 0
            claimed = [await inbox.claim(one) for one in await work.until(3)]
        assert [update.id for update in claimed if update] == ["1", "2", "3"]
        assert [update.attempts for update in claimed if update] == [1, 1, 1]


async def test_the_same_id_of_two_platforms_is_two_updates(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        telegram, feishu = inboxes.of("telegram"), inboxes.of("feishu")
        assert await feishu.store([new_update(1)]) == 1
        async with stored(telegram, new_update(1)) as (first,):
            await telegram.end(first.number, UpdateStatus.ANSWERED, reply=("7", "1", "2"))
        for inbox, why in (telegram, "telegram"), (feishu, "feishu"):
            await inbox.close_chat(ClosedChat("7", why, 1e9))
        assert await telegram.queued() == []
        assert [update.id for update in await waiting(feishu, 1)] == ["1"]
        assert await feishu.reply_to("7", "1") is None
        assert [chat.why for chat in await feishu.closed_chats()] == ["feishu"]
        assert dict(await feishu.status_counts()) == {None: 1}


async def test_ids_queues_and_bodies_are_kept_as_they_are(open_inboxes: OpenInboxes) -> None:
    bodies = [f"{text} 🀄 \\u0000".encode() for text in STRANGE] + [b"\x00\xff raw"]
    new = [
        NewUpdate(text, text, "message", body) for text, body in zip([*STRANGE, "nul\0"], bodies, strict=True)
    ]
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("matrix")
        await inbox.store(new)
        assert [one.queue for one in await inbox.queued()] == [*STRANGE, "nul\ufffd"]
        claimed = await waiting(inbox, len(new))
        assert [(one.id, one.body) for one in claimed] == [(one.id, one.body) for one in new]
        other = inboxes.of("feishu")
        async with stored(other, new_update(1)) as (one,):
            await other.end(one.number, UpdateStatus.REFUSED, "why \0", reply=("c😀", "m", "r"))
        assert await other.reply_to("c😀", "m") == "r"


async def test_how_far_a_platform_was_read_is_stored_with_what_it_brought(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        assert await inboxes.of("matrix").position() is None
        await inboxes.of("matrix").store([new_update(1)], position="s1_中")
        await inboxes.of("matrix").store([], position="s2")
    async with open_inboxes() as inboxes:
        assert await inboxes.of("matrix").position() == "s2"
        assert await inboxes.of("telegram").position() is None


async def test_what_has_not_ended_is_delivered_after_a_restart_in_the_order_of_its_coming(
    open_inboxes: OpenInboxes,
) -> None:
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("telegram")
        async with stored(inbox, new_update(3), new_update(1), new_update(2)) as updates:
            await inbox.end(updates[2].number, UpdateStatus.ANSWERED)
    async with open_inboxes() as inboxes:
        assert [update.id for update in await waiting(inboxes.of("telegram"), 2)] == ["3", "1"]


async def test_attempts_are_counted_before_the_update_is_handed_out_and_can_be_taken_back(
    open_inboxes: OpenInboxes,
) -> None:
    attempts = []
    for _ in range(3):
        async with open_inboxes() as inboxes:
            inbox, work = inboxes.of("telegram"), Collected()
            async with inbox.delivering(work):
                await inbox.store([new_update(1)])
                (queued,) = await work.until(1)
                claimed = await inbox.claim(queued)
                assert claimed is not None
                attempts.append((claimed.attempts, queued.retried_after_crash))
                if len(attempts) == 2:
                    await inbox.release(claimed.number)
    assert attempts == [(1, False), (2, False), (2, False)]


async def test_an_ended_update_is_not_handed_out_again_and_keeps_its_first_end(
    open_inboxes: OpenInboxes,
) -> None:
    async with open_inboxes() as inboxes:
        inbox, work = inboxes.of("telegram"), Collected()
        async with inbox.delivering(work):
            await inbox.store([new_update(1)])
            (queued,) = await work.until(1)
            await inbox.end(queued.number, UpdateStatus.REFUSED, "why")
            with pytest.raises(LeaseLost):
                await inbox.end(queued.number, UpdateStatus.ANSWERED)
            assert await inbox.claim(queued) is None
            assert dict(await inbox.status_counts()) == {UpdateStatus.REFUSED: 1}


async def test_ended_updates_are_kept_for_seven_days_and_waiting_ones_for_ever(
    open_inboxes: OpenInboxes,
) -> None:
    clock = Clock(1_800_000_000.0)
    async with open_inboxes(clock) as inboxes:
        inbox = inboxes.of("telegram")
        async with stored(inbox, new_update(1), new_update(2)) as updates:
            await inbox.end(updates[0].number, UpdateStatus.ANSWERED, reply=("7", "1", "9"))
        await inbox.quarantine("-5", b"rubbish", "no usable update")
        clock.now += KEPT_SECONDS - 1
        assert await inbox.purge() == 0
        assert await inbox.reply_to("7", "1") == "9"
        clock.now += 2
        assert await inbox.purge() == 2
        assert await inbox.reply_to("7", "1") is None
        assert [update.id for update in await waiting(inbox, 1)] == ["2"]


async def test_what_is_forgotten_about_a_chat_stays_forgotten_when_the_request_itself_ends(
    open_inboxes: OpenInboxes,
) -> None:
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("telegram")
        async with stored(inbox, *(new_update(n, queue) for n, queue in enumerate("778"))) as updates:
            first, request, other = updates
            await inbox.end(first.number, UpdateStatus.ANSWERED, reply=("7", "1", "2"))
            await inbox.end(other.number, UpdateStatus.ANSWERED, reply=("8", "1", "2"))
            for chat in ("7", "7/3", "78", "7_"):
                await inbox.close_chat(ClosedChat(chat, "blocked", 1e9))
            await inbox.forget("7")
            await inbox.end(request.number, UpdateStatus.ANSWERED, reply=("7", "3", "4"))
        assert (await inbox.reply_to("7", "1"), await inbox.reply_to("7", "3")) == (None, None)
        assert await inbox.reply_to("8", "1") == "2"
        assert sorted(chat.id for chat in await inbox.closed_chats()) == ["78", "7_"]
        await inbox.reopen_chat("78")
        assert [chat.id for chat in await inbox.closed_chats()] == ["7_"]


async def test_many_that_are_stored_and_ended_at_once_are_all_there(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        inbox, work = inboxes.of("telegram"), Collected()
        async with inbox.delivering(work):
            await asyncio.gather(*(inbox.store([new_update(n, f"{n % 7}")]) for n in range(200)))
            queued = await work.until(200)
            await asyncio.gather(*(inbox.end(one.number, UpdateStatus.ANSWERED) for one in queued))
        assert dict(await inbox.status_counts()) == {UpdateStatus.ANSWERED: 200}

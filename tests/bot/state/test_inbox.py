"""The inbox, whatever its engine: stored before it is confirmed, handed out in order, handled once, ended once."""

from __future__ import annotations

import asyncio

from bot.inbox import KEPT_SECONDS, ClosedChat, Inbox, NewUpdate, UpdateStatus
from tests.bot.state.conftest import OpenInboxes
from tests.support.clock import Clock
from tests.support.inbox import Collected, new_update

STRANGE = ["oc_ab/cd", "$event:例.org", "中文😀", "x" * 255, "-7"]


async def waiting(inbox: Inbox) -> list[str]:
    """The ids of what was stored and has not ended, in order, as whoever opens it next would claim them."""
    found = [await inbox.claim(one) for one in await inbox.queued()]
    return [update.id for update in found if update]


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
        for platform in ("telegram", "feishu"):
            assert await inboxes.of(platform).store([new_update(1)]) == 1
            await inboxes.of(platform).close_chat(ClosedChat("7", platform, 1e9))
        (first,) = await inboxes.of("telegram").queued()
        await inboxes.of("telegram").end(first.number, UpdateStatus.ANSWERED, reply=("7", "1", "2"))
        assert await waiting(inboxes.of("telegram")) == []
        assert await waiting(inboxes.of("feishu")) == ["1"]
        assert await inboxes.of("feishu").reply_to("7", "1") is None
        assert [chat.why for chat in await inboxes.of("feishu").closed_chats()] == ["feishu"]
        assert dict(await inboxes.of("feishu").status_counts()) == {None: 1}


async def test_ids_queues_and_bodies_are_kept_as_they_are(open_inboxes: OpenInboxes) -> None:
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("matrix")
        bodies = [f"{text} 🀄 \\u0000".encode() for text in STRANGE] + [b"\x00\xff raw"]
        new = [
            NewUpdate(text, text, "message", body)
            for text, body in zip([*STRANGE, "raw"], bodies, strict=True)
        ]
        await inbox.store(new)
        queued = await inbox.queued()
        assert [one.queue for one in queued] == [one.queue for one in new]
        claimed = [await inbox.claim(one) for one in queued]
        assert [(one.id, one.body) for one in claimed if one] == [(one.id, one.body) for one in new]


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
        await inbox.store([new_update(3), new_update(1), new_update(2)])
        await inbox.end((await inbox.queued())[2].number, UpdateStatus.ANSWERED)
    async with open_inboxes() as inboxes:
        inbox, work = inboxes.of("telegram"), Collected()
        async with inbox.delivering(work):
            claimed = [await inbox.claim(one) for one in await work.until(2)]
        assert [update.id for update in claimed if update] == ["3", "1"]


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
            await inbox.end(queued.number, UpdateStatus.ANSWERED)
            assert await inbox.claim(queued) is None
            assert dict(await inbox.status_counts()) == {UpdateStatus.REFUSED: 1}


async def test_ended_updates_are_kept_for_seven_days_and_waiting_ones_for_ever(
    open_inboxes: OpenInboxes,
) -> None:
    clock = Clock(1_800_000_000.0)
    async with open_inboxes(clock) as inboxes:
        inbox = inboxes.of("telegram")
        await inbox.store([new_update(1), new_update(2)])
        await inbox.end((await inbox.queued())[0].number, UpdateStatus.ANSWERED, reply=("7", "1", "9"))
        await inbox.quarantine("-5", b"rubbish", "no usable update")
        clock.now += KEPT_SECONDS - 1
        assert await inbox.purge() == 0
        assert await inbox.reply_to("7", "1") == "9"
        clock.now += 2
        assert await inbox.purge() == 2
        assert await inbox.reply_to("7", "1") is None
        assert await waiting(inbox) == ["2"]


async def test_what_is_forgotten_about_a_chat_stays_forgotten_when_the_request_itself_ends(
    open_inboxes: OpenInboxes,
) -> None:
    async with open_inboxes() as inboxes:
        inbox = inboxes.of("telegram")
        await inbox.store([new_update(number, queue) for number, queue in enumerate("7788")])
        first, request, other, _ = await inbox.queued()
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

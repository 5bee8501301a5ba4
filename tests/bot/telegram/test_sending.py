"""What only Telegram asks of who says something: floods, topics, queries that run out, entities; and what is said unasked waits."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from pathlib import Path

import pytest

from bot.messages import Button, Chat, ChatType, Message, Reply, Run, Style
from bot.observability import Metrics
from bot.platforms.client import RateLimited
from bot.platforms.telegram.client import TelegramOutcomeUnknown
from bot.platforms.telegram.sending import TEXT_LIMIT, entities, units
from bot.platforms.telegram.service import TelegramOptions, TelegramService
from bot.platforms.text import split
from bot.sharing import Rate
from tests.bot.telegram.service import Echo, Moves, endings, polling
from tests.botapi import faults
from tests.botapi.faults import Refusal
from tests.botapi.server import TOKEN, BotApi, bot_api
from tests.botapi.updates import Json, group, inline, message, press, private, user
from tests.support.inbox import open_host

NEWS = Reply([Run("消息")])


def ask(api: BotApi, text: str, chat: int = 7) -> int:
    return api.push(message=message(text, private(chat)))


async def ended(api: BotApi, folder: Path, *updates: int) -> list[str | None]:
    """Wait until these updates have ended; return how."""
    await api.until(lambda: all(endings(folder).get(update) for update in updates))
    return [endings(folder)[update] for update in updates]


async def test_a_refused_markup_is_sent_plainly(tmp_path: Path) -> None:
    bold = Echo(reply=lambda m: [Reply([Run("粗", Style.BOLD), Run("细")], [[Button("键", "x")]])])
    async with bot_api() as api, polling(api, tmp_path, bold):
        api.fail("sendMessage", faults.BAD_ENTITIES)
        ask(api, "问")
        await api.until(lambda: api.said(7))
        first, second = (c.parameters for c in api.calls if c.method == "sendMessage")
        assert first["entities"] == [{"type": "bold", "offset": 0, "length": 1}]
        assert "entities" not in second


async def test_chats_held_by_429_leave_places_to_others_and_are_not_hurried(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), places=2) as service:
        for held in (7, *range(10, 15)):
            api.fail("sendMessage", faults.flood(1 if held == 7 else 600), chat=held)
            ask(api, "问", held)
        await api.until(lambda: len([call for call in api.calls if call.refused]) == 6)
        ask(api, "问", 99)
        await api.until(lambda: api.said(99) and api.said(7))
        (refused,) = [call.at for call in api.calls if call.refused and call.chat == 7]
        (answered,) = [call.at for call in api.made("sendMessage") if call.chat == 7]
        assert answered - refused >= 1
        with pytest.raises(RateLimited):  # what is said unasked does not wait so long
            await service.send(Chat("telegram", "10", ChatType.PRIVATE), NEWS)


async def test_a_group_that_became_a_supergroup_is_answered_under_its_new_id_and_no_log_names_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told = Moves()
    async with bot_api() as api, polling(api, tmp_path, Echo(), told):
        old, new = -777_050, -1_000_777_050
        api.chats.moved[old] = new
        api.chats.known[new] = group(new)
        api.push(message=message("/find 问", group(old), 1, user(3)))
        await api.until(lambda: api.said(new))
        await ended(api, tmp_path, api.push(message=message(None, group(new), 2, migrate_from_chat_id=old)))
        assert told.told == [("moved", str(old), str(new))]
    assert "a chat has a new id" in caplog.text
    assert "777050" not in caplog.text


async def test_a_topic_is_closed_alone_until_somebody_is_answered_there(tmp_path: Path) -> None:
    told, number = Moves(), iter(range(1, 99))

    def say(text: str, topic: int | None = None, forum: int = -9) -> int:
        where: Json = {"message_thread_id": topic, "is_topic_message": True} if topic else {}
        return api.push(message=message(text, group(forum, forum=True), next(number), user(3), **where))

    news = Chat("telegram", "-9", ChatType.GROUP, "5"), NEWS
    async with bot_api() as api:
        async with polling(api, tmp_path, Echo(), told) as service:
            api.fail("sendMessage", faults.TOPIC_CLOSED)
            assert await ended(api, tmp_path, say("/general", forum=-8)) == ["refused"]
            assert await service.send(Chat("telegram", "-8", ChatType.GROUP), NEWS), "it closes nothing else"
            api.chats.closed_topics.add((-9, 5))
            assert await ended(api, tmp_path, say("/a", 5), say("/b", 6)) == ["refused", "answered"]
            assert api.made("sendMessage")[-1].parameters["message_thread_id"] == 6
            assert await service.send(*news) is None
            api.chats.closed_topics.clear()
            assert await ended(api, tmp_path, say("/c", 5)) == ["answered"]
            assert await service.send(*news)
            api.fail("sendMessage", faults.NO_THREAD)
            assert await ended(api, tmp_path, say("/d", 8, -7)) == ["answered"]
            assert "message_thread_id" not in api.made("sendMessage")[-1].parameters
        async with polling(api, tmp_path, Echo()) as service:
            assert await service.send(*news)
    assert (api.said(-9), api.said(-7)) == (["答：/b", "答：/c", "消息", "消息"], ["答：/d"])
    assert told.told == []


async def test_a_press_is_acknowledged_and_edits_the_message_it_is_under(tmp_path: Path) -> None:
    echo = Echo(
        reply=lambda m: [Reply([Run("一")], [[Button("更多", "m:1")]])],
        press_reply=lambda p: [Reply([Run("二")], edits=p.message_id, notice="第二页")],
    )
    async with bot_api() as api, polling(api, tmp_path, echo):
        ask(api, "问")
        await api.until(lambda: api.said(7))
        (shown,) = api.shown(7)
        api.push(callback_query=press("m:1", shown, "q1", user(7)))
        await api.until(lambda: api.made("editMessageText"))
        assert api.made("answerCallbackQuery")[0].parameters["text"] == "第二页"
        again = api.push(callback_query=press("m:1", shown, "q2", user(7)))  # not modified: no harm
        assert await ended(api, tmp_path, again) == ["answered"]


async def test_a_press_whose_message_is_out_of_reach_is_acknowledged(tmp_path: Path) -> None:
    gone = {"chat": private(7), "message_id": 3, "date": 0}
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        for number, (on, more) in enumerate(((None, {}), (gone, {}), (None, {"inline_message_id": "abc"}))):
            update = api.push(callback_query=press("x", on, f"q{number}", user(7), **more))
            assert await ended(api, tmp_path, update) == ["answered"]
            assert len(api.made("answerCallbackQuery")) == number + 1


async def test_a_query_is_answered_at_the_second_try_and_expires(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        api.fail("answerCallbackQuery", Refusal(500, "Internal Server Error"))
        api.fail("answerInlineQuery", faults.flood(1))
        for number, endings in enumerate((["answered", "answered"], ["answered", "expired"])):
            pressed = api.push(callback_query=press("x", None, f"p{number}", user(7)))
            typed = api.push(inline_query=inline("词", f"i{number}", user(8)))
            assert await ended(api, tmp_path, pressed, typed) == endings
            assert len(api.made("answerCallbackQuery", "answerInlineQuery")) == 2
            api.fail("answerCallbackQuery", faults.TOO_OLD)
            api.fail("answerInlineQuery", faults.TOO_OLD)


async def test_an_answer_overtakes_all_that_waits_to_be_said_unasked(tmp_path: Path) -> None:
    watchers = range(100, 108)
    said_before: list[int] = []

    def reply(asked: Message) -> list[Reply]:
        said_before.append(len(api.said()))
        return [Reply([Run("答")])]

    async with bot_api() as api, polling(api, tmp_path, Echo(reply=reply), overall=Rate(0.2, 3)) as service:
        api.chats.known |= {number: private(number) for number in watchers}
        chats = [Chat("telegram", str(number), ChatType.PRIVATE) for number in watchers]
        news = [asyncio.create_task(service.send(chat, NEWS)) for chat in chats]
        await api.until(lambda: api.said())
        ask(api, "问")
        await api.until(lambda: api.said(7))
        await asyncio.gather(*news)
        assert api.said().index("答") <= said_before[0] + 2
        assert Counter(api.said()) == {"消息": len(watchers), "答": 1}


async def test_a_file_that_stalls_halfway_is_given_up(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), call_seconds=0.5) as service:
        api.files["f1"] = bytes(1000)
        api.stalling.add("f1")
        got = b""
        with pytest.raises(TelegramOutcomeUnknown, match="no file"):
            async for piece in service.download("f1"):
                got += piece
        assert got == bytes(500)


async def test_an_answer_is_counted_once_where_an_operator_looks_for_it(tmp_path: Path) -> None:
    metrics = Metrics()
    async with (
        bot_api() as api,
        open_host(tmp_path, Echo(), metrics) as host,
        TelegramService(TelegramOptions(TOKEN, api.url), host).serving(),
    ):
        ask(api, "问")
        await api.until(lambda: api.said(7))
    page = metrics.page().decode()
    for line in (
        'chuchu_updates_received_total{kind="message"} 1.0',
        'chuchu_updates_ended_total{ending="answered"} 1.0',
        'chuchu_sends_total{outcome="sent"} 1.0',
        "chuchu_answer_seconds_count 1.0",
        'chuchu_inbox_waiting{platform="telegram"} 0.0',
    ):
        assert line in page


def test_entities_count_utf16_units_and_links_other_than_http_are_dropped() -> None:
    runs = [
        Run("𠮷"),
        Run("粗", Style.BOLD),
        Run("链", link="https://a.b/"),
        Run("坏", link="tg://user?id=1"),
    ]
    found = [(e.type, e.offset, e.length, e.url) for e in entities(runs)]
    assert found == [("bold", 2, 1, None), ("text_link", 3, 1, "https://a.b/")]


@pytest.mark.parametrize("last", ["甲", "😀", "𠮷"])
@pytest.mark.parametrize(("size", "count"), [(4095, 1), (4096, 1), (4097, 2)])
def test_a_text_at_the_limit_is_one_message_and_a_unit_more_two(last: str, size: int, count: int) -> None:
    text = "字" * (size - len(last.encode("utf-16-le")) // 2) + last
    found = ["".join(run.text for run in part) for part in split([Run(text)], TEXT_LIMIT, units)]
    assert (len(found), "".join(found)) == (count, text)
    assert found[-1].endswith(last)

"""What we say arrives once, whatever Telegram answers; long texts in parts, nothing lost, nothing torn."""

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
from tests.botapi.calls import Call
from tests.botapi.faults import Fault, Refusal
from tests.botapi.server import TOKEN, BotApi, bot_api
from tests.botapi.updates import group, inline, message, press, private, user
from tests.support.inbox import open_host
from tests.support.server import Garbage, Hang, Reset


async def ask(api: BotApi, text: str, chat: int = 7) -> int:
    return api.push(message=message(text, private(chat)))


SURVIVED: dict[str, Fault] = {
    "429": faults.flood(1),
    "500": Refusal(500, "Internal Server Error"),
    "502": Garbage(b"<html>", 502),
    "503 for a while": Refusal(503, "Service Unavailable"),
    "401": faults.UNAUTHORIZED,
    "404": faults.NOT_FOUND,
    "connection lost": Reset(),
}


@pytest.mark.parametrize("fault", SURVIVED.values(), ids=SURVIVED.keys())
async def test_an_error_met_once_or_for_a_while_does_not_cost_the_answer(
    tmp_path: Path, fault: Fault
) -> None:
    echo = Echo()
    async with bot_api() as api, polling(api, tmp_path, echo):
        api.fail("sendMessage", fault, 3 if fault is SURVIVED["503 for a while"] else 1)
        update = await ask(api, "问")
        await api.until(lambda: endings(tmp_path).get(update) == "answered")
        assert (api.said(7), len(echo.heard)) == (["答：问"], 1)


@pytest.mark.parametrize("fault", [Hang(done=True), Garbage(b"\x00")], ids=["no answer", "garbage"])
async def test_a_message_that_may_have_arrived_is_not_sent_again(tmp_path: Path, fault: Fault) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), call_seconds=1.0):
        api.fail("sendMessage", fault)
        update = await ask(api, "问")
        await api.until(lambda: endings(tmp_path).get(update))
        assert len([c for c in api.calls if c.method == "sendMessage"]) == 1


async def test_a_refused_markup_is_sent_plainly(tmp_path: Path) -> None:
    bold = Echo(reply=lambda m: [Reply([Run("粗", Style.BOLD), Run("细")], [[Button("键", "x")]])])
    async with bot_api() as api, polling(api, tmp_path, bold):
        api.fail("sendMessage", faults.BAD_ENTITIES)
        await ask(api, "问")
        await api.until(lambda: api.said(7))
        first, second = (c.parameters for c in api.calls if c.method == "sendMessage")
        assert first["entities"] == [{"type": "bold", "offset": 0, "length": 1}]
        assert "entities" not in second


def refused(api: BotApi) -> list[Call]:
    return [call for call in api.calls if call.refused is not None]


async def test_a_held_chat_is_answered_not_a_moment_before_it_may_be(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        api.fail("sendMessage", faults.flood(1), chat=7)
        await ask(api, "问")
        await api.until(lambda: api.said(7) == ["答：问"])
        assert api.made("sendMessage")[0].at - refused(api)[0].at >= 1


async def test_chats_held_by_429_leave_every_place_to_the_others(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), places=2):
        for held in range(10, 15):
            api.fail("sendMessage", faults.flood(600), chat=held)
            await ask(api, "问", held)
        await api.until(lambda: len(refused(api)) == 5)
        await ask(api, "问", 99)
        await api.until(lambda: api.said(99))


@pytest.mark.parametrize(
    "fault",
    [
        faults.BLOCKED,
        faults.KICKED,
        Refusal(400, "Bad Request: chat not found"),
        Refusal(400, "Bad Request: not enough rights to send text messages to the chat"),
    ],
    ids=["blocked", "kicked", "not found", "no rights"],
)
async def test_a_closed_chat_is_tried_once_and_remembered_over_a_restart(
    tmp_path: Path, fault: Fault
) -> None:
    told = Moves()
    async with bot_api() as api:
        async with polling(api, tmp_path, Echo(), told):
            api.fail("sendMessage", fault)
            update = await ask(api, "问")
            await api.until(lambda: endings(tmp_path).get(update) == "refused")
        async with polling(api, tmp_path, Echo(), told) as service:
            assert await service.send(Chat("telegram", "7", ChatType.PRIVATE), Reply([Run("新消息")])) is None
            assert len([c for c in api.calls if c.method == "sendMessage"]) == 1
            await ask(api, "我回来了")
            await api.until(lambda: api.said(7) == ["答：我回来了"])
    assert told.told == [("closed", "7")]


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
        service_message = message(None, group(new), 2, user(3), migrate_from_chat_id=old)
        update = api.push(message=service_message)
        await api.until(lambda: endings(tmp_path).get(update))
        assert told.told == [("moved", str(old), str(new))]
    assert "a chat has a new id" in caplog.text
    assert "777050" not in caplog.text


async def test_a_closed_topic_is_left_in_peace_and_the_rest_of_the_forum_served(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        forum = group(-9, forum=True)
        api.chats.closed_topics.add((-9, 5))
        topic = {"message_thread_id": 5, "is_topic_message": True}
        shut = api.push(message=message("/a", forum, 1, user(3), **topic))
        await api.until(lambda: endings(tmp_path).get(shut) == "refused")
        topic = {"message_thread_id": 6, "is_topic_message": True}
        api.push(message=message("/b", forum, 2, user(3), **topic))
        await api.until(lambda: api.said(-9) == ["答：/b"])
        assert api.made("sendMessage")[0].parameters["message_thread_id"] == 6


async def test_a_topic_that_is_opened_again_hears_unasked_news_once_somebody_was_answered_there(
    tmp_path: Path,
) -> None:
    news = Chat("telegram", "-9", ChatType.GROUP, "5"), Reply([Run("消息")])
    topic = {"message_thread_id": 5, "is_topic_message": True}
    async with bot_api() as api:
        async with polling(api, tmp_path, Echo()) as service:
            api.chats.closed_topics.add((-9, 5))
            shut = api.push(message=message("/a", group(-9, forum=True), 1, user(3), **topic))
            await api.until(lambda: endings(tmp_path).get(shut) == "refused")
            assert await service.send(*news) is None
            api.chats.closed_topics.clear()
            opened = api.push(message=message("/b", group(-9, forum=True), 2, user(3), **topic))
            await api.until(lambda: endings(tmp_path).get(opened) == "answered")
            assert api.said(-9) == ["答：/b"]
            assert await service.send(*news)
        async with polling(api, tmp_path, Echo()) as service:
            assert await service.send(*news)


async def test_a_general_topic_that_is_closed_closes_nothing_else(tmp_path: Path) -> None:
    told = Moves()
    async with bot_api() as api, polling(api, tmp_path, Echo(), told) as service:
        api.fail("sendMessage", faults.TOPIC_CLOSED)
        shut = api.push(message=message("/a", group(-9, forum=True), 1, user(3)))
        await api.until(lambda: endings(tmp_path).get(shut) == "refused")
        assert await service.send(Chat("telegram", "-9", ChatType.GROUP), Reply([Run("消息")]))
        assert told.told == []


async def test_a_deleted_topic_is_answered_in_the_general_one(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        topic = {"message_thread_id": 5, "is_topic_message": True}
        api.fail("sendMessage", faults.NO_THREAD)
        api.push(message=message("/a", group(-9, forum=True), 1, user(3), **topic))
        await api.until(lambda: api.said(-9))
        assert "message_thread_id" not in api.made("sendMessage")[0].parameters


async def test_a_long_answer_comes_in_parts_with_the_buttons_under_the_last(tmp_path: Path) -> None:
    text = "".join(f"第{n}行，{'长' * 90}。\n" for n in range(100))
    long = Echo(reply=lambda m: [Reply([Run(text)], [[Button("更多", "m:1")]], reply_to=m.id)])
    async with bot_api() as api, polling(api, tmp_path, long):
        update = await ask(api, "问")
        await api.until(lambda: endings(tmp_path).get(update))
        calls = [c.parameters for c in api.made("sendMessage")]
        assert "".join(c["text"] for c in calls) == text
        assert [("reply_markup" in c, "reply_parameters" in c) for c in calls] == [
            (False, True),
            (False, False),
            (True, False),
        ]


async def test_a_press_is_acknowledged_and_edits_the_message_it_is_under(tmp_path: Path) -> None:
    echo = Echo(
        reply=lambda m: [Reply([Run("一")], [[Button("更多", "m:1")]])],
        press_reply=lambda p: [Reply([Run("二")], edits=p.message_id, notice="第二页")],
    )
    async with bot_api() as api, polling(api, tmp_path, echo):
        await ask(api, "问")
        await api.until(lambda: api.said(7))
        shown = next(said for (chat, _), said in api.chats.messages.items() if said.get("text") == "一")
        api.push(callback_query=press("m:1", shown, "q1", user(7)))
        await api.until(lambda: api.made("editMessageText"))
        assert api.made("answerCallbackQuery")[0].parameters["text"] == "第二页"
        again = api.push(callback_query=press("m:1", shown, "q2", user(7)))  # not modified: no harm
        await api.until(lambda: endings(tmp_path).get(again) == "answered")


@pytest.mark.parametrize("way", ["message missing", "message inaccessible", "under an inline result"])
async def test_a_press_whose_message_is_out_of_reach_is_acknowledged(tmp_path: Path, way: str) -> None:
    gone = {"chat": private(7), "message_id": 3, "date": 0}
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        more = {"inline_message_id": "abc"} if way == "under an inline result" else {}
        on = gone if way == "message inaccessible" else None
        update = api.push(callback_query=press("x", on, "q1", user(7), **more))
        await api.until(lambda: endings(tmp_path).get(update) == "answered")
        assert api.made("answerCallbackQuery")


async def test_a_query_that_is_too_old_is_no_trouble(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        api.fail("answerCallbackQuery", faults.TOO_OLD)
        api.fail("answerInlineQuery", faults.TOO_OLD)
        pressed = api.push(callback_query=press("x", None, "q1", user(7)))
        typed = api.push(inline_query=inline("词", "q2", user(8)))
        await api.until(lambda: endings(tmp_path).get(typed) and endings(tmp_path).get(pressed))
        assert endings(tmp_path) == {pressed: "answered", typed: "expired"}


async def test_a_query_is_answered_at_the_second_try(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        api.fail("answerCallbackQuery", Refusal(500, "Internal Server Error"))
        api.fail("answerInlineQuery", faults.flood(1))
        api.push(callback_query=press("x", None, "q1", user(7)))
        api.push(inline_query=inline("词", "q2", user(8)))
        await api.until(lambda: api.made("answerCallbackQuery") and api.made("answerInlineQuery"))


async def test_what_is_said_unasked_does_not_wait_for_a_chat_that_is_long_held(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()) as service:
        api.chats.learn({"message": message("早", private(7))})
        api.fail("sendMessage", faults.flood(600))
        with pytest.raises(RateLimited):
            await service.send(Chat("telegram", "7", ChatType.PRIVATE), Reply([Run("消息")]))


async def test_an_answer_overtakes_all_that_waits_to_be_said_unasked(tmp_path: Path) -> None:
    watchers = range(100, 112)
    slowly = Rate(0.3, 3)
    said_before: list[int] = []

    def reply(asked: Message) -> list[Reply]:
        said_before.append(len(api.said()))
        return [Reply([Run("答")])]

    async with bot_api() as api, polling(api, tmp_path, Echo(reply=reply), overall=slowly) as service:
        api.chats.known |= {number: private(number) for number in watchers}
        news = [
            asyncio.create_task(
                service.send(Chat("telegram", str(number), ChatType.PRIVATE), Reply([Run("消息")]))
            )
            for number in watchers
        ]
        await api.until(lambda: api.said())
        await ask(api, "问")
        await api.until(lambda: api.said(7))
        await asyncio.gather(*news)
        assert api.said().index("答") <= said_before[0] + 2
        assert Counter(api.said()) == {"消息": len(watchers), "答": 1}


async def test_a_file_that_stalls_halfway_is_given_up(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), call_seconds=1.0) as service:
        api.files["f1"] = bytes(1000)
        api.stalling.add("f1")
        got = b""
        with pytest.raises(TelegramOutcomeUnknown, match="no file"):
            async for piece in service.download("f1"):
                got += piece
        assert got == bytes(500)


async def test_an_answer_is_counted_once_where_an_operator_looks_for_it(tmp_path: Path) -> None:
    metrics = Metrics()
    async with bot_api() as api:
        options = TelegramOptions(TOKEN, api.url)
        async with (
            open_host(tmp_path, Echo(), metrics) as host,
            TelegramService(options, host).serving(),
        ):
            api.push(message=message("问", private(7)))
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


def test_a_grapheme_above_the_limit_is_the_only_one_that_is_cut() -> None:
    assert [len(part[0].text) for part in split([Run("a" + "\u0301" * 5000)], TEXT_LIMIT, units)] == [
        4096,
        905,
    ]


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
def test_a_text_at_the_very_limit_is_one_message_and_one_unit_more_are_two(
    last: str, size: int, count: int
) -> None:
    text = "字" * (size - len(last.encode("utf-16-le")) // 2) + last
    found = ["".join(run.text for run in part) for part in split([Run(text)], TEXT_LIMIT, units)]
    assert (len(found), "".join(found)) == (count, text)
    assert found[-1].endswith(last)

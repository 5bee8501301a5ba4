"""At home everywhere in Telegram, by the real process over HTTP against the strict server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.texts import phrases
from tests.bot.telegram.talking import Bot, talking
from tests.botapi.updates import channel, group, inline, message, private, user

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORD = "蕃瓜弄"
SOURCE = "001_2fc48988770e9f18.txt"
ZH = phrases("zh")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    async with talking(tmp_path_factory.mktemp("surfaces")) as running:
        yield running


async def test_a_word_in_private_is_answered_with_title_lines_and_file(bot: Bot) -> None:
    said = await bot.tell(message=message(WORD, private(11)))
    assert f"行 · {SOURCE}" in said.text
    assert "——《" in said.text
    marks = said.calls[0][1]["entities"]
    text = said.text.encode("utf-16-le")
    bold = [
        text[m["offset"] * 2 : (m["offset"] + m["length"]) * 2].decode("utf-16-le")
        for m in marks
        if m["type"] == "bold"
    ]
    assert WORD in bold


async def test_context_source_and_more_work_by_button(bot: Bot) -> None:
    chat, reader = private(12), user(12)
    first = await bot.tell(message=message(WORD, chat))
    context = await bot.press("上下文", chat, reader)
    quoted = first.text.split("\n")[0]
    assert quoted in context.text
    assert len(context.text) > len(quoted) + 20
    await bot.tell(message=message(WORD, chat, 2))
    assert SOURCE in (await bot.press("原文", chat, reader)).text
    await bot.tell(message=message(WORD, chat, 3))
    opened = await bot.press("更多", chat, reader)
    assert opened.calls[0][0] == "answerCallbackQuery" or opened.texts
    labels = [b["text"] for row in bot.last(chat)["reply_markup"]["inline_keyboard"] for b in row]
    assert {"其他报道", "为什么匹配", "👍", "👎"} <= set(labels)


async def test_nothing_found_is_said(bot: Bot) -> None:
    said = await bot.tell(message=message("北京地铁票价", private(13)))
    assert said.text.startswith("现有报道里没有查到“北京地铁票价”。")


async def test_a_group_is_answered_in_its_topic_with_the_question_quoted_only_when_addressed(
    bot: Bot,
) -> None:
    forum, reader = group(-1001, forum=True), user(21)
    topic = {"message_thread_id": 5, "is_topic_message": True}
    silent = await bot.tell(message=message(WORD, forum, 1, reader, **topic))
    assert (silent.ending, silent.calls) == ("ignored", [])
    for number, text in enumerate((f"/find {WORD}", f"@chuchu_bot {WORD}", f"/find@chuchu_bot {WORD}"), 2):
        said = await bot.tell(message=message(text, forum, number, reader, **topic))
        ((_, asked),) = said.calls
        assert asked["message_thread_id"] == 5
        assert asked["reply_parameters"]["message_id"] == number
        assert asked["text"].count("——《") == 1


async def test_a_reply_to_the_bot_addresses_it(bot: Bot) -> None:
    chat, reader = group(-1002), user(22)
    await bot.tell(message=message(f"/find {WORD}", chat, 1, reader))
    said = await bot.tell(message=message("果洛", chat, 2, reader, reply_to_message=bot.last(chat)))
    assert "果洛" in said.text


async def test_another_bots_command_is_not_ours(bot: Bot) -> None:
    said = await bot.tell(message=message(f"/find@other_bot {WORD}", group(-1003), 1, user(23)))
    assert said.calls == []


async def test_help_in_a_group_explains_privacy_mode(bot: Bot) -> None:
    said = await bot.tell(message=message("/help", group(-1004), 1, user(24)))
    assert "隐私模式" in said.text


@pytest.mark.parametrize("text", [f"/find {WORD}", f"查：{WORD}"])
async def test_a_channel_post_that_asks_gets_one_cited_reply(bot: Bot, text: str) -> None:
    place = channel(-1005 - len(text))
    said = await bot.tell(channel_post=message(text, place))
    assert SOURCE in said.text
    assert (await bot.tell(channel_post=message("今天天气好", place, 2))).calls == []


async def test_the_copy_of_a_channel_post_in_the_comment_group_is_not_answered_again(bot: Bot) -> None:
    origin = {"type": "channel", "date": 1, "chat": channel(-1020), "message_id": 1}
    copy = message(
        f"/find {WORD}",
        group(-1021),
        1,
        {"id": 777000, "is_bot": False, "first_name": "Telegram"},
        sender_chat=channel(-1020),
        is_automatic_forward=True,
        forward_origin=origin,
    )
    assert (await bot.tell(message=copy)).calls == []


async def test_an_edited_question_edits_its_answer_and_an_edited_command_does_nothing(bot: Bot) -> None:
    chat = private(14)
    await bot.tell(message=message(WORD, chat, 1))
    answer = bot.last(chat)["message_id"]
    said = await bot.tell(edited_message=message("莫德纳", chat, 1, edit_date=2))
    ((method, asked),) = said.calls
    assert (method, asked["message_id"]) == ("editMessageText", answer)
    assert "莫德纳" in asked["text"]
    assert (await bot.tell(edited_message=message("/articles", chat, 1, edit_date=3))).calls == []


async def test_inline_offers_cited_facts_in_pages_and_shows_how_when_empty(bot: Bot) -> None:
    said = await bot.tell(inline_query=inline("上海", "i1", user(31)))
    ((_, asked),) = said.calls
    assert 0 < len(asked["results"]) <= 20
    assert all(".txt" in result["input_message_content"]["message_text"] for result in asked["results"])
    assert asked["is_personal"] is True
    ((_, how),) = (await bot.tell(inline_query=inline("", "i2", user(31)))).calls
    assert how["results"][0]["title"] == ZH.inline_how


@pytest.mark.parametrize("offset", ["x", "-1", "99999999999", "20" * 30])
async def test_an_odd_inline_offset_gets_a_page(bot: Bot, offset: str) -> None:
    said = await bot.tell(inline_query=inline("上海", f"i-{offset}"[:40], user(32), offset))
    assert [method for method, _ in said.calls] == ["answerInlineQuery"]


async def test_a_deep_link_opens_one_fact_and_a_broken_one_is_welcomed(bot: Bot) -> None:
    said = await bot.tell(inline_query=inline(WORD, "i9", user(33)))
    fact = said.calls[0][1]["results"][0]["id"]
    opened = await bot.tell(message=message(f"/start {fact}", private(33)))
    assert SOURCE in opened.text
    for number, parameter in enumerate(("a" * 65, "no-such-fact", "%00"), 2):
        told = await bot.tell(message=message(f"/start {parameter}", private(33), number))
        assert told.text == ZH.start
    gone = await bot.tell(message=message(f"/start {'a' * 13}", private(33), 9))
    assert gone.text == ZH.fact_gone


async def test_articles_are_listed_and_opened(bot: Bot) -> None:
    chat, reader = private(15), user(15)
    listed = await bot.tell(message=message("/articles", chat))
    assert "上海第一批主题教育" in listed.text
    opened = await bot.press("1", chat, reader)
    assert "句" in opened.text


async def test_the_interface_follows_the_readers_language_and_quotes_stay_as_printed(bot: Bot) -> None:
    english = user(16, language_code="en")
    said = await bot.tell(message=message(WORD, private(16), 1, english))
    assert WORD in said.text
    assert "line" in said.text
    assert bot.last(private(16))["reply_markup"]["inline_keyboard"][0][0]["text"] == "Context"
    taiwan = user(17, language_code="zh-hant")
    said = await bot.tell(message=message("qzxjk", private(17), 1, taiwan))
    assert said.text == "現有報道裡沒有查到「qzxjk」。\n文章裡沒有這些詞：qzxjk"


async def test_menus_are_told_per_scope_and_language(bot: Bot) -> None:
    told = {
        (call.parameters["scope"]["type"], call.parameters.get("language_code", "")): [
            command["command"] for command in call.parameters["commands"]
        ]
        for call in bot.api.made("setMyCommands")
    }
    assert {scope for scope, _ in told} == {
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
    }
    assert {language for _, language in told} == {"", "zh"}
    assert "settings" not in told["all_group_chats", ""]
    assert "settings" in told["all_chat_administrators", ""]


HOSTILE = "<b>粗</b>&lt;i&gt; [链](tg://user?id=1) @admin </a><script>\"'"


async def test_markup_in_a_query_and_a_name_is_shown_as_text(bot: Bot) -> None:
    sender = user(18, first_name=HOSTILE[:60])
    said = await bot.tell(message=message(HOSTILE, private(18), 1, sender))
    assert HOSTILE[:38] + "@\u2060admin" in said.text
    assert all(mark["type"] in ("bold", "code", "text_link") for mark in said.calls[0][1].get("entities", []))


@pytest.mark.parametrize(
    "data", ["x", "c.zzzzzzzz.0", "🙂" * 16, "a" * 64, "settings:language:de", "article:zzzzzzzzzzzzz.0"]
)
async def test_a_button_that_means_nothing_gets_a_notice(bot: Bot, data: str) -> None:
    chat = private(41)
    await bot.tell(message=message(WORD, chat))
    said = await bot.press_data(data, bot.last(chat), user(41))
    assert said.notice
    assert said.texts == []


async def test_a_press_without_a_message_gets_a_notice(bot: Bot) -> None:
    said = await bot.press_data("c.zzzzzzzz.0", None, user(42), inline_message_id="AAA")
    assert said.notice == ZH.stale

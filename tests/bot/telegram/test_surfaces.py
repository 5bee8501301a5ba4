"""At home everywhere in Telegram: the whole bot against the strict server; what it says is tried without Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.texts import phrases
from tests.bot.telegram.talking import Bot, talking
from tests.botapi.server import bot_api
from tests.botapi.updates import group, inline, message, private, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORD = "第2号街坊"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    async with talking(tmp_path_factory.mktemp("surfaces")) as running:
        yield running


async def test_a_word_in_private_is_answered_in_bold_with_title_lines_and_file(bot: Bot) -> None:
    said = await bot.tell(message=message(WORD, private(11)))
    assert "——《第2号街坊旧区改造纪事》" in said.text and "行 · 002.txt" in said.text
    text = said.text.encode("utf-16-le")
    bold = [
        text[m["offset"] * 2 : (m["offset"] + m["length"]) * 2].decode("utf-16-le")
        for m in said.calls[0][1]["entities"]
        if m["type"] == "bold"
    ]
    assert WORD in bold


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


async def test_an_edited_question_edits_its_answer_and_an_edited_command_does_nothing(bot: Bot) -> None:
    chat = private(14)
    await bot.tell(message=message(WORD, chat, 1))
    answer = bot.last(chat)["message_id"]
    said = await bot.tell(edited_message=message("第1号街坊", chat, 1, edit_date=2))
    ((method, asked),) = said.calls
    assert (method, asked["message_id"]) == ("editMessageText", answer)
    assert "第1号街坊" in asked["text"]
    assert (await bot.tell(edited_message=message("/articles", chat, 1, edit_date=3))).calls == []


async def test_an_inline_fact_opens_by_its_deep_link(bot: Bot) -> None:
    ((_, asked),) = (await bot.tell(inline_query=inline(WORD, "i1", user(33)))).calls
    assert asked["is_personal"] is True
    opened = await bot.tell(message=message(f"/start {asked['results'][0]['id']}", private(33)))
    assert opened.text == asked["results"][0]["input_message_content"]["message_text"]


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


async def test_choices_and_buttons_outlive_a_restart(tmp_path: Path) -> None:
    chat, admin, member = group(-77), user(1), user(2)
    async with bot_api() as api:
        api.chats.administrators.add((-77, 1))
        async with talking(tmp_path, api=api) as bot:
            await bot.tell(message=message(f"/find {WORD}", chat, 1, member))
            shown = bot.last(chat)
            await bot.tell(message=message("/settings", chat, 2, admin))
            assert "Language: English" in (await bot.press("English", bot.last(chat), admin)).texts[-1]
        async with talking(tmp_path, api=api) as bot:
            said = await bot.tell(message=message("/find qzxjk", chat, 3, member))
            assert said.text.startswith(phrases("en").nothing_found.format("qzxjk"))
            assert WORD in (await bot.press("上下文", shown, member)).texts[-1]

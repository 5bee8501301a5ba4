"""Choices that last, watches and hopes: told in the language that the chat has chosen, and nothing of what is wrong inside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, Sender
from bot.ports import Preference
from bot.state.chats import Subscriber
from bot.state.questions import MOST_ALERTS
from bot.state.state import State, open_state, sqlite_address
from bot.texts import phrases
from tests.support.chat import STRANGER, Hall, carried, hall, told, without

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CHAT = Chat("telegram", STRANGER, ChatType.PRIVATE)
READER = Sender(STRANGER, language="de")
CHOSEN = phrases("zh-Hans")


@pytest.fixture
async def state(room: Hall) -> AsyncIterator[State]:
    """The state; a reader whose device speaks German has chosen 简体."""
    async with open_state(sqlite_address(room.data)) as state:
        await state.preferences.put(CHAT, Preference(language="zh-Hans"))
        yield state


async def press(room: Hall, data: str, sender: Sender = READER) -> tuple[str, str | None]:
    """Press a button; return what is said, and the notice."""
    (reply,) = await room.carry(data, sender)
    return reply.text, reply.notice


async def test_watches_hopes_and_what_cannot_be_written_down_are_told_in_the_language_of_the_chat(
    room: Hall, state: State, caplog: pytest.LogCaptureFixture
) -> None:
    said = CHOSEN.feedback
    assert await room.say("/watches", READER) == said.no_watches
    assert await room.say("/watch 养老", READER) == said.watching.format("养老")
    (watch,) = await state.watches.all()
    assert watch.subscriber.language == "zh-Hans"
    assert await press(room, f"unwatch:{watch.id}") == (said.no_watches, None)
    await room.say("养老", READER)
    (question,) = await state.questions.often()
    assert await press(room, f"hope:{question.id}") == ("", said.will_tell)
    async with without(room.data, "votes"):
        assert await room.say("/forget_me", READER) == CHOSEN.failed
    assert str(room.data) in caplog.text


async def test_choices_and_buttons_outlive_a_restart(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        (answer,) = await room.heard("第2号街坊在第1年完成了签约", STRANGER)
        screen = await room.heard("/settings", STRANGER)
        assert "Language: English" in told(await room.carry(carried("English", *screen), STRANGER))
    async with hall(tmp_path) as room:
        assert (await room.say("qzxjk", STRANGER)).startswith(phrases("en").nothing_found.format("qzxjk"))
        assert "第2号街坊在第1年" in told(await room.carry(carried("上下文", answer), STRANGER))


async def test_where_the_question_is_gone_or_too_much_is_waited_for_that_is_said_in_the_readers_language(
    room: Hall,
) -> None:
    async with open_state(sqlite_address(room.data)) as state:
        for number in range(MOST_ALERTS + 1):
            await state.questions.missed(f"q{number}", f"q{number}", "", "asker", NOW)
            await state.questions.subscribe(f"q{number}", Subscriber(CHAT), NOW)
    for language in ("zh", "zh-Hant", "en"):
        said, sender = phrases(language).feedback, Sender(STRANGER, language=language)
        assert await press(room, "hope:gone", sender) == ("", said.ask_again)
        full = said.alerts_full.format(MOST_ALERTS)
        assert await press(room, f"hope:q{MOST_ALERTS}", sender) == ("", full)

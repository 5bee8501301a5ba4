"""有了告诉我: what the reader is told at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.messages import ButtonPress, Chat, ChatType, Sender
from bot.state.chats import Subscriber
from bot.state.questions import MOST_HOPES
from bot.state.state import open_state, sqlite_address
from tests.support.chat import STRANGER, Hall, hall

CHAT = Chat("telegram", STRANGER, ChatType.PRIVATE)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


async def notice(room: Hall, question: str, language: str) -> str | None:
    """Press the button of a question; return the notice."""
    sender = Sender(STRANGER, language=language)
    (reply,) = await room.dialogue.press(ButtonPress(CHAT, "m1", "p1", sender, f"hope:{question}"))
    return reply.notice


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "请再问一次。"), ("zh-Hant", "請再問一次。"), ("en", "Please ask again.")]
)
async def test_where_the_question_is_gone_nothing_is_claimed_of_its_answer(
    tmp_path: Path, language: str, said: str
) -> None:
    async with hall(tmp_path) as room:
        assert await notice(room, "gone", language) == said


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "100 个"), ("zh-Hant", "100 個"), ("en", "100 questions")]
)
async def test_who_waits_for_too_much_hears_how_much_it_is(tmp_path: Path, language: str, said: str) -> None:
    async with hall(tmp_path) as room:
        async with open_state(sqlite_address(room.data)) as state:
            for number in range(MOST_HOPES + 1):
                await state.questions.missed(f"q{number}", f"q{number}", "", "asker", NOW)
                await state.questions.subscribe(f"q{number}", Subscriber(CHAT), NOW)
        told = await notice(room, f"q{MOST_HOPES}", language)
        assert told is not None and said in told

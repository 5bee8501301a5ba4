"""Watches and hopes: told in the language that the chat has chosen, and nothing of what is wrong inside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import StateReadOnly
from bot.feedback.questions import UnansweredQuestions
from bot.feedback.watches import WatchService
from bot.handlers.dispatcher import Dispatcher, HandlerSet
from bot.handlers.settings import AlertHandlers, WatchHandlers
from bot.messages import ButtonPress, Chat, ChatType, Message, Reply, Sender
from bot.ports import ChatSettings, InMemoryPreferences, Interactions, Preference
from bot.query_service import open_query_service
from bot.rendering.fact import no_permalinks
from bot.state.chats import Subscriber
from bot.state.people import Pseudonymizer
from bot.state.questions import MOST_ALERTS
from bot.state.state import State, open_state, sqlite_address
from bot.texts import phrases
from knowledge.snapshot import SnapshotHolder
from tests.support import paper as newspaper
from tests.support.chat import STRANGER, Hall, hall

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
READER = Sender("7", language="de")
PRIVATE = Chat("test", "7", ChatType.PRIVATE)
WHERE = "sqlite+aiosqlite:////srv/chuchu/state.sqlite"


@dataclass
class Room:
    """A reader whose device speaks German and who chose 简体."""

    dialogue: Dispatcher
    state: State
    unanswered: UnansweredQuestions

    async def say(self, text: str) -> Reply:
        (reply,) = await self.dialogue.message(Message(PRIVATE, "m1", READER, text, NOON))
        return reply

    async def press(self, data: str) -> Reply:
        (reply,) = await self.dialogue.press(ButtonPress(PRIVATE, "r1", "p1", READER, data))
        return reply


async def full(platform: str, person: str) -> None:
    raise StateReadOnly(f"数据库 {WHERE} 不能写入（disk full）；请检查磁盘空间和权限")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    press, preferences = newspaper.Press(), InMemoryPreferences()
    await preferences.put(PRIVATE, Preference(language="zh-Hans"))
    async with open_state(sqlite_address(tmp_path)) as state:
        with open_query_service(SnapshotHolder(press.issue("路口新设了信号灯。")), patience=60) as lookup:
            common = (no_permalinks, lambda: NOON, lambda: None)
            unanswered = UnansweredQuestions(state.questions, lookup, Pseudonymizer(b"key"), *common)
            watching = WatchService(state, lookup, press.fresh, *common)
            settings = ChatSettings(preferences)
            watches, alerts = WatchHandlers(watching, settings), AlertHandlers(unanswered, full)
            dialogue = Dispatcher(
                lookup,
                Interactions(clock=lambda: NOON),
                settings,
                more=HandlerSet((watches, alerts), {"hope": alerts.subscribe, "unwatch": watches.press}),
            )
            yield Room(dialogue, state, unanswered)


async def test_watches_are_told_and_kept_in_the_language_of_the_chat(room: Room) -> None:
    said = phrases("zh-Hans").feedback
    assert (await room.say("/watches")).text == said.no_watches
    assert (await room.say("/watch 养老")).text == said.watching.format("养老")
    (watch,) = await room.state.watches.all()
    assert watch.subscriber.language == "zh-Hans"
    assert (await room.press(f"unwatch:{watch.id}")).text == said.no_watches


async def test_a_hope_is_acknowledged_in_the_language_of_the_chat(room: Room) -> None:
    question = await room.unanswered.missed("养老", "test", "7")
    assert (await room.press(f"hope:{question}")).notice == phrases("zh-Hans").feedback.will_tell


async def test_a_wish_that_cannot_be_written_down_is_told_without_the_database(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await room.say("/forget_me")).text == phrases("zh-Hans").failed
    assert WHERE in caplog.text


CHAT = Chat("telegram", STRANGER, ChatType.PRIVATE)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


async def notice(room: Hall, question: str, language: str) -> str | None:
    """Press the button of a question; return the notice."""
    sender = Sender(STRANGER, language=language)
    (reply,) = await room.dialogue.press(ButtonPress(CHAT, "m1", "p1", sender, f"hope:{question}"))
    return reply.notice


async def test_where_the_question_is_gone_or_too_much_is_waited_for_that_is_said_in_the_readers_language(
    tmp_path: Path,
) -> None:
    async with hall(tmp_path) as room, open_state(sqlite_address(room.data)) as state:
        for number in range(MOST_ALERTS + 1):
            await state.questions.missed(f"q{number}", f"q{number}", "", "asker", NOW)
            await state.questions.subscribe(f"q{number}", Subscriber(CHAT), NOW)
        for language in ("zh", "zh-Hant", "en"):
            said = phrases(language).feedback
            assert await notice(room, "gone", language) == said.ask_again
            assert await notice(room, f"q{MOST_ALERTS}", language) == said.alerts_full.format(MOST_ALERTS)

"""A group that becomes a supergroup: everything of it goes over at once, and nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, Message, Reply, Run
from bot.ports import Preference
from bot.state.chats import StoredChatMigrations, Subscriber, enqueue
from bot.state.database import open_database
from bot.state.state import State, open_state, sqlite_address
from tests.bot.telegram.service import Echo, Moves, polling
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import group, message, user

OLD, NEW = -50, -1_000_050
THERE = Chat("telegram", str(OLD), ChatType.GROUP)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Dying:
    """The shared state of a process that dies in the middle of a move."""

    def __init__(self, moves: StoredChatMigrations, committed: bool) -> None:
        self._moves = moves
        self._committed = committed
        self.dead = asyncio.Event()

    async def moves(self, platform: str) -> dict[str, str] | None:
        return await self._moves.moves(platform)

    async def moved(self, platform: str, old: str, new: str) -> bool:
        if self._committed:
            await self._moves.moved(platform, old, new)
        self.dead.set()
        raise asyncio.CancelledError

    async def closed(self, platform: str, chat: str) -> None:
        raise AssertionError


class Unwritable(Moves):
    """The shared state on a full disk."""

    async def moved(self, platform: str, old: str, new: str) -> bool:
        self.told.append(("moved", old, new))
        return False


class Speaker(Echo):
    """Answers with the language that is set where it is asked."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    async def message(self, message: Message) -> Sequence[Reply]:
        preference = await self._state.preferences.get(message.chat)
        return [Reply([Run(f"{message.text}: {preference.language}")])]


@asynccontextmanager
async def a_group_about_to_move(folder: Path) -> AsyncIterator[tuple[BotApi, State]]:
    """It has chosen a language, watches a word, and waits for news."""
    address = sqlite_address(folder)
    async with open_state(address) as state, bot_api() as api:
        await state.preferences.put(THERE, Preference("en"))
        await state.watches.keep(Subscriber(THERE), "养老", "养老", NOW)
        async with open_database(address) as database, database.writing() as connection:
            await enqueue(connection, [(THERE, Reply([Run("有了")]))], NOW)
        api.chats.moved[OLD] = NEW
        api.chats.known[NEW] = group(NEW)
        yield api, state


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after it"])
async def test_what_waits_for_a_group_finds_its_settings_after_a_death(
    tmp_path: Path, committed: bool
) -> None:
    async with a_group_about_to_move(tmp_path) as (api, state):
        dying = Dying(state.chat_migrations, committed)
        async with polling(api, tmp_path, Speaker(state), dying):
            for number in (1, 2):
                api.push(message=message(f"/find{number}", group(OLD), number, user(3)))
            await dying.dead.wait()
        async with polling(api, tmp_path, Speaker(state), state.chat_migrations):
            await api.until(lambda: len(api.said(NEW)) == 2)
        assert api.said(NEW) == ["/find1: en", "/find2: en"]
        here = Chat("telegram", str(NEW), ChatType.GROUP)
        assert len(await state.watches.of(here)) == 1
        assert [waiting.chat for waiting in await state.outbox.due(NOW, 10)] == [here]


async def test_an_answer_reaches_a_group_whose_move_cannot_be_written_down(tmp_path: Path) -> None:
    moves = Unwritable()
    async with bot_api() as api, polling(api, tmp_path, Echo(), moves):
        api.chats.moved[OLD] = NEW
        api.chats.known[NEW] = group(NEW)
        for number in (1, 2):
            api.push(message=message("/find", group(OLD), number, user(3)))
        await api.until(lambda: len(api.said(NEW)) == 2)
    assert moves.told == [("moved", str(OLD), str(NEW))] * 2


async def test_a_move_that_fails_at_any_step_has_moved_nothing(tmp_path: Path) -> None:
    async with a_group_about_to_move(tmp_path) as (_, state):
        for table in ("preferences", "watches", "outgoing", "moves"):
            fails = f"CREATE TRIGGER fails BEFORE {'INSERT' if table == 'moves' else 'UPDATE'} ON {table}"
            async with open_database(sqlite_address(tmp_path)) as database, database.writing() as connection:
                await connection.exec_driver_sql(f"{fails} BEGIN SELECT RAISE(ABORT, 'no'); END")
            assert not await state.chat_migrations.moved("telegram", str(OLD), str(NEW))
            assert await state.chat_migrations.moves("telegram") == {}
            assert (await state.preferences.get(THERE)).language == "en"
            assert len(await state.watches.of(THERE)) == 1
            assert [waiting.chat for waiting in await state.outbox.due(NOW, 10)] == [THERE]
            async with open_database(sqlite_address(tmp_path)) as database, database.writing() as connection:
                await connection.exec_driver_sql("DROP TRIGGER fails")


async def test_a_chat_that_moved_twice_is_found_by_either_old_id(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        for old, new in (("-1", "-2"), ("-2", "-3"), ("-2", "-3")):
            assert await state.chat_migrations.moved("telegram", old, new)
        assert await state.chat_migrations.moves("telegram") == {"-1": "-3", "-2": "-3"}

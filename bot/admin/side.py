"""The admin side as a whole, built over knowledge that serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.admin.acting import Knocker, audited_reload, audited_restore, watch
from bot.admin.building import Builder
from bot.admin.closed import ClosedState, closed_commands
from bot.admin.commands import AdminCommands
from bot.admin.desk import Desk, said, working
from bot.admin.door import make_door
from bot.admin.knowledge import Knowledge
from bot.admin.ledger import Gate, Ledger
from bot.admin.reloading import Reloader, Wish
from bot.admin.report import Report
from bot.admin.shelf import Shelf
from bot.backup.archive import clear_left
from bot.handlers.dispatcher import FileHandler, Handler, PressHandler
from bot.handlers.preferences import InMemoryPreferences, Preferences
from bot.handlers.sessions import InMemorySessions, SessionStore
from bot.messages import Chat, ChatMigrations, ChatType
from bot.platforms import Platforms
from bot.state.errors import StateError
from bot.state.shown import ForgivingAnswers
from bot.state.state import State, open_state
from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.manifest import read
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.sources import changed_files

log = logging.getLogger(__name__)

TIDY = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class AdminSide:
    """What the rest of the application is given."""

    reloader: Reloader
    shown: SessionStore
    knocker: Knocker
    door: web.Application
    commands: Mapping[str, Handler]
    presses: Mapping[str, PressHandler] = field(default_factory=dict)
    attachment: FileHandler | None = None
    moves: ChatMigrations | None = None
    preferences: Preferences = field(default_factory=InMemoryPreferences)
    desk: Desk | None = None


@dataclass(frozen=True, slots=True)
class AdminOptions:
    """Where things are and who owns them; `watch` is in seconds, 0 for never."""

    articles: Path
    data: Path
    database: str
    owners: Collection[int]
    token: str
    host: str
    watch: float = 0


@asynccontextmanager
async def open_admin_side(
    options: AdminOptions,
    knowledge: Knowledge,
    builder: Builder,
    platforms: Platforms,
    metrics: Callable[[], bytes],
    clock: Callable[[], datetime],
) -> AsyncIterator[AdminSide]:
    """Open the state and everything over it; without a usable state, answers go on and nobody may act."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(clear_left, options.data)
        notices, state, closed = list(knowledge.notices), None, ClosedState("")
        try:
            state = await stack.enter_async_context(open_state(options.database))
        except StateError as error:
            log.error("the shared state is closed: %s", error)
            closed = ClosedState(str(error))
            notices.append(closed.reason)
        reloader = Reloader(
            options.articles,
            knowledge.versions,
            knowledge.store,
            knowledge.manifest,
            knowledge.language,
            builder,
            clock,
            state.shown.quoted if state else _nothing_quoted,
        )
        ledger = Ledger(state.audit if state else closed, clock)
        gate = Gate(options.owners, state.roles if state else closed, ledger, clock)
        knocker = Knocker(reloader, ledger)

        async def reload_as(wish: Wish) -> Report:
            return await audited_reload(reloader, ledger, wish)

        async def restore_as(by: str, file: Path) -> Report:
            return await audited_restore(reloader, ledger, by, file, options.data, knowledge.versions, state)

        door = make_door(reload_as, restore_as, options.token, options.host, metrics, ledger.knocked)
        side = AdminSide(reloader, InMemorySessions(), knocker, door, closed_commands(gate, closed.reason))
        if state:
            desk = Desk(
                options.articles,
                knowledge.versions,
                reloader,
                state,
                ledger,
                gate,
                Shelf(options.data, options.articles),
                platforms,
                clock,
            )
            await stack.enter_async_context(working(desk))
            commands = AdminCommands(desk)
            await _sweep(commands)
            side = AdminSide(
                reloader,
                ForgivingAnswers(state.shown),
                knocker,
                door,
                commands.commands,
                commands.presses,
                commands.attachment,
                moves=state.moves,
                preferences=state.preferences,
                desk=desk,
            )
            version = knowledge.versions.folder / knowledge.store.version
            desk.begin(_tell_owners(options, version, platforms, notices))
            stack.push_async_callback(_end, asyncio.create_task(_tidy(state, commands, clock)))
        stack.push_async_callback(_end, asyncio.create_task(knocker.run()))
        if options.watch:
            built = await asyncio.to_thread(_built_from, knowledge.versions)
            watching = watch(options.articles, options.watch, knocker.knock, built)
            stack.push_async_callback(_end, asyncio.create_task(watching))
        yield side


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _nothing_quoted() -> set[str]:
    return set()


async def _sweep(commands: AdminCommands) -> None:
    try:
        await commands.uploads.sweep()
    except (StateError, OSError) as error:
        log.warning("what broken uploads left could not be cleared: %s", error)


async def _tidy(state: State, commands: AdminCommands, clock: Callable[[], datetime]) -> None:
    while True:
        try:
            await state.shown.forget(clock())
            await commands.uploads.forget_old()
        except (StateError, OSError) as error:
            log.warning("old answers and uploads could not be forgotten: %s", error)
        await asyncio.sleep(TIDY)


def _built_from(versions: SnapshotRepository) -> str | None:
    """The listing of the folder as it was built from last, whichever version was chosen since."""
    for name in versions.names():
        with suppress(SnapshotDamaged):
            return read(versions.folder / name).folder_fingerprint
    return None


async def _tell_owners(
    options: AdminOptions, version: Path, platforms: Platforms, notices: list[str]
) -> None:
    # looking through a large folder takes a second, which the first answer does not wait for
    changed = await asyncio.to_thread(changed_files, options.articles, version)
    if changed:
        notices.append(f"上次重载以后改动过 {len(changed)} 个文件（如 {changed[0]}）；用 /reload 换上。")
        log.warning("%s", notices[-1])
    await platforms.opened.wait()
    for owner in options.owners if notices else ():
        await platforms.send(Chat("telegram", str(owner), ChatType.PRIVATE), said("\n".join(notices)))

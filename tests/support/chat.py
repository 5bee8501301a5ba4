"""The admin side on a small corpus, with a platform that is a list and a clock that is told the time."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bot.admin.http import AdminApi
from bot.admin.knowledge import KnowledgeRuntime, Previewer, SnapshotBuilder, start_knowledge
from bot.admin.reload_service import ReloadService
from bot.admin.wiring import AdminModule, AdminOptions, Owners, open_admin, open_shared_state
from bot.feedback.wiring import FeedbackModule, open_feedback
from bot.handlers.dispatcher import Dispatcher, admin_handlers
from bot.messages import Attachment, ButtonPress, Chat, ChatType, Message, Reply, Sender
from bot.ports import ChatSettings, Interactions, PlatformRegistry
from bot.query_service import open_query_service
from bot.rendering.fact import no_permalinks
from bot.state.people import AuditEntry
from bot.state.state import open_state, sqlite_address
from bot.texts import phrases
from knowledge.snapshots.build import build
from knowledge.snapshots.request import BuildRequest, BuildResult, Preview, Progress
from knowledge.snapshots.worker import preview as previewed
from tests.contract.fake import FakePlatform
from tests.knowledge.snapshots.corpus import this_program, write_corpus
from tests.support.clock import MORNING, Clock

OWNER, EDITOR, STRANGER, GROUP = "7", "8", "9", "-100"
TOKEN = "token-of-the-tests"
SAID = phrases(None).admin
DENIED = SAID.denials


class HereBuilder:
    """Builds in a thread; `gate` holds a build until it is opened."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self.built = 0

    def hold(self) -> None:
        """Let the next build begin, and no further."""
        self.gate.clear()
        self.begun.clear()

    async def build(self, order: BuildRequest, folder: Path, progress: Progress) -> BuildResult:
        self.begun.set()
        await self.gate.wait()
        progress("修复", 1, 2)
        built = await asyncio.to_thread(build, order, folder, fingerprint=this_program())
        self.built += 1
        return built


@dataclass
class Hall:
    """Everything a test touches."""

    articles: Path
    data: Path
    builder: HereBuilder
    phone: FakePlatform
    clock: Clock
    knowledge: KnowledgeRuntime
    side: AdminModule
    feedback: FeedbackModule | None
    api: AdminApi
    dialogue: Dispatcher

    async def say(self, text: str, sender: str | Sender = OWNER, **how: Any) -> str:
        """Say something, as `message` has it; return all that was said back once everything is quiet."""
        before = len(self.phone.sent)
        replies = await self.heard(text, sender, **how)
        await self.quiet()
        return told((*replies, *self.phone.sent[before:]))

    async def heard(self, text: str, sender: str | Sender = OWNER, **how: Any) -> Sequence[Reply]:
        """Say something; return the replies to it, and wait for nothing."""
        return await self.dialogue.message(self.message(text, sender, **how))

    def message(
        self,
        text: str,
        sender: str | Sender,
        place: ChatType = ChatType.PRIVATE,
        age: float = 0,
        attachment: Attachment | None = None,
    ) -> Message:
        """What somebody says, `age` seconds ago."""
        who = sender if isinstance(sender, Sender) else Sender(sender)
        return Message(
            Chat("telegram", who.id if place is ChatType.PRIVATE else GROUP, place),
            "1",
            who,
            text,
            self.clock.now - timedelta(seconds=age),
            attachment=attachment,
        )

    async def press(self, label: str, presser: str = OWNER, nth: int = -1) -> str:
        """Press a button by its label on the last message that had it; return notice and what was said."""
        data = [b.data for r in self.phone.sent for row in r.buttons for b in row if b.label == label][nth]
        before = len(self.phone.sent)
        replies = await self.carry(data, presser)
        await self.quiet()
        return told((*replies, *self.phone.sent[before:]))

    async def carry(self, data: str, presser: str | Sender = OWNER) -> Sequence[Reply]:
        """Press a button that carries anything at all; return the replies to it."""
        who = presser if isinstance(presser, Sender) else Sender(presser)
        chat = Chat("telegram", who.id, ChatType.PRIVATE)
        return await self.dialogue.press(ButtonPress(chat, "m1", "p1", who, data))

    async def quiet(self) -> None:
        """Wait until no job of an admin is running."""
        while jobs := list(self.side.context.jobs if self.side.context else ()):
            if not self.builder.gate.is_set():
                await asyncio.sleep(0.02)
                return
            await asyncio.wait(jobs, timeout=0.05)

    def texts(self) -> list[str]:
        with self.knowledge.store.lease() as snapshot:
            return sorted(fact.text for fact in snapshot.facts())

    async def audit(self) -> list[AuditEntry]:
        async with open_state(sqlite_address(self.data)) as state:
            return (await state.audit.last(1000))[::-1]


def told(replies: Sequence[Reply]) -> str:
    """All that replies say, each notice before its text."""
    return "\n".join(said for reply in replies for said in (reply.notice, reply.text) if said)


@asynccontextmanager
async def without(data: Path, table: str) -> AsyncIterator[None]:
    """The state lacks a table meanwhile: whatever asks for it fails."""
    await change(data, f"ALTER TABLE {table} RENAME TO away")
    try:
        yield
    finally:
        await change(data, f"ALTER TABLE away RENAME TO {table}")


async def change(data: Path, statement: str) -> None:
    """Change the state behind everybody's back; aside, as who is in the midst of writing goes on in our loop."""

    def run() -> None:
        with closing(sqlite3.connect(data / "state.sqlite", timeout=60)) as raw, raw:
            raw.execute(statement)

    await asyncio.to_thread(run)


async def preview_here(path: Path, name: str) -> Preview:
    """Try a file out in a thread, and not in a process of its own."""
    return await asyncio.to_thread(previewed, name, path.read_bytes())


@cache
def empty_state() -> Path:
    """A state with its tables and nothing in them, which takes longer to make than to copy; gone with this process."""
    folder = Path(mkdtemp(prefix="chuchu-state-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

    async def make() -> None:
        async with open_state(sqlite_address(folder)):
            pass

    with ThreadPoolExecutor(1) as aside:  # whoever asks may be in a loop
        aside.submit(lambda: asyncio.run(make())).result()
    return folder / "state.sqlite"


@asynccontextmanager
async def hall(
    tmp_path: Path,
    builder: SnapshotBuilder | None = None,
    count: int = 4,
    phone: FakePlatform | None = None,
    watch: float = 0,
    preview: Previewer = preview_here,
) -> AsyncIterator[Hall]:
    articles, data, clock = tmp_path / "articles", tmp_path / "data", Clock(MORNING)
    phone = phone or FakePlatform()
    if not articles.exists():
        write_corpus(articles, count)
    if not data.exists():
        data.mkdir()
        shutil.copy(empty_state(), data)
    here, platforms = HereBuilder(), PlatformRegistry()
    platforms.add("telegram", phone)
    platforms.opened.set()
    options = AdminOptions(articles, data, Owners({f"telegram:{OWNER}"}), watch, preview)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        knowledge = await enter(start_knowledge(articles, data, builder or here))
        shared = await enter(open_shared_state(sqlite_address(data), clock))
        api = AdminApi(
            TOKEN, "127.0.0.1", lambda: b"# metrics\n", shared.audit_log.record_denied_http, lambda: "…"
        )
        reloads = ReloadService(knowledge, builder or here, clock, shared.quoted)
        side = await enter(open_admin(options, shared, reloads, platforms, clock))
        lookup = stack.enter_context(open_query_service(knowledge.store, patience=30))
        feedback = None
        if side.context:
            feedback = await enter(open_feedback(data, side.context, lookup, no_permalinks))
        api.serve({**side.acts, **(feedback.acts if feedback else {})})
        interactions = Interactions(side.shown, feedback, clock)
        chats = ChatSettings(side.preferences, platforms)
        dialogue = Dispatcher(lookup, interactions, chats, more=admin_handlers(side, feedback, chats))
        room = Hall(articles, data, here, phone, clock, knowledge, side, feedback, api, dialogue)
        await room.quiet()  # what the owner is told at the start
        yield room

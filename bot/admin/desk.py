"""What every admin command stands on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.admin.ledger import Gate, Ledger
from bot.admin.reloading import Reloader
from bot.admin.rights import Act, Claim, Refusal
from bot.admin.shelf import Shelf
from bot.messages import ButtonPress, Chat, Message, Reply, Run
from bot.platforms import Platforms
from bot.state.errors import StateError
from bot.state.state import State
from knowledge.snapshots.repository import SnapshotRepository

log = logging.getLogger(__name__)

NOT_HERE = "这个按钮在这里不能用。"


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of the admin side, and the jobs that outlast the command that began them."""

    articles: Path
    versions: SnapshotRepository
    reloader: Reloader
    state: State
    ledger: Ledger
    gate: Gate
    shelf: Shelf
    platforms: Platforms
    clock: Callable[[], datetime]
    jobs: set[asyncio.Task[None]] = field(default_factory=set)

    async def admit(
        self, act: Act, message: Message, stranger: str = Refusal.NOBODY
    ) -> Sequence[Reply] | None:
        """Let a command through (None), or return what its sender is told; `stranger` is for who is no admin."""
        refusal = await self.gate.refusal(act, Claim.of_message(message), message.text[:100])
        if refusal is None:
            return None
        text = stranger if refusal is Refusal.NOBODY else refusal.value
        return [said(text)] if text else []

    async def admit_press(self, act: Act, press: ButtonPress, actor: str) -> Sequence[Reply] | None:
        """Let a button through (None) for the one it was made for, or return the notice."""
        claim = Claim.of_press(press)
        if claim is None:
            return [Reply([], notice=NOT_HERE)]
        refusal = await self.gate.refusal(act, claim, press.data)
        if refusal is not None:
            return [Reply([], notice=refusal.value or NOT_HERE)]
        if claim.actor != actor:
            await self.ledger.write(claim.actor, act, "refused", f"别人的按钮 {press.data}")
            return [Reply([], notice="这个按钮只给当初发命令的人用。")]
        return None

    async def showing(self, act: Act, actor: str, *replies: Reply) -> Sequence[Reply]:
        """Write down that an admin is shown something, and return it."""
        await self.ledger.write(actor, act, "shown")
        return replies

    def begin(self, job: Coroutine[object, object, object], chat: Chat | None = None) -> None:
        """Run a job beside the talk; its `chat` is told where the shared state cannot be used."""
        task = asyncio.create_task(self._logged(job, chat))
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)

    async def _logged(self, job: Coroutine[object, object, object], chat: Chat | None) -> None:
        try:
            await job
        except StateError as error:
            log.error("an admin's job could not go on: %s", error)
            if chat:
                await self.platforms.send(chat, said(str(error)))
        except Exception:
            log.exception("an admin's job broke")


@asynccontextmanager
async def working(desk: Desk) -> AsyncIterator[Desk]:
    """End what is still running at the end."""
    try:
        yield desk
    finally:
        for task in list(desk.jobs):
            task.cancel()
        await asyncio.gather(*desk.jobs, return_exceptions=True)


def said(text: str) -> Reply:
    """A plain reply."""
    return Reply([Run(text)])

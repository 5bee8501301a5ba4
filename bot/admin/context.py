"""What every admin command stands on, and what is said where the shared state cannot be used."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from bot.admin.permissions import AccessRequest, AuditLog, Authorizer, Denial, Permission
from bot.admin.reload_service import ReloadService
from bot.errors import StateError, StateReadOnly
from bot.messages import ButtonPress, Chat, ChatType, Message, Reply, text_reply
from bot.ports import PlatformRegistry
from bot.state.people import AuditEntry
from bot.state.state import State
from bot.texts import phrases, reworded
from bot.texts.phrases import AdminPhrases

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Owners:
    """Whom the settings name, each a `platform:id`, and how they are spoken to where their chat has chosen nothing."""

    ids: Collection[str]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class AdminContext:
    """The tools of the admin side, and the jobs that outlast the command that began them."""

    reload_service: ReloadService
    state: State
    authorizer: Authorizer
    owners: Owners
    platforms: PlatformRegistry
    clock: Callable[[], datetime]
    jobs: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    @property
    def audit_log(self) -> AuditLog:
        return self.authorizer.audit_log

    async def require_press(
        self, act: Permission, press: ButtonPress, whose: str | None = None
    ) -> Sequence[Reply] | None:
        """Let a button through (None), where it is made for one person only for `whose` it is, or return the notice."""
        said, access = phrases(press.sender.language).admin, AccessRequest.of_press(press)
        if access is None:
            return [Reply([], notice=said.not_here)]
        denial = await self.authorizer.denial(act, access, press.data)
        if denial is not None:
            return [Reply([], notice=said.denials[denial] or said.not_here)]
        if whose is not None and access.actor != whose:
            await self.audit_log.write(access.actor, act, "refused", f"not_theirs {press.data}")
            return [Reply([], notice=said.not_yours)]
        return None

    async def tell_owners(self, say: Callable[[str, AdminPhrases], Awaitable[Reply]]) -> None:
        """Send each owner what `say` makes for them: their `platform:id`, and the texts of their language."""
        await self.platforms.opened.wait()
        for owner in self.owners.ids:
            platform, _, person = owner.partition(":")
            chat = Chat(platform, person, ChatType.PRIVATE)
            chosen = (await self.state.preferences.get(chat)).language
            reply = await say(owner, phrases(chosen or self.owners.language).admin)
            try:
                await self.platforms.send(chat, reply)
            except Exception:  # whatever a platform refuses one of them, the others hear it
                log.exception("an owner could not be told: %s", owner)

    async def audited(self, act: Permission, actor: str, *replies: Reply) -> Sequence[Reply]:
        """Write down that an admin is shown something, and return it."""
        await self.audit_log.write(actor, act, "shown")
        return replies

    def spawn(self, job: Coroutine[object, object, object], chat: Chat | None = None) -> None:
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
                said = reworded(error, phrases(self.owners.language).language)
                await self.platforms.send(chat, text_reply(said))
        except Exception:
            log.exception("an admin's job broke")


@asynccontextmanager
async def running(context: AdminContext) -> AsyncIterator[AdminContext]:
    """End what is still running at the end."""
    try:
        yield context
    finally:
        for task in list(context.jobs):
            task.cancel()
        await asyncio.gather(*context.jobs, return_exceptions=True)


class AdminGuard:
    """Lets admins through to their commands; `reason` is why nobody can act, which holds addresses, so that only an
    owner is told it."""

    def __init__(self, authorizer: Authorizer, reason: str = "") -> None:
        self._authorizer = authorizer
        self._reason = reason

    async def require(
        self, permission: Permission, message: Message, stranger: str | None = None
    ) -> Sequence[Reply] | None:
        """Let a command through (None), or return what its sender is told, `stranger` if that is nobody we know."""
        access = AccessRequest.of_message(message)
        denial = await self._authorizer.denial(permission, access, message.text[:100])
        if denial is None:
            return None
        told = phrases(message.sender.language).admin.denials[denial]
        text = stranger if stranger is not None and denial is Denial.NOBODY else told
        return [text_reply(text)] if text else []

    async def permissions(self, message: Message) -> Collection[Permission]:
        return await self._authorizer.permissions(AccessRequest.of_message(message))

    def closed(self, message: Message) -> Sequence[Reply]:
        """Say why admins' commands cannot be used now."""
        said = phrases(message.sender.language).admin
        return [text_reply(said.closed.format(reworded(self._reason, said.language)))]


class DegradedState:
    """An audit log that takes nothing, and grants that nobody knows."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def add(self, entry: AuditEntry) -> None:
        raise StateReadOnly(self.reason)

    async def role(self, platform: str, person: str) -> str | None:
        raise StateReadOnly(self.reason)

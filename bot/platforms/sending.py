"""Replies out: paced, each kind of error met once, nothing sent twice without need; for any platform."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.inbox import InboxError
from bot.messages import ButtonPress, Chat, ChatType, InlineAnswer, Reply, Run
from bot.observability import Metrics
from bot.platforms.calls import (
    ChatClosed,
    ChatMoved,
    ConnectFailed,
    Disconnected,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
)
from bot.platforms.chats import ChatDirectory
from bot.platforms.scheduler import Slots
from bot.runtime import backoff
from bot.sharing import Limits

FIRST_PAUSE, LONGEST_PAUSE, TRIES = 0.5, 10.0, 60
UNASKED_PATIENCE = 30.0
logger = logging.getLogger(__name__)


class Draft(Protocol):
    """One call that says something, as a platform wants it."""

    @property
    def thread(self) -> str | None:
        """The topic of the chat that it goes to."""


D = TypeVar("D", bound=Draft)


class Transport(Protocol[D]):
    """What a platform knows about saying something.

    `repeatable` tells that the server executes a call once however often it comes with the same key.
    """

    @property
    def repeatable(self) -> bool:
        """Whether the server knows a call that it has executed."""

    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[D]:
        """The calls that a reply needs, in order; what a platform lacks is degraded here, never the citation."""

    async def call(self, chat: Chat | None, draft: D, key: str) -> str:
        """Make one call; return the message's id. `key` is the same whenever the same is said again.

        Raises:
            CallError: it was not done, or perhaps not.
        """

    def instead(self, draft: D, error: Refused) -> D | None:
        """Return a plainer draft that says the same, after a refusal; None where there is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply answers: the caller's place among the slots, when it was asked, a key of its own; `held` of the inbox."""

    slots: Slots
    since: float
    key: str
    held: Callable[[], Awaitable[None]]


class Outbox(Generic[D]):
    """Everything that we say on a platform goes through here: a `bot.platforms.adapter.Speaker`."""

    def __init__(
        self,
        transport: Transport[D],
        limits: Limits,
        chats: ChatDirectory,
        metrics: Metrics,
        moved: Callable[[str, str], None],
    ) -> None:
        self._transport = transport
        self._limits = limits
        self._chats = chats
        self._metrics = metrics
        self._moved = moved

    async def send(self, chat: Chat | None, reply: Reply, asked: Asked | None = None) -> str | None:
        """Send or edit; return the id of the last message, or None where nothing could be said.

        `chat` is None where only the message to edit is known. A chat that closed before somebody asked in it has
        been opened again by that. What is said unasked waits for a gap.

        Raises:
            CallError: the platform refused for a reason that we have no remedy for, or could not be reached.
        """
        last: str | None = None
        key = asked.key if asked else reply.key or secrets.token_hex(8)
        for at, draft in enumerate(self._transport.drafts(chat, reply)):
            last = await self._say(chat, draft, asked, f"{key}.{at}")
            if last is None:
                break
        return last

    async def notice(self, press: ButtonPress, text: str | None, asked: Asked) -> None:
        """Say a notice as a message, where a platform shows none."""
        if text and press.chat is not None:
            await self.send(press.chat, Reply([Run(text)]), asked)

    async def inline(self, query: str, answer: InlineAnswer) -> bool:
        """Answer nothing, where a platform has no inline queries."""
        return False

    async def move(self, old: str, new: str) -> None:
        """A chat has a new id: settings and pending work move there."""
        if await self._chats.moved(old, new):
            self._moved(old, new)
            logger.info("a chat has a new id")

    async def _say(self, chat: Chat | None, draft: D, asked: Asked | None, key: str) -> str | None:
        since = asked.since if asked else 0.0
        while True:
            if chat is not None and self._chats.closed(self._chats.resolve(chat.id), draft.thread, since):
                self._metrics.sends.labels("closed").inc()
                return None
            try:
                sent = await self._persist(chat, draft, asked, key)
            except ChatClosed as error:
                self._metrics.sends.labels("closed").inc()
                if chat is not None and (draft.thread or not error.topic):  # the general topic is no chat
                    thread = draft.thread if error.topic else None
                    await self._chats.close(self._chats.resolve(chat.id), str(error), thread)
                return None
            except OutcomeUnknown as error:
                # It may have arrived: saying it again would be worse than a doubt in the records.
                self._metrics.sends.labels("unsure").inc()
                logger.warning("a message may or may not have been sent: %s", error)
                return None
            except Refused as error:
                changed = self._transport.instead(draft, error)
                if changed is None or changed == draft:
                    self._metrics.sends.labels("refused").inc()
                    raise
                logger.warning("a message was refused (%s); trying in another way", error)
                draft = changed
            else:
                self._metrics.sends.labels("sent").inc()
                if chat is not None:
                    await self._chats.reopen(self._chats.resolve(chat.id), draft.thread)
                return sent

    async def _persist(self, chat: Chat | None, draft: D, asked: Asked | None, key: str) -> str:
        """Call until it was executed or refused, holding back as the server asks."""
        disconnected = False
        for failures in range(TRIES):
            target = self._today(chat)
            try:
                await self._pace(target, asked.slots if asked else None)
                if asked:
                    await asked.held()
                return await self._transport.call(target, draft, key)
            except RateLimited as error:
                await self._limits.hold(target.id if target else "", error.seconds)
                self._metrics.sends.labels("flooded").inc()
                logger.warning("chat is held for %.0f s: %s", error.seconds, error)
                if asked is None and error.seconds > UNASKED_PATIENCE:
                    raise  # who speaks unasked can come again later
                continue
            except ChatMoved as error:
                if target is None:
                    raise
                await self.move(target.id, error.new)
                chat = Chat(target.platform, error.new, target.type, target.thread)
                continue
            except (Disconnected, OutcomeUnknown) as error:
                if not self._transport.repeatable and (disconnected or isinstance(error, OutcomeUnknown)):
                    raise OutcomeUnknown(str(error)) from None
                disconnected = True
            except (ConnectFailed, ServerFault, Unauthorized, InboxError) as error:
                self._metrics.sends.labels("retried").inc()
                if failures == 0:
                    logger.warning("a message could not be sent, trying on: %s", error)
            await asyncio.sleep(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE))
        raise ServerFault(f"not sent after {TRIES} tries")

    def _today(self, chat: Chat | None) -> Chat | None:
        """The chat under the id that it has today."""
        if chat is None or (new := self._chats.resolve(chat.id)) == chat.id:
            return chat
        return Chat(chat.platform, new, chat.type, chat.thread)

    async def _pace(self, chat: Chat | None, slots: Slots | None) -> None:
        held = await self._limits.held(chat.id) if chat else 0.0
        if slots is None and held > UNASKED_PATIENCE:
            raise RateLimited("the chat is held", held)
        wait = await self._limits.reserve(chat.id, chat.type is not ChatType.PRIVATE) if chat else 0.0
        while chat and wait > 0:
            await (slots.release_while(wait) if slots else asyncio.sleep(wait))
            wait = await self._limits.held(chat.id)
        if slots is None:
            await self._find_gap()
        elif (wait := await self._limits.reserve_overall()) > 0:
            await asyncio.sleep(wait)

    async def _find_gap(self) -> None:
        """Wait until nobody who asked is kept waiting by us; in a crowd, at long last stand in the row."""
        waited = 0.0
        while waited < UNASKED_PATIENCE and (wait := await self._limits.take_spare()) > 0:
            await asyncio.sleep(wait)
            waited += wait
        if waited >= UNASKED_PATIENCE:
            await asyncio.sleep(await self._limits.reserve_overall())

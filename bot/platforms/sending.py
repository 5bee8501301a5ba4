"""Replies out: paced, each kind of error met once, nothing sent twice without need; for any platform."""

from __future__ import annotations

import asyncio
import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from bot.errors import InboxError
from bot.messages import ButtonPress, Chat, ChatType, InlineAnswer, Reply, text_reply
from bot.observability import Metrics
from bot.platforms.chats import ChatDirectory
from bot.platforms.client import (
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
from bot.platforms.scheduler import Slots
from bot.runtime import backoff
from bot.sharing import Limits, Rate

log = logging.getLogger(__name__)

# Bot API FAQ, "My bot is hitting limits": under 30 in a second, 20 in a group's minute. Each limit is a generic cell rate
# algorithm (ATM Forum TM 4.0): a window of W seconds never holds more than burst + W / interval calls.
OVERALL = Rate(1 / 25, 3)
PER_CHAT = Rate(1.0, 3)
PER_GROUP = Rate(4.0, 4)


class Limiter:
    """The limits of a process that is alone: a `bot.sharing.Limits`; `clock` counts seconds and never goes back."""

    def __init__(
        self,
        clock: Callable[[], float],
        overall: Rate = OVERALL,
        per_chat: Rate = PER_CHAT,
        per_group: Rate = PER_GROUP,
    ) -> None:
        self._clock = clock
        self._overall = overall
        self._per_chat = per_chat
        self._per_group = per_group
        # After a restart nobody knows what was sent just before: begin as if the burst were spent.
        self._next_overall = clock() + overall.interval * overall.burst
        self._next: dict[tuple[str, Rate], float] = {}
        self._held: dict[str, float] = {}

    async def reserve_overall(self) -> float:
        now = self._clock()
        self._next_overall, wait = _take(self._next_overall, self._overall, now)
        return wait

    async def take_spare(self) -> float:
        """Take an overall place that leaves the whole burst to others and return 0; or the seconds until one may come.

        Nothing is reserved: who speaks unasked never stands in the row before somebody who is answered.
        """
        now = self._clock()
        if now < self._next_overall:
            return self._next_overall - now
        self._next_overall = now + self._overall.interval
        return 0.0

    async def reserve(self, chat: str, group: bool) -> float:
        now = self._clock()
        self._sweep(now)
        waits = [self._held.get(chat, now) - now]
        for rate in (self._per_chat, self._per_group) if group else (self._per_chat,):
            key = (chat, rate)
            self._next[key], wait = _take(self._next.get(key, 0.0), rate, now)
            waits.append(wait)
        return max(waits)

    async def hold(self, chat: str, seconds: float) -> None:
        """Keep silent in a chat for so long (a 429), and in no other."""
        self._held[chat] = max(self._held.get(chat, 0.0), self._clock() + seconds)

    async def held(self, chat: str) -> float:
        return max(0.0, self._held.get(chat, 0.0) - self._clock())

    @property
    def held_chats(self) -> int:
        now = self._clock()
        return sum(until > now for until in self._held.values())

    def _sweep(self, now: float) -> None:
        if len(self._next) + len(self._held) < 2048:
            return
        self._next = {key: at for key, at in self._next.items() if at > now}
        self._held = {chat: until for chat, until in self._held.items() if until > now}


def _take(theoretical: float, rate: Rate, now: float) -> tuple[float, float]:
    """Return the next theoretical arrival time and the seconds to wait for this one."""
    at = max(theoretical, now)
    return at + rate.interval, max(0.0, at - rate.interval * (rate.burst - 1) - now)


FIRST_PAUSE, LONGEST_PAUSE, TRIES = 0.5, 10.0, 60
UNASKED_PATIENCE = 30.0


class Draft(Protocol):
    """One call that says something, as a platform wants it."""

    @property
    def thread(self) -> str | None:
        """The topic of the chat that it goes to."""


D = TypeVar("D", bound=Draft)


class Transport(ABC, Generic[D]):
    """What a platform knows about saying something.

    `repeatable` tells that the server executes a call once however often it comes with the same key.
    """

    repeatable: ClassVar[bool] = False

    @abstractmethod
    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[D]:
        """The calls that a reply needs, in order; what a platform lacks is degraded here, never the citation."""

    @abstractmethod
    async def call(self, chat: Chat | None, draft: D, key: str) -> str:
        """Make one call; return the message's id. `key` is the same whenever the same is said again.

        Raises:
            CallError: it was not done, or perhaps not.
        """

    @abstractmethod
    def instead(self, draft: D, error: Refused) -> D | None:
        """Return a plainer draft that says the same, after a refusal; None where there is none."""

    async def notice(self, press: ButtonPress, text: str | None) -> bool:
        """Acknowledge a press, with a short notice or without; too late is no error. False where a platform shows none."""
        return False

    async def inline(self, query: str, answer: InlineAnswer) -> bool:
        """Answer an inline query; return whether it was still open."""
        return False


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """What a reply answers: the caller's place among the slots, when it was asked, a key of its own; `held` of the inbox."""

    slots: Slots
    since: float
    key: str
    held: Callable[[], Awaitable[None]]


class ReplySender(Generic[D]):
    """Everything that we say on a platform goes through here."""

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

    async def send(self, chat: Chat | None, reply: Reply, asked: ReplyContext | None = None) -> str | None:
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

    async def notice(self, press: ButtonPress, text: str | None, asked: ReplyContext) -> None:
        """Acknowledge a press; where a platform shows no notice, it is said as a message."""
        if not await self._transport.notice(press, text) and text and press.chat is not None:
            await self.send(press.chat, text_reply(text), asked)

    async def inline(self, query: str, answer: InlineAnswer) -> bool:
        return await self._transport.inline(query, answer)

    async def move(self, old: str, new: str) -> None:
        """A chat has a new id: settings and pending work move there."""
        if await self._chats.moved(old, new):
            self._moved(old, new)
            log.info("a chat has a new id")

    async def _say(self, chat: Chat | None, draft: D, asked: ReplyContext | None, key: str) -> str | None:
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
                log.warning("a message may or may not have been sent: %s", error)
                return None
            except Refused as error:
                changed = self._transport.instead(draft, error)
                if changed is None or changed == draft:
                    self._metrics.sends.labels("refused").inc()
                    raise
                log.warning("a message was refused (%s); trying in another way", error)
                draft = changed
            else:
                self._metrics.sends.labels("sent").inc()
                if chat is not None:
                    await self._chats.reopen(self._chats.resolve(chat.id), draft.thread)
                return sent

    async def _persist(self, chat: Chat | None, draft: D, asked: ReplyContext | None, key: str) -> str:
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
                log.warning("chat is held for %.0f s: %s", error.seconds, error)
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
                    log.warning("a message could not be sent, trying on: %s", error)
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

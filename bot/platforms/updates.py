"""What an update of a platform can mean, and one update from its JSON to its status: translate, ask, send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.inbox import ClaimedUpdate, Inbox, UpdateStatus
from bot.messages import ButtonPress, Chat, Conversation, InlineQuery, Message, Reply
from bot.platforms.chats import ChatDirectory
from bot.platforms.client import CallError
from bot.platforms.scheduler import Job, Result
from bot.platforms.sending import ReplyContext, ReplySender
from bot.runtime import Seldom


@dataclass(frozen=True, slots=True)
class Migrated:
    """A chat has a new id."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Membership:
    """We were let in or put out; `at` is when, by the platform's clock, in seconds of Unix time."""

    chat: str
    member: bool
    at: float = float("inf")


@dataclass(frozen=True, slots=True)
class Ignored:
    """An update that is not for us; `why` is for the log."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something that the platform itself cannot serve, and says so."""

    chat: Chat
    reply: Reply


Event = Message | ButtonPress | InlineQuery | Migrated | Membership | Ignored | Unsupported


NOT_SERVED = "other"  # the kind of an update that is stored only to be acknowledged
QUEUE_LIMIT = 60
NOTICE_SECONDS = 60.0


Translate = Callable[[ClaimedUpdate], Awaitable[Event]]
"""Says what a stored update means; a `CallError` has it tried again, any other error is the update's own."""


class Adapter:
    """Handles turns; `clock` is the time of day in seconds."""

    def __init__(
        self,
        conversation: Conversation,
        replies: ReplySender[Any],
        chats: ChatDirectory,
        inbox: Inbox,
        translate: Translate,
        clock: Callable[[], float],
    ) -> None:
        self._conversation = conversation
        self._replies = replies
        self._chats = chats
        self._inbox = inbox
        self._translate = translate
        self._clock = clock
        self._notices = Seldom(NOTICE_SECONDS, clock)

    async def handle(self, job: Job, life: float) -> Result:
        """Handle one update, which is worth an answer for so many seconds, and say how it ended."""
        if job.update.kind == NOT_SERVED:
            return Result(UpdateStatus.IGNORED, "kind not served")
        try:
            event = await self._translate(job.update)
        except CallError:
            raise
        except Exception as error:  # what breaks here breaks every time
            return Result(UpdateStatus.QUARANTINED, f"{type(error).__name__}: {error}"[:200])
        age = self._clock() - job.update.received
        if age > life:
            return Result(UpdateStatus.EXPIRED, f"{age:.0f} s old")
        try:
            return await self._act(self._as_of_today(event), job)
        except CallError as error:
            return Result(UpdateStatus.REFUSED, f"{type(error).__name__}: {error}"[:200])

    def _as_of_today(self, event: Event) -> Event:
        """What waited while its chat got a new id is handled under the id where its settings are."""
        match event:
            case Message(chat=Chat(id=old) as chat) | ButtonPress(chat=Chat(id=old) as chat):
                new = self._chats.resolve(old)
                return event if new == old else replace(event, chat=replace(chat, id=new))
        return event

    async def _act(self, event: Event, job: Job) -> Result:
        match event:
            case Message():
                return await self._message(event, job)
            case ButtonPress():
                return await self._press(event, job)
            case InlineQuery():
                return await self._inline(event, job)
            case Migrated(old, new):
                await self._replies.move(old, new)
            case Membership(chat, member, at):
                at = min(at, job.update.received)  # it may come long after it happened, never before
                await (
                    self._chats.reopen(chat, at=at) if member else self._chats.close(chat, "put out", at=at)
                )
            case Unsupported(chat, reply):
                await self._say(chat, [reply], job)
                return Result(UpdateStatus.REFUSED, "not served here")
            case Ignored(why):
                return Result(UpdateStatus.IGNORED, why)
        return Result(UpdateStatus.IGNORED, "about the chat itself")

    async def _message(self, message: Message, job: Job) -> Result:
        if message.addressed and job.behind > QUEUE_LIMIT:
            return await self._flooded(message, job)
        if message.edited:
            message = await self._with_answer(message)
        replies = await self._conversation.message(message)
        await job.survived()
        if not replies:
            return Result(UpdateStatus.IGNORED, "nothing to say")
        spoken = [reply for reply in replies if reply.text.strip()]
        if not spoken:
            return Result(UpdateStatus.ANSWERED)  # it is being done, and tells of itself
        last = await self._say(message.chat, spoken, job)
        if last is None:
            return Result(UpdateStatus.REFUSED, "nothing could be said")
        return Result(UpdateStatus.ANSWERED, reply=(message.chat.id, message.id, last))

    async def _press(self, press: ButtonPress, job: Job) -> Result:
        try:
            replies = await self._conversation.press(press)
        except Exception:
            # the button must not go on turning
            await self._replies.notice(press, None, self._asked(job, "notice"))
            raise
        await job.survived()
        notice = next((reply.notice for reply in replies if reply.notice), None)
        await self._replies.notice(press, notice, self._asked(job, "notice"))
        if press.chat is not None or press.message_id is not None:
            await self._say(press.chat, [r for r in replies if r.text.strip()], job)
        return Result(UpdateStatus.ANSWERED)

    async def _inline(self, query: InlineQuery, job: Job) -> Result:
        if job.behind:
            return Result(UpdateStatus.EXPIRED, "typed on")
        answer = await self._conversation.inline(query)
        await job.survived()
        if await self._replies.inline(query.id, answer):
            return Result(UpdateStatus.ANSWERED)
        return Result(UpdateStatus.EXPIRED, "nobody waits any more")

    async def _say(self, chat: Chat | None, replies: Sequence[Reply], job: Job) -> str | None:
        last: str | None = None
        for at, reply in enumerate(replies):
            last = await self._replies.send(chat, reply, self._asked(job, at))
        return last

    def _asked(self, job: Job, part: object) -> ReplyContext:
        return ReplyContext(job.slots, job.update.received, f"{job.update.id}.{part}", self._inbox.held)

    async def _flooded(self, message: Message, job: Job) -> Result:
        """Refuse, and say so once a minute."""
        if self._notices.may(message.chat.id):
            await self._say(message.chat, await self._conversation.too_many(message), job)
        return Result(UpdateStatus.REFUSED, "too many at once")

    async def _with_answer(self, message: Message) -> Message:
        answered = await self._inbox.reply_to(message.chat.id, message.id)
        return replace(message, answered_by=answered)

"""One update from its JSON to its status: parse, translate, ask the conversation, send what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from telegram import Update
from telegram.error import TelegramError

from bot.messages import ButtonPress, Chat, Conversation, InlineQuery, Message, Reply
from bot.platforms.scheduler import Job, Result
from bot.platforms.telegram.chats import ChatDirectory
from bot.platforms.telegram.client import parse
from bot.platforms.telegram.sending import OutgoingMessages
from bot.platforms.telegram.updates import (
    BotIdentity,
    Event,
    Ignored,
    Membership,
    Migrated,
    translate,
)
from bot.state.inbox import Inbox, UpdateStatus

# tdlib/telegram-bot-api, Client.cpp: how long Telegram itself keeps these open.
LIFE_SECONDS = {"inline_query": 30.0, "callback_query": 150.0}
QUEUE_LIMIT = 60
NOTICE_SECONDS = 60.0
NOTICES_KEPT = 1024


class Adapter:
    """Handles turns; `clock` is the time of day in seconds."""

    def __init__(
        self,
        conversation: Conversation,
        sender: OutgoingMessages,
        chats: ChatDirectory,
        inbox: Inbox,
        me: BotIdentity,
        clock: Callable[[], float],
    ) -> None:
        self._conversation = conversation
        self._sender = sender
        self._chats = chats
        self._inbox = inbox
        self._me = me
        self._clock = clock
        self._noticed: dict[str, float] = {}

    async def handle(self, job: Job) -> Result:
        """Handle one update and say how it ended."""
        if job.update.kind == "other":
            return Result(UpdateStatus.IGNORED, "kind not served")
        event = self._read(job)
        if isinstance(event, Result):
            return event
        age = self._clock() - job.update.received
        if age > LIFE_SECONDS.get(job.update.kind, float("inf")):
            return Result(UpdateStatus.EXPIRED, f"{age:.0f} s old")
        try:
            return await self._act(self._as_of_today(event), job)
        except TelegramError as error:
            return Result(UpdateStatus.REFUSED, f"{type(error).__name__}: {error}"[:200])

    def _read(self, job: Job) -> Event | Result:
        """Parse and translate; what breaks here breaks every time, so it is quarantined at once."""
        raw = parse(job.update.body)
        try:
            update = Update.de_json(raw, None) if isinstance(raw, dict) else None
            if update is None:
                return Result(UpdateStatus.QUARANTINED, "no JSON object")
            return translate(update, self._me)
        except Exception as error:  # whatever a wrong type makes of python-telegram-bot's parser
            return Result(UpdateStatus.QUARANTINED, f"{type(error).__name__}: {error}"[:200])

    def _as_of_today(self, event: Event) -> Event:
        """What waited while its group became a supergroup is handled under the id where its settings are."""
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
                await self._sender.move(old, new)
            case Membership(chat, member):
                await (self._chats.reopen(chat) if member else self._chats.close(chat, "put out"))
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
            await self._sender.notice(press.id, None)  # the button must not go on turning
            raise
        await job.survived()
        await self._sender.notice(press.id, next((r.notice for r in replies if r.notice), None))
        if press.chat is not None or press.message_id is not None:
            await self._say(press.chat, [r for r in replies if r.text.strip()], job)
        return Result(UpdateStatus.ANSWERED)

    async def _inline(self, query: InlineQuery, job: Job) -> Result:
        if job.behind:
            return Result(UpdateStatus.EXPIRED, "typed on")
        answer = await self._conversation.inline(query)
        await job.survived()
        if await self._sender.inline(query.id, answer):
            return Result(UpdateStatus.ANSWERED)
        return Result(UpdateStatus.EXPIRED, "Telegram no longer waits")

    async def _say(self, chat: Chat | None, replies: Sequence[Reply], job: Job) -> str | None:
        last: str | None = None
        for reply in replies:
            last = await self._sender.send(chat, reply, job.slots, job.update.received)
        return last

    async def _flooded(self, message: Message, job: Job) -> Result:
        """Refuse, and say so once a minute."""
        now = self._clock()
        if now - self._noticed.get(message.chat.id, float("-inf")) >= NOTICE_SECONDS:
            if len(self._noticed) >= NOTICES_KEPT:
                self._noticed = {c: at for c, at in self._noticed.items() if now - at < NOTICE_SECONDS}
            self._noticed[message.chat.id] = now
            await self._say(message.chat, await self._conversation.too_many(message), job)
        return Result(UpdateStatus.REFUSED, "too many at once")

    async def _with_answer(self, message: Message) -> Message:
        answered = await self._inbox.reply_to(message.chat.id, message.id)
        return replace(message, answered_by=answered)

"""One update from its JSON to its ending: parse, translate, ask the conversation, send what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from telegram import Update

from bot.messages import ButtonPress, Chat, Conversation, InlineQuery, Message, Reply
from bot.telegram.chats import Chats
from bot.telegram.errors import ApiError
from bot.telegram.inbox import Ending, Inbox
from bot.telegram.request import parse
from bot.telegram.sending import Sender
from bot.telegram.translate import (
    Event,
    Identity,
    Membership,
    Moved,
    Nothing,
    translate,
)
from bot.telegram.workers import Outcome, Turn

# tdlib/telegram-bot-api, Client.cpp: how long Telegram itself keeps these open.
LIFE_SECONDS = {"inline_query": 30.0, "callback_query": 150.0}
LANE_LIMIT = 60
NOTICE_SECONDS = 60.0
NOTICES_KEPT = 1024


class Adapter:
    """Handles turns; `clock` is the time of day in seconds."""

    def __init__(
        self,
        conversation: Conversation,
        sender: Sender,
        chats: Chats,
        inbox: Inbox,
        me: Identity,
        clock: Callable[[], float],
    ) -> None:
        self._conversation = conversation
        self._sender = sender
        self._chats = chats
        self._inbox = inbox
        self._me = me
        self._clock = clock
        self._noticed: dict[str, float] = {}

    async def handle(self, turn: Turn) -> Outcome:
        """Handle one update and say how it ended."""
        if turn.update.kind == "other":
            return Outcome(Ending.IGNORED, "kind not served")
        event = self._read(turn)
        if isinstance(event, Outcome):
            return event
        age = self._clock() - turn.update.received
        if age > LIFE_SECONDS.get(turn.update.kind, float("inf")):
            return Outcome(Ending.EXPIRED, f"{age:.0f} s old")
        try:
            return await self._act(self._as_of_today(event), turn)
        except ApiError as error:
            return Outcome(Ending.REFUSED, f"{type(error).__name__}: {error}"[:200])

    def _read(self, turn: Turn) -> Event | Outcome:
        """Parse and translate; what breaks here breaks every time, so it is quarantined at once."""
        raw = parse(turn.update.body)
        try:
            update = Update.de_json(raw, None) if isinstance(raw, dict) else None
            if update is None:
                return Outcome(Ending.QUARANTINED, "no JSON object")
            return translate(update, self._me)
        except Exception as error:  # whatever a wrong type makes of python-telegram-bot's parser
            return Outcome(Ending.QUARANTINED, f"{type(error).__name__}: {error}"[:200])

    def _as_of_today(self, event: Event) -> Event:
        """What waited while its group became a supergroup is handled under the id where its settings are."""
        match event:
            case Message(chat=Chat(id=old) as chat) | ButtonPress(chat=Chat(id=old) as chat):
                new = self._chats.resolve(old)
                return event if new == old else replace(event, chat=replace(chat, id=new))
        return event

    async def _act(self, event: Event, turn: Turn) -> Outcome:
        match event:
            case Message():
                return await self._message(event, turn)
            case ButtonPress():
                return await self._press(event, turn)
            case InlineQuery():
                return await self._inline(event, turn)
            case Moved(old, new):
                await self._sender.move(old, new)
            case Membership(chat, member):
                await (self._chats.reopen(chat) if member else self._chats.close(chat, "put out"))
            case Nothing(why):
                return Outcome(Ending.IGNORED, why)
        return Outcome(Ending.IGNORED, "about the chat itself")

    async def _message(self, message: Message, turn: Turn) -> Outcome:
        if message.addressed and turn.behind > LANE_LIMIT:
            return await self._flooded(message, turn)
        if message.edited:
            message = await self._with_answer(message)
        replies = await self._conversation.message(message)
        await turn.survived()
        if not replies:
            return Outcome(Ending.IGNORED, "nothing to say")
        spoken = [reply for reply in replies if reply.text.strip()]
        if not spoken:
            return Outcome(Ending.ANSWERED)  # it is being done, and tells of itself
        last = await self._say(message.chat, spoken, turn)
        if last is None:
            return Outcome(Ending.REFUSED, "nothing could be said")
        return Outcome(Ending.ANSWERED, reply=(message.chat.id, message.id, last))

    async def _press(self, press: ButtonPress, turn: Turn) -> Outcome:
        try:
            replies = await self._conversation.press(press)
        except Exception:
            await self._sender.notice(press.id, None)  # the button must not go on turning
            raise
        await turn.survived()
        await self._sender.notice(press.id, next((r.notice for r in replies if r.notice), None))
        if press.chat is not None or press.message_id is not None:
            await self._say(press.chat, [r for r in replies if r.text.strip()], turn)
        return Outcome(Ending.ANSWERED)

    async def _inline(self, query: InlineQuery, turn: Turn) -> Outcome:
        if turn.behind:
            return Outcome(Ending.EXPIRED, "typed on")
        answer = await self._conversation.inline(query)
        await turn.survived()
        if await self._sender.inline(query.id, answer):
            return Outcome(Ending.ANSWERED)
        return Outcome(Ending.EXPIRED, "Telegram no longer waits")

    async def _say(self, chat: Chat | None, replies: Sequence[Reply], turn: Turn) -> str | None:
        last: str | None = None
        for reply in replies:
            last = await self._sender.send(chat, reply, turn.slots, turn.update.received)
        return last

    async def _flooded(self, message: Message, turn: Turn) -> Outcome:
        """Refuse, and say so once a minute."""
        now = self._clock()
        if now - self._noticed.get(message.chat.id, float("-inf")) >= NOTICE_SECONDS:
            if len(self._noticed) >= NOTICES_KEPT:
                self._noticed = {c: at for c, at in self._noticed.items() if now - at < NOTICE_SECONDS}
            self._noticed[message.chat.id] = now
            await self._say(message.chat, await self._conversation.too_many(message), turn)
        return Outcome(Ending.REFUSED, "too many at once")

    async def _with_answer(self, message: Message) -> Message:
        answered = await self._inbox.reply_to(message.chat.id, message.id)
        return replace(message, answered_by=answered)

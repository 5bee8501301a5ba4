"""Replies out: paced, split, each error of the Bot API met once, nothing sent twice without need."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

from telegram import (
    Bot,
    InlineQueryResultArticle,
)

from bot.messages import Chat, ChatType, InlineAnswer, Reply
from bot.metrics import Metrics
from bot.telegram.chats import Chats
from bot.telegram.drafts import NO_PREVIEW, Draft, content, cured, drafts
from bot.telegram.errors import (
    AnswerLost,
    ApiError,
    BadCall,
    Disconnected,
    Flooded,
    Migrated,
    NotSent,
    ServerFault,
    Shut,
    Unauthorized,
)
from bot.telegram.limiter import Limiter
from bot.telegram.markup import clean, keyboard
from bot.telegram.refusals import Remedy, remedy
from bot.telegram.request import AiohttpRequest
from bot.telegram.slots import Slots
from bot.telegram.translate import INLINE

FIRST_PAUSE, LONGEST_PAUSE, TRIES = 0.5, 10.0, 60
ACKNOWLEDGE_PAUSES = (0.5, 1.5)
UNASKED_PATIENCE = 30.0
TOAST_LIMIT, TITLE_LIMIT, DESCRIPTION_LIMIT = 200, 100, 200
logger = logging.getLogger(__name__)


class Sender:
    """Everything that we say on Telegram goes through here; `address` is that of the Bot API with the token."""

    def __init__(
        self,
        bot: Bot,
        calls: AiohttpRequest,
        address: str,
        limiter: Limiter,
        chats: Chats,
        metrics: Metrics,
        moved: Callable[[str, str], None],
    ) -> None:
        self._bot = bot
        self._calls = calls
        self._address = address
        self._limiter = limiter
        self._chats = chats
        self._metrics = metrics
        self._moved = moved

    async def send(
        self, chat: Chat | None, reply: Reply, slots: Slots | None = None, since: float = 0.0
    ) -> str | None:
        """Send or edit; return the id of the last message, or None where nothing could be said.

        `chat` is None for a message sent through an inline query. `since` is when the asker spoke: a chat that
        closed before has been opened again by that. `slots` are those of which the caller holds one.

        Raises:
            ApiError: Telegram refused for a reason that we have no remedy for, or could not be reached.
        """
        last: str | None = None
        for draft in drafts(chat, reply):
            last = await self._say(chat, draft, slots, since)
            if last is None:
                break
        return last

    async def move(self, old: str, new: str) -> None:
        """A group has become a supergroup: settings and pending work move to its new id."""
        if await self._chats.moved(old, new):
            self._moved(old, new)
            logger.info("a group has become a supergroup")

    async def notice(self, press: str, text: str | None) -> None:
        """Acknowledge a press, with a short notice or without; too late is no error."""
        shown = clean(text)[:TOAST_LIMIT] if text else None
        await self._acknowledge(
            "answerCallbackQuery", lambda: self._bot.answer_callback_query(press, text=shown)
        )

    async def inline(self, query: str, answer: InlineAnswer) -> bool:
        """Answer an inline query; return whether it was still open."""
        results = [
            InlineQueryResultArticle(
                result.id,
                clean(result.title)[:TITLE_LIMIT],
                content(result.reply.runs),
                reply_markup=keyboard(result.reply.buttons),
                description=clean(result.description)[:DESCRIPTION_LIMIT],
            )
            for result in answer.results[:50]
        ]
        return await self._acknowledge(
            "answerInlineQuery",
            lambda: self._bot.answer_inline_query(
                query,
                results,
                cache_time=answer.cache_seconds,
                is_personal=answer.personal,
                next_offset=answer.next_offset,
            ),
        )

    async def _acknowledge(self, method: str, call: Callable[[], Awaitable[object]]) -> bool:
        """Answer a query that somebody's screen waits for: soon or not at all; return whether it was taken."""
        for pause in (*ACKNOWLEDGE_PAUSES, None):
            try:
                await call()
            except ApiError as error:
                if isinstance(error, BadCall) and remedy(str(error)) is Remedy.TOO_LATE:
                    self._metrics.sends.labels("late").inc()
                    return False
                if pause is None or isinstance(error, BadCall):
                    self._metrics.sends.labels("failed").inc()
                    logger.warning("%s failed: %s", method, error)
                    return False
                await asyncio.sleep(pause)
            else:
                self._metrics.sends.labels("sent").inc()
                return True
        return False

    async def _say(self, chat: Chat | None, draft: Draft, slots: Slots | None, since: float) -> str | None:
        tried: set[Remedy] = set()
        while True:
            if chat is not None and self._chats.closed(self._chats.resolve(chat.id), draft.thread, since):
                self._metrics.sends.labels("closed").inc()
                return None
            try:
                sent = await self._persist(chat, draft, slots)
            except Shut as error:
                await self._close(chat, None, error)
                return None
            except AnswerLost as error:
                # It may have arrived: saying it again would be worse than a doubt in the records.
                self._metrics.sends.labels("unsure").inc()
                logger.warning("a message may or may not have been sent: %s", error)
                return None
            except BadCall as error:
                cure = remedy(str(error))
                if cure is Remedy.CHAT_IS_CLOSED:
                    await self._close(chat, None, error)
                    return None
                if cure is Remedy.TOPIC_IS_CLOSED:  # the general topic has no number, and is not the chat
                    await self._close(chat if draft.thread else None, draft.thread, error)
                    return None
                if cure is Remedy.NONE_NEEDED:
                    return draft.edits
                if cure in tried or (changed := cured(draft, cure)) is None:
                    self._metrics.sends.labels("refused").inc()
                    raise
                logger.warning("a message was refused (%s); trying once more: %s", error, cure.name.lower())
                tried.add(cure)
                draft = changed
            else:
                self._metrics.sends.labels("sent").inc()
                if chat is not None:
                    await self._chats.reopen(self._chats.resolve(chat.id), draft.thread)
                return sent

    async def _persist(self, chat: Chat | None, draft: Draft, slots: Slots | None) -> str:
        """Call until it was executed or refused, holding back as the server asks."""
        disconnected, known_as = False, chat.id if chat else ""
        for failures in range(TRIES):
            target = self._chats.resolve(known_as)
            await self._pace(target, chat is not None and chat.type is not ChatType.PRIVATE, slots)
            try:
                return await self._call(target, draft)
            except Flooded as error:
                self._limiter.hold(target, error.seconds)
                self._metrics.sends.labels("flooded").inc()
                logger.warning("chat is held for %.0f s: %s", error.seconds, error)
                continue
            except Migrated as error:
                known_as = str(error.new_id)
                await self.move(target, known_as)
                continue
            except Disconnected:
                if disconnected:
                    raise AnswerLost("the connection was lost twice") from None
                disconnected = True
            except (NotSent, ServerFault, Unauthorized) as error:
                self._metrics.sends.labels("retried").inc()
                if failures == 0:
                    logger.warning("a message could not be sent, trying on: %s", error)
            await asyncio.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2**failures))
        raise ServerFault(f"not sent after {TRIES} tries")

    async def _pace(self, chat: str, group: bool, slots: Slots | None) -> None:
        held = self._limiter.held(chat)
        if slots is None and held > UNASKED_PATIENCE:
            raise Flooded("the chat is held", held)  # who speaks unasked can come again later
        wait = self._limiter.reserve(chat, group) if chat else 0.0
        while wait > 0:
            await (slots.lend(wait) if slots else asyncio.sleep(wait))
            wait = self._limiter.held(chat)
        if slots is None:
            await self._find_gap()
        elif (wait := self._limiter.reserve_overall()) > 0:
            await asyncio.sleep(wait)

    async def _find_gap(self) -> None:
        """Wait until nobody who asked is kept waiting by us; in a crowd, at long last stand in the row."""
        waited = 0.0
        while waited < UNASKED_PATIENCE and (wait := self._limiter.take_spare()) > 0:
            await asyncio.sleep(wait)
            waited += wait
        if waited >= UNASKED_PATIENCE:
            await asyncio.sleep(self._limiter.reserve_overall())

    async def _call(self, chat: str, draft: Draft) -> str:
        if draft.edits and draft.edits.startswith(INLINE):
            await self._bot.edit_message_text(
                draft.text,
                inline_message_id=draft.edits.removeprefix(INLINE),
                entities=draft.entities or None,
                reply_markup=draft.keyboard,
                link_preview_options=NO_PREVIEW,
            )
            return draft.edits
        if draft.edits:
            await self._bot.edit_message_text(
                draft.text,
                chat_id=int(chat),
                message_id=int(draft.edits),
                entities=draft.entities or None,
                reply_markup=draft.keyboard,
                link_preview_options=NO_PREVIEW,
            )
            return draft.edits
        if draft.picture:
            thread = int(draft.thread) if draft.thread else None
            sent = await self._bot.send_photo(int(chat), draft.picture, message_thread_id=thread)
            return str(sent.message_id)
        return await self._send_message(chat, draft)

    async def _send_message(self, chat: str, draft: Draft) -> str:
        """As `Bot.send_message`, which spends half of an update's CPU on parsing an answer we only need the id of."""
        parameters = {"chat_id": chat, "text": draft.text, "link_preview_options": '{"is_disabled": true}'}
        if draft.entities:
            parameters["entities"] = json.dumps([entity.to_dict() for entity in draft.entities])
        if draft.keyboard:
            parameters["reply_markup"] = draft.keyboard.to_json()
        if draft.thread:
            parameters["message_thread_id"] = draft.thread
        if draft.reply_to:
            quote = {"message_id": int(draft.reply_to), "allow_sending_without_reply": True}
            parameters["reply_parameters"] = json.dumps(quote)
        body = await self._calls.call(f"{self._address}/sendMessage", parameters)
        result = self._calls.parse_json_payload(body)["result"]
        if not isinstance(result, dict) or "message_id" not in result:
            raise AnswerLost("the answer to sendMessage is no message")
        return str(result["message_id"])

    async def _close(self, chat: Chat | None, thread: str | None, error: ApiError) -> None:
        self._metrics.sends.labels("closed").inc()
        if chat is not None:
            await self._chats.close(self._chats.resolve(chat.id), str(error), thread)

"""Replies out: paced, split, each error of the Bot API met once, nothing sent twice without need."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from telegram import (
    Bot,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.messages import Chat, ChatType, InlineAnswer, Reply, Run
from bot.observability import Metrics
from bot.platforms.limiter import Limiter
from bot.platforms.scheduler import Slots
from bot.platforms.telegram.chats import ChatDirectory
from bot.platforms.telegram.client import (
    AiohttpRequest,
    ConnectFailed,
    Disconnected,
    FloodControl,
    OutcomeUnknown,
    ServerFault,
)
from bot.platforms.telegram.entities import clean, entities, keyboard, split
from bot.platforms.telegram.updates import INLINE
from bot.runtime import backoff


class Recovery(Enum):
    """What to do about a refused call."""

    NONE_NEEDED = auto()
    SAY_PLAINLY = auto()
    SEND_ANEW = auto()
    DROP_QUOTE = auto()
    DROP_THREAD = auto()
    TOPIC_IS_CLOSED = auto()
    CHAT_IS_CLOSED = auto()
    TOO_LATE = auto()
    GIVE_UP = auto()


# tdlib/telegram-bot-api, Client.cpp and td's server errors; matched in this order, in lower case.
ERROR_RULES = (
    ("message is not modified", Recovery.NONE_NEEDED),
    ("query is too old", Recovery.TOO_LATE),
    ("query id is invalid", Recovery.TOO_LATE),
    ("query_id_invalid", Recovery.TOO_LATE),
    ("message to edit not found", Recovery.SEND_ANEW),
    ("message can't be edited", Recovery.SEND_ANEW),
    ("message_id_invalid", Recovery.SEND_ANEW),
    ("message to be replied not found", Recovery.DROP_QUOTE),
    ("message to reply not found", Recovery.DROP_QUOTE),
    ("replied message not found", Recovery.DROP_QUOTE),
    ("message thread not found", Recovery.DROP_THREAD),
    ("topic_deleted", Recovery.DROP_THREAD),
    ("topic_closed", Recovery.TOPIC_IS_CLOSED),
    ("topic is closed", Recovery.TOPIC_IS_CLOSED),
    ("entit", Recovery.SAY_PLAINLY),
    ("button_", Recovery.SAY_PLAINLY),
    ("reply markup", Recovery.SAY_PLAINLY),
    ("chat not found", Recovery.CHAT_IS_CLOSED),
    ("rights", Recovery.CHAT_IS_CLOSED),
    ("chat_write_forbidden", Recovery.CHAT_IS_CLOSED),
    ("chat_restricted", Recovery.CHAT_IS_CLOSED),
    ("user is deactivated", Recovery.CHAT_IS_CLOSED),
    ("peer_id_invalid", Recovery.CHAT_IS_CLOSED),
    ("group chat was deactivated", Recovery.CHAT_IS_CLOSED),
)


def remedy(description: str) -> Recovery:
    """Return what to do about an error 400 with that description."""
    said = description.lower()
    return next((meaning for words, meaning in ERROR_RULES if words in said), Recovery.GIVE_UP)


NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of sendMessage, sendPhoto or editMessageText; `edits` is the id of the message to edit."""

    text: str
    entities: Sequence[MessageEntity]
    keyboard: InlineKeyboardMarkup | None
    reply_to: str | None
    thread: str | None
    edits: str | None
    picture: bytes | None = None


def drafts(chat: Chat | None, reply: Reply) -> list[ApiCall]:
    """The calls a reply needs: the quote and the edit at the first part, the buttons at the last."""
    runs = [replace(run, text=clean(run.text)) for run in reply.runs]
    parts = [part for part in split(runs) if any(run.text.strip() for run in part)]
    buttons = keyboard(reply.buttons)
    thread = chat.thread if chat else None
    found = [
        ApiCall(
            "".join(run.text for run in part),
            entities(part),
            buttons if at == len(parts) - 1 else None,
            reply.reply_to if at == 0 else None,
            thread,
            reply.edits if at == 0 else None,
        )
        for at, part in enumerate(parts)
    ]
    if reply.picture:
        found.append(ApiCall("", (), None, None, thread, None, reply.picture))
    return found


def apply_recovery(draft: ApiCall, cure: Recovery) -> ApiCall | None:
    """Return the draft as a remedy would have it, or None where that changes nothing."""
    if cure is Recovery.SAY_PLAINLY:
        return replace(draft, entities=(), keyboard=None)
    if cure is Recovery.SEND_ANEW and draft.edits and not draft.edits.startswith(INLINE):
        return replace(draft, edits=None)
    if cure is Recovery.DROP_QUOTE and draft.reply_to:
        return replace(draft, reply_to=None)
    if cure is Recovery.DROP_THREAD and draft.thread:
        return replace(draft, thread=None, reply_to=None)
    return None


def content(runs: Sequence[Run]) -> InputTextMessageContent:
    """Return what an inline result puts into a chat: the first part of a text."""
    part = split([replace(run, text=clean(run.text)) for run in runs])[0]
    return InputTextMessageContent(
        "".join(run.text for run in part), entities=entities(part) or None, link_preview_options=NO_PREVIEW
    )


FIRST_PAUSE, LONGEST_PAUSE, TRIES = 0.5, 10.0, 60
ACKNOWLEDGE_PAUSES = (0.5, 1.5)
UNASKED_PATIENCE = 30.0
TOAST_LIMIT, TITLE_LIMIT, DESCRIPTION_LIMIT = 200, 100, 200
logger = logging.getLogger(__name__)


class OutgoingMessages:
    """Everything that we say on Telegram goes through here; `address` is that of the Bot API with the token."""

    def __init__(
        self,
        bot: Bot,
        calls: AiohttpRequest,
        address: str,
        limiter: Limiter,
        chats: ChatDirectory,
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
            TelegramError: Telegram refused for a reason that we have no remedy for, or could not be reached.
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
            except TelegramError as error:
                if isinstance(error, BadRequest) and remedy(str(error)) is Recovery.TOO_LATE:
                    self._metrics.sends.labels("late").inc()
                    return False
                if pause is None or isinstance(error, BadRequest):
                    self._metrics.sends.labels("failed").inc()
                    logger.warning("%s failed: %s", method, error)
                    return False
                await asyncio.sleep(pause)
            else:
                self._metrics.sends.labels("sent").inc()
                return True
        return False

    async def _say(self, chat: Chat | None, draft: ApiCall, slots: Slots | None, since: float) -> str | None:
        tried: set[Recovery] = set()
        while True:
            if chat is not None and self._chats.closed(self._chats.resolve(chat.id), draft.thread, since):
                self._metrics.sends.labels("closed").inc()
                return None
            try:
                sent = await self._persist(chat, draft, slots)
            except Forbidden as error:
                await self._close(chat, None, error)
                return None
            except OutcomeUnknown as error:
                # It may have arrived: saying it again would be worse than a doubt in the records.
                self._metrics.sends.labels("unsure").inc()
                logger.warning("a message may or may not have been sent: %s", error)
                return None
            except BadRequest as error:
                cure = remedy(str(error))
                if cure is Recovery.CHAT_IS_CLOSED:
                    await self._close(chat, None, error)
                    return None
                if cure is Recovery.TOPIC_IS_CLOSED:  # the general topic has no number, and is not the chat
                    await self._close(chat if draft.thread else None, draft.thread, error)
                    return None
                if cure is Recovery.NONE_NEEDED:
                    return draft.edits
                if cure in tried or (changed := apply_recovery(draft, cure)) is None:
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

    async def _persist(self, chat: Chat | None, draft: ApiCall, slots: Slots | None) -> str:
        """Call until it was executed or refused, holding back as the server asks."""
        disconnected, known_as = False, chat.id if chat else ""
        for failures in range(TRIES):
            target = self._chats.resolve(known_as)
            await self._pace(target, chat is not None and chat.type is not ChatType.PRIVATE, slots)
            try:
                return await self._call(target, draft)
            except FloodControl as error:
                self._limiter.hold(target, error.seconds)
                self._metrics.sends.labels("flooded").inc()
                logger.warning("chat is held for %.0f s: %s", error.seconds, error)
                continue
            except ChatMigrated as error:
                known_as = str(error.new_chat_id)
                await self.move(target, known_as)
                continue
            except Disconnected:
                if disconnected:
                    raise OutcomeUnknown("the connection was lost twice") from None
                disconnected = True
            except (ConnectFailed, ServerFault, InvalidToken) as error:
                self._metrics.sends.labels("retried").inc()
                if failures == 0:
                    logger.warning("a message could not be sent, trying on: %s", error)
            await asyncio.sleep(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE))
        raise ServerFault(f"not sent after {TRIES} tries")

    async def _pace(self, chat: str, group: bool, slots: Slots | None) -> None:
        held = self._limiter.held(chat)
        if slots is None and held > UNASKED_PATIENCE:
            raise FloodControl("the chat is held", held)  # who speaks unasked can come again later
        wait = self._limiter.reserve(chat, group) if chat else 0.0
        while wait > 0:
            await (slots.release_while(wait) if slots else asyncio.sleep(wait))
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

    async def _call(self, chat: str, draft: ApiCall) -> str:
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

    async def _send_message(self, chat: str, draft: ApiCall) -> str:
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
            raise OutcomeUnknown("the answer to sendMessage is no message")
        return str(result["message_id"])

    async def _close(self, chat: Chat | None, thread: str | None, error: TelegramError) -> None:
        self._metrics.sends.labels("closed").inc()
        if chat is not None:
            await self._chats.close(self._chats.resolve(chat.id), str(error), thread)

"""Replies as the Bot API takes them: entities, never markup; and what to do about each of its refusals."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
)
from telegram.error import BadRequest, TelegramError

from bot.messages import Button, ButtonPress, Chat, InlineAnswer, Reply, Run, Style
from bot.observability import Metrics
from bot.platforms.client import ChatClosed, Refused
from bot.platforms.sending import Transport
from bot.platforms.telegram.client import AiohttpRequest, TelegramOutcomeUnknown
from bot.platforms.telegram.updates import INLINE
from bot.platforms.text import clean, is_web, parts

log = logging.getLogger(__name__)


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


def recovery_from(description: str) -> Recovery:
    """Return what to do about an error 400 with that description."""
    said = description.lower()
    return next((meaning for words, meaning in ERROR_RULES if words in said), Recovery.GIVE_UP)


TEXT_LIMIT = 4096


def units(said: str) -> int:
    """Count UTF-16 code units, Telegram's measure of text."""
    return len(said) + sum(char > "\uffff" for char in said)


STYLES = {
    Style.BOLD: MessageEntity.BOLD,
    Style.ITALIC: MessageEntity.ITALIC,
    Style.CODE: MessageEntity.CODE,
    Style.QUOTE: MessageEntity.BLOCKQUOTE,
}
ENTITIES = 100
DATA_BYTES = 64
ROW_BUTTONS = 8
BUTTONS = 100


def entities(runs: Sequence[Run]) -> list[MessageEntity]:
    """Return the entities of a text made of `runs`; offsets count UTF-16 units."""
    found: list[MessageEntity] = []
    at = 0
    for run in runs:
        size = units(run.text)
        if size and run.text.strip():
            if run.style in STYLES:
                found.append(MessageEntity(STYLES[run.style], at, size))
            if is_web(run.link):
                found.append(MessageEntity(MessageEntity.TEXT_LINK, at, size, url=run.link))
        at += size
    return found[:ENTITIES]


def keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Return the buttons, or None where there are none.

    Raises:
        ValueError: a button's data is empty or has more than 64 bytes.
    """
    if not any(rows):
        return None
    shown: list[list[InlineKeyboardButton]] = []
    for row in rows:
        for button in row:
            if not 1 <= len(button.data.encode()) <= DATA_BYTES:
                raise ValueError(f"button {button.label!r}: its data must have 1 to {DATA_BYTES} bytes")
        shown += [
            [
                InlineKeyboardButton(clean(b.label) or "·", callback_data=b.data)
                for b in row[i : i + ROW_BUTTONS]
            ]
            for i in range(0, len(row), ROW_BUTTONS)
        ]
    return InlineKeyboardMarkup(shown[:BUTTONS])


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


def content(runs: Sequence[Run]) -> InputTextMessageContent:
    """Return what an inline result puts into a chat: the first part of a text."""
    part = parts(Reply(runs), TEXT_LIMIT, units)[0]
    return InputTextMessageContent(
        part.text, entities=entities(part.runs) or None, link_preview_options=NO_PREVIEW
    )


ACKNOWLEDGE_PAUSES = (0.5, 1.5)
TOAST_LIMIT, TITLE_LIMIT, DESCRIPTION_LIMIT = 200, 100, 200


class BotApiTransport(Transport[ApiCall]):
    """Says something by the Bot API; `address` is the Bot API's with the token."""

    def __init__(self, bot: Bot, calls: AiohttpRequest, address: str, metrics: Metrics) -> None:
        self._bot = bot
        self._calls = calls
        self._address = address
        self._metrics = metrics

    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[ApiCall]:
        thread = chat.thread if chat else None
        found = [
            ApiCall(part.text, entities(part.runs), keyboard(part.buttons), part.reply_to, thread, part.edits)
            for part in parts(reply, TEXT_LIMIT, units)
        ]
        picture = [ApiCall("", (), None, None, thread, None, reply.picture)] if reply.picture else []
        return [*found, *picture]

    def instead(self, draft: ApiCall, error: Refused) -> ApiCall | None:
        recovery = recovery_from(str(error))
        if recovery is Recovery.SAY_PLAINLY:
            return replace(draft, entities=(), keyboard=None)
        if recovery is Recovery.SEND_ANEW and draft.edits and not draft.edits.startswith(INLINE):
            return replace(draft, edits=None)
        if recovery is Recovery.DROP_QUOTE and draft.reply_to:
            return replace(draft, reply_to=None)
        if recovery is Recovery.DROP_THREAD and draft.thread:
            return replace(draft, thread=None, reply_to=None)
        return None

    async def call(self, chat: Chat | None, draft: ApiCall, key: str) -> str:
        """Make one call; the Bot API knows no keys."""
        try:
            return await self._call(chat.id if chat else "", draft)
        except BadRequest as error:
            recovery = recovery_from(str(error))
            if recovery is Recovery.NONE_NEEDED and draft.edits:
                return draft.edits
            if recovery in (Recovery.CHAT_IS_CLOSED, Recovery.TOPIC_IS_CLOSED):
                raise ChatClosed(str(error), recovery is Recovery.TOPIC_IS_CLOSED) from None
            raise

    async def _call(self, chat: str, draft: ApiCall) -> str:
        if draft.edits:
            inline = draft.edits.startswith(INLINE)
            await self._bot.edit_message_text(
                draft.text,
                chat_id=None if inline else int(chat),
                message_id=None if inline else int(draft.edits),
                inline_message_id=draft.edits.removeprefix(INLINE) if inline else None,
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
            raise TelegramOutcomeUnknown("the answer to sendMessage is no message")
        return str(result["message_id"])

    async def notice(self, press: ButtonPress, text: str | None) -> bool:
        shown = clean(text)[:TOAST_LIMIT] if text else None
        await self._acknowledge(
            "answerCallbackQuery", lambda: self._bot.answer_callback_query(press.id, text=shown)
        )
        return True

    async def inline(self, query: str, answer: InlineAnswer) -> bool:
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
                if isinstance(error, BadRequest) and recovery_from(str(error)) is Recovery.TOO_LATE:
                    self._metrics.sends.labels("late").inc()
                    return False
                if pause is None or isinstance(error, BadRequest):
                    self._metrics.sends.labels("failed").inc()
                    log.warning("%s failed: %s", method, error)
                    return False
                await asyncio.sleep(pause)
            else:
                self._metrics.sends.labels("sent").inc()
                return True
        return False

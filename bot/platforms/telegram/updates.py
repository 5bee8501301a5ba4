"""Telegram's updates to the platform-neutral nouns of `bot.messages`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from telegram import CallbackQuery, ChatMemberUpdated, Document, MessageEntity, PhotoSize, Update, User
from telegram import Chat as TelegramChat
from telegram import InlineQuery as TelegramInlineQuery
from telegram import Message as TelegramMessage
from telegram.constants import ChatID
from telegram.constants import ChatType as TelegramChatType

from bot.messages import Attachment, ButtonPress, Chat, ChatType, InlineQuery, Message, Sender, SenderKind
from bot.platforms.updates import Event, Ignored, Membership, Migrated

PLATFORM = "telegram"
CHAT_TYPES = {TelegramChatType.PRIVATE: ChatType.PRIVATE, TelegramChatType.CHANNEL: ChatType.CHANNEL}
INLINE = "inline:"


@dataclass(frozen=True, slots=True)
class TelegramIdentity:
    """Who we are on Telegram."""

    id: int
    username: str


def translate(update: Update, me: TelegramIdentity) -> Event:
    """Return what an update means to us.

    Raises:
        TypeError: a part is not of its type, which python-telegram-bot does not look at.
    """
    if update.callback_query is not None:
        return _press(update.callback_query)
    if update.inline_query is not None:
        return _inline(update.inline_query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    post = update.message or update.channel_post
    edit = update.edited_message or update.edited_channel_post
    if post is not None:
        return _message(post, me, edited=False)
    if edit is not None:
        return _message(edit, me, edited=True)
    return Ignored("kind not served")


def _message(message: TelegramMessage, me: TelegramIdentity, *, edited: bool) -> Event:
    if message.migrate_to_chat_id is not None:
        return Migrated(_id(message.chat.id), _id(message.migrate_to_chat_id))
    if message.migrate_from_chat_id is not None:
        return Migrated(_id(message.migrate_from_chat_id), _id(message.chat.id))
    sender = _sender(message)
    if sender.kind is SenderKind.BOT:
        return Ignored("from a bot")
    if sender.kind is SenderKind.AUTO_FORWARD:
        return Ignored("auto-forward of a channel post")
    if message.via_bot is not None and message.via_bot.id == me.id:
        return Ignored("our own inline result")
    chat = _chat(message.chat, message)
    said = _text(message.text if message.text is not None else message.caption or "")
    if not said and (chat.type is not ChatType.PRIVATE or not message.effective_attachment):
        return Ignored("no text")
    text, meant = _meant(message, said, me)
    if meant is False:
        return Ignored("another bot's command")
    to_us = message.reply_to_message is not None and _is(message.reply_to_message.from_user, me)
    return Message(
        chat,
        _id(message.message_id),
        sender,
        text,
        message.date.astimezone(UTC),
        addressed=chat.type is ChatType.PRIVATE or bool(meant) or to_us,
        edited=edited,
        forwarded=message.forward_origin is not None,
        via_bot=message.via_bot is not None,
        attachment=_attachment(message),
        replied_to=_replied_to(message.reply_to_message),
    )


def _replied_to(message: TelegramMessage | None) -> str | None:
    said = None if message is None else message.text if message.text is not None else message.caption
    return None if said is None else _text(said)


def _chat(chat: TelegramChat, message: TelegramMessage | None = None) -> Chat:
    in_topic = message is not None and message.is_topic_message and message.message_thread_id is not None
    thread = _id(message.message_thread_id) if message is not None and in_topic else None
    return Chat(PLATFORM, _id(chat.id), CHAT_TYPES.get(TelegramChatType(chat.type), ChatType.GROUP), thread)


def _sender(message: TelegramMessage) -> Sender:
    """Say who speaks; the special accounts stand for groups, channels and Telegram itself."""
    user, behind = message.from_user, message.sender_chat
    if message.is_automatic_forward or (user is not None and user.id == ChatID.SERVICE_CHAT):
        return Sender(str(ChatID.SERVICE_CHAT), SenderKind.AUTO_FORWARD)
    if user is not None and user.id == ChatID.ANONYMOUS_ADMIN:
        return Sender(_id(user.id), SenderKind.ANONYMOUS_ADMIN, group_admin=True)
    if behind is not None or user is None or user.id == ChatID.FAKE_CHANNEL:
        return Sender(_id((behind or message.chat).id), SenderKind.CHANNEL)
    return _person(user)


def _person(user: User) -> Sender:
    kind = SenderKind.BOT if user.is_bot else SenderKind.PERSON
    language = None if user.language_code is None else _text(user.language_code)
    return Sender(_id(user.id), kind, language)


def _attachment(message: TelegramMessage) -> Attachment | None:
    """The file that came, or the largest size of a photo that says nothing; one with words is asked by them."""
    if (document := message.document) is not None:
        return _file(document, document.file_name or "")
    if not message.photo or message.caption:
        return None
    return _file(message.photo[-1], f"photo-{_id(message.message_id)}.jpg")


def _file(file: Document | PhotoSize, name: object) -> Attachment:
    return Attachment(
        _text(file.file_id), _text(name), None if file.file_size is None else int(_id(file.file_size))
    )


def _id(number: object) -> str:
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"an id is {type(number).__name__}")
    return str(number)


def _text(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a text is {type(text).__name__}")
    return text


def _is(user: User | None, me: TelegramIdentity) -> bool:
    return user is not None and user.id == me.id


def _meant(message: TelegramMessage, said: str, me: TelegramIdentity) -> tuple[str, bool | None]:
    """Return the text without our own name, and whether it names us (None: it names nobody, False: another)."""
    marks = message.entities if message.text is not None else message.caption_entities
    wide = said.encode("utf-16-le", "surrogatepass")
    named: bool | None = None
    for mark in sorted(marks, key=lambda m: m.offset, reverse=True):
        start, end = mark.offset * 2, (mark.offset + mark.length) * 2
        word = wide[start:end].decode("utf-16-le", "replace")
        if mark.type == MessageEntity.BOT_COMMAND and mark.offset == 0:
            command, at, name = word.partition("@")
            if at and name.lower() != me.username.lower():
                return said, False
            wide, named = command.encode("utf-16-le") + wide[end:], True
        elif (mark.type == MessageEntity.MENTION and word[1:].lower() == me.username.lower()) or (
            mark.type == MessageEntity.TEXT_MENTION and _is(mark.user, me)
        ):
            wide, named = wide[:start] + wide[end:], True
    return wide.decode("utf-16-le", "replace").strip() if named else said, named


def _press(query: CallbackQuery) -> Event:
    if not query.data:
        return Ignored("a press without data")
    sender = _person(query.from_user)
    if query.message is None:
        inline = INLINE + _text(query.inline_message_id) if query.inline_message_id else None
        return ButtonPress(None, inline, _text(query.id), sender, _text(query.data))
    whole = query.message if isinstance(query.message, TelegramMessage) else None
    return ButtonPress(
        _chat(query.message.chat, whole),
        _id(query.message.message_id),
        _text(query.id),
        sender,
        _text(query.data),
    )


def _inline(query: TelegramInlineQuery) -> InlineQuery:
    return InlineQuery(_text(query.id), _person(query.from_user), _text(query.query), _text(query.offset))


def _membership(change: ChatMemberUpdated) -> Membership:
    member = change.new_chat_member.status not in ("left", "kicked")
    return Membership(_id(change.chat.id), member, change.date.timestamp())

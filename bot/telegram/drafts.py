"""A reply as the calls that it needs, and how each may be said otherwise when Telegram refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import InlineKeyboardMarkup, InputTextMessageContent, LinkPreviewOptions, MessageEntity

from bot.messages import Chat, Reply, Run
from bot.telegram.markup import clean, entities, keyboard
from bot.telegram.refusals import Remedy
from bot.telegram.split import split
from bot.telegram.translate import INLINE

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Draft:
    """One call of sendMessage, sendPhoto or editMessageText; `edits` is the id of the message to edit."""

    text: str
    entities: Sequence[MessageEntity]
    keyboard: InlineKeyboardMarkup | None
    reply_to: str | None
    thread: str | None
    edits: str | None
    picture: bytes | None = None


def drafts(chat: Chat | None, reply: Reply) -> list[Draft]:
    """The calls a reply needs: the quote and the edit at the first part, the buttons at the last."""
    runs = [replace(run, text=clean(run.text)) for run in reply.runs]
    parts = [part for part in split(runs) if any(run.text.strip() for run in part)]
    buttons = keyboard(reply.buttons)
    thread = chat.thread if chat else None
    found = [
        Draft(
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
        found.append(Draft("", (), None, None, thread, None, reply.picture))
    return found


def cured(draft: Draft, cure: Remedy) -> Draft | None:
    """Return the draft as a remedy would have it, or None where that changes nothing."""
    if cure is Remedy.SAY_PLAINLY:
        return replace(draft, entities=(), keyboard=None)
    if cure is Remedy.SEND_ANEW and draft.edits and not draft.edits.startswith(INLINE):
        return replace(draft, edits=None)
    if cure is Remedy.DROP_QUOTE and draft.reply_to:
        return replace(draft, reply_to=None)
    if cure is Remedy.DROP_THREAD and draft.thread:
        return replace(draft, thread=None, reply_to=None)
    return None


def content(runs: Sequence[Run]) -> InputTextMessageContent:
    """Return what an inline result puts into a chat: the first part of a text."""
    part = split([replace(run, text=clean(run.text)) for run in runs])[0]
    return InputTextMessageContent(
        "".join(run.text for run in part), entities=entities(part) or None, link_preview_options=NO_PREVIEW
    )

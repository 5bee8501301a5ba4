"""Replies as Feishu's API takes them: posts, cards and pictures, sent once however often, edited where that is allowed."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote

import aiohttp

from bot.messages import Button, ButtonPress, Chat, InlineAnswer, Reply, Run
from bot.platforms.calls import OutcomeUnknown, Refused
from bot.platforms.feishu.cards import card, encoded, parts, post
from bot.platforms.feishu.client import CardRefused, FeishuApi, Gone, Uneditable
from bot.platforms.sending import Asked, Outbox

POST = "post:"
"""Before the id of a message that is no card: posts and cards are edited by different calls."""
ID_KINDS = {"ou_": "open_id", "on_": "union_id", "oc_": "chat_id"}

logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """What a message is."""

    POST = "post"
    CARD = "interactive"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class FeishuDraft:
    """One message, or the edit of one."""

    kind: Kind
    chat: Chat | None
    runs: tuple[Run, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    reply_to: str | None = None
    edits: str | None = None
    picture: bytes | None = None

    @property
    def thread(self) -> str | None:
        """The first message of the topic that it goes to."""
        return self.chat.thread if self.chat else None

    @property
    def content(self) -> str:
        """The message's content, but a picture's."""
        if self.kind is Kind.CARD:
            return card(self.runs, self.buttons, self.chat)
        return post(self.runs, self.buttons)


class FeishuTransport:
    """Says something by the API. Feishu executes a call once however often it comes with the same `uuid`."""

    repeatable = True

    def __init__(self, api: FeishuApi) -> None:
        self._api = api

    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[FeishuDraft]:
        """The messages of a reply: the quote and the edit at the first part, the buttons at the last."""
        buttons = tuple(tuple(row) for row in reply.buttons if row)
        found = parts(reply.runs)
        drafts: list[FeishuDraft] = []
        for at, part in enumerate(found):
            edits = reply.edits if at == 0 else None
            shown = buttons if at == len(found) - 1 else ()
            # What is edited stays what it is: a post cannot become a card.
            kind = _kind(edits) if edits else Kind.CARD if shown else Kind.POST
            drafts.append(
                FeishuDraft(kind, chat, tuple(part), shown, reply.reply_to if at == 0 else None, edits)
            )
        if reply.picture:
            drafts.append(FeishuDraft(Kind.IMAGE, chat, picture=reply.picture))
        return drafts

    def instead(self, draft: FeishuDraft, error: Refused) -> FeishuDraft | None:
        """Send anew what cannot be edited, without quote where that is gone, as text where a card is not taken."""
        if draft.edits and isinstance(error, Gone | Uneditable | CardRefused):
            return replace(draft, edits=None)
        if isinstance(error, Gone) and (draft.reply_to or draft.thread):
            # The quote goes first, then the topic whose first message is gone.
            chat = draft.chat if draft.reply_to or not draft.chat else replace(draft.chat, thread=None)
            return replace(draft, reply_to=None, chat=chat)
        if isinstance(error, CardRefused) and draft.kind is Kind.CARD:
            return replace(draft, kind=Kind.POST)
        return None

    async def call(self, chat: Chat | None, draft: FeishuDraft, key: str) -> str:
        """Make one call; return the message's id, marked where it is no card."""
        if draft.edits:
            await self._edit(draft.edits, draft)
            return draft.edits
        try:
            content = await self._picture(draft.picture) if draft.picture else draft.content
        except Refused as error:
            logger.warning("a picture is left out: %s", error)
            return POST
        body: dict[str, object] = {"msg_type": draft.kind.value, "content": content, "uuid": _uuid(key)}
        answered = draft.reply_to or draft.thread
        if answered:
            path = f"im/v1/messages/{_path(answered)}/reply"
            body["reply_in_thread"] = draft.thread is not None
        elif chat is not None:
            path = f"im/v1/messages?receive_id_type={ID_KINDS.get(chat.id[:3], 'chat_id')}"
            body["receive_id"] = chat.id
        else:
            raise Refused("no chat to send to")
        sent = (await self._api.call("POST", path, body)).get("message_id")
        if not isinstance(sent, str):
            raise OutcomeUnknown("the answer holds no message_id")
        return sent if draft.kind is Kind.CARD else POST + sent

    async def _edit(self, edits: str, draft: FeishuDraft) -> None:
        path = f"im/v1/messages/{_path(edits)}"
        if draft.kind is Kind.CARD:
            await self._api.call("PATCH", path, {"content": draft.content})
        else:
            await self._api.call("PUT", path, {"msg_type": draft.kind.value, "content": draft.content})

    async def _picture(self, picture: bytes) -> str:
        def form() -> aiohttp.FormData:
            data = aiohttp.FormData()
            data.add_field("image_type", "message")
            data.add_field("image", picture, filename="picture.png", content_type="image/png")
            return data

        key = (await self._api.call("POST", "im/v1/images", form=form)).get("image_key")
        if not isinstance(key, str):
            raise OutcomeUnknown("the answer holds no image_key")
        return encoded({"image_key": key})


def _kind(message: str) -> Kind:
    return Kind.POST if message.startswith(POST) else Kind.CARD


def _path(message: str) -> str:
    return quote(message.removeprefix(POST), safe="")


def _uuid(key: str) -> str:
    """A key of at most fifty characters."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


class Toast:
    """The short notice that a press waits for, on its way to whoever acknowledges the press."""

    def __init__(self) -> None:
        self._text: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self.acknowledged = asyncio.Event()

    async def text(self, seconds: float) -> str | None:
        """Wait for the notice; None where there is none, or it does not come in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._text)
        self._text.cancel()
        return None

    def give(self, text: str | None) -> bool:
        """Give the notice; return whether somebody still waits for it."""
        if self._text.done():
            return False
        self._text.set_result(text)
        return True


class Toasts:
    """The presses that wait to be acknowledged: a notice can be shown only with that."""

    def __init__(self) -> None:
        self._waiting: dict[str, Toast] = {}

    @contextmanager
    def expected(self, press: str) -> Iterator[Toast]:
        """Wait for a press's notice inside the block, which ends when the press is acknowledged."""
        toast = self._waiting[press] = Toast()
        try:
            yield toast
        finally:
            toast.acknowledged.set()
            if self._waiting.get(press) is toast:
                del self._waiting[press]

    async def show(self, press: str, text: str | None) -> bool:
        """Give a notice along; return whether it goes with the acknowledgement, which has been sent then.

        A card that is edited before its press is acknowledged flips back.
        """
        toast = self._waiting.get(press)
        if toast is None or not toast.give(text):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await toast.acknowledged.wait()
        return True


class FeishuSpeaker:
    """Everything that we say on Feishu goes through here."""

    def __init__(self, outbox: Outbox[FeishuDraft], toasts: Toasts) -> None:
        self._outbox = outbox
        self._toasts = toasts
        self.send = outbox.send
        self.move = outbox.move

    async def notice(self, press: ButtonPress, text: str | None, asked: Asked) -> None:
        """Show a notice with the acknowledgement of its press; later, as a message."""
        if not await self._toasts.show(press.id, text):
            await self._outbox.notice(press, text, asked)

    async def inline(self, query: str, answer: InlineAnswer) -> bool:
        """Feishu has no inline queries."""
        return await self._outbox.inline(query, answer)

"""Replies as Feishu's API takes them: posts and cards of typed pieces, so that nothing in them can be markup.

A post's text tags and a card's plain_text are shown as they are (open.feishu.cn, im-v1 message content and card
components); `<at user_id=…>` lives only in messages of the type text, and markdown only in lark_md: we send neither.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from urllib.parse import quote

import aiohttp

from bot.messages import Button, ButtonPress, Chat, Reply, Run, Style
from bot.platforms.client import OutcomeUnknown, Refused
from bot.platforms.feishu.client import CardRefused, FeishuApi, Gone, Uneditable
from bot.platforms.sending import Transport
from bot.platforms.text import MessagePart, clean, is_web, joined, numbered, parts, utf8
from bot.runtime import waited

log = logging.getLogger(__name__)

# "卡片及富文本消息的请求体最大不能超过 30 KB": ours with a margin for what stands around the content.
CONTENT_BYTES = 28_000
PART_BYTES = 20_000
STYLES = {Style.BOLD: ["bold"], Style.ITALIC: ["italic"]}
NORMAL, LARGE, SMALL = "normal", "heading", "notation"
ROW_BUTTONS = 8


def encoded(content: object) -> str:
    """A message's content: JSON inside JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def weight(content: str) -> int:
    """The bytes that a content takes in a request's body."""
    return utf8(json.dumps(content, ensure_ascii=False))


def _measure(text: str) -> int:
    """The bytes of a text twice encoded, and of the piece that begins with each line."""
    return weight(json.dumps(text, ensure_ascii=False)) - 6 + 60 * text.count("\n")


def _fits(part: MessagePart) -> bool:
    return max(weight(post(part.runs)), weight(card(part.runs))) <= CONTENT_BYTES


def post(runs: Sequence[Run], buttons: Sequence[Sequence[Button]] = ()) -> str:
    """Return a post's content; buttons become a numbered list."""
    listed = [Run("\n" + numbered(buttons))] if any(buttons) else []
    lines = [
        [_tag(run) for run in line] or [{"tag": "text", "text": " "}] for line in _lines([*runs, *listed])
    ]
    return encoded({"zh_cn": {"content": lines}})


def card(runs: Sequence[Run], buttons: Sequence[Sequence[Button]] = (), chat: Chat | None = None) -> str:
    """Return a card's content; a line in bold is large, one of citations small, and their links are buttons.

    `chat` is where the card hangs: Feishu tells of a press which chat, and not of what kind.
    """
    elements: list[object] = []
    for size, lines in groupby(_lines(runs), _size):
        text = "\n".join("".join(run.text for run in line) for line in lines)
        elements.append({"tag": "div", "text": {"tag": "plain_text", "content": text, "text_size": size}})
    for row in buttons:
        for at in range(0, len(row), ROW_BUTTONS):
            pressed = [_button(button, chat) for button in row[at : at + ROW_BUTTONS]]
            elements.append({"tag": "action", "layout": "flow", "actions": pressed})
    links = list(dict.fromkeys(run.link for run in runs if is_web(run.link)))
    if links:
        labels = [f"↗ {number}" for number in range(1, len(links) + 1)] if len(links) > 1 else ["↗"]
        opened = [
            {"tag": "button", "type": "default", "text": _plain(label), "url": link}
            for label, link in zip(labels, links, strict=True)
        ]
        elements.append({"tag": "action", "layout": "flow", "actions": opened})
    # update_multi: an edit is seen by everybody; a card that is passed on would be pressed in other chats.
    config = {"wide_screen_mode": True, "update_multi": True, "enable_forward": False}
    return encoded({"config": config, "elements": elements})


def _lines(runs: Iterable[Run]) -> list[list[Run]]:
    """The lines of a text, without empty ones at its end."""
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *others = run.text.split("\n")
        lines[-1].append(Run(first, run.style, run.link))
        lines += [[Run(text, run.style, run.link)] for text in others]
    lines = [[piece for piece in joined(line) if piece.text] for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _size(line: Sequence[Run]) -> str:
    said = [run for run in line if run.text.strip()]
    if said and all(run.style is Style.BOLD for run in said):
        return LARGE
    if said and all(is_web(run.link) or run.style is Style.ITALIC for run in said):
        return SMALL
    return NORMAL


def _tag(run: Run) -> dict[str, object]:
    tag: dict[str, object] = {"tag": "text", "text": run.text}
    if is_web(run.link):
        tag = {"tag": "a", "text": run.text, "href": run.link}
    if run.style in STYLES:
        tag["style"] = STYLES[run.style]
    return tag


def _button(button: Button, chat: Chat | None) -> dict[str, object]:
    value = {
        "data": button.data,
        "chat": chat.type.value if chat else "",
        "thread": (chat and chat.thread) or "",
    }
    return {"tag": "button", "type": "default", "text": _plain(clean(button.label) or "·"), "value": value}


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


POST = "post:"
"""Before the id of a message that is no card: posts and cards are edited by different calls."""
ID_KINDS = {"ou_": "open_id", "on_": "union_id", "oc_": "chat_id"}


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


class FeishuTransport(Transport[FeishuDraft]):
    """Says something by the API. Feishu executes a call once however often it comes with the same `uuid`."""

    repeatable = True

    def __init__(self, api: FeishuApi, toasts: Toasts) -> None:
        self._api = api
        self._toasts = toasts

    async def notice(self, press: ButtonPress, text: str | None) -> bool:
        """Show it with the acknowledgement of the press, if that waits for it."""
        return await self._toasts.show(press.id, text)

    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[FeishuDraft]:
        drafts: list[FeishuDraft] = []
        for part in parts(reply, PART_BYTES, _measure, _fits):
            # What is edited stays what it is: a post cannot become a card.
            kind = _kind(part.edits) if part.edits else Kind.CARD if part.buttons else Kind.POST
            drafts.append(FeishuDraft(kind, chat, part.runs, part.buttons, part.reply_to, part.edits))
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
            log.warning("a picture is left out: %s", error)
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
        await waited(toast.acknowledged, 1.0)
        return True

"""Replies as Matrix takes them: notices with a plain body and the same in HTML, in parts that fit an event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from bot.messages import Button, Chat, Reply, Run, Style
from bot.platforms.client import Json, Refused
from bot.platforms.matrix.client import MatrixClient
from bot.platforms.matrix.updates import BUTTONS, RoomDirectory
from bot.platforms.sending import Transport
from bot.platforms.text import MessagePart, is_web, numbered, parts

# An event has at most 65,536 bytes with everything; what servers add (ids, signatures, up to 30 hashes of other
# events) stays under 8 KiB.
CONTENT_BYTES = 57_344
TAGS = {Style.BOLD: "strong", Style.ITALIC: "em", Style.CODE: "code", Style.QUOTE: "blockquote"}


@dataclass(frozen=True, slots=True)
class MatrixDraft:
    """One event to send: its content, or a picture to upload first; `thread` is the root of its thread."""

    content: Mapping[str, object]
    thread: str | None
    picture: bytes | None = None


def drafts(chat: Chat | None, reply: Reply) -> list[MatrixDraft]:
    """The events a reply needs; the buttons are a numbered list: whoever answers with the number presses."""
    thread = chat.thread if chat else None
    listed = [Run("\n" + numbered(reply.buttons, apart="　"))] if any(reply.buttons) else []

    def said(part: MessagePart) -> dict[str, object]:
        buttons = [button for row in part.buttons for button in row]
        return content(part.runs, buttons, part.reply_to, thread, part.edits)

    room = CONTENT_BYTES // (4 if reply.edits else 2)
    told = replace(reply, runs=[*reply.runs, *listed])
    found = parts(told, room, _cost, lambda part: size(said(part)) <= CONTENT_BYTES)
    drafts = [MatrixDraft(said(part), thread) for part in found]
    return [*drafts, MatrixDraft({}, thread, reply.picture)] if reply.picture else drafts


def content(
    runs: Sequence[Run],
    buttons: Sequence[Button] = (),
    reply_to: str | None = None,
    thread: str | None = None,
    edits: str | None = None,
) -> dict[str, object]:
    """Return the content of an `m.room.message` that says `runs`.

    Nobody is pinged by it, whatever the words are: it mentions nobody (`m.mentions` is empty).
    """
    plain = "".join(run.text for run in runs)
    said: dict[str, object] = {"msgtype": "m.notice", "body": plain, "m.mentions": {}}
    if any(run.style is not Style.PLAIN or run.link for run in runs):
        said |= {"format": "org.matrix.custom.html", "formatted_body": "".join(map(_html, runs))}
    if buttons:
        said[BUTTONS] = [button.data for button in buttons]
    if edits:
        relation: dict[str, object] = {"rel_type": "m.replace", "event_id": edits}
        return said | {"body": f"* {plain}", "m.new_content": said, "m.relates_to": relation}
    if thread:
        return said | {
            "m.relates_to": {
                "rel_type": "m.thread",
                "event_id": thread,
                "is_falling_back": reply_to is None,
                "m.in_reply_to": {"event_id": reply_to or thread},
            }
        }
    return said | {"m.relates_to": {"m.in_reply_to": {"event_id": reply_to}}} if reply_to else said


def picture(address: str, size: int) -> dict[str, object]:
    """Return the content of an event that shows an uploaded PNG."""
    info = {"mimetype": "image/png", "size": size}
    return {"msgtype": "m.image", "body": "image.png", "url": address, "info": info, "m.mentions": {}}


def plainer(draft: MatrixDraft) -> MatrixDraft | None:
    """The same without HTML; None where there is none."""
    if "formatted_body" not in json.dumps(draft.content):
        return None
    return replace(draft, content=_without_html(draft.content))


def size(of: Mapping[str, object]) -> int:
    """Count the bytes of a content in canonical JSON."""
    return len(json.dumps(of, ensure_ascii=False, separators=(",", ":")).encode())


def _without_html(of: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _without_html(value) if isinstance(value, Mapping) else value
        for name, value in of.items()
        if name not in ("format", "formatted_body")
    }


def _html(run: Run) -> str:
    text = escape(run.text).replace("\n", "<br>")
    if is_web(run.link):
        text = f'<a href="{escape(run.link)}">{text}</a>'
    tag = TAGS.get(run.style)
    return f"<{tag}>{text}</{tag}>" if tag else text


def _cost(text: str) -> int:
    """The dearer of both bodies."""
    return max(_json(text), _json(escape(text).replace("\n", "<br>")))


def _json(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


class MatrixTransport(Transport[MatrixDraft]):
    """Says things in rooms; the server executes a transaction once, so what may have been lost is said again."""

    repeatable = True

    def __init__(self, client: MatrixClient, rooms: RoomDirectory) -> None:
        self._client = client
        self._rooms = rooms
        self._private: dict[str, str] = {}

    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[MatrixDraft]:
        return drafts(chat, reply)

    async def call(self, chat: Chat | None, draft: MatrixDraft, key: str) -> str:
        if chat is None:
            raise Refused("no room")
        room = await self._room_of(chat.id) if chat.id.startswith("@") else chat.id
        said: Json = draft.content
        if draft.picture is not None:
            said = picture(await self._client.upload(draft.picture, "image/png"), len(draft.picture))
        return await self._client.send(room, said, hashlib.sha256(key.encode()).hexdigest()[:40])

    def instead(self, draft: MatrixDraft, error: Refused) -> MatrixDraft | None:
        return plainer(draft)

    async def _room_of(self, person: str) -> str:
        """The room in which a person who is known by name only is reached; made where there is none."""
        room = self._private.get(person)
        if room is None or await self._rooms.members(room) != {person, self._rooms.me}:
            known = [r for r in await self._rooms.with_person(person) if not await self._rooms.encrypted(r)]
            room = self._private[person] = known[0] if known else await self._client.create_private(person)
        return room

"""Replies as Matrix takes them: notices with a plain body and the same in HTML, in parts that fit an event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from bot.messages import Button, Chat, Reply, Run, Style
from bot.platforms.text import clean, split

BUTTONS = "chuchu.buttons"  # our own key in an event: what the numbers under it stand for
# An event has at most 65,536 bytes with everything; what servers add (ids, signatures, up to 30 hashes of other
# events) stays under 8 KiB.
CONTENT_BYTES = 57_344
TAGS = {
    Style.BOLD: "strong",
    Style.ITALIC: "em",
    Style.CODE: "code",
    Style.QUOTE: "blockquote",
}


@dataclass(frozen=True, slots=True)
class MatrixDraft:
    """One event to send: its content, or a picture to upload first; `thread` is the root of its thread."""

    content: Mapping[str, object]
    thread: str | None
    picture: bytes | None = None


def drafts(chat: Chat | None, reply: Reply) -> list[MatrixDraft]:
    """The events a reply needs: the quote and the edit at the first part, the numbered buttons at the last."""
    thread = chat.thread if chat else None
    buttons = [button for row in reply.buttons for button in row]
    runs = [replace(run, text=clean(run.text)) for run in reply.runs]
    runs += [Run(clean(text)) for text in _numbered(reply.buttons)]
    room = CONTENT_BYTES
    while True:
        parts = [part for part in split(runs, room // (4 if reply.edits else 2), _cost) if _visible(part)]
        found = [
            MatrixDraft(
                content(
                    part,
                    buttons if at == len(parts) - 1 else (),
                    reply.reply_to if at == 0 else None,
                    thread,
                    reply.edits if at == 0 else None,
                ),
                thread,
            )
            for at, part in enumerate(parts)
        ]
        if all(size(draft.content) <= CONTENT_BYTES for draft in found):
            break
        room //= 2  # tags and links, which the cost of the words alone does not count
    if reply.picture:
        found.append(MatrixDraft({}, thread, reply.picture))
    return found


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


def _numbered(rows: Sequence[Sequence[Button]]) -> list[str]:
    """Buttons become a numbered list; whoever answers with the number presses."""
    number, lines = 0, []
    for row in rows:
        labels = []
        for button in row:
            number += 1
            labels.append(f"{number}. {button.label}")
        if labels:
            lines.append("\n" + "　".join(labels))
    return lines


def _html(run: Run) -> str:
    text = escape(run.text).replace("\n", "<br>")
    if run.link and run.link.startswith(("https://", "http://")):
        text = f'<a href="{escape(run.link)}">{text}</a>'
    tag = TAGS.get(run.style)
    return f"<{tag}>{text}</{tag}>" if tag else text


def _cost(text: str) -> int:
    """The dearer of both bodies."""
    return max(_json(text), _json(escape(text).replace("\n", "<br>")))


def _json(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def _visible(part: Sequence[Run]) -> bool:
    return any(run.text.strip() for run in part)

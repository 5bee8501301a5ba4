"""Runs of text as Feishu takes them: posts and cards of typed pieces, so that nothing in them can be markup.

A post's text tags and a card's plain_text are shown as they are (open.feishu.cn, im-v1 message content and card
components); `<at user_id=…>` lives only in messages of the type text, and markdown only in lark_md: we send neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.messages import Button, Chat, Run, Style
from bot.platforms.text import clean, joined, split, utf8

# "卡片及富文本消息的请求体最大不能超过 30 KB": ours with a margin for what stands around the content.
CONTENT_BYTES = 28_000
PART_BYTES = (20_000, 10_000, 5_000, 2_500)
STYLES = {Style.BOLD: ["bold"], Style.ITALIC: ["italic"]}
NORMAL, LARGE, SMALL = "normal", "heading", "notation"
ROW_BUTTONS = 8


def encoded(content: object) -> str:
    """A message's content: JSON inside JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def weight(content: str) -> int:
    """The bytes that a content takes in a request's body."""
    return utf8(json.dumps(content, ensure_ascii=False))


def parts(runs: Sequence[Run]) -> list[list[Run]]:
    """Cut a text into parts of which each fits into a post or a card."""
    cleaned = [Run(clean(run.text), run.style, run.link) for run in runs]
    for limit in PART_BYTES:
        found = [part for part in split(cleaned, limit, _measure) if any(run.text.strip() for run in part)]
        if all(max(weight(post(part)), weight(card(part))) <= CONTENT_BYTES for part in found):
            break
    return found


def _measure(text: str) -> int:
    """The bytes of a text twice encoded, and of the piece that begins with each line."""
    return weight(json.dumps(text, ensure_ascii=False)) - 6 + 60 * text.count("\n")


def post(runs: Sequence[Run], buttons: Sequence[Sequence[Button]] = ()) -> str:
    """Return a post's content; buttons become a numbered list."""
    labels = [clean(button.label) for row in buttons for button in row]
    listed = [Run(f"\n{number}. {label}") for number, label in enumerate(labels, 1)]
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
    links = list(dict.fromkeys(run.link for run in runs if _web(run.link)))
    if links:
        opened = [
            _opening(f"↗ {number}" if len(links) > 1 else "↗", str(link))
            for number, link in enumerate(links, 1)
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
    if said and all(_web(run.link) or run.style is Style.ITALIC for run in said):
        return SMALL
    return NORMAL


def _tag(run: Run) -> dict[str, object]:
    tag: dict[str, object] = {"tag": "text", "text": run.text}
    if _web(run.link):
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


def _opening(label: str, link: str) -> dict[str, object]:
    return {"tag": "button", "type": "default", "text": _plain(label), "url": link}


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _web(link: str | None) -> bool:
    return link is not None and link.startswith(("https://", "http://"))

"""Replies as WeCom takes them: markdown in which nothing of others is alive, in parts that fit, and cards with the buttons."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.messages import Button, Chat, Reply, Run, Style
from bot.platforms.text import clean, joined, split, utf8

# Escapable and with a meaning somewhere (CommonMark 0.31 and GFM); `<` and `>` are WeCom's own, too: <@id>, <font>.
_LIVE = re.compile(r"[\\`*_\[\]<>#|~&$!]")
# Has a meaning only where a line begins: lists, rules, underlined headings, numbers of a list.
_AT_START = re.compile(r"^(\u00a0*)([-+=]|\d{1,9}(?=[.)]))", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
# Marks beside punctuation or blanks may not count as marks (CommonMark, "left-flanking"), and would be seen.
_CORE = re.compile(r"[^\W_].*[^\W_]|[^\W_]", re.DOTALL)
_MARKS = {Style.BOLD: "**", Style.ITALIC: "*"}


def escaped(text: str) -> str:
    """Return markdown that shows `text`; what its first line begins with must stand where a line begins."""
    text = _INDENT.sub(lambda match: "\u00a0" * len(match[0]), _LIVE.sub(r"\\\g<0>", text))
    return _AT_START.sub(_unlisted, text)


def _unlisted(match: re.Match[str]) -> str:
    """A number of a list loses its meaning by its dot, everything else by itself."""
    return f"{match[1]}{match[2]}\\" if match[2].isdigit() else f"{match[1]}\\{match[2]}"


def markdown(runs: Sequence[Run]) -> str:
    """Return the markdown of runs of text."""
    return "".join(_marked(run) for run in joined(run for run in runs if run.text))


def _marked(run: Run) -> str:
    text = run.text
    core = text.strip()
    if core and "\n" not in core and run.link and run.link.startswith(("https://", "http://")):
        before, _, after = text.partition(core)
        return (
            f"{escaped(before)}[{escaped(core)}]({quote(run.link, safe=':/?#@!$&=+,;%~-._')}){escaped(after)}"
        )
    if run.style is Style.CODE and core == text and not re.search(r"[`<>\n]", text):
        return f"`{text}`"
    mark = _MARKS.get(run.style)
    marked = _CORE.search(text) if mark else None
    if mark is None or marked is None or "\n" in marked[0]:
        return escaped(text)
    return f"{escaped(text[: marked.start()])}{mark}{escaped(marked[0])}{mark}{escaped(text[marked.end() :])}"


TEXT_BYTES = 20_480  # of a stream's or a markdown message's content
CARD_BUTTONS = 6
LABEL_LENGTH = 10
TITLE_LENGTH = 26


@dataclass(frozen=True, slots=True)
class WeComDraft:
    """One message: markdown, or a card of buttons, of which `text` is the list that stands for it where it is refused."""

    text: str
    card: Mapping[str, object] | None = None
    thread: str | None = None


def drafts(chat: Chat | None, reply: Reply) -> list[WeComDraft]:
    """The messages a reply needs, the buttons last.

    Nothing can be edited or quoted here, nor shown a picture. Labels that a card would cut off are a numbered list in
    the text, and the buttons are the numbers.
    """
    runs = [replace(run, text=clean(run.text)) for run in reply.runs]
    buttons = [replace(button, label=clean(button.label)) for row in reply.buttons for button in row]
    if any(len(button.label) > LABEL_LENGTH for button in buttons):
        runs.append(Run(f"\n{_listed(buttons)}"))
        buttons = [Button(str(number), button.data) for number, button in enumerate(buttons, 1)]
    room = TEXT_BYTES
    while True:
        parts = [markdown(part) for part in split(runs, room, _size) if _visible(part)]
        if all(utf8(part) <= TEXT_BYTES for part in parts):
            break
        room //= 2  # the marks of looks and links, which the words alone do not count
    rows = [buttons[at : at + CARD_BUTTONS] for at in range(0, len(buttons), CARD_BUTTONS)]
    title = _title(reply.text)
    return [*map(WeComDraft, parts), *(WeComDraft(escaped(_listed(row)), card(title, row)) for row in rows)]


def card(title: str, buttons: Sequence[Button]) -> dict[str, object]:
    """Return a card of buttons; its texts are no markup."""
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title},
        "button_list": [{"text": b.label or "·", "style": 2, "key": b.data} for b in buttons],
        "task_id": f"chuchu-{secrets.token_hex(12)}",
    }


def plainer(draft: WeComDraft) -> WeComDraft | None:
    """A list instead of a card; None where there is none."""
    return WeComDraft(draft.text) if draft.card else None


def _listed(buttons: Sequence[Button]) -> str:
    return "\n".join(f"{number}. {button.label}" for number, button in enumerate(buttons, 1))


def _size(text: str) -> int:
    return utf8(escaped(text))


def _title(text: str) -> str:
    first = next((line.strip() for line in clean(text).splitlines() if line.strip()), "")
    return first if len(first) <= TITLE_LENGTH else f"{first[: TITLE_LENGTH - 1]}…"


def _visible(part: Sequence[Run]) -> bool:
    return any(run.text.strip() for run in part)

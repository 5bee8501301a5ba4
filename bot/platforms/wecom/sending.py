"""Replies as WeCom takes them: markdown in which nothing of others is alive, in parts that fit, and cards with the buttons."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.messages import Button, Chat, ChatType, Reply, Run, Style
from bot.platforms.client import Json, OutcomeUnknown, Refused
from bot.platforms.sending import Transport
from bot.platforms.text import MessagePart, clean, is_web, joined, numbered, parts, utf8
from bot.platforms.wecom.client import TooLate, WeComConnection

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
    return "".join(_marked(run) for run in joined(run for run in runs if run.text))


def _marked(run: Run) -> str:
    text = run.text
    core = text.strip()
    if core and "\n" not in core and is_web(run.link):
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
    runs = list(reply.runs)
    buttons = [replace(button, label=clean(button.label)) for row in reply.buttons for button in row]
    if any(len(button.label) > LABEL_LENGTH for button in buttons):
        runs.append(Run("\n" + numbered([buttons])))
        buttons = [Button(str(number), button.data) for number, button in enumerate(buttons, 1)]
    texts = [markdown(part.runs) for part in parts(Reply(runs), TEXT_BYTES, _size, _fits)]
    rows = [buttons[at : at + CARD_BUTTONS] for at in range(0, len(buttons), CARD_BUTTONS)]
    title = _title(reply.text)
    cards = (WeComDraft(escaped(numbered([row])), card(title, row)) for row in rows)
    return [*map(WeComDraft, texts), *cards]


def _size(text: str) -> int:
    return utf8(escaped(text))


def _fits(part: MessagePart) -> bool:
    return utf8(markdown(part.runs)) <= TEXT_BYTES


def card(title: str, buttons: Sequence[Button]) -> dict[str, object]:
    """Return a card of buttons; its texts are no markup."""
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title},
        "button_list": [{"text": b.label or "·", "style": 2, "key": b.data} for b in buttons],
        "task_id": f"chuchu-{secrets.token_hex(12)}",
    }


def _title(text: str) -> str:
    first = next((line.strip() for line in clean(text).splitlines() if line.strip()), "")
    return first if len(first) <= TITLE_LENGTH else f"{first[: TITLE_LENGTH - 1]}…"


RESPOND, PUSH = "aibot_respond_msg", "aibot_send_msg"
REQUESTS_KEPT = 4096


class WeComTransport(Transport[WeComDraft]):
    """Says things over the connection: the first answer to a message under its own id, whatever else is pushed."""

    def __init__(self) -> None:
        self.connection: WeComConnection | None = None
        self._requests: OrderedDict[str, str] = OrderedDict()

    def asked(self, update: str, request: str) -> None:
        """A message may be answered under an id."""
        self._requests[update] = request
        while len(self._requests) > REQUESTS_KEPT:
            self._requests.popitem(last=False)

    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[WeComDraft]:
        return drafts(chat, reply)

    async def call(self, chat: Chat | None, draft: WeComDraft, key: str) -> str:
        """Say one; return an id of ours, for WeCom gives none."""
        if chat is None or self.connection is None:
            raise Refused("no chat")
        message = secrets.token_hex(12)
        update = key.rsplit(".", 2)[0]
        request = self._requests.get(update)
        if request is not None and draft.card is None:
            stream = {"id": message, "finish": True, "content": draft.text}
            try:
                await self.connection.call(RESPOND, {"msgtype": "stream", "stream": stream}, request)
            except TooLate:
                self._requests.pop(update, None)
            except OutcomeUnknown:
                self._requests.pop(update, None)
                raise
            else:
                self._requests.pop(update, None)
                return message
        said: Json = (
            {"msgtype": "template_card", "template_card": draft.card}
            if draft.card
            else {"msgtype": "markdown", "markdown": {"content": draft.text}}
        )
        where = {"chatid": chat.id, "chat_type": 1 if chat.type is ChatType.PRIVATE else 2}
        await self.connection.call(PUSH, {**where, **said})
        return message

    def instead(self, draft: WeComDraft, error: Refused) -> WeComDraft | None:
        """Send a list instead of a card."""
        return WeComDraft(draft.text) if draft.card else None

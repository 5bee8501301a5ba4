"""Standard output as an `MessageGateway`: buttons become a numbered list, the citation stays."""

from __future__ import annotations

from typing import TextIO

from bot.messages import Chat, Reply
from bot.terminal.paint import ConsoleStyle, harmless


class TerminalGateway:
    """Writes each reply as a paragraph; there is nothing to edit, so a changed reply is written again."""

    def __init__(self, stream: TextIO, paint: ConsoleStyle) -> None:
        self._stream = stream
        self._paint = paint
        self._sent = 0

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Write one reply; return its number."""
        self._stream.write(reply_text(reply, self._paint))
        self._stream.flush()
        self._sent += 1
        return str(self._sent)


def reply_text(reply: Reply, paint: ConsoleStyle) -> str:
    """A reply as a paragraph that ends with an empty line."""
    parts = [paint.text(reply.runs)]
    if reply.notice:
        parts.append(harmless(reply.notice))
    labels = [button.label for row in reply.buttons for button in row]
    parts += [f"[{number}] {harmless(label)}" for number, label in enumerate(labels, 1)]
    return "\n".join(part for part in parts if part) + "\n\n"

"""The terminal keeps the contract of all platforms."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from bot.messages import Chat, ChatType, MessageGateway
from bot.query_service import ask_verified
from bot.terminal.console import ConsoleStyle, TerminalGateway, answer_text
from bot.texts import phrases
from tests.contract.answers import PAPER, AnswerContract, Ask
from tests.contract.surface import GatewayContract


class TerminalSurface:
    """A terminal whose screen can be read; it keeps styles off, as a pipe does."""

    def __init__(self) -> None:
        self._screen = Screen()
        self.outbox: MessageGateway = TerminalGateway(
            self._screen, ConsoleStyle(terminal=False, colour=False)
        )
        self.chat = Chat("terminal", "here", ChatType.PRIVATE)

    def seen(self) -> Sequence[str]:
        return self._screen.written


class Screen(io.StringIO):
    """Keeps each writing apart."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str, /) -> int:
        self.written.append(text)
        return len(text)


@pytest.fixture
def surface() -> TerminalSurface:
    return TerminalSurface()


@pytest.fixture
def ask() -> Ask:
    async def asked(question: str) -> str:
        style = ConsoleStyle(terminal=False, colour=False)
        return answer_text(ask_verified(PAPER, question, 10), style, phrases("zh"))

    return asked


class TestTerminal(GatewayContract, AnswerContract):
    """The suites, run on the terminal."""

"""A chat platform on a stage: served, with a reader in front of it; what the contract suites stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.messages import Chat, Conversation
from bot.ports import Platform
from tests.bot.telegram.service import Echo
from tests.contract.answers import AnswerContract, Ask, dispatcher, query_service
from tests.contract.surface import GatewayContract, PlatformContract


@dataclass(frozen=True, slots=True)
class Stage:
    """A private chat on a platform; `outbox` serves it, `say` waits until something was said back."""

    outbox: Platform
    chat: Chat
    seen: Callable[[], Sequence[str]]
    say: Callable[[str], Awaitable[object]]


class ChatContract(GatewayContract, PlatformContract, AnswerContract):
    """What a chat platform owes its readers and us; a subclass opens its `stage`."""

    def stage(self, folder: Path, conversation: Conversation) -> AbstractAsyncContextManager[Stage]:
        """Serve a conversation there, until the end of the block."""
        raise NotImplementedError

    @pytest.fixture
    async def surface(self, tmp_path: Path) -> AsyncIterator[Stage]:
        async with self.stage(tmp_path, Echo()) as staged:
            yield staged

    @pytest.fixture
    def platform(self, surface: Stage) -> Platform:
        return surface.outbox

    @pytest.fixture
    async def ask(self, tmp_path: Path) -> AsyncIterator[Ask]:
        with query_service() as queries:
            async with self.stage(tmp_path, dispatcher(queries)) as staged:

                async def asked(question: str) -> str:
                    await staged.say(question)
                    return "\n".join(staged.seen())

                yield asked

"""The tests' own small platform keeps every contract, so that what it is used for can be believed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from bot.messages import Chat, ChatType, Message, MessageGateway, Sender
from bot.ports import Platform
from tests.contract.answers import AnswerContract, Ask, dispatcher, query_service
from tests.contract.fake import FakePlatform
from tests.contract.surface import FileContract, GatewayContract, PlatformContract

CHAT = Chat("fake", "7", ChatType.PRIVATE)


class FakeSurface:
    """A chat on it."""

    def __init__(self) -> None:
        self._fake = FakePlatform()
        self.outbox: MessageGateway = self._fake
        self.chat = CHAT

    def seen(self) -> Sequence[str]:
        return list(self._fake.screen.values())


@pytest.fixture
def surface() -> FakeSurface:
    return FakeSurface()


@pytest.fixture
def platform() -> Platform:
    return FakePlatform(files={"f1": [b"one"]})


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    with query_service() as queries:
        fake, talk = FakePlatform(), dispatcher(queries)

        async def asked(question: str) -> str:
            for reply in await talk.message(Message(CHAT, "1", Sender("7"), question, datetime.now(UTC))):
                await fake.send(CHAT, reply)
            return "\n".join(fake.screen.values())

        yield asked


class TestFake(GatewayContract, PlatformContract, FileContract, AnswerContract):
    """The suites, run on it."""

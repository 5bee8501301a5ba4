"""Matrix keeps the contract of all platforms, against the small homeserver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType, MessageGateway
from bot.ports import Platform
from tests.bot.matrix.service import ANN, serving
from tests.bot.telegram.service import Echo
from tests.contract.answers import AnswerContract, Ask, dispatcher, query_service
from tests.contract.surface import FileContract, GatewayContract, PlatformContract
from tests.matrix.rooms import Room
from tests.matrix.server import Homeserver, homeserver


class MatrixSurface:
    """A room for two, read as the other one reads it."""

    def __init__(self, server: Homeserver, outbox: MessageGateway, room: Room) -> None:
        self._server = server
        self._room = room
        self.outbox = outbox
        self.chat = Chat("matrix", room.id, ChatType.PRIVATE)

    def seen(self) -> Sequence[str]:
        return self._server.shown(self._room)


@pytest.fixture
async def surface(tmp_path: Path) -> AsyncIterator[MatrixSurface]:
    async with homeserver() as server, serving(server, tmp_path, Echo()) as service:
        yield MatrixSurface(server, service, server.room(ANN))


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with homeserver() as server, serving(server, tmp_path, Echo()) as service:
        server.media["mxc://here/f1"] = b"one"
        yield service


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    with query_service() as queries:
        async with homeserver() as server, serving(server, tmp_path, dispatcher(queries)):
            room = server.room(ANN)

            async def asked(question: str) -> str:
                server.say(room, ANN, question)
                await server.until(lambda: server.shown(room))
                return "\n".join(server.shown(room))

            yield asked


class TestMatrix(GatewayContract, PlatformContract, FileContract, AnswerContract):
    """The suites, run on Matrix."""

    PERSON = ANN
    FILE = "mxc://here/f1"

    @pytest.mark.parametrize(
        "typed",
        ["ann", "@ann", "@:here", "#ann:here", "@ann:", "@ann:here:x", "@an n:here", "@ann:" + "a" * 255],
    )
    async def test_an_id_is_a_whole_one(self, platform: Platform, typed: str) -> None:
        with pytest.raises(ValueError, match="id"):
            platform.person_id(typed)

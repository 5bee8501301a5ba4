"""Who may what on Matrix: the table of all platforms, through the whole bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.platforms.matrix.setup import Matrix
from tests.contract.rights import Person, RightsContract, answers, whole_bot
from tests.matrix.rooms import Room
from tests.matrix.server import ME, TOKEN, Homeserver, homeserver

pytestmark = pytest.mark.asyncio(loop_scope="module")


class MatrixTalk:
    """The homeserver; everybody has a room of their own with us, or a group."""

    name = "matrix"

    def __init__(self, server: Homeserver, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self._rooms: dict[str, Room] = {}

    def person(self, sender: str) -> Person:
        return Person(f"@{sender.replace(', ', '-').replace(' ', '-')}:here", sender.startswith("group"))

    async def say(self, person: Person, text: str) -> str:
        said = f"{ME} {text}" if person.group else text
        return self.server.say(self._room(person), person.id, said)

    async def send_file(self, person: Person) -> str:
        self.server.media["mxc://here/f1"] = "一个标题\n\n新的一句话在2024年写成。".encode()
        content = {"msgtype": "m.file", "url": "mxc://here/f1"}
        return self.server.say(self._room(person), person.id, "a.txt", **content)

    def heard(self, person: Person) -> list[str]:
        return self.server.shown(self._room(person))

    def _room(self, person: Person) -> Room:
        if person.id not in self._rooms:
            others = ["@creator:here", "@somebody:here"] if person.group else []
            room = self._rooms[person.id] = self.server.room(*others, person.id)
            if "admin" in person.id:
                room.state("m.room.power_levels", {"users": {person.id: 50}}, room.creator)
        return self._rooms[person.id]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MatrixTalk]:
    folder = tmp_path_factory.mktemp("matrix")
    async with homeserver() as server:
        setup = Matrix(
            matrix_server=server.url,
            matrix_token=SecretStr(TOKEN),
            _env_file=None,  # type: ignore[call-arg]
        )
        async with whole_bot(folder, setup, ["@owner-private:here"]) as data:
            talking = MatrixTalk(server, data)
            await server.until(lambda: server.syncs)
            owner, editor = talking.person("owner, private"), talking.person("editor, private")
            granting = await talking.say(owner, f"/grant matrix:{editor.id}")
            await answers(talking, owner, granting, 0)
            yield talking


class TestRights(RightsContract):
    """The suite, run on Matrix."""

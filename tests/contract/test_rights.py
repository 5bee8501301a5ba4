"""Who may what on Feishu, WeCom and Matrix: the table of all platforms, through the whole bot on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.platforms.feishu import Feishu as FeishuSetup
from bot.platforms.matrix import Matrix
from bot.platforms.wecom import WeCom
from tests.contract.rights import FILE, Person, RightsContract, granted, whole_bot
from tests.feishu import events
from tests.feishu import server as of_feishu
from tests.matrix import server as of_matrix
from tests.matrix.rooms import Room
from tests.wecom import server as of_wecom

pytestmark = pytest.mark.asyncio(loop_scope="module")
module_fixture = pytest_asyncio.fixture(scope="module", loop_scope="module")
ALONE = {"_env_file": None}
ROLES = ("owner, private", "editor, private", "member, private", "group admin", "group member")


class FeishuTalk:
    """Feishu, and the people who talk there."""

    name = "feishu"

    def __init__(self, server: of_feishu.Feishu, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def person(self, sender: str) -> Person:
        return Person(f"ou_{str(ROLES.index(sender)) * 32}", sender.startswith("group"))

    def chat(self, person: Person) -> str | None:
        return f"oc_{person.id[3:]}" if person.group else None

    async def say(self, person: Person, text: str) -> str:
        chat = self.chat(person)
        return await self._bring(
            events.at_bot(text, person.id, chat) if chat else events.message(text, person.id)
        )

    async def send_file(self, person: Person) -> str:
        self.server.files["f1"] = FILE
        content = {"file_key": "f1", "file_name": "a.txt"}
        return await self._bring(
            events.message(sender=person.id, chat=self.chat(person), kind="file", content=content)
        )

    def heard(self, person: Person) -> list[str]:
        return self.server.texts(self.chat(person) or person.id)

    async def _bring(self, event: events.Json) -> str:
        await self.server.answered(event)
        return str(event["event"]["message"]["message_id"])


@module_fixture
async def feishu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FeishuTalk]:
    async with of_feishu.feishu() as server:
        talk = FeishuTalk(server, Path())
        owner, editor, admin = (talk.person(ROLES[role]) for role in (0, 1, 3))
        server.groups[f"oc_{admin.id[3:]}"] = {"owner_id": "ou_x", "user_manager_id_list": [admin.id]}
        setup = FeishuSetup(
            feishu_app_id=of_feishu.APP,
            feishu_app_secret=SecretStr(of_feishu.SECRET),
            feishu_api=server.url,
            **ALONE,
        )
        async with whole_bot(tmp_path_factory.mktemp("feishu"), setup, [owner.id]) as talk.folder:
            await server.connected()
            await granted(talk, owner, editor.id)
            yield talk


class TestFeishu(RightsContract):
    """The suite, run on Feishu."""

    @pytest.fixture
    def talk(self, feishu: FeishuTalk) -> FeishuTalk:
        return feishu


class WeComTalk:
    """The gateway, and people who talk in private or in a group of their own; each only once, for chats are limited."""

    name = "wecom"

    def __init__(self, server: of_wecom.Gateway, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self._met: Counter[str] = Counter()

    def person(self, sender: str) -> Person:
        self._met[sender] += 1
        name = sender.replace(", ", "-").replace(" ", "-")
        return Person(f"{name}-{self._met[sender]}.", sender.startswith("group"))

    async def say(self, person: Person, text: str) -> str:
        if person.group:
            return await self.server.say(f"@出处 {text}", person.id, f"of-{person.id}")
        return await self.server.say(text, person.id)

    async def send_file(self, person: Person) -> str:
        file = {"msgtype": "file", "file": {"url": "https://here/f", "aeskey": "k"}}
        group = f"of-{person.id}" if person.group else None
        return await self.server.push("aibot_msg_callback", file, person.id, group)

    def heard(self, person: Person) -> list[str]:
        return self.server.shown(f"of-{person.id}" if person.group else person.id)


@module_fixture
async def wecom(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WeComTalk]:
    async with of_wecom.gateway() as server:
        setup = WeCom(
            wecom_bot=of_wecom.BOT,
            wecom_secret=SecretStr(of_wecom.SECRET),
            wecom_server=server.url,
            **ALONE,
        )
        owners = [f"owner-private-{number}." for number in range(1, 40)]
        async with whole_bot(tmp_path_factory.mktemp("wecom"), setup, owners) as data:
            talk = WeComTalk(server, data)
            await server.until(lambda: server.online)
            for number in range(1, 10):
                await granted(talk, talk.person("owner, private"), f"editor-private-{number}.")
            yield talk


class TestWeCom(RightsContract):
    """The suite, run on WeCom, where nobody is told who administers a group, and no file has a name."""

    KNOWS_GROUP_ADMINS = False
    TAKES_FILES = False

    @pytest.fixture
    def talk(self, wecom: WeComTalk) -> WeComTalk:
        return wecom


class MatrixTalk:
    """The homeserver; everybody has a room of their own with us, or a group."""

    name = "matrix"

    def __init__(self, server: of_matrix.Homeserver, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self._rooms: dict[str, Room] = {}

    def person(self, sender: str) -> Person:
        return Person(f"@{sender.replace(', ', '-').replace(' ', '-')}:here", sender.startswith("group"))

    async def say(self, person: Person, text: str) -> str:
        said = f"{of_matrix.ME} {text}" if person.group else text
        return self.server.say(self._room(person), person.id, said)

    async def send_file(self, person: Person) -> str:
        self.server.media["mxc://here/f1"] = FILE
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


@module_fixture
async def matrix(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MatrixTalk]:
    async with of_matrix.homeserver() as server:
        setup = Matrix(matrix_server=server.url, matrix_token=SecretStr(of_matrix.TOKEN), **ALONE)
        async with whole_bot(tmp_path_factory.mktemp("matrix"), setup, ["@owner-private:here"]) as data:
            talk = MatrixTalk(server, data)
            await server.until(lambda: server.syncs)
            await granted(talk, talk.person("owner, private"), talk.person("editor, private").id)
            yield talk


class TestMatrix(RightsContract):
    """The suite, run on Matrix."""

    @pytest.fixture
    def talk(self, matrix: MatrixTalk) -> MatrixTalk:
        return matrix

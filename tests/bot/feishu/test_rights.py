"""Who may what on Feishu: the table of all platforms, and what only Feishu has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.platforms.feishu.setup import Feishu as Setup
from tests.contract.rights import Person, RightsContract, answers, whole_bot
from tests.feishu.events import at_bot, message
from tests.feishu.server import APP, SECRET, Feishu, feishu

pytestmark = pytest.mark.asyncio(loop_scope="module")
PEOPLE = {
    name: f"ou_{digit * 32}"
    for name, digit in (
        ("owner, private", "1"),
        ("editor, private", "2"),
        ("member, private", "3"),
        ("group admin", "4"),
        ("group member", "5"),
    )
}


class FeishuTalk:
    """Feishu, and the people who talk there."""

    name = "feishu"

    def __init__(self, server: Feishu, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def person(self, sender: str) -> Person:
        return Person(PEOPLE[sender], sender.startswith("group"))

    async def say(self, person: Person, text: str) -> str:
        said = at_bot(text, person.id, f"oc_{person.id[3:]}") if person.group else message(text, person.id)
        return await self._bring(said)

    async def send_file(self, person: Person) -> str:
        chat = f"oc_{person.id[3:]}" if person.group else None
        self.server.files["f1"] = "一个标题\n\n新的一句话在2024年写成。".encode()
        content = {"file_key": "f1", "file_name": "a.txt"}
        return await self._bring(message(sender=person.id, chat=chat, kind="file", content=content))

    def heard(self, person: Person) -> list[str]:
        return self.server.texts(f"oc_{person.id[3:]}" if person.group else person.id)

    async def _bring(self, event: dict) -> str:
        await self.server.answered(event)
        return str(event["event"]["message"]["message_id"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FeishuTalk]:
    folder = tmp_path_factory.mktemp("feishu")
    async with feishu() as server:
        managed = f"oc_{PEOPLE['group admin'][3:]}"
        server.groups[managed] = {"owner_id": "ou_x", "user_manager_id_list": [PEOPLE["group admin"]]}
        owner, editor = PEOPLE["owner, private"], PEOPLE["editor, private"]
        setup = Setup(
            feishu_app_id=APP,
            feishu_app_secret=SecretStr(SECRET),
            feishu_api=server.url,
            _env_file=None,  # type: ignore[call-arg]
        )
        async with whole_bot(folder, setup, [owner]) as data:
            talking = FeishuTalk(server, data)
            await server.connected()
            granting = await talking.say(Person(owner, False), f"/grant feishu:{editor}")
            await answers(talking, Person(owner, False), granting, 0)
            yield talking


class TestRights(RightsContract):
    """The suite, run on Feishu."""

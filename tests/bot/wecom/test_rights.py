"""Who may what on WeCom: the table of all platforms, through the whole bot."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.platforms.wecom.setup import WeCom
from tests.contract.rights import Person, RightsContract, answers, whole_bot
from tests.wecom.server import BOT, SECRET, Gateway, gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


class WeComTalk:
    """The gateway, and people who talk in private or in a group of their own; each only once, for chats are limited."""

    name = "wecom"

    def __init__(self, server: Gateway, folder: Path) -> None:
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WeComTalk]:
    folder = tmp_path_factory.mktemp("wecom")
    async with gateway() as server:
        setup = WeCom(
            wecom_bot=BOT,
            wecom_secret=SecretStr(SECRET),
            wecom_server=server.url,
            _env_file=None,  # type: ignore[call-arg]
        )
        owners = [f"owner-private-{number}." for number in range(1, 40)]
        async with whole_bot(folder, setup, owners) as data:
            talking = WeComTalk(server, data)
            await server.until(lambda: server.online)
            for number in range(1, 10):
                owner = talking.person("owner, private")
                granting = await talking.say(owner, f"/grant wecom:editor-private-{number}.")
                await answers(talking, owner, granting, 0)
            yield talking


class TestRights(RightsContract):
    """The suite, run on WeCom, where nobody is told who administers a group, and no file has a name."""

    KNOWS_GROUP_ADMINS = False
    TAKES_FILES = False

"""All chat platforms at once: their small servers, the people there, and the settings of a bot that is on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.platforms import PLATFORMS
from tests.botapi.server import TOKEN as TELEGRAM_TOKEN
from tests.botapi.server import BotApi, bot_api
from tests.feishu.server import APP, Feishu, feishu
from tests.feishu.server import SECRET as FEISHU_SECRET
from tests.knowledge.snapshots.corpus import write_corpus
from tests.matrix.server import TOKEN, Homeserver, homeserver
from tests.support.people import FeishuPeople, MatrixPeople, People, Person, TelegramPeople, WeComPeople
from tests.wecom.server import BOT, SECRET, Gateway, gateway


@dataclass(frozen=True)
class Everywhere:
    """The servers, and the people on each."""

    telegram: BotApi
    feishu: Feishu
    matrix: Homeserver
    wecom: Gateway
    surfaces: tuple[People, ...]

    @property
    def settings(self) -> dict[str, str]:
        """How a bot is set up for them."""
        return {
            "CHUCHU_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "CHUCHU_TELEGRAM_API": self.telegram.url,
            "CHUCHU_FEISHU_APP_ID": APP,
            "CHUCHU_FEISHU_APP_SECRET": FEISHU_SECRET,
            "CHUCHU_FEISHU_API": self.feishu.url,
            "CHUCHU_MATRIX_SERVER": self.matrix.url,
            "CHUCHU_MATRIX_TOKEN": TOKEN,
            "CHUCHU_WECOM_SERVER": self.wecom.url,
            "CHUCHU_WECOM_BOT": BOT,
            "CHUCHU_WECOM_SECRET": SECRET,
        }

    def hears(self) -> bool:
        return all(surface.hears() for surface in self.surfaces)

    def only(self, *platforms: str) -> dict[str, str]:
        """The settings of these platforms."""
        return {
            name: value for name, value in self.settings.items() if name.lower().split("_")[1] in platforms
        }


@asynccontextmanager
async def everywhere(haste: float = 1.0) -> AsyncIterator[Everywhere]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        api, lark = await enter(bot_api()), await enter(feishu(haste))
        home, gate = await enter(homeserver()), await enter(gateway())
        people = TelegramPeople(api), FeishuPeople(lark), MatrixPeople(home), WeComPeople(gate)
        yield Everywhere(api, lark, home, gate, people)


def one(surface: People, which: int = 0) -> Person:
    """One of those who talk there."""
    return Person(surface.all_of("member, private")[which])


def loaded(folder: Path, **environment: str) -> Settings:
    """What is loaded in a folder with this in the environment, and no other setting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in environment.items():
            patch.setenv(name, value)
        return load_settings(PLATFORMS)


def bot_everywhere(folder: Path, world: Everywhere, **more: str) -> Settings:
    """The settings of a bot that is on each, over a small newspaper, and with more of them."""
    given = {"CHUCHU_ARTICLES": str(write_corpus(folder / "articles")), "CHUCHU_DATA": str(folder / "var")}
    ports = dict.fromkeys(("CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP"), "127.0.0.1:0")
    return loaded(folder, **{**world.settings, **given, **ports, "CHUCHU_EMBEDDINGS": "off", **more})

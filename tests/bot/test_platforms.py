"""All chat platforms in one process: each is answered as if it were alone, and none holds up or brings down another."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from bot.app import Serving, serving
from bot.config import Address, PlatformSetup, Settings
from bot.platforms.feishu.setup import Feishu
from bot.platforms.matrix.setup import Matrix
from bot.platforms.telegram.setup import Telegram
from bot.platforms.wecom.setup import WeCom
from tests.bot.matrix.service import ANN as MATRIX_ANN
from tests.botapi.server import TOKEN as TELEGRAM_TOKEN
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import message as telegram_message
from tests.botapi.updates import private
from tests.feishu import server as feishu_server
from tests.feishu.events import ANN
from tests.feishu.events import message as feishu_message
from tests.knowledge.snapshots.corpus import write_corpus
from tests.matrix.server import TOKEN as MATRIX_TOKEN
from tests.matrix.server import Homeserver, homeserver
from tests.wecom.server import BOT as WECOM_BOT
from tests.wecom.server import SECRET as WECOM_SECRET
from tests.wecom.server import Gateway, gateway

SEVEN = "ou_" + "7" * 32


@dataclass
class World:
    """Every platform's server."""

    telegram: BotApi
    feishu: feishu_server.Feishu
    wecom: Gateway
    matrix: Homeserver

    def setups(self, feishu_secret: str = feishu_server.SECRET) -> Sequence[PlatformSetup]:
        """Every platform as it is set up."""
        alone = {"_env_file": None}
        return (
            Telegram(telegram_token=SecretStr(TELEGRAM_TOKEN), telegram_api=self.telegram.url, **alone),
            Feishu(
                feishu_app_id=feishu_server.APP,
                feishu_app_secret=SecretStr(feishu_secret),
                feishu_api=self.feishu.url,
                **alone,
            ),
            WeCom(
                wecom_bot=WECOM_BOT,
                wecom_secret=SecretStr(WECOM_SECRET),
                wecom_server=self.wecom.url,
                **alone,
            ),
            Matrix(
                matrix_server=self.matrix.url,
                matrix_token=SecretStr(MATRIX_TOKEN),
                **alone,
            ),
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with (
        bot_api() as telegram,
        feishu_server.feishu() as feishu,
        gateway() as wecom,
        homeserver() as matrix,
    ):
        yield World(telegram, feishu, wecom, matrix)


@asynccontextmanager
async def running(folder: Path, setups: Sequence[PlatformSetup]) -> AsyncIterator[Serving]:
    settings = Settings(
        articles=write_corpus(folder / "articles"),
        data=folder / "var",
        http=Address("127.0.0.1", 0),
        admin_http=Address("127.0.0.1", 0),
        admins=frozenset({f"feishu:{ANN}"}),
        embeddings="off",
        _env_file=None,  # type: ignore[call-arg]
    )
    settings._platforms = tuple(setups)
    async with serving(settings) as open_now:
        yield open_now


async def ask_everywhere(world: World, text: str) -> list[str]:
    """Ask on every platform; return what is answered on each."""
    room = next(iter(world.matrix.rooms.values()), None) or world.matrix.room(MATRIX_ANN)
    shown: list[Callable[[], Sequence[str]]] = [
        lambda: world.telegram.said(7),
        lambda: world.feishu.texts(SEVEN),
        lambda: world.wecom.shown("ann"),
        lambda: world.matrix.shown(room),
    ]
    before = [len(seen()) for seen in shown]
    world.telegram.push(message=telegram_message(text, private(7)))
    await world.feishu.connected()
    await world.feishu.answered(feishu_message(text, SEVEN))
    await world.wecom.until(lambda: world.wecom.online)
    await world.wecom.say(text)
    world.matrix.say(room, MATRIX_ANN, text)
    await world.matrix.until(
        lambda: all(len(seen()) > count for seen, count in zip(shown, before, strict=True))
    )
    return ["\n".join(seen()[count:]) for seen, count in zip(shown, before, strict=True)]


async def test_all_platforms_answer_side_by_side_each_with_its_own_people(
    tmp_path: Path, world: World
) -> None:
    async with AsyncExitStack() as stack:
        open_now = await stack.enter_async_context(running(tmp_path, world.setups()))
        for said in await ask_everywhere(world, "街坊"):
            assert "——《" in said, "the citation is there on each"
        granted = await world.feishu.answered(feishu_message("/grant telegram:7", ANN))
        await world.feishu.says(ANN, "7")
        assert granted.answers == [200]
        versions = await ask_everywhere(world, "/versions")
        assert ["管理员" in said for said in versions] == [False, True, True, True], (
            "rights hang on platform:id"
        )
        async with aiohttp.ClientSession() as session, session.get(f"{open_now.page.url}/readyz") as ready:
            assert ready.status == 200, await ready.text()
        began = time.monotonic()
    assert time.monotonic() - began < 9.0, "Shutdown cuts off after nine"


async def test_a_platform_that_is_refused_for_good_leaves_the_others_alone(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world.setups("wrong-secret")) as open_now:
        world.telegram.push(message=telegram_message("街坊", private(7)))
        await world.telegram.until(lambda: world.telegram.said(7))
        async with aiohttp.ClientSession() as session, session.get(f"{open_now.page.url}/readyz") as ready:
            problems = (await ready.json())["problems"]
            assert ready.status == 503
            assert set(problems) == {"feishu"}
            assert "10014" in problems["feishu"]

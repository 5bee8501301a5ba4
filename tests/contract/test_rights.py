"""Who may what on Feishu, WeCom and Matrix: the table of all platforms, through the whole bot on each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.config import PlatformSetup
from bot.platforms.feishu import Feishu
from bot.platforms.matrix import Matrix
from bot.platforms.wecom import WeCom
from tests.contract.rights import RightsContract, talking
from tests.feishu import server as of_feishu
from tests.matrix import server as of_matrix
from tests.support.people import FeishuPeople, MatrixPeople, People, WeComPeople
from tests.wecom import server as of_wecom

pytestmark = pytest.mark.asyncio(loop_scope="module")
ALONE = {"_env_file": None}


def feishu(url: str) -> PlatformSetup:
    secret = SecretStr(of_feishu.SECRET)
    return Feishu(feishu_app_id=of_feishu.APP, feishu_app_secret=secret, feishu_api=url, **ALONE)


def wecom(url: str) -> PlatformSetup:
    return WeCom(wecom_bot=of_wecom.BOT, wecom_secret=SecretStr(of_wecom.SECRET), wecom_server=url, **ALONE)


def matrix(url: str) -> PlatformSetup:
    return Matrix(matrix_server=url, matrix_token=SecretStr(of_matrix.TOKEN), **ALONE)


PLATFORMS: dict[str, tuple[Any, Any, Callable[[str], PlatformSetup]]] = {
    "feishu": (of_feishu.feishu, FeishuPeople, feishu),
    "wecom": (of_wecom.gateway, WeComPeople, wecom),
    "matrix": (of_matrix.homeserver, MatrixPeople, matrix),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def talk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[People]:
    serving, people, setup = PLATFORMS[request.param]
    async with serving() as server:
        folder = tmp_path_factory.mktemp(request.param)
        async with talking(people(server), folder, setup(server.url)) as there:
            yield there


class TestRights(RightsContract):
    """The suite, run on each."""

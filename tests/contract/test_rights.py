"""Who may what on Feishu, WeCom and Matrix: the table of all platforms, through the whole bot on each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.platforms.feishu import Feishu
from bot.platforms.matrix import Matrix
from bot.platforms.wecom import WeCom
from tests.contract.rights import RightsContract, talking
from tests.feishu import server as of_feishu
from tests.matrix import server as of_matrix
from tests.support.people import FeishuPeople, MatrixPeople, People, WeComPeople
from tests.wecom import server as of_wecom

pytestmark = pytest.mark.asyncio(loop_scope="module")
module_fixture = pytest_asyncio.fixture(scope="module", loop_scope="module")
ALONE = {"_env_file": None}


@module_fixture
async def feishu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    async with of_feishu.feishu() as server:
        setup = Feishu(
            feishu_app_id=of_feishu.APP,
            feishu_app_secret=SecretStr(of_feishu.SECRET),
            feishu_api=server.url,
            **ALONE,
        )
        async with talking(FeishuPeople(server), tmp_path_factory.mktemp("feishu"), setup) as people:
            yield people


class TestFeishu(RightsContract):
    """The suite, run on Feishu."""

    @pytest.fixture
    def talk(self, feishu: People) -> People:
        return feishu


@module_fixture
async def wecom(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    async with of_wecom.gateway() as server:
        setup = WeCom(
            wecom_bot=of_wecom.BOT,
            wecom_secret=SecretStr(of_wecom.SECRET),
            wecom_server=server.url,
            **ALONE,
        )
        async with talking(WeComPeople(server), tmp_path_factory.mktemp("wecom"), setup) as people:
            yield people


class TestWeCom(RightsContract):
    """The suite, run on WeCom, where nobody is told who administers a group, and no file has a name."""

    KNOWS_GROUP_ADMINS = False
    TAKES_FILES = False

    @pytest.fixture
    def talk(self, wecom: People) -> People:
        return wecom


@module_fixture
async def matrix(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    async with of_matrix.homeserver() as server:
        setup = Matrix(matrix_server=server.url, matrix_token=SecretStr(of_matrix.TOKEN), **ALONE)
        async with talking(MatrixPeople(server), tmp_path_factory.mktemp("matrix"), setup) as people:
            yield people


class TestMatrix(RightsContract):
    """The suite, run on Matrix."""

    @pytest.fixture
    def talk(self, matrix: People) -> People:
        return matrix

"""The page keeps the contract of all surfaces, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.texts import phrases
from bot.web.server import HealthChecks, make_site
from tests.contract.answers import AnswerContract, Ask, query_service


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    with query_service() as queries:
        site = make_site(queries, HealthChecks(), phrases("zh"))
        async with TestClient(TestServer(site)) as client:

            async def asked(question: str) -> str:
                async with client.get("/", params={"q": question}) as response:
                    return unescape(re.sub(r"<[^>]*>", "", await response.text()))

            yield asked


class TestPage(AnswerContract):
    """The suite, run on the page."""

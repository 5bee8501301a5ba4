"""What `chuchu doctor` asks WeCom: whether it is reached, and the clock; not the secret, for that would put us out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.platforms.calls import CallError, HttpClient
from bot.platforms.checkup import advice, clock, host_of, tried, well, wrong
from bot.platforms.connection import websocket
from bot.ports import Finding

SECONDS = 10.0
SETTING = "CHUCHU_WECOM_SERVER"


async def examine(address: str) -> AsyncIterator[Finding]:
    """Look whether the gateway takes a connection.

    Nobody subscribes: a bot has one connection, and whoever serves meanwhile would lose it, with what comes then.
    """
    async with HttpClient(connections=2, seconds=SECONDS) as http:
        answer = await tried(lambda: http.call("GET", address), address, SETTING)
        if isinstance(answer, Finding):
            yield answer
            return
        yield well("reached", host_of(address))
        for finding in clock(answer.headers):
            yield finding
        try:
            async with websocket(http, address):
                yield well("receiving_ready")
        except CallError as error:
            yield wrong("wecom_no_connection", host_of(address), str(error))
            return
        yield advice("wecom_secret_untried")

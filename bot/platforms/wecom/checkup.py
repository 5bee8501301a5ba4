"""What `chuchu doctor` asks WeCom: whether it is reached, the clock, and the secret where that puts nobody out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.platforms.calls import CallError, HttpClient, Unauthorized
from bot.platforms.checkup import advice, clock, host_of, tried, well, wrong
from bot.platforms.connection import websocket
from bot.platforms.health import ConnectionHealth
from bot.platforms.wecom.connection import WeComConnection
from bot.ports import Finding, Presence

SECONDS = 10.0
SETTING = "CHUCHU_WECOM_SERVER"


async def examine(address: str, bot: str, secret: str, presence: Presence) -> AsyncIterator[Finding]:
    """Look whether the gateway takes a connection, and, where nobody serves, whether it takes the secret.

    A bot has one connection: whoever serves would lose it by ours, with what comes then.
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
            if presence is Presence.NOBODY:
                health = ConnectionHealth(lambda: 0.0, None)
                await WeComConnection(http, address, bot, secret, health, lambda frame: None).check()
                yield well("wecom_secret_right")
            else:
                async with websocket(http, address):
                    pass
        except Unauthorized as error:
            yield wrong("wecom_secret_refused", str(error))
            return
        except CallError as error:
            yield wrong("wecom_no_connection", host_of(address), str(error))
            return
        yield well("receiving_ready")
        if presence is Presence.PERHAPS_ELSEWHERE:
            yield advice("wecom_secret_untried")

"""What `chuchu doctor` asks Matrix: the token, the clock, and which rooms are encrypted."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.platforms.calls import CallError, HttpClient
from bot.platforms.checkup import advice, clock, host_of, tried, well, wrong
from bot.platforms.matrix.client import MatrixClient
from bot.ports import Finding

SECONDS = 10.0
ROOMS_LOOKED_AT = 50


async def examine(server: str, token: str) -> AsyncIterator[Finding]:
    """Look whether an account can serve."""
    async with HttpClient(connections=2, seconds=SECONDS) as http:
        versions = f"{server}/_matrix/client/versions"
        answer = await tried(lambda: http.call("GET", versions), server, "CHUCHU_MATRIX_SERVER")
        if isinstance(answer, Finding):
            yield answer
            return
        if not isinstance(answer.json, dict) or "versions" not in answer.json:
            yield wrong("matrix_no_server", host_of(server), f"HTTP {answer.status}")
            return
        yield well("reached", host_of(server))
        for finding in clock(answer.headers):
            yield finding
        client = MatrixClient(http, server, token)
        try:
            yield well("identity_known", await client.whoami())
            rooms = await client.rooms()
            looked = [await client.state(room, "m.room.encryption") for room in rooms[:ROOMS_LOOKED_AT]]
        except CallError as error:
            yield wrong("matrix_token_refused", str(error))
            return
        yield well("receiving_ready")
        if encrypted := sum(one is not None for one in looked):
            yield advice("matrix_encrypted_rooms", str(encrypted))

"""The client-server API of Matrix, as far as a bot and its doctor need it; a token goes into a header and into no error."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import quote, urlencode

from bot.platforms.client import (
    CallError,
    ChatClosed,
    ConnectFailed,
    Disconnected,
    HttpAnswer,
    HttpClient,
    Json,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
    advice,
    first_call,
    host_of,
    objects,
    text_or_none,
    well,
    within,
    wrong,
)
from bot.ports import Finding
from bot.runtime import backoff

log = logging.getLogger(__name__)

API = "/_matrix/client/v3"
MEDIA = ("/_matrix/client/v1/media/download", "/_matrix/media/v3/download")  # with a token since 1.11; before
MXC = re.compile(r"mxc://([A-Za-z0-9.:\[\]-]{1,255})/([A-Za-z0-9_-]{1,255})")
FIRST_PAUSE, LONGEST_PAUSE, TRIES = 0.25, 5.0, 8


class NotThere(Refused):
    """404: the server has no such thing, or does not show it to us."""


class MatrixClient:
    """Calls of one account at its homeserver."""

    def __init__(self, http: HttpClient, server: str, token: str) -> None:
        self._http = http
        self._server = server
        self._headers = {"Authorization": f"Bearer {token}"}

    async def whoami(self) -> str:
        return str((await self._get("/account/whoami", tries=1)).get("user_id", ""))

    async def display_name(self, person: str) -> str | None:
        try:
            name = (await self._get(f"/profile/{_part(person)}/displayname", tries=1)).get("displayname")
        except Refused:
            return None
        return name if isinstance(name, str) and name else None

    async def sync(self, since: str | None, filters: str, seconds: float, grace: float) -> Json:
        """Return what is new since a position, waiting up to `seconds` for it."""
        wanted = {"filter": filters, "timeout": str(int(seconds * 1000))}
        if since is not None:
            wanted["since"] = since
        return await self._once("GET", f"/sync?{urlencode(wanted)}", seconds=seconds + grace)

    async def messages(self, room: str, wanted: Mapping[str, str]) -> tuple[list[Json], str | None]:
        """Return a page of a room's events and where the next begins, None at the end."""
        page = await self._get(f"/rooms/{_part(room)}/messages?{urlencode(wanted)}")
        events = objects(page, "chunk")
        return events, text_or_none(page, "end") if events else None

    async def event(self, room: str, event: str) -> Json:
        return await self._get(f"/rooms/{_part(room)}/event/{_part(event)}")

    async def members(self, room: str) -> frozenset[str]:
        joined = (await self._get(f"/rooms/{_part(room)}/joined_members")).get("joined")
        return frozenset(map(str, joined)) if isinstance(joined, Mapping) else frozenset()

    async def rooms(self) -> Sequence[str]:
        joined = (await self._get("/joined_rooms")).get("joined_rooms")
        return [str(room) for room in joined] if isinstance(joined, list) else []

    async def state(self, room: str, kind: str) -> Json | None:
        try:
            return await self._get(f"/rooms/{_part(room)}/state/{_part(kind)}/")
        except NotThere:
            return None

    async def creators(self, room: str) -> frozenset[str]:
        """Return those whom room versions from 12 on give every right; nobody in older rooms."""
        try:
            made = await self._get(f"/rooms/{_part(room)}/state/m.room.create/?format=event")
        except NotThere:
            return frozenset()
        held, sender = within(made, "content") or made, made.get("sender")
        version, more = str(held.get("room_version", "1")), held.get("additional_creators")
        if not version.isdigit() or int(version) < 12:
            return frozenset()
        return frozenset({str(sender), *(map(str, more) if isinstance(more, list) else ())})

    async def join(self, room: str) -> None:
        await self._persist("POST", f"/join/{_part(room)}", {})

    async def create_private(self, person: str) -> str:
        """Make a room for two and invite the other; return its id."""
        return await self.create(preset="trusted_private_chat", is_direct=True, invite=[person])

    async def create(self, **wanted: object) -> str:
        """Make a room (specification, "POST createRoom"); return its id."""
        return str((await self._once("POST", "/createRoom", wanted)).get("room_id", ""))

    async def send(self, room: str, content: Json, transaction: str) -> str:
        """Send an event; the same transaction is executed once."""
        path = f"/rooms/{_part(room)}/send/m.room.message/{_part(transaction)}"
        sent = (await self._once("PUT", path, content)).get("event_id")
        if not isinstance(sent, str):
            raise OutcomeUnknown("the answer names no event")
        return sent

    async def upload(self, data: bytes, kind: str) -> str:
        """Upload a file; return its address."""
        answer = await self._http.call(
            "POST",
            f"{self._server}/_matrix/media/v3/upload",
            data=data,
            headers={**self._headers, "Content-Type": kind},
        )
        address = _checked(answer).get("content_uri")
        if not isinstance(address, str):
            raise OutcomeUnknown("the answer names no file")
        return address

    async def download(self, address: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file.

        Raises:
            CallError: it is gone, or cannot be reached.
        """
        match = MXC.fullmatch(address)
        if match is None:
            raise Refused("no address of a file")
        for at, media in enumerate(MEDIA):
            url = f"{self._server}{media}/{_part(match[1])}/{_part(match[2])}"
            try:
                async for piece in self._http.download(url, limit, self._headers):
                    yield piece
            except Refused:
                if at == len(MEDIA) - 1:
                    raise
            else:
                return

    async def _get(self, path: str, tries: int = TRIES) -> Json:
        return await self._persist("GET", path, tries=tries)

    async def _persist(self, method: str, path: str, body: Json | None = None, tries: int = TRIES) -> Json:
        """Call what may be called twice, until it is answered."""
        for failures in range(tries):
            try:
                return await self._once(method, path, body)
            except RateLimited as error:
                if failures == tries - 1:
                    raise
                pause = error.seconds
            except (ConnectFailed, Disconnected, OutcomeUnknown, ServerFault) as error:
                if failures == tries - 1:
                    raise
                pause = backoff(failures, FIRST_PAUSE, LONGEST_PAUSE)
                log.debug("%s: %s; trying again", type(error).__name__, error)
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def _once(
        self, method: str, path: str, body: Json | None = None, seconds: float | None = None
    ) -> Json:
        answer = await self._http.call(
            method, f"{self._server}{API}{path}", json=body, headers=self._headers, seconds=seconds
        )
        return _checked(answer)


def _checked(answer: HttpAnswer) -> Json:
    """Return what was answered; raise what an error answer stands for."""
    said = answer.json
    if answer.status == 200:
        if said is None:
            raise OutcomeUnknown("the answer is no JSON object")
        return said
    raise error_for(answer.status, said or {}, answer.headers)


def error_for(status: int, said: Json, headers: Mapping[str, str]) -> CallError:
    """Return what an error answer stands for (specification, "Standard error response")."""
    code = str(said.get("errcode") or f"HTTP {status}")[:60]
    why = f"{code}: {str(said.get('error') or '')[:120]}"
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        return RateLimited(why, _pause(said, headers))
    if status == 401 or code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
        return Unauthorized(why)
    if status >= 500:
        return ServerFault(why)
    if code == "M_FORBIDDEN":
        return ChatClosed(why)
    return NotThere(why) if status == 404 else Refused(why)


def _pause(said: Json, headers: Mapping[str, str]) -> float:
    given = said.get("retry_after_ms")
    if isinstance(given, int | float):
        return max(0.1, min(given / 1000, 3600.0))
    asked = headers.get("Retry-After", "")
    return max(0.1, min(float(asked), 3600.0)) if re.fullmatch(r"\d+(\.\d+)?", asked) else 1.0


def _part(text: str) -> str:
    """One part of a path."""
    return quote(text, safe="")


EXAMINE_SECONDS = 10.0
ROOMS_LOOKED_AT = 50


async def examine(server: str, token: str) -> AsyncIterator[Finding]:
    """Look whether an account can serve."""
    async with HttpClient(connections=2, seconds=EXAMINE_SECONDS) as http:
        versions = f"{server}/_matrix/client/versions"
        answer, found = await first_call(lambda: http.call("GET", versions), server, "CHUCHU_MATRIX_SERVER")
        if answer and "versions" not in (answer.json or {}):
            yield wrong("matrix_no_server", host_of(server), f"HTTP {answer.status}")
            return
        for finding in found:
            yield finding
        if answer is None:
            return
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

"""Matrix as a whole: served, and examined for `chuchu doctor`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from bot.inbox import ClaimedUpdate
from bot.messages import Chat, ChatType, Reply, Run
from bot.platforms.adapter import Event, Excuse, Ignored, Membership, Migrated, Translate
from bot.platforms.calls import CallError, ChatClosed, HttpClient, Json, Refused, parse
from bot.platforms.checkup import advice, host_of, reached, well, wrong
from bot.platforms.connection import until_done
from bot.platforms.core import Clocks, Pace, PlatformService
from bot.platforms.matrix.client import MatrixClient
from bot.platforms.matrix.receiving import ENCRYPTED, INVITE, MEMBER, MESSAGE, TOMBSTONE, Syncer
from bot.platforms.matrix.rooms import RoomDirectory
from bot.platforms.matrix.sending import MatrixDraft, MatrixTransport
from bot.platforms.matrix.setup import Matrix
from bot.platforms.matrix.updates import PLATFORM, Identity, read, translate
from bot.ports import Finding, PlatformHost
from bot.sharing import Led, Rate
from bot.texts import in_both

# A homeserver limits each sender as it is set up there, and says how long to wait (429); these only keep us polite.
PACE = Pace(Rate(1 / 25, 10), Rate(0.5, 5), Rate(1.0, 5))
POLL_SECONDS, POLL_GRACE = 30.0, 10.0
REFUSED = "Matrix 服务器五分钟来一直不认这个令牌；请核对 CHUCHU_MATRIX_TOKEN（或它的 _FILE）"
EXCUSED_SECONDS, EXCUSED_KEPT = 3600.0, 1024
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MatrixOptions:
    """Which homeserver, whose token, and how long to wait."""

    server: str
    token: str = field(repr=False)
    poll_seconds: float = POLL_SECONDS
    poll_grace: float = POLL_GRACE
    call_seconds: float = 20.0
    pace: Pace = PACE


class MatrixService(PlatformService[MatrixDraft]):
    """Matrix, open."""

    setup = Matrix

    def __init__(self, options: MatrixOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        self._options = options
        self._http = HttpClient(options.pace.places * 2, options.call_seconds)
        self._client = MatrixClient(self._http, options.server, options.token)
        self._rooms = RoomDirectory(self._client)
        self._transport = MatrixTransport(self._client, self._rooms)
        patience = 2 * (options.poll_seconds + options.poll_grace)
        super().__init__(host, self._transport, options.pace, REFUSED, patience, clocks, led=Led.EVERYTHING)
        self._identity: asyncio.Future[Identity] | None = None
        self._excused: dict[str, float] = {}

    async def is_admin(self, chat: str, person: str) -> bool:
        """Tell whether a person administers a room, by its power levels."""
        return await self._rooms.is_admin(chat, person)

    async def forget(self, person: str) -> None:
        """Keep nothing about the rooms in which we are alone with a person."""
        for room in await self._rooms.with_person(person, self._transport.me):
            await self.inbox.forget(room)

    async def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent.

        Raises:
            CallError: it is gone, too big, or cannot be reached.
        """
        async for piece in self._client.download(attachment, limit):
            yield piece

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Serve while the block runs; at its end nothing is lost and what was begun is finished."""
        self._identity = asyncio.get_running_loop().create_future()
        async with self._http, self.at_work({}, self._receive):
            yield self

    async def identify(self) -> Translate:
        """Learn who we are; without that no mention can be told."""
        me = await until_done("matrix: whoami", self._client.whoami, self.health)
        name = await until_done("matrix: our name", lambda: self._client.display_name(me), self.health)
        self._transport.me = me
        assert self._identity is not None, "serving() first"
        if not self._identity.done():
            self._identity.set_result(Identity(me, name))
        logger.info("serving %s", me)
        return self._translate

    async def _receive(self) -> None:
        assert self._identity is not None, "serving() first"
        me = await asyncio.shield(self._identity)
        syncer = Syncer(
            self._client,
            me.id,
            self.inbox,
            self._rooms,
            self.health,
            self.metrics,
            self._clocks.wall,
            self._options.poll_seconds,
            self._options.poll_grace,
        )
        await syncer.run()

    async def _translate(self, update: ClaimedUpdate) -> Event:
        """Say what an update means; an invitation is accepted on the way."""
        body = parse(update.body)
        if not isinstance(body, dict):
            raise TypeError("no object")
        room, event = str(body["room"]), body["event"]
        assert self._identity is not None, "serving() first"
        me = self._identity.result()
        if update.kind == MESSAGE:
            return await self._message(room, event, me)
        if update.kind == ENCRYPTED:
            return await self._excuse(room) if event["sender"] != me.id else Ignored("our own")
        if update.kind == INVITE:
            return await self._enter(room)
        if update.kind == MEMBER and event["state_key"] == me.id:
            member = event["content"]["membership"] in ("join", "invite")
            return Membership(room, member, event["origin_server_ts"] / 1000)
        if update.kind == TOMBSTONE:
            return await self._follow(room, str(event["content"]["replacement_room"]))
        return Ignored("about the room itself")

    async def _message(self, room: str, event: Json, me: Identity) -> Event:
        said = read(room, event)
        if said.sender == me.id:
            return Ignored("our own")
        meant = translate(said, me, await self._rooms.around(said, me))
        if isinstance(meant, Ignored) or not await self._rooms.encrypted(room):
            return meant
        return await self._excuse(room)

    async def _enter(self, room: str) -> Event:
        try:
            await self._client.join(room)
        except (Refused, ChatClosed) as error:
            return Ignored(f"not let in: {error}")
        self._rooms.changed(room)
        await self.chats.reopen(room)
        return (
            await self._excuse(room) if await self._rooms.encrypted(room) else Ignored("invited, and entered")
        )

    async def _follow(self, old: str, new: str) -> Event:
        """Go where a room says that it goes on, if that room says it, too: nobody moves into what is another's."""
        try:
            await self._client.join(new)
        except (Refused, ChatClosed) as error:
            return Ignored(f"not let in to the room that replaces this: {error}")
        if not await self._rooms.replaces(new, old):
            return Ignored("the room named as its replacement knows nothing of it")
        return Migrated(old, new)

    async def _excuse(self, room: str) -> Event:
        """Say, once in an hour, that encrypted rooms are not served."""
        now = self._clocks.wall()
        if now - self._excused.get(room, float("-inf")) < EXCUSED_SECONDS:
            return Ignored("encrypted, as was said")
        if len(self._excused) >= EXCUSED_KEPT:
            self._excused = {r: at for r, at in self._excused.items() if now - at < EXCUSED_SECONDS}
        self._excused[room] = now
        kind = ChatType.PRIVATE if await self._rooms.private(room) else ChatType.GROUP
        words = in_both(lambda said: said.encrypted_room)
        return Excuse(Chat(PLATFORM, room, kind), Reply([Run(words)]))


EXAMINE_SECONDS = 10.0
ROOMS_LOOKED_AT = 50


async def examine(server: str, token: str) -> AsyncIterator[Finding]:
    """Look whether an account can serve."""
    async with HttpClient(connections=2, seconds=EXAMINE_SECONDS) as http:
        versions = f"{server}/_matrix/client/versions"
        answer, found = await reached(lambda: http.call("GET", versions), server, "CHUCHU_MATRIX_SERVER")
        if answer and "versions" not in (answer.json if isinstance(answer.json, dict) else {}):
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

"""Matrix, open: events by /sync, committed together with where we stand; a gap is walked before what follows it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from bot.inbox import ClaimedUpdate, Inbox, NewUpdate
from bot.messages import Chat, ChatType, text_reply
from bot.platforms.client import CallError, ChatClosed, HttpClient, Json, Refused, objects, within
from bot.platforms.matrix import Matrix
from bot.platforms.matrix.client import MatrixClient
from bot.platforms.matrix.sending import MatrixDraft, MatrixTransport
from bot.platforms.matrix.updates import PLATFORM, Identity, RoomDirectory, read, translate
from bot.platforms.receiving import ConnectionHealth, keep_polling, until_done
from bot.platforms.service import Clocks, Pace, PlatformService
from bot.platforms.updates import Event, Ignored, Membership, Migrated, Translate, Unsupported
from bot.ports import PlatformHost
from bot.runtime import Seldom
from bot.sharing import Leadership, Rate
from bot.texts import in_both

log = logging.getLogger(__name__)

MESSAGE, ENCRYPTED, INVITE = "m.room.message", "m.room.encrypted", "invite"
MEMBER, TOMBSTONE, ENCRYPTION = "m.room.member", "m.room.tombstone", "m.room.encryption"
TIMELINE = [MESSAGE, ENCRYPTED, MEMBER, TOMBSTONE, ENCRYPTION]
_ID = re.compile(r"[!-~]{1,255}")
FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "timeline": {"limit": 50, "types": TIMELINE},
            "state": {"types": [MEMBER], "lazy_load_members": True},
            "ephemeral": {"types": []},
            "account_data": {"types": []},
        },
    },
    separators=(",", ":"),
)
GAP_PAGE, GAP_PAGES = 100, 50
KNOWN_MS = 86_400_000  # what is a day older than our position has been seen, whatever a server says
LONGEST_PAUSE = 4.0


@dataclass(frozen=True, slots=True)
class Position:
    """Where we stand: the server's token, and when we stood there, in milliseconds."""

    since: str
    at: int

    def dump(self) -> str:
        return json.dumps([self.since, self.at])

    @classmethod
    def load(cls, stored: str | None) -> Position | None:
        """Read a stored position; None where there is none."""
        return cls(*json.loads(stored)) if stored else None


class Syncer:
    """Asks for events; `clock` is the time of day in seconds."""

    def __init__(
        self,
        client: MatrixClient,
        inbox: Inbox,
        rooms: RoomDirectory,
        health: ConnectionHealth,
        clock: Callable[[], float],
        options: MatrixOptions,
    ) -> None:
        self._client = client
        self._inbox = inbox
        self._rooms = rooms
        self._health = health
        self._clock = clock
        self._seconds = options.poll_seconds
        self._grace = options.poll_grace

    async def run(self) -> None:
        """Poll until cancelled."""
        await keep_polling(self._once, self._health, "matrix", self._recover)

    async def _recover(self, error: Exception) -> float:
        return LONGEST_PAUSE

    async def _once(self) -> None:
        """One sync; the next one confirms it, so it is stored before."""
        before = Position.load(await self._inbox.position())
        now = int(self._clock() * 1000)
        try:
            answer = await (
                self._client.sync(before.since, FILTER, self._seconds, self._grace)
                if before
                else self._first()
            )
        except Refused as error:
            if before is None:
                raise
            log.error("matrix: the server does not know our position (%s); beginning anew", error)
            before, answer = None, await self._first()
        after = answer.get("next_batch")
        if not isinstance(after, str):
            raise CallError("the answer to /sync has no next_batch")
        found = [update async for update in self._updates(answer, before)]
        updates = [update for update in found if update is not None]
        if len(updates) < len(found):
            log.error("matrix: %d events without a usable id were dropped", len(found) - len(updates))
            self._health.metrics.received.labels("unusable").inc(len(found) - len(updates))
        await self._inbox.store(updates, position=Position(after, now).dump())
        self._health.ok()

    async def _first(self) -> Json:
        """The sync that begins anew, which waits for nothing.

        Synapse keeps an answer for two minutes for whoever asks the same: another waiting time is another question.
        """
        return await self._client.sync(None, FILTER, self._clock() % 1, self._grace)

    async def _updates(self, answer: Json, before: Position | None) -> AsyncIterator[NewUpdate | None]:
        """What is to be stored: in order within each room. At the very first, only who invites us."""
        rooms = within(answer, "rooms")
        for room, invited in _objects(rooms, "invite"):
            if _ID.fullmatch(room):
                yield _invite(room, invited)
        if before is None:
            return
        for room, left in _objects(rooms, "leave"):
            self._rooms.changed(room)
            for event in _events(left):
                if _membership(event, self._rooms.me) is not None:
                    yield _update(room, event)
        for room, joined in _objects(rooms, "join"):
            for event in await self._timeline(room, joined, before):
                if event.get("type") in (MEMBER, ENCRYPTION):
                    self._rooms.changed(room)
                if self._is_served(event):
                    yield _update(room, event)

    def _is_served(self, event: Json) -> bool:
        """Whether an event is worth a place in the inbox: what others say, and what becomes of us."""
        if event.get("type") == MEMBER:
            return event.get("state_key") == self._rooms.me
        return event.get("type") in (MESSAGE, ENCRYPTED, TOMBSTONE) and event.get("sender") != self._rooms.me

    async def _timeline(self, room: str, joined: Json, before: Position) -> Sequence[Json]:
        """A room's new events, oldest first; of a room that we have just entered, those since we were invited."""
        timeline, events = within(joined, "timeline"), list(_events(joined))
        entered = max((at for at, event in enumerate(events) if self._is_our_entry(event)), default=None)
        if entered is not None:
            invited = (at for at in range(entered) if _membership(events[at], self._rooms.me) == "invite")
            return events[max(invited, default=entered) :]
        if timeline.get("limited") is not True or not isinstance(timeline.get("prev_batch"), str):
            return events
        self._rooms.changed(room)
        return [*await self._gap(room, str(timeline["prev_batch"]), before), *events]

    async def _gap(self, room: str, start: str, before: Position) -> Sequence[Json]:
        """What came between our position and a timeline that the server cut short."""
        found: list[Json] = []
        at: str | None = start
        wanted = {"dir": "b", "to": before.since, "limit": str(GAP_PAGE)}
        wanted["filter"] = json.dumps({"types": TIMELINE, "lazy_load_members": True})
        for _ in range(GAP_PAGES):
            try:
                page, at = await self._client.messages(room, {**wanted, "from": str(at)})
            except (Refused, ChatClosed) as error:
                log.error("matrix: a gap in a room cannot be read: %s", error)
                return []
            fresh = [event for event in page if _stamp(event) > before.at - KNOWN_MS]
            found += fresh
            if at is None or len(fresh) < len(page):
                return found[::-1]
        log.error("matrix: a gap has more than %d events; older ones are left out", GAP_PAGE * GAP_PAGES)
        return found[::-1]

    def _is_our_entry(self, event: Json) -> bool:
        was = within(event, "unsigned", "prev_content").get("membership")
        return _membership(event, self._rooms.me) == "join" and was != "join"


def _update(room: str, event: Json) -> NewUpdate | None:
    """An event ready to be stored, or None where it has no usable id."""
    number, kind = event.get("event_id"), event.get("type")
    if not isinstance(number, str) or not _ID.fullmatch(number) or not _ID.fullmatch(room):
        return None
    return NewUpdate(number, room, str(kind), json.dumps({"room": room, "event": event}).encode())


def _invite(room: str, invited: Json) -> NewUpdate:
    """An invitation; its event has no id of its own, so what it says is its name."""
    body = json.dumps({"room": room, "event": invited}, sort_keys=True).encode()
    return NewUpdate(f"invite {hashlib.sha256(body).hexdigest()[:32]}", room, INVITE, body)


def _membership(event: Json, person: str) -> object:
    if event.get("type") != MEMBER or event.get("state_key") != person:
        return None
    return within(event, "content").get("membership")


def _events(of: Json) -> Iterator[Json]:
    yield from objects(within(of, "timeline"), "events")


def _stamp(event: Json) -> int:
    stamp = event.get("origin_server_ts")
    return stamp if isinstance(stamp, int) else 0


def _objects(of: Json, name: str) -> Iterator[tuple[str, Json]]:
    for key, value in within(of, name).items():
        if isinstance(value, Mapping):
            yield str(key), value


# A homeserver limits each sender as it is set up there, and says how long to wait (429); these only keep us polite.
PACE = Pace(Rate(1 / 25, 10), Rate(0.5, 5), Rate(1.0, 5))
POLL_SECONDS, POLL_GRACE = 30.0, 10.0
EXCUSED_SECONDS = 3600.0


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
    refused = "Matrix 服务器五分钟来一直不认这个令牌；请核对 CHUCHU_MATRIX_TOKEN（或它的 _FILE）"

    def __init__(self, options: MatrixOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        self._options = options
        self._http = HttpClient(options.pace.places * 2, options.call_seconds)
        self._client = MatrixClient(self._http, options.server, options.token)
        self._rooms = RoomDirectory(self._client)
        transport = MatrixTransport(self._client, self._rooms)
        patience = 2 * (options.poll_seconds + options.poll_grace)
        super().__init__(host, transport, options.pace, patience, clocks, led=Leadership.EVERYTHING)
        self._identity: asyncio.Future[Identity] | None = None
        self._excuses = Seldom(EXCUSED_SECONDS, self._clocks.wall)

    async def is_admin(self, chat: str, person: str) -> bool:
        """Tell whether a person administers a room, by its power levels."""
        return await self._rooms.is_admin(chat, person)

    async def forget(self, person: str) -> None:
        """Keep nothing about the rooms in which we are alone with a person."""
        for room in await self._rooms.with_person(person):
            await self.inbox.forget(room)

    async def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        async for piece in self._client.download(attachment, limit):
            yield piece

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        self._identity = asyncio.get_running_loop().create_future()
        async with self._http, self.at_work(self._receive):
            yield self

    async def identify(self) -> Translate:
        """Learn who we are; without that no mention can be told."""
        me = await until_done("matrix: whoami", self._client.whoami, self.health)
        name = await until_done("matrix: our name", lambda: self._client.display_name(me), self.health)
        self._rooms.me = me
        assert self._identity is not None, "serving() first"
        if not self._identity.done():
            self._identity.set_result(Identity(me, name))
        log.info("serving %s", me)
        return self._translate

    async def _receive(self) -> None:
        assert self._identity is not None, "serving() first"
        await asyncio.shield(self._identity)
        syncer = Syncer(self._client, self.inbox, self._rooms, self.health, self._clocks.wall, self._options)
        await syncer.run()

    async def _translate(self, update: ClaimedUpdate) -> Event:
        """Say what an update means; an invitation is accepted on the way."""
        body = json.loads(update.body)  # which we wrote
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
        meant = translate(said, me, await self._rooms.around(said))
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
        if not self._excuses.may(room):
            return Ignored("encrypted, as was said")
        kind = ChatType.PRIVATE if await self._rooms.private(room) else ChatType.GROUP
        words = in_both(lambda said: said.encrypted_room)
        return Unsupported(Chat(PLATFORM, room, kind), text_reply(words))

"""What is known about rooms: who is there and who administers them, asked when needed and kept while it is true."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from bot.platforms.calls import ChatClosed, Json, Refused
from bot.platforms.matrix.client import MatrixClient
from bot.platforms.matrix.updates import Around, Identity, Quoted, RoomMessage, quoted, read

OURS_LOOKED_THROUGH = 10
LEVEL = 50  # specification, m.room.power_levels: what changing a room's state takes, where it does not say
logger = logging.getLogger(__name__)


class RoomDirectory:
    """Asks the homeserver about rooms."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client
        self._members: dict[str, frozenset[str]] = {}
        self._encrypted: dict[str, bool] = {}
        self._changes = 0

    def changed(self, room: str) -> None:
        """Somebody came or went, or the room was encrypted."""
        self._changes += 1
        self._members.pop(room, None)
        self._encrypted.pop(room, None)

    async def members(self, room: str) -> frozenset[str]:
        """Return who is in a room."""
        known = self._members.get(room)
        if known is None:
            before = self._changes
            known = await self._client.members(room)
            if before == self._changes:
                self._members[room] = known
        return known

    async def private(self, room: str) -> bool:
        """Tell whether at most two are in a room."""
        return len(await self.members(room)) <= 2

    async def encrypted(self, room: str) -> bool:
        """Tell whether a room is encrypted."""
        known = self._encrypted.get(room)
        if known is None:
            before = self._changes
            known = await self._client.state(room, "m.room.encryption") is not None
            if before == self._changes:
                self._encrypted[room] = known
        return known

    async def replaces(self, new: str, old: str) -> bool:
        """Tell whether a room was made to replace another (specification, "Room upgrades")."""
        made = await self._client.state(new, "m.room.create")
        before = made.get("predecessor") if made else None
        return isinstance(before, Mapping) and before.get("room_id") == old

    async def with_person(self, person: str, me: str) -> list[str]:
        """Return the rooms in which we are alone with a person."""
        pair = {person, me}
        return [room for room in await self._client.rooms() if await self.members(room) == pair]

    async def around(self, said: RoomMessage, me: Identity) -> Around:
        """Find out what must be known to understand a message."""
        private = await self.private(said.room)
        original = await self._original(said) if said.replaces else None
        answers = original.answers if original else said.answers
        answered = await self._quoted(said.room, answers) if answers else None
        ours = None
        if said.number is not None and answered is None and (private or me.id in said.mentions):
            ours = await self._newest_with_buttons(said, me)
        return Around(private, original, answered, ours)

    async def is_admin(self, room: str, person: str) -> bool:
        """Tell whether a person may change a room's settings."""
        levels = await self._client.state(room, "m.room.power_levels")
        if person in await self._client.creators(room):
            return True
        return levels is not None and _level(levels, person) >= _number(levels.get("state_default"), LEVEL)

    async def _original(self, said: RoomMessage) -> RoomMessage | None:
        try:
            return read(said.room, await self._client.event(said.room, said.replaces or ""))
        except (Refused, ChatClosed, TypeError):
            return None

    async def _quoted(self, room: str, event: str) -> Quoted | None:
        try:
            return quoted(await self._client.event(room, event))
        except (Refused, ChatClosed, TypeError):
            return None

    async def _newest_with_buttons(self, said: RoomMessage, me: Identity) -> Quoted | None:
        """Our newest message with buttons in the same thread, or in none."""
        wanted = {"types": ["m.room.message"], "senders": [me.id]}
        page, _ = await self._client.messages(
            said.room, {"dir": "b", "limit": str(OURS_LOOKED_THROUGH), "filter": json.dumps(wanted)}
        )
        edited: dict[str, Quoted] = {}
        for event in page:
            try:
                own, shown = read(said.room, event), quoted(event)
            except TypeError:
                continue
            if own.sender != me.id:  # a server that knows no such filter
                continue
            if own.replaces:
                edited.setdefault(own.replaces, shown)
            elif own.thread == said.thread and (now := edited.get(own.id, shown)).buttons:
                return now
        return None


def _level(levels: Json, person: str) -> float:
    users = levels.get("users")
    given = users.get(person) if isinstance(users, Mapping) else None
    return _number(given, _number(levels.get("users_default"), 0))


def _number(given: object, otherwise: float) -> float:
    return given if isinstance(given, int | float) and not isinstance(given, bool) else otherwise

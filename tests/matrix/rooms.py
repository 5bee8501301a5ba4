"""Rooms of the small homeserver: events in order, who is there, and what a client is told since when."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]


class Room:
    """One room; `number` gives each event its place in the order of all rooms."""

    def __init__(self, room: str, creator: str, number: Callable[[], int]) -> None:
        self.id = room
        self.creator = creator
        self.events: list[Json] = []
        self.joined: set[str] = set()
        self._number = number
        self.state("m.room.create", {"room_version": "10"}, creator)
        self.state("m.room.power_levels", {"users": {creator: 100}}, creator)

    def add(self, kind: str, sender: str, content: Json, **more: object) -> Json:
        order, now = self._number(), int(time.time() * 1000)
        event = {"type": kind, "sender": sender, "content": content, "origin_server_ts": now, **more}
        self.events.append({**event, "event_id": f"$e{order}:here", "order": order})
        return self.events[-1]

    def state(self, kind: str, content: Json, sender: str, key: str = "") -> None:
        before = self.state_of(kind, key)
        unsigned = {"prev_content": before} if before is not None else {}
        self.add(kind, sender, content, state_key=key, unsigned=unsigned)

    def member(self, person: str, membership: str, by: str | None = None) -> None:
        """Somebody comes, goes, or is put out."""
        self.state("m.room.member", {"membership": membership}, by or person, person)
        (self.joined.add if membership == "join" else self.joined.discard)(person)

    def enter(self, person: str) -> None:
        if person not in self.joined:
            self.member(person, "join")

    def state_of(self, kind: str, key: str = "") -> Json | None:
        found = [e for e in self.events if e["type"] == kind and e.get("state_key") == key]
        return found[-1]["content"] if found else None

    def with_edit(self, event: str) -> Json:
        """An event, with its newest edit."""
        (found,) = [e for e in self.events if e["event_id"] == event]
        edits = [e for e in self.events if replaces(e) == event]
        unsigned = {"m.relations": {"m.replace": edits[-1]}} if edits else {}
        return {**found, "unsigned": unsigned}

    def page(self, asked: Mapping[str, str]) -> Json:
        """A page of events backwards."""
        assert asked["dir"] == "b"
        wanted = json.loads(asked["filter"])
        before = int(asked["from"].removeprefix("t")) if "from" in asked else float("inf")
        after = int(asked["to"].removeprefix("s")) if "to" in asked else 0
        found = [
            event
            for event in reversed(self.events)
            if after < event["order"] < before
            and event["type"] in wanted["types"]
            and event["sender"] in wanted.get("senders", [event["sender"]])
        ]
        chunk = found[: int(asked["limit"])]
        end = {"end": f"t{chunk[-1]['order']}"} if len(found) > len(chunk) else {}
        return {"chunk": chunk, "start": asked.get("from", ""), **end}

    def since(self, since: int, me: str, types: Sequence[str], limit: int) -> tuple[str, Json]:
        """What a client is told of this room: under which head, and what; no head where nothing is new."""
        news = [event for event in self.events if event["order"] > since]
        if not news:
            return "", {}
        membership = (self.state_of("m.room.member", me) or {}).get("membership")
        if membership == "invite":
            kept = ("m.room.member", "m.room.encryption")
            names = ("type", "sender", "content", "state_key")
            stripped = [{name: e[name] for name in names} for e in self.events if e["type"] in kept]
            return "invite", {"invite_state": {"events": stripped}}
        entered = any(e.get("state_key") == me and e["content"].get("membership") == "join" for e in news)
        news = [event for event in (self.events if entered else news) if event["type"] in types]
        shown = news[-limit:]
        timeline: Json = {"events": shown, "limited": len(news) > len(shown)}
        if shown:
            timeline["prev_batch"] = f"t{shown[0]['order']}"
        if membership == "join":
            nothing: Json = {"events": []}
            rest = {"state": nothing, "ephemeral": nothing, "account_data": nothing, "summary": {}}
            return "join", {"timeline": timeline, "unread_notifications": {}, **rest}
        return ("leave", {"timeline": timeline}) if membership in ("leave", "ban") else ("", {})


def replaces(event: Json) -> str | None:
    """Of an edit, the event that it takes the place of."""
    relation = event["content"].get("m.relates_to", {})
    return relation.get("event_id") if relation.get("rel_type") == "m.replace" else None

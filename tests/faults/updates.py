"""Updates as no server should send them; the same seed gives the same ones."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.botapi.updates import BOT, Json, channel, group, inline, message, press, private, user

WORDS = ("第1号街坊", "旧区改造", "共8户居民", "没有这个词", "第2号街坊在第1年完成了签约")
DEEP: Any = "x"
for _ in range(50):
    DEEP = [{"deeper": DEEP}]
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**53, 2**63, -(2**63) - 1, 1e308, "", " ", "x", "\ud800", "\0", "x" * 50_000,
    "(" * 4096, "\u202e反", [], {}, [[]], [None], {"id": None}, {"id": "x"}, {"": 0}, DEEP, "/reload", "/settings x",
    "2026-11-21", "private", "supergroup", {"type": "private"}, -1001234567890, "fact:" + "a" * 13, "settings:1:2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Update:
    """An update; `whole` as it was before the damage; `sound` if it must be answered all the same."""

    content: Json
    whole: Json
    sound: bool


def damaged_updates(seed: int, number: int) -> Iterator[Update]:
    """Yield `number` updates, each of a chat of its own: a fifth sound, a fifth with additions, the others damaged."""
    pick = random.Random(seed)
    for n in range(number):
        reader = 10_000 + n
        if n % 5 < 2:
            whole: Json = {"message": message(pick.choice(WORDS), private(reader), n)}
            yield Update(_enriched(whole, pick) if n % 5 else whole, whole, True)
            continue
        whole = pick.choice(SAMPLES)(reader, pick)
        content = copy.deepcopy(whole)
        for _ in range(pick.randint(1, 3)):
            pick.choice((_replace, _replace, _delete, _graft))(content, pick)
        yield Update(content, whole, False)


def _group(reader: int) -> Json:
    return group(-1_000_000_000_000 - reader)


SAMPLES: tuple[Callable[[int, random.Random], Json], ...] = (
    lambda n, pick: {"message": message(pick.choice(WORDS), private(n), n)},
    lambda n, pick: {"message": message(f"@chuchu_bot {pick.choice(WORDS)}", _group(n), n, user(n))},
    lambda n, pick: {"message": message(f"/{pick.choice(('help', 'articles', 'find', 'settings', 'start'))} 旧", private(n), n)},
    lambda n, pick: {"message": message("/reload", private(n), n)},
    lambda n, pick: {"channel_post": message(f"查 {pick.choice(WORDS)}", channel(-1_000_000_000_000 - n), n)},
    lambda n, pick: {"edited_message": {**message(pick.choice(WORDS), private(n), n), "edit_date": int(time.time())}},
    lambda n, pick: {
        "callback_query": press("c.abc.0", message("答", private(n), n, BOT), f"q{n}", user(n)),
    },
    lambda n, pick: {"inline_query": inline(pick.choice(WORDS), f"q{n}", user(n), pick.choice(("", "20", "x")))},
    lambda n, pick: {
        "my_chat_member": {
            "chat": _group(n),
            "from": user(n),
            "date": int(time.time()),
            "old_chat_member": {"status": "left", "user": BOT},
            "new_chat_member": {"status": "member", "user": BOT},
        }
    },
    lambda n, pick: {
        "message": message(
            None,
            private(n),
            n,
            document={"file_id": "f", "file_unique_id": "u", "file_name": "../a.txt", "file_size": 3},
        )
    },
    lambda n, pick: {
        "message": message(
            pick.choice(WORDS),
            _group(n),
            n,
            user(n),
            reply_to_message=message("先前", _group(n), n - 1, BOT),
            forward_origin={"type": "user", "date": 1, "sender_user": user(5)},
        )
    },
)  # fmt: skip


def _enriched(whole: Json, pick: random.Random) -> Json:
    """What a server of tomorrow may send: more than we know, and less of what we do not need."""
    content = copy.deepcopy(whole)
    said = content["message"]
    for place in (content, said, said["chat"], said["from"]):
        place[f"of_tomorrow_{pick.randrange(9)}"] = pick.choice((1, "x", [1], {"a": DEEP}, None))
    said["from"].pop("language_code", None)
    said["chat"].pop("first_name", None)
    return content


def _places(content: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) within."""
    found: list[tuple[Any, Any]] = []
    rows = (
        list(content.items())
        if isinstance(content, dict)
        else list(enumerate(content))
        if isinstance(content, list)
        else []
    )
    for key, value in rows:
        found.append((content, key))
        found.extend(_places(value))
    return found


def _replace(content: Json, pick: random.Random) -> None:
    if places := _places(content):
        holder, key = pick.choice(places)
        holder[key] = copy.deepcopy(pick.choice(JUNK))


def _delete(content: Json, pick: random.Random) -> None:
    if places := _places(content):
        holder, key = pick.choice(places)
        del holder[key]


def _graft(content: Json, pick: random.Random) -> None:
    """Put one part in another's place."""
    if places := _places(content):
        (holder, key), (from_holder, from_key) = pick.choice(places), pick.choice(places)
        holder[key] = copy.deepcopy(from_holder[from_key])

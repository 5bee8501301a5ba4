"""What all platforms stand on: stored before acknowledged, connected again, said in parts that fit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
import regex
from hypothesis import given

from bot.errors import InboxError
from bot.inbox import ClosedChat, NewUpdate
from bot.messages import Button, Reply, Run, Style
from bot.observability import Metrics
from bot.platforms.chats import ChatDirectory
from bot.platforms.client import (
    CallError,
    Disconnected,
    HttpAnswer,
    HttpClient,
    RateLimited,
    Refused,
    Unauthorized,
)
from bot.platforms.feishu.client import Credentials, FeishuApi, checked
from bot.platforms.feishu.sending import CONTENT_BYTES, FeishuTransport, Toasts, card, post, weight
from bot.platforms.matrix import client as of_matrix
from bot.platforms.receiving import LONGEST_PAUSE, REFUSED_SECONDS, ConnectionHealth, Receiver, stay_connected
from bot.platforms.telegram.sending import units
from bot.platforms.text import parts, split, utf8
from bot.platforms.wecom import client as of_wecom
from bot.platforms.wecom import sending as of_wecoms
from bot.platforms.wecom.sending import WeComTransport
from tests.support.server import PATIENCE
from tests.support.words import examples


class Storage:
    """An inbox that takes its time; it does what a `Receiver` needs of one."""

    def __init__(self, seconds: float, error: Exception | None = None) -> None:
        self._seconds = seconds
        self._error = error
        self.stored: list[str] = []

    async def store(self, updates: Sequence[NewUpdate], position: str | None = None) -> int:
        await asyncio.sleep(self._seconds)
        if self._error:
            raise self._error
        self.stored += [update.id for update in updates]
        return len(updates)


def new(name: str) -> NewUpdate:
    return NewUpdate(name, "queue", "message", b"{}")


async def test_what_is_stored_too_late_is_not_acknowledged_and_yet_not_lost() -> None:
    storage = Storage(0.05)
    receiver = Receiver(storage, Metrics())  # type: ignore[arg-type]  # a receiver needs only `store`
    with pytest.raises(InboxError, match="not stored within"):
        await receiver.keep([new("1")], 0.005)
    await receiver.keep([new("2")], 5.0)
    assert storage.stored == ["1", "2"]


async def test_whoever_waits_for_the_disk_may_be_cancelled_and_the_update_is_stored() -> None:
    storage = Storage(0.02)
    receiver = Receiver(storage, Metrics())  # type: ignore[arg-type]  # a receiver needs only `store`
    waiting = asyncio.create_task(receiver.keep([new("1")]))
    await asyncio.sleep(0.005)
    waiting.cancel()
    await asyncio.wait([waiting])
    await receiver.keep([new("2")])
    assert storage.stored == ["1", "2"]


class ClosedChats:
    """Which chats are closed, told as it was when it was asked."""

    def __init__(self) -> None:
        self._closed: dict[str, ClosedChat] = {}

    async def closed_chats(self) -> list[ClosedChat]:
        told = list(self._closed.values())
        await asyncio.sleep(0.01)
        return told

    async def close_chat(self, chat: ClosedChat) -> None:
        self._closed[chat.id] = chat

    async def reopen_chat(self, chat: str) -> None:
        del self._closed[chat]


async def test_what_is_learnt_of_a_chat_while_the_others_are_read_is_not_forgotten() -> None:
    chats = ChatDirectory("here", ClosedChats(), None, lambda: 1.0)  # type: ignore[arg-type]  # only what it needs
    for learn, wanted in ((chats.close("7", "put out"), "put out"), (chats.reopen("7"), None)):
        reading = asyncio.create_task(chats.load())
        await asyncio.sleep(0.002)
        await learn
        await reading
        assert chats.closed("7") == wanted


async def test_a_chat_that_moved_is_known_while_it_cannot_be_read_which_have() -> None:
    class Moves:
        told = iter(({"7": "8"}, None))

        async def moves(self, platform: str) -> dict[str, str] | None:
            return next(self.told)

    chats = ChatDirectory("here", ClosedChats(), Moves(), lambda: 1.0)  # type: ignore[arg-type]  # only what it needs
    for _ in range(2):
        await chats.load()
        assert chats.resolve("7") == "8"


async def test_what_happened_before_a_chat_was_closed_does_not_open_it_however_late_it_comes() -> None:
    chats = ChatDirectory("here", ClosedChats(), None, lambda: 9.0)  # type: ignore[arg-type]  # only what it needs
    await chats.close("7", "forbidden")
    await chats.reopen("7", at=8.9)
    assert chats.closed("7") == "forbidden"
    await chats.reopen("7", at=9.1)
    assert chats.closed("7") is None
    await chats.close("7", "put out", at=3.0)  # told of late: what came after opens it
    await chats.reopen("7", at=4.0)
    assert chats.closed("7") is None


async def test_each_end_of_a_connection_leads_to_the_next_and_is_counted() -> None:
    ends: list[Exception | None] = [
        None,
        Disconnected("reset"),
        RateLimited("slowly", 0.01),
        Refused("no"),
        InboxError("full"),
    ]
    health = ConnectionHealth(Metrics(), lambda: 0.0, None)
    done = asyncio.Event()

    async def connect() -> None:
        if not ends:
            done.set()
            await asyncio.Event().wait()
        if (error := ends.pop(0)) is not None:
            raise error

    # Every connection held for ten seconds by this clock, so that no pause grows; no lot is drawn.
    ticks = iter(range(0, 1000, 11))
    holding = asyncio.create_task(
        stay_connected(connect, health, chance=lambda: 0.0, clock=lambda: float(next(ticks)))
    )
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    holding.cancel()
    counted = health.metrics.page().decode()
    for name in ("Disconnected", "RateLimited", "Refused", "InboxError"):
        assert f'chuchu_poll_errors_total{{error="{name}"}}' in counted
    assert health.problem == "InboxError: full"
    assert LONGEST_PAUSE <= 30


def test_only_a_refusal_of_who_we_are_for_five_minutes_is_fatal_and_told_once_in_five() -> None:
    now, told = [0.0], []
    health = ConnectionHealth(Metrics(), lambda: now[0], None, lambda: told.append(now[0]))
    for second in range(0, int(REFUSED_SECONDS) * 3, 10):
        now[0] = float(second)
        health.fail(str(Unauthorized("no")), refused=True)
    assert told == [300.0, 600.0]
    health.fail("no network")
    now[0] += REFUSED_SECONDS
    health.fail(str(Unauthorized("no")), refused=True)
    assert len(told) == 2, "whatever else was heard between starts over"


def error_of(platform: str, status: int = 400, **said: Any) -> CallError | None:
    """What an answer comes to; its headers and its body are given together."""
    if platform == "wecom":
        return of_wecom.error_for(said)
    if platform == "matrix":
        return of_matrix.error_for(status, said, said)
    with pytest.raises(CallError) as raised:
        checked(HttpAnswer(status, said, json.dumps(said).encode()))
    return raised.value


@examples("platform", "answer", "kind", "seconds")
def test_each_code_stands_for_one_error_and_says_how_long_to_wait(
    platform: str, answer: dict[str, Any], kind: str, seconds: float
) -> None:
    error = error_of(platform, **answer)
    assert type(error).__name__ == kind
    assert (error.seconds if isinstance(error, RateLimited) else 0) == seconds


PIECES = st.sampled_from(
    ["中", "𠮷", "👨‍👩‍👧‍👦", "é", "a", '"', "\\", "\n", "。", "\t", "一行字\n", "<at user_id=all>"]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)
RUNS = st.lists(
    st.builds(Run, TEXTS, st.sampled_from(Style), st.sampled_from([None, "https://a.b/c"])), max_size=8
)


@given(RUNS, st.integers(0, 80), st.sampled_from([(utf8, 40), (units, 12)]))
def test_parts_fit_by_any_measure_and_joined_are_the_text_of_which_no_grapheme_is_torn(
    runs: list[Run], more: int, measured: tuple[Callable[[str], int], int]
) -> None:
    measure, limit = measured[0], measured[1] + more
    found = split(runs, limit, measure)
    assert all(0 < sum(measure(run.text) for run in part) <= limit for part in found)
    parts, whole = ["".join(run.text for run in part) for part in found], "".join(run.text for run in runs)
    assert "".join(parts) == whole
    assert [one for part in parts for one in regex.findall(r"\X", part)] == regex.findall(r"\X", whole)


WHERE = [
    ([Run("字" * 15), Run("粗" * 8, Style.BOLD), Run("尾")], 20, ["字" * 15, "粗" * 8 + "尾"]),
    ([Run("一行\n二行\n三行三行三行")], 10, ["一行\n二行\n", "三行三行三行"]),
    ([Run("a" + "\u0301" * 12)], 8, ["a" + "\u0301" * 7, "\u0301" * 5]),
]


@pytest.mark.parametrize(
    ("runs", "limit", "wanted"), WHERE, ids=["a bold run", "a line", "a grapheme too long"]
)
def test_a_cut_falls_where_it_harms_least(runs: list[Run], limit: int, wanted: list[str]) -> None:
    assert ["".join(run.text for run in part) for part in split(runs, limit, units)] == wanted


def test_the_first_part_quotes_and_the_last_has_the_buttons() -> None:
    reply = Reply([Run("一行\n" * 6)], [[Button("更多", "m")]], reply_to="q")
    found = [(part.reply_to, bool(part.buttons)) for part in parts(reply, 6, units)]
    assert len(found) > 2
    assert found == [("q", False), *[(None, False)] * (len(found) - 2), (None, True)]


@given(RUNS, st.sampled_from([1, 20, 100]))
def test_every_part_fits_into_a_post_and_a_card_and_shows_every_word(runs: list[Run], times: int) -> None:
    many = [Run(run.text * times, run.style, run.link) for run in runs]
    found = FEISHU.drafts(None, Reply(many))
    shown = []
    for draft in found:
        part = draft.runs
        assert max(weight(post(part)), weight(card(part))) <= CONTENT_BYTES
        lines = json.loads(post(part))["zh_cn"]["content"]
        shown.append("".join(tag["text"] for line in lines for tag in line))
    words = "".join("".join(run.text for run in many).split())
    assert "".join("".join(shown).split()) == words


FEISHU = FeishuTransport(FeishuApi(HttpClient(), Credentials("", "")), Toasts())
TAKEN = 30 * 1024  # by Feishu, of a request's whole body


@pytest.mark.parametrize(
    ("drafts", "most"),
    [(FEISHU.drafts, 6666), (WeComTransport().drafts, 6826)],
    ids=["feishu, 20 kB", "wecom, 20 KiB"],
)
def test_a_text_up_to_the_size_of_a_message_is_one_and_a_character_more_two(
    drafts: Callable[[None, Reply], Sequence[object]], most: int
) -> None:
    assert [len(drafts(None, Reply([Run("字" * count)]))) for count in (most, most + 1)] == [1, 2]


def test_what_looks_take_of_a_message_counts_too() -> None:
    for long in (1, 8):
        motley = [Run("字" * long, style) for style in (Style.BOLD, Style.ITALIC)] * 1000
        told = FEISHU.drafts(None, Reply(motley))
        weights = [max(weight(post(one.runs)), weight(card(one.runs))) for one in told]
        assert TAKEN * 0.45 < min(weights[:-1]) <= max(weights) < TAKEN - 1000
    said = of_wecoms.drafts(None, Reply([Run("字" * 6826, Style.BOLD)]))
    assert len(said) == 2 and max(len(one.text.encode()) for one in said) <= 20_480

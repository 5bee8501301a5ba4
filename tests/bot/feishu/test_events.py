"""Feishu's frames and events: whatever is in them, they are read as they were written, or refused by the errors that are told."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.inbox import ClaimedUpdate
from bot.platforms.feishu.service import COMMIT_SECONDS, PING_SECONDS, SILENCE_PINGS, TOAST_SECONDS
from bot.platforms.feishu.updates import BrokenFrame, FeishuIdentity, Frame, decode, to_record, translate
from bot.platforms.receiving import FIRST_PAUSE
from tests.bot.feishu.service import serving
from tests.bot.telegram.service import Echo
from tests.feishu.events import ANN, BOT, GROUP, Json, at_bot, message, press
from tests.feishu.server import ACK_SECONDS, feishu


def test_the_times_given_are_kept() -> None:
    """An acknowledgement within Feishu's 3 s; after a close or RST again in 5 s, after silence in 75 s."""
    assert COMMIT_SECONDS + TOAST_SECONDS < ACK_SECONDS
    assert FIRST_PAUSE < 5
    assert PING_SECONDS * SILENCE_PINGS + FIRST_PAUSE < 75


async def test_an_event_in_pieces_is_one(tmp_path: Path) -> None:
    async with feishu() as server, serving(server, tmp_path, Echo()):
        await server.connected()
        server.piece_bytes = 50
        assert (await server.answered(message("长" * 200))).tries == 1
        await server.until(lambda: server.texts(ANN) == ["答：" + "长" * 200])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WHOLE = (
    message("问"),
    at_bot("问", thread_id="t"),
    press({"data": "c:1", "chat": "group"}, "om_1", chat=GROUP),
)


@given(st.data())
def test_no_event_is_too_odd_to_be_stored_or_put_aside(data: st.DataObject) -> None:
    """Any part of an event may be anything: it is stored or refused by the errors that are told, and by no other."""
    odd: Json = copy.deepcopy(data.draw(st.sampled_from(WHOLE)))
    holder: object = odd
    for _ in range(data.draw(st.integers(1, 4))):
        if not isinstance(holder, dict) or not holder:
            break
        key = data.draw(st.sampled_from(sorted(holder)))
        if data.draw(st.booleans()):
            holder[key] = data.draw(JSON)
            break
        holder = holder[key]
    body = json.dumps(odd).encode()
    try:
        record = to_record(odd, body)
    except (KeyError, TypeError, ValueError):
        return
    if record is not None:
        claimed = ClaimedUpdate(1, record.id, record.kind, body, 0.0, 1)
        try:
            translate(claimed, FeishuIdentity(BOT, "出处"))
        except (KeyError, TypeError, ValueError, OverflowError):
            return


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4),
    st.binary(max_size=64),
    st.lists(st.integers(0, 2**63), min_size=4, max_size=4),
)
def test_a_frame_is_read_as_it_was_written_and_a_cut_one_is_refused(
    headers: dict[str, str], payload: bytes, numbers: list[int]
) -> None:
    whole = Frame(numbers[0], headers, payload, *numbers[1:])
    data = whole.encode()
    assert decode(data) == whole
    for size in range(0, len(data), 3):
        try:
            decode(data[:size])
        except BrokenFrame:
            continue

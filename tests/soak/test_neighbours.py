"""What befalls one chat, or floods the bot, and how long others wait meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.telegram.test_flood import flood
from tests.bot.telegram.test_troubles import either_way, hold_one_chat
from tests.soak.watching import p99

HELD_SECONDS = 35
NEWCOMERS_SECONDS = 2.0


@pytest.mark.soak
@either_way
async def test_a_newcomer_is_answered_within_two_seconds_of_a_flood(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    waited, _ = await flood(tmp_path, **settings)
    assert waited <= NEWCOMERS_SECONDS


@pytest.mark.soak
@either_way
async def test_a_429_of_35_seconds_on_one_chat_is_felt_by_none_of_twenty_others(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    held, *others = await hold_one_chat(tmp_path, HELD_SECONDS, **settings)
    usual, meanwhile = map(p99, others)
    print(
        f"held for {held:.2f} s; p99 of others: {usual * 1000:.0f} ms before, {meanwhile * 1000:.0f} ms meanwhile"
    )
    assert HELD_SECONDS <= held <= HELD_SECONDS + 0.5
    assert meanwhile <= max(1.5 * usual, usual + 0.050)

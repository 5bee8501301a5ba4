"""How fast we speak, told on a clock of our own."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given, settings

from bot.platforms.limiter import Limiter
from tests.support.clock import Clock


def most_in(times: list[float], window: float) -> int:
    return max(sum(start <= t < start + window for t in times) for start in times)


@given(st.lists(st.floats(0, 0.3), min_size=40, max_size=80))
@settings(max_examples=30)
def test_no_second_holds_more_than_thirty_calls(gaps: list[float]) -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    sent = []
    for gap in gaps:
        clock.now += gap
        sent.append(clock.now + limiter.reserve_overall())
    assert most_in(sent, 1.0) <= 30


@given(st.lists(st.floats(0, 6), min_size=30, max_size=60))
@settings(max_examples=30)
def test_no_minute_holds_more_than_twenty_calls_to_a_group(gaps: list[float]) -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    sent = []
    for gap in gaps:
        clock.now += gap
        sent.append(clock.now + limiter.reserve("-1", group=True))
    assert most_in(sent, 60.0) <= 20


def test_a_private_chat_gets_three_at_once_and_then_one_a_second() -> None:
    limiter = Limiter(Clock(1000.0))
    assert [limiter.reserve("7", group=False) for _ in range(5)] == [0, 0, 0, 1, 2]


def test_one_chat_does_not_wait_for_another() -> None:
    limiter = Limiter(Clock(1000.0))
    for _ in range(10):
        limiter.reserve("7", group=False)
    assert limiter.reserve("8", group=False) == 0


def test_a_held_chat_waits_as_long_as_it_was_told_and_no_other_does() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    limiter.hold("7", 35)
    clock.now += 5
    assert limiter.held_chats == 1
    assert limiter.reserve("7", group=False) == 30
    assert limiter.reserve("8", group=False) == 0
    clock.now += 30
    assert limiter.held("7") == 0


def test_what_was_sent_just_before_a_restart_is_reckoned_with() -> None:
    limiter = Limiter(Clock(1000.0))
    assert limiter.reserve_overall() > 0


def test_thousands_of_chats_are_forgotten_when_they_are_quiet() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    for chat in range(10_000):
        clock.now += 0.01
        limiter.reserve(str(chat), group=True)
    assert len(limiter._next) < 3000


def test_who_is_answered_finds_the_whole_burst_however_much_is_said_unasked() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    clock.now += 1
    unasked = 0
    for _ in range(1000):
        unasked += limiter.take_spare() == 0
        clock.now += 0.01
        if clock.now % 0.5 < 0.01:
            assert limiter.reserve_overall() == 0
    assert unasked > 200


def test_what_is_said_unasked_leaves_every_place_to_a_crowd_of_askers() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    clock.now += 1
    for _ in range(250):
        clock.now += limiter.reserve_overall()
        assert limiter.take_spare() > 0


def test_asked_and_unasked_together_keep_to_the_limit() -> None:
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    sent = []
    for step in range(1000):
        clock.now += 0.01
        if limiter.take_spare() == 0:
            sent.append(clock.now)
        if step % 7 == 0:
            sent.append(clock.now + limiter.reserve_overall())
    assert most_in(sent, 1.0) <= 30

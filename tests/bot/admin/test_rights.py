"""Who may do what: every kind of sender, way of arriving and act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.admin.permissions import AccessRequest, Denial, Permission, Role, authorize, role_of
from bot.messages import ChatType, Sender, SenderKind

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
EDITORS_ACTS = {
    Permission.RELOAD,
    Permission.VERSIONS,
    Permission.UPLOAD,
    Permission.META,
    Permission.UNANSWERED,
    Permission.ALIAS,
    Permission.STATS,
}


def claim(
    kind: SenderKind = SenderKind.PERSON,
    place: ChatType = ChatType.PRIVATE,
    age: timedelta | None = timedelta(0),
    edited: bool = False,
    relayed: bool = False,
) -> AccessRequest:
    sent_at = None if age is None else NOW - age
    return AccessRequest("telegram", Sender("42", kind), place, sent_at, edited, relayed)


@pytest.mark.parametrize("act", Permission)
def test_an_owner_may_do_everything_an_editor_some_and_a_stranger_nothing(act: Permission) -> None:
    assert authorize(act, claim(), Role.OWNER, NOW) is None
    assert (authorize(act, claim(), Role.EDITOR, NOW) is None) == (act in EDITORS_ACTS)
    assert authorize(act, claim(), None, NOW) is Denial.NOBODY


@pytest.mark.parametrize("act", Permission)
@pytest.mark.parametrize("role", [Role.OWNER, Role.EDITOR, None])
@pytest.mark.parametrize(
    "tried",
    [
        claim(SenderKind.ANONYMOUS_ADMIN),
        claim(SenderKind.CHANNEL),
        claim(SenderKind.AUTO_FORWARD),
        claim(SenderKind.BOT),
        claim(place=ChatType.GROUP),
        claim(place=ChatType.CHANNEL),
        claim(relayed=True),
        claim(edited=True),
        claim(age=timedelta(minutes=5, seconds=1)),
        claim(age=timedelta(hours=2)),
        claim(age=-timedelta(minutes=6)),
    ],
)
def test_no_role_acts_by_another_way_than_a_new_private_message_of_its_own(
    tried: AccessRequest, role: Role | None, act: Permission
) -> None:
    assert authorize(act, tried, role, NOW) is not None


def test_a_command_of_five_minutes_ago_still_counts_and_a_button_has_no_age() -> None:
    assert authorize(Permission.RELOAD, claim(age=timedelta(minutes=5)), Role.OWNER, NOW) is None
    assert authorize(Permission.RELOAD, claim(age=None), Role.OWNER, NOW) is None


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_clock_a_minute_off_takes_no_right_away(seconds: int) -> None:
    assert authorize(Permission.RELOAD, claim(age=timedelta(seconds=seconds)), Role.OWNER, NOW) is None


@pytest.mark.parametrize(
    ("person", "granted", "role"),
    [
        ("telegram:7", None, Role.OWNER),
        ("telegram:7", "editor", Role.OWNER),
        ("telegram:8", "editor", Role.EDITOR),
        ("telegram:8", None, None),
        ("telegram:8", "owner", None),
        ("web:7", None, None),
        ("telegram:07", None, None),
        ("telegram:@seven", None, None),
        ("telegram:٧", None, None),
        ("telegram:", None, None),
        (":7", None, None),
        ("7", None, None),
    ],
)
def test_a_role_hangs_on_the_platform_and_the_id_there(
    person: str, granted: str | None, role: Role | None
) -> None:
    assert role_of(person, {"telegram:7"}, granted) is role

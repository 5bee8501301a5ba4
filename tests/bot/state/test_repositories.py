"""What each repository promises, whatever the database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.messages import Chat, ChatType
from bot.ports import AnswerSession, Askers, InMemoryPreferences, Preference, Preferences
from bot.state.database import open_database
from bot.state.people import DETAIL, Audit, AuditEntry, Granted, Person
from bot.state.sessions import KEPT, LASTS, Confirmation, Upload, UploadState
from bot.state.state import State, sqlite_address
from bot.state.tables import audit

NOW = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_a_granted_role_is_had_on_its_platform_until_it_is_revoked(state: State) -> None:
    first = Granted("telegram", "42", "editor", "telegram:1", NOW)
    second = Granted("telegram", "42", "editor", "telegram:2", NOW + timedelta(seconds=1))
    for granted in (first, second):  # again replaces
        await state.roles.grant(granted)
        assert await state.roles.all() == [granted]
    assert await state.roles.role("telegram", "42") == "editor"
    assert await state.roles.role("web", "42") is None
    assert [await state.roles.revoke("telegram", "42") for _ in range(2)] == [True, False]
    assert await state.roles.role("telegram", "42") is None


async def test_the_audit_log_tells_the_newest_first_with_the_moment_to_the_microsecond(state: State) -> None:
    for act in ("reload", "rollback"):
        await state.audit.add(AuditEntry(NOW, "telegram:42", act, "done", "第12版"))
    told = await state.audit.last(5)
    assert [(e.number, e.at, e.act, e.detail) for e in told] == [
        (2, NOW, "rollback", "第12版"),
        (1, NOW, "reload", "第12版"),
    ]


async def test_rows_written_at_once_with_any_detail_still_make_one_chain(state: State) -> None:
    details = ["x" * 5_000, "\ud800 lone", "行\n\x1b[31m红", "", *map(str, range(16))]
    await asyncio.gather(
        *(state.audit.add(AuditEntry(NOW, "http", "reload", "refused", detail)) for detail in details)
    )
    told = await state.audit.last(50)
    assert len(told) == 20 and max(len(entry.detail) for entry in told) <= DETAIL
    assert await state.audit.first_broken() is None


async def test_the_words_of_somebody_forgotten_go_and_what_was_done_stays_readable(state: State) -> None:
    rows = (
        ("telegram:42", "refused", "nobody /reload 我的秘密"),
        ("telegram:42", "nothing", "我的 我的"),
        ("telegram:42", "published", "文章.txt ab12"),
        ("telegram:43", "refused", "nobody /reload 别人的话"),
    )
    for actor, outcome, detail in rows:
        await state.audit.add(AuditEntry(NOW, actor, "upload", outcome, detail))
    await state.erasure.forget(Person("telegram", "42", "keyed"))
    assert [(e.actor, e.outcome, e.detail) for e in await state.audit.last()] == [
        rows[3],
        ("forgotten", "published", "文章.txt ab12"),
        ("forgotten", "nothing", "forgotten"),
        ("forgotten", "refused", "forgotten"),
    ]
    assert await state.audit.first_broken() is None


@pytest.mark.parametrize("changed", [None, 1, 3, 4, 7])
async def test_the_chain_is_proved_over_any_number_of_batches(tmp_path: Path, changed: int | None) -> None:
    async with open_database(sqlite_address(tmp_path)) as database:
        log = Audit(database, batch=3)
        for number in range(7):
            await log.add(AuditEntry(NOW, "telegram:42", "reload", "done", str(number)))
        async with database.writing() as connection:
            row = audit.update().where(audit.c.number == changed)
            await connection.execute(row.values(detail="changed"))
        assert await log.first_broken() == changed


async def test_an_upload_moves_one_step_and_only_once_and_is_found_by_its_age(state: State) -> None:
    old = Upload(
        "old", "telegram:42", "../../文章.txt", 12, "ab", UploadState.CHECKED, NOW - 3 * DAY, "文章.txt"
    )
    for upload in (old, replace(old, id="new", received_at=NOW - DAY)):
        await state.uploads.add(upload)
        assert await state.uploads.get(upload.id) == upload
    assert await state.uploads.pending(NOW - 2 * DAY) == ["old"]
    states = (UploadState.PUBLISHED, UploadState.DISCARDED)
    assert [await state.uploads.move("old", UploadState.CHECKED, after) for after in states] == [True, False]
    found = await state.uploads.get("old")
    assert found is not None and found.state == UploadState.PUBLISHED
    assert await state.uploads.get("none") is None


def shown(name: str, created: datetime, *facts: str) -> AnswerSession:
    return AnswerSession(name, "蕃瓜弄", "telegram", "42", "7", "000001", facts, created)


async def test_a_shown_answer_is_kept_seven_days(state: State) -> None:
    old, new = shown("old", NOW - KEPT - timedelta(seconds=1), "f1"), shown("new", NOW - KEPT, "f2", "f3")
    await state.shown.add(old)
    await state.shown.add(new)
    assert await state.shown.quoted() == {"f1", "f2", "f3"}
    assert await state.shown.forget(NOW) == 1
    assert (await state.shown.get("old"), await state.shown.get("new")) == (None, new)
    assert await state.shown.quoted() == {"f2", "f3"}


async def test_a_question_is_answered_once_and_forgotten_when_it_has_expired(state: State) -> None:
    asked = Confirmation("c1", "telegram:42", "reload", "digest", NOW + LASTS)
    await state.confirmations.ask(asked)
    assert await state.confirmations.get("c1") == asked
    answers = await asyncio.gather(*(state.confirmations.close("c1") for _ in range(5)))
    assert sorted(answers) == [False, False, False, False, True]
    assert await state.confirmations.get("c1") is None
    for name, until in (("old", NOW), ("new", NOW + 3 * LASTS)):
        await state.confirmations.ask(Confirmation(name, "telegram:42", "reload", "", until))
    assert await state.confirmations.get("old") is None


GROUP = Chat("telegram", "-100", ChatType.GROUP, "5")


@pytest.fixture(params=["memory", "stored"])
def preferences(request: pytest.FixtureRequest, state: State) -> Preferences:
    return InMemoryPreferences() if request.param == "memory" else state.preferences


async def test_a_choice_is_kept_for_every_topic_of_its_chat_and_no_other_and_the_defaults_leave_nothing(
    preferences: Preferences,
) -> None:
    for chosen in (Preference("en", 3, Askers.ADMINS), Preference("zh-Hant", 5), Preference()):
        await preferences.put(GROUP, chosen)
        assert await preferences.get(Chat("telegram", "-100", ChatType.GROUP)) == chosen
        for other in (Chat("telegram", "-101", ChatType.GROUP), Chat("other", "-100", ChatType.GROUP)):
            assert await preferences.get(other) == Preference()


async def test_what_is_kept_for_a_chat_follows_it_to_its_new_id_unless_it_chose_anew(state: State) -> None:
    old, new = Chat("telegram", "-5", ChatType.GROUP), Chat("telegram", "-1005", ChatType.GROUP)
    kept = replace(shown("a", NOW, "f1"), chat="-5")
    await state.shown.add(kept)
    await state.preferences.put(old, Preference("en"))
    for _ in range(2):  # however often that is told
        await state.chat_migrations.moved("telegram", "-5", "-1005")
        assert await state.shown.get("a") == replace(kept, chat="-1005")
        assert await state.preferences.get(new) == Preference("en")
    await state.preferences.put(old, Preference("zh-Hant"))
    await state.chat_migrations.moved("telegram", "-5", "-1005")
    assert await state.preferences.get(new) == Preference("en")

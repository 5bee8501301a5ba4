"""Nothing of somebody who wants to be forgotten stays: no row, and no byte of the files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import String, Text, select

from bot.feedback.questions import question_id
from bot.messages import Chat, ChatType, Reply, Run
from bot.ports import AnswerSession, Preference
from bot.state.chats import Subscriber
from bot.state.database import fresh_id, open_database
from bot.state.people import AuditEntry, Granted, Person, Pseudonymizer
from bot.state.questions import DayCounts
from bot.state.sessions import Confirmation, Upload, UploadState
from bot.state.state import State, open_state, sqlite_address
from bot.state.tables import metadata

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ME, OTHER = "700800900", "111222333"
PSEUDONYMS = Pseudonymizer(b"key")


async def leave_traces(state: State, person: str) -> None:
    """Do everything that writes somebody's id or its hash anywhere."""
    chat = Chat("telegram", person, ChatType.PRIVATE)
    keyed = PSEUDONYMS.of("telegram", person)
    await state.roles.grant(Granted("telegram", person, "editor", f"telegram:{person}", NOW))
    await state.audit.add(AuditEntry(NOW, f"telegram:{person}", "reload", "done", "000002"))
    await state.audit.add(AuditEntry(NOW, "telegram:5", "grant", "done", f"editor {person}"))
    await state.uploads.add(
        Upload(fresh_id(), f"telegram:{person}", "a.txt", 1, "ab", UploadState.CHECKED, NOW)
    )
    for where, asker in ((person, person), ("-100", person)):
        await state.shown.add(
            AnswerSession(fresh_id(), "蕃瓜弄", "telegram", where, asker, "000001", ("f",), NOW)
        )
    asked = Confirmation(fresh_id(), f"telegram:{person}", "reload", "digest", NOW + timedelta(minutes=10))
    await state.confirmations.ask(asked)
    for key in ("shared", f"own{person}"):
        await state.questions.missed(question_id(key), key, key, keyed, NOW)
        await state.questions.subscribe(question_id(key), Subscriber(chat), NOW)
    await state.questions.missed(question_id(f"t{person}"), f"t{person}", f"told {person}", keyed, NOW)
    await state.questions.subscribe(question_id(f"t{person}"), Subscriber(chat), NOW)
    await state.questions.resolve(question_id(f"t{person}"), lambda _: Reply([Run("进博会")]), NOW)
    await state.questions.pin(f"key{person}", "fact", NOW)
    await state.watches.keep(Subscriber(chat), "养老", "养老", NOW)
    await state.preferences.put(chat, Preference("en"))
    await state.votes.vote("answer", keyed, True, NOW)
    tally = DayCounts()
    tally.count(f"我的号 {person}", True, 5, [person])
    await state.usage.add({NOW.date(): tally})


async def rows_with(address: str, *needles: str) -> list[str]:
    found = []
    async with open_database(address) as database, database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in await connection.execute(select(table)):
                found += [table.name for needle in needles if needle in repr(tuple(row))]
    return found


async def test_after_being_forgotten_no_row_and_no_file_holds_the_id_or_its_hash(tmp_path: Path) -> None:
    address = sqlite_address(tmp_path)
    mine = PSEUDONYMS.of("telegram", ME)
    async with open_state(address) as state:
        await leave_traces(state, ME)
        await leave_traces(state, OTHER)
        await state.erasure.forget(Person("telegram", ME, mine))
        for file in tmp_path.iterdir():  # while the bot runs
            content = file.read_bytes()
            assert ME.encode() not in content, file.name
            assert mine.encode() not in content, file.name
        assert await state.audit.first_broken() is None
        assert {entry.actor for entry in await state.audit.last()} == {
            "forgotten",
            f"telegram:{OTHER}",
            "telegram:5",
        }
        assert [question.text for question in await state.questions.often()] == ["shared", f"own{OTHER}"]
    assert await rows_with(address, ME, mine) == []


async def test_everybody_else_keeps_all_they_had(tmp_path: Path) -> None:
    address = sqlite_address(tmp_path)
    theirs = PSEUDONYMS.of("telegram", OTHER)
    async with open_state(address) as state:
        await leave_traces(state, OTHER)
    before = await rows_with(address, OTHER, theirs)
    async with open_state(address) as state:
        await leave_traces(state, ME)
        await state.erasure.forget(Person("telegram", ME, PSEUDONYMS.of("telegram", ME)))
    assert sorted(await rows_with(address, OTHER, theirs)) == sorted(before)


async def test_the_traces_of_this_test_reach_every_table_that_may_hold_an_id(tmp_path: Path) -> None:
    address = sqlite_address(tmp_path)
    async with open_state(address) as state:
        await leave_traces(state, ME)
    found = set(await rows_with(address, ME, PSEUDONYMS.of("telegram", ME)))
    unable = {"aliases", "progress", "noticed", "moves"}
    texts = {
        table.name
        for table in metadata.sorted_tables
        if any(isinstance(c.type, String | Text) for c in table.c)
    }
    assert texts - unable - found == set()


async def test_an_entry_taken_out_in_secret_is_still_found(tmp_path: Path) -> None:
    address = sqlite_address(tmp_path)
    async with open_state(address) as state:
        await state.audit.add(AuditEntry(NOW, "telegram:5", "reload", "done"))
    async with open_database(address) as database, database.writing() as connection:
        audit = metadata.tables["audit"]
        await connection.execute(audit.update().values(actor="telegram:6", actor_salt=""))
    async with open_state(address) as state:
        assert await state.audit.first_broken() == 1

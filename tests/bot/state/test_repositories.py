"""What each repository promises, whatever the database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.messages import Button, Chat, ChatType, Reply, Run, Style
from bot.ports import AnswerSession, Askers, InMemoryPreferences, Preference, Preferences
from bot.state import questions as asking
from bot.state.chats import MOST, News, Subscriber, WatchResult, chat_columns
from bot.state.database import open_database
from bot.state.people import DETAIL, Audit, AuditEntry, Granted, Person
from bot.state.questions import MOST_ALERTS, AlertResult, DayCounts, PinnedAnswer, QuestionState, SlowQuery
from bot.state.sessions import KEPT, LASTS, Confirmation, Upload, UploadState
from bot.state.state import State, open_state, sqlite_address
from bot.state.tables import alerts, audit, questions
from tests.support.chat import without

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


async def test_a_choice_is_kept_for_every_topic_of_its_chat_and_no_other(preferences: Preferences) -> None:
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


def private(number: int) -> Subscriber:
    return Subscriber(Chat("telegram", str(number), ChatType.PRIVATE), "zh")


TOPIC = Subscriber(Chat("telegram", "-100", ChatType.GROUP, "5"))
SAID = Reply([Run("进博会", Style.BOLD, "https://example.org/1"), Run("。")], [[Button("原文", "s.1.0")]])


def say(_: object) -> Reply:
    return SAID


async def miss(state: State, key: str, *askers: str, now: datetime = NOW) -> None:
    for asker in askers:
        await state.questions.missed(f"id-{key}", key, key.upper(), asker, now)


async def test_the_most_asked_question_comes_first_and_askers_count_once(state: State) -> None:
    await miss(state, "rare", "a")
    await miss(state, "often", "a", "b", "a")
    await miss(state, "ciie", "a")
    assert await state.questions.mark("id-ciie", QuestionState.IGNORED)
    await miss(state, "ciie", "b")
    told = [(question.text, question.asked, question.askers) for question in await state.questions.often()]
    assert told == [("OFTEN", 3, 2), ("RARE", 1, 1)]
    (ignored,) = await state.questions.often(QuestionState.IGNORED)
    assert ignored.asked == 2


async def test_each_hoping_chat_is_told_once_in_its_own_topic(state: State) -> None:
    await miss(state, "ciie", "a")
    for subscriber in (private(7), private(7), TOPIC):
        assert await state.questions.subscribe("id-ciie", subscriber, NOW) is AlertResult.KEPT
    assert [question.alerts for question in await state.questions.awaited()] == [2]
    assert await state.questions.resolve("id-ciie", say, NOW) == 2
    assert await state.questions.resolve("id-ciie", say, NOW) == 0
    posts = await state.outbox.due(NOW, 10)
    assert {post.chat for post in posts} == {private(7).chat, TOPIC.chat}
    assert [post.reply for post in posts] == [SAID, SAID]
    assert await state.questions.subscribe("id-ciie", private(8), NOW) is AlertResult.GONE


def asked(name: str) -> dict[str, object]:
    return {"id": name, "key": name, "text": name, "asked": 2, "first": NOW, "last": NOW, "state": "open"}


async def store(address: str, count: int) -> None:
    """So many questions, `q0` and so on, each hoped for by the topic."""
    names = [f"q{number}" for number in range(count)]
    hoped = [{"question": name, **chat_columns(TOPIC.chat), "since": NOW} for name in names]
    async with open_database(address) as opened, opened.writing() as connection:
        await connection.execute(questions.insert(), [asked(name) for name in names])
        await connection.execute(alerts.insert(), hoped)


async def test_a_chat_hopes_for_at_most_a_hundred_questions(database: str, state: State) -> None:
    await store(database, MOST_ALERTS)
    await miss(state, "more", "a")
    assert await state.questions.subscribe("id-more", TOPIC, NOW) is AlertResult.FULL
    assert await state.questions.subscribe("q0", TOPIC, NOW) is AlertResult.KEPT, "as it was before"
    assert await state.questions.subscribe("id-more", private(7), NOW) is AlertResult.KEPT
    await state.questions.resolve("q0", say, NOW)
    assert await state.questions.subscribe("id-more", TOPIC, NOW) is AlertResult.KEPT


async def test_there_are_never_more_questions_than_the_most_even_if_all_are_hoped_for(tmp_path: Path) -> None:
    address = sqlite_address(tmp_path)
    await store(address, asking.MOST)
    async with open_database(address) as opened:
        kept = asking.Questions(opened)
        for name in ("a", "b"):
            await kept.missed(name, name, name, "asker", NOW)
        assert await kept.count() == asking.MOST
        assert (await kept.get("a") is None, await kept.get("b") is None) == (True, False)


async def test_a_question_nobody_asked_for_thirty_days_is_forgotten_and_so_are_hopes(state: State) -> None:
    await miss(state, "old", "a", now=NOW - 31 * DAY)
    await miss(state, "hoped", "a", now=NOW - 31 * DAY)
    await state.questions.subscribe("id-hoped", private(7), NOW - 29 * DAY)
    await miss(state, "new", "a", now=NOW - 29 * DAY)
    assert await state.questions.forget(NOW) == 1
    assert {question.text for question in await state.questions.often()} == {"HOPED", "NEW"}
    assert await state.questions.forget(NOW + 2 * DAY) == 2
    assert await state.questions.awaited() == []


async def test_what_an_admin_pointed_to_is_listed_and_taken_back_once(state: State) -> None:
    for fact in ("fact-0", "fact-1"):
        await state.questions.pin("ciie", fact, NOW)
    await state.questions.pin("later", "fact-2", NOW + DAY)
    assert await state.questions.pinned_answers() == [
        PinnedAnswer("later", "fact-2"),
        PinnedAnswer("ciie", "fact-1"),
    ]
    assert await state.questions.unpin("ciie")
    assert not await state.questions.unpin("ciie")
    assert await state.questions.pinned("ciie") is None


async def test_posts_go_out_oldest_first_and_wait_when_put_off(state: State) -> None:
    await miss(state, "ciie", "a")
    for number in (1, 2, 3):
        await state.questions.subscribe("id-ciie", private(number), NOW)
    await state.questions.resolve("id-ciie", say, NOW)
    first, second, third = await state.outbox.due(NOW, 10)
    await state.outbox.done(first.number)
    await state.outbox.postpone(second.number, NOW + DAY)
    assert await state.outbox.due(NOW, 10, [third.number]) == []
    assert await state.outbox.due(NOW, 10) == [third]
    assert await state.outbox.next_due([third.number]) == NOW + DAY
    (later,) = await state.outbox.due(NOW + DAY, 1, [third.number])
    assert later.tries == 1
    assert await state.outbox.forget(NOW + 29 * DAY) == 0
    assert await state.outbox.forget(NOW + 31 * DAY) == 2


async def test_a_chat_watches_a_word_once_and_at_most_twenty(state: State) -> None:
    chat = private(7)
    assert await state.watches.keep(chat, "养老", "养老", NOW) is WatchResult.KEPT
    assert await state.watches.keep(chat, "養老", "养老", NOW) is WatchResult.ALREADY
    for number in range(MOST - 1):
        assert await state.watches.keep(chat, f"词{number}", f"词{number}", NOW) is WatchResult.KEPT
    assert await state.watches.keep(chat, "一个", "一个", NOW) is WatchResult.FULL
    assert await state.watches.keep(TOPIC, "养老", "养老", NOW) is WatchResult.KEPT
    assert [watch.words for watch in await state.watches.of(TOPIC.chat)] == ["养老"]


async def test_a_watch_is_told_once_of_a_fact_and_dropped_by_its_chat_alone(state: State) -> None:
    await state.watches.keep(private(7), "养老", "养老", NOW)
    (watch,) = await state.watches.all()
    told: list[News] = []

    def hear(news: News) -> Reply:
        told.append(news)
        return SAID

    first = News(private(7), ((watch.id, "f1"), (watch.id, "f2")))
    second = News(private(7), ((watch.id, "f2"), (watch.id, "f3")))
    for news in (first, first, second):
        await state.watches.tell([news], hear, NOW)
    assert [news.pairs for news in told] == [first.pairs, ((watch.id, "f3"),)]
    assert len(await state.outbox.due(NOW, 10)) == 2
    assert not await state.watches.drop(private(8).chat, watch.id)
    assert await state.watches.drop(private(7).chat, watch.id)
    assert await state.watches.tell([News(private(7), ((watch.id, "f4"),))], say, NOW) == 0


async def test_a_group_that_moves_keeps_its_watches_hopes_and_posts(state: State) -> None:
    new = Subscriber(Chat("telegram", "-200", ChatType.GROUP, "5"))
    await miss(state, "ciie", "a")
    await miss(state, "both", "a")
    await state.questions.subscribe("id-ciie", TOPIC, NOW)
    await state.questions.resolve("id-ciie", say, NOW)
    for subscriber in (TOPIC, new):
        await state.questions.subscribe("id-both", subscriber, NOW)
        await state.watches.keep(subscriber, "养老", "养老", NOW)
    await state.watches.keep(TOPIC, "托育", "托育", NOW)
    for _ in range(2):
        await state.chat_migrations.moved("telegram", "-100", "-200")
    assert {watch.words for watch in await state.watches.of(new.chat)} == {"养老", "托育"}
    assert await state.watches.of(TOPIC.chat) == []
    assert [question.alerts for question in await state.questions.awaited()] == [1]
    assert [post.chat.id for post in await state.outbox.due(NOW, 10)] == ["-200"]


async def test_which_chats_have_moved_is_not_known_where_it_cannot_be_read(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        await state.chat_migrations.moved("telegram", "-100", "-200")
        assert await state.chat_migrations.moves("telegram") == {"-100": "-200"}
        async with without(tmp_path, "moves"):
            assert await state.chat_migrations.moves("telegram") is None


async def test_a_closed_chat_is_told_nothing_but_keeps_its_watches(state: State) -> None:
    await miss(state, "ciie", "a")
    await miss(state, "other", "a")
    for question in ("id-ciie", "id-other"):
        await state.questions.subscribe(question, private(7), NOW)
    await state.questions.resolve("id-ciie", say, NOW)
    await state.watches.keep(private(7), "养老", "养老", NOW)
    await state.chat_migrations.closed("telegram", "7")
    assert (await state.outbox.next_due(), await state.questions.awaited()) == (None, [])
    assert len(await state.watches.of(private(7).chat)) == 1


async def test_one_vote_per_person_and_answer(state: State) -> None:
    for person, liked in (("a", True), ("a", False), ("b", True)):
        await state.votes.vote("answer", person, liked, NOW)
    assert await state.votes.count() == (1, 1)
    assert await state.votes.forget(NOW + 31 * DAY) == 2


async def test_figures_add_up_over_flushes_and_last_thirty_days(state: State) -> None:
    today = date(2026, 11, 21)
    for _ in range(2):
        tally = DayCounts()
        tally.count("养老", True, 10, ["养老"])
        tally.count("北京 地铁", False, 30, ["北京", "地铁"])
        await state.usage.add({today: tally})
    (day,) = await state.usage.days()
    assert (day.asked, day.found, day.milliseconds) == (4, 2, 80)
    assert day.slowest == (SlowQuery(30, "北京 地铁"), SlowQuery(10, "养老"))
    assert await state.usage.words(2) == [("养老", 2), ("北京", 2)]
    assert await state.usage.forget(today + 30 * DAY) == 0
    assert await state.usage.forget(today + 31 * DAY) == 1
    assert await state.usage.words() == []


async def test_an_alias_number_is_never_given_again_and_a_mark_is_what_was_set_last(state: State) -> None:
    await state.aliases.add(("ciie", "进博会"), NOW)
    (first,) = await state.aliases.all()
    assert await state.aliases.remove(first.number)
    await state.aliases.add(("沪", "上海"), NOW)
    assert [alias.number for alias in await state.aliases.all()] == [first.number + 1]
    assert not await state.aliases.remove(first.number)
    assert await state.checkpoints.get("told_version") is None
    for value in ("000000", "000012"):
        await state.checkpoints.set("told_version", value)
        assert await state.checkpoints.get("told_version") == value

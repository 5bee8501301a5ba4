"""What is said to a message and to a button, whatever the platform."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.handlers.answers import Action, Callback, parse_callback
from bot.handlers.dispatcher import Dispatcher
from bot.messages import ButtonPress, Chat, ChatType, Message, Reply, Sender, SenderKind
from bot.ports import InMemoryPreferences, InMemorySessions, Preference, Preferences
from bot.query_service import open_query_service
from bot.texts import phrases
from knowledge.model import Answer
from knowledge.snapshot import Snapshot, SnapshotHolder
from tests.support.paper import Paper, article, fact, hit

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRIVATE = Chat("test", "7", ChatType.PRIVATE)
READER = Sender("7", language="zh")
ZH = phrases("zh")

BRIDGE = [fact(f"桥的第{n}句。", line=n) for n in range(2, 9)]
OTHER = fact("桥也在乙地。", of=article("乙地的桥", "b.txt"))
PAPER = [*BRIDGE, OTHER]


def message(text: str, chat: Chat = PRIVATE, sender: Sender = READER, addressed: bool = True) -> Message:
    return Message(chat, "m1", sender, text, NOON, addressed)


def press(data: str, chat: Chat | None = PRIVATE, sender: Sender = READER) -> ButtonPress:
    return ButtonPress(chat, "r1", "p1", sender, data)


class Talk:
    """A dialogue over a paper that can be swapped."""

    def __init__(self, dialogue: Dispatcher, store: SnapshotHolder) -> None:
        self._dialogue = dialogue
        self._store = store

    async def say(self, text: str) -> Reply:
        (reply,) = await self._dialogue.message(message(text))
        return reply

    async def too_many(self) -> str:
        (reply,) = await self._dialogue.too_many(message("桥"))
        return reply.text

    async def press(self, label: str, under: Reply) -> Reply:
        (data,) = [button.data for row in under.buttons for button in row if button.label == label]
        (reply,) = await self._dialogue.press(press(data))
        return reply

    async def raw(self, sent: Message | ButtonPress) -> list[Reply]:
        if isinstance(sent, Message):
            return list(await self._dialogue.message(sent))
        return list(await self._dialogue.press(sent))

    def swap(self, paper: Snapshot) -> None:
        self._store.swap(paper)


Start = Callable[..., Awaitable[Talk]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Begin a talk over a paper; its threads end with the test."""
    with ExitStack() as stack:

        async def begin(
            paper: Snapshot | None = None, patience: float = 5.0, preferences: Preferences | None = None
        ) -> Talk:
            store = SnapshotHolder(paper or Paper(PAPER))
            lookup = stack.enter_context(open_query_service(store, patience))
            dialogue = Dispatcher(lookup, InMemorySessions(), lambda: NOON, preferences=preferences)
            return Talk(dialogue, store)

        yield begin


def labels(reply: Reply) -> list[list[str]]:
    return [[button.label for button in row] for row in reply.buttons]


async def test_free_text_is_answered_with_facts_sources_and_three_buttons(start: Start) -> None:
    reply = await (await start()).say("桥的第2句")
    assert reply.text == "桥的第2句。\n——《桥通车了》第2行 · a.txt"
    assert labels(reply) == [["上下文", "原文", "更多"]]


async def test_a_word_shows_a_few_facts_at_first(start: Start) -> None:
    reply = await (await start()).say("桥的")
    assert reply.text.count("——《") == 3


async def test_a_group_gets_one_fact_and_two_buttons(start: Start) -> None:
    talk = await start()
    (reply,) = await talk.raw(message("桥的", Chat("test", "-5", ChatType.GROUP)))
    assert reply.text.count("——《") == 1
    assert labels(reply) == [["上下文", "原文"]]
    assert reply.reply_to == "m1"


async def test_a_questions_answer_shows_its_one_fact(start: Start) -> None:
    answer = Answer("多长", True, 0.9, "第2句", (hit(BRIDGE[0], "第2句"), hit(BRIDGE[1])))
    reply = await (await start(Paper(PAPER, [answer]))).say("多长")
    assert reply.text == "第2句\n桥的第2句。\n——《桥通车了》第2行 · a.txt"


async def test_nothing_found_names_the_question_and_needs_no_buttons(start: Start) -> None:
    reply = await (await start()).say("北京地铁票价")
    assert (reply.text, labels(reply)) == ("现有报道里没有查到“北京地铁票价”。", [])


async def test_context_shows_the_sentences_before_and_after(start: Start) -> None:
    talk = await start()
    told = await talk.press("上下文", await talk.say("桥的第5句"))
    assert (
        told.text
        == "桥的第3句。\n桥的第4句。\n桥的第5句。\n桥的第6句。\n桥的第7句。\n——《桥通车了》第5行 · a.txt"
    )


async def test_source_shows_the_raw_lines_with_their_numbers(start: Start) -> None:
    talk = await start()
    told = await talk.press("原文", await talk.say("桥的第2句"))
    assert told.text == "1  桥通车了\n2  桥的第2句。\n3  桥的第3句。\n——《桥通车了》第2行 · a.txt"


async def test_more_opens_the_other_buttons_in_place(start: Start) -> None:
    talk = await start()
    opened = await talk.press("更多", await talk.say("桥的"))
    assert labels(opened) == [["上下文", "原文"], ["下一页", "其他报道", "为什么匹配"], ["👍", "👎"]]
    assert opened.edits == "r1"


async def test_pages_hold_every_hit_once_and_turn_back_at_the_end(start: Start) -> None:
    talk = await start()
    reply = await talk.press("更多", await talk.say("桥的"))
    seen = reply.text
    while any("下一页" in row for row in labels(reply)):
        reply = await talk.press("下一页", reply)
        seen += reply.text
    assert [seen.count(told.text) for told in BRIDGE] == [1] * len(BRIDGE)
    assert "回到第一页" in labels(reply)[1]


async def test_other_reports_come_from_other_articles(start: Start) -> None:
    talk = await start()
    opened = await talk.press("更多", await talk.say("桥"))
    assert "乙地的桥" in (await talk.press("其他报道", opened)).text


async def test_without_other_reports_the_button_says_so(start: Start) -> None:
    talk = await start()
    opened = await talk.press("更多", await talk.say("桥的"))
    assert (await talk.press("其他报道", opened)).notice == "没有查到其他报道。"


async def test_why_names_the_rung_and_the_words(start: Start) -> None:
    talk = await start()
    opened = await talk.press("更多", await talk.say("桥的第2句"))
    assert "原文里连着出现了你写的词：桥的第2句" in (await talk.press("为什么匹配", opened)).text


async def test_a_thumb_is_thanked_for(start: Start) -> None:
    talk = await start()
    opened = await talk.press("更多", await talk.say("桥的"))
    assert (await talk.press("👍", opened)).notice == "谢谢，记下了。"


async def test_a_button_whose_facts_have_changed_says_so_and_refreshes(start: Start) -> None:
    talk = await start()
    reply = await talk.say("桥的第2句")
    talk.swap(Paper([fact("新的一句：桥的第2句。")], version="v2"))
    told = await talk.press("上下文", reply)
    assert (told.notice, told.edits) == ("文章更新过了，这是新的结果。", "r1")
    assert told.text.startswith("新的一句：桥的第2句。")


async def test_a_button_whose_article_is_gone_says_so_and_shows_that_nothing_is_found(start: Start) -> None:
    talk = await start()
    reply = await talk.say("桥的第2句")
    talk.swap(Paper([fact("别的事。")], version="v2"))
    told = await talk.press("原文", reply)
    assert told.text == "现有报道里没有查到“桥的第2句”。"
    assert told.notice == "文章更新过了，这是新的结果。"


@pytest.mark.parametrize("data", ["", "x", "c.nosuchid.0", "c.zzzz.99999", "z.1.0", "🙂" * 16, "a" * 64])
async def test_a_button_nobody_remembers_is_called_stale(start: Start, data: str) -> None:
    (told,) = await (await start()).raw(press(data))
    assert (told.text, told.notice) == ("", ZH.stale)


async def test_a_button_of_another_chat_shows_nothing(start: Start) -> None:
    talk = await start()
    data = (await talk.say("桥的")).buttons[0][0].data
    (told,) = await talk.raw(press(data, Chat("test", "8", ChatType.PRIVATE)))
    assert (told.text, told.notice) == ("", ZH.stale)


async def test_a_page_beyond_the_last_is_said_to_be_none(start: Start) -> None:
    talk = await start()
    button = parse_callback((await talk.say("桥的")).buttons[0][0].data)
    assert button
    (told,) = await talk.raw(press(Callback(Action.PAGE, button.shown_id, 900).data))
    assert told.notice == "没有更多了。"


@pytest.mark.parametrize("command", ["/start", "/help", "/START", "/help@this_bot", "/about"])
async def test_commands_introduce_the_bot(start: Start, command: str) -> None:
    reply = await (await start()).say(command)
    said = {"s": ZH.start, "h": ZH.help, "a": ZH.about.format(articles=2, facts=8)}
    assert reply.text.startswith(said[command[1].lower()])


async def test_a_greeting_is_met_with_how_to_ask_and_thanks_with_a_welcome(start: Start) -> None:
    talk = await start()
    assert (await talk.say("你好！")).text == ZH.start
    assert (await talk.say("谢谢")).text == ZH.welcome


async def test_find_is_the_same_as_free_text(start: Start) -> None:
    talk = await start()
    assert (await talk.say("/find 桥的第2句")).text == (await talk.say("桥的第2句")).text


async def test_find_without_words_asks_for_words(start: Start) -> None:
    assert (await (await start()).say("/find")).text == ZH.nothing_asked


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en"])
async def test_too_much_at_once_is_said_in_the_language_of_the_chat(start: Start, language: str) -> None:
    preferences = InMemoryPreferences()
    await preferences.put(PRIVATE, Preference(language=language))
    talk = await start(preferences=preferences)
    assert await talk.too_many() == phrases(language).too_many


@pytest.mark.parametrize(
    ("sent"),
    [
        message("桥", addressed=False),
        message("桥", sender=Sender("9", SenderKind.BOT)),
        message("桥", sender=Sender("777000", SenderKind.AUTO_FORWARD)),
    ],
    ids=["not addressed", "a bot", "an auto-forward"],
)
async def test_what_is_not_meant_for_the_bot_is_met_with_silence(start: Start, sent: Message) -> None:
    assert await (await start()).raw(sent) == []


async def test_a_fact_its_file_does_not_prove_is_not_said_and_is_reported(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    forged = hit(fact("桥塌了。"), "桥")
    told = Answer("桥", True, 0.9, "塌了", (forged, hit(BRIDGE[0], "桥")))
    with caplog.at_level(logging.ERROR):
        reply = await (await start(Paper(PAPER, [told]))).say("桥")
    assert reply.text == "桥的第2句。\n——《桥通车了》第2行 · a.txt"
    assert forged.fact.id in caplog.text


async def test_where_no_fact_is_proved_nothing_is_found(start: Start) -> None:
    told = Answer("桥", True, 0.9, None, (hit(fact("桥塌了。"), "桥"),))
    assert (await (await start(Paper(PAPER, [told]))).say("桥")).text == "现有报道里没有查到“桥”。"


class SlowPaper(Paper):
    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        if query == "慢":
            time.sleep(0.5)
        return super().ask(query, limit)


async def test_twenty_stuck_lookups_are_given_up_with_a_text_and_others_answered_meanwhile(
    start: Start,
) -> None:
    talk = await start(SlowPaper(PAPER), patience=0.2)
    slow = [asyncio.create_task(talk.say("慢")) for _ in range(20)]
    await asyncio.sleep(0)
    assert (await talk.say("桥的第2句")).text.startswith("桥的第2句。")
    assert {(await task).text for task in slow} == {ZH.too_slow}


class BrokenPaper(Paper):
    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        raise RuntimeError("index broke")


async def test_a_fault_inside_is_said_to_be_one_and_logged(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await (await start(BrokenPaper(PAPER))).say("桥")
    assert reply.text == ZH.failed
    assert "index broke" in caplog.text


async def test_what_went_wrong_is_told_in_the_language_of_the_chat(start: Start) -> None:
    preferences = InMemoryPreferences()
    await preferences.put(PRIVATE, Preference(language="en"))
    broken = await start(BrokenPaper(PAPER), preferences=preferences)
    assert (await broken.say("桥")).text == phrases("en").failed
    slow = await start(SlowPaper(PAPER), patience=0.2, preferences=preferences)
    assert (await slow.say("慢")).text == phrases("en").too_slow


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(alphabet=st.characters(codec=None), max_size=60)
    | st.sampled_from(["", "🙂", "<b>", "桥" * 10_001, "\ud83d"])
)
async def test_any_text_gets_exactly_one_reply(start: Start, text: str) -> None:
    replies = await (await start()).raw(message(text))
    assert len(replies) == 1
    assert replies[0].text


async def test_every_buttons_data_fits_telegrams_64_bytes(start: Start) -> None:
    talk = await start()
    opened = await talk.press("更多", await talk.say("桥"))
    assert all(len(button.data.encode()) <= 64 for row in opened.buttons for button in row)


@pytest.mark.parametrize("action", list(Action))
def test_what_a_button_carries_reads_back(action: Action) -> None:
    assert parse_callback(Callback(action, "0a1b2c3d", 12).data) == Callback(action, "0a1b2c3d", 12)

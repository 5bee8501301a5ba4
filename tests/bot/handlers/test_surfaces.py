"""Groups, channels, inline, edits, deep links, articles and settings, whatever the platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.handlers.dispatcher import Dispatcher
from bot.messages import ButtonPress, Chat, ChatType, InlineQuery, Message, Reply, Sender, SenderKind
from bot.ports import Askers, InMemoryPreferences, InMemorySessions, Preference
from bot.query_service import open_query_service
from bot.texts import phrases
from knowledge.model import Answer, MatchKind
from knowledge.snapshot import SnapshotHolder
from tests.support.paper import Paper, article, fact, hit

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ZH = phrases("zh")
PRIVATE = Chat("test", "7", ChatType.PRIVATE)
GROUP = Chat("test", "-5", ChatType.GROUP, "3")
MEMBER, ADMIN = Sender("8", language="zh"), Sender("9", language="zh")
ANONYMOUS = Sender("1087968824", SenderKind.ANONYMOUS_ADMIN, group_admin=True)

LONG = article("第10篇长文章", "long.txt")
FACTS = [fact(f"桥的第{n}句。", line=n) for n in range(2, 60)] + [
    fact(f"路{n}" + "长" * 300 + "。", line=n, of=LONG) for n in range(2, 9)
]


class Admins:
    async def administers(self, chat: Chat, sender: Sender) -> bool:
        return sender.id == ADMIN.id or bool(sender.group_admin)


class Room:
    """A dialogue and what it keeps."""

    def __init__(self, dialogue: Dispatcher, preferences: InMemoryPreferences) -> None:
        self.dialogue = dialogue
        self.preferences = preferences

    async def say(
        self, text: str, chat: Chat = PRIVATE, sender: Sender = MEMBER, **more: object
    ) -> Sequence[Reply]:
        message = Message(chat, "m1", sender, text, NOON)
        return await self.dialogue.message(replace(message, **more))  # type: ignore[arg-type]  # Message's own

    async def press(self, data: str, chat: Chat = PRIVATE, sender: Sender = MEMBER) -> Reply:
        (reply,) = await self.dialogue.press(ButtonPress(chat, "r1", "p1", sender, data))
        return reply

    async def press_label(
        self, label: str, under: Reply, chat: Chat = PRIVATE, sender: Sender = MEMBER
    ) -> Reply:
        (data,) = [button.data for row in under.buttons for button in row if button.label == label]
        return await self.press(data, chat, sender)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    with open_query_service(SnapshotHolder(Paper(FACTS)), 5.0) as lookup:
        kept = InMemoryPreferences()
        yield Room(
            Dispatcher(lookup, InMemorySessions(), lambda: NOON, preferences=kept, administrators=Admins()),
            kept,
        )


async def test_an_edited_question_edits_its_answer(room: Room) -> None:
    (reply,) = await room.say("桥的第5句", edited=True, answered_by="r9")
    assert reply.edits == "r9"
    assert reply.text.startswith("桥的第5句。")


async def test_a_deep_link_opens_one_fact_with_working_buttons(room: Room) -> None:
    (reply,) = await room.say(f"/start {FACTS[3].id}")
    assert reply.text.startswith("桥的第5句。\n——《桥通车了》第5行")
    assert "桥的第4句。" in (await room.press_label("上下文", reply)).text


@pytest.mark.parametrize("parameter", ["a" * 13, "a" * 65, "桥", "../etc", "<b>", "fact:x"])
async def test_a_deep_link_to_a_fact_that_is_gone_says_so_and_any_other_is_welcomed(
    room: Room, parameter: str
) -> None:
    (reply,) = await room.say(f"/start {parameter}")
    assert reply.text == (ZH.fact_gone if parameter == "a" * 13 else ZH.start)


async def test_a_fact_is_opened_by_a_deep_link_and_not_by_what_is_typed(room: Room) -> None:
    for typed in (f"fact:{FACTS[3].id}", f" fact:{FACTS[3].id}"):
        (reply,) = await room.say(typed)
        assert reply.text == f"现有报道里没有查到“fact:{FACTS[3].id}”。"


async def test_a_mistyped_command_is_met_with_the_nearest_and_never_with_an_admins(room: Room) -> None:
    (reply,) = await room.say("/artcles")
    assert reply.text == ZH.nearest_command.format("articles")
    (reply,) = await room.say("/reloda")
    assert "reload" not in reply.text


async def test_an_unknown_command_is_explained_in_private_and_ignored_in_a_group(room: Room) -> None:
    (reply,) = await room.say("/nothing")
    assert reply.text == ZH.unknown_command
    assert await room.say("/nothing", GROUP) == ()


async def test_help_in_a_group_explains_privacy_mode(room: Room) -> None:
    (reply,) = await room.say("/help", GROUP)
    assert reply.text.startswith(ZH.group_help) and "/find " in reply.text


async def test_articles_lists_titles_and_a_number_opens_one(room: Room) -> None:
    (reply,) = await room.say("/articles")
    assert reply.text == "现有 2 篇文章：\n1. 桥通车了\n　58 句\n2. 第10篇长文章\n　7 句"
    opened = await room.press_label("2", reply)
    assert opened.text.startswith("第10篇长文章\n路2长")
    assert "第 1 页，共" in opened.text


async def test_an_article_is_read_page_by_page_to_its_end(room: Room) -> None:
    (reply,) = await room.say("/article 长文章")
    seen = reply.text
    while reply.buttons:
        reply = await room.press_label("下一页", reply)
        assert reply.edits == "r1"
        seen += reply.text
    assert [seen.count(f"路{n}长") for n in range(2, 9)] == [1] * 7


@pytest.mark.parametrize("typed", ["長文章", "第１０篇　長文章"])
async def test_a_title_is_found_in_either_script_and_width(room: Room, typed: str) -> None:
    (reply,) = await room.say(f"/article {typed}")
    assert reply.text.startswith("第10篇长文章\n")


async def test_an_article_nobody_wrote_is_not_found(room: Room) -> None:
    (reply,) = await room.say("/article 没有这篇")
    assert reply.text == ZH.no_article.format("没有这篇")


async def test_a_name_that_is_quoted_back_is_nobodys_mention(room: Room) -> None:
    for typed in ("/find @zhangsan", "/article @zhangsan"):
        (reply,) = await room.say(typed, GROUP)
        assert "“@\u2060zhangsan”" in reply.text


@pytest.mark.parametrize(
    "data", ["article:zzzzzzzzzzzzz.0", "article:x", "articles:99999", "article:" + LONG.id + ".999"]
)
async def test_a_button_to_an_article_that_is_gone_is_a_notice(room: Room, data: str) -> None:
    told = await room.press(data)
    assert (told.text, bool(told.notice)) == ("", True)


async def test_a_reader_chooses_a_language_by_button(room: Room) -> None:
    (screen,) = await room.say("/settings")
    told = await room.press_label("English", screen)
    assert told.text.startswith("Settings\nLanguage: English")
    (reply,) = await room.say("qzxjk")
    assert reply.text == "The reports at hand say nothing about “qzxjk”."


async def test_a_reader_chooses_how_many_facts(room: Room) -> None:
    (screen,) = await room.say("/settings")
    await room.press_label("5", screen)
    (reply,) = await room.say("桥的")
    assert reply.text.count("——《") == 5


async def test_only_a_groups_admins_set_its_choices(room: Room) -> None:
    (refused,) = await room.say("/settings", GROUP, MEMBER)
    assert refused.text == ZH.only_admins_set
    for sender in (ADMIN, ANONYMOUS):
        (screen,) = await room.say("/settings", GROUP, sender)
        assert screen.buttons
    told = await room.press("settings:askers:admins", GROUP, MEMBER)
    assert told.notice == ZH.only_admins_set
    assert (await room.preferences.get(GROUP)) == Preference()


async def test_a_group_whose_admins_alone_may_ask_refuses_members_and_their_buttons(room: Room) -> None:
    (answer,) = await room.say("桥的第5句", GROUP, MEMBER)
    (screen,) = await room.say("/settings", GROUP, ADMIN)
    await room.press_label("只有管理员", screen, GROUP, ADMIN)
    (refused,) = await room.say("桥的第5句", GROUP, MEMBER)
    assert refused.text == ZH.only_admins_ask
    assert (await room.press_label("上下文", answer, GROUP, MEMBER)).notice == ZH.only_admins_ask
    (told,) = await room.say("桥的第5句", GROUP, ANONYMOUS)
    assert told.text.startswith("桥的第5句。")


async def test_a_group_whose_admins_alone_may_ask_shows_members_no_article_and_no_fact(room: Room) -> None:
    await room.preferences.put(GROUP, Preference(askers=Askers.ADMINS))
    for typed in ("/article 长文章", "/articles", f"/start {FACTS[3].id}", "/find 桥"):
        (refused,) = await room.say(typed, GROUP, MEMBER)
        assert refused.text == ZH.only_admins_ask
        (told,) = await room.say(typed, GROUP, ADMIN)
        assert told.text != ZH.only_admins_ask
    said = [(await room.say(typed, GROUP, MEMBER))[0].text for typed in ("/help", "/start")]
    assert [said[0].startswith(ZH.group_help), said[1]] == [True, ZH.start]


@pytest.mark.parametrize(
    "data", ["settings:askers:nobody", "settings:facts:9999", "settings:", "settings:language:de"]
)
async def test_a_forged_choice_changes_nothing(room: Room, data: str) -> None:
    assert (await room.press(data)).notice == ZH.stale
    assert await room.preferences.get(PRIVATE) == Preference(askers=Askers.EVERYONE)


async def test_a_forwarded_settings_command_is_nobodys_wish(room: Room) -> None:
    assert await room.say("/settings", forwarded=True) == ()


async def test_in_a_group_another_reader_may_open_the_context(room: Room) -> None:
    (answer,) = await room.say("桥的第5句", GROUP, MEMBER)
    assert "桥的第4句。" in (await room.press_label("上下文", answer, GROUP, Sender("10"))).text


async def inline(room: Room, text: str, offset: str = "") -> tuple[list[str], str]:
    answer = await room.dialogue.inline(InlineQuery("i1", MEMBER, text, offset))
    return [result.id for result in answer.results], answer.next_offset


async def test_inline_offers_twenty_cited_facts_a_page_and_none_twice(room: Room) -> None:
    seen: list[str] = []
    offset = ""
    for _ in range(9):
        ids, offset = await inline(room, "桥的", offset)
        assert len(ids) <= 20
        seen += ids
        if not offset:
            break
    assert len(seen) == len(set(seen)) == 58


async def test_an_inline_fact_carries_title_sentence_and_source(room: Room) -> None:
    answer = await room.dialogue.inline(InlineQuery("i1", MEMBER, "桥的第5句"))
    (result,) = [result for result in answer.results if result.description == "桥的第5句。"]
    assert result.title == "桥通车了"
    assert result.reply.text == "桥的第5句。\n——《桥通车了》第5行 · a.txt"
    assert len(result.id.encode()) <= 64


ALIKE = Answer(
    "大桥通车",
    False,
    0.2,
    None,
    (),
    tuple(hit(one, rung=MatchKind.MEANING) for one in FACTS[:5]),
    close=True,
)


@pytest.fixture
async def close_room() -> AsyncIterator[Room]:
    with open_query_service(SnapshotHolder(Paper(FACTS, [ALIKE])), 5.0) as lookup:
        kept = InMemoryPreferences()
        yield Room(Dispatcher(lookup, InMemorySessions(), lambda: NOON, preferences=kept), kept)


async def test_what_is_close_is_one_line_and_a_button_in_a_group(close_room: Room) -> None:
    (reply,) = await close_room.say("大桥通车", GROUP, addressed=True)
    assert reply.text == "没有查到“大桥通车”的原话，有意思相近的报道。"
    opened = await close_room.press_label(ZH.show_close, reply, GROUP)
    assert "桥的第2句。\n——《桥通车了》第2行" in opened.text
    assert ZH.close in opened.text


async def test_what_is_close_is_shown_in_private_with_the_reason_behind_a_button(close_room: Room) -> None:
    (reply,) = await close_room.say("大桥通车")
    assert reply.text.count("——《") == 3
    more = await close_room.press_label(ZH.more, reply)
    assert ZH.rungs["meaning"] in (await close_room.press_label(ZH.why, more)).text


async def test_inline_marks_what_is_only_close(close_room: Room) -> None:
    answer = await close_room.dialogue.inline(InlineQuery("i1", MEMBER, "大桥通车"))
    assert len(answer.results) == 3
    assert all(result.title.startswith("【意思相近】") for result in answer.results)
    assert answer.results[0].reply.text.startswith("【意思相近】\n桥的第2句。")


async def test_inline_shows_what_is_close_after_what_is_found_and_marks_it() -> None:
    found = replace(
        ALIKE, found=True, close=False, hits=(hit(FACTS[7]),), related=(hit(FACTS[8]), *ALIKE.related[:2])
    )
    with open_query_service(SnapshotHolder(Paper(FACTS, [found])), 5.0) as lookup:
        dialogue = Dispatcher(lookup, InMemorySessions(), lambda: NOON)
        answer = await dialogue.inline(InlineQuery("i1", MEMBER, "大桥通车"))
    assert [result.title for result in answer.results] == ["桥通车了", *["【意思相近】桥通车了"] * 2]


async def test_an_empty_inline_query_shows_how(room: Room) -> None:
    answer = await room.dialogue.inline(InlineQuery("i1", MEMBER, "  "))
    assert [result.title for result in answer.results] == [ZH.inline_how]


async def test_inline_nothing_found_is_a_result_that_says_so(room: Room) -> None:
    answer = await room.dialogue.inline(InlineQuery("i1", MEMBER, "qzxjk"))
    assert [result.reply.text for result in answer.results] == ["现有报道里没有查到“qzxjk”。"]


@pytest.mark.parametrize("offset", ["x", "-20", "7", "99999999", "１０"])
async def test_an_inline_offset_that_we_never_gave_is_the_first_page(room: Room, offset: str) -> None:
    assert await inline(room, "桥的", offset) == await inline(room, "桥的")


async def test_every_buttons_data_on_every_screen_fits_64_bytes(room: Room) -> None:
    screens = [
        await room.say(text, GROUP, ADMIN) for text in ("/settings", "/articles", "/article 长文章", "桥的")
    ]
    data = [button.data for (reply,) in screens for row in reply.buttons for button in row]
    assert len(data) > 12
    assert max(len(one.encode()) for one in data) <= 64

"""Groups, channels, inline, edits, deep links, articles and settings, whatever the platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.messages import InlineQuery, Reply, Sender
from bot.ports import Askers, Preference
from bot.texts import phrases
from knowledge.model import Answer, MatchKind
from tests.support.paper import Paper, article, fact, hit
from tests.support.talk import ADMIN, ANONYMOUS, GROUP, PRIVATE, READER, Talk, talking

ZH = phrases("zh")
LONG = article("第10篇长文章", "long.txt")
FACTS = [fact(f"桥的第{n}句。", line=n) for n in range(2, 60)] + [
    fact(f"路{n}" + "长" * 300 + "。", line=n, of=LONG) for n in range(2, 9)
]
ALIKE = Answer(
    "大桥通车", False, 0.2, None, (), tuple(hit(one, rung=MatchKind.MEANING) for one in FACTS[:5]), close=True
)
FIFTH = "桥的第5句。\n——《桥通车了》第5行 · a.txt"


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking(Paper(FACTS, [ALIKE])) as begun:
        yield begun


TYPED = {
    f"/start {FACTS[3].id}": FIFTH,
    f"/start {'a' * 13}": ZH.fact_gone,
    f"/start {'a' * 65}": ZH.start,
    "/start 桥": ZH.start,
    "/start ../etc": ZH.start,
    "/start <b>": ZH.start,
    "/start fact:x": ZH.start,
    f"fact:{FACTS[3].id}": ZH.nothing_found.format(f"fact:{FACTS[3].id}"),
    f" fact:{FACTS[3].id}": ZH.nothing_found.format(f"fact:{FACTS[3].id}"),
    "/artcles": ZH.nearest_command.format("articles"),
    "/nothing": ZH.unknown_command,
    "/reloda": ZH.unknown_command,  # nobody is told of an admin's commands
    "/articles": "现有 2 篇文章：\n1. 桥通车了\n　58 句\n2. 第10篇长文章\n　7 句",
    "/article 没有这篇": ZH.no_article.format("没有这篇"),
}


@pytest.mark.parametrize(("typed", "said"), TYPED.items(), ids=TYPED)
async def test_a_deep_link_to_a_fact_that_is_gone_says_so_and_any_other_is_welcomed_and_a_slip_explained(
    talk: Talk, typed: str, said: str
) -> None:
    assert (await talk.say(typed)).text == said


async def test_in_a_group_help_explains_privacy_mode_names_call_nobody_and_what_is_not_for_us_meets_silence(
    talk: Talk,
) -> None:
    reply = await talk.say("/help", GROUP)
    assert reply.text.startswith(ZH.group_help) and "/find " in reply.text
    for typed in ("/find @zhangsan", "/article @zhangsan"):
        assert "“@\u2060zhangsan”" in (await talk.say(typed, GROUP)).text
    assert await talk.heard("/nothing", GROUP) == await talk.heard("桥", GROUP, addressed=False) == []


@pytest.mark.parametrize(
    "typed", ["/articles", "/article 长文章", "/article 長文章", "/article 第１０篇　長文章"]
)
async def test_an_article_is_found_in_either_script_and_width_and_read_page_by_page_to_its_end(
    talk: Talk, typed: str
) -> None:
    reply = await talk.say(typed)
    if typed == "/articles":
        reply = await talk.press("2", reply)
    seen = reply.text
    assert seen.startswith("第10篇长文章\n路2长") and "第 1 页，共" in seen
    while reply.buttons:
        reply = await talk.press("下一页", reply)
        assert reply.edits == "r1"
        seen += reply.text
    assert [seen.count(f"路{n}长") for n in range(2, 9)] == [1] * 7


async def test_a_deep_links_fact_has_working_buttons_and_one_to_an_article_that_is_gone_is_a_notice(
    talk: Talk,
) -> None:
    reply = await talk.say(f"/start {FACTS[3].id}")
    assert "桥的第4句。" in (await talk.press("上下文", reply)).text
    for data in ("article:zzzzzzzzzzzzz.0", "article:x", "articles:99999", f"article:{LONG.id}.999"):
        told = await talk.carry(data)
        assert (told.text, bool(told.notice)) == ("", True), data


async def test_a_reader_chooses_a_language_and_how_many_facts_by_button(talk: Talk) -> None:
    screen = await talk.say("/settings")
    await talk.press("5", screen)
    told = await talk.press("English", screen)
    assert told.text.startswith("Settings\nLanguage: English")
    assert (await talk.say("qzxjk")).text == phrases("en").nothing_found.format("qzxjk")
    assert (await talk.say("桥的")).text.count("line") == 5


async def test_only_a_groups_admins_set_its_choices_and_forged_ones_change_nothing(talk: Talk) -> None:
    assert (await talk.say("/settings", GROUP)).text == ZH.only_admins_set
    for sender in (ADMIN, ANONYMOUS):
        assert (await talk.say("/settings", GROUP, sender)).buttons
    assert (await talk.carry("settings:askers:admins", GROUP)).notice == ZH.only_admins_set
    assert (await talk.preferences.get(GROUP)) == Preference()
    for forged in ("settings:askers:nobody", "settings:facts:9999", "settings:", "settings:language:de"):
        assert (await talk.carry(forged)).notice == ZH.stale
        assert await talk.preferences.get(PRIVATE) == Preference(askers=Askers.EVERYONE)


async def test_a_group_whose_admins_alone_may_ask_refuses_members_and_their_buttons(talk: Talk) -> None:
    answer = await talk.say("桥的第5句", GROUP)
    assert "桥的第4句。" in (await talk.press("上下文", answer, GROUP, Sender("10"))).text
    screen = await talk.say("/settings", GROUP, ADMIN)
    await talk.press("只有管理员", screen, GROUP, ADMIN)
    assert (await talk.preferences.get(GROUP)).askers is Askers.ADMINS
    assert (await talk.press("上下文", answer, GROUP)).notice == ZH.only_admins_ask
    for typed in ("桥的第5句", "/article 长文章", "/articles", f"/start {FACTS[3].id}", "/find 桥"):
        assert (await talk.say(typed, GROUP)).text == ZH.only_admins_ask
        for admin in (ADMIN, ANONYMOUS):
            assert (await talk.say(typed, GROUP, admin)).text != ZH.only_admins_ask
    assert (await talk.say("/help", GROUP)).text.startswith(ZH.group_help)
    assert (await talk.say("/start", GROUP)).text == ZH.start


async def inline(talk: Talk, text: str, offset: str = "") -> tuple[list[tuple[str, Reply]], str]:
    """Titles and replies of a page of results, all with ids that Telegram takes, and where the next one begins."""
    answer = await talk.dispatcher.inline(InlineQuery("i1", READER, text, offset))
    ids = [result.id for result in answer.results]
    assert len(set(ids)) == len(ids) <= 20 and all(len(one.encode()) <= 64 for one in ids)
    return [(result.title, result.reply) for result in answer.results], answer.next_offset


async def test_inline_offers_twenty_cited_facts_a_page_and_none_twice(talk: Talk) -> None:
    seen, offset = await inline(talk, "桥的")
    first = seen
    while offset:
        more, offset = await inline(talk, "桥的", offset)
        seen = seen + more
    assert len({reply.text for _, reply in seen}) == len(seen) == 58
    for odd in ("x", "-20", "7", "99999999", "１０", "2" * 5000):
        assert (await inline(talk, "桥的", odd))[0] == first


async def test_an_inline_fact_carries_title_sentence_and_source_and_what_is_close_is_marked(
    talk: Talk,
) -> None:
    for text, found in {
        "桥的第5句": ("桥通车了", FIFTH),
        "  ": (ZH.inline_how, ZH.start),
        "qzxjk": (None, ZH.nothing_found.format("qzxjk")),
        "大桥通车": ("【意思相近】桥通车了", "【意思相近】\n桥的第2句。\n——《桥通车了》第2行 · a.txt"),
    }.items():
        (title, reply), *_ = (await inline(talk, text))[0]
        assert found in ((title, reply.text), (None, reply.text)), text
    both = replace(
        ALIKE, found=True, close=False, hits=(hit(FACTS[7]),), related=(hit(FACTS[8]), *ALIKE.related[:2])
    )
    with talking(Paper(FACTS, [both])) as other:
        titles = [title for title, _ in (await inline(other, "大桥通车"))[0]]
    assert titles == ["桥通车了", *["【意思相近】桥通车了"] * 2]


async def test_what_is_close_is_shown_in_private_with_the_reason_and_in_a_group_behind_a_button(
    talk: Talk,
) -> None:
    reply = await talk.say("大桥通车", GROUP, addressed=True)
    assert reply.text == "没有查到“大桥通车”的原话，有意思相近的报道。"
    opened = await talk.press(ZH.show_close, reply, GROUP)
    assert "桥的第2句。\n——《桥通车了》第2行" in opened.text and ZH.close in opened.text
    reply = await talk.say("大桥通车")
    assert reply.text.count("——《") == 3
    more = await talk.press(ZH.more, reply)
    assert ZH.rungs["meaning"] in (await talk.press(ZH.why, more)).text


async def test_every_buttons_data_on_every_screen_fits_64_bytes(talk: Talk) -> None:
    screens = [
        await talk.say(text, GROUP, ADMIN) for text in ("/settings", "/articles", "/article 长文章", "桥的")
    ]
    data = [button.data for reply in screens for row in reply.buttons for button in row]
    assert len(data) > 12
    assert max(len(one.encode()) for one in data) <= 64

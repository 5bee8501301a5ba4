"""A talk over libraries: follow-ups in private and in a group's reply chain, a choice of library, and what helps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from knowledge.snapshot import Snapshot
from tests.knowledge.test_libraries import snapshot
from tests.support.talk import GROUP, OTHER, READER, Talk, talking

__all__ = ["snapshot"]  # the fixture
QUESTION, ANSWER = "闵行区累计加装电梯多少台", "815台"


@pytest.fixture
def talk(snapshot: Snapshot) -> Iterator[Talk]:
    with talking(snapshot, 30.0) as begun:
        yield begun


async def test_in_private_a_question_follows_from_the_one_before_and_says_what_it_was_taken_for(
    talk: Talk,
) -> None:
    await talk.say(QUESTION)
    reply = await talk.say("徐汇区呢？")
    assert reply.text.startswith("理解为：徐汇区累计加装电梯多少台\n604台\n")
    again = await talk.say("那闵行区呢")
    assert ANSWER in again.text
    opened = await talk.press("更多", again)
    assert ANSWER in opened.text
    assert opened.notice is None
    await talk.say("徐汇区累计加装电梯多少台")
    assert "32个小区" in (await talk.say("这篇报道里走访了多少个小区")).text, "a report is meant by its name"


@pytest.mark.parametrize("apart", ["/new", "an hour", "another person"])
async def test_nothing_is_inherited_over_a_new_beginning_an_hour_or_from_somebody_else(
    talk: Talk, apart: str
) -> None:
    await talk.say(QUESTION)
    if apart == "/new":
        assert "从头开始" in (await talk.say("/new")).text
    elif apart == "an hour":
        talk.now += timedelta(hours=1)
    reply = await talk.say("徐汇区呢？", sender=OTHER if apart == "another person" else READER)
    assert "理解为" not in reply.text


async def test_in_a_group_only_a_reply_to_the_answer_follows_from_it(talk: Talk) -> None:
    answer = await talk.say(QUESTION, GROUP)
    assert "理解为" not in (await talk.say("徐汇区呢？", GROUP, OTHER)).text
    reply = await talk.say("徐汇区呢？", GROUP, OTHER, replied_to=answer.text)
    assert "604台" in reply.text
    assert "理解为" not in (await talk.say("徐汇区呢？", GROUP, OTHER, replied_to="谁知道？")).text


@pytest.mark.parametrize("said", ["", "/find"])
async def test_nothing_but_our_name_in_a_reply_asks_the_text_that_is_replied_to(
    talk: Talk, said: str
) -> None:
    assert ANSWER in (await talk.say(said, GROUP, OTHER, replied_to=QUESTION)).text


async def test_asking_for_more_shows_what_was_not_told_and_its_buttons_go_on_working(talk: Talk) -> None:
    first = await talk.say("加装电梯")
    more = await talk.say("还有呢")
    assert more.text.startswith("理解为：加装电梯\n")
    sentences = {line for line in first.text.splitlines() if line.endswith("。")}
    assert not sentences & set(more.text.splitlines())
    assert (await talk.press("更多", more)).notice is None


async def test_a_chat_chooses_the_library_it_is_asked_in_and_compares_what_each_says(talk: Talk) -> None:
    screen = await talk.say("/library")
    assert screen.text == "在哪个库里查？现在：所有的库"
    chosen = await talk.press("信访件（1）", screen)
    assert chosen.text == "在哪个库里查？现在：信访件"
    assert "调研/" not in (await talk.say("加装电梯")).text
    assert "没有“档案”这个库" in (await talk.say("/library 档案")).text
    assert "815" in (await talk.say("库:调研 加装电梯")).text
    await talk.press("所有的库", chosen)
    assert "调研/" in (await talk.say("加装电梯")).text
    reply = await talk.say("/compare 加装电梯")
    assert reply.text.index("〔调研〕") < reply.text.index("〔信访件〕")
    assert "用法：/compare" in (await talk.say("/compare")).text


async def test_articles_are_listed_with_what_is_known_of_them_sorted_and_chosen(talk: Talk) -> None:
    listed = await talk.say("/articles 电梯")
    assert listed.text.splitlines()[:4] == [
        "现有 2 篇文章：",
        "1. 关于加装电梯工作的调研报告",
        "　2024年3月2日 青年报 · 调研 · 3 句",
        "　" + listed.text.splitlines()[3].strip("　"),
    ]
    by_title = await talk.press("按标题", listed)
    assert "1. 关于加装" in by_title.text
    assert "没有合乎条件" in (await talk.say("/articles 2019年:电梯")).text
    assert "闵行区加装电梯信访事项办结" in (await talk.press("1", await talk.say("/articles 2023年:"))).text


async def test_where_nothing_is_found_the_words_are_named_and_buttons_lead_on(talk: Talk) -> None:
    reply = await talk.say("火星基地加装电梯票价")
    assert "文章里没有这些词：火星" in reply.text
    assert "关于“加装 电梯”有 2 篇文章：调研 1 篇，信访件 1 篇" in reply.text
    assert "调研组走访了32个小区" in (await talk.press("关于加装电梯工作的调研报告", reply)).text

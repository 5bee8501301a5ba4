"""A reply in the terminal is a pleasure to read, and harmless."""

from __future__ import annotations

from bot.messages import Button, Reply, Run, Style
from bot.terminal.console import ConsoleStyle, answer_text, reply_text
from bot.texts import phrases
from knowledge.model import Answer
from tests.support.paper import fact, hit

REPLY = [Run("大"), Run("桥", Style.BOLD), Run("通了。\n"), Run("——《题》第2行 · a.txt")]


def test_a_terminal_shows_matched_words_in_colour_and_the_source_dim() -> None:
    assert ConsoleStyle(terminal=True, colour=True).text(REPLY) == (
        "大\x1b[1;31m桥\x1b[0m通了。\n\x1b[2m——《题》第2行 · a.txt\x1b[0m"
    )


def test_no_color_keeps_bold_and_leaves_colour_out() -> None:
    assert ConsoleStyle(terminal=True, colour=False).text(REPLY).startswith("大\x1b[1m桥\x1b[0m")


def test_a_pipe_gets_the_words_alone() -> None:
    assert ConsoleStyle(terminal=False, colour=True).text(REPLY) == "大桥通了。\n——《题》第2行 · a.txt"


def test_nothing_in_a_text_can_steer_the_terminal() -> None:
    shown = ConsoleStyle(terminal=True, colour=True).text(
        [Run("甲\x1b[2J\x07\x9b乙\r\0"), Run("\x1b]0;x\x07", Style.BOLD)]
    )
    assert shown == "甲\ufffd[2J\ufffd\ufffd乙\ufffd\ufffd\x1b[1;31m\ufffd]0;x\ufffd\x1b[0m"


def test_buttons_become_a_numbered_list_under_the_citation() -> None:
    reply = Reply([Run("桥。")], [[Button("上下文", "c"), Button("原文", "s")], [Button("更多", "m")]])
    assert reply_text(reply, ConsoleStyle(False, False)) == "桥。\n[1] 上下文\n[2] 原文\n[3] 更多\n\n"


def test_an_answer_shows_all_its_facts_each_with_its_source() -> None:
    told = Answer("桥", True, 0.9, None, (hit(fact("桥一。", 2), "桥"), hit(fact("桥二。", 3), "桥")))
    assert answer_text(told, ConsoleStyle(False, False), phrases(None)) == (
        "桥一。\n——《桥通车了》第2行 · a.txt\n\n桥二。\n——《桥通车了》第3行 · a.txt\n\n"
    )

"""Markdown: text keeps its columns, markup becomes blanks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.documents.markdown import read_markdown


def lines(text: str) -> tuple[str, ...]:
    return read_markdown("a.md", text.encode()).lines


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# 标题 #", "  标题"),
        ("标题\n====", "标题\n"),
        ("上海**新增**绿地，`一千`公顷。", "上海  新增  绿地， 一千 公顷。"),
        ("*斜体*和_强调_", " 斜体 和 强调"),
        ("见[报道](http://a.b/c)。", "见 报道               。"),
        ("见![图](a.png)。", "见           。"),
        ("> 引用\n\n- 甲\n* 乙", "  引用\n\n  甲\n  乙"),
        ("| 甲 | 乙 |\n|---|:-:|\n| 1 | 2 |", "  甲   乙\n\n  1   2"),
        ("2*3*4 与 snake_case_name", "2*3*4 与 snake_case_name"),
        ("\\*星\\*", " *星 *"),
        ("---\ntitle: 元数据\n---\n正文", "\n\n\n正文"),
        ("```\n代码 **不变**\n```\n正文", "\n代码 **不变**\n\n正文"),
        ("<b>粗</b><!-- 注 -->体", "   粗              体"),
        ("甲<!-- 注\n```\n再注 --> 乙 <!-- 丙\n-->丁", "甲\n\n       乙\n   丁"),
        ("甲 <!-- 没有结尾\n乙", "甲 <!-- 没有结尾\n乙"),
        ("[1]: http://x.y", ""),
        ("1月至7月，共-5℃", "1月至7月，共-5℃"),
    ],
)
def test_markup_becomes_blanks_and_text_stays(source: str, text: str) -> None:
    assert "\n".join(line.rstrip() for line in lines(source)) == text


@given(st.text(alphabet="#*_`~[]()!<>|\\-=+ a1甲乙。", max_size=60))
@settings(max_examples=150)
def test_every_character_that_is_kept_stands_in_its_column(line: str) -> None:
    (read, _) = lines(f"{line}\n尾")
    assert all(char == " " or line[column] == char for column, char in enumerate(read))


@given(st.text(alphabet="甲乙丙丁。，“”1234567890 ", min_size=1, max_size=60))
@settings(max_examples=50)
def test_plain_chinese_is_left_alone(line: str) -> None:
    assert lines(f"首\n{line}\n尾") == ("首", line, "尾")


@pytest.mark.parametrize(
    "piece", ["[", "![", "<a", "<!--", "*", "_", "`", "- ", "| ", "> ", "\\", "[a](", "=", "~~"]
)
def test_piles_of_markup_are_read_in_linear_time(piece: str) -> None:
    assert len(lines(piece * 20_000)) == 1

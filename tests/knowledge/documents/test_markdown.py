"""Markdown: text keeps its columns, markup becomes blanks; what whole files tell is in `samples/markdown.txt`."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.markdown import read_markdown
from knowledge.repair.characters import MARKUP
from tests.support.words import examples


def lines(text: str) -> tuple[str, ...]:
    return read_markdown("a.md", text.encode()).lines


@examples("source", "text")
def test_markup_becomes_blanks_or_nothing_within_words_and_text_stays(source: str, text: str) -> None:
    assert "\n".join(line.rstrip() for line in lines(source)).replace(MARKUP, "·") == text


@given(st.text(alphabet="#*_`~[]()!<>|\\-=+ a1甲乙。", max_size=60))
def test_every_character_that_is_kept_stands_in_its_column(line: str) -> None:
    (read, _) = lines(f"{line}\n尾")
    told = unicodedata.normalize("NFKC", read)
    assert all(char in (" ", MARKUP) or line[column] == char for column, char in enumerate(told))


@given(st.text(alphabet="甲乙丙丁。，“”1234567890 ", min_size=1, max_size=60))
def test_plain_chinese_is_left_alone(line: str) -> None:
    assert lines(f"首\n{line}\n尾") == ("首", line, "尾")


@pytest.mark.parametrize(
    "piece", ["[", "![", "<a", "<!--", "*", "_", "`", "- ", "| ", "> ", "\\", "[a](", "=", "~~"]
)
def test_piles_of_markup_are_read_in_linear_time(piece: str) -> None:
    assert len(lines(piece * 20_000)) == 1

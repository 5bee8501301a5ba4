"""The alias file: good lines count, bad ones are told with their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.query.aliases import Aliases, parse_aliases


def parse(text: str) -> tuple[Aliases, list[tuple[int, bool]]]:
    aliases, problems = parse_aliases(text, "aliases.txt", str.lower)
    return aliases, [(p.line, p.refused) for p in problems]


def test_one_group_a_line_and_comments_are_free() -> None:
    aliases, problems = parse("# 说明\nCIIE = 进博会 = 进口博览会  # 展会\n\n")
    assert aliases.groups == (("ciie", "进博会", "进口博览会"),)
    assert problems == []


def test_a_bad_line_is_an_error_with_its_place_and_the_rest_holds() -> None:
    aliases, problems = parse("没有等号\nCIIE = 进博会\nX =\n")
    assert aliases.of("ciie") == ("进博会",)
    assert problems == [(1, False), (3, False)]


@pytest.mark.parametrize("line", ["的 = 地铁", "进博会 = 进博会", "进博会 = 博览会"])
def test_stop_words_selves_and_cycles_are_refused_with_a_warning(line: str) -> None:
    aliases, problems = parse(f"CIIE = 进博会\nCIIE = 博览会\n{line}")
    assert len(aliases.groups) == 2
    assert problems == [(3, True)]


def test_the_report_names_file_line_and_what_to_do() -> None:
    _, (problem,) = parse_aliases("CIIE 进博会", "a/aliases.txt", str.lower)
    assert str(problem) == "a/aliases.txt 第 1 行“CIIE 进博会”：缺少等号；一行写一组，例如 CIIE = 进博会"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("沪 养老", ["沪"]),
        ("沪剧", []),
        ("申城养老", ["申城"]),
        ("ciie", ["ciie"]),
        ("ciies", []),
        ("ciie筹备", ["ciie"]),
    ],
)
def test_one_character_counts_only_as_a_whole_keyword_and_latin_only_as_a_whole_word(
    query: str, words: list[str]
) -> None:
    aliases, _ = parse("沪 = 上海 = 申城\nCIIE = 进博会")
    assert [e.word for e in aliases.expansions(query)] == words


@given(st.text(alphabet="ab沪的=# \n＝", max_size=60) | st.text(max_size=60), st.text(max_size=60))
def test_any_file_can_be_read_and_any_query_expanded(file: str, query: str) -> None:
    aliases, problems = parse_aliases(file, "f", str.lower)
    assert len(problems) <= len(file.splitlines())
    for found in aliases.expansions(query):
        assert query[found.start : found.end] == found.word
        assert found.word not in found.others

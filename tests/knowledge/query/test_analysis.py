"""One analysis of a query: what kind of answer is asked for, and by which words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.query.aliases import Aliases, expands, parse_aliases, short_forms, stands_as_name
from knowledge.query.analysis import LONGEST_QUERY, Query, analyse, questions_of, read_watched, sides_of
from knowledge.query.context import understand
from knowledge.search.matching import Readable
from knowledge.text.analyzer import ChineseAnalyzer
from tests.support.promises import promised

HERE = Path(__file__).parent
CHINESE = ChineseAnalyzer()
NAMES = Aliases([("ciie", "进博会"), ("沪", "上海")])


def ask(text: str) -> Query:
    return analyse(text, NAMES, CHINESE)


def parse(text: str) -> tuple[Aliases, list[tuple[int, bool]]]:
    aliases, problems = parse_aliases(text, "aliases.txt", str.lower)
    return aliases, [(p.line, p.refused) for p in problems]


def expanded(query: str) -> list[str]:
    aliases, _ = parse("沪 = 上海 = 申城\nCIIE = 进博会")
    return [one.word for one in aliases.expansions(query)]


def is_about(words: str, text: str) -> bool:
    watched = read_watched(words, NAMES, CHINESE)
    assert watched is not None
    return watched.places(Readable(text).occurrences) is not None


def told(found: bool) -> str:
    return "yes" if found else "no"


def full_name(short: str, text: str) -> str:
    found = expands(short, text)
    return text[slice(*found)] if found else "-"


def own(talk: str) -> str:
    last, now = talk.split(" > ")
    return understand(now, last, ask, CHINESE).own or "-"


SEEN: dict[str, Callable[..., str]] = {
    "type": lambda text: ask(text).type.name,
    "words": lambda text: " / ".join(word.text for word in ask(text).words),
    "core": lambda text: ask(text).core or "-",
    "unit and noun": lambda text: f"{ask(text).question.unit} {ask(text).question.noun}",
    "keywords": lambda text: " / ".join(ask(text).keywords),
    "text": lambda text: ask(text).text,
    "own": own,
    "phrases": lambda text: " / ".join(ask(text).phrases),
    "excluded": lambda text: " / ".join(ask(text).excluded) or "-",
    "titles": lambda text: " / ".join(ask(text).titles),
    "number keys": lambda text: " / ".join(ask(text).number_keys),
    "latin": lambda text: " / ".join(ask(text).latin),
    "others": lambda text: " / ".join(ask(text).expansions[0].others),
    "stands as a name": lambda name, text: told(stands_as_name(name, text, CHINESE)),
    "stands for": full_name,
    "expanded words": lambda text: " / ".join(expanded(text)) or "-",
    "sides": lambda text: " / ".join(side.query.text for side in sides_of(ask(text), ask)) or "-",
    "questions": lambda text: " / ".join(questions_of(text, ask)) or "-",
    "noticed": lambda words, text: told(is_about(words, text)),
}
"""What of a text is looked at, by the name that `analyses.txt` has for it."""


@promised(HERE / "analyses.txt")
def test_a_query_is_analysed_as_promised(seen: str, cells: list[str]) -> None:
    *texts, value = cells
    assert SEEN[seen](*texts) == value


def test_three_hundred_generated_question_forms_are_typed_right() -> None:
    rows = [json.loads(line) for line in (HERE / "question_forms.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) >= 300
    assert [row for row in rows if ask(row["query"]).type.value != row["type"]] == []


@pytest.mark.parametrize("text", ["", "   ", "？？！", "的了在", "。" * 500, "-养老"])
def test_a_query_that_asks_for_nothing_says_so_and_is_not_cut(text: str) -> None:
    assert ask(text).is_empty
    assert questions_of(text, ask) == () == sides_of(ask(text), ask)


@pytest.mark.parametrize("words", ["", "？"])
def test_where_nothing_can_be_looked_for_there_is_no_watch(words: str) -> None:
    assert read_watched(words, NAMES, CHINESE) is None


@pytest.mark.parametrize(
    "text",
    [
        "的" * 256,
        "弄" * 5000,
        " ".join(["养老"] * 64),
        "(" * 3027,
        "\ud800\U0010ffff\u202e\x00",
        "AND OR NOT * ? ~ ^ :",
        "几" * 300,
        "1" * 300,
    ],
)
def test_hostile_queries_are_read_like_any_other(text: str) -> None:
    query = ask(text)
    assert len(query.text) <= LONGEST_QUERY


def test_a_question_is_read_to_its_256th_character_behind_as_many_blanks_as_four_times_that() -> None:
    assert ask("弄" * 5000).text == "弄" * 256
    assert [ask(" " * blanks + "新桥").text for blanks in (1022, 1023)] == ["新桥", "新"]


@given(st.text(max_size=80) | st.text(alphabet="多少几谁哪个什么时候为怎么“”-文:：? 的1一二%年", max_size=40))
def test_any_text_can_be_analysed(text: str) -> None:
    query = ask(text)
    assert query.original == text
    assert 0 <= query.question.start <= query.question.end <= len(query.text)
    assert all(query.text[w.start : w.start + len(w.text)] == w.text for w in query.words)


def test_a_full_name_has_the_short_forms_of_its_words_and_what_is_no_name_has_none() -> None:
    assert list(short_forms("进口博览会", {0, 2})) == ["进博会"]
    assert "进博会" in short_forms("中国国际进口博览会", {0, 2, 4, 6})
    assert list(short_forms("上海市长电话", {0, 2, 4})) == []
    assert list(short_forms("博览会", {0})) == []


@given(
    st.text(alphabet="进口博览会的一 a", max_size=8) | st.text(max_size=8),
    st.text(alphabet="进口博览会的一 a", max_size=60),
)
def test_a_found_name_keeps_the_characters_in_order(short: str, text: str) -> None:
    found = expands(short, text)
    if found is not None:
        rest = iter(text[slice(*found)])
        assert all(c in rest for c in short)


@pytest.mark.parametrize("short", ["弄弄弄弄弄弄弄", "弄堂弄堂弄堂委"])
def test_repetition_costs_no_time(short: str) -> None:
    assert expands(short, "弄堂" * 500 + "弄" * 500) is None


def test_one_group_a_line_comments_are_free_and_a_bad_line_is_an_error_with_its_place() -> None:
    aliases, problems = parse("# 说明\nCIIE = 进博会 = 进口博览会  # 展会\n\n没有等号\nX =\n")
    assert aliases.groups == (("ciie", "进博会", "进口博览会"),)
    assert problems == [(4, False), (5, False)]


@pytest.mark.parametrize("line", ["的 = 地铁", "进博会 = 进博会", "进博会 = 博览会"])
def test_stop_words_selves_and_cycles_are_refused_with_a_warning(line: str) -> None:
    aliases, problems = parse(f"CIIE = 进博会\nCIIE = 博览会\n{line}")
    assert len(aliases.groups) == 2
    assert problems == [(3, True)]


def test_the_report_names_file_line_and_what_to_do() -> None:
    _, (problem,) = parse_aliases("CIIE 进博会", "a/aliases.txt", str.lower)
    assert str(problem) == "a/aliases.txt 第 1 行“CIIE 进博会”：缺少等号；一行写一组，例如 CIIE = 进博会"


@given(st.text(alphabet="ab沪的=# \n＝", max_size=60) | st.text(max_size=60), st.text(max_size=60))
def test_any_file_can_be_read_and_any_query_expanded(file: str, query: str) -> None:
    aliases, problems = parse_aliases(file, "f", str.lower)
    assert len(problems) <= len(file.splitlines())
    for found in aliases.expansions(query):
        assert query[found.start : found.end] == found.word
        assert found.word not in found.others


def test_the_places_are_where_the_words_stand_and_a_number_is_whole() -> None:
    watched = read_watched("养老", NAMES, CHINESE)
    assert watched is not None
    assert watched.places(Readable("谈养老。").occurrences) == ((1, 3),)
    assert Readable("从76号到6号，再到16号线").occurrences("6号") == [(5, 7)]

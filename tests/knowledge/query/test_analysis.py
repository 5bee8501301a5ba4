"""One analysis of a query: what kind of answer is asked for, and by which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.query.aliases import Aliases, expands, parse_aliases, short_forms, stands_as_name
from knowledge.query.analysis import LONGEST_QUERY, Query, analyse, questions_of, read_watched, sides_of
from knowledge.query.question import QuestionType
from knowledge.search.matching import Readable
from knowledge.text.analyzer import ChineseAnalyzer
from tests.support.words import examples

FORMS = Path(__file__).with_name("question_forms.jsonl")
CHINESE = ChineseAnalyzer()
ALIASES = Aliases([("沪", "上海")])


def ask(text: str) -> Query:
    return analyse(text, ALIASES, CHINESE)


@examples("name", "text", "stands")
def test_a_name_of_one_character_counts_only_where_it_stands_for_itself(
    name: str, text: str, stands: bool
) -> None:
    assert stands_as_name(name, text, CHINESE) is stands


@examples("text", "kind")
def test_the_question_words_say_what_kind_of_answer_is_wanted(text: str, kind: str) -> None:
    assert ask(text).type is QuestionType[kind]


@examples("text", "words")
def test_particles_and_what_leads_to_a_question_word_take_nothing_of_a_word(
    text: str, words: list[str]
) -> None:
    assert [word.text for word in ask(text).words] == words


def test_three_hundred_generated_question_forms_are_typed_right() -> None:
    rows = [json.loads(line) for line in FORMS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 300
    assert [row for row in rows if ask(row["query"]).type.value != row["type"]] == []


@pytest.mark.parametrize(
    ("text", "searched"),
    [("报名费多少钱？", "报名费"), ("新车卖多少钱", "新车"), ("大桥由哪家单位设计", "大桥 设计")],
)
def test_a_noun_that_only_asks_is_not_searched_for(text: str, searched: str) -> None:
    assert ask(text).core == searched


def test_the_unit_and_the_noun_asked_for_are_read() -> None:
    question = ask("有多少名党员").question
    assert (question.unit, question.noun) == ("名", "党员")


def test_question_words_and_politeness_are_not_searched_for() -> None:
    query = ask("请问，虹口区的垃圾分类怎么做呢？")
    assert [w.text for w in query.words] == ["虹口区", "垃圾", "分类"]
    assert "怎么" not in query.core


@pytest.mark.parametrize("text", ["开工花了多长时间", "开工用了多久", "开工需要多久", "开工耗时多久？"])
def test_that_time_was_spent_belongs_to_the_question_not_to_what_is_sought(text: str) -> None:
    assert [w.text for w in ask(text).words] == ["开工"]


def test_keywords_are_parted_by_spaces_of_any_width() -> None:
    assert ask("临港　离岸  贸易").keywords == ("临港", "离岸", "贸易")


def test_traditional_wide_and_capital_writing_is_folded_and_the_original_kept() -> None:
    query = ask("臨港 ＣＩＩＥ")
    assert (query.text, query.original) == ("临港 ciie", "臨港 ＣＩＩＥ")


def test_marks_of_the_query_language_are_read() -> None:
    query = ask("“四联” 机制 -养老 文：主题教育")
    assert query.phrases == ("四联",)
    assert query.excluded == ("养老",)
    assert query.titles == ("主题教育",)
    assert query.core == "四联 机制"


def test_a_minus_inside_a_range_excludes_nothing() -> None:
    assert ask("2019-2020 年报").excluded == ()


def test_exclusions_alone_ask_for_nothing() -> None:
    query = ask("-养老")
    assert (query.is_empty, query.excluded) == (True, ("养老",))


def test_numbers_in_the_query_are_keys() -> None:
    assert ask("三百五十件 实事").number_keys == ("350",)


def test_latin_runs_are_kept_for_pinyin() -> None:
    assert ask("lingang 离岸").latin == ("lingang",)


def test_aliases_are_expanded() -> None:
    assert ask("沪 养老").expansions[0].others == ("上海",)


@pytest.mark.parametrize("text", ["", "   ", "？？！", "的了在", "。" * 500])
def test_a_query_that_asks_for_nothing_says_so(text: str) -> None:
    assert ask(text).is_empty


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


@given(st.text(max_size=80) | st.text(alphabet="多少几谁哪个什么时候为怎么“”-文:：? 的1一二%年", max_size=40))
def test_any_text_can_be_analysed(text: str) -> None:
    query = ask(text)
    assert query.original == text
    assert 0 <= query.question.start <= query.question.end <= len(query.text)
    assert all(query.text[w.start : w.start + len(w.text)] == w.text for w in query.words)


@examples("short", "text", "full")
def test_a_short_form_stands_for_the_full_name(short: str, text: str, full: str) -> None:
    found = expands(short, text)
    assert found is not None
    assert text[slice(*found)] == full


@examples("short", "text")
def test_guards_keep_chance_likenesses_out(short: str, text: str) -> None:
    assert expands(short, text) is None


def test_a_full_name_has_the_short_forms_of_its_words() -> None:
    assert list(short_forms("进口博览会", {0, 2})) == ["进博会"]
    assert "进博会" in short_forms("中国国际进口博览会", {0, 2, 4, 6})


def test_what_is_no_name_has_no_short_form() -> None:
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


@examples("query", "words")
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


def read(text: str) -> Query:
    return analyse(text, Aliases(), CHINESE)


@examples("text", "sides")
def test_each_side_of_a_comparison_is_asked_for_with_what_they_share(text: str, sides: list[str]) -> None:
    assert [side.query.text for side in sides_of(read(text), read)] == sides


@examples("text", "questions")
def test_questions_in_one_message_are_cut(text: str, questions: list[str]) -> None:
    assert list(questions_of(text, read)) == questions


@pytest.mark.parametrize(
    "text", ["柳湾大桥有多长", "你好，请问几点开门", "蕃瓜弄？莫德纳？", "柳湾大桥，南河大桥", ""]
)
def test_a_query_that_asks_for_one_thing_is_not_cut(text: str) -> None:
    assert questions_of(text, read) == () == sides_of(read(text), read)


NAMES = Aliases([("ciie", "进博会"), ("沪", "上海")])


def is_about(words: str, text: str) -> bool:
    watched = read_watched(words, NAMES, CHINESE)
    assert watched is not None
    return watched.places(Readable(text).occurrences) is not None


@examples("words", "text")
def test_a_fact_with_every_word_or_another_name_of_it_is_noticed(words: str, text: str) -> None:
    assert is_about(words, text)


@examples("words", "text")
def test_a_fact_that_lacks_a_word_or_has_an_excluded_one_is_not(words: str, text: str) -> None:
    assert not is_about(words, text)


@pytest.mark.parametrize("words", ["", "？"])
def test_where_nothing_can_be_looked_for_there_is_no_watch(words: str) -> None:
    assert read_watched(words, NAMES, CHINESE) is None


def test_the_places_are_where_the_words_stand() -> None:
    watched = read_watched("养老", NAMES, CHINESE)
    assert watched is not None
    assert watched.places(Readable("谈养老。").occurrences) == ((1, 3),)


def test_a_term_stands_where_its_number_is_whole() -> None:
    assert Readable("从76号到6号，再到16号线").occurrences("6号") == [(5, 7)]

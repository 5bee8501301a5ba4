"""The short answer of a fact: its candidates, the words it is bound to, what of the query stands there, and which one answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answering.alignment import LEVELS, Aligner, Alignment, Doubts
from knowledge.answering.candidates import LONGEST_ANSWER, CandidateKind, candidates
from knowledge.answering.constraints import SlotKind, asked_person
from knowledge.answering.extractor import FactReading
from knowledge.answering.owners import asked_doers
from knowledge.answering.reader import DoubtedWord, ProposedSpan, WindowReading
from knowledge.answering.window import Passage, Surroundings
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.query.question import QuestionType
from knowledge.snapshot import answer_model
from knowledge.text.analyzer import ChineseAnalyzer
from knowledge.training.near_misses import crossed
from tests.support.promises import promised

CHINESE = ChineseAnalyzer()
READINGS = Path(__file__).with_name("readings.txt")
DOUBTS = Doubts(
    {kind.value: [0.0] * len(LEVELS) for kind in SlotKind},
    0,
    0,
    0,
    {"进": "出", "出": "进", "升": "降", "降": "升"},
)
"""Opposites that a fitted model need not know, and no doubt of anything."""


def reading(
    query: str, fact: str, around: Surroundings | None = None, read: WindowReading | None = None
) -> FactReading:
    aligner = Aligner(analyse(query, Aliases(), CHINESE), answer_model().doubts, lambda word: 0.5)
    return FactReading(aligner, Passage(fact, around or Surroundings(), CHINESE), answer_model(), read=read)


def align(query: str, fact: str, around: Surroundings) -> tuple[Alignment, ...]:
    aligner = Aligner(analyse(query, Aliases(), CHINESE), DOUBTS, lambda word: 0.5)
    return aligner.align(Passage(fact, around, CHINESE))


def told(yes: bool) -> str:
    return "yes" if yes else "no"


def named(aligned: tuple[Alignment, ...]) -> str:
    """What was asked for and what is printed in its place."""
    return " ".join(f"{one.constraint.text} / {one.printed}" for one in aligned).strip() or "-"


def answered(read: FactReading) -> str:
    return read.answer.text if read.answer else "-"


SEEN: dict[str, Callable[[FactReading], str]] = {
    "answer": answered,
    "saying": lambda read: answered(read) if read.may_be_said else "-",
    "said": lambda read: told(read.may_be_said),
    "barred": lambda read: told(read.is_barred),
    "unclaimable": lambda read: told(read.cannot_be_claimed),
    "other kind": lambda read: told(read.is_of_another_kind),
    "other subject": lambda read: " / ".join(read.other_subject or ("-",)),
    "beside": lambda read: " ".join(one.printed for one in read.rivals) or "-",
    "late": lambda read: f"{read.evidence['late']:g}",
    "absent": lambda read: told(read.evidence["absent"] > 0),
    "in its words": lambda read: read.in_its_words.text,
    "level": lambda read: ", ".join(f"{one.constraint.text}: {LEVELS[one.level]}" for one in read.aligned),
    "contradicted": lambda read: named(read.contradicting),
}
"""What of a reading is looked at, by the name that `readings.txt` has for it."""
ALIGNED: dict[str, Callable[[tuple[Alignment, ...]], str]] = {
    "contradicted by its place": lambda aligned: named(tuple(one for one in aligned if one.hard)),
    "first level": lambda aligned: LEVELS[aligned[0].level],
}
"""The same of an alignment by a model that doubts nothing."""


@promised(READINGS)
def test_a_fact_is_read_as_promised(seen: str, cells: list[str]) -> None:
    """Query, fact, what is seen of the reading, and what stands around the fact by its place; who is asked for needs none."""
    if seen == "person":
        assert (asked_person(analyse(cells[0], Aliases(), CHINESE)) or "-") == cells[1]
        return
    query, fact, value, *more = cells
    by_place: dict[str, tuple[str, ...]] = {"before": (), "after": (), "heads": ()}
    for cell in more:
        place, _, text = cell.partition("=")
        by_place[place] += (text,)
    around = Surroundings(by_place["before"], by_place["after"], by_place["heads"])
    if seen in ALIGNED:
        assert ALIGNED[seen](align(query, fact, around)) == value
    else:
        assert SEEN[seen](reading(query, fact, around)) == value


@pytest.mark.parametrize(("date", "hard"), [("2024-03-01", True), ("2023-03-01", False)])
def test_a_time_is_inherited_from_the_day_of_the_report(date: str, hard: bool) -> None:
    aligned = align("2023年进口额", "进口额达31.6亿元。", Surroundings(date=date))
    assert any(one.hard for one in aligned) is hard


def test_a_measure_of_two_characters_is_asked_for_whole() -> None:
    found = reading("几批次不合格", "不合格的两批次已下架。").answer
    assert found is not None
    assert (found.text, found.unit_other) == ("两批次", 0.0)


def test_what_the_window_lacks_is_evidence_against_it() -> None:
    asked = reading("柳湾大桥由谁设计", "柳湾大桥全长1860米，由柳江路桥公司承建，2022年9月通车。").evidence
    assert asked["apart"] > 0
    assert asked["absent"] > 0


@given(st.text("现在几号开始一期涨了多少全会今年大约花钱具体 ", max_size=24))
def test_every_character_of_other_words_stands_for_words_of_the_query(query: str) -> None:
    told = reading(query, "全体会议6月2日起举行，每期增长7%。")
    wording = told.in_its_words
    assert len(wording.places) == len(wording.text)
    assert bool(wording.text.strip()) == bool(told.query.text.strip())
    assert all(0 <= start < end <= len(told.query.text) for start, end in wording.places)


@pytest.mark.parametrize(
    ("year", "date", "text"),
    [("2024年", "2024年5月", "收到多少封来信"), ("今年", None, "今年收到多少封来信")],
)
def test_a_time_that_holds_for_a_report_is_not_asked_of_a_sentence_that_leaves_it_out(
    year: str, date: str | None, text: str
) -> None:
    read = reading(f"{year}大约收到多少封来信", "办公室收到300封来信。", Surroundings(date=date))
    assert read.in_its_words.text == text


def test_what_the_reader_doubts_of_other_words_is_a_doubt_of_the_query_s_own() -> None:
    wording = reading("现在几号报名", "夏令营6月2日报名。").in_its_words
    assert wording.text == "什么时候报名"
    doubts = (DoubtedWord(0, 4, 0.9), DoubtedWord(4, 6, 0.2))
    told = wording.restored(WindowReading((), 0.5, doubts)).doubts
    assert told == (DoubtedWord(2, 4, 0.9), DoubtedWord(4, 6, 0.2))


@pytest.mark.parametrize(
    ("query", "fact", "read", "barred"),
    [
        ("文化馆在哪里", "咨询电话：文化馆6671 0315", WindowReading((), 0.5, ()), True),
        ("文化馆电话是多少", "咨询电话：文化馆6671 0315", WindowReading((), 0.5, ()), False),
        (
            "体检地点在哪里",
            "体检地点为市三院健康管理中心二楼。",
            WindowReading((ProposedSpan(5, 16, 0.9),), 0.5, ()),
            False,
        ),
        ("马丽珍在哪家公司工作", "马丽珍在红星公司的门口等车。", WindowReading((), 0.05, ()), True),
        ("马丽珍在哪家公司工作", "马丽珍在红星公司的门口等车。", WindowReading((), 0.5, ()), False),
        (
            "检查的责任主体是谁",
            "检查的责任主体为营运单位。",
            WindowReading((ProposedSpan(8, 12, 0.9),), 0.9, ()),
            False,
        ),
        (
            "检查的责任主体是谁",
            "检查的责任主体为营运单位。",
            WindowReading((ProposedSpan(8, 12, 0.1),), 0.9, ()),
            True,
        ),
    ],
)
def test_what_a_reader_finds_nothing_of_the_asked_kind_in_cannot_be_claimed(
    query: str, fact: str, read: WindowReading, barred: bool
) -> None:
    assert reading(query, fact, read=read).is_barred is barred


def test_a_reader_that_knows_no_short_form_raises_no_doubt() -> None:
    read = WindowReading((), 0.5, (DoubtedWord(2, 4, 0.9), DoubtedWord(6, 8, 0.1)))
    full, other = (
        reading("市委全会何时召开", fact, read=read).evidence["read_doubts"]
        for fact in ("市委第七次全体会议6月27日召开。", "市委第七次扩大会议6月27日召开。")
    )
    assert full < 0.5 < other


@pytest.mark.parametrize(
    ("query", "doers"),
    [("谁发现了盲鱼", ["东陵大学团队"]), ("在哪个洞发现的", []), ("和谁发现了盲鱼", [])],
)
def test_who_does_what_is_asked_is_sought_where_the_question_asks_for_a_doer(
    query: str, doers: list[str]
) -> None:
    passage = Passage("东陵大学团队在白龙洞发现了盲鱼。", Surroundings(), CHINESE)
    assert asked_doers(analyse(query, Aliases(), CHINESE), passage) == doers


@promised(Path(__file__).with_name("candidates.txt"))
def test_spans_are_proposed_as_promised(seen: str, cells: list[str]) -> None:
    """For a kind of question: what a reader points at (>) and else has to be proposed (+), and what must not be (-)."""
    text, *spans = cells
    marked = {mark: {span[2:] for span in spans if span[0] == mark} for mark in "+->"}
    read = tuple((text.index(span), text.index(span) + len(span)) for span in marked[">"])
    proposed = candidates(Passage(text, Surroundings(), CHINESE), QuestionType[seen], read)
    found = {text[one.start : one.end] for one in proposed}
    assert marked["+"] | marked[">"] <= found
    assert not found & marked["-"]


def test_a_gulf_is_a_place_though_a_dictionary_has_it_for_somebody() -> None:
    fact = "今年第一次北部湾巡逻昨天结束。"
    found = candidates(Passage(fact, Surroundings(), CHINESE), QuestionType.PLACE)
    assert {one.kind for one in found if fact[one.start : one.end] == "北部湾"} == {CandidateKind.PLACE}


@given(st.text(alphabet="0123456789.,:亿万元年月日 第一二大桥、“”（）：", max_size=60))
def test_every_candidate_stands_in_the_text_and_is_short(text: str) -> None:
    for one in candidates(Passage(text, Surroundings(), CHINESE), QuestionType.WHICH):
        assert 0 <= one.start < one.end <= len(text)
        assert one.end - one.start <= LONGEST_ANSWER


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("住院楼高多少层", "急诊楼面积3万平方米，住院楼高22层。", ("住院楼", "急诊楼")),
        ("住院楼高多少层", "住院楼高22层。", None),
        ("住院楼高多少层", "急诊楼高6层，住院楼高22层。", None),  # 急诊楼高多少层 is answered there too
    ],
)
def test_a_crossing_takes_a_word_that_the_sentence_says_of_something_else_that_it_does_not_answer(
    question: str, sentence: str, words: tuple[str, str] | None
) -> None:
    start = sentence.index("22层")
    found = crossed(question, sentence, (start, start + 3), "", CHINESE.tokens, Random(1))
    assert (found and (found.old, found.new)) == words

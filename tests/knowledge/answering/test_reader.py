"""The seam to the small reader, its pieces and pairs, what it is trained on, and what the shipped weights must at least do."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterable
from importlib import resources
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answering.pieces import PieceVocabulary
from knowledge.answering.reader import (
    MOST_PIECES,
    SENTENCE,
    DoubtedWord,
    NeuralReader,
    OnnxReader,
    PairEncoder,
    ReaderFiles,
    Window,
    WindowReading,
)
from knowledge.models.reader import open_reader
from knowledge.training.reader.examples import ExampleMaker, near_miss
from knowledge.training.reader.questions import (
    Made,
    causes,
    figures,
    from_news,
    lists,
    moments,
    people,
    places,
    rows,
)
from knowledge.training.reader.sources import PublicText, ReaderQuestion, ReaderSet
from knowledge.training.reader.words import WordKinds, asked_otherwise, placed_words

SCORES = {
    "▁": -3,
    "上半年": -5,
    "上": -6,
    "半": -6,
    "年": -5,
    "860": -7,
    "8": -6,
    "个": -4,
    "东": -6,
    "城": -6,
    "区": -6,
}
VOCABULARY = PieceVocabulary(
    [
        *((mark, 0.0) for mark in ("<s>", "<pad>", "</s>", "<unk>")),
        *SCORES.items(),
        ("多少", -5.0),
        ("▁多少", -5.5),
    ],
    {"Ａ": "A", "\t": " ", "\u200b": "", "區": "区", "東": "东"},
)
WILD = st.text(st.characters(codec="utf-8"), max_size=60)


@pytest.mark.parametrize(
    ("text", "last"),
    [("上半年860个", ["上半年", "860", "个"]), ("多少个", ["多少", "个"]), ("鑫8", ["鑫", "8"])],
)
def test_text_is_cut_into_its_likeliest_pieces_each_where_its_characters_stand(
    text: str, last: list[str]
) -> None:
    pieces = VOCABULARY.cut(text)[-len(last) :]
    assert [text[piece.start : piece.end] for piece in pieces] == last
    assert [piece.id == PieceVocabulary.UNKNOWN for piece in pieces] == [each == "鑫" for each in last]


def test_traditional_characters_are_the_pieces_of_simplified_ones() -> None:
    assert [p.id for p in VOCABULARY.cut("東城區")] == [p.id for p in VOCABULARY.cut("东城区")]


def test_the_vocabulary_reads_what_it_wrote_and_names_a_line_without_a_score() -> None:
    again = PieceVocabulary.parse(VOCABULARY.written())
    assert (again.pieces, again.folds) == (VOCABULARY.pieces, VOCABULARY.folds)
    with pytest.raises(ValueError, match=r"line 1 .*'年'"):
        PieceVocabulary.parse("41 42\n\n上\t-1.0\n年\n".encode())


def test_where_room_is_short_the_sentence_comes_first_and_of_it_what_the_question_speaks_of() -> None:
    window = Window("东" * 90, before="上" * 90, after="年" * 90)
    pair = PairEncoder(VOCABULARY).encode("多少", window)
    assert len(pair.sentence) == 91
    assert len(pair.ids) <= 96 + 4
    sentence = "东" * 150 + "上半年860个" + "城" * 150
    pair = PairEncoder(VOCABULARY).encode("上半年多少个", Window(sentence))
    kept = sentence[pair.sentence[0][1] : pair.sentence[-1][2]]
    assert (kept[0], kept[-1]) == ("东", "城")
    assert "上半年860个" in kept


@given(WILD)
def test_the_pieces_cover_the_text_in_order(text: str) -> None:
    places = [(piece.start, piece.end) for piece in VOCABULARY.cut(text)]
    assert all(0 <= start <= end <= len(text) for start, end in places)
    assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in itertools.pairwise(places))


@given(WILD, WILD, WILD, WILD)
def test_a_pair_never_exceeds_its_length_and_points_into_its_texts(
    question: str, sentence: str, before: str, title: str
) -> None:
    pair = PairEncoder(VOCABULARY).encode(question * 4, Window(sentence * 4, before, before, title))
    assert len(pair.ids) == len(pair.segments) == len(pair.matches) <= MOST_PIECES
    assert all(pair.segments[place] == SENTENCE for place, _, _ in pair.sentence)
    assert all(0 <= start <= end <= len(sentence * 4) for _, start, end in pair.sentence)


def test_the_doubt_of_a_word_is_that_of_its_most_doubted_piece() -> None:
    reading = WindowReading((), 0.5, (DoubtedWord(0, 2, 0.1), DoubtedWord(2, 3, 0.8), DoubtedWord(3, 5, 0.3)))
    assert (reading.doubt_of(1, 3), reading.doubt_of(3, 4), reading.doubt_of(9, 10)) == (0.8, 0.3, 0.0)
    assert reading.doubt == 0.8


class FakeSession:
    """Points at the second and third piece of the sentence, whatever is asked."""

    def __init__(self, *_: object, **__: object) -> None:
        self.runs = 0

    def run(self, names: object, row: dict[str, np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
        self.runs += 1
        length = row["ids"].shape[1]
        sentence = np.flatnonzero(row["segments"][0] == SENTENCE)
        start, end = np.zeros((1, length), np.float32), np.zeros((1, length), np.float32)
        start[0, sentence[1]], end[0, sentence[2]] = 9, 9
        return [start, end, np.zeros((1, length), np.float32), np.array([3.0], np.float32)]


def opened(seconds_a_look: float) -> tuple[OnnxReader, FakeSession]:
    session = FakeSession()
    runtime = SimpleNamespace(
        SessionOptions=SimpleNamespace,
        InferenceSession=lambda *_, **__: session,
        GraphOptimizationLevel=SimpleNamespace(ORT_DISABLE_ALL=0),
    )
    ticks = itertools.count()
    files = ReaderFiles(b"", VOCABULARY.written())
    reader = OnnxReader(
        lambda: cast(ModuleType, runtime), lambda: files, lambda: seconds_a_look * next(ticks)
    )
    return reader, session


def test_the_likeliest_span_comes_first_in_the_sentences_own_characters() -> None:
    reader, _ = opened(0)
    (reading,) = reader.read("多少个", [Window("上半年860个")], seconds=1)
    assert reading is not None
    best = reading.spans[0]
    assert "上半年860个"[best.start : best.end] == "上半年860"
    assert best.probability > 0.9
    assert reading.answerable == pytest.approx(0.9526, abs=1e-3)


def test_a_window_is_read_when_it_is_asked_for_at_most_three_and_none_is_begun_past_its_time() -> None:
    reader, session = opened(0)
    readings = reader.read("多少个", [Window("上半年860个")] * 5, seconds=1)
    next(readings)
    assert session.runs == 1
    assert [reading is not None for reading in readings] == [True, True, False, False]
    assert session.runs == 3
    reader, session = opened(0.02)
    late = reader.read("多少个", [Window("上半年860个")] * 3, seconds=0.05)
    assert [reading is not None for reading in late] == [True, True, False]
    assert session.runs == 2


@pytest.fixture(scope="module")
def shipped() -> NeuralReader:
    reader = open_reader()
    assert reader is not None, "the extra `reader` and knowledge/models/reader/reader.onnx"
    return reader


def test_the_shipped_network_is_fused_already_for_it_is_opened_as_it_is() -> None:
    network = resources.files("knowledge.models.reader").joinpath("reader.onnx").read_bytes()
    assert b"DynamicQuantizeMatMul" in network
    assert b"MatMulInteger" not in network


BRIDGE = "新大桥全长2380米，由青山路桥集团承建，2021年6月开工。"
CANTEENS = "全市已建成社区食堂320家，其中东湖区86家、西湖区54家。"
PORT = "今年第一季度，云山港进口额为12.5亿元，同比增长8.3%。"


@pytest.mark.parametrize(
    ("sentence", "question", "word", "other"),
    [
        (BRIDGE, "新大桥有多长", "多长", "多宽"),
        (BRIDGE, "新大桥由谁承建", "承建", "设计"),
        (BRIDGE, "新大桥什么时候开工", "开工", "通车"),
        (CANTEENS, "东湖区有多少家社区食堂", "东湖区", "南湖区"),
        (PORT, "云山港第一季度进口额是多少", "第一季度", "第二季度"),
        (PORT, "云山港第一季度进口额是多少", "进口额", "出口额"),
        (PORT, "云山港第一季度进口额是多少", "云山港", "海州港"),
    ],
)
def test_the_shipped_reader_doubts_the_word_that_was_changed(
    shipped: NeuralReader, sentence: str, question: str, word: str, other: str
) -> None:
    start = question.index(word)
    (true,) = shipped.read(question, [Window(sentence)], seconds=9)
    (changed,) = shipped.read(question.replace(word, other), [Window(sentence)], seconds=9)
    assert true is not None
    assert changed is not None
    assert changed.doubt_of(start, start + len(other)) > 0.5 > true.doubt_of(start, start + len(word))
    assert changed.answerable < true.answerable


def test_the_shipped_reader_proposes_who_and_how_long(shipped: NeuralReader) -> None:
    for question, answer in (("新大桥有多长", "2380米"), ("新大桥由谁承建", "青山路桥集团")):
        (reading,) = shipped.read(question, [Window(BRIDGE)], seconds=9)
        assert reading is not None
        assert BRIDGE[reading.spans[0].start : reading.spans[0].end] == answer


@given(WILD, WILD, WILD)
def test_the_shipped_reader_takes_any_text(
    shipped: NeuralReader, question: str, sentence: str, title: str
) -> None:
    (reading,) = shipped.read(question, [Window(sentence, title=title)], seconds=9)
    assert reading is not None
    assert 0 <= reading.answerable <= 1
    assert all(0 <= span.start <= span.end <= len(sentence) for span in reading.spans)


REPORT = (
    "今年上半年，青山市新建充电桩860个，同比增长12.5%。市长王建国在青山会见了客商。"
    "3月5日，青山市举行了桥梁开工仪式，由青山路桥集团承建。"
    "为了方便群众出行，该市开通了三条公交线路。活动涉及养老、医疗、教育等领域。"
)


def lexicon() -> WordKinds:
    known = WordKinds()
    known.opposites["增长"].add("下降")
    known.by_tag["ns"] += ["青山", "白水", "红石"]
    return known


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("上半年的规模多少", "period"),
        ("第一批有多少", "ordinal"),
        ("桥多长", "dimension"),
        ("MU5101几点", "code"),
        ("2023年上半年青山市新建多少个充电桩", "place"),
    ],
)
def test_a_near_miss_changes_one_thing_of_the_kind_that_the_question_binds_into_what_the_window_lacks(
    question: str, kind: str
) -> None:
    window = REPORT + question
    changes = [near_miss(question, window, lexicon(), random.Random(seed)) for seed in range(30)]
    assert kind in {change.kind for change in changes if change}
    assert all(change and change.new not in window and change.new != change.old for change in changes)


def test_a_word_becomes_one_that_is_said_with_its_neighbours() -> None:
    known = WordKinds()
    known.beside |= {(True, "拆除", "n"): ["厂房"], (False, "大棚", "v"): ["搭建"]}
    question = "拆除了多少座大棚"
    found = [near_miss(question, question, known, random.Random(seed)) for seed in range(30)]
    assert {(one.old, one.new) for one in found if one and one.kind == "fitting"} == {
        ("大棚", "厂房"),
        ("拆除", "搭建"),
    }


@pytest.mark.parametrize(
    ("maker", "text", "answer", "asked"),
    [
        (figures, REPORT, "860个", ""),
        (figures, REPORT, "12.5%", ""),
        (moments, REPORT, "3月5日", ""),
        (people, REPORT, "王建国", ""),
        (lists, REPORT, "养老、医疗、教育", ""),
        (causes, REPORT, "为了方便群众出行", ""),
        (places, "中国代表团在北京举行了新闻发布会。", "北京", ""),
        (moments, "3月5日，记者获悉，上午9时30分，新桥正式通车。", "上午9时30分", "几点|什么时[候间]|时间"),
    ],
)
def test_what_a_made_question_asks_stands_in_its_sentence(
    maker: Callable[..., Iterable[Made]], text: str, answer: str, asked: str
) -> None:
    passage = PublicText.of("", text)
    made = [
        (passage.text[a:b], one)
        for a, b in passage.sentences
        for one in maker(passage.text[a:b], placed_words(passage.text[a:b]), random.Random(1))
    ]
    assert answer in [one.answer for _, one in made]
    assert all(re.search(asked, one.question) for _, one in made if one.answer == answer)
    assert all(sentence[one.start : one.start + len(one.answer)] == one.answer for sentence, one in made)
    assert all(one.answer not in one.question for _, one in made)


def test_a_cell_is_asked_by_the_name_or_the_name_by_a_cell_of_its_row() -> None:
    names = [f"{one}{kind}" for one in "青山白水红石" for kind in ("小学", "医院", "车站", "大桥")]
    told = ReaderSet("x", asked=[ReaderQuestion("谁", 0, 0, 0, (name,)) for name in names])
    for passage, one in rows(told, 60, random.Random(3)):
        line = next(passage.text[a:b] for a, b in passage.sentences if a <= one.start < b)
        assert passage.text[one.start :].startswith(one.answer)
        assert any(name in line and name in one.question + one.answer for name in names)


@pytest.mark.parametrize("seed", range(8))
def test_every_example_says_only_what_its_window_holds(seed: int) -> None:
    rng = random.Random(seed)
    made = from_news([PublicText.of("青山市公布数据", REPORT)] * 3, 20, rng)
    maker = ExampleMaker([made], lexicon())
    for number, asked in maker.questions:
        examples = maker.group(number, asked, rng)
        assert examples[0].answerable
        for example in examples:
            assert example.answerable == (example.span is not None)
            if example.span:
                assert example.window.sentence[slice(*example.span)] in asked.answers
            if example.doubted and example.kind not in ("near-window", "near-crossed"):
                assert example.question[slice(*example.doubted)] not in example.window.sentence


def test_an_answer_across_two_sentences_is_left_out() -> None:
    found = ReaderSet("x", [PublicText.of("", "甲有一座桥。乙有两座桥。")])
    found.add(0, "谁有桥？", [(3, "座桥。乙")])
    assert found.asked == []


def test_a_question_reworded_keeps_what_it_binds() -> None:
    question = "2023年青山市由谁担任市长？"
    for seed in range(40):
        said = asked_otherwise(question, lexicon(), random.Random(seed))
        assert "2023" in said
        assert "青山" in said.replace(" ", "")

"""The seam to the small reader, its pieces and pairs, and what the shipped weights must at least do."""

from __future__ import annotations

import itertools
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

VOCABULARY = PieceVocabulary(
    [
        ("<s>", 0.0),
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        ("▁", -3.0),
        ("上半年", -5.0),
        ("上", -6.0),
        ("半", -6.0),
        ("年", -5.0),
        ("860", -7.0),
        ("8", -6.0),
        ("个", -4.0),
        ("东", -6.0),
        ("城", -6.0),
        ("区", -6.0),
        ("多少", -5.0),
        ("▁多少", -5.5),
    ],
    {"Ａ": "A", "\t": " ", "\u200b": "", "區": "区", "東": "东"},
)
WILD = st.text(st.characters(codec="utf-8"), max_size=60)


def cut(text: str) -> list[str]:
    return [text[piece.start : piece.end] for piece in VOCABULARY.cut(text)]


def test_text_is_cut_into_its_likeliest_pieces() -> None:
    assert cut("上半年860个")[-3:] == ["上半年", "860", "个"]


def test_a_piece_that_begins_with_the_space_stands_where_its_characters_stand() -> None:
    assert cut("多少个") == ["多少", "个"]


def test_traditional_characters_are_the_pieces_of_simplified_ones() -> None:
    assert [p.id for p in VOCABULARY.cut("東城區")] == [p.id for p in VOCABULARY.cut("东城区")]


def test_what_no_piece_knows_is_one_unknown_a_character() -> None:
    assert [p.id for p in VOCABULARY.cut("鑫8")][-2:] == [PieceVocabulary.UNKNOWN, 10]


def test_the_vocabulary_reads_what_it_wrote() -> None:
    again = PieceVocabulary.parse(VOCABULARY.written())
    assert (again.pieces, again.folds) == (VOCABULARY.pieces, VOCABULARY.folds)


def test_a_line_without_a_score_is_named() -> None:
    with pytest.raises(ValueError, match=r"line 1 .*'年'"):
        PieceVocabulary.parse("41 42\n\n上\t-1.0\n年\n".encode())


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


def test_the_sentence_comes_before_its_neighbours_where_room_is_short() -> None:
    window = Window("东" * 90, before="上" * 90, after="年" * 90)
    pair = PairEncoder(VOCABULARY).encode("多少", window)
    assert len(pair.sentence) == 91
    assert len(pair.ids) <= 96 + 4


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


def test_past_its_time_a_window_is_not_begun() -> None:
    reader, session = opened(0.02)
    readings = reader.read("多少个", [Window("上半年860个")] * 3, seconds=0.05)
    assert [reading is not None for reading in readings] == [True, True, False]
    assert session.runs == 2


def test_a_window_is_read_when_it_is_asked_for() -> None:
    reader, session = opened(0)
    next(reader.read("多少个", [Window("上半年860个")] * 3, seconds=1))
    assert session.runs == 1


def test_no_more_than_three_windows_are_read() -> None:
    reader, session = opened(0)
    readings = list(reader.read("多少个", [Window("上半年860个")] * 5, seconds=1))
    assert readings[3:] == [None, None]
    assert session.runs == 3


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

"""The small neural reader: the seam to it, one question and one window as its network sees them, and the network as shipped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.answering.pieces import Piece, PieceVocabulary


@dataclass(frozen=True, slots=True)
class Window:
    """A fact's sentence with what it inherits; every text as printed, empty where there is none.

    `question` is the question in other words, where this sentence is asked in others than the rest.
    """

    sentence: str
    before: str = ""
    after: str = ""
    title: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class ProposedSpan:
    """A run of characters of the window's sentence that may answer, `sentence[start:end]`.

    `probability` is that of this span among all spans of the sentence, given that the window answers at all.
    """

    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class DoubtedWord:
    """A run of the question, `question[start:end]`, and the probability that the window leaves it unsupported.

    Unsupported means: the window speaks of another value of the same kind (下半年 where it says 上半年, 宽 where it
    says 全长), or of nothing like it. The runs are the reader's own pieces, disjoint and in order; use `doubt_of`
    for words cut otherwise.
    """

    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class WindowReading:
    """What the reader makes of one question and one window.

    `spans` are proposals, best first, overlapping ones left out; `answerable` is the probability that the sentence
    answers the question as it is asked.
    """

    spans: tuple[ProposedSpan, ...]
    answerable: float
    doubts: tuple[DoubtedWord, ...]

    def doubt_of(self, start: int, end: int) -> float:
        """Return the greatest doubt about any piece of `question[start:end]`, 0 where the reader saw none of it."""
        return max((d.probability for d in self.doubts if d.start < end and start < d.end), default=0.0)

    @property
    def doubt(self) -> float:
        """The greatest doubt about any word of the question."""
        return max((d.probability for d in self.doubts), default=0.0)


class NeuralReader(Protocol):
    """Reads a question and a window together."""

    def read(
        self, question: str, windows: Sequence[Window], *, seconds: float
    ) -> Iterator[WindowReading | None]:
        """Give a reading for each window in the order given, None for those that no time was left for.

        `windows` come best first: each is read when it is asked for, and none is begun after `seconds`. Never raises
        for what the texts hold. May be called from several threads.
        """
        ...


MOST_QUESTION_PIECES = 48
MOST_TITLE_PIECES = 14
MOST_PIECES = 128
"""The longest pair: a sentence that does not fit is cut."""
FILLED_PIECES = 96
"""Neighbours fill a pair up to here: context is worth less than the milliseconds beyond."""

QUESTION, TITLE, NEIGHBOUR, SENTENCE = range(4)
SEGMENTS = 4
NO_TEXT, IN_SENTENCE, IN_CONTEXT, NOWHERE, HALF_IN_SENTENCE = range(5)
IN_QUESTION, HALF_IN_QUESTION, NOT_IN_QUESTION = range(5, 8)
MATCHES = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """Piece ids with their segment and word match, and the places of the question's and the sentence's pieces.

    `question` and `sentence` are (position in the pair, start, end): characters of the question and of the
    window's sentence.
    """

    ids: list[int]
    segments: list[int]
    matches: list[int]
    question: list[tuple[int, int, int]]
    sentence: list[tuple[int, int, int]]


class PairEncoder:
    """Lays question, title, neighbours and sentence out in one row of pieces."""

    def __init__(self, vocabulary: PieceVocabulary) -> None:
        self.vocabulary = vocabulary

    def encode(
        self,
        question: str,
        window: Window,
        *,
        most: int = MOST_PIECES,
        filled: int = FILLED_PIECES,
        skip: int | None = None,
    ) -> Pair:
        """Return the pair: begin, question, end, title, before, sentence, after, end.

        Of a sentence that does not fit, `skip` leaves out that many of the first pieces (training shows the reader
        the part that answers); without it, what shares most with the question is kept.
        """
        cut, folded, ids = self.vocabulary.cut, self.vocabulary.folded, PieceVocabulary
        asked = cut(question)[:MOST_QUESTION_PIECES]
        title = cut(window.title)[:MOST_TITLE_PIECES] if window.title else []
        sentence = cut(window.sentence)
        room = most - len(asked) - len(title) - 4
        if len(sentence) > room:
            if skip is None:
                asked_for = folded(question)
                skip = _fullest(
                    [_shared(folded(window.sentence[p.start : p.end]).strip(), asked_for) for p in sentence],
                    room,
                )
            skip = min(skip, len(sentence) - room)
            sentence = sentence[skip : skip + room]
        before = cut(window.before) if window.before else []
        after = cut(window.after) if window.after else []
        spare = max(0, min(filled, most) - len(asked) - len(title) - len(sentence) - 4)
        kept_before = min(len(before), max(spare // 2, spare - len(after)))
        before = before[len(before) - kept_before :]
        after = after[: spare - kept_before]

        in_sentence = folded(window.sentence)
        in_context = "\n".join(folded(text) for text in (window.title, window.before, window.after))
        in_question = folded(question)
        pair = Pair([ids.BEGIN], [QUESTION], [NO_TEXT], [], [])
        for piece in asked:
            word = folded(question[piece.start : piece.end]).strip()
            pair.question.append((len(pair.ids), piece.start, piece.end))
            self._put(pair, piece, QUESTION, _question_match(word, in_sentence, in_context))
        for segment in (QUESTION, TITLE):
            self._put(pair, Piece(ids.END, 0, 0), segment, NO_TEXT)
        parts = ((title, window.title, TITLE), (before, window.before, NEIGHBOUR))
        for pieces, text, segment in (
            *parts,
            (sentence, window.sentence, SENTENCE),
            (after, window.after, NEIGHBOUR),
        ):
            for piece in pieces:
                word = folded(text[piece.start : piece.end]).strip()
                if segment == SENTENCE:
                    pair.sentence.append((len(pair.ids), piece.start, piece.end))
                self._put(pair, piece, segment, _window_match(word, in_question))
        self._put(pair, Piece(ids.END, 0, 0), TITLE, NO_TEXT)
        return pair

    @staticmethod
    def _put(pair: Pair, piece: Piece, segment: int, match: int) -> None:
        pair.ids.append(piece.id)
        pair.segments.append(segment)
        pair.matches.append(match)


def _shared(word: str, question: str) -> int:
    """How much a piece shares with the question: single characters say nothing."""
    return (len(word) - 1) ** 2 if word in question else 0


def _fullest(weights: Sequence[int], room: int) -> int:
    """Return where the run of `room` begins that weighs most: the first, or in the middle of those that do alike."""
    sums = list(accumulate(weights, initial=0))
    runs = [sums[first + room] - sums[first] for first in range(len(weights) - room + 1)]
    best = [first for first, run in enumerate(runs) if run == max(runs)]
    return 0 if best[0] == 0 else best[len(best) // 2]


def _question_match(word: str, in_sentence: str, in_context: str) -> int:
    if not word:
        return NO_TEXT
    if word in in_sentence:
        return IN_SENTENCE
    if word in in_context:
        return IN_CONTEXT
    halves = sum(character in in_sentence for character in word) * 2
    return HALF_IN_SENTENCE if halves >= len(word) else NOWHERE


def _window_match(word: str, in_question: str) -> int:
    if not word:
        return NO_TEXT
    if word in in_question:
        return IN_QUESTION
    return HALF_IN_QUESTION if any(character in in_question for character in word) else NOT_IN_QUESTION


MOST_WINDOWS = 3
_MOST_SPANS = 5
_LONGEST_SPAN = 24
"""Pieces of the longest answer proposed; 99 of 100 public answers have fewer."""
_STARTS = 12
"""Likeliest starts and ends that are combined: the rest has no mass."""

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ReaderFiles:
    """What the reader is made of: the ONNX network and the pieces, as bytes."""

    network: bytes
    pieces: bytes


class OnnxReader:
    """Reads a question with up to three windows, one after another, until its time is up.

    The files are asked for and the network is opened at the first reading, once, whichever thread comes first;
    sessions of onnxruntime may be run from several threads. `clock` gives seconds, rising.
    """

    def __init__(
        self, runtime: Callable[[], ModuleType], files: Callable[[], ReaderFiles], clock: Callable[[], float]
    ) -> None:
        self._runtime = runtime
        self._files = files
        self._clock = clock
        self._opening = threading.Lock()
        self._opened: tuple[Any, PairEncoder] | None = None

    def read(
        self, question: str, windows: Sequence[Window], *, seconds: float
    ) -> Iterator[WindowReading | None]:
        """Give a reading for each window, None for those past the third or past the time."""
        session, encoder = self._open()
        until = self._clock() + seconds
        for number, window in enumerate(windows):
            in_time = number < MOST_WINDOWS and self._clock() < until
            asked = window.question or question
            yield self._read(session, encoder, asked, window) if in_time else None

    def _open(self) -> tuple[Any, PairEncoder]:
        with self._opening:
            if self._opened is None:
                files, runtime = self._files(), self._runtime()
                options = runtime.SessionOptions()
                # What is shipped is fused already (`knowledge/training/reader/export.py`), and opens in half the time.
                options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
                options.intra_op_num_threads = 1
                options.inter_op_num_threads = 1
                session = runtime.InferenceSession(files.network, options, providers=["CPUExecutionProvider"])
                self._opened = session, PairEncoder(PieceVocabulary.parse(files.pieces))
            return self._opened

    @staticmethod
    def _read(session: Any, encoder: PairEncoder, question: str, window: Window) -> WindowReading:
        pair = encoder.encode(question, window)
        row = {
            "ids": np.array([pair.ids], dtype=np.int64),
            "segments": np.array([pair.segments], dtype=np.int64),
            "matches": np.array([pair.matches], dtype=np.int64),
        }
        start, end, doubt, answerable = session.run(("start", "end", "doubt", "answerable"), row)
        return WindowReading(
            spans=_spans(pair, start[0], end[0]),
            answerable=float(_logistic(answerable[0])),
            doubts=tuple(
                DoubtedWord(first, last, float(_logistic(doubt[0][place])))
                for place, first, last in pair.question
            ),
        )


def _spans(pair: Pair, start: _Floats, end: _Floats) -> tuple[ProposedSpan, ...]:
    """Return the likeliest spans of the sentence, those that overlap a likelier one left out."""
    if not pair.sentence:
        return ()
    places = np.array([place for place, _, _ in pair.sentence])
    starts, ends = _softmax(start[places]), _softmax(end[places])
    found: list[ProposedSpan] = []
    for first in np.argsort(-starts)[:_STARTS]:
        for last in np.argsort(-ends)[:_STARTS]:
            if first <= last < first + _LONGEST_SPAN:
                begin, finish = pair.sentence[first][1], pair.sentence[last][2]
                found.append(ProposedSpan(begin, finish, float(starts[first] * ends[last])))
    found.sort(key=lambda span: -span.probability)
    kept: list[ProposedSpan] = []
    for span in found:
        if len(kept) < _MOST_SPANS and not any(o.start < span.end and span.start < o.end for o in kept):
            kept.append(span)
    return tuple(kept)


def _softmax(logits: _Floats) -> _Floats:
    raised = np.exp(logits - logits.max())
    shares: _Floats = raised / raised.sum()
    return shares


def _logistic(logit: float) -> float:
    return 1.0 / (1.0 + float(np.exp(-logit)))

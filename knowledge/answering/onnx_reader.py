"""The reader as shipped: an int8 network in onnxruntime, opened at the first question, on one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.answering.pairs import Pair, PairEncoder
from knowledge.answering.pieces import PieceVocabulary
from knowledge.answering.reader import DoubtedWord, ProposedSpan, Window, WindowReading

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
            yield self._read(session, encoder, question, window) if in_time else None

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

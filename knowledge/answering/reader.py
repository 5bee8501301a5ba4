"""The seam to the small neural reader: one question and one sentence in, spans and doubts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Window:
    """A fact's sentence with what it inherits; every text as printed, empty where there is none."""

    sentence: str
    before: str = ""
    after: str = ""
    title: str = ""


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

"""Examples of one question: the window that answers, near misses, the same change on both sides, other windows."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.answering.reader import Window
from knowledge.text.analyzer import Token
from knowledge.training.near_misses import crossed
from knowledge.training.reader.changes import near_miss
from knowledge.training.reader.sources import PublicText, ReaderQuestion, ReaderSet
from knowledge.training.reader.words import WordKinds, asked_otherwise, placed_words

_NEIGHBOUR = 120
_COMMON_GRAM = 600
_CLOSE = 10


@dataclass(frozen=True, slots=True)
class ReadingExample:
    """A question and a window, and what the reader should say.

    `span` is where the sentence answers, None for none; `doubted` the run of the question that is unsupported;
    `judged` says whether the words of the question are told apart at all.
    """

    kind: str
    question: str
    window: Window
    answerable: bool
    span: tuple[int, int] | None = None
    doubted: tuple[int, int] | None = None

    @property
    def judged(self) -> bool:
        """Whether each word of the question is known to be supported or not."""
        return self.answerable or self.doubted is not None


class ExampleMaker:
    """Makes the examples of any question of its sets, afresh at each call."""

    def __init__(self, sets: Sequence[ReaderSet], lexicon: WordKinds) -> None:
        self.sets = sets
        self.lexicon = lexicon
        self.questions = [(number, asked) for number, one in enumerate(sets) for asked in one.asked]
        self._grams = self._indexed()

    def _indexed(self) -> dict[str, list[tuple[int, int, int]]]:
        grams: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for number, one in enumerate(self.sets):
            for place, passage in enumerate(one.passages):
                for sentence, (start, end) in enumerate(passage.sentences):
                    text = passage.text[start:end]
                    for gram in {text[i : i + 2] for i in range(len(text) - 1)}:
                        if len(grams[gram]) <= _COMMON_GRAM:
                            grams[gram].append((number, place, sentence))
        return grams

    def window(self, set_number: int, passage: int, sentence: int) -> Window:
        """Return a sentence of a passage with its neighbours and title."""
        text = self.sets[set_number].passages[passage]
        return window_of(text.text, text.sentences, sentence, text.title)

    def group(
        self, set_number: int, asked: ReaderQuestion, rng: random.Random, *, plain: bool = False
    ) -> list[ReadingExample]:
        """Return the examples of one question; `plain` leaves the question as it is, for judging."""
        if asked.sentence is None:
            return []
        window = self.window(set_number, asked.passage, asked.sentence)
        answer = self._answer(window, asked)
        question = (
            asked.text if plain or rng.random() < 0.5 else asked_otherwise(asked.text, self.lexicon, rng)
        )
        span = (asked.start, asked.start + len(answer))
        examples = [ReadingExample("answer", question, window, answerable=True, span=span)]
        examples += self._near_misses(question, window, span, rng)
        examples += self._crossed(question, window, span, rng)
        examples += self._elsewhere(set_number, asked, question, answer, rng, plain=plain)
        return examples

    @staticmethod
    def _answer(window: Window, asked: ReaderQuestion) -> str:
        standing = [a for a in asked.answers if window.sentence.startswith(a, asked.start)]
        return min(standing, key=len)

    def _near_misses(
        self, question: str, window: Window, span: tuple[int, int], rng: random.Random
    ) -> list[ReadingExample]:
        context = "\n".join((window.title, window.before, window.sentence, window.after))
        change = near_miss(question, context + question, self.lexicon, rng)
        if change is None:
            return []
        changed = change.applied(question)
        doubted = (change.start, change.end)
        found = [ReadingExample(f"near-{change.kind}", changed, window, answerable=False, doubted=doubted)]
        answer = window.sentence[span[0] : span[1]]
        if change.old not in context or change.old in answer or change.kind in ("negation", "asked"):
            return found
        moved = Window(*(t.replace(change.old, change.new) for t in _texts(window)))
        start = len(window.sentence[: span[0]].replace(change.old, change.new))
        if moved.sentence[start : start + len(answer)] == answer:
            if rng.random() < 0.3:
                both = (start, start + len(answer))
                found.append(ReadingExample("both", changed, moved, answerable=True, span=both))
            if rng.random() < 0.3:
                stays = (change.start, change.start + len(change.old))
                found.append(ReadingExample("near-window", question, moved, answerable=False, doubted=stays))
        return found

    @staticmethod
    def _crossed(
        question: str, window: Window, span: tuple[int, int], rng: random.Random
    ) -> list[ReadingExample]:
        near = f"{window.before}\n{window.after}"
        change = crossed(question, window.sentence, span, near, _cut, rng)
        if change is None:
            return []
        place = (change.start, change.start + len(change.new))
        asked = question[: change.start] + change.new + question[change.start + len(change.old) :]
        return [ReadingExample("near-crossed", asked, window, answerable=False, doubted=place)]

    def _elsewhere(
        self,
        set_number: int,
        asked: ReaderQuestion,
        question: str,
        answer: str,
        rng: random.Random,
        *,
        plain: bool,
    ) -> list[ReadingExample]:
        found: list[ReadingExample] = []
        passage = self.sets[set_number].passages[asked.passage]
        assert asked.sentence is not None
        others = [n for n in range(len(passage.sentences)) if abs(n - asked.sentence) > 1]
        others = [
            n for n in others if answer not in "".join(_texts(self.window(set_number, asked.passage, n)))
        ]
        drawn = rng.random()
        if others and drawn < 0.4:
            other = max(
                rng.sample(others, min(3, len(others))), key=lambda n: self._shared(question, passage, n)
            )
            found.append(
                ReadingExample(
                    "other", question, self.window(set_number, asked.passage, other), answerable=False
                )
            )
        elif drawn < 0.75 and len(passage.sentences) > 1:
            beside = asked.sentence + rng.choice((-1, 1))
            if 0 <= beside < len(passage.sentences):
                window = self.window(set_number, asked.passage, beside)
                if rng.random() < 0.7 and asked.sentence > beside:
                    window = replace(window, after="")
                elif rng.random() < 0.7 and asked.sentence < beside:
                    window = replace(window, before="")
                if answer not in window.sentence:
                    found.append(ReadingExample("beside", question, window, answerable=False))
        if plain or rng.random() < 0.15:
            far = self._far(set_number, asked.passage, question, answer, rng)
            if far is not None:
                found.append(ReadingExample("far", question, far, answerable=False))
        return found

    @staticmethod
    def _shared(question: str, passage: PublicText, number: int) -> int:
        start, end = passage.sentences[number]
        return len(set(passage.text[start:end]) & set(question))

    def _far(
        self, set_number: int, own: int, question: str, answer: str, rng: random.Random
    ) -> Window | None:
        """Return a window of another passage that shares rare pairs of characters with the question."""
        scores: dict[tuple[int, int, int], float] = defaultdict(float)
        for gram in {question[i : i + 2] for i in range(len(question) - 1)}:
            standing = self._grams.get(gram, [])
            if 0 < len(standing) < _COMMON_GRAM:
                for place in standing:
                    scores[place] += math.log(_COMMON_GRAM * 40 / len(standing))
        close = sorted(scores, key=lambda place: -scores[place])[: _CLOSE * 3]
        close = [place for place in close if place[:2] != (set_number, own)][:_CLOSE]
        if not close:
            return None
        window = self.window(*close[min(len(close) - 1, int(rng.expovariate(0.5)))])
        return None if answer in "".join(_texts(window)) else window


def window_of(text: str, sentences: Sequence[tuple[int, int]], number: int, title: str) -> Window:
    """Return one sentence of a text with its neighbours, those cut to what a pair can hold."""

    def at(place: int) -> str:
        if not 0 <= place < len(sentences):
            return ""
        start, end = sentences[place]
        return text[start:end].rstrip("\n")

    return Window(at(number), at(number - 1)[-_NEIGHBOUR:], at(number + 1)[:_NEIGHBOUR], title)


def _texts(window: Window) -> tuple[str, str, str, str]:
    return window.sentence, window.before, window.after, window.title


def _cut(text: str) -> list[Token]:
    return [Token(token.word, token.tag, token.start) for token in placed_words(text)]

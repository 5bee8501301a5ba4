"""A fact with what it inherits: its neighbours, section, titles and date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from knowledge.model import Fact
from knowledge.query.question import FEW_WORDS, QuestionType, read_question
from knowledge.text.analyzer import Analyzer, Token
from knowledge.text.folding import INSIDE, SEPARATOR
from knowledge.text.numbers import Quantity
from knowledge.text.periods import DatedSpan, Period, periods

LONGEST_SPEAKER = 8
LONGEST_TURN = 20
_COMPLEMENTS = "出成完好掉起住"
_SCALES = frozenset("百千万亿")


def tight(folded: str) -> str:
    """Return a folded text without quotation marks and spaces, which may stand inside a word."""
    return folded.replace(INSIDE, "").replace(SEPARATOR, "")


@dataclass(frozen=True)
class Surroundings:
    """What stands around a fact, as printed: the sentences before and after it, and what heads it."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    date: str | None = None


class Passage:
    """One fact and its surroundings, read once for all that is asked of them; `text` is the fact as printed."""

    def __init__(self, text: str, around: Surroundings, language: Analyzer) -> None:
        self.text = text
        self.around = around
        self.language = language
        self.folded = language.fold(text)

    @classmethod
    def of(cls, fact: Fact, before: tuple[Fact, ...], after: tuple[Fact, ...], language: Analyzer) -> Passage:
        """Read a fact between neighbours of its article."""
        article = fact.article
        printed = (article.kicker, article.title, article.subtitle)
        heads = (*(head.text for head in printed if head), *((fact.section,) if fact.section else ()))
        sections = tuple(f.text for f in before), tuple(f.text for f in after)
        return cls(fact.text, Surroundings(*sections, heads, article.date), language)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The fact's words."""
        return self.language.tokens(self.folded)

    @cached_property
    def figures(self) -> tuple[Quantity, ...]:
        """The fact's figures; a noun that only begins as one does is none: 百度."""
        nouns = {(t.start, t.start + len(t.text)) for t in self.tokens if t.tag[:1] == "n"}
        told = self.language.quantities(self.folded)
        return tuple(one for one in told if one.text[0] not in _SCALES or (one.start, one.end) not in nouns)

    @cached_property
    def tight(self) -> str:
        """The fact as words are looked for in it."""
        return tight(self.folded)

    @cached_property
    def heads(self) -> str:
        """Titles and section, folded and tight."""
        return " ".join(tight(self.language.fold(head)) for head in self.around.heads)

    @cached_property
    def near(self) -> str:
        """The neighbours, folded and tight."""
        return " ".join(tight(self.language.fold(text)) for text in (*self.around.before, *self.around.after))

    @cached_property
    def asks(self) -> bool:
        """Whether the fact is itself a question, by its mark or, of a short turn of a talk, by its words."""
        said = self.folded.rstrip(f"{INSIDE}{SEPARATOR}\"'”」』 ")
        speaker, colon, turn = said.partition(":")
        if said.endswith(("?", "？")):
            return True
        short = bool(colon) and len(speaker) <= LONGEST_SPEAKER and len(turn) <= LONGEST_TURN
        return short and read_question(turn, self.language.tokens(turn)).type in FEW_WORDS - {
            QuestionType.FIGURE
        } | {
            QuestionType.WHY,
            QuestionType.HOW,
            QuestionType.YES_NO,
        }

    @cached_property
    def periods(self) -> tuple[DatedSpan, ...]:
        """The times that the fact itself tells."""
        return periods(self.folded)

    @cached_property
    def inherited(self) -> Period:
        """The time that a fact without one takes from section, titles, the sentence before or the article's date."""
        whole = Period()
        for text in (*reversed(self.around.heads), *reversed(self.around.before), self.around.date or ""):
            for span in periods(self.language.fold(text))[-1:]:
                whole = whole.within(span.period)
        return whole

    def holds_within_another(self, word: str) -> bool:
        """Tell whether a word stands only within one of another meaning: 出口 in 进出口, 学生 in 大学生, 中学 in 中小学."""
        if len(word) != 2 or any(token.text == word for token in self.tokens):
            return False
        others = [t.text for t in self.tokens if len(t.text) == 3 and t.tag in ("n", "vn", "v")]
        ends = sum(other.endswith(word) for other in others)
        holds = any(other[0] + other[2] == word for other in others)
        return (ends > 0 or holds) and ends == self.tight.count(word)

    def holds_opened(self, verb: str) -> bool:
        """Tell whether a verb and its complement stand with one character between: 查出 in 查找出, 建成 in 建设成."""
        opened = rf"{re.escape(verb[0])}[\u4e00-\u9fff]{verb[1]}"
        return verb[1] in _COMPLEMENTS and re.search(opened, self.tight) is not None

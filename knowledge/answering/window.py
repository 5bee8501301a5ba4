"""A fact with what it inherits: its neighbours, section, titles and date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from knowledge.model import Fact
from knowledge.query.question import FEW_WORDS, QuestionType, read_question
from knowledge.text.analyzer import SURNAMES, Analyzer, Token
from knowledge.text.folding import INSIDE, SEPARATOR
from knowledge.text.numbers import NUMBERED_HEADING, Quantity
from knowledge.text.periods import DatedSpan, Period, Relation, periods

LONGEST_SPEAKER = 8
LONGEST_TURN = 20
_COMPLEMENTS = "出成完好掉起住"
_ASKING = FEW_WORDS - {QuestionType.FIGURE} | {QuestionType.WHY, QuestionType.HOW, QuestionType.YES_NO}
_SCALES = frozenset("百千万亿")
_SPEAKING = re.compile(
    rf"(?<=[长任记理员授师裁席士人])(?P<name>[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}})"
    r"(?=说[,:，：]|介绍|表示|告诉|认为|指出|透露|坦言|强调|解释说)"
)
"""A name between an office and a verb of saying, wherever words are cut: 站长|乐晓梅|说."""
_NUMBERING = re.compile(r"[条款章节]\s|.[、.](?!\d)")
Place = tuple[int, int]
"""Where something stands in a text: its start and end."""
HELD = (Relation.SAME, Relation.NARROWER)
"""How a time stands to one asked for that it tells of."""
CLAUSE_END = re.compile(r"[;；。!！?？]|[:：](?!\d)|(?<!\d)[,，]|[,，](?!\d)|——|…")
SENTENCE_PART = re.compile(r"[;；。]")
CELL_END = re.compile(rf"{CLAUSE_END.pattern}|\|")
ITEM_END = re.compile(rf"{CELL_END.pattern}|、(?!\d)")
"""What parts clauses, also the cells of a row, also the items of an enumeration; never a number or a time."""


def tight(folded: str) -> str:
    """Return a folded text without quotation marks and spaces, which may stand inside a word."""
    return folded.replace(INSIDE, "").replace(SEPARATOR, "")


def _speaker(passage: Passage) -> str:
    """Who speaks in a turn of a talk, or nothing."""
    speaker, colon, _ = passage.folded.partition(":")
    return speaker if colon and len(speaker) <= LONGEST_SPEAKER else ""


def part_of(text: str, place: Place, mark: re.Pattern[str]) -> Place:
    """Return where the part of a text lies, between marks, that holds a span."""
    stops = [match.span() for match in mark.finditer(text)]
    start = max((end for _, end in stops if end <= place[0]), default=0)
    return start, min((begin for begin, _ in stops if begin >= place[1]), default=len(text))


def holds_part(word: str, text: str, length: int) -> bool:
    """Tell whether a text holds as many characters of a word in a row."""
    return any(word[at : at + length] in text for at in range(len(word) - length + 1))


@dataclass(frozen=True)
class Surroundings:
    """What stands around a fact, as printed: the sentences before and after it, and what heads it, the section last.

    `label` is the heading that stands right over the fact.
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    date: str | None = None
    label: str = ""


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
        heads = (*(head.text for head in fact.article.heads), *((fact.section,) if fact.section else ()))
        near = tuple(f.text for f in before), tuple(f.text for f in after)
        label = fact.section or ""
        if before and before[-1].section == fact.section:  # that stands farther up
            label = before[-1].text if NUMBERED_HEADING.fullmatch(before[-1].text) else ""
        return cls(fact.text, Surroundings(*near, heads, fact.article.date, label), language)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The fact's words; a figure is given back the measure that a name behind it took, a name what the word behind it took.

        9时30分|在江城 is no 分在江|城, and 赵明|众系 is 赵明众|系 where a sentence or a title beside has 赵明众.
        """
        tokens = self.language.tokens(self.folded)
        names = [(one.start, one.start + len(one.text)) for one in tokens if one.tag[:2] == "nr"]
        ends = (figure.end for figure in self.language.quantities(self.folded))
        cuts = {at for at in ends if any(start < at < end for start, end in names)}
        for start, end in names:
            whole = self.folded[start : end + 1]
            if len(whole) == 3 and whole.isalpha() and whole[0] in SURNAMES and self._is_named_beside(whole):
                cuts |= {start, end + 1}
        begun = {one.start: one.tag[:1] for one in tokens}
        spoken = {
            m.span("name")
            for m in _SPEAKING.finditer(self.folded)
            if begun.get(m.start("name"), "") not in (*"dpcru",)
        }
        cuts |= {at for place in spoken for at in place}
        if not cuts:
            return tokens
        found: list[Token] = []
        for start, end in pairwise((0, *sorted(cuts - {0}), len(self.folded))):
            told = self.folded[start:end]
            own = (Token(told, "nr", 0),) if (start, end) in spoken else self.language.tokens(told)
            found += [one._replace(start=one.start + start) for one in own]
        return tuple(found)

    def _is_named_beside(self, name: str) -> bool:
        around = (*self.around.heads, *self.around.before, *self.around.after)
        return any(
            token.text == name and token.tag == "nr"
            for text in map(self.language.fold, around)
            if name in text
            for token in self.language.tokens(text)
        )

    @cached_property
    def figures(self) -> tuple[Quantity, ...]:
        """The fact's figures; what a noun (百度) or a longer word (零部件) only begins with is none, nor what numbers it: 第九条."""
        nouns = {(t.start, t.start + len(t.text)) for t in self.tokens if t.tag[:1] == "n"}
        ends = {t.start: t.start + len(t.text) for t in self.tokens if self.language.knows(t.text)}

        def counts(one: Quantity) -> bool:
            within = one.end < ends.get(one.start, 0) and not one.approximate
            every = one.text[0] == "一" and self.folded[: one.start].endswith("每")  # 每一处 is no figure
            heads = one.start == 0 and _NUMBERING.match(self.folded, one.end - 1) is not None
            return not (within or every or heads) and (
                one.text[0] not in _SCALES or (one.start, one.end) not in nouns
            )

        return tuple(filter(counts, self.language.quantities(self.folded)))

    @cached_property
    def tight(self) -> str:
        """The fact as words are looked for in it."""
        return tight(self.folded)

    @cached_property
    def heads(self) -> str:
        """Titles and section, folded and tight."""
        return " ".join(tight(self.language.fold(head)) for head in self.around.heads)

    @cached_property
    def label(self) -> str:
        """The heading right over the fact, folded and tight: it says whose value the fact is, as 报名时间：5月6日 does."""
        return tight(self.language.fold(self.around.label))

    @cached_property
    def near(self) -> str:
        """The neighbours, folded and tight."""
        return " ".join(tight(self.language.fold(text)) for text in (*self.around.before, *self.around.after))

    @cached_property
    def asks(self) -> bool:
        """Whether the fact is itself a question, by its mark or, of a short turn of a talk, by its words."""
        said = self.folded.rstrip(f"{INSIDE}{SEPARATOR}\"'”」』 ")
        if said.endswith(("?", "？")):
            return True
        turn = said.partition(":")[2]
        short = _speaker(self) != "" and len(turn) <= LONGEST_TURN
        return short and read_question(turn, self.language).type in _ASKING

    @property
    def only_heads(self) -> bool:
        """Whether the fact is a numbered heading among clauses, whose value the next one says: 二、报名时间."""
        return bool(self.around.after) and NUMBERED_HEADING.fullmatch(self.text) is not None

    @cached_property
    def replies_to(self) -> str:
        """What the heading right over the fact asks, or another speaker right before it (问：…？ / 答：…), folded and tight."""
        heading = Passage(self.around.label, self.around, self.language)
        turn = Passage((self.around.before or ("",))[-1], self.around, self.language)
        taken_up = turn.asks and "" != _speaker(self) != _speaker(turn) != ""
        return heading.tight if heading.asks else turn.tight.partition(":")[2] if taken_up else ""

    @cached_property
    def periods(self) -> tuple[DatedSpan, ...]:
        """The times that the fact itself tells."""
        return periods(self.folded)

    def spans_of(self, period: Period) -> list[DatedSpan]:
        """Return where the fact itself tells a time asked for, or a part of it."""
        return [one for one in self.periods if period.related(one.period.within(self.inherited)) in HELD]

    @cached_property
    def inherited(self) -> Period:
        """The time that a fact without one takes from section, titles, the sentence before or the article's date."""
        whole = Period()
        for text in (*reversed(self.around.heads), *reversed(self.around.before), self.around.date or ""):
            for span in periods(self.language.fold(text))[-1:]:
                whole = whole.within(span.period)
        return whole

    def holds_within_another(self, word: str) -> bool:
        """Tell whether a word stands only within one of another meaning: 出口 in 进出口, 学生 in 大学生."""
        if len(word) != 2 or any(token.text == word for token in self.tokens):
            return False
        longer = (t for t in self.tokens if len(t.text) == 3 and t.tag in ("n", "vn", "v"))
        knows = self.language.knows
        others = [  # 国考单 is no word, and 处罚金 of 并处罚金 may be cut elsewhere
            t.text
            for t in longer
            if knows(t.text) and not knows(self.folded[max(0, t.start - 1) : t.start + 1])
        ]
        ends = sum(other.endswith(word) for other in others)
        return 0 < ends == self.tight.count(word)

    def holds_alike(self, word: str, verbal: bool) -> bool:
        """Tell whether a word of the same sort shares a character: 上涨 and 上升, 修建 and 承建."""
        return any(
            len(token.text) > 1 and (token.tag[:1] == "v") == verbal and not set(word).isdisjoint(token.text)
            for token in self.tokens
        )

    def holds_opened(self, verb: str) -> bool:
        """Tell whether a verb and its complement stand with one character between: 查出 in 查找出, 建成 in 建设成."""
        opened = rf"{re.escape(verb[0])}[\u4e00-\u9fff]{verb[1]}"
        return verb[1] in _COMPLEMENTS and re.search(opened, self.tight) is not None

"""Which spans are such a thing as was asked for: of a kind that may answer, and counting that very thing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knowledge.answering.candidates import Candidate, CandidateKind
from knowledge.answering.constraints import asked_measure, is_of_measure
from knowledge.answering.scorer import unit_of
from knowledge.answering.whole import nouns_after
from knowledge.answering.window import Passage
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.text.analyzer import NAME_TAGS, Token
from knowledge.text.numbers import Quantity

_COUNTS = frozenset({CandidateKind.COUNT, CandidateKind.BARE, CandidateKind.PERCENT, CandidateKind.ORDINAL})
_TIMES = frozenset({CandidateKind.DATE, CandidateKind.CLOCK})
TOLD = frozenset({CandidateKind.VALUE, CandidateKind.READ})
_NAMED_THINGS = (
    frozenset(CandidateKind) - _COUNTS - _TIMES - {CandidateKind.DURATION, CandidateKind.FREQUENCY}
)
MEASURED = frozenset({CandidateKind.COUNT, CandidateKind.BARE}) | TOLD
"""多长 and 多宽 are told by no duration."""
FITTING = {
    QuestionType.DURATION: frozenset({CandidateKind.DURATION, CandidateKind.FREQUENCY, CandidateKind.CLOCK})
    | TOLD,
    QuestionType.TIME: _TIMES | {CandidateKind.BARE, CandidateKind.DURATION, CandidateKind.FREQUENCY} | TOLD,
    QuestionType.WHO: _NAMED_THINGS - {CandidateKind.PLACE, CandidateKind.CLAUSE},
    QuestionType.PLACE: _NAMED_THINGS - {CandidateKind.PERSON, CandidateKind.CLAUSE},
    QuestionType.ORGANISATION: _NAMED_THINGS - {CandidateKind.PERSON, CandidateKind.CLAUSE},
    QuestionType.AMOUNT: frozenset(CandidateKind) - _NAMED_THINGS - {CandidateKind.DATE} | TOLD,
    QuestionType.LIST: _NAMED_THINGS,
    QuestionType.SHARE: frozenset({CandidateKind.PERCENT}) | TOLD,
}
"""Kinds of spans that may answer a kind of question at all; without a row all may."""
_HAVING = frozenset("有设达为是含辖共建总")
"""What says no more of a thing than that it is there: 现有, 设立, 建成."""
_JOINING = frozenset("nvjsb")
_NOMINAL = frozenset("nbtsfja")


def joined_words(tokens: Sequence[Token]) -> list[Token]:
    """Return the words with a lone last character given back to what it ends: 门诊|楼 is 门诊楼, 县|道 县道."""
    found: list[Token] = []
    for at, token in enumerate(tokens):
        last = found[-1] if found else None
        ends = len(token.text) == 1 and token.tag[:1] == "n"
        begins = ends and at + 1 < len(tokens) and _is_lone_noun(tokens[at + 1], token.start + 1)
        if (
            ends
            and last is not None
            and last.start + len(last.text) == token.start
            and last.tag[:1] in _JOINING
            and (last.tag[:1] == "n" if len(last.text) == 1 else not begins)
        ):
            found[-1] = Token(last.text + token.text, last.tag if last.tag in NAME_TAGS else "n", last.start)
        else:
            found.append(token)
    return found


def _is_lone_noun(token: Token, start: int) -> bool:
    return token.start == start and len(token.text) == 1 and token.tag[:1] == "n"


def count_others(query: Query, passage: Passage, proposed: Sequence[Candidate]) -> npt.NDArray[np.bool_]:
    """Tell of each candidate whether it is a figure of something else than is asked for.

    It is of another measure (persons, where money is asked for), or it counts another thing while there is a figure of
    the very thing: 19座 of 设19座车站，其中4座换乘站 for 几座换乘站.
    """
    figures = {figure.end: figure for figure in passage.figures}
    told = [figures.get(one.end) for one in proposed]
    measure, noun = asked_measure(query), query.question.noun
    if measure:
        units = ("" if one is None else unit_of(one, passage.folded) for one in told)
        return np.array([not is_of_measure(measure, unit) for unit in units])
    words = joined_words(passage.tokens) if noun else []
    counted = {end: _counted(figure, passage, words) for end, figure in figures.items()}
    wanted = [end for end, things in counted.items() if noun and any(noun in thing for thing in things)]
    first = min(wanted, default=0)
    only_asks = not any(word.tag[:1] in "va" and word.text not in noun for word in query.words)

    narrower = {
        end
        for end in wanted
        if only_asks and _is_narrower(figures[end], counted[end][0] or counted[end][1], query, passage)
    }
    if wanted and narrower == set(wanted):
        return np.ones(len(proposed), dtype=np.bool_)

    def is_of_other(one: Quantity) -> bool:
        after, before = counted[one.end]
        if one.end in narrower:
            return True
        if noun and len(after) > 1 and after in query.text and after[:1] not in noun and noun not in after:
            return True  # 81个集团 for how many doctors a 集团 has
        # Behind the figure asked for come its parts: 新增学位3600个，其中城区2400个.
        thing = after or (before if one.end < first else "")
        return bool(first and thing) and noun not in after + before

    return np.array([one is not None and is_of_other(one) for one in told])


def _is_narrower(figure: Quantity, thing: str, query: Query, passage: Passage) -> bool:
    """Tell whether what is counted is a part of what is asked for: 资助学生, 捐赠图书 where nothing but their number is."""
    noun = query.question.noun
    if not noun or not thing.endswith(noun):
        return False
    at = passage.folded.rfind(thing, 0, figure.end + len(thing))
    led = (token for token in passage.tokens if at <= token.start < at + len(thing) - len(noun))
    before = [
        token for token in passage.tokens if token.start + len(token.text) == at and token.tag[:1] == "v"
    ]
    return any(
        len(token.text) > 1
        and token.tag[:1] in "vna"
        and token.tag != "ns"
        and token.text not in query.text
        and _HAVING.isdisjoint(token.text)
        for token in (*led, *before)
    )


def _counted(figure: Quantity, passage: Passage, words: Sequence[Token]) -> tuple[str, str]:
    """What a figure counts: the nouns right after it, and those right before it or before its verb (车站有19座)."""
    before = ""
    start = figure.start
    for word in reversed(words):
        if word.start + len(word.text) != start:
            continue
        if word.tag[:1] in _NOMINAL or word.tag == "vn":
            before = word.text + before
        elif before or len(word.text) > 1 or not word.text.isalnum():
            break
        start = word.start
    return passage.folded[figure.end : nouns_after(passage, figure)], before

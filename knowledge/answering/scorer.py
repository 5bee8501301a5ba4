"""What tells a right short answer from the other spans of a fact, one row a candidate; and the learned numbers that weigh it."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.answering.alignment import Alignment, Doubts
from knowledge.answering.candidates import Candidate, CandidateKind
from knowledge.answering.constraints import MONEY, OFFICE, SlotKind, asked_dimension
from knowledge.answering.window import CLAUSE_END, HELD, Passage, Place
from knowledge.query.analysis import Query
from knowledge.query.question import FEW_WORDS, QuestionType
from knowledge.text.numbers import Quantity, alike
from knowledge.text.periods import Period, Relation

Array = npt.NDArray[np.float64]

_REACH = 8.0
_ITEM_END = re.compile(r"、")
_FAR, _APART = 0.25, 0.6
TYPES = tuple(QuestionType)
KINDS = tuple(CandidateKind)
TAGS = ("", *"n nr ns nt nz v vn m q t a d p c u f x j r".split())  # noqa: SIM905
BESIDE = """
    由 被 为 是 在 于 从 到 至 达 达到 有 共 的 了 和 与 、 ， , 。 ： : “ 《 （ ( 向 对 把
    将 以 等 位于 来自 因 因为 由于 通过 针对 为了 叫 称为 成为 担任 其中 超过 增长 下降 占 同比 每 第
    ” 》 ） ) ； 时 后 前 起 | │ 曾 也 就 而 但 包括 如 即
    """.split()  # noqa: SIM905  eighty words, one a line, would hide them
"""Words right beside a candidate that may tell what it is."""
_BESIDE_AT = {word: at for at, word in enumerate(BESIDE)}
_TAG_AT = {tag: at for at, tag in enumerate(TAGS)}
_ASKS_MONEY = re.compile(
    r"钱|资金|经费|费用|金额|收入|投资|成本|元|票价|价格|造价|月租|租金|工资|房价|门票|GDP|产值"
)
NUMERIC = (
    "closeness", "same_clause", "clause_before", "clause_after", "covered", "focus_before", "focus_after", "follows_focus",
    "opens_clause", "closes_clause", "length", "log_length", "place", "unit_same", "unit_alike", "unit_other", "noun_ends", "noun_next",
    "noun_near", "noun_in", "period_same", "period_other", "money", "money_wrong", "office_before", "in_question", "dimension_near",
    "dimension_other", "read", "nearest_left", "nearest_right", "after_all", "head_asked", "same_item", "number_asked", "words",
)  # fmt: skip
WIDTH = len(NUMERIC) + len(TYPES) + len(KINDS) + 2 * len(BESIDE) + 4 * len(TAGS)


@dataclass(frozen=True, slots=True)
class Marked:
    """A word of the question and where it stands in the fact."""

    weight: float
    places: tuple[Place, ...]
    start: int
    end: int


def marks(query: Query, aligned: Sequence[Alignment], passage: Passage) -> tuple[Marked, ...]:
    """Return where the question's words stand in a fact, weighed by length and nearness to the question word."""
    asked = query.question
    found: list[Marked] = []
    for one in aligned:
        bound = one.constraint
        gap = asked.start - bound.end if bound.end <= asked.start else bound.start - asked.end
        heft = (bound.end - bound.start) * (0.6 if bound.kind is SlotKind.DEED else 1.0)
        weight = heft * (1 + 1 / (1 + max(0, gap) / 2)) if asked.start != asked.end else heft
        places = _places(bound.text, passage.folded)
        if not places and bound.kind is SlotKind.PERIOD and bound.period is not None:
            places = tuple((span.start, span.end) for span in passage.spans_of(bound.period))
        if not places and len(bound.text) > 2:
            parts = dict.fromkeys(bound.text[i : i + 2] for i in range(len(bound.text) - 1))
            places = tuple(place for part in parts for place in _places(part, passage.folded))
            weight *= 0.5
        if places:
            found.append(Marked(weight, places[:16], bound.start, bound.end))
    return tuple(found)


def _places(word: str, text: str) -> tuple[Place, ...]:
    found: list[Place] = []
    at = text.find(word) if word else -1
    while at >= 0:
        found.append((at, at + len(word)))
        at = text.find(word, at + len(word))
    return tuple(found)


def feature_rows(
    query: Query,
    passage: Passage,
    aligned: Sequence[Alignment],
    proposed: Sequence[Candidate],
    read: dict[Place, float],
) -> Array:
    """Return one row of `WIDTH` numbers for each candidate; `read` are a reader's probabilities by span."""
    folded, asked = passage.folded, query.question
    size, count = len(folded), len(proposed)
    starts = np.array([c.start for c in proposed], dtype=np.int64)
    ends = np.array([c.end for c in proposed], dtype=np.int64)
    marked = marks(query, aligned, passage)
    stops = [match.span() for match in CLAUSE_END.finditer(folded)]
    clause = clause_numbers(folded)
    item = clause * 1000 + _numbered(folded, _ITEM_END)
    total = sum(m.weight for m in marked) or 1.0
    inside = np.zeros(size + 1)
    clauses = int(clause[-1]) + 1
    held = np.zeros(clauses + 2)
    closeness: Array = np.zeros(count)
    left: Array = np.full(count, 60.0)
    right: Array = np.full(count, 60.0)
    last = 0
    own_clause, own_item = clause[starts], item[starts]
    same_item: Array = np.zeros(count)
    before = after = 1 / (1 + np.full(count, 60.0) / 4)
    follows: Array = np.zeros(count)
    first_after = min((m.start for m in marked if m.start >= asked.end > asked.start), default=-1)
    last_before = max((m.start for m in marked if m.end <= asked.start), default=-1)
    if marked:  # every place of every mark is a row, and a mark the rows between two bounds
        places = np.array([place for mark in marked for place in mark.places])
        bounds = np.cumsum([0, *(len(mark.places) for mark in marked)]).tolist()
        s, e = places[:, :1], places[:, 1:]
        gap = np.maximum(0, np.maximum(s - ends, starts - e)).astype(np.float64)
        in_item = item[s] == own_item
        near = 1 / (1 + gap / _REACH)
        near *= np.where(clause[s] == own_clause, np.where(in_item, 1.0, _APART), _FAR)
        weights = np.array([mark.weight / total for mark in marked])[:, None]
        closeness = (weights * np.maximum.reduceat(near, bounds[:-1])).sum(axis=0)
        same_item = (weights * np.logical_or.reduceat(in_item, bounds[:-1])).sum(axis=0)
        left = np.minimum(left, np.where(e <= starts, starts - e, 60).min(axis=0))
        right = np.minimum(right, np.where(s >= ends, s - ends, 60).min(axis=0))
        last = int(e.max())
        where = clause[s[:, 0]].tolist()
        for mark, (first, end) in zip(marked, pairwise(bounds), strict=True):
            for one in set(where[first:end]):
                held[one + 1] += mark.weight / total
            for place in mark.places:
                inside[place[0] : place[1]] = 1
            if mark.start == last_before:
                before = 1 / (1 + gap[first:end].min(axis=0) / 4)
                follows = np.any(e[first:end] <= starts, axis=0)
            if mark.start == first_after:
                after = 1 / (1 + gap[first:end].min(axis=0) / 4)
    within = np.concatenate([[0.0], np.cumsum(inside[:-1])])
    lengths = (ends - starts).astype(np.float64)
    opening, closing = np.zeros((2, size + 1), dtype=np.bool_)
    opening[[0, *(end for _, end in stops)]] = closing[[size, *(start for start, _ in stops)]] = True
    rows = np.zeros((count, WIDTH))
    columns = {
        "closeness": closeness,
        "same_clause": held[own_clause + 1],
        "clause_before": held[own_clause],
        "clause_after": held[np.minimum(own_clause + 2, clauses + 1)],
        "covered": (within[ends] - within[starts]) / lengths,
        "focus_before": before,
        "focus_after": after,
        "follows_focus": follows,
        "opens_clause": opening[starts],
        "closes_clause": closing[ends],
        "length": lengths / 10,
        "log_length": np.log(lengths),
        "place": starts / max(1, size),
        "nearest_left": 1 / (1 + left / 3),
        "nearest_right": 1 / (1 + right / 3),
        "after_all": starts >= last,
        "same_item": same_item,
    }
    for name, values in columns.items():
        rows[:, COLUMN[name]] = values
    _agreement(rows, query, passage, aligned, proposed, read)
    _beside(rows, passage, proposed)
    rows[:, len(NUMERIC) + TYPES.index(asked.type)] = 1
    rows[
        np.arange(count),
        len(NUMERIC) + len(TYPES) + np.array([_KIND_AT[c.kind] for c in proposed], dtype=np.int64),
    ] = 1
    return rows


COLUMN = {name: at for at, name in enumerate(NUMERIC)}
"""Where each number stands in a row."""
UNTAUGHT = (COLUMN["read"], len(NUMERIC) + len(TYPES) + KINDS.index(CandidateKind.READ))
"""Columns that only a reader fills."""
_KIND_AT = {kind: at for at, kind in enumerate(KINDS)}


def clause_numbers(text: str) -> npt.NDArray[np.int64]:
    """Return for each character, and the end, the number of the clause that it stands in."""
    return _numbered(text, CLAUSE_END)


def _numbered(text: str, mark: re.Pattern[str]) -> npt.NDArray[np.int64]:
    steps = np.zeros(len(text) + 1, dtype=np.int64)
    for match in mark.finditer(text):
        steps[match.end()] += 1
    return np.cumsum(steps)


def _agreement(
    rows: Array,
    query: Query,
    passage: Passage,
    aligned: Sequence[Alignment],
    proposed: Sequence[Candidate],
    read: dict[Place, float],
) -> None:
    """Unit, noun, time, money, office and dimension of each candidate beside those asked for."""
    asked, folded = query.question, passage.folded
    period = next((a.constraint.period for a in aligned if a.constraint.period is not None), None)
    figures = {f.end: f for f in passage.figures}
    office, head = np.zeros((2, len(folded) + 1), dtype=np.bool_)
    office[[t.start + len(t.text) for t in passage.tokens if OFFICE.search(t.text)]] = True
    if asked.start:
        for place, _ in _places(query.text[asked.start - 1], folded):
            head[place + 1 : place + 5] = True  # it stands among the four characters before
    starts = [one.start for one in proposed]
    rows[:, COLUMN["office_before"]] = office[starts]
    rows[:, COLUMN["head_asked"]] = head[starts]
    rows[:, COLUMN["in_question"]] = [folded[one.start : one.end] in query.text for one in proposed]
    if read:
        rows[:, COLUMN["read"]] = [read.get((one.start, one.end), 0.0) for one in proposed]
    for at, one in enumerate(proposed):
        if (figure := figures.get(one.end)) is not None:
            _of_figure(rows[at], query, figure, one, folded)
        if asked.noun:
            _of_noun(rows[at], asked.noun, one, folded)
    if period is not None and passage.periods:
        _of_period(rows, period, passage, proposed)


def _of_figure(row: Array, query: Query, figure: Quantity, one: Candidate, folded: str) -> None:
    asked, unit = query.question, figure.unit
    if asked.unit:
        counted = not unit and folded[: one.start].rstrip(": ").endswith(f"{asked.unit}数")  # 户数：8600
        same = unit.endswith(asked.unit) or asked.unit in (f"万{unit}", f"亿{unit}") or counted
        same |= not asked.noun and folded.startswith(asked.unit, figure.end)  # 16个站点 for 几站
        same |= asked.unit in unit and query.text.startswith(unit, asked.end - len(asked.unit))  # 几批次
        close = alike(asked.unit, unit)
        row[COLUMN["unit_same" if same else "unit_alike" if close else "unit_other"]] = 1
    is_money, money = bool(MONEY.search(unit)), bool(_ASKS_MONEY.search(query.text))
    row[COLUMN["money"]] = float(is_money and money)
    row[COLUMN["money_wrong"]] = float(is_money != money)
    if query.number_keys and figure.keys:
        row[COLUMN["number_asked"]] = float(all(key in query.number_keys for key in figure.keys))
    if dimension := asked_dimension(query):
        near = folded[max(0, one.start - 4) : one.start]
        row[COLUMN["dimension_near"]] = float(dimension in near)
        row[COLUMN["dimension_other"]] = float(any(d in near for d in "长宽高深厚重" if d != dimension))


def _of_noun(row: Array, noun: str, one: Candidate, folded: str) -> None:
    said, after, begins = folded[one.start : one.end], folded[one.end : one.end + 10], noun[:2]
    row[COLUMN["noun_ends"]] = float(said.endswith(noun) and said != noun)
    row[COLUMN["noun_next"]] = float(after.lstrip('"“及以上').startswith(begins))
    row[COLUMN["noun_near"]] = float(begins in after or begins in folded[max(0, one.start - 12) : one.start])
    row[COLUMN["noun_in"]] = float(begins in said)


def _of_period(rows: Array, period: Period, passage: Passage, proposed: Sequence[Candidate]) -> None:
    """Whether the last time before a candidate is the asked one or another."""
    told = [span for span in passage.periods if span.period.clock is None]
    relations = [period.related(span.period.within(passage.inherited)) for span in told]
    begins = [span.start for span in told]
    for at, one in enumerate(proposed):
        last = bisect_right(begins, one.start) - 1
        if last >= 0:
            rows[at, COLUMN["period_same"]] = float(relations[last] in HELD)
            rows[at, COLUMN["period_other"]] = float(relations[last] is Relation.OTHER)


def _beside(rows: Array, passage: Passage, proposed: Sequence[Candidate]) -> None:
    """The words right before and after each candidate, and the parts of speech there and at its ends."""
    tokens = passage.tokens
    starts = np.array([token.start for token in tokens])
    first = np.searchsorted(starts, [one.start for one in proposed], "right") - 1
    final = np.searchsorted(starts, [one.end - 1 for one in proposed], "right") - 1
    # Past either end stands nothing: number -1 of what follows.
    words = np.array([_BESIDE_AT.get(token.text, -1) for token in tokens] + [-1])
    tags = np.array([_TAG_AT.get(token.tag[:2], _TAG_AT.get(token.tag[:1], 0)) for token in tokens] + [0])
    before, after = first - 1, np.where(final + 1 < len(tokens), final + 1, -1)
    base = len(NUMERIC) + len(TYPES) + len(KINDS)
    every = np.arange(len(proposed))
    for slot, at in enumerate((before, after)):
        told = words[at]
        rows[every[told >= 0], base + slot * len(BESIDE) + told[told >= 0]] = 1
    base += 2 * len(BESIDE)
    for slot, at in enumerate((before, first, final, after)):
        rows[every, base + slot * len(TAGS) + tags[at]] = 1
    rows[:, COLUMN["words"]] = (final - first + 1) / 5


AT_ONCE = 16
"""Rows; OpenBLAS goes parallel from 2¹⁸ products on."""


@dataclass(frozen=True)
class Net:
    """Two layers: rows of features to one score each; the scores of one fact compare by softmax."""

    inner: Array
    inner_bias: Array
    outer: Array

    def scores(self, rows: Array) -> Array:
        """Return one score a row; a few rows at a time, so that no BLAS thread is woken for so little."""
        found = np.empty(len(rows))
        for first in range(0, len(rows), AT_ONCE):
            inner = rows[first : first + AT_ONCE] @ self.inner + self.inner_bias
            found[first : first + AT_ONCE] = np.maximum(inner, 0.0) @ self.outer
        return found


@dataclass(frozen=True)
class Logistic:
    """A probability as a weighed sum of named evidence."""

    weights: dict[str, float]
    bias: float

    def of(self, evidence: dict[str, float]) -> float:
        """Return the probability, 0 to 1."""
        logit = self.bias + sum(weight * evidence.get(name, 0.0) for name, weight in self.weights.items())
        return float(1 / (1 + np.exp(-min(30.0, max(-30.0, logit)))))


@dataclass(frozen=True)
class Decisions:
    """How evidence is weighed: what ranks the first few facts, what claims, what may be said, and from which chances.

    `found` decides for each group of questions (`question_group`); `borne_out` makes a chance of what is `told`
    (stacking: Wolpert 1992), so that of what is told as likely as p a share p is right.
    """

    order: dict[str, float]
    found: dict[str, Logistic]
    said: Logistic
    found_from: float
    said_from: float
    borne_out: dict[str, Logistic]

    def chance(self, group: str, evidence: dict[str, float], beside: float | None = None) -> float:
        """Return the probability that a claim for a group of questions is right; `beside` is what another judge says."""
        return self.borne_out[group].of(self.told(group, evidence, beside))

    def told(self, group: str, evidence: dict[str, float], beside: float | None = None) -> dict[str, float]:
        """Return what the judges say, as log odds: both as one, and the reader alone where it is sure.

        Two judges count alike: what they weigh differs, and so do the texts on which each is wrong. To both a word
        that no sentence holds weighs heavily, so that a reader who is sure must be heard apart; one that is not tells
        less, of dense prose nothing.
        """
        mine = self.found[group].of(evidence)
        if beside is None:
            return {"told": logit(mine)}
        return {"told": logit((mine + beside) / 2), "sure": max(0.0, evidence["read_answerable"])}


def logit(chance: float) -> float:
    """Return log odds, of chances between .0001 and .9999."""
    inside = min(1 - 1e-4, max(1e-4, chance))
    return float(np.log(inside / (1 - inside)))


@dataclass(frozen=True)
class AnswerModel:
    """What `make models` learns for answering: doubts of words, the scorer, the decisions with and without a reader."""

    doubts: Doubts
    net: Net
    alone: Decisions
    with_reader: Decisions


def question_group(kind: QuestionType) -> str:
    """Return which decision a kind of question has: few words answer it, it is told, or its words are to be there."""
    if kind in (QuestionType.NONE, QuestionType.FIGURE):
        return "words"
    return "few" if kind in FEW_WORDS else "told"


def read_answer_model(path: Path) -> AnswerModel:
    """Read a model file."""
    row = json.loads(path.read_text(encoding="utf-8"))
    net = row["net"]
    inner = np.array(net["inner"], dtype=np.float64).reshape(WIDTH, -1)
    return AnswerModel(
        Doubts(**row["doubts"]),
        Net(inner, np.array(net["inner_bias"]), np.array(net["outer"])),
        _decisions(row["alone"]),
        _decisions(row["with_reader"]),
    )


def _decisions(row: dict[str, Any]) -> Decisions:
    found = {group: Logistic(**one) for group, one in row["found"].items()}
    borne_out = {group: Logistic(**one) for group, one in row["borne_out"].items()}
    said = Logistic(**row["said"])
    return Decisions(row["order"], found, said, row["found_from"], row["said_from"], borne_out)


def softmax(scores: Array) -> Array:
    """Return shares that sum to one."""
    mass = np.exp(scores - scores.max()) if len(scores) else scores
    found: Array = mass / mass.sum() if len(scores) else mass
    return found

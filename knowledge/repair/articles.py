"""Paragraphs into articles and sections, by assignment: each to the headline and the heading that it suits best.

Headlines and headings are those that the labeller found; a headline over no text is none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from statistics import median
from typing import Final

from knowledge.model import BlockRole
from knowledge.repair.characters import HAN
from knowledge.repair.continuation import Paragraph
from knowledge.repair.labels import Labelled
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import DATELINE, jump_of

_HEAD: Final = frozenset({BlockRole.TITLE, BlockRole.KICKER, BlockRole.SUBTITLE})
_ASIDE: Final = frozenset({BlockRole.FURNITURE, BlockRole.CREDIT, BlockRole.CAPTION})
# What ends the lines that stand together with a headline.
_BELOW: Final = frozenset({BlockRole.PARAGRAPH, BlockRole.HEADING, BlockRole.TABLE, BlockRole.NOTE})
_PAIRS: Final = re.compile(f"(?=([{HAN}A-Za-z0-9]{{2}}))")

# Costs and rewards of the two assignments, in the units of shared words (log of how rare, see `_Rarity`).
_UNDER: Final = 12.0
_SWITCH: Final = 7.0
_AT_BREAK: Final = 3.5
_TITLE: Final = 2.0
_OTHERS: Final = 0.6
_HEADING_UNDER: Final = 9.0
_TURN: Final = 5.0
_TURN_AT_BREAK: Final = 3.0
_IN_ORDER: Final = 0.5
_AGAIN: Final = 3.0
_USED: Final = 8.0
_LEAD: Final = 3.0
_BEAM: Final = 64
_ROUNDS: Final = 3
# A rival order this near is doubted.
_RIVAL: Final = 0.6


@dataclass(slots=True)
class Section:
    """Paragraphs under one heading, in reading order; `heading` holds its printed lines, none for a lead, `unsure` the
    places of paragraphs that may as well stand under another."""

    heading: list[PageLine]
    paragraphs: list[Paragraph]
    unsure: set[int] = field(default_factory=set)


@dataclass(slots=True)
class ArticleDraft:
    """An article before its facts are written; displays hold one line per printed line."""

    title: list[PageLine] = field(default_factory=list)
    kicker: list[PageLine] = field(default_factory=list)
    subtitle: list[PageLine] = field(default_factory=list)
    signed: list[PageLine] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    first: int = 0
    moved: bool = False


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading's printed lines, from line `at` to line `last` of the page."""

    at: int
    last: int
    lines: list[PageLine]


@dataclass(eq=False)
class _Unit:
    """A paragraph with what stands right above it: an article's headline, one heading, or a jump from another page.

    `continues` is the place of the unit that the jump comes from.
    """

    paragraph: Paragraph
    head: int | None = None
    heading: int | None = None
    under: _Heading | None = None
    wide: bool = False
    dateline: bool = False
    continues: int | None = None

    @cached_property
    def pairs(self) -> Counter[str]:
        """How often characters stand side by side in it; counted only where words decide."""
        return Counter(_PAIRS.findall(self.paragraph.text))


class _Rarity:
    """How much a pair of characters tells: the logarithm of how few of the page's paragraphs hold it."""

    def __init__(self, units: Sequence[_Unit]) -> None:
        self._units = units
        self._unheld = math.log(2 + len(units))

    @cached_property
    def _worth(self) -> dict[str, float]:
        held = Counter(pair for unit in self._units for pair in unit.pairs)
        return {pair: math.log((1 + len(self._units)) / (1 + often) + 1) for pair, often in held.items()}

    def of(self, pair: str) -> float:
        return self._worth.get(pair, self._unheld)


def draft_articles(
    labelled: Sequence[Labelled], paragraphs: Sequence[Paragraph], in_order: bool
) -> list[ArticleDraft]:
    """Share the paragraphs of a page out among its articles, and each article's among its headings."""
    heads = list(_heads(labelled))
    headings = list(_headings(labelled))
    units = _units(labelled, paragraphs, [first for first, _ in heads], headings)
    drafts = _distinct([draft for _, draft in heads], units) or [ArticleDraft()]
    if not units and not heads:
        return []
    rarity = _Rarity(units)
    if in_order:  # nothing was moved
        owners = list(accumulate(units, lambda own, u: own if u.head is None else u.head, initial=0))[1:]
    else:
        owners = _assign_articles(units, drafts, rarity)
    bare = [number for number in range(len(drafts)) if number not in owners]
    if units and heads and len(drafts) > 1 and bare:
        return draft_articles(_without_title(labelled, drafts, bare[0]), paragraphs, in_order)
    free = _headings_of(headings, units, owners)
    for number, draft in enumerate(drafts):
        own = [unit for unit, owner in zip(units, owners, strict=True) if owner == number]
        _arrange(draft, own, [each for each in headings if free[each.at] == number], rarity, in_order)
    _sign(drafts, labelled, units, owners)
    return drafts


def _distinct(drafts: Sequence[ArticleDraft], units: Sequence[_Unit]) -> list[ArticleDraft]:
    """Take headlines that are printed again, where an article is continued, for one article."""
    names = ["".join(line.text for line in draft.title) for draft in drafts]
    places = {name: number for number, name in enumerate(dict.fromkeys(names))}
    if len(places) == len(drafts):
        return list(drafts)
    found: dict[int, ArticleDraft] = {}
    numbers = [places[name] for name in names]
    for number, draft in zip(numbers, drafts, strict=True):
        first = found.setdefault(number, draft)
        if first is not draft:
            first.signed += draft.signed
    for unit in units:
        unit.head = None if unit.head is None else numbers[unit.head]
    return list(found.values())


def _without_title(labelled: Sequence[Labelled], drafts: Sequence[ArticleDraft], bare: int) -> list[Labelled]:
    """Make a headline without text what else it may be: a line over the next headline, else a part's heading."""
    draft = drafts[bare]
    own = {id(line) for line in (*draft.title, *draft.kicker, *draft.subtitle)}
    end = max(at for at, each in enumerate(labelled) if id(each.line) in own)
    below = next((each.role for each in labelled[end + 1 :] if each.role not in _ASIDE), None)
    role = BlockRole.KICKER if below in (BlockRole.TITLE, BlockRole.KICKER) else BlockRole.HEADING
    return [each._replace(role=role) if id(each.line) in own else each for each in labelled]


def _heads(labelled: Sequence[Labelled]) -> Iterator[tuple[int, ArticleDraft]]:
    """Yield each headline with its place, and with what stands over and under it before text or a heading follows."""
    draft: ArticleDraft | None = None
    waiting: list[PageLine] = []
    for at, each in enumerate(labelled):
        line, role = each.line, each.role
        if role is BlockRole.TITLE:
            if draft is None or each.opens or not draft.title:
                if draft is not None:
                    yield draft.first, draft
                draft = ArticleDraft(kicker=waiting, first=at)
                waiting = []
            draft.title.append(line)
        elif role in (BlockRole.KICKER, BlockRole.SUBTITLE):
            held = draft.subtitle if draft is not None and role is BlockRole.SUBTITLE else waiting
            held.append(line)
        elif role is BlockRole.BYLINE and draft is not None:
            draft.signed.append(line)
        elif role in _BELOW:
            if draft is not None:
                draft.kicker += waiting
                yield draft.first, draft
            draft, waiting = None, []
    if draft is not None:
        draft.kicker += waiting
        yield draft.first, draft


def _headings(labelled: Sequence[Labelled]) -> Iterator[_Heading]:
    """Yield the headings, each with all its printed lines."""
    last: _Heading | None = None
    for at, each in enumerate(labelled):
        if each.role is not BlockRole.HEADING:
            continue
        if (
            last is not None
            and not each.opens
            and all(x.role in _ASIDE for x in labelled[last.last + 1 : at])
        ):
            last = replace(last, last=at, lines=[*last.lines, each.line])
            continue
        yield from [last] if last else ()
        last = _Heading(at, at, [each.line])
    yield from [last] if last else ()


def _units(
    labelled: Sequence[Labelled],
    paragraphs: Sequence[Paragraph],
    heads: Sequence[int],
    headings: Sequence[_Heading],
) -> list[_Unit]:
    widths = [line.width for paragraph in paragraphs for line in paragraph.lines if not line.finished]
    usual = median(widths) if widths else 10.0
    units: list[_Unit] = []
    for paragraph in paragraphs:
        unit = _Unit(paragraph)
        above = paragraph.at - 1
        while above >= 0 and labelled[above].role in _ASIDE | {BlockRole.BYLINE}:
            above -= 1
        role = labelled[above].role if above >= 0 else None
        if role is BlockRole.HEADING:
            number = next(number for number, each in enumerate(headings) if each.at <= above <= each.last)
            further = headings[number].at - 1
            while further >= 0 and labelled[further].role in _ASIDE:
                further -= 1
            if further < 0 or labelled[further].role is not BlockRole.HEADING:
                unit.heading, unit.under = number, headings[number]
        elif role in _HEAD:
            unit.head = sum(first <= above for first in heads) - 1
        unit.wide = usual < 44 and paragraph.width > 1.25 * usual
        unit.dateline = DATELINE.match(paragraph.text) is not None
        units.append(unit)
    for gone, back in zip(_jumps(labelled, 1), _jumps(labelled, -1), strict=False):
        left = max((at for at, unit in enumerate(units) if unit.paragraph.at < gone), default=None)
        below = next((unit for unit in units if unit.paragraph.at > back), None)
        if below is not None and left is not None and units[left] is not below:
            below.continues = left
    return units


def _jumps(labelled: Sequence[Labelled], way: int) -> Iterator[int]:
    """Yield the places of the jumps to other pages (1), or from them (-1)."""
    for at, each in enumerate(labelled):
        if jump_of(each.line.text) == way:
            yield at


def _assign_articles(units: Sequence[_Unit], drafts: Sequence[ArticleDraft], rarity: _Rarity) -> list[int]:
    """Give each paragraph its article: a path that changes rarely, anchored right under the headlines."""
    if len(drafts) < 2 or not units:
        return [0] * len(units)
    names = [
        Counter(_PAIRS.findall("".join(line.text for line in (*d.title, *d.subtitle, *d.kicker))))
        for d in drafts
    ]
    owners = [-1 if unit.head is None else unit.head for unit in units]
    for _ in range(_ROUNDS):
        told, every = [Counter[str]() for _ in drafts], Counter[str]()
        for unit, owner in zip(units, owners, strict=True):
            if owner >= 0:
                told[owner].update(unit.pairs.keys())
                every.update(unit.pairs.keys())
        emitted = [
            [
                _suits(units, at, article, owners, names[article], own, every, rarity)
                for article, own in enumerate(told)
            ]
            for at in range(len(units))
        ]
        path = _best_path(emitted, [_SWITCH - _AT_BREAK * unit.paragraph.interrupted for unit in units])
        if path == owners:
            break
        owners = path
    return owners


def _suits(
    units: Sequence[_Unit],
    at: int,
    article: int,
    owners: Sequence[int],
    name: Counter[str],
    told: Counter[str],
    every: Counter[str],
    rarity: _Rarity,
) -> float:
    """Tell how well a paragraph suits an article by the pairs they share; a headline's, the less the more others hold them."""
    unit = units[at]
    if unit.continues is not None and owners[unit.continues] >= 0:
        return _UNDER if owners[unit.continues] == article else -_UNDER
    if unit.head is not None:
        return _UNDER if unit.head == article else -_UNDER
    pairs, own = unit.pairs.keys(), owners[at] == article
    shared = told.keys() & pairs  # sets are quick, and `fsum` is the same in any order
    count = len(told) - sum(told[pair] == 1 for pair in shared if own)
    long = 1 + len(unit.paragraph.text) / 60
    named = (rarity.of(pair) * (1 + told[pair]) / (1 + every[pair]) for pair in name.keys() & pairs)
    others = math.fsum(rarity.of(pair) for pair in shared if told[pair] > own)
    score = _TITLE * math.fsum(named) + _OTHERS * others / (1 + math.log(1 + count / 60))
    return score / long


def _best_path(emitted: Sequence[Sequence[float]], changing: Sequence[float]) -> list[int]:
    states = range(len(emitted[0]))
    score, back = list(emitted[0]), list[list[int]]()
    for at in range(1, len(emitted)):
        best = max(states, key=lambda state: score[state])
        changed = score[best] - changing[at]
        back.append([best if changed > score[state] else state for state in states])
        score = [max(changed, kept) + told for kept, told in zip(score, emitted[at], strict=True)]
    path = [max(states, key=lambda state: score[state])]
    for row in reversed(back):
        path.append(row[path[-1]])
    return path[::-1]


def _headings_of(
    headings: Sequence[_Heading], units: Sequence[_Unit], owners: Sequence[int]
) -> dict[int, int]:
    """Give each heading the article of the text right under it, else of the text nearest to it."""
    owned = list(zip(units, owners, strict=True))
    found: dict[int, int] = {}
    for number, heading in enumerate(headings):
        own = [owner for unit, owner in owned if unit.heading == number]
        after = [owner for unit, owner in owned if unit.paragraph.at > heading.at]
        before = [owner for unit, owner in owned if unit.paragraph.at < heading.at]
        found[heading.at] = (own[:1] or after[:1] or before[-1:] or [0])[0]
    return found


def _arrange(
    draft: ArticleDraft, units: list[_Unit], headings: list[_Heading], rarity: _Rarity, in_order: bool
) -> None:
    """Put an article's paragraphs under its headings: as the file has them, or by words where it tells nothing."""
    stand_over = {heading.last for heading in headings if any(unit.under is heading for unit in units)}
    displaced = not in_order and _is_displaced(draft, units)
    unsure: set[int] = set()
    if in_order or (len(stand_over) == len(headings) and not (displaced and headings)):
        states = [sum(heading.at < unit.paragraph.at for heading in headings) for unit in units]
    else:
        states, unsure = _assign_sections(draft, units, headings, rarity)
    order = sorted(range(len(units)), key=lambda at: (states[at], units[at].paragraph.at))
    if displaced and not headings:
        order = sorted(range(len(units)), key=lambda at: (units[at].paragraph.at < draft.first, at))
    draft.moved = order != list(range(len(units)))
    draft.sections = []
    for at in order:
        heading = headings[states[at] - 1].lines if states[at] else []
        last = draft.sections[-1].heading if draft.sections else None
        if last is None or (last is not heading and (heading or last)):
            draft.sections.append(Section(heading, []))
        draft.sections[-1].paragraphs.append(units[at].paragraph)
        draft.sections[-1].unsure |= {units[at].paragraph.at} if heading and at in unsure else set()
    held = {id(section.heading) for section in draft.sections}
    draft.sections += [Section(heading.lines, []) for heading in headings if id(heading.lines) not in held]
    if in_order:
        draft.sections.sort(key=lambda section: _place(section.heading[0]) if section.heading else (0, 0, 0))


def _is_displaced(draft: ArticleDraft, units: Sequence[_Unit]) -> bool:
    """Tell whether text of an article stands above its headline; if none of it runs on below, it ends the article."""
    if not draft.title:
        return False
    place = _place(draft.title[0])
    above = [unit.paragraph for unit in units if unit.paragraph.at < draft.first]
    return bool(above) and not any(_place(paragraph.lines[-1]) > place for paragraph in above)


def _place(line: PageLine) -> tuple[int, int, int]:
    return line.page, line.column, line.number


def _assign_sections(
    draft: ArticleDraft, units: Sequence[_Unit], headings: Sequence[_Heading], rarity: _Rarity
) -> tuple[list[int], set[int]]:
    """Return each paragraph's heading by number, 0 for the lead, and those that a close rival has elsewhere."""
    if not units or not headings:
        return [0] * len(units), set()
    names = [Counter(_PAIRS.findall("".join(line.text for line in heading.lines))) for heading in headings]
    title = Counter(_PAIRS.findall("".join(line.text for line in (*draft.title, *draft.subtitle))))
    emitted: list[list[float]] = []
    for unit in units:
        long = 1 + len(unit.paragraph.text) / 250
        row = [0.06 * sum(rarity.of(pair) for pair in title if pair in unit.pairs) / long]
        row += [
            min(
                6.0,
                sum(rarity.of(pair) * math.log(1 + unit.pairs[pair]) for pair in name if pair in unit.pairs)
                / long,
            )
            for name in names
        ]
        row[0] -= _LEAD * (bool(draft.title) and unit.paragraph.at < draft.first)
        row[0] += _LEAD * (unit.wide + unit.dateline + (unit.head is not None))
        if unit.heading is not None:
            under = next((number for number, each in enumerate(headings, 1) if each is unit.under), 0)
            row = [score - (0 if state == under else _HEADING_UNDER) for state, score in enumerate(row)]
        emitted.append(row)
    beam: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {
        (state, 1 << state): (score, (state,)) for state, score in enumerate(emitted[0])
    }
    for at in range(1, len(units)):
        grown: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {}
        turn = _TURN - _TURN_AT_BREAK * units[at].paragraph.interrupted
        for (state, used), (total, path) in beam.items():
            for new, own in enumerate(emitted[at]):
                cost = 0.0
                if new != state:
                    cost = turn - _IN_ORDER * (new == state + 1) + _AGAIN * (used >> new & 1)
                key, value = (new, used | 1 << new), total + own - cost
                if key not in grown or grown[key][0] < value:
                    grown[key] = (value, (*path, new))
        beam = dict(sorted(grown.items(), key=lambda each: -each[1][0])[:_BEAM])
    ranked = sorted(
        (
            (score + _USED * bin(used).count("1") + 2 * (used & 1), path)
            for (_, used), (score, path) in beam.items()
        ),
        reverse=True,
    )
    most, best = ranked[0]
    rivals = (path for score, path in ranked if most - score <= _RIVAL)
    return list(best), {at for path in rivals for at in range(len(best)) if path[at] != best[at]}


def _sign(
    drafts: Sequence[ArticleDraft],
    labelled: Sequence[Labelled],
    units: Sequence[_Unit],
    owners: Sequence[int],
) -> None:
    """Give each byline that stands below text to the article of that text."""
    held = {id(line) for draft in drafts for line in draft.signed}
    for at, each in enumerate(labelled):
        if each.role is BlockRole.BYLINE and id(each.line) not in held:
            before = [owner for unit, owner in zip(units, owners, strict=True) if unit.paragraph.at < at]
            drafts[before[-1] if before else 0].signed.append(each.line)

"""How the reports behind several hits stand to each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations

from knowledge.model import Hit

_FIGURE = re.compile(r"(\d[\d,，]*(?:\.\d+)?)([%％万亿]*[^\W\d_]?)")


class Relation(StrEnum):
    """One report, several that have nothing to say about each other, or some that disagree."""

    ONE_REPORT = "one_report"
    SEVERAL = "several"
    DIFFER = "differ"


def relation(hits: Sequence[Hit]) -> Relation:
    """Tell how the hits' reports relate; only the same printed campaign can tell one subject differently."""
    if len({hit.fact.article.id for hit in hits}) < 2:
        return Relation.ONE_REPORT
    if any(_differ(one, other) for one, other in combinations(hits, 2)):
        return Relation.DIFFER
    return Relation.SEVERAL


def _differ(one: Hit, other: Hit) -> bool:
    first, second = one.fact.article, other.fact.article
    if first.id == second.id or not first.campaign or first.campaign != second.campaign:
        return False
    if not _matched_words(one) or _matched_words(one) != _matched_words(other):
        return False
    figures, others = _figures(one), _figures(other)
    shared = figures.keys() & others.keys()
    return any(figures[unit].isdisjoint(others[unit]) for unit in shared)


def _matched_words(hit: Hit) -> set[str]:
    return {hit.fact.text[start:end] for start, end in hit.matched}


def _figures(hit: Hit) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, unit in _FIGURE.findall(hit.fact.text):
        if unit and unit not in "年月日时":
            found.setdefault(unit, set()).add(re.sub("[,，]", "", number))
    return found

"""When a short answer is said in large type: the chance from which on 95 of 100 are right, on questions made of news.

What people ask of an encyclopedia is no measure: of 16 short answers that were not the expected ones ten were right
all the same (1906年 for 1906年考入天津北洋高等巡警学堂), so a threshold fitted on them would say next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge.answering.scorer import Decisions
from knowledge.training.decisions import Judged
from knowledge.training.fitting import KEPT_BACK

RIGHT_AT_LEAST = 0.95
"""Share of right ones among the short answers said, near misses and questions of removed articles among the asked."""


def with_said_from(decisions: Decisions, judged: Sequence[Judged]) -> Decisions:
    """Return the decisions with the chance from which on short answers are said; print how it does where it was not fitted.

    It is the mean of what each three quarters of the articles set (bagging, Breiman 1996): a quarter moves it by .2.
    """
    quarters: list[list[Judged]] = [[] for _ in range(KEPT_BACK)]
    for one in filter(_is_made, judged):
        quarters[one.outcome.case.asked.article % KEPT_BACK].append(one)
    least, told = [], []
    for part, kept_back in enumerate(quarters):
        others = [one for at, quarter in enumerate(quarters) if at != part for one in quarter]
        least.append(_least(others, decisions))
        told += said_by(kept_back, replace(decisions, said_from=least[-1]))
    found = replace(decisions, said_from=round(sum(least) / KEPT_BACK, 4))
    right = sum(one.first.said_right for one in told)
    print(
        f"  said from {found.said_from}, of {least}: {right} of {len(told)} right, each quarter by the other three"
    )
    return found


def said_by(judged: Sequence[Judged], decisions: Decisions) -> list[Judged]:
    """Return what is claimed with a short answer in large type."""
    return [one for one in judged if (chance := _chance(one, decisions)) and chance >= decisions.said_from]


def _chance(one: Judged, decisions: Decisions) -> float | None:
    """How sure the short answer is, None where none may be said."""
    read = one.first
    if one.found < decisions.found_from or read.barred or not read.may_be_said:
        return None
    return decisions.said.of(read.evidence | {"found": one.found})


def _is_made(one: Judged) -> bool:
    """Whether a question was made of news; one with a word of another clause often means the same (农村 for 乡村)."""
    return one.outcome.case.generated and one.outcome.case.sort != "crossed"


def _least(judged: Sequence[Judged], decisions: Decisions) -> float:
    """The least chance from which on enough of what is said is right: what is said to a near miss is wrong."""
    chances = ((_chance(one, decisions), one.first.said_right) for one in judged)
    said = sorted(((chance, right) for chance, right in chances if chance is not None), reverse=True)
    best, errors = 1.0, 0
    for count, (chance, right) in enumerate(said, 1):
        errors += not right
        if errors <= (1 - RIGHT_AT_LEAST) * count:
            best = chance
    return round(best, 4)

"""Two-step dialogues: what the second question means after the first; half of them never steered the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.query.context import Leaning, understand
from knowledge.text.analyzer import ChineseAnalyzer

FOLDER = Path(__file__).parent / "followups"
STANDS_ALONE = "="


@dataclass(frozen=True)
class Dialogue:
    """What was asked before and now, what the meaning must hold (nothing: it stands on its own) and must not."""

    before: str
    now: str
    holds: tuple[str, ...]
    lacks: tuple[str, ...]


def dialogues(name: str) -> Iterator[Dialogue]:
    for line in (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            before, now, holds, lacks = (*line.split("\t"), "")[:4]
            yield Dialogue(
                before, now, () if holds == STANDS_ALONE else tuple(holds.split()), tuple(lacks.split())
            )


@dataclass(frozen=True)
class Figures:
    """Shares of follow-ups understood right, and of questions that stand on their own and inherit nevertheless."""

    right: float
    wrongly_inherited: float
    wrong: tuple[str, ...]


def measure(name: str, language: ChineseAnalyzer) -> Figures:
    def read(text: str) -> Query:
        return analyse(text, Aliases(), language)

    right, inherited, wrong = [], [], []
    for one in dialogues(name):
        meant = understand(one.now, one.before, read, language)
        if not one.holds:
            inherited.append(meant.leaning not in (Leaning.NONE, Leaning.OPEN))
            ok = not inherited[-1]
        else:
            ok = all(word in meant.text for word in one.holds) and not any(w in meant.text for w in one.lacks)
            right.append(ok and meant.leaning is not Leaning.NONE)
            ok = right[-1]
        if not ok:
            wrong.append(f"{one.before} → {one.now}：{meant.leaning.value} {meant.text}")
    return Figures(sum(right) / len(right), sum(inherited) / len(inherited), tuple(wrong))


@pytest.mark.parametrize("name", ["tuned", "kept"])
def test_follow_ups_are_understood_and_what_stands_alone_inherits_nothing(name: str) -> None:
    figures = measure(name, ChineseAnalyzer())
    assert figures.right >= 0.85, figures.wrong
    assert figures.wrongly_inherited <= 0.03, figures.wrong


if __name__ == "__main__":
    for part in ("tuned", "kept"):
        told = measure(part, ChineseAnalyzer())
        print(
            f"{part}: right {told.right:.2f}, wrongly inherited {told.wrongly_inherited:.2f}",
            *told.wrong,
            sep="\n  ",
        )

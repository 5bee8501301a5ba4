"""Invented articles: what the labeller's training never saw, to make pages of."""

from __future__ import annotations

from random import Random

from knowledge.training.repair.corpus import CleanArticle
from tests.support.words import words

WORDS = words("invented")


def invented_articles(count: int, seed: int = 5) -> tuple[CleanArticle, ...]:
    """Make up articles whose text speaks of what their titles name."""
    r = Random(seed)
    return tuple(_article(r) for _ in range(count))


def _article(r: Random) -> CleanArticle:
    place, actor, work = r.choice(WORDS["places"]), r.choice(WORDS["actors"]), r.choice(WORDS["works"])
    words = {"place": place, "actor": actor, "work": work}
    paragraphs: list[str] = []
    for _ in range(r.randint(4, 8)):
        some = r.sample(WORDS["more"], r.randint(1, 3))
        paragraphs.append(
            "".join(
                text.format(**words, name=r.choice(WORDS["names"]), a=r.randint(2, 48), b=r.randint(60, 9800))
                for text in some
            )
        )
    return CleanArticle(f"{place}{work}{r.choice(WORDS['deeds'])}", tuple(paragraphs))

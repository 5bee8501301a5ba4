"""Why a fact matched, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Run, Style
from bot.texts import Phrases
from knowledge.model import Hit


def explanation_runs(hits: Sequence[Hit], phrases: Phrases) -> Iterator[Run]:
    """One line a hit: the rung of the ladder and the words it matched."""
    yield Run(phrases.why, Style.BOLD)
    for hit in hits:
        words = "、".join(_words(hit))
        rung = phrases.rungs[hit.rung.value]
        yield Run("\n" + (phrases.why_matched.format(rung=rung, words=words) if words else rung))
        if hit.why:
            yield Run(f"（{hit.why}）")


def _words(hit: Hit) -> list[str]:
    """Every matched word once, without those that are part of another."""
    words = list(dict.fromkeys(hit.fact.text[start:end] for start, end in hit.matched))
    return [word for word in words if not any(word in other and word != other for other in words)]

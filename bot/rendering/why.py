"""Why a fact matched, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Run, Style
from bot.texts import Phrases
from knowledge.model import Hit


def why_runs(hits: Sequence[Hit], phrases: Phrases) -> Iterator[Run]:
    """One line a hit: the rung of the ladder and the words it matched."""
    yield Run(phrases.why, Style.BOLD)
    for hit in hits:
        words = "、".join(dict.fromkeys(hit.fact.text[start:end] for start, end in hit.matched))
        rung = phrases.rungs[hit.rung.value]
        yield Run("\n" + (phrases.why_matched.format(rung=rung, words=words) if words else rung))
        if hit.why:
            yield Run(f"（{hit.why}）")

"""What is told unasked: an answer somebody waited for, news of what somebody watches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.messages import Run, Style
from bot.rendering.answer import hit_runs, shown_query
from bot.rendering.fact import Permalinks
from bot.texts import Phrases
from knowledge.model import Answer, Hit

SHOWN = 3  # facts of an answer, and of each watched word
IN_ALL = 9  # facts of one digest


def alert_runs(question: str, answer: Answer, phrases: Phrases, links: Permalinks) -> Iterator[Run]:
    """Say that a question can be answered now, and the answer with its source."""
    said = phrases.feedback
    yield Run(said.told.format(shown_query(question)) + "\n")
    if answer.answer:
        yield Run(answer.answer, Style.BOLD)
        yield Run("\n")
    yield from hit_runs(answer.hits[:SHOWN], phrases, links)


def digest_runs(news: Mapping[str, Sequence[Hit]], phrases: Phrases, links: Permalinks) -> Iterator[Run]:
    """Say what is new about each watched word; what there is no room for is counted."""
    said = phrases.feedback
    room = IN_ALL
    for number, (words, hits) in enumerate(news.items()):
        shown = hits[: max(1, min(SHOWN, room))]
        room -= len(shown)
        yield Run(("\n\n" if number else "") + said.news.format(shown_query(words)) + "\n", Style.BOLD)
        yield from hit_runs(shown, phrases, links)
        if len(hits) > len(shown):
            yield Run("\n" + said.news_more.format(len(hits) - len(shown), shown_query(words)))

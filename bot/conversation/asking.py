"""Free text: a query goes in, a cited reply with buttons comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.buttons import PAGE, all_rows, first_row
from bot.conversation.lookup import Lookup, ask_proved
from bot.conversation.shown import ShownAnswer, ShownAnswers, new_id
from bot.messages import Button, Chat, Place, Reply, Run, Sender
from bot.rendering.answer import answer_runs
from bot.rendering.fact import Links
from bot.texts import Phrases
from knowledge.model import Answer, Hit

LIMIT = 30


class Asking:
    """Asks, remembers what was shown, and draws pages of it."""

    def __init__(
        self, lookup: Lookup, shown: ShownAnswers, links: Links, clock: Callable[[], datetime]
    ) -> None:
        self._lookup = lookup
        self._shown = shown
        self._links = links
        self._clock = clock

    async def answer(self, query: str, chat: Chat, sender: Sender, phrases: Phrases) -> Reply:
        """Reply to a query with its first page."""
        if not query.strip():
            return Reply([Run(phrases.nothing_asked)])
        answer, version = await self._ask(query)
        if not ranking(answer):
            return Reply(list(answer_runs(answer, phrases)))
        shown = ShownAnswer(
            new_id(), query, chat.platform, chat.id, sender.id, version, _fact_ids(answer), self._clock()
        )
        await self._shown.add(shown)
        return self.first(answer, shown, chat.place, phrases)

    async def again(self, shown: ShownAnswer) -> tuple[Answer, ShownAnswer]:
        """Ask a shown query once more; it is another shown answer where its facts are no longer the same."""
        answer, version = await self._ask(shown.query)
        if _fact_ids(answer) == shown.facts:
            return answer, shown
        renewed = replace(shown, id=new_id(), version=version, facts=_fact_ids(answer), created=self._clock())
        await self._shown.add(renewed)
        return answer, renewed

    def first(self, answer: Answer, shown: ShownAnswer, place: Place, phrases: Phrases) -> Reply:
        """The first page with its three buttons."""
        row = first_row(shown.id, 0, phrases)[: 3 if place is Place.PRIVATE else 2]
        return Reply(self.page(answer, 0, place, phrases), [row] if ranking(answer) else [])

    async def _ask(self, query: str) -> tuple[Answer, str]:
        return await self._lookup.read(lambda s: (ask_proved(s, query, LIMIT), s.version))

    def page(self, answer: Answer, page: int, place: Place, phrases: Phrases) -> Sequence[Run]:
        """The runs of one page."""
        return list(answer_runs(answer, phrases, page_hits(answer, page, place), self._links))

    def opened(self, answer: Answer, shown_id: str, page: int, place: Place, phrases: Phrases) -> Reply:
        """A page with everything behind 更多 laid open."""
        pages = page_count(answer, place)
        rows: Sequence[Sequence[Button]] = all_rows(shown_id, page, pages, phrases)
        runs = list(self.page(answer, page, place, phrases))
        if pages > 1:
            runs.append(Run("\n\n" + phrases.page_of.format(page=page + 1, pages=pages)))
        return Reply(runs, rows)


def ranking(answer: Answer) -> tuple[Hit, ...]:
    """Hits and related facts as the one ranking they are."""
    return (*answer.hits, *answer.related) if answer.found else tuple(answer.related)


def _fact_ids(answer: Answer) -> tuple[str, ...]:
    return tuple(hit.fact.id for hit in ranking(answer))


def page_size(answer: Answer, place: Place) -> int:
    """One fact answers a question, or fits a group; a word in private gets a few."""
    return 1 if place is not Place.PRIVATE or answer.answer else PAGE


def page_hits(answer: Answer, page: int, place: Place) -> tuple[Hit, ...]:
    """The hits of one page, counted from 0; hits and related facts never share one."""
    pages = _pages(answer, place)
    return pages[page] if page < len(pages) else ()


def page_count(answer: Answer, place: Place) -> int:
    """How many pages an answer has."""
    return len(_pages(answer, place))


def _pages(answer: Answer, place: Place) -> list[tuple[Hit, ...]]:
    size = page_size(answer, place)
    blocks = (tuple(answer.hits), tuple(answer.related)) if answer.found else (tuple(answer.related),)
    return [block[at : at + size] for block in blocks for at in range(0, len(block), size)]

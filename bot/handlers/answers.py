"""Free text: a query goes in, a cited reply with buttons comes out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.handlers.callbacks import PAGE, alert_row, all_rows, first_row
from bot.handlers.interaction_log import InteractionLog, NullLog
from bot.handlers.sessions import AnswerSession, SessionStore, new_id
from bot.messages import Button, Chat, ChatType, Reply, Run, Sender
from bot.query_service import QueryService, ask_verified
from bot.rendering.answer import answer_runs, nearest
from bot.rendering.fact import Permalinks
from bot.texts import Phrases
from knowledge.model import Answer, Hit, MatchKind
from knowledge.snapshot import Snapshot

LIMIT = 30
FACT = " fact:"  # begins the query that a deep link asks; a typed one never begins with a blank


class AnswerHandler:
    """Asks, remembers what was shown, and draws pages of it."""

    def __init__(
        self,
        lookup: QueryService,
        shown: SessionStore,
        links: Permalinks,
        clock: Callable[[], datetime],
        memory: InteractionLog | None = None,
    ) -> None:
        self._memory = memory or NullLog()
        self._lookup = lookup
        self._shown = shown
        self._links = links
        self._clock = clock

    async def answer(
        self, query: str, chat: Chat, sender: Sender, phrases: Phrases, facts: int | None = None
    ) -> Reply:
        """Reply to a query with its first page; `facts` is how many the chat wants on one."""
        query = query.strip()
        if not query:
            return Reply([Run(phrases.nothing_asked)])
        begun = time.perf_counter()
        answer, version = await self._ask(query)
        self._memory.asked(answer, round(1000 * (time.perf_counter() - begun)))
        missed = None if answer.found else await self._memory.missed(query, chat, sender)
        waiting: list[Sequence[Button]] = [alert_row(missed, phrases)] if missed else []
        if not ranking(answer):
            return Reply(list(answer_runs(answer, phrases)), waiting)
        shown = await self._shown_to(chat, sender, query, answer, version)
        reply = self.first(answer, shown, chat.type, phrases, facts)
        return replace(reply, buttons=[*reply.buttons, *waiting])

    async def fact(self, fact_id: str, chat: Chat, sender: Sender, phrases: Phrases) -> Reply:
        """Open one fact, as a deep link asks for it."""
        query = FACT + (fact_id if re.fullmatch("[a-z2-7]{13}", fact_id) else "")
        answer, version = await self._ask(query)
        if not answer.found:
            return Reply([Run(phrases.fact_gone)])
        shown = await self._shown_to(chat, sender, query, answer, version)
        return self.first(answer, shown, chat.type, phrases)

    async def again(self, shown: AnswerSession) -> tuple[Answer, AnswerSession]:
        """Ask a shown query once more; it is another shown answer where its facts are no longer the same."""
        answer, version = await self._ask(shown.query)
        if _fact_ids(answer) == shown.facts:
            return answer, shown
        renewed = replace(shown, id=new_id(), version=version, facts=_fact_ids(answer), created=self._clock())
        await self._shown.add(renewed)
        return answer, renewed

    def first(
        self,
        answer: Answer,
        shown: AnswerSession,
        chat_type: ChatType,
        phrases: Phrases,
        facts: int | None = None,
    ) -> Reply:
        """The first page with its buttons."""
        if not ranking(answer) and shown.query.startswith(FACT):
            return Reply([Run(phrases.fact_gone)])
        row = first_row(shown.id, 0, phrases)[: 3 if chat_type is ChatType.PRIVATE else 2]
        return Reply(self.page(answer, 0, chat_type, phrases, facts), [row] if ranking(answer) else [])

    async def _ask(self, query: str) -> tuple[Answer, str]:
        answer, version = await self._lookup.read(lambda s: (_answered(s, query), s.version))
        return answer if answer.found else await self._memory.pointed(answer), version

    async def _shown_to(
        self, chat: Chat, sender: Sender, query: str, answer: Answer, version: str
    ) -> AnswerSession:
        shown = AnswerSession(
            new_id(), query, chat.platform, chat.id, sender.id, version, _fact_ids(answer), self._clock()
        )
        await self._shown.add(shown)
        return shown

    def page(
        self, answer: Answer, page: int, chat_type: ChatType, phrases: Phrases, facts: int | None = None
    ) -> Sequence[Run]:
        """The runs of one page."""
        return list(answer_runs(answer, phrases, page_hits(answer, page, chat_type, facts), self._links))

    def opened(
        self,
        answer: Answer,
        shown_id: str,
        page: int,
        chat_type: ChatType,
        phrases: Phrases,
        facts: int | None,
    ) -> Reply:
        """A page with everything behind 更多 laid open."""
        pages = page_count(answer, chat_type, facts)
        rows: Sequence[Sequence[Button]] = all_rows(shown_id, page, pages, phrases)
        runs = list(self.page(answer, page, chat_type, phrases, facts))
        if pages > 1:
            runs.append(Run("\n\n" + phrases.page_of.format(page=page + 1, pages=pages)))
        return Reply(runs, rows)


def ranking(answer: Answer) -> tuple[Hit, ...]:
    """Hits and related facts as the one ranking they are."""
    return (*answer.hits, *nearest(answer)) if answer.found else nearest(answer)


def _fact_ids(answer: Answer) -> tuple[str, ...]:
    return tuple(hit.fact.id for hit in ranking(answer))


def page_hits(answer: Answer, page: int, chat_type: ChatType, facts: int | None = None) -> tuple[Hit, ...]:
    """The hits of one page, counted from 0; hits and related facts never share one."""
    pages = _pages(answer, chat_type, facts)
    return pages[page] if page < len(pages) else ()


def page_count(answer: Answer, chat_type: ChatType, facts: int | None = None) -> int:
    """How many pages an answer has."""
    return len(_pages(answer, chat_type, facts))


def _pages(answer: Answer, chat_type: ChatType, facts: int | None) -> list[tuple[Hit, ...]]:
    # One fact answers a question, or fits a group; a word in private gets a few.
    size = facts or (1 if chat_type is not ChatType.PRIVATE or answer.answer else PAGE)
    blocks = (tuple(answer.hits), nearest(answer)) if answer.found else (nearest(answer),)
    return [block[at : at + size] for block in blocks for at in range(0, len(block), size)]


def _answered(snapshot: Snapshot, query: str) -> Answer:
    """Ask; a query that is a fact's name is answered by that fact."""
    if not query.startswith(FACT):
        return ask_verified(snapshot, query, LIMIT)
    fact = snapshot.fact(query.removeprefix(FACT))
    if fact is None or not snapshot.proves(fact):
        return Answer(query, False, 0.0, None)
    return Answer(query, True, 1.0, None, (Hit(fact, 1.0, MatchKind.PHRASE),))

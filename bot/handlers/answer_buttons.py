"""Buttons under an answer: context, source, pages, other reports, and why it matched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.clippings import Clippings, ClippingsBusy, can_be_clipped
from bot.handlers.answers import (
    Action,
    AnswerHandler,
    Callback,
    page_count,
    page_hits,
    parse_callback,
    ranking,
)
from bot.messages import ButtonPress, ChatType, Reply, Run, Style
from bot.ports import AnswerSession, InteractionLog, NullLog, SessionStore
from bot.query_service import QueryService
from bot.rendering.answer import explanation_runs, hit_runs
from bot.rendering.fact import Permalinks, citation, context_runs, source_runs
from bot.texts import Phrases
from knowledge.model import Answer, Fact, Hit, MatchKind
from knowledge.snapshot import Snapshot

AROUND = 2
OTHERS = 3


class AnswerButtons:
    """Acts on a button; what is gone is said to be gone."""

    def __init__(
        self,
        asking: AnswerHandler,
        lookup: QueryService,
        shown: SessionStore,
        links: Permalinks,
        memory: InteractionLog | None = None,
        clippings: Clippings | None = None,
    ) -> None:
        self._clippings = clippings
        self._memory = memory or NullLog()
        self._asking = asking
        self._lookup = lookup
        self._shown = shown
        self._links = links

    async def press(self, press: ButtonPress, phrases: Phrases, facts: int | None = None) -> Sequence[Reply]:
        """Answer a button; each reply's notice is the short notice on it."""
        button = parse_callback(press.data)
        shown = await self._shown.get(button.shown_id) if button else None
        if not button or not shown or not _same_chat(shown, press):
            return [Reply([], notice=phrases.stale)]
        if button.action in (Action.LIKE, Action.DISLIKE):
            liked = button.action is Action.LIKE
            await self._memory.voted(shown.id, shown.platform, press.sender.id, liked)
            return [Reply([], notice=phrases.thanks)]
        answer, renewed = await self._asking.again(shown)
        chat_type = press.chat.type if press.chat else ChatType.PRIVATE
        if renewed is not shown:
            reply = self._asking.first(answer, renewed, chat_type, phrases, facts)
            return [replace(reply, edits=press.message_id, notice=phrases.refreshed)]
        return await self._act(button, answer, press, chat_type, phrases, facts)

    async def _act(
        self,
        button: Callback,
        answer: Answer,
        press: ButtonPress,
        chat_type: ChatType,
        phrases: Phrases,
        facts: int | None,
    ) -> Sequence[Reply]:
        hits = page_hits(answer, button.page, chat_type, facts)
        match button.action:
            case Action.MORE | Action.PAGE:
                if button.page >= page_count(answer, chat_type, facts):
                    return [Reply([], notice=phrases.no_more)]
                opened = self._asking.opened(answer, button.shown_id, button.page, chat_type, phrases, facts)
                return [replace(opened, edits=press.message_id)]
            case Action.CONTEXT:
                return await self._lookup.read(lambda s: _context(s, hits, phrases, self._links))
            case Action.SOURCE:
                return await self._lookup.read(lambda s: _source(s, hits, phrases, self._links))
            case Action.OTHERS:
                return await self._lookup.read(lambda s: [_others(s, answer, hits, phrases, self._links)])
            case Action.CLIPPING:
                return [await self._clipping(hits, phrases)]
            case _:
                return [Reply(list(explanation_runs(hits, phrases)))]

    async def _clipping(self, hits: Sequence[Hit], phrases: Phrases) -> Reply:
        """The printed place of the first fact that has one."""
        fact = next((hit.fact for hit in hits if can_be_clipped(hit.fact)), None)
        try:
            picture = await self._clippings.clipping(fact.id) if fact and self._clippings else None
        except ClippingsBusy:
            return Reply([], notice=phrases.site.clipping_busy)
        if fact is None or picture is None:
            return Reply([], notice=phrases.talk.no_clipping)
        return Reply([citation(fact, phrases, self._links)], picture=picture)


def _same_chat(shown: AnswerSession, press: ButtonPress) -> bool:
    return press.chat is None or (shown.platform, shown.chat) == (press.chat.platform, press.chat.id)


def _context(snapshot: Snapshot, hits: Iterable[Hit], phrases: Phrases, links: Permalinks) -> list[Reply]:
    runs: list[Run] = []
    for fact in _first_of_each_article(hits):
        runs += [Run("\n\n")] if runs else []
        runs += context_runs(fact, snapshot.around(fact.id, AROUND, AROUND), phrases, links)
    return [Reply(runs)] if runs else [Reply([], notice=phrases.stale)]


def _source(snapshot: Snapshot, hits: Iterable[Hit], phrases: Phrases, links: Permalinks) -> list[Reply]:
    runs: list[Run] = []
    for hit in hits:
        document = snapshot.document(hit.fact.article.file)
        if document is not None:
            runs += [Run("\n\n")] if runs else []
            runs += source_runs(hit.fact, document, phrases, links)
    return [Reply(runs)] if runs else [Reply([], notice=phrases.stale)]


def _others(
    snapshot: Snapshot, answer: Answer, hits: Sequence[Hit], phrases: Phrases, links: Permalinks
) -> Reply:
    """Other reports of the answer, then what else is told of the same as the first fact."""
    seen = {hit.fact.article.id for hit in hits}
    others = [hit for hit in ranking(answer) if hit.fact.article.id not in seen][:OTHERS]
    known = {hit.fact.id for hit in (*hits, *others)}
    related = snapshot.related(hits[0].fact, 2 * OTHERS) if hits else ()
    others += [
        Hit(fact, 0.0, MatchKind.MEANING)
        for fact in related
        if fact.id not in known and snapshot.proves(fact)
    ][: OTHERS - len(others)]
    if not others:
        return Reply([], notice=phrases.no_other_reports)
    return Reply([Run(phrases.other_reports + "\n", Style.BOLD), *hit_runs(others, phrases, links)])


def _first_of_each_article(hits: Iterable[Hit]) -> list[Fact]:
    first: dict[str, Fact] = {}
    for hit in hits:
        first.setdefault(hit.fact.article.id, hit.fact)
    return list(first.values())

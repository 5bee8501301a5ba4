"""An answer in pages, the buttons under it, and what each does: context, source, pages, other reports, why it matched."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.clippings import Clippings, ClippingsBusy, can_be_clipped
from bot.messages import Button, ButtonPress, ChatType, Reply, Run, Style, text_reply
from bot.ports import AnswerSession, Interactions
from bot.query_service import QueryService
from bot.rendering.answer import answer_runs, explanation_runs, hit_runs, nearest_hits, shown_query
from bot.rendering.fact import Permalinks, citation, context_runs, source_runs
from bot.texts import Phrases
from knowledge.model import Answer, Fact, Hit, MatchKind
from knowledge.snapshot import Snapshot

PAGE = 3
AROUND = 2
OTHERS = 3
FACT = " fact:"  # begins the query that a deep link asks; a typed one never begins with a blank
_DATA = re.compile(r"([a-z])\.([A-Za-z0-9]{1,10})\.(\d{1,4})")


class Action(StrEnum):
    """What a button asks for."""

    CONTEXT = "c"
    SOURCE = "s"
    MORE = "m"
    PAGE = "p"
    OTHERS = "o"
    WHY = "w"
    LIKE = "l"
    DISLIKE = "d"
    CLIPPING = "k"


@dataclass(frozen=True, slots=True)
class Callback:
    """A button's data, understood: `page` counts from 0."""

    action: Action
    shown_id: str
    page: int

    @property
    def data(self) -> str:
        """At most 17 bytes, far below what any platform takes."""
        return f"{self.action.value}.{self.shown_id}.{self.page}"


def parse_callback(data: str) -> Callback | None:
    """Understand a button's data; None where it is not ours."""
    match = _DATA.fullmatch(data)
    if not match or match[1] not in set(Action):
        return None
    return Callback(Action(match[1]), match[2], int(match[3]))


@dataclass(frozen=True, slots=True)
class AnswerPages:
    """An answer as a chat shows it, page by page, counted from 0; `facts` is how many the chat wants on one."""

    answer: Answer
    chat: ChatType
    said: Phrases
    links: Permalinks
    facts: int | None = None

    @property
    def pages(self) -> list[tuple[Hit, ...]]:
        """The hits of each page; hits and related facts never share one."""
        # One fact answers a question, or fits a group; a word in private gets a few.
        size = self.facts or (1 if self.chat is not ChatType.PRIVATE or self.answer.answer else PAGE)
        near = nearest_hits(self.answer)
        blocks = (tuple(self.answer.hits), near) if self.answer.found else (near,)
        return [block[at : at + size] for block in blocks for at in range(0, len(block), size)]

    def hits(self, page: int) -> tuple[Hit, ...]:
        """The hits of one page; none beyond the last."""
        pages = self.pages
        return pages[page] if page < len(pages) else ()

    def first(self, shown: AnswerSession) -> Reply:
        """The first page with its buttons: where space is shared two of them, and what is only close folded up."""
        if not ranking(self.answer) and shown.query.startswith(FACT):
            return text_reply(self.said.fact_gone)
        private = self.chat is ChatType.PRIVATE
        if self.answer.close and not private:
            said = self.said.close_in_group.format(shown_query(shown.query))
            return Reply([Run(said)], [[self._button(self.said.show_close, Action.MORE, shown.id)]])
        row = (*self._fact_buttons(shown.id, 0), self._button(self.said.more, Action.MORE, shown.id))
        return Reply(self._runs(0), [row if private else row[:2]] if ranking(self.answer) else [])

    def opened(self, shown_id: str, page: int) -> Reply:
        """A page with everything behind 更多 laid open; its page button turns back to the first after the last."""
        said, pages = self.said, len(self.pages)
        turn: tuple[Button, ...] = ()
        if page + 1 < pages:
            turn = (self._button(said.next_page, Action.PAGE, shown_id, page + 1),)
        elif page:
            turn = (self._button(said.first_page, Action.PAGE, shown_id),)
        about = ((said.other_reports, Action.OTHERS), (said.why, Action.WHY))
        votes = ((said.liked, Action.LIKE), (said.disliked, Action.DISLIKE))
        rows = (
            self._fact_buttons(shown_id, page),
            (*turn, *(self._button(label, action, shown_id, page) for label, action in about)),
            tuple(self._button(label, action, shown_id, page) for label, action in votes),
        )
        runs = self._runs(page)
        if pages > 1:
            runs.append(Run("\n\n" + said.page_of.format(page=page + 1, pages=pages)))
        return Reply(runs, rows)

    def _fact_buttons(self, shown_id: str, page: int) -> tuple[Button, ...]:
        """What leads to the facts' places, 剪报 where a PDF holds one."""
        shown = [(self.said.context, Action.CONTEXT), (self.said.source, Action.SOURCE)]
        if any(can_be_clipped(hit.fact) for hit in self.hits(page)):
            shown.append((self.said.talk.clipping, Action.CLIPPING))
        return tuple(self._button(label, action, shown_id, page) for label, action in shown)

    def _button(self, label: str, action: Action, shown_id: str, page: int = 0) -> Button:
        return Button(label, Callback(action, shown_id, page).data)

    def _runs(self, page: int) -> list[Run]:
        return list(answer_runs(self.answer, self.said, self.hits(page), self.links))


def ranking(answer: Answer) -> tuple[Hit, ...]:
    """Hits and related facts as the one ranking they are."""
    return (*answer.hits, *nearest_hits(answer)) if answer.found else nearest_hits(answer)


class AnswerButtons:
    """Acts on a button; what is gone is said to be gone."""

    def __init__(
        self,
        again: Callable[[AnswerSession], Awaitable[tuple[Answer, AnswerSession]]],
        lookup: QueryService,
        interactions: Interactions,
        links: Permalinks,
        clippings: Clippings | None = None,
    ) -> None:
        """`again` asks a shown query once more."""
        self._again = again
        self._lookup = lookup
        self._interactions = interactions
        self._links = links
        self._clippings = clippings

    async def press(self, press: ButtonPress, said: Phrases, facts: int | None = None) -> Sequence[Reply]:
        """Answer a button; each reply's notice is the short notice on it."""
        button = parse_callback(press.data)
        shown = await self._interactions.sessions.get(button.shown_id) if button else None
        if not button or not shown or not _same_chat(shown, press):
            return [Reply([], notice=said.stale)]
        if button.action in (Action.LIKE, Action.DISLIKE):
            liked = button.action is Action.LIKE
            await self._interactions.log.voted(shown.id, shown.platform, press.sender.id, liked)
            return [Reply([], notice=said.thanks)]
        answer, renewed = await self._again(shown)
        chat = press.chat.type if press.chat else ChatType.PRIVATE
        pages = AnswerPages(answer, chat, said, self._links, facts)
        if renewed is not shown:
            return [replace(pages.first(renewed), edits=press.message_id, notice=said.refreshed)]
        return await self._act(button, pages, press.message_id)

    async def _act(self, button: Callback, pages: AnswerPages, message: str | None) -> Sequence[Reply]:
        hits, said, links = pages.hits(button.page), pages.said, self._links
        match button.action:
            case Action.MORE | Action.PAGE:
                if button.page >= len(pages.pages):
                    return [Reply([], notice=said.no_more)]
                return [replace(pages.opened(button.shown_id, button.page), edits=message)]
            case Action.CONTEXT:
                return await self._lookup.read(lambda s: _context(s, hits, said, links))
            case Action.SOURCE:
                return await self._lookup.read(lambda s: _source(s, hits, said, links))
            case Action.OTHERS:
                return await self._lookup.read(lambda s: [_others(s, pages.answer, hits, said, links)])
            case Action.CLIPPING:
                return [await self._clipping(hits, said)]
            case _:
                return [Reply(list(explanation_runs(hits, said)))]

    async def _clipping(self, hits: Sequence[Hit], said: Phrases) -> Reply:
        """The printed place of the first fact that has one."""
        fact = next((hit.fact for hit in hits if can_be_clipped(hit.fact)), None)
        try:
            picture = await self._clippings.clipping(fact.id) if fact and self._clippings else None
        except ClippingsBusy:
            return Reply([], notice=said.site.clipping_busy)
        if fact is None or picture is None:
            return Reply([], notice=said.talk.no_clipping)
        return Reply([citation(fact, said, self._links)], picture=picture)


def _same_chat(shown: AnswerSession, press: ButtonPress) -> bool:
    return press.chat is None or (shown.platform, shown.chat) == (press.chat.platform, press.chat.id)


def _context(snapshot: Snapshot, hits: Iterable[Hit], said: Phrases, links: Permalinks) -> list[Reply]:
    runs: list[Run] = []
    for fact in _first_of_each_article(hits):
        runs += [Run("\n\n")] if runs else []
        runs += context_runs(fact, snapshot.around(fact.id, AROUND, AROUND), said, links)
    return [Reply(runs)] if runs else [Reply([], notice=said.stale)]


def _source(snapshot: Snapshot, hits: Iterable[Hit], said: Phrases, links: Permalinks) -> list[Reply]:
    runs: list[Run] = []
    for hit in hits:
        document = snapshot.document(hit.fact.article.file)
        if document is not None:
            runs += [Run("\n\n")] if runs else []
            runs += source_runs(hit.fact, document, said, links)
    return [Reply(runs)] if runs else [Reply([], notice=said.stale)]


def _others(
    snapshot: Snapshot, answer: Answer, hits: Sequence[Hit], said: Phrases, links: Permalinks
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
        return Reply([], notice=said.no_other_reports)
    return Reply([Run(said.other_reports + "\n", Style.BOLD), *hit_runs(others, said, links)])


def _first_of_each_article(hits: Iterable[Hit]) -> list[Fact]:
    first: dict[str, Fact] = {}
    for hit in hits:
        first.setdefault(hit.fact.article.id, hit.fact)
    return list(first.values())

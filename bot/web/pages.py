"""The chat-like page: a question, its answer with sources, and what helps where there is none; it works without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from aiohttp import web

from bot.query_service import ask_verified, in_library
from bot.rendering.answer import Agreement, agreement, heading_runs, nearest_hits, shown_query
from bot.rendering.fact import cited, place, shown_marks
from bot.texts import Phrases
from bot.web.articles import fact_path, source_path
from bot.web.readers import QUERIES, READERS, ApiQuestion, question_of
from bot.web.templates import TEMPLATES, Piece, Reader, address, pieces, reader_of
from knowledge.model import Answer, Browse, Hit, Listing
from knowledge.search.conversation import Hints
from knowledge.snapshot import Snapshot

TITLES = 8
OPEN = 3
AROUND = 2
TITLE = 30


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact as a template shows it; `context` is empty where it stands alone, `copied` is what the clipboard gets."""

    id: str
    path: str
    raw: str
    title: str
    where: str
    file: str
    campaign: str | None
    pieces: Sequence[Piece]
    context: Sequence[Piece]
    copied: str


@dataclass(frozen=True, slots=True)
class LibraryGroup:
    """Facts of one library, under its name where there are several."""

    library: str | None
    facts: Sequence[FactView]


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts under one another, with what is said of them together; `summary` is what they are folded under."""

    libraries: Sequence[LibraryGroup]
    notice: str | None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class HintsView:
    """What helps where nothing was found."""

    missing: str
    spellings: Sequence[Link]
    rest: Link | None
    held: Sequence[Link]
    articles: Sequence[Link]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as a template shows it; the first few facts lie open.

    `understood` is what the next question follows from, and told where it is not what was typed; `path` is the
    answer's own address.
    """

    query: str
    library: str
    understood: str
    found: bool
    notices: Sequence[str]
    short: str | None
    first: FactGroup
    folded: Sequence[FactGroup]
    hints: HintsView | None
    path: str


async def show_page(request: web.Request) -> web.Response:
    """Show the page, with the answer in it where a query is given."""
    asked, reader, templates = question_of(request), reader_of(request), request.app[TEMPLATES]
    if asked is None:
        listing = await request.app[QUERIES].read(lambda snapshot: snapshot.browse(Browse(most=TITLES)))
        return templates.page("talk.html", reader, "", answer=None, listing=listing, library="")

    answer = await request.app[READERS].ask(
        "page", asked, lambda snapshot: ask_verified(snapshot, asked.filtered, asked.hits, asked.context)
    )

    def answered(snapshot: Snapshot) -> tuple[AnswerView, Listing]:
        return answer_view(answer, snapshot, reader, asked), snapshot.browse(Browse(most=1))

    view, listing = await request.app[QUERIES].read(answered)
    about = shown_query(asked.query)[:TITLE]
    return templates.page("talk.html", reader, about, answer=view, listing=listing, library=asked.library)


def answer_view(answer: Answer, snapshot: Snapshot, reader: Reader, asked: ApiQuestion) -> AnswerView:
    """Choose what lies open, what is folded, and what is said above."""
    said = reader.said
    heading = "".join(run.text for run in heading_runs(answer, said, suggesting=answer.found))
    notices = [line for line in heading.split("\n") if line]
    short = (answer.answer or "；".join(answer.answers)) if answer.found else None
    main = answer.hits if answer.found else nearest_hits(answer)
    several = len({hit.fact.article.library for hit in answer.hits}) > 1
    first = main if several and not short else main[: 1 if short else OPEN]
    rest = [(main[len(first) :], said.more)]
    if answer.found:
        rest.append((nearest_hits(answer), said.related.rstrip("：:")))
    context = asked.context if answer.understood else ()
    # inside the article's page the hits are those of the question as it was understood
    query = answer.understood or asked.filtered
    draw = _Facts(snapshot, said, query)
    return AnswerView(
        asked.query,
        asked.library,
        answer.understood.removeprefix(in_library(asked.library, "")) if answer.understood else asked.query,
        answer.found,
        notices,
        short or None,
        draw.group(first, answer.answer),
        [
            draw.group(hits, None, said.site.folded.format(summary, len(hits)))
            for hits, summary in rest
            if hits
        ],
        None if answer.found else _hints(snapshot.hints(query), answer, said),
        address("/", *context, q=asked.query, library=asked.library),
    )


class _Facts:
    """Draws facts of one answer."""

    def __init__(self, snapshot: Snapshot, said: Phrases, query: str) -> None:
        self._snapshot, self._said, self._query = snapshot, said, query

    def group(self, hits: Sequence[Hit], short: str | None, summary: str | None = None) -> FactGroup:
        """Facts with how their reports relate, library by library in the order of their best."""
        kind = agreement(hits)
        several = kind is not Agreement.ONE_REPORT
        words = self._said.differing_reports if kind is Agreement.DIFFER else self._said.several_reports
        order = list(dict.fromkeys(hit.fact.article.library for hit in hits))
        ordered = sorted(hits, key=lambda hit: order.index(hit.fact.article.library))
        groups = [
            LibraryGroup(
                library if len(order) > 1 else None,
                [self._view(hit, several, short if hit is hits[0] else None) for hit in found],
            )
            for library, found in groupby(ordered, key=lambda hit: hit.fact.article.library)
        ]
        return FactGroup(groups, words if several else None, summary)

    def _view(self, hit: Hit, several: bool, short: str | None) -> FactView:
        fact, said = hit.fact, self._said
        campaign = fact.article.campaign if several else None
        around = self._snapshot.around(fact.id, AROUND, AROUND)
        return FactView(
            fact.id,
            fact_path(fact, self._query),
            source_path(fact),
            fact.article.title.text,
            place(fact, said),
            fact.article.file,
            said.campaign.format(campaign) if campaign else None,
            pieces(fact.text, shown_marks(fact.text, hit.matched, short)),
            [(near.text, near.id == fact.id) for near in around] if len(around) > 1 else [],
            f"{fact.text}\n{cited(fact, said)}",
        )


def _hints(hints: Hints, answer: Answer, said: Phrases) -> HintsView:
    missing = said.talk.missing.format("、".join(hints.missing)) if hints.missing else ""
    near = [Link(word, address("/", q=word)) for word in answer.suggestions]
    rest = None
    if hints.rest:
        rest = Link(said.talk.rest.format(hints.rest, hints.total), address("/articles", words=hints.rest))
    held = [
        Link(
            said.talk.rest_in.format(one.name, one.count),
            address("/articles", words=hints.rest, library=one.name),
        )
        for one in hints.held
    ]
    articles = [Link(article.title.text, f"/articles/{article.id}") for article in hints.articles]
    return HintsView(missing, near, rest, held, articles)

"""An Answer as a reader sees it: DESIGN section 5, "What a reply looks like"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Run, Style
from bot.rendering.fact import Permalinks, citation, no_permalinks, sentence, shown_marks
from bot.rendering.reports import Relation, relation
from bot.texts import Phrases
from knowledge.model import Answer, Hit, MatchKind

SHOWN_QUERY = 60
NEAR = 3
NEAR_CHARACTERS = 2


def answer_runs(
    answer: Answer, phrases: Phrases, hits: Sequence[Hit] | None = None, links: Permalinks = no_permalinks
) -> Iterator[Run]:
    """Say an answer: `hits` is the page to show, else all hits and the nearest of what is only related.

    The bold first line stands only where the first hit itself is shown, for it is quoted from there.
    """
    page = (*answer.hits, *nearest(answer)[:NEAR]) if hits is None else hits
    direct = [hit for hit in page if hit in answer.hits]
    near = [hit for hit in page if hit not in answer.hits]
    yield from heading(answer, phrases)
    said = answer.answer if answer.found and direct and direct[0] == answer.hits[0] else None
    if said:
        yield Run(said, Style.BOLD)
        yield Run("\n")
    yield from hit_runs(direct, phrases, links, said)
    if answer.found and near:
        yield Run(("\n\n" if direct else "") + phrases.related + "\n")
    yield from hit_runs(near, phrases, links)


def nearest(answer: Answer) -> tuple[Hit, ...]:
    """The related facts that a reader can see to be related: a word of the question stands in them."""
    return tuple(
        hit for hit in answer.related if any(end - start >= NEAR_CHARACTERS for start, end in hit.matched)
    )


def heading(answer: Answer, phrases: Phrases) -> Iterator[Run]:
    """What comes before the facts: nothing found, or found under another spelling."""
    if not any(map(str.isalnum, answer.query)):
        yield Run(phrases.nothing_asked)
    elif not answer.found:
        yield Run(phrases.nothing_found.format(shown_query(answer.query)))
        if answer.suggestions:
            yield Run("\n" + phrases.did_you_mean.format("、".join(answer.suggestions)))
        if nearest(answer):
            yield Run("\n" + phrases.nearest + "\n")
    elif answer.suggestions and answer.hits and answer.hits[0].rung in (MatchKind.SPELLING, MatchKind.PINYIN):
        yield Run(phrases.near_spelling.format(answer.suggestions[0]) + "\n")
    elif answer.suggestions:
        yield Run(phrases.did_you_mean.format("、".join(answer.suggestions)) + "\n")


def hit_runs(
    hits: Sequence[Hit], phrases: Phrases, links: Permalinks = no_permalinks, answer: str | None = None
) -> Iterator[Run]:
    """The facts one under another, `answer` bold in the first; different reports are never told as one."""
    kind = relation(hits)
    if kind is not Relation.ONE_REPORT:
        yield Run((phrases.differing_reports if kind is Relation.DIFFER else phrases.several_reports) + "\n")
    for number, hit in enumerate(hits):
        if number:
            yield Run("\n\n")
        campaign = hit.fact.article.campaign
        if campaign and kind is not Relation.ONE_REPORT:
            yield Run(phrases.campaign.format(campaign) + "\n")
        marks = shown_marks(hit.fact.text, hit.matched, None if number else answer)
        yield from sentence(hit.fact.text, marks)
        yield Run("\n")
        yield citation(hit.fact, phrases, links)


def shown_query(query: str) -> str:
    """A query as it is quoted back: on one line, not longer than a title, and no mention of anybody."""
    line = " ".join("".join(c if c.isprintable() else " " for c in query).split())
    short = line if len(line) <= SHOWN_QUERY else line[:SHOWN_QUERY] + "…"
    # A word joiner: platforms ping whoever is named right behind the sign.
    return short.replace("@", "@\u2060")

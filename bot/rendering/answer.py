"""An Answer as a reader sees it: facts, how their reports agree, why they matched; and what is told unasked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import combinations

from bot.messages import Run, Style
from bot.rendering.fact import Permalinks, citation, marked_runs, no_permalinks, place_text, shown_marks
from bot.texts import Phrases
from knowledge.model import Answer, Hit, MatchKind
from knowledge.query.analysis import read_operators
from knowledge.repair.tables import quoted_cell
from knowledge.search.conversation import Hints
from knowledge.text.folding import fold

SHOWN_QUERY = 60
PINNED = "pinned"  # why a hit answers that an admin pinned
NEAR = 3
NEAR_CHARACTERS = 2
ALSO = 3
"""Other places of one sentence that are named."""


def answer_runs(
    answer: Answer, phrases: Phrases, hits: Sequence[Hit] | None = None, links: Permalinks = no_permalinks
) -> Iterator[Run]:
    """Say an answer: `hits` is the page to show, else all hits and the nearest of what is only related.

    The bold first line stands only where the first hit itself is shown, for it is quoted from there.
    """
    page = (*answer.hits, *nearest_hits(answer)[:NEAR]) if hits is None else hits
    direct = [hit for hit in page if hit in answer.hits]
    near = [hit for hit in page if hit not in answer.hits]
    yield from heading_runs(answer, phrases)
    said = answer.answer if answer.found and direct and direct[0] == answer.hits[0] else None
    if said:
        yield Run(said, Style.BOLD)
        yield Run("\n")
    yield from hit_runs(direct, phrases, links, said)
    if answer.found and near:
        yield Run(("\n\n" if direct else "") + phrases.related + "\n")
    yield from hit_runs(near, phrases, links)


def hint_runs(hints: Hints, phrases: Phrases) -> Iterator[Run]:
    """What helps where nothing was found: the words that no article holds, and how many articles are about the rest."""
    said = phrases.talk
    if hints.missing:
        yield Run("\n" + said.missing.format("、".join(hints.missing)))
    if hints.rest:
        yield Run("\n" + said.rest.format(hints.rest, hints.total))
        held = "，".join(said.rest_in.format(one.name, one.count) for one in hints.held)
        yield Run(f"：{held}" if held else "")


def nearest_hits(answer: Answer) -> tuple[Hit, ...]:
    """The related facts that a reader can see to be related: a word of the question stands in them.

    Of a close answer the first few, whatever their words.
    """
    if answer.close:
        return tuple(answer.related[:NEAR])
    return tuple(
        hit for hit in answer.related if any(end - start >= NEAR_CHARACTERS for start, end in hit.matched)
    )


def heading_runs(answer: Answer, phrases: Phrases, suggesting: bool = True) -> Iterator[Run]:
    """What comes before the facts: how a follow-up was understood, nothing found, or found under another spelling.

    Without `suggesting`, near spellings of what was not found are left to whoever shows them as links.
    """
    if answer.understood:
        yield Run(phrases.talk.understood.format(shown_query(answer.understood)) + "\n")
    if answer.skipped and not answer.hits:
        yield Run(phrases.talk.nothing_more.format(shown_query(answer.understood or answer.query)))
    elif not any(map(str.isalnum, read_operators(fold(answer.query)).rest)):
        yield Run(phrases.nothing_asked)
    elif answer.close:
        yield Run(phrases.close + "\n")
        if answer.suggestions and suggesting:
            yield Run(phrases.did_you_mean.format("、".join(answer.suggestions)) + "\n")
    elif not answer.found:
        yield Run(phrases.nothing_found.format(shown_query(answer.understood or answer.query)))
        if answer.suggestions and suggesting:
            yield Run("\n" + phrases.did_you_mean.format("、".join(answer.suggestions)))
        if nearest_hits(answer):
            yield Run("\n" + phrases.nearest + "\n")
        elif _ENGLISH.search(answer.query):
            yield Run("\n" + phrases.operating.in_chinese)
    elif answer.suggestions and answer.hits and answer.hits[0].rung in (MatchKind.SPELLING, MatchKind.PINYIN):
        yield Run(phrases.near_spelling.format(answer.suggestions[0]) + "\n")
    elif answer.suggestions:
        yield Run(phrases.did_you_mean.format("、".join(answer.suggestions)) + "\n")


def hit_runs(
    hits: Sequence[Hit], phrases: Phrases, links: Permalinks = no_permalinks, answer: str | None = None
) -> Iterator[Run]:
    """The facts one under another, library by library, `answer` bold in the first; different reports are never told as one."""
    kind = agreement(hits)
    if kind is not Agreement.ONE_REPORT:
        yield Run((phrases.differing_reports if kind is Agreement.DIFFER else phrases.several_reports) + "\n")
    dated = any(hit.fact.article.date for hit in hits)  # beside a dated report, one without a date says so
    libraries = list(dict.fromkeys(hit.fact.article.library for hit in hits))
    last: str | None = None
    first = hits[0] if hits else None
    for number, hit in enumerate(sorted(hits, key=lambda hit: libraries.index(hit.fact.article.library))):
        if number:
            yield Run("\n\n")
        library = hit.fact.article.library
        if len(libraries) > 1 and library and library != last:
            yield Run(phrases.talk.library.format(library) + "\n", Style.BOLD)
        last = library
        campaign = hit.fact.article.campaign
        if campaign and kind is not Agreement.ONE_REPORT:
            yield Run(phrases.campaign.format(campaign) + "\n")
        marks = shown_marks(hit.fact.text, hit.matched, answer if hit is first else None)
        yield from marked_runs(hit.fact.text, marks)
        yield Run("\n")
        yield citation(
            hit.fact, phrases, links, quoted_cell(hit, answer) if answer and hit is first else None
        )
        if dated and not hit.fact.article.date:
            yield Run(phrases.undated)
        if hit.also:
            yield Run(
                "\n" + phrases.also.format("；".join(place_text(fact, phrases) for fact in hit.also[:ALSO]))
            )


def shown_query(query: str) -> str:
    """A query as it is quoted back: on one line, not longer than a title, and no mention of anybody."""
    line = " ".join("".join(c if c.isprintable() else " " for c in query).split())
    short = line if len(line) <= SHOWN_QUERY else line[:SHOWN_QUERY] + "…"
    # A word joiner: platforms ping whoever is named right behind the sign.
    return short.replace("@", "@\u2060")


# A question without a hanzi and of several words: no lookup of a name or an abbreviation.
_ENGLISH = re.compile(r"^[^\u3400-\u9fff]*?\b[A-Za-z]{2,}(?:'s)?,?\s+[A-Za-z]{2,}\b[^\u3400-\u9fff]*$")
_TIME = re.compile(r"\d{4}年|\d+月|[上下]半年|[一二三四]季度|[今去前明]年")
_FIGURE = re.compile(r"(\d[\d,，]*(?:\.\d+)?)([%％万亿]*[^\W\d_]?)")


class Agreement(StrEnum):
    """One report, several that have nothing to say about each other, or some that disagree."""

    ONE_REPORT = "one_report"
    SEVERAL = "several"
    DIFFER = "differ"


def agreement(hits: Sequence[Hit]) -> Agreement:
    """Tell how the hits' reports relate; only the same printed campaign and time can tell one subject differently."""
    if len({hit.fact.article.id for hit in hits}) < 2:
        return Agreement.ONE_REPORT
    if any(_differ(one, other) for one, other in combinations(hits, 2)):
        return Agreement.DIFFER
    return Agreement.SEVERAL


def _differ(one: Hit, other: Hit) -> bool:
    first, second = one.fact.article, other.fact.article
    if first.id == second.id or not first.campaign or first.campaign != second.campaign:
        return False
    if (first.date and second.date and first.date != second.date) or _times(one) != _times(other):
        return False
    if not _matched_words(one) or _matched_words(one) != _matched_words(other):
        return False
    figures, others = _figures(one), _figures(other)
    shared = figures.keys() & others.keys()
    return any(figures[unit].isdisjoint(others[unit]) for unit in shared)


def _matched_words(hit: Hit) -> set[str]:
    return {hit.fact.text[start:end] for start, end in hit.matched}


def _times(hit: Hit) -> set[str]:
    return set(_TIME.findall(hit.fact.text))


def _figures(hit: Hit) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, unit in _FIGURE.findall(hit.fact.text):
        if unit and unit not in "年月日时":
            found.setdefault(unit, set()).add(re.sub("[,，]", "", number))
    return found


def explanation_runs(hits: Sequence[Hit], phrases: Phrases) -> Iterator[Run]:
    """One line a hit: the rung of the ladder and the words it matched."""
    yield Run(phrases.why, Style.BOLD)
    for hit in hits:
        words = "、".join(_words(hit))
        rung = phrases.rungs[hit.rung.value]
        yield Run("\n" + (phrases.why_matched.format(rung=rung, words=words) if words else rung))
        if hit.why:
            yield Run(f"（{phrases.pinned if hit.why == PINNED else hit.why}）")


def _words(hit: Hit) -> list[str]:
    """Every matched word once, without those that are part of another."""
    words = list(dict.fromkeys(hit.fact.text[start:end] for start, end in hit.matched))
    return [word for word in words if not any(word in other and word != other for other in words)]


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


def meant_runs(news: Mapping[str, Sequence[Hit]], phrases: Phrases, links: Permalinks) -> Iterator[Run]:
    """Say what is new and may concern what somebody asked or watches; it claims nothing."""
    for number, (words, hits) in enumerate(news.items()):
        yield Run(
            ("\n\n" if number else "") + phrases.may_concern.format(shown_query(words)) + "\n", Style.BOLD
        )
        yield from hit_runs(hits[:SHOWN], phrases, links)


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

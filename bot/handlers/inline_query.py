"""`@bot words` in any chat: cited facts to choose from."""

from __future__ import annotations

from bot.messages import InlineAnswer, InlineQuery, InlineResult, Reply, Run
from bot.query_service import QueryService
from bot.rendering.answer import heading, shown_query
from bot.rendering.fact import Permalinks, citation, sentence, shown_marks
from bot.texts import Phrases
from knowledge.model import Hit

PAGE = 20
DEEPEST = 100
CACHE_SECONDS = 60


async def inline_answer(
    lookup: QueryService, query: InlineQuery, phrases: Phrases, links: Permalinks
) -> InlineAnswer:
    """One page of facts; an empty query shows how, and finding nothing is a result that says so.

    Always personal: the citation is in the asker's language.
    """
    if not query.text.strip():
        return _one(phrases.inline_how, phrases.inline_how_more, Reply([Run(phrases.start)]), "how")
    at = first_of(query.offset)
    answer = await lookup.ask(query.text, at + PAGE + 1)
    if not answer.found:
        said = phrases.nothing_found.format(shown_query(query.text))
        return _one(said, phrases.inline_how_more, Reply(list(heading(answer, phrases))[:1]), "none")
    page = answer.hits[at : at + PAGE]
    more = len(answer.hits) > at + PAGE and at + PAGE < DEEPEST
    results = [
        _result(hit, answer.answer if not at and not n else None, phrases, links)
        for n, hit in enumerate(page)
    ]
    return InlineAnswer(results, str(at + PAGE) if more else "", CACHE_SECONDS, personal=True)


def first_of(offset: str) -> int:
    """Where a page begins; an offset that we did not give out is the first."""
    at = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 5 else 0
    return at if at < DEEPEST and at % PAGE == 0 else 0


def _result(hit: Hit, answer: str | None, phrases: Phrases, links: Permalinks) -> InlineResult:
    marks = shown_marks(hit.fact.text, hit.matched, answer)
    runs = [*sentence(hit.fact.text, marks), Run("\n"), citation(hit.fact, phrases, links)]
    return InlineResult(hit.fact.id, answer or hit.fact.article.title.text, hit.fact.text, Reply(runs))


def _one(title: str, description: str, reply: Reply, result_id: str) -> InlineAnswer:
    return InlineAnswer(
        [InlineResult(result_id, title, description, reply)], "", CACHE_SECONDS, personal=True
    )

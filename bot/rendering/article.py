"""A whole article in pages: head, sentences in reading order, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Run, Style
from bot.rendering.fact import Permalinks, no_permalinks
from bot.texts import Phrases
from knowledge.model import Article, Fact

PAGE_CHARACTERS = 1_200


def article_pages(facts: Sequence[Fact]) -> list[list[Fact]]:
    """Cut an article into pages between sentences; there is always one page."""
    pages: list[list[Fact]] = [[]]
    size = 0
    for fact in facts:
        if pages[-1] and size + len(fact.text) > PAGE_CHARACTERS:
            pages.append([])
            size = 0
        pages[-1].append(fact)
        size += len(fact.text)
    return pages


def article_runs(
    article: Article,
    pages: Sequence[Sequence[Fact]],
    page: int,
    phrases: Phrases,
    links: Permalinks = no_permalinks,
) -> Iterator[Run]:
    """One page of an article, its printed headings bold where they begin."""
    yield Run(article.title.text + "\n", Style.BOLD)
    for printed in (article.subtitle, article.byline):
        if printed and not page:
            yield Run(printed.text + "\n")
    section = pages[page - 1][-1].section if page else None
    for fact in pages[page]:
        if fact.section != section and fact.section:
            yield Run(f"\n{fact.section}\n", Style.BOLD)
        section = fact.section
        yield Run(fact.text + "\n", link=links(fact))
    total = sum(len(facts) for facts in pages)
    yield Run(f"——{article.file} · {phrases.article_facts.format(total)}")
    if len(pages) > 1:
        yield Run(" · " + phrases.page_of.format(page=page + 1, pages=len(pages)))

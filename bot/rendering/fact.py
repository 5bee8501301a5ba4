"""One fact: its sentence with the matched words bold, where it stands, what is around it; and a whole article of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cache

from bot.messages import Run, Style
from bot.texts import Phrases
from knowledge.model import Article, Document, Fact
from knowledge.repair.tables import RowCell, row_cells

Permalinks = Callable[[Fact], str | None]
"""The address of a fact's place in its file, where a reader can check a quote; None where no public page is known."""


def no_permalinks(fact: Fact) -> str | None:
    """The links of a bot without a public page."""
    return None


def marked_runs(text: str, matched: Sequence[tuple[int, int]]) -> Iterator[Run]:
    """The words of a fact, whole and in order, the matched ranges bold."""
    at = 0
    for start, end in sorted(matched):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if at < start:
            yield Run(text[at:start])
        yield Run(text[start:end], Style.BOLD)
        at = end
    if at < len(text):
        yield Run(text[at:])


def shown_marks(text: str, matched: Sequence[tuple[int, int]], answer: str | None) -> list[tuple[int, int]]:
    """Choose what to make bold: the answer where it stands nearest to what was asked, else the matched words.

    A single character says nothing beside a word that matched whole.
    """
    words = [(start, end) for start, end in matched if end - start > 1] or list(matched)
    if not answer or answer not in text:
        return words
    longest = max(words, key=lambda word: word[1] - word[0], default=(0, 0))
    starts = [at for at in range(len(text)) if text.startswith(answer, at)]
    start = min(starts, key=lambda at: max(longest[0] - at, at - longest[1]))
    return [(start, start + len(answer))]


def citation(
    fact: Fact, phrases: Phrases, links: Permalinks = no_permalinks, cell: RowCell | None = None
) -> Run:
    """The citation as a run that leads to the place; of a table's row it names the `cell` that answers."""
    return Run(cited(fact, phrases, cell), link=links(fact))


def place_text(fact: Fact, phrases: Phrases) -> str:
    """Another place of a sentence that is cited already."""
    return cited(fact, phrases).removeprefix("——")


def cited(fact: Fact, phrases: Phrases, cell: RowCell | None = None) -> str:
    """Title, issue and lines first, then whose words they are, the file name last."""
    return phrases.cite.format(
        title=fact.article.title.text, lines=place(fact, phrases, cell), file=fact.article.file
    )


def place(fact: Fact, phrases: Phrases, cell: RowCell | None = None) -> str:
    """Where a fact is printed, and by whom: a citation without title and file."""
    seen = () if fact.recognised is None else (phrases.recognised.format(int(100 * fact.recognised)),)
    named = row_cells(fact)[0].text if cell else ""
    quoted = (phrases.cell.format(row=named, heading=cell.heading),) if cell and cell.heading else ()
    where = " ".join((*issue(fact.article, phrases), lines(fact, phrases), *quoted, *seen))
    return " · ".join((where, *filter(None, (author(fact.article, phrases), origin(fact.article, phrases)))))


def issue(article: Article, phrases: Phrases) -> Iterator[str]:
    """Day, newspaper and its page, where they are printed or stated."""
    known = article.metadata
    if known is None:
        return
    if known.date is not None:
        yield phrases.day.format(known.date)
    if known.newspaper:
        yield known.newspaper
    if known.edition:
        yield known.edition if "版" in known.edition else phrases.edition.format(known.edition)


AUTHORS = 2
"""Names that a citation tells; further ones are “and others”."""


def author(article: Article, phrases: Phrases) -> str | None:
    """Who wrote an article, where that is printed or stated."""
    names = article.metadata.author.split("、") if article.metadata and article.metadata.author else []
    said = phrases.author if len(names) <= AUTHORS else phrases.authors
    return said.format("、".join(names[:AUTHORS])) if names else None


def origin(article: Article, phrases: Phrases) -> str | None:
    """Where an article was first printed, unless that is its newspaper or its author, which are told already."""
    known = article.metadata
    if known is None or not known.source or known.source.strip("《》") in (known.newspaper, known.author):
        return None
    return phrases.origin.format(known.source)


def lines(fact: Fact, phrases: Phrases) -> str:
    """The lines of a fact as a reader says them, with the page where there is one."""
    said: list[str] = []
    for page, runs in fact.places:
        told = [
            phrases.line.format(first) if first == last else phrases.line_run.format(first, last)
            for first, last in runs
        ]
        said.append((phrases.page.format(page) if page is not None else "") + "、".join(told))
    return "、".join(said)


LINE_SHOWN = 400
LINES_AROUND = 1


def context_runs(
    fact: Fact, around: Sequence[Fact], phrases: Phrases, links: Permalinks = no_permalinks
) -> Iterator[Run]:
    """The sentences before and after, the asked one bold, in reading order."""
    for neighbour in around:
        if neighbour.id == fact.id:
            yield Run(neighbour.text, Style.BOLD)
        else:
            yield Run(neighbour.text)
        yield Run("\n")
    yield citation(fact, phrases, links)


def source_runs(
    fact: Fact, document: Document, phrases: Phrases, links: Permalinks = no_permalinks
) -> Iterator[Run]:
    """The file's own lines with their numbers, the quoted characters bold, gaps named."""
    quoted = {span.line for span in fact.spans}
    wanted = sorted(
        n
        for line in quoted
        for n in range(line - LINES_AROUND, line + LINES_AROUND + 1)
        if 1 <= n <= len(document.lines)
    )
    before: int | None = None
    for number in dict.fromkeys(wanted):
        if before is not None and number > before + 1:
            yield Run(phrases.source_cut.format(number - before - 1) + "\n")
        yield Run(f"{document.on_page(number)[1]}  ", Style.CODE)
        yield from _line(document.lines[number - 1], number, fact)
        yield Run("\n")
        before = number
    yield citation(fact, phrases, links)


def _line(text: str, number: int, fact: Fact) -> Iterator[Run]:
    spans = sorted((span.start, span.end) for span in fact.spans if span.line == number)
    if not spans:
        yield Run(text if len(text) <= LINE_SHOWN else text[:LINE_SHOWN] + "…")
        return
    at = max(0, spans[0][0] - LINE_SHOWN)
    if at:
        yield Run("…")
    for start, end in spans:
        yield from (Run(text[at:start]),) if at < start else ()
        yield Run(text[start:end], Style.BOLD)
        at = end
    rest = text[at:]
    if rest:
        yield Run(rest if len(rest) <= LINE_SHOWN else rest[:LINE_SHOWN] + "…")


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


class Script(StrEnum):
    """The characters that quotes are shown in."""

    PRINTED = ""
    SIMPLIFIED = "hans"
    TRADITIONAL = "hant"


def in_script(script: Script) -> Callable[[str], str]:
    """Return what shows a printed text in a script."""
    return str if script is Script.PRINTED else _converter(script)


@cache
def _converter(script: Script) -> Callable[[str], str]:
    """OpenCC's tables of characters and set phrases, without a region's words: no word becomes another."""
    import opencc  # loaded by whoever reads another script: a command that answers does not

    convert: Callable[[str], str] = opencc.OpenCC("t2s" if script is Script.SIMPLIFIED else "s2t").convert
    return convert

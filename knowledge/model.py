"""The nouns: what a newspaper article is to us, from the file's own lines to the answer.

Every type is immutable and knows no file, clock or network.
"""

from __future__ import annotations

import datetime
import hashlib
from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A run of characters on one line of a document.

    `line` counts from 1 through the whole document; `start` and `end` are code point columns from 0, end
    exclusive, so `document.lines[line - 1][start:end]` is the text.
    """

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SourcedText:
    """A piece of text and the spans it stands on, in reading order."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is stated about an article apart from its text: by an admin (`NAME.toml`), or by the file itself.

    `edition` is the newspaper's page, `author` and `editor` as stated, `source` where the text was first printed.
    """

    title: str | None = None
    newspaper: str | None = None
    date: datetime.date | None = None
    edition: str | None = None
    url: str | None = None
    author: str | None = None
    source: str | None = None
    editor: str | None = None


class BlockRole(StrEnum):
    """What a run of lines is on its page, as far as the format or the labeller tells."""

    TITLE = "title"
    KICKER = "kicker"
    SUBTITLE = "subtitle"
    BYLINE = "byline"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    CAPTION = "caption"
    CREDIT = "credit"
    FURNITURE = "furniture"
    TABLE = "table"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: its text is what its spans hold; none where the cell is empty."""

    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the format shows it: the head's cells, then row after row, each as wide as the head.

    Merged cells stand in each place that they cover. `head` is empty where the table has none.
    """

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """What a format's reader knows of a run of lines, `first` to `last`, both within.

    A paragraph is one block however many lines it was printed on; `goes_on` says that it continues the last paragraph
    of its article (over a column, a page, a picture). `article` numbers the articles of the document from 0. `size`
    is the font's size in times of the document's body text. A table's block holds its `table`. Lines of no block are
    the labeller's to decide; blank lines belong to none. Where several blocks stand on one line, `start` is the column
    on line `first` and `end` that on line `last`, exclusive.
    """

    role: BlockRole
    first: int
    last: int
    article: int = 0
    size: float | None = None
    goes_on: bool = False
    table: Table | None = None
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it is.

    `name` is the path relative to the articles folder with `/`; a member of a zip is `a.zip!/b/c.txt`.
    `lines` are the extracted lines (HTML: source lines without tags; DOCX: paragraphs; PDF: the pages' lines
    one after another). `page_starts` holds the first line of each page, empty where the format has no pages;
    `article_starts` the first line of each article where the page's layout shows it by large headlines.
    `blocks` are what the reader knows of the page's structure, in reading order, disjoint; empty where it knows
    nothing. `sidecar` is what an admin states, `stated` what the file says of itself. `confidences` has one entry a line
    where any was recognised in an image: the probability that it was read right, None for a line that is text.
    """

    name: str
    sha256: str
    size: int
    kind: str
    encoding: str | None
    lines: tuple[str, ...]
    page_starts: tuple[int, ...] = ()
    sidecar: Metadata | None = None
    article_starts: tuple[int, ...] = ()
    blocks: tuple[Block, ...] = ()
    stated: Metadata | None = None
    confidences: tuple[float | None, ...] = ()

    def on_page(self, line: int) -> tuple[int | None, int]:
        """Return the page that a line stands on, None where there are no pages, and its number there."""
        page = bisect_right(self.page_starts, line)
        return (page, line - self.page_starts[page - 1] + 1) if page else (None, line)


class NoiseKind(StrEnum):
    """Why characters of a file are in no fact, title or heading."""

    PAGE_HEADER = "page_header"
    RUBRIC = "rubric"
    LOGO = "logo"
    CREDIT = "credit"
    CONTACT = "contact"
    DATELINE = "dateline"
    REPEATED = "repeated"
    FOREIGN = "foreign"
    DAMAGED = "damaged"
    INVISIBLE = "invisible"
    MARKUP = "markup"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True)
class RepairEntry:
    """One thing repaired, removed or doubted in a document, for `chuchu check` and the reload's report.

    `kind` is a `NoiseKind` value for what was taken out, else a short name of the repair (`joined_lines`,
    `reordered`, `split_article`, …). `reason` is Chinese: admins read it. `doubt` marks what a person should
    look at first.
    """

    kind: str
    spans: tuple[Span, ...]
    text: str
    reason: str
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """One newspaper article within a document; a document may hold several.

    `keywords` say what it is about; `library` is the name of the library it belongs to, told by where the file lies.
    """

    id: str
    file: str
    title: SourcedText
    kicker: SourcedText | None = None
    subtitle: SourcedText | None = None
    byline: SourcedText | None = None
    headings: tuple[SourcedText, ...] = ()
    date: str | None = None
    campaign: str | None = None
    metadata: Metadata | None = None
    keywords: tuple[str, ...] = ()
    library: str | None = None

    @property
    def heads(self) -> tuple[SourcedText, ...]:
        return tuple(head for head in (self.kicker, self.title, self.subtitle) if head)


@dataclass(frozen=True, slots=True)
class Fact:
    """One repaired sentence of one article, word for word as printed.

    `spans` are disjoint and in reading order. `leans_on` is the id of the fact that makes this one
    understandable (no subject, 这里, 该镇). `uncertain` marks a section whose reading order was not established.
    `page` and `page_first_line` are those of the first span, `further_pages` first line and number of the others it
    stands on; `apart` are the lines of its spans that something else lies right above. `recognised` is the probability
    that a fact from an image was read right, None for one that is text in the file.
    """

    id: str
    text: str
    spans: tuple[Span, ...]
    article: Article
    section: str | None = None
    kind: str = "sentence"
    leans_on: str | None = None
    uncertain: bool = False
    page: int | None = None
    page_first_line: int = 1
    further_pages: tuple[tuple[int, int], ...] = ()
    apart: tuple[int, ...] = ()
    recognised: float | None = None

    @property
    def lines(self) -> tuple[tuple[int, int], ...]:
        """The runs of lines the fact stands on, on its first page where there are pages."""
        return next((found for _, found in self.places), ())

    @property
    def places(self) -> tuple[tuple[int | None, tuple[tuple[int, int], ...]], ...]:
        """Page after page in reading order, its number and the runs of lines on its own count; None without pages."""
        return tuple(
            (page, tuple((a - first + 1, b - first + 1) for a, b in line_ranges(lines, self.apart)))
            for (first, page), lines in groupby(
                dict.fromkeys(span.line for span in self.spans), self._page_of
            )
        )

    def _page_of(self, line: int) -> tuple[int, int | None]:
        """The first line and the number of the page on which a line stands."""
        pages = ((self.page_first_line, self.page), *self.further_pages)
        return max((page for page in pages if page[0] <= line), key=lambda page: page[0], default=pages[0])


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What repair makes of one document: its articles, their facts in reading order, and the log of every change."""

    document: Document
    articles: tuple[Article, ...]
    facts: tuple[Fact, ...]
    log: tuple[RepairEntry, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or a part of one, that is left out: where, at which stage, why, and what to do about it (Chinese).

    `passing`: the next try may succeed though nothing in the folder has changed. `line` counts from 1, where known.
    """

    name: str
    reason: str
    remedy: str
    offset: int | None = None
    passing: bool = False
    stage: str = "读取"
    line: int | None = None


class MatchKind(StrEnum):
    """The step of the ladder that made a hit match, strongest first; `meaning` is no match of words at all."""

    PHRASE = "phrase"
    WORDS = "words"
    NUMBER = "number"
    ALIAS = "alias"
    PINYIN = "pinyin"
    SPELLING = "spelling"
    MEANING = "meaning"


class Tier(StrEnum):
    """How much an answer claims: `found` is a claim; `close` shows what means something alike and claims nothing."""

    FOUND = "found"
    CLOSE = "close"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Hit:
    """A fact that matched; `matched` are code point ranges of `fact.text`, disjoint and ascending.

    `also` are the facts of other places that print the same sentence.
    """

    fact: Fact
    score: float
    rung: MatchKind
    matched: tuple[tuple[int, int], ...] = ()
    why: str = ""
    also: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What the nearest fact has another value of: it prints 上半年 where 下半年 was asked for.

    `kind` is a `SlotKind` value (period, place, code, deed …); `printed` is empty where it prints none.
    """

    kind: str
    asked: str
    printed: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a query; "nothing found" is an answer too.

    `hits` followed by `related` is one ranking. `confidence` (0-1) is the probability that what is claimed is right,
    comparable across queries. `answer` is the shortest span of the first hit that answers, or None; `answers` are
    several where several were asked (two questions, lists, comparisons). `differences` say why the nearest fact is
    no answer. Where it is `close`, `related` begins with what means something alike; `understood` is what a
    follow-up was taken for, `skipped` how many facts it leaves out because they were told before (还有呢).
    """

    query: str
    found: bool
    confidence: float
    answer: str | None
    hits: Sequence[Hit] = ()
    related: Sequence[Hit] = ()
    suggestions: Sequence[str] = ()
    close: bool = False
    understood: str | None = None
    answers: Sequence[str] = ()
    differences: Sequence[Difference] = ()
    skipped: int = 0

    @property
    def tier(self) -> Tier:
        """How much is claimed; `found` and `close` exclude each other."""
        return Tier.FOUND if self.found else Tier.CLOSE if self.close else Tier.NONE


class Order(StrEnum):
    """By what a list of articles is sorted: the latest first, or the titles as in a Chinese list."""

    DATE = "date"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles are wanted: of each kind one that is named; all where nothing is."""

    libraries: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    newspapers: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.marks)

    @property
    def marks(self) -> str:
        """The filter as one types it before a query, a blank at its end."""
        named = {"库": self.libraries, "报": self.newspapers, "作者": self.authors, "来源": self.sources}
        marks = [f"{mark}:{name}" for mark, names in named.items() for name in names]
        return "".join(f"{mark} " for mark in (*marks, *(f"{year}年:" for year in self.years)))


@dataclass(frozen=True, slots=True)
class Browse:
    """Which articles are to be listed: about every word, of those that a filter lets through."""

    words: str = ""
    only: Filter = Filter()
    order: Order = Order.DATE
    first: int = 0
    most: int = 50


@dataclass(frozen=True, slots=True)
class Facet:
    """A library, year or newspaper by name, and how many articles it has."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One article of a list, with how many facts it has."""

    article: Article
    facts: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of articles of `total`, and what all of them can be chosen by."""

    total: int
    articles: tuple[Listed, ...]
    libraries: tuple[Facet, ...] = ()
    years: tuple[Facet, ...] = ()
    newspapers: tuple[Facet, ...] = ()


def library_folder(file: str) -> str | None:
    """Return the sub-folder of the articles that a file lies in, which is a library; None for one that lies in none."""
    folder, slash, _ = file.partition("/")
    return folder if slash and not folder.endswith("!") else None


_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"
_BASE32_PAIRS: Final = [first + second for first in _BASE32 for second in _BASE32]  # base64.b32encode is slow


def make_id(file: str, text: str, nth: int) -> str:
    """Return 13 base32 characters of BLAKE2 over file, text and how often the text came before in the file."""
    told = f"{file}\0{text}\0{nth}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.blake2b(told, digest_size=9).digest()) >> 7
    pairs = [_BASE32_PAIRS[number >> place & 1023] for place in range(55, 0, -10)]
    return f"{''.join(pairs)}{_BASE32[number & 31]}"


def line_ranges(numbers: Iterable[int], apart: Container[int] = ()) -> tuple[tuple[int, int], ...]:
    """Put line numbers together into runs, over one line that is left out; those in `apart` begin a run anew."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        last = found[-1][1] if found else None
        if last is not None and (number == last or (last < number <= last + 2 and number not in apart)):
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def lines_apart(numbers: Iterable[int], lines: Sequence[str]) -> tuple[int, ...]:
    """Return those of the line numbers that one line with other text parts from the number before."""
    return tuple(b for a, b in pairwise(numbers) if b == a + 2 and lines[a].strip())

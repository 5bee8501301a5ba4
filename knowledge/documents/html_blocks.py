"""HTML to blocks of visible text, each piece on the line of the source it stands on, in linear time."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final

from knowledge.documents.html_look import Look, Styles, attributes_of
from knowledge.documents.text import SCRIPT, powers, set_off


def set_of(text: str) -> frozenset[str]:
    """A set of names, written one after another."""
    return frozenset(text.split())


_DROPPED: Final = set_of(
    "script style noscript template nav aside footer button label datalist select svg math iframe object "
    "head title audio video canvas dialog menu textarea xmp del s strike rt rp"
)
_BLOCKS: Final = set_of(
    "address article blockquote body br dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li "
    "main ol p pre section summary table td th tr ul caption center header footer nav aside "
    "founder-content founder-title"
)
_VOID: Final = set_of("area base br col embed hr img input link meta param source track wbr")
_TAG: Final = re.compile(r"[A-Za-z][^\s/>]{0,60}")
_STOP: Final = re.compile(r"[\"'>]")
_RAW: Final = frozenset({"script", "style", "textarea", "title", "noscript", "iframe", "template", "xmp"})
_MAIN: Final = ("article", "main")
_IN_HEAD: Final = set_of("base link meta title noscript script style template head")
"""What a head may hold; any other element ends it, its end tag or none (HTML standard, 13.2.6.4.4)."""

_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
_BLANKS: Final = re.compile(r"[ \t\r\f\v\u200b\ufeff]+")
_SPANS: Final = re.compile(r"\b(col|row)span\s*=\s*[\"']?\s*(\d{1,3})", re.I)
_WIDEST: Final = 100
_MOST_COVERED: Final = 50_000
"""Places that merged cells cover on one page; beyond, a cell is taken for one place."""

_UNBROKEN: Final = 15
"""A `<br>` within a sentence after so many characters only wraps the line."""

_BOLD: Final = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)
_ALIGNED: Final = re.compile(r"\b(?:text-)?align\s*[:=]\s*[\"']?\s*(left|center|right|justify|middle)", re.I)
_HOLDS: Final = set_of("article body center div form founder-content main section table td th")
"""What holds blocks rather than being one."""

_ENDS_ITSELF: Final = set_of("p li td th tr dd dt")
"""Each ends where the next of its name begins, its end tag being left out."""

_TABLES, _CELLS = frozenset(("table", "dl")), frozenset(("td", "th", "dt", "dd"))
"""A list of terms is a table of two columns."""

_CONTACT: Final = re.compile(r"""href\s*=\s*["']?(?:tel|mailto|sms):""", re.I)
"""It leads to nobody's page."""
_SEAMS: Final = set_of(
    "a cite em i small span time"
)  # each parts the words of a line of credits from what is beside
_WORDS, _DASHES = re.compile("[a-z]+"), re.compile("[-_]")
_CAPITAL: Final = re.compile("(?<=[a-z])(?=[A-Z])")
_MARKS: Final = {
    "author": set_of("author authors authorname byline writer username nickname nick poster zuozhe"),
    "source": set_of("source laiyuan publisher js_name"),
}
"""What pages call whoever wrote a text, or printed it first, in class, id, rel and itemprop; WeChat an account `js_name`."""
_ACCOUNT: Final = re.compile(r"\b(?:author|users?|members?|space|people|(?:view)?profile|uid|u)\b")
"""What addresses have in common that lead to somebody's own page; see `_HOST` for what is left out."""
_HOST: Final = re.compile("https?://[^/]*|[?&](?:mod|action|m|a)=")
_FIELD: Final = re.compile("[\u4e00-\u9fff]{2,6}\\s?[：:]?")
_LABEL: Final = re.compile(r"(?:作者|来源|來源|稿源|文|(?:posted )?by)\s*[：:/|]?", re.I)
_STOPPED: Final = re.compile("[。！？!?；;：:…”’」』）)》.]\\s*$")


@dataclass(frozen=True, slots=True)
class HtmlToken:
    """A piece of text (`tag` is empty) or a tag; `at` is its offset in the source, `attributes` as written."""

    at: int
    text: str = ""
    tag: str = ""
    closing: bool = False
    attributes: str = ""


@dataclass(slots=True)
class CellPlace:
    """Where in which table a block stands; `column` and `row` count from 0, the spans from 1."""

    table: int
    row: int
    column: int
    heading: bool
    columns: int = 1
    rows: int = 1


@dataclass(slots=True, eq=False)
class HtmlBlock:
    """The text between two boundaries of block elements: pieces of (line from 0, text).

    `level` is that of a heading element, else 0; `linked` counts the characters within links, `bold` those in bold print;
    `within` is the element that holds it, as in `HtmlText.parents`; at `seams` (line, offset in the piece on it) an element
    in the line begins or ends.
    """

    tag: str
    level: int = 0
    cell: CellPlace | None = None
    pieces: list[tuple[int, str]] = field(default_factory=list)
    linked: int = 0
    bold: int = 0
    within: int = 0
    centred: bool = False
    seams: list[tuple[int, int]] = field(default_factory=list)

    def parted(self) -> Iterator[tuple[int, list[str]]]:
        """Each piece with its line, as its elements part it."""
        seams = {line: [at for _, at in each] for line, each in groupby(self.seams, key=itemgetter(0))}
        for line, text in self.pieces:
            at = [0, *seams.get(line, ()), len(text)]
            yield line, [part for one, two in pairwise(at) if (part := text[one:two].strip())]

    def names(self, other: HtmlBlock) -> bool:
        """Tell whether this is a cell that holds nothing but a field's name, and another one's in its row the value."""
        mine, its = self.cell, other.cell
        beside = mine is not None and its is not None and (mine.table, mine.row) == (its.table, its.row)
        return beside and _FIELD.fullmatch(self.text.strip()) is not None

    @property
    def text(self) -> str:
        """The pieces as one text; a line of the source ends no word but a Latin one."""
        parts: list[str] = []
        for _, piece in self.pieces:
            latin = parts and parts[-1][-1:].isascii() and parts[-1][-1:].isalnum() and piece[:1].isalnum()
            parts.append(" " * bool(latin and piece[:1].isascii()) + piece)
        return "".join(parts)


@dataclass(slots=True)
class HtmlText:
    """A page's visible blocks in source order, the text of `<title>` with its line, and what holds what.

    `parents` has for each element that holds blocks the one that holds it, the page itself being 0. `named` has by "author"
    and "source" the words of elements called so, by "account" of links to somebody's page, each with its block.
    """

    blocks: list[HtmlBlock]
    title: str
    title_line: int
    metas: dict[str, str]
    parents: list[int]
    named: list[tuple[str, str, HtmlBlock]]


def read_blocks(source: Sequence[str]) -> HtmlText:
    """Collect the visible blocks of a page given as its lines."""
    joined = "\n".join(source)
    styles = Styles(joined)
    collector = _collected(joined, styles)
    unseen, size = max(collector.unseen.items(), key=lambda each: each[1], default=(0, 0))
    if size > sum(len(block.text) - block.linked for block in collector.finished()):
        collector = _collected(joined, styles, shown=unseen)
    title = re.search(r"<title[^>]{0,200}>([^<]{0,500})", joined[:200_000], re.I)
    text = " ".join(html.unescape(title[1]).split()) if title else ""
    where = joined.count("\n", 0, title.start(1) + len(title[1]) - len(title[1].lstrip())) if title else 0
    metas = dict(_metas(joined[:200_000]))
    return HtmlText(collector.finished(), text, where, metas, collector.parents, [*collector.named.values()])


def _collected(source: str, styles: Styles, shown: int = -1) -> _Collector:
    """Take each token of a page; the element at `shown` is no hidden one: a script shows it."""
    collector = _Collector(styles, shown)
    line, at = 0, 0
    for token in html_tokens(source):
        line += source.count("\n", at, token.at)
        at = token.at
        collector.take(token, line)
    return collector


def _metas(head: str) -> Iterator[tuple[str, str]]:
    """Name and content of each `<meta>`."""
    for tag in re.finditer(r"<meta\s[^<>]{0,2000}>", head, re.I):
        name = re.search(r"(?:name|property|itemprop)\s*=\s*[\"']?([^\"'\s>]{1,60})", tag[0], re.I)
        content = re.search(r"content\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag[0], re.I)
        if name and content:
            yield name[1].lower(), html.unescape(content[1] or content[2] or "").strip()


@dataclass(frozen=True, slots=True)
class _Open:
    """An open element: whether its text is left out, what holds its blocks, how it is set and looks, whom it names.

    `names` are the places in `_Collector.named` that its first words fill, the innermost last; `account` a link's.
    """

    look: Look
    tag: str = "body"
    dropped: bool = False
    within: int = 0
    bold: bool = False
    centred: bool = False
    names: tuple[int, ...] = ()
    account: int = -1


class _Collector:
    """Follows the open elements and puts text into blocks."""

    def __init__(self, styles: Styles, shown: int) -> None:
        self.parents = [0]
        self.named: dict[int, tuple[str, str, HtmlBlock]] = {}
        self._kinds: list[str] = []
        self._styles, self._shown, self._seam = styles, shown, False
        self.unseen: Counter[int] = Counter()
        """How much text each hidden element has, by where it begins."""

        self._hidden, self._hidden_under = -1, 0
        self._blocks: list[HtmlBlock] = [HtmlBlock("body")]
        self._open = [_Open(styles.page)]
        self._counts: dict[str, int] = {}
        self._dropped = 0
        self._tables: list[list[int]] = []  # number, row, column of each open table
        self._tables_met = 0
        self._cells: list[CellPlace] = []
        self._covered = 0
        self._taken: dict[tuple[int, int], set[int]] = {}

    def finished(self) -> list[HtmlBlock]:
        """The blocks that hold text."""
        for block in self._blocks:
            block.pieces = [(line, text) for line, text in block.pieces if text.strip()]
            if block.pieces:
                line, text = block.pieces[-1]
                block.pieces[-1] = (line, text.rstrip())
                block.pieces = [(at, powers(piece)) for at, piece in block.pieces]
        return [block for block in self._blocks if block.pieces]

    def take(self, token: HtmlToken, line: int) -> None:
        """Take the next token, which begins on source line `line`, counted from 0."""
        if not token.tag:
            for number, piece in enumerate(token.text.split("\n"), line):
                self._put(number, _ENTITY.sub(_character, piece))
            return
        if token.tag == "br" and self._is_wrapped():
            return
        if token.closing:
            self._close(token.tag)
        elif token.tag not in _VOID:
            self._enter(token)
        if token.tag in _BLOCKS:
            self._part()

    def _is_wrapped(self) -> bool:
        text = "".join(piece for _, piece in self._blocks[-1].pieces[-3:]).strip()
        return len(text) >= _UNBROKEN and not _STOPPED.search(text) and not self._blocks[-1].level

    def _enter(self, token: HtmlToken) -> None:
        tag = token.tag
        if self._counts.get("head") and tag not in _IN_HEAD:
            self._close("head")
        heads_page = tag == "header" and not any(self._counts.get(name) for name in _MAIN)
        dropped = tag in _DROPPED or heads_page
        if tag == "a" and _CONTACT.search(token.attributes):
            return
        if tag in _ENDS_ITSELF and self._open[-1].tag == tag:
            self._close(tag)
        above = self._open[-1]
        if tag in _HOLDS:
            self.parents.append(above.within)
        within = len(self.parents) - 1 if tag in _HOLDS else above.within
        own = attributes_of(token.attributes)
        look = above.look if token.at == self._shown else above.look.within(self._styles.said(tag, own))
        if look.hidden and self._hidden < 0:
            self._hidden, self._hidden_under = token.at, len(self._open)
        set_bold, aligned = _BOLD.search(token.attributes), _ALIGNED.search(token.attributes)
        bold = above.bold or tag in ("b", "strong") or set_bold is not None
        centred = aligned[1].lower() == "center" if aligned else above.centred or tag == "center"
        names = above.names
        called = " ".join(own.get(name, "") for name in ("class", "id", "rel", "itemprop"))
        words = {*called.split(), *_DASHES.sub("", called.lower()).split()}
        words.update(_WORDS.findall(_CAPITAL.sub(" ", called).lower()))
        kind = next((kind for kind, marks in _MARKS.items() if not marks.isdisjoint(words)), "")
        if kind:
            names = (*names[-4:], len(self._kinds))
            self._kinds.append(kind)
        leads = tag == "a" and _ACCOUNT.search(_HOST.sub("", own.get("href", "").lower()))
        account = len(self._kinds) if leads else above.account
        self._kinds += ["account"] * bool(leads)
        self._open.append(_Open(look, tag, dropped, within, bold, centred, names, account))
        self._seam |= tag in _SEAMS
        self._counts[tag] = self._counts.get(tag, 0) + 1
        self._dropped += dropped
        if tag in _TABLES:
            self._tables.append([self._tables_met, -1, 0])
            self._tables_met += 1
        elif self._tables and (tag in ("tr", "dt") or (tag == "dd" and self._tables[-1][2] > 1)):
            self._tables[-1][1] += 1
            self._tables[-1][2] = int(tag == "dd")
        if tag in _CELLS and self._tables:
            self._enter_cell(tag, token.attributes)

    def _enter_cell(self, tag: str, attributes: str) -> None:
        number, row, column = self._tables[-1]
        taken = self._taken.get((number, row), set())
        while column in taken:
            column += 1
        spans = {kind.lower(): min(_WIDEST, max(1, int(count))) for kind, count in _SPANS.findall(attributes)}
        cell = CellPlace(number, row, column, tag in ("th", "dt"), spans.get("col", 1), spans.get("row", 1))
        self._covered += cell.rows * cell.columns
        for below in range(1, cell.rows if self._covered < _MOST_COVERED else 1):
            covered = self._taken.setdefault((number, row + below), set())
            covered.update(range(column, column + cell.columns))
        self._tables[-1][2] = column + cell.columns
        self._cells.append(cell)

    def _close(self, tag: str) -> None:
        """Close the innermost element of that name and all within it; a stray end tag closes nothing."""
        while self._counts.get(tag):
            ended = self._open.pop()
            inner = ended.tag
            self._counts[inner] -= 1
            self._dropped -= ended.dropped
            self._seam |= inner in _SEAMS
            if len(self._open) <= self._hidden_under:
                self._hidden = -1
            if inner in _TABLES and self._tables:
                self._tables.pop()
            elif inner in _CELLS and self._cells:
                self._cells.pop()
            if inner == tag:
                return

    def _part(self) -> None:
        tag = next((each.tag for each in reversed(self._open) if each.tag in _BLOCKS), "body")
        if self._blocks[-1].pieces or self._blocks[-1].tag != tag:
            level = next((depth for depth in range(1, 7) if self._counts.get(f"h{depth}")), 0)
            self._blocks.append(HtmlBlock(tag, level, self._cells[-1] if self._cells else None))

    def _put(self, number: int, piece: str) -> None:
        element = self._open[-1]
        if self._hidden >= 0 and element.look.hidden and not self._counts.get("a"):
            self.unseen[self._hidden] += len(piece.strip())
        marks_note = self._counts.get("sup") and self._counts.get("a")
        if self._dropped or element.look.hidden or marks_note:
            return
        piece = _BLANKS.sub(" ", piece)
        raised = self._counts.get("sup", 0) > 0
        if (raised or self._counts.get("sub")) and SCRIPT.fullmatch(piece):
            piece = set_off(piece.strip(), raised)
        block = self._blocks[-1]
        if not block.pieces:
            block.within, block.centred = element.within, element.centred
        first = not block.pieces or block.pieces[-1][0] != number
        piece = piece.lstrip() if first else piece
        if not piece:
            return
        if first:
            block.pieces.append((number, piece))
        else:
            if self._seam:
                block.seams.append((number, len(block.pieces[-1][1])))
            block.pieces[-1] = (number, block.pieces[-1][1] + piece)
        self._seam = False
        self._name(element.names, piece.strip(), block)
        if element.account >= 0 and piece.strip():
            self.named.setdefault(element.account, ("account", piece.strip(), block))
        if self._counts.get("a"):
            block.linked += len(piece)
        if element.bold:
            block.bold += len(piece.strip())

    def _name(self, names: tuple[int, ...], words: str, block: HtmlBlock) -> None:
        """Take the first words of an element for what the innermost of its names stands for, a label before them apart."""
        if names and names[-1] not in self.named and words and not _LABEL.fullmatch(words):
            for at in names:
                self.named.setdefault(at, (self._kinds[at] if at == names[-1] else "", words, block))


def _character(reference: re.Match[str]) -> str:
    text = html.unescape(reference[0]).replace("\xa0", " ").replace("\xad", "")
    return " " if text in ("\r", "\n") else text


def html_tokens(source: str) -> Iterator[HtmlToken]:
    """Split HTML into texts and tags in linear time; comments, declarations and raw text elements' contents are left out.

    The rules are those of the HTML standard's tokenizer as far as text needs them. The standard library's parser takes
    quadratic time on malformed input before Python 3.11.13 (CVE-2025-6069: 36 s for 60 kB of `<a `), and libxml2 does
    not say where a text stands.
    """
    at = 0
    last_quote = {quote: source.rfind(quote) for quote in "\"'"}
    while at < len(source):
        opening = source.find("<", at)
        if opening < 0:
            opening = len(source)
        if opening > at:
            yield HtmlToken(at, source[at:opening])
        if opening == len(source):
            return
        token, at = _markup(source, opening, last_quote)
        if token:
            yield token
            if token.tag in _RAW and not token.closing:
                at = _after_raw(source, at, token.tag)


def _markup(source: str, at: int, last_quote: dict[str, int]) -> tuple[HtmlToken | None, int]:
    """Read what begins with `<` at `at`; return its token and where it ends."""
    if source.startswith("<!--", at):
        return None, _after(source, "-->", at + 4)
    if source.startswith(("<!", "<?"), at):
        return None, _after(source, ">", at + 2)
    closing = source.startswith("</", at)
    name = _TAG.match(source, at + 1 + closing)
    if not name:
        return HtmlToken(at, "<"), at + 1
    end = _tag_end(source, name.end(), last_quote)
    attributes = "" if closing else source[name.end() : min(end, name.end() + 2000)]
    return HtmlToken(at, "", name[0].lower(), closing, attributes), end


def _tag_end(source: str, at: int, last_quote: dict[str, int]) -> int:
    """Return the offset after the `>` that closes a tag, past quoted values."""
    while stop := _STOP.search(source, at):
        at = stop.end()
        if stop[0] == ">":
            return at
        if at <= last_quote[stop[0]]:
            at = source.index(stop[0], at) + 1
    return len(source)


def _after(source: str, mark: str, at: int) -> int:
    found = source.find(mark, at)
    return len(source) if found < 0 else found + len(mark)


def _after_raw(source: str, at: int, tag: str) -> int:
    """Return where the end tag of a raw text element begins, or the end of the source."""
    end = re.compile(rf"</{tag}(?=[\s/>])", re.I).search(source, at)
    return end.start() if end else len(source)

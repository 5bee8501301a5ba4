"""Broken lines back into paragraphs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from knowledge.model import Span
from knowledge.repair.characters import BULLETS, is_han, pieces
from knowledge.repair.columns import PUNCTUATION, WIDEST, Columns
from knowledge.repair.joining import lay_out
from knowledge.repair.lines import Line, blanks_tell
from knowledge.repair.names import AFTER_SENTENCE

# A line of so many characters with a comma in it is running text, whatever follows.
_RUNNING: Final = 35
_LONGEST_HEADING: Final = 50
# Lines and commas that a title has at most, if it has a comma.
_MOST_PARTS: Final = 3
_LONGEST_TITLE_LINE: Final = 24

_CONNECTS: Final = re.compile("[，、；,;“‘「『《〈（(—]$")
_CONTINUES: Final = re.compile("[，、。；：！？”’）》」』】%％,;)]")
# A title in two parts: 学深悟透 打牢理论根基.
_TWO_PARTS: Final = re.compile("[\u4e00-\u9fff”]{3}[ \u3000][“\u4e00-\u9fff]{3}")
_BROKEN_NAME: Final = re.compile("(?:记者|通讯员|作者)\\s*[\u4e00-\u9fff]$")
_UNIT: Final = re.compile(
    "[年月日号时分秒届个名人次户家条项件场部所座万千百亿余多元美平公吨米克岁倍点度届位辆组株%.．]"
)
_COMMA: Final = re.compile("[，；,;]")
_STOPS: Final = re.compile("[。！？]")
_STARTS: Final = re.compile(
    "[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\\d]{1,3}[)）]|——"
    f"|[{BULLETS}※·•]|第[一二三四五六七八九十百\\d]{{1,4}}[章节条]"
)
_QUOTED: Final = re.compile("“[^”]*”|《[^》]*》|（[^）]*）|\\([^)]*\\)")
_REPEATABLE: Final = frozenset("天人处年月日时刻刚常往渐纷种次个家户条件样")


@dataclass(slots=True, eq=False)
class Paragraph:
    """Lines that belong together.

    `starts` are the places of the spans in `text`; `repeats` the characters dropped where a word was interrupted.
    """

    lines: list[Line]
    spans: tuple[Span, ...] = ()
    text: str = ""
    starts: tuple[int, ...] = ()
    repeats: list[Span] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return self.lines[-1].finished

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def display(self) -> bool:
        """Tell whether it looks like a title or heading: short, and no sentence."""
        commas = len(_COMMA.findall(self.text))
        if self.first.dateline or _unclosed(self.text) or (commas and self.text[-1].isdigit()):
            return False
        if commas and len(self.lines) + commas > _MOST_PARTS:
            return False
        short = len(self.text) <= _LONGEST_HEADING
        return (
            short
            and not self.finished
            and not _STOPS.search(self.text)
            and self.text[-1] not in "，；、,;：:"
        )

    @property
    def width(self) -> float:
        return max(line.width for line in self.lines)


class Assembler:
    """Puts the lines of one document together; `tight` and `strays` as in `pieces`."""

    def __init__(self, lines: Sequence[Line], raw: Sequence[str], tight: bool, strays: bool) -> None:
        self._lines = lines
        self._raw = raw
        self._tight = tight
        self._strays = strays
        self._columns = Columns(lines)
        self._counted: Counter[str] | None = None
        self._body_seen = False
        self._blanks_tell = blanks_tell(lines)
        self._indents_tell = 2 * sum(line.indented for line in lines) < len(lines)

    def assemble(self) -> list[Paragraph]:
        """Return the paragraphs in file order."""
        paragraphs: list[Paragraph] = []
        current: list[Line] = []
        repeats: list[Span] = []
        for at, line in enumerate(self._lines):
            current.append(line)
            if at + 1 < len(self._lines) and self._continues(at, current):
                self._drop_repeat(at, repeats)
                continue
            # Below a byline another article may begin, with a title of its own.
            self._body_seen = not line.byline and (self._body_seen or line.finished or len(current) > 2)
            paragraphs.append(self._paragraph(current, repeats))
            current, repeats = [], []
        return paragraphs

    def _paragraph(self, lines: list[Line], repeats: list[Span]) -> Paragraph:
        skipped = {(span.line, span.start) for span in repeats}
        display = len(lines) <= 3 and not lines[-1].finished
        spans = tuple(
            Span(line.number, start, end)
            for line in lines
            for start, end in pieces(
                line.raw,
                line.start + ((line.number, line.start) in skipped),
                line.end,
                self._tight,
                display,
                self._strays,
            )
        )
        return Paragraph(lines, spans, *lay_out(self._raw, spans), repeats)

    def _continues(self, at: int, current: list[Line]) -> bool:
        line, following = self._lines[at], self._lines[at + 1]
        if line.byline or following.byline or following.dateline or line.caption != following.caption:
            return False
        if at == 0 and self._heads_file(line, following):
            return False
        if line.finished:
            return self._columns.full(at) and not following.indented and _open(current)
        if line.text[-1] in "）)" and _signs(current):
            return False
        if _CONTINUES.match(following.text):
            return True
        if following.indented and (following.indent > line.indent or following.gap or self._indents_tell):
            return False
        if (
            _BROKEN_NAME.search(line.text)
            or _CONNECTS.search(line.text)
            or (at and line.text[-1].isdigit() and _UNIT.match(following.text))
        ):
            return True
        if self._columns.full(at):
            if self._is_title(at, current):
                return False
            return not self._columns.breaks(at) or self._is_word(line, following)
        if _STARTS.match(following.text):
            return False
        if following.gap == 0 and (line.dateline or (len(current) > 1 and self._blanks_tell)):
            return True
        return self._runs_on(line, following)

    def _heads_file(self, line: Line, following: Line) -> bool:
        """Tell whether the first line is the title whatever its marks: a blank line and more text below."""
        if not following.gap or line.width > _LONGEST_HEADING or line.text[-1] in "，、；：。":
            return False
        return following.width > WIDEST or (following.width > line.width and not self._columns.full(0))

    def _is_title(self, at: int, current: list[Line]) -> bool:
        """Tell whether full lines are a title all the same: no clause in them, and a blank line below.

        Where blank lines stand everywhere, only above the first text, and only off the column's width.
        """
        line, following = self._lines[at], self._lines[at + 1]
        if following.gap == 0 or line.indented or len(current) > 3 or not self._opens(at - len(current)):
            return False
        if any(_STOPS.search(part.text) for part in current):
            return False
        clauses = any(PUNCTUATION.search(_QUOTED.sub("", part.text)) for part in current)
        column = max(self._columns.after(at), self._columns.before(at))
        if column and line.width > 1.3 * column:
            return True
        parted = current[0].gap > 0 or current[0] is self._lines[0]
        if self._blanks_tell and parted and sum(len(part.text) for part in current) <= _LONGEST_TITLE_LINE:
            return True
        if (
            self._blanks_tell
            or following.text.startswith("——")
            or _TWO_PARTS.search(_QUOTED.sub("“”", line.text))
        ):
            return not clauses and parted
        return not clauses and not self._body_seen and not 0.9 * column <= line.width <= 1.1 * column

    def _opens(self, before: int) -> bool:
        return (
            before < 0
            or self._lines[before].finished
            or not self._columns.full(before)
            or not self._body_seen
        )

    def _runs_on(self, line: Line, following: Line) -> bool:
        """Tell whether running text outside a column was cut off before `following`."""
        if line.text[-1] in "：:”’）)》】" or (line.indented and following.indented):
            return following.interrupted and self._is_word(line, following)
        if following.interrupted and (line.text[-1] == following.text[0] or self._is_word(line, following)):
            return True
        clauses = _QUOTED.sub("", line.text)
        if _STARTS.match(line.text) and not _STOPS.search(clauses):
            return False
        if _STOPS.search(clauses):
            return True
        commas = len(_COMMA.findall(clauses))
        return (
            self._body_seen
            and commas > 0
            and (commas > 1 or following.gap == 0 or len(line.text) >= _RUNNING)
        )

    def _is_word(self, line: Line, following: Line) -> bool:
        """Tell whether the two characters at the break stand together elsewhere in the document."""
        pair = line.text[-1] + following.text[0]
        if not (is_han(pair[0]) and is_han(pair[1])):
            return False
        return self._pairs()[pair] > 0

    def _pairs(self) -> Counter[str]:
        """How often characters stand together in the lines; under one alone, how often it follows another."""
        if self._counted is None:
            self._counted = Counter(a + b for each in self._lines for a, b in pairwise(each.text))
            for each in self._lines:
                self._counted.update(each.text[1:])
        return self._counted

    def _drop_repeat(self, at: int, repeats: list[Span]) -> None:
        """Note the character printed twice where something interrupted a word.

        Only where it ends the one word in which the rest of the text has it, and begins none that the text has.
        """
        line, following = self._lines[at], self._lines[at + 1]
        char = line.text[-1]
        if not following.interrupted or char != following.text[0] or not is_han(char) or char in _REPEATABLE:
            return
        pairs = self._pairs()
        bound = len(line.text) > 1 and 1 < pairs[char] == pairs[line.text[-2:]]
        if bound and pairs[following.text[:2]] < 2:
            repeats.append(Span(following.number, following.start, following.start + 1))


def _signs(lines: list[Line]) -> bool:
    """Tell whether the lines end in a byline in brackets."""
    return AFTER_SENTENCE.search("".join(line.text for line in lines[-4:])) is not None


def _open(lines: list[Line]) -> bool:
    """Tell whether a quote or bracket is still open at the end of the lines."""
    return _unclosed("".join(line.text for line in lines[-12:]))


def _unclosed(text: str) -> bool:
    return any(text.count(left) > text.count(right) for left, right in ("“”", "（）", "《》", "「」", "『』"))


def spans_of(paragraph: Paragraph, start: int, end: int) -> tuple[Span, ...]:
    """Return the spans on which `paragraph.text[start:end]` stands."""
    found: list[Span] = []
    at = bisect_right(paragraph.starts, start) - 1
    while at < len(paragraph.spans) and paragraph.starts[at] < end:
        span, offset = paragraph.spans[at], paragraph.starts[at]
        low = max(start - offset, 0)
        high = min(end - offset, span.end - span.start)
        if low < high:
            found.append(Span(span.line, span.start + low, span.start + high))
        at += 1
    return tuple(found)


def merge(first: Paragraph, second: Paragraph) -> Paragraph:
    """Join a paragraph that breaks off with the one that goes on from it."""
    starts = tuple(start + len(first.text) for start in second.starts)
    return Paragraph(
        [*first.lines, *second.lines],
        (*first.spans, *second.spans),
        first.text + second.text,
        (*first.starts, *starts),
        [*first.repeats, *second.repeats],
    )

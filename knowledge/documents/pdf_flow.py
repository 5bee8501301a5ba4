"""The columns of an article to headings, paragraphs, captions and bylines.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, bounds, same_size
from knowledge.documents.pdf_page import Box
from knowledge.documents.pdf_stacks import LARGER, SECTION
from knowledge.documents.pdf_tables import Grid
from knowledge.documents.plain import OFFICIAL
from knowledge.model import BlockRole
from knowledge.repair.issue import DATE, DAY_LINE, is_credits
from knowledge.repair.patterns import LISTED, ONLY_NAMES, is_byline, is_page_head, jump_of
from knowledge.text.numbers import HEADING_NUMBER, NUMBERED_HEADING

INDENT: Final = "\u3000\u3000"
_HEADING_CHARS: Final = 24
_CAPTION_CHARS: Final = 30
"""Characters of one line: of two columns no heading is as wide, nor of a picture's three a line of its caption."""

SMALL: Final = 0.93
"""Times the body's size under which print is meant to be seen as smaller: half a point of nine is .94."""

_ROOM: Final = 3.0
"""Ems left free behind a line in which the next one would have begun, were the line not meant to end there."""

_VERSES: Final = 3
"""So many lines that do so are verses: of prose some are ragged."""

_WORD: Final = re.compile("[!-~]*")
_LED: Final = re.compile(r"(?:[.．·•‥…]\s*){4,}[\dIVXivx]{1,5}$")
"""How a line of a list of contents ends: its dots lead to a page."""

_NOTE: Final = re.compile(r"(?:[*＊†‡①-⑳⑴-⒇]|[\[【〔]?\d{1,2}(?![\d.,年月日%])|注\s*[\d①-⑳]?[：:])")
_SET_OFF: Final = 3.2
"""Ems from the left at which a line begins no paragraph, but stands to the right."""

_DAY: Final = re.compile("[年月日][^。！？]*$")
_FINISHED: Final = re.compile("[。！？!?…][”’」』）)》]*$")
_NO_LINE_ENDS: Final = re.compile("[。！？!?…：；][”’」』）)》]*$")
_NEVER_HEADING: Final = re.compile("[。，；！？：、]$")
SHOT: Final = re.compile(r"[\s。）)][\u4e00-\u9fff·]{2,4}[\s/／]*[摄攝][）)]?$")
CAPTIONED: Final = re.compile(
    r"^[▲▼]|^图[为片①-⑩一二三四五]|^[图表]\s*\d{1,2}(?:[.\-–]\d{1,2})?(?=[\s:：])|" + SHOT.pattern
)
SIGNED: Final = re.compile(r"(?:记者|記者|通讯员|通訊員|特派员)|^文[/／]|^[（(][^。！？]{2,14}[）)]$")


@dataclass(slots=True)
class PageBlock:
    """Lines of one role on one page. `article` counts the page's articles, None for none of them.

    `edge` marks a line at the page's edge that is furniture if other pages have it too; `opening` that nothing
    above it on the page heads its article; `finished` and `indented` say how a paragraph ends and begins; `jump` is 1
    where a line sends the reader on to another page, -1 where it says from which one the text goes on.
    """

    role: BlockRole
    lines: list[str]
    article: int | None
    size: float = 1.0
    edge: bool = False
    opening: bool = False
    indented: bool = False
    grid: Grid | None = None
    jump: int = 0

    @property
    def finished(self) -> bool:
        """Tell whether the text ends as a sentence does."""
        return bool(self.lines) and _FINISHED.search(self.lines[-1]) is not None


class TextFlow:
    """Columns of text becoming headings and paragraphs, from the first column's head to the last one's foot.

    Captions within the text are put after it, for a sentence may go on beyond them.
    """

    def __init__(self, body: float, article: int) -> None:
        self._written: list[PageBlock] = []
        self._captions: list[PageBlock] = []
        self._notes: list[PageBlock] = []
        self._body = body
        self._article = article
        self._open: PageBlock | None = None
        self._opening = False
        self._inset_before = 0.0
        self._verse = self._verse_before = False

    @property
    def blocks(self) -> list[PageBlock]:
        """Everything taken."""
        return [*self._written, *self._captions, *self._notes]

    def put(self, block: PageBlock) -> None:
        """Take a block as it is."""
        self._written.append(block)
        if block.grid is None or self._inset_before > 1.5 or _NO_LINE_ENDS.search(self._last):
            self._open = None

    @property
    def _last(self) -> str:
        return self._open.lines[-1] if self._open is not None else "。"

    def column(self, lines: Sequence[PrintedLine], size: float) -> None:
        """Take the lines of one column."""
        lines = self._without_notes(lines, size)
        if not lines:
            return
        box = bounds([s for s in lines if s.size > SMALL * size] or lines)
        pitches = [b.base - a.base for a, b in pairwise(lines)]
        usual = median(pitches) if pitches else size
        indents = any(1.4 < (line.box.left - box.left) / size < 3.2 for line in lines)
        larger = [list(run) for _, run in groupby(lines, key=lambda s: s.size > LARGER * size)]
        runs = {id(line): run for run in larger for line in run}
        verses = _verses(lines, box, size)
        for at, line in enumerate(lines):
            before = (line.box.left - box.left) / size
            after = (box.right - line.box.right) / size
            below = at > 0 and not indents and pitches[at - 1] > 1.3 * usual
            self._verse_before, self._verse = self._verse, id(line) in verses
            self._line(line, size, before, after, below, len(lines) == 1, runs[id(line)])

    def _without_notes(self, lines: Sequence[PrintedLine], size: float) -> Sequence[PrintedLine]:
        """Take the notes at a column's foot, in smaller print and marked, and return the text over them."""
        at = len(lines)
        while at and lines[at - 1].size < SMALL * size:
            at -= 1
        if not 0 < at < len(lines) or not _NOTE.match(lines[at].text):
            return lines
        for line in lines[at:]:
            if _NOTE.match(line.text) or not self._notes:
                self._notes.append(self._block(BlockRole.NOTE, line))
            else:
                self._notes[-1].lines.append(line.text)
        return lines[:at]

    def _line(
        self,
        line: PrintedLine,
        size: float,
        before: float,
        after: float,
        below: bool,
        alone: bool,
        run: Sequence[PrintedLine],
    ) -> None:
        text = line.text
        small, larger = line.size < SMALL * size, line.size > LARGER * size
        centred = before > 0.9 and abs(before - after) < 0.9
        closed = self._open is None or self._open.finished
        dated = self._under_title and (alone or min(before, after) > _SET_OFF) and DATE.match(text)
        if dated:
            line.display = True
            text = line.text
        if jump := jump_of(text.strip()):
            self._jump(line, jump)
        elif _LED.search(text):
            self.put(self._block(BlockRole.FURNITURE, line))
        elif (
            self._under_title and (OFFICIAL.fullmatch(text) or (is_credits(text) and not is_byline(text)))
        ) or (before > _SET_OFF and DATE.fullmatch(text.strip())):
            self.put(self._block(BlockRole.CREDIT, line))
        elif self._under_title and centred and before > _SET_OFF and ONLY_NAMES.match(text):
            self.put(self._block(BlockRole.BYLINE, line))
        elif dated and DAY_LINE.fullmatch(text):
            self.put(self._block(BlockRole.PARAGRAPH, line))
        elif len(text) <= _CAPTION_CHARS and (
            small or ((centred or larger or alone) and self._is_caption(text))
        ):
            if small and (SIGNED.search(text) or len(text) <= 6) and not self._captions:
                self.put(self._block(BlockRole.BYLINE, line))
            else:
                self._caption(line)
        elif closed and (after > 1 or alone) and _DAY.search(text) and is_page_head(text):
            self.put(self._block(BlockRole.CREDIT, line))
        elif not self._verse and self._is_heading(line, run, size, before, after):
            line.display = True
            last = self._written[-1] if self._written else None
            begins = SECTION.match(text) or HEADING_NUMBER.match(text)
            goes_on = self._open is None and not below and not begins
            if last is not None and last.role is BlockRole.HEADING and goes_on:
                last.lines.append(line.text)
            else:
                self.put(self._block(BlockRole.HEADING, line))
        elif is_byline(text) and (after > 1 or before > _SET_OFF or alone) and closed:
            self.put(self._block(BlockRole.BYLINE, line))
        else:
            self._text(line, 1.4 < before < _SET_OFF, before, below)
            self._inset_before = after

    @property
    def _under_title(self) -> bool:
        """Whether nothing but display lines and credits has been taken."""
        return all(b.role in (BlockRole.HEADING, BlockRole.CREDIT) for b in self._written)

    def _text(self, line: PrintedLine, indented: bool, before: float, below: bool) -> None:
        listed = LISTED.match(line.text) is not None
        listed |= self._last.endswith(("：", "；", "。")) and HEADING_NUMBER.match(line.text) is not None
        if self._open is not None and not indented and not listed and not self._ended(before, below):
            self._open.lines.append(line.text)
            return
        self._open = self._block(BlockRole.PARAGRAPH, line)
        self._open.lines[0] = INDENT * indented + self._open.lines[0]
        self._open.indented, self._open.opening = indented, self._opening
        self._opening = False
        self._written.append(self._open)

    def _jump(self, line: PrintedLine, jump: int) -> None:
        """Take a line that names another page: what follows one that says from where it goes on is another article."""
        if jump < 0:
            self._article = -1 - abs(self._article)
            self._opening = True
        self.put(self._block(BlockRole.FURNITURE, line))
        self._written[-1].jump = jump

    def _is_caption(self, text: str) -> bool:
        """Tell whether a line begins or ends as captions do, or ends one."""
        open_one = "".join(self._captions[-1].lines) if self._captions else ""
        ends = not SHOT.search(open_one) and SHOT.search(open_one + text) is not None
        return ends or CAPTIONED.search(text) is not None

    def _caption(self, line: PrintedLine) -> None:
        last = self._captions[-1] if self._captions else None
        if last is not None and not SHOT.search(last.lines[-1]) and not CAPTIONED.match(line.text):
            last.lines.append(line.text)
        else:
            self._captions.append(self._block(BlockRole.CAPTION, line))

    def _ended(self, before: float, below: bool) -> bool:
        """Tell whether the open paragraph ended though nothing is indented: it stopped short, or a gap follows.

        A verse stops short of what the next one begins with, whether or not a sentence ends; what stands to the right under
        a line that does is who signed.
        """
        assert self._open is not None
        short = self._inset_before > 1.5 and before < 0.5
        if self._inset_before > _ROOM and before > _SET_OFF:
            return True
        return self._verse_before or (self._open.finished and (short or below))

    def _is_heading(
        self, line: PrintedLine, run: Sequence[PrintedLine], size: float, before: float, after: float
    ) -> bool:
        """Tell whether a line heads a section: set in from both sides, or of a `run` of larger print without an end."""
        text = line.text
        if _ems(text) > _HEADING_CHARS or _NEVER_HEADING.search(text):
            return False
        if NUMBERED_HEADING.fullmatch(text) and after > 2 and _NO_LINE_ENDS.search(self._last):
            return True
        if line.size <= LARGER * size:
            return before > 2.3 and abs(before - after) < 0.9 and not is_byline(text)
        whole = "".join(each.text for each in run)
        return (
            before > 0.5 or after > 1 or (_ems(whole) <= _HEADING_CHARS and not _NEVER_HEADING.search(whole))
        )

    def _block(self, role: BlockRole, line: PrintedLine) -> PageBlock:
        return PageBlock(role, [line.text], self._article, line.size / self._body)


def _ems(text: str) -> float:
    """How long a text is, in hanzi."""
    return sum(0.5 if char.isascii() else 1.0 for char in text)


def _verses(lines: Sequence[PrintedLine], column: Box, size: float) -> set[int]:
    """The lines that end where they were meant to: several unfinished ones that are centred, or leave room for more.

    What ends at one place stands beside a picture. A numbered heading is none.
    """

    def is_set_apart(pair: tuple[PrintedLine, PrintedLine]) -> bool:
        box, under = pair[0].box, pair[1].box
        word = _WORD.match(pair[1].text)
        wide = _ROOM + 0.6 * len(word[0] if word else "")
        shift = abs(box.left + box.right - under.left - under.right) / 2
        centred = shift < 0.2 * size and box.left - column.left > size
        if not same_size(*pair) or HEADING_NUMBER.match(pair[0].text):
            return False
        return (centred or column.right - box.right > wide * size) and not _FINISHED.search(pair[0].text)

    found: set[int] = set()
    for apart, group in groupby(pairwise(lines), key=is_set_apart):
        pairs = list(group)
        run = [line for line, _ in pairs]
        run += [under for _, under in pairs[-1:] if is_set_apart((under, run[-1]))]
        if apart and len(run) >= _VERSES and len({round(s.box.right / size) for s in run}) > 1:
            found.update(map(id, run))
    return found

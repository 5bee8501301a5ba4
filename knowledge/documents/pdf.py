"""PDF: born-digital pages as articles with roles, scans and photographs as one recognised page; line n is the pages' line n."""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from knowledge.documents import limits
from knowledge.documents.ocr import INSTALL, Scan, TextRecogniser, straightened
from knowledge.documents.pdf_blocks import arrange
from knowledge.documents.pdf_characters import REPLACEMENT, read_characters
from knowledge.documents.pdf_flow import PageBlock
from knowledge.documents.pdf_font import provide_font
from knowledge.documents.pdf_page import PrintedPage
from knowledge.documents.tables import make_table
from knowledge.documents.text import Extract, issue_line, listed_contents
from knowledge.errors import UnreadableFile
from knowledge.model import Block, BlockRole, Skipped, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SCAN_REMEDY: Final = "放入文字版，或先用别的软件识别文字"
_SCALE: Final = 200 / 72  # 200 dots an inch: 99.98 % of the characters of a newspaper page were right at that
_REASONS: Final = {
    raw.FPDF_ERR_PASSWORD: ("PDF 加了密码", "去掉密码后再放入"),
    raw.FPDF_ERR_SECURITY: ("PDF 加了不认识的保护", "去掉保护后再放入"),
    raw.FPDF_ERR_FORMAT: ("不是 PDF，或文件已损坏", "从原处重新下载"),
}
_DIGITS: Final = re.compile(r"[\d０-９]+")
_GARBAGE: Final = re.compile(r"[!-/:-@\[-`{-~]")
_HAN: Final = re.compile("[\u3400-\u9fff]")
_OWN: Final = re.compile("[\ue000-\uf8ff]")
_ASTRAY: Final = re.compile("(?<=[\u3400-\u9fff])[\u00c0-\u024f](?![A-Za-z\u00c0-\u024f])")
"""An accented letter alone after a hanzi, as no language writes it: ghostscript's map of a font sends marks there."""

_MOST_ASTRAY: Final = 2


def read_pdf(name: str, data: bytes, recogniser: TextRecogniser | None = None) -> Extract:
    """Extract the lines of a PDF with their roles; pages that cannot be read are listed as missing.

    A page that is a scan, or whose fonts say nothing, is recognised where the extra `ocr` is installed.

    Raises:
        UnreadableFile: damaged, encrypted, too many pages, or without any text.
    """
    provide_font()
    scans = ScannedPages(name, recogniser or TextRecogniser())
    pages: list[list[PageBlock] | Skipped] = []
    doubts: list[Skipped] = []
    try:
        with pdfium.PdfDocument(data) as document:
            if len(document) > limits.PDF_PAGES:
                reason = f"有 {len(document)} 页，超过 {limits.PDF_PAGES} 页的上限"
                raise UnreadableFile(name, reason, "拆成几个 PDF")
            pages.extend(
                _read_page(name, document, number, data, doubts, scans) for number in range(len(document))
            )
    except pdfium.PdfiumError as error:
        reason, remedy = _REASONS.get(error.err_code, ("PDF 已损坏", "从原处重新下载"))
        raise UnreadableFile(name, reason, remedy) from error
    missing = [page for page in pages if isinstance(page, Skipped)]
    if len(missing) == len(pages):
        reason, remedy = (missing[0].reason, missing[0].remedy) if missing else ("PDF 没有页", _SCAN_REMEDY)
        raise UnreadableFile(name, reason, remedy)
    written = PageWriter(_running([page for page in pages if not isinstance(page, Skipped)]))
    for number, page in enumerate(pages):
        written.page([] if isinstance(page, Skipped) else page, scans.known.get(number))
    return written.extract("pdf", (*missing, *doubts))


def _read_page(
    name: str,
    document: pdfium.PdfDocument,
    number: int,
    data: bytes,
    doubts: list[Skipped],
    scans: ScannedPages,
) -> list[PageBlock] | Skipped:
    """Read one page: what it is made of takes a hundred times the room of its text."""
    name = f"{name} 第 {number + 1} 页"
    try:
        page = read_characters(document, number, data)
    except pdfium.PdfiumError:
        return Skipped(name, "这一页已损坏", "从原处重新下载")
    if len(page.glyphs) > limits.PDF_PAGE_GLYPHS:
        return Skipped(name, f"这一页超过 {limits.PDF_PAGE_GLYPHS} 字", "拆成几页")
    if is_unusable(page):
        return scans.page(document, number) or Skipped(
            name, "这一页的字体没有文字编码，读不出字", scans.remedy
        )
    if not page.glyphs and page.pictures:
        return scans.page(document, number) or Skipped(name, "这一页是扫描图，没有文字", scans.remedy)
    left_out = (
        (page.lost, f"这一页有 {page.lost} 处文字读不出来", "对照原件核对这一页"),
        (page.struck, f"这一页有 {page.struck} 字被划去，没有收入", "若不是删去的字，放入没有划线的文件"),
        (page.outside, f"这一页有 {page.outside} 字印在纸边之外，没有收入", "若是正文，放入页面完整的文件"),
        (page.hidden, f"这一页有 {page.hidden} 字印得看不见，没有收入", "对照原件核对这一页"),
    )
    doubts += (Skipped(name, reason, remedy) for count, reason, remedy in left_out if count)
    return arrange(page, number > 0)


def is_unusable(page: PrintedPage) -> bool:
    """Tell whether a page's fonts do not say what its glyphs mean: unmapped, ASCII marks for hanzi, letters for marks."""
    text = "".join(glyph.char for glyph in page.glyphs)
    if len(_ASTRAY.findall(text)) > _MOST_ASTRAY:
        return True
    if text.count(REPLACEMENT) + len(_OWN.findall(text)) > len(text) // 5:
        return True
    few, marks = len(_HAN.findall(text)) < 0.2 * len(text), len(_GARBAGE.findall(text))
    dotted = text.count(".") > 0.8 * marks  # as a list of contents is
    return len(text) > 40 and few and marks > 0.3 * len(text) and not dotted


_SAME: Final = 0.02


def _masked(block: PageBlock) -> str:
    return _DIGITS.sub("#", "".join(block.lines[0].split()))


def _running(pages: Sequence[Sequence[PageBlock]]) -> frozenset[str]:
    """What stands at the edge of more than one page, figures apart; of pages printed again one counts."""
    printed = [tuple(line for b in page if not b.edge for line in b.lines) for page in pages]
    once = {text or number: page for number, (text, page) in enumerate(zip(printed, pages, strict=True))}
    seen = Counter(text for page in once.values() for text in {_masked(b) for b in page if b.edge})
    return frozenset(text for text, count in seen.items() if count > 1)


class ScannedPages:
    """The pages of one file that only their pictures tell, recognised; `known` has them by number."""

    def __init__(self, name: str, recogniser: TextRecogniser) -> None:
        self.known: dict[int, Scan] = {}
        self._name = name
        self._recogniser = recogniser

    @property
    def remedy(self) -> str:
        """What to do about a page that was not recognised."""
        if not self._recogniser.installed:
            return INSTALL
        return "拆成几个文件" if len(self.known) >= limits.RECOGNISED_PAGES else _SCAN_REMEDY

    def page(self, document: pdfium.PdfDocument, number: int) -> list[PageBlock] | None:
        """Recognise a page; None where that is not possible, or no text is seen."""
        if not self._recogniser.installed or len(self.known) >= limits.RECOGNISED_PAGES:
            return None
        self._recogniser.told(self._name, number, len(document))
        with closing(document[number]) as page:
            scan = self._recogniser.scan(picture_of(page))
        if scan is None:
            return None
        self.known[number] = scan
        return arrange(scan.page, number > 0)


def picture_of(page: pdfium.PdfPage) -> NDArray[np.uint8]:
    """A page as it is recognised, height × width × 3, its lines level."""
    import numpy as np

    scale = min(_SCALE, limits.IMAGE_SIDE / max(page.get_size()))
    with closing(page.render(scale=scale, rev_byteorder=True)) as bitmap:
        return np.asarray(straightened(bitmap.to_pil().convert("RGB")))


_FEWEST_NAMED, _NAMED = 4, 0.6
"""So many other articles are named in a list of them, in so much of its characters; numbers and pages are the rest."""


@dataclass(slots=True)
class PageWriter:
    """Pages becoming the lines and blocks of a document.

    What a page leaves open goes on on the next one: a paragraph that does not end, an article of no title, a table.
    """

    running: frozenset[str]
    lines: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    confidences: list[float | None] = field(default_factory=list)
    _count: int = 0
    _latest: int | None = None
    _ends: dict[int, PageBlock] = field(default_factory=dict)
    _sent_on: list[int] = field(default_factory=list)
    _table: Table | None = None
    _bare: int | None = None

    def page(self, page: Sequence[PageBlock], scan: Scan | None = None) -> None:
        """Write one page's blocks, a blank line where a title, a heading or furniture is parted from text.

        `scan` is what the page was recognised from, if it was.
        """
        self.starts.append(len(self.lines) + 1)
        numbers: dict[int | None, int] = {}
        headings = [each.size or 0.0 for each in self.blocks if each.role is BlockRole.HEADING]
        for at, block in enumerate(page):
            fits = any(abs(block.size - size) < _SAME * size for size in headings)
            if self._count == 1 and fits and block.role is BlockRole.TITLE and block.article not in numbers:
                block.role, numbers[block.article] = BlockRole.HEADING, 0  # one of its further sections
            if block.edge:
                block.role = BlockRole.FURNITURE if _masked(block) in self.running else BlockRole.PARAGRAPH
            fresh = block.article is not None and block.article not in numbers
            if fresh:
                numbers[block.article] = self._number(block)
            number = numbers.get(block.article, max(0, self._count - 1))
            if block.jump > 0:
                self._sent_on.append(number)
            if fresh and block.role in (BlockRole.KICKER, BlockRole.TITLE):
                self.articles.append(len(self.lines) + 1)
            self._write(block, number)
            if at + 1 == len(page) or not (block.role is page[at + 1].role is BlockRole.PARAGRAPH):
                self.lines.append("")
        if not page:
            self.lines.append("")
        for line in self.lines[len(self.confidences) :]:
            self.confidences.append(scan.confidence(line) if scan and line else None)

    def _number(self, block: PageBlock) -> int:
        """The number of an article that begins with this block: the last one's where that goes on here.

        Of a title at a page's foot the text may begin on the next one; a line may say that text comes from elsewhere.
        """
        if block.jump < 0 and self._sent_on:
            return self._sent_on.pop(0)
        left_open = self._latest if self._bare is None else self._bare
        if block.opening and not block.jump and left_open is not None:
            return left_open
        self._count += 1
        return self._count - 1

    def _write(self, block: PageBlock, number: int) -> None:
        first = len(self.lines) + 1
        goes_on = (
            block.opening
            and block.role is BlockRole.PARAGRAPH
            and not block.indented
            and number in self._ends
            and not self._ends[number].finished
        )
        self.lines += block.lines
        table = None
        if block.grid is not None:
            table = make_table(block.grid.rows(first), self._table)
        role = BlockRole.PARAGRAPH if block.role is BlockRole.TABLE and table is None else block.role
        self.blocks.append(Block(role, first, len(self.lines), number, round(block.size, 2), goes_on, table))
        if role is not BlockRole.FURNITURE:
            self._table = table
        if role is BlockRole.TITLE:
            self._bare = number
        if role is BlockRole.PARAGRAPH and not block.edge:
            self._latest, self._ends[number] = number, block
            self._bare = None

    def extract(self, kind: str, missing: tuple[Skipped, ...]) -> Extract:
        """Everything written so far."""
        starts = tuple(self.starts)
        told = tuple(self.confidences) if any(self.confidences) else ()
        self._part_stories()
        listed = listed_contents(self.lines)
        for at, block in enumerate(self.blocks if listed else ()):
            lines = range(block.first - 1, block.last)
            if 2 * len(listed.intersection(lines)) > len(lines):
                self.blocks[at] = replace(block, role=BlockRole.FURNITURE, table=None)
        self._drop_lists()
        return Extract(
            kind,
            tuple(self.lines),
            None,
            starts,
            tuple(self.articles),
            missing,
            tuple(self.blocks),
            confidences=told,
        )

    def _drop_lists(self) -> None:
        """Make furniture of an article that only names others: the contents of an issue."""
        said = {
            id(block): "".join("".join(self.lines[block.first - 1 : block.last]).split())
            for block in self.blocks
        }
        text: dict[int, str] = defaultdict(str)
        titles: dict[int, str] = defaultdict(str)
        for block in self.blocks:
            if block.role is BlockRole.TITLE:
                titles[block.article] += said[id(block)]
            elif block.role is not BlockRole.FURNITURE:
                text[block.article] += said[id(block)]
        for article, listed in text.items() if len(titles) > _FEWEST_NAMED else ():
            named = {title for other, title in titles.items() if other != article and title in listed}
            if len(named) < _FEWEST_NAMED or sum(map(len, named)) < _NAMED * len(listed):
                continue
            gone = {block.first for block in self.blocks if block.article == article}
            self.articles = [first for first in self.articles if first not in gone]
            for at, block in enumerate(self.blocks):
                if block.article == article:
                    self.blocks[at] = replace(block, role=BlockRole.FURNITURE, table=None)

    def _part_stories(self) -> None:
        """Make the stories of a bulletin articles of their own: its headings, all of one size, are their titles."""
        said = ["".join(self.lines[block.first - 1 : block.last]) for block in self.blocks]
        issue = issue_line([(block.role, text) for block, text in zip(self.blocks, said, strict=True)])
        if not issue or self._count > 1:
            return
        least = (self.blocks[issue + 1].size or 1.0) - _SAME
        self.blocks[issue] = replace(self.blocks[issue], role=BlockRole.FURNITURE)
        number = 0
        for at, block in enumerate(self.blocks):
            if block.role is BlockRole.HEADING and (block.size or 0.0) >= least:
                number += 1
                self.articles.append(block.first)
                block = replace(block, role=BlockRole.TITLE)
            self.blocks[at] = replace(block, article=number)


def read_picture(name: str, data: bytes, recogniser: TextRecogniser | None = None) -> Extract:
    """Extract the text of an image, its lines numbered from the top of the page in reading order.

    Raises:
        UnreadableFile: damaged, too large, without text, or the extra `ocr` is not installed.
    """
    recogniser = recogniser or TextRecogniser()
    if not recogniser.installed:
        raise UnreadableFile(name, "是图片，识别图片文字的部分没有安装", INSTALL)
    recogniser.told(name, 0, 1)
    scan = recogniser.scan(read_image(name, data))
    if scan is None:
        raise UnreadableFile(name, "图片里没有认出文字", "放入文字版，或换一张清楚的")
    written = PageWriter(frozenset())
    written.page(arrange(scan.page), scan)
    return replace(written.extract("image", ()), page_starts=())


def read_image(name: str, data: bytes) -> NDArray[np.uint8]:
    """Decode a photograph or scan to height × width × 3, turned upright and level, no larger than is of use.

    Raises:
        UnreadableFile: damaged, or of more pixels than are taken in.
    """
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > limits.IMAGE_PIXELS:
                reason = f"图片有 {image.width}×{image.height} 点，超过 {limits.IMAGE_PIXELS // 10**6} 百万点的上限"
                raise UnreadableFile(name, reason, "缩小后再放入")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableFile(name, "图片已损坏", "从原处重新下载，或重新拍一张") from error
    upright.thumbnail((limits.IMAGE_SIDE, limits.IMAGE_SIDE))
    return np.asarray(straightened(upright))

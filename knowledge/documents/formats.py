"""Which reader reads which format, and what every document must pass, whatever its format."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from knowledge.documents import limits
from knowledge.errors import UnreadableFile
from knowledge.model import Document, Metadata, Skipped

if TYPE_CHECKING:  # they bring PDFium and patterns, which a question need not pay
    from knowledge.documents.ocr import TextRecogniser
    from knowledge.documents.text import Extract

ARCHIVE: Final = ".zip"


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is read, how many bytes of it are taken in, and how its files may begin."""

    module: str
    reader: str
    limit: int
    signs: tuple[bytes, ...] = (b"<",)

    def read(self, file: str, data: bytes, recogniser: TextRecogniser | None) -> Extract:
        """Read a file; the first of its format imports its reader: patterns and libraries cost up to 50 ms."""
        reader = getattr(import_module(f"knowledge.documents.{self.module}"), self.reader)
        extract: Extract = reader(file, data, recogniser) if self.module == "pdf" else reader(file, data)
        return extract


_PLAIN = Format("plain", "read_plain", limits.TEXT_BYTES)
_MARKDOWN = Format("markdown", "read_markdown", limits.TEXT_BYTES)
_HTML = Format("html", "read_html", limits.TEXT_BYTES)
_SAVED = Format("html", "read_saved", limits.OFFICE_BYTES, (b"From: <Saved by ",))
_PICTURE = Format("pdf", "read_picture", limits.IMAGE_BYTES, (b"\x89PNG", b"\xff\xd8\xff"))
FORMATS: Final = {
    ".txt": _PLAIN,
    ".text": _PLAIN,
    ".csv": _PLAIN,
    ".tsv": _PLAIN,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".mhtml": _SAVED,
    ".mht": _SAVED,
    ".eml": Format("mail", "read_mail", limits.OFFICE_BYTES),
    ".docx": Format("docx", "read_docx", limits.OFFICE_BYTES, (b"PK\x03\x04",)),
    ".pdf": Format("pdf", "read_pdf", limits.PDF_BYTES, (b"%PDF-",)),
    ".png": _PICTURE,
    ".jpg": _PICTURE,
    ".jpeg": _PICTURE,
}
_SIGNS: Final = (
    (b"%PDF-", "PDF", "把扩展名改为 .pdf"),
    (b"PK\x03\x04", "压缩包或 Office 文件", "把扩展名改为 .docx 或 .zip"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 文件", "用 Word 另存为 .docx"),
    (b"{\\rtf", "RTF", "用 Word 另存为 .docx"),
    (b"From: <Saved by ", "保存成单个文件的网页", "把扩展名改为 .mhtml"),
    (b"\x89PNG", "图片", "把扩展名改为 .png"),
    (b"\xff\xd8\xff", "图片", "把扩展名改为 .jpg"),
    (b"GIF8", "图片", "放入文字版，不认图片里的字"),
    (b"\x1f\x8b", "gzip 压缩包", "解开后放入"),
    (b"7z\xbc\xaf", "7z 压缩包", "解开后放入"),
    (b"Rar!", "RAR 压缩包", "解开后放入"),
    (b"\x7fELF", "程序", "移出文章文件夹"),
    (b"<", "网页", "把扩展名改为 .html"),
)


_AS_PAGE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|article|section|div|p|h[1-6])[\s>]",
    re.IGNORECASE,
)
_AS_MARKDOWN: Final = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|\n[ \t\r]*\n)#{1,6} +[^\s#]")
_FEWEST_HEADINGS: Final = 2


def suffix_of(name: str) -> str:
    """Return the extension that decides the format, in lower case."""
    return PurePosixPath(name).suffix.lower()


def is_readable(name: str) -> bool:
    """Tell whether the name's extension is one that we read."""
    suffix = suffix_of(name)
    return suffix in FORMATS or suffix == ARCHIVE


def unknown_format(name: str) -> UnreadableFile:
    """The error that names the formats which are read."""
    known, suffix = " ".join((*FORMATS, ARCHIVE)), suffix_of(name)
    reason = f"不认识的扩展名“{suffix}”" if suffix else "不认识的扩展名“无”"
    return UnreadableFile(name, reason, f"可用的有 {known}")


def byte_limit(name: str) -> int:
    """Return how many bytes a file of that name may have."""
    suffix = suffix_of(name)
    return limits.ARCHIVE_BYTES if suffix == ARCHIVE else FORMATS[suffix].limit


def extract_document(
    name: str, data: bytes, sidecar: Metadata | None = None, recogniser: TextRecogniser | None = None
) -> tuple[Document, tuple[Skipped, ...]]:
    """Turn bytes into a document and the list of its parts that could not be read.

    `recogniser` reads scans and photographs; without one they are read by one of their own, if it is installed.

    Raises:
        UnreadableFile: the bytes are no article, or of a format we do not read.
    """
    form = FORMATS.get(suffix_of(name))
    if form is None:
        raise unknown_format(name)
    if suffix_of(name) in (".txt", ".text"):
        form = _written_as(data)
    _check_bytes(name, data, form)
    extract = form.read(name, data, recogniser)
    _check_lines(name, extract.lines)
    digest = hashlib.sha256(data).hexdigest()
    document = Document(
        name,
        digest,
        len(data),
        extract.kind,
        extract.encoding,
        extract.lines,
        extract.page_starts,
        sidecar,
        extract.article_starts,
        extract.blocks,
        extract.stated,
        extract.confidences,
    )
    return document, extract.missing


def _written_as(data: bytes) -> Format:
    """The format that a text is written in: saved as text are pages, and Markdown with headings set apart, too."""
    if _AS_PAGE.match(data):
        return _HTML
    headings = islice(_AS_MARKDOWN.finditer(data), _FEWEST_HEADINGS)
    return _MARKDOWN if sum(1 for _ in headings) == _FEWEST_HEADINGS else _PLAIN


def _check_bytes(name: str, data: bytes, form: Format) -> None:
    if not data:
        raise UnreadableFile(name, "文件是空的", "放入有内容的文件，或删去它")
    if len(data) > form.limit:
        raise UnreadableFile(
            name, f"有 {len(data)} 字节，超过 {form.limit >> 20} MB 的上限", "拆成几个文件", form.limit
        )
    for sign, what, remedy in _SIGNS:
        if data.startswith(sign) and sign not in form.signs:
            raise UnreadableFile(name, f"内容是{what}，扩展名却是 {suffix_of(name)}", remedy, 0)


def _check_lines(name: str, lines: tuple[str, ...]) -> None:
    if not any(map(str.strip, lines)):
        raise UnreadableFile(name, "没有文字", "放入有内容的文件，或删去它")
    longest = max(map(len, lines))
    if len(lines) > limits.DOCUMENT_LINES:
        reason = f"有 {len(lines)} 行，超过 {limits.DOCUMENT_LINES} 行的上限"
        raise UnreadableFile(name, reason, "拆成几个文件")
    if longest > limits.LINE_CHARACTERS:
        number = next(n for n, line in enumerate(lines, 1) if len(line) == longest)
        reason = f"第 {number} 行有 {longest} 字，超过 {limits.LINE_CHARACTERS} 字的上限"
        raise UnreadableFile(name, reason, "分行后再放入")

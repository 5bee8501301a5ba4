"""How much of anything the rim takes in: beyond a limit a file is skipped, and the report says which."""

from __future__ import annotations

from typing import Final

MEGABYTE: Final = 1024 * 1024

TEXT_BYTES: Final = 10 * MEGABYTE
"""One .txt, .md or .html file."""

OFFICE_BYTES: Final = 20 * MEGABYTE
"""One .docx file, as stored."""

PDF_BYTES: Final = 50 * MEGABYTE
"""One .pdf file; a page set with photographs is large."""

PDF_PAGES: Final = 1_000
"""Pages of one PDF: a book, or an issue printed anew with an article a page; some 20 ms of a processor each, a full
broadsheet half a second."""

PDF_PAGE_GLYPHS: Final = 200_000
"""Characters on one PDF page; the fullest broadsheet has about 12,000."""

ARCHIVE_BYTES: Final = 20 * MEGABYTE
"""One .zip file, as stored."""

ARCHIVE_ENTRIES: Final = 2_000
ARCHIVE_DIRECTORY_BYTES: Final = 1 * MEGABYTE
ARCHIVE_EXPANDED_BYTES: Final = 200 * MEGABYTE
MEMBER_BYTES: Final = 10 * MEGABYTE
MEMBER_RATIO: Final = 100
"""Expanded over stored; below `MEMBER_RATIO_FROM` bytes expanded the ratio is not looked at."""

MEMBER_RATIO_FROM: Final = 64 * 1024

OFFICE_EXPANDED_BYTES: Final = 64 * MEGABYTE
OFFICE_XML_BYTES: Final = 16 * MEGABYTE
"""All XML parts of one .docx together: the parser needs several times as much memory."""

SIDECAR_BYTES: Final = 64 * 1024

LINE_CHARACTERS: Final = 500_000
"""The longest line: a whole article on one line fits a hundred times."""

DOCUMENT_LINES: Final = 200_000
"""Lines of one file: a newspaper of a whole year fits; repair keeps something of every line in memory."""

FOLDER_FILES: Final = 100_000
FOLDER_DEPTH: Final = 32

IMAGE_BYTES: Final = 20 * MEGABYTE
"""One .png or .jpg file."""

IMAGE_PIXELS: Final = 100_000_000
"""Pixels of one image: a broadsheet at 300 dpi has 30 million."""

IMAGE_SIDE: Final = 4_500
"""Pixels of the longer side that is recognised: a broadsheet at 200 dpi; a larger image is made smaller."""

RECOGNISED_PAGES: Final = 40
"""Scanned pages of one file: fifteen seconds of a processor each."""

RECOGNISED_BYTES: Final = 64 * MEGABYTE
"""What is kept of what was recognised: some 2,000 pages; those longest unused go first."""

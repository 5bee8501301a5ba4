"""Photographs and scans: .png and .jpg files, read as one page of recognised text."""

from __future__ import annotations

from dataclasses import replace

from knowledge.documents.extract import Extract
from knowledge.documents.ocr import INSTALL, TextRecogniser, read_image
from knowledge.documents.pdf import PageWriter
from knowledge.documents.pdf_blocks import arrange
from knowledge.errors import UnreadableFile


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

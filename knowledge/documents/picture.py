"""Photographs and scans: .png and .jpg files, read as one page of recognised text."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.documents import limits
from knowledge.documents.ocr import INSTALL, TextRecogniser
from knowledge.documents.pdf import PageWriter
from knowledge.documents.pdf_blocks import arrange
from knowledge.documents.text import Extract
from knowledge.errors import UnreadableFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    """Decode a photograph or scan to height × width × 3, turned as its camera was held, no larger than is of use.

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
    return np.asarray(upright)

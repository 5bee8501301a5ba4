"""Plain text: the lines as they are."""

from __future__ import annotations

from knowledge.documents.decode import decode
from knowledge.documents.extract import Extract, split_lines
from knowledge.documents.text_tables import text_blocks


def read_plain(name: str, data: bytes) -> Extract:
    """Extract the lines of a text file, whatever its encoding and line ends."""
    text, encoding = decode(name, data)
    lines = split_lines(text)
    return Extract("text", tuple(lines), encoding, blocks=tuple(text_blocks(lines)))

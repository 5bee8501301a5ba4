"""What every format's reader hands over, and the one idea of a line they share."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.model import Block, Metadata, Skipped


@dataclass(frozen=True, slots=True)
class Extract:
    """The lines of a file; everything but `missing` is as in `Document`.

    `missing` says which parts of the file could not be read (a scanned page).
    """

    kind: str
    lines: tuple[str, ...]
    encoding: str | None = None
    page_starts: tuple[int, ...] = ()
    article_starts: tuple[int, ...] = ()
    missing: tuple[Skipped, ...] = ()
    blocks: tuple[Block, ...] = ()
    stated: Metadata | None = None
    confidences: tuple[float | None, ...] = ()


def split_lines(text: str) -> list[str]:
    """Split at LF, CRLF and CR only, as editors count lines; a form feed or U+2028 stays within its line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines

"""Runs of text as a terminal shows them; nothing in a text can steer the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.messages import Run, Style

# Everything a terminal may obey: C0 except tab and newline, DEL, C1.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")

BOLD_COLOURED = "\x1b[1;31m"
BOLD = "\x1b[1m"
DIM = "\x1b[2m"
END = "\x1b[0m"


class ConsoleStyle:
    """How much a stream can show: `plain` into files and pipes, `bold` without colour under NO_COLOR."""

    def __init__(self, terminal: bool, colour: bool) -> None:
        self._marks = {Style.BOLD: BOLD_COLOURED if colour else BOLD, Style.CODE: DIM} if terminal else {}

    def text(self, runs: Iterable[Run]) -> str:
        """All runs as one text; styles the stream cannot show are left out, words never."""
        return "".join(self._run(run) for run in runs)

    def _run(self, run: Run) -> str:
        words = harmless(run.text)
        dim = run.style is Style.PLAIN and words.startswith("——《")
        mark = self._marks.get(Style.CODE if dim else run.style)
        return f"{mark}{words}{END}" if mark and words.strip() else words


def harmless(text: str) -> str:
    """A text without terminal commands and half characters; each becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("\ufffd", text))

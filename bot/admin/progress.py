"""How far the build is that goes on now, for whoever asks: the page, the checks, chats, metrics; and who watches it."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import TextIO

from bot.texts.operating import OperatingPhrases
from knowledge.snapshots.request import REPAIRING

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds between two lines in a log
BAR = 24  # characters


class BuildProgress:
    """Hears a build (`knowledge.snapshots.request.Progress`) and tells the terminal or the log."""

    def __init__(self, said: OperatingPhrases, show: Callable[[str, int, int], None] | None = None) -> None:
        """`show` is told each time, in words, and how many of how many files are done."""
        self.done = 0
        self.of = 0
        self._stage = ""
        self._said = said
        self._show = show

    def hear(self, stage: str, done: int, of: int) -> None:
        """Take in how far it is."""
        self._stage, self.done, self.of = stage, done, of
        if self._show:
            self._show(self.text(), done, of)

    def over(self) -> None:
        """No build goes on any more."""
        self._stage, self.done, self.of = "", 0, 0

    def text(self, said: OperatingPhrases | None = None) -> str:
        """It in words, those of the operator if no others are given."""
        said = said or self._said
        if not self._stage or not self.of:
            return said.sorting_begins
        if self._stage != REPAIRING:
            return said.sorting_ends
        return said.sorting.format(self.done, self.of)


class ProgressBar:
    """One line of a terminal, drawn over and over."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._drawn = False

    def show(self, text: str, done: int, of: int) -> None:
        """Draw it."""
        full = BAR * done // of if of else 0
        bar = f"  [{'█' * full}{'·' * (BAR - full)}] {100 * done // of}%" if of else ""
        print(f"\r\x1b[K{text}{bar}", end="", file=self._stream, flush=True)
        self._drawn = True

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._drawn:
            print("\r\x1b[K", end="", file=self._stream, flush=True)
            self._drawn = False


class LogLines:
    """A line in the log every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def show(self, text: str, done: int, of: int) -> None:
        """Write one if it is time."""
        if time.monotonic() - self._last >= PAUSE:
            self._last = time.monotonic()
            log.info("%s", text)

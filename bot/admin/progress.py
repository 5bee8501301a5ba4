"""How far the build is that goes on now, for whoever asks: the page, the checks, chats, metrics; and who watches it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from bot.texts.operating import OperatingPhrases
from knowledge.snapshots.request import REPAIRING, STORING

PAUSE = 5.0  # seconds between two lines in a log
BLINK = 0.1  # seconds between two drawings of a bar
BAR = 24  # characters


class BuildProgress:
    """Hears a build (`knowledge.snapshots.request.Progress`) and tells the terminal or the log."""

    def __init__(
        self,
        said: OperatingPhrases,
        show: Callable[[str, int, int], None],
        clear: Callable[[], None] | None = None,
    ) -> None:
        """`show` is told in words, and how many of how many files are done; `clear` at the end of a build."""
        self.done = 0
        self.of = 0
        self._stage = ""
        self._said = said
        self._show = show
        self._clear = clear

    def hear(self, stage: str, done: int, of: int) -> None:
        """Take in how far it is."""
        self._stage, self.done, self.of = stage, done, of
        self._show(self.text(), done, of)
        if stage == STORING and self._clear:
            self._clear()

    def over(self) -> None:
        """No build goes on any more."""
        self._stage, self.done, self.of = "", 0, 0
        if self._clear:
            self._clear()

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
        self._drawn = ""
        self._last = 0.0

    def show(self, text: str, done: int, of: int) -> None:
        """Draw it, not more often than somebody can see."""
        now = time.monotonic()
        if text == self._drawn or (done < of and now - self._last < BLINK):
            return
        self._drawn, self._last = text, now
        full = BAR * done // of if of else 0
        bar = f"  [{'█' * full}{'·' * (BAR - full)}] {100 * done // of}%" if of else ""
        print(f"\r\x1b[K{text}{bar}", end="", file=self._stream, flush=True)

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._drawn:
            print("\r\x1b[K", end="", file=self._stream, flush=True)
            self._drawn = ""


class LogLines:
    """A line every few seconds, in the log or wherever `say` writes."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._last = time.monotonic()

    def show(self, text: str, done: int, of: int) -> None:
        """Write one if it is time."""
        if time.monotonic() - self._last >= PAUSE:
            self._last = time.monotonic()
            self._say(text)

"""Which document a build had in hand when its process died, so that the next try leaves it out.

A build that dies alone (its memory, a crash in a library) is tried again at once without that document. Where the
whole program died with it, nobody knows whether the document was to blame: it is left out when that happened twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from knowledge.model import Skipped
from knowledge.snapshots.files import write_durably

HAND = "in-hand.json"
SUSPECTS = "suspects.json"
STRIKES = 2
REMEDY = "其余文件照常；这个文件改动以前不再读它，请检查或换掉它"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A document that a build died over: its name, the digest of its file, the stage, how often and how it died."""

    name: str
    digest: str
    stage: str
    ending: str = ""
    times: int = 1

    def left_out(self) -> Skipped:
        """What is told of it."""
        how = f"（{self.ending}）" if self.ending else ""
        return Skipped(self.name, f"整个重建在它这里中断了{how}", REMEDY, stage=self.stage)


class Hand:
    """Writes down what is in hand; a line of a file that is open all the while, so it costs some microseconds."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def take(self, name: str, digest: str, stage: str) -> None:
        """Name the document that is in hand from now on, and at which stage."""
        os.pwrite(self._descriptor, json.dumps([name, digest, stage]).encode() + b"\n", 0)

    def lay_down(self) -> None:
        """Have nothing in hand: what goes wrong now is no document's fault."""
        os.pwrite(self._descriptor, b"\n", 0)


@contextmanager
def hand_in(folder: Path) -> Iterator[Hand]:
    """Open the note of a build in its own folder; it is gone when the build has ended otherwise than by memory."""
    descriptor = os.open(folder / HAND, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    spent = False
    try:
        yield Hand(descriptor)
    except MemoryError:
        spent = True
        raise
    finally:
        os.close(descriptor)
        if not spent:
            (folder / HAND).unlink(missing_ok=True)


@contextmanager
def hand_nowhere() -> Iterator[Hand]:
    """Lend a hand that writes nothing down."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    try:
        yield Hand(descriptor)
    finally:
        os.close(descriptor)


def in_hand(folder: Path) -> Suspect | None:
    """What a build that died had in hand; None if nothing."""
    try:
        name, digest, stage = json.loads((folder / HAND).read_bytes().partition(b"\n")[0])
    except (OSError, ValueError):
        return None
    return Suspect(name, digest, stage)


def remember(repository: Path, dead: Iterable[Suspect]) -> None:
    """Add to the suspects those that were found in the folders of dead builds."""
    known = {(one.name, one.digest): one for one in _read(repository)}
    for one in dead:
        before = known.get((one.name, one.digest))
        known[one.name, one.digest] = replace(one, times=before.times + 1) if before else one
    if known:
        write_durably(repository / SUSPECTS, json.dumps([astuple(one) for one in known.values()]).encode())


def suspects(repository: Path) -> tuple[Suspect, ...]:
    """Those over which the whole program died too often."""
    return tuple(one for one in _read(repository) if one.times >= STRIKES)


def forget(repository: Path) -> None:
    """Suspect nobody any more: a build has ended well, and remembers itself what it left out."""
    (repository / SUSPECTS).unlink(missing_ok=True)


def _read(repository: Path) -> list[Suspect]:
    with suppress(OSError, ValueError, TypeError):
        return [Suspect(*row) for row in json.loads((repository / SUSPECTS).read_bytes())]
    return []

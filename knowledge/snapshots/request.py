"""What is asked of a build or a preview, and what each tells: nouns that do not load what builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from knowledge.model import Skipped
from knowledge.snapshots.difference import SnapshotDifference
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.repository import Suspect

REPAIRING = "修复"
"""The stage that takes the time: reading and repairing, file by file."""

STORING = "落盘"
"""The last stage."""

Progress = Callable[[str, int, int], None]
"""Told the stage, and how many files of how many are through it."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build: the articles folder, and the stored version whose unchanged files need not be redone.

    With `if_changed` nothing is built when no file was touched since that version. `left_out` are documents over
    which earlier builds died.
    """

    articles: Path
    base: Path | None = None
    if_changed: bool = False
    left_out: tuple[Suspect, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A sealed snapshot. `redone` and `kept` count files; `difference` is None where everything was redone.

    `beside` names what changed beside the articles since the base: lists of words, and sidecars.
    """

    manifest: Manifest
    difference: SnapshotDifference | None
    redone: int
    kept: int
    beside: tuple[str, ...] = ()


def no_progress(stage: str, done: int, of: int) -> None:
    """Hear how a build goes, and say nothing."""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A sentence, or a repair's reason, with the lines it stands on."""

    text: str
    lines: tuple[tuple[int, int], ...]
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What one file would become: counts, and the first of each kind."""

    articles: int
    facts: int
    repairs: int
    doubts: int
    titles: tuple[str, ...]
    first_facts: tuple[PreviewLine, ...]
    first_repairs: tuple[PreviewLine, ...]
    skipped: tuple[Skipped, ...]

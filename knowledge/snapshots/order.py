"""What is asked of a build, and what it tells: nouns that do not load what builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from knowledge.snapshots.difference import Difference
from knowledge.snapshots.manifest import Manifest

INDEX = "index"


Progress = Callable[[str, int, int], None]
"""Told the stage, and how many files of how many are through it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to build: the articles folder, and the stored version whose unchanged files need not be redone.

    With `if_touched` nothing is built when no file was touched since that version.
    """

    articles: Path
    base: Path | None = None
    if_touched: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """A sealed snapshot. `redone` and `kept` count files; `difference` is None where everything was redone."""

    manifest: Manifest
    difference: Difference | None
    redone: int
    kept: int


def unheard(stage: str, done: int, of: int) -> None:
    """Hear how a build goes, and say nothing."""

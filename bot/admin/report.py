"""What came of a reload, whoever asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from knowledge.snapshots.manifest import Totals
from knowledge.snapshots.request import BuildResult


class Ending(StrEnum):
    """How it ended."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    REHEARSED = "rehearsed"
    UNCONFIRMED = "unconfirmed"
    NOT_ASKED = "not_asked"  # somebody confirmed what needs no confirmation
    ROLLED_BACK = "rolled_back"
    RESTORED = "restored"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """All that there is to tell.

    `version` serves now. `objection` says what a person should confirm; `lost` are quotes that somebody was shown
    and that are (or would be) gone, `lost_count` how many there are. `since` and `by` tell of the reload that is
    running when this one was refused.
    """

    ending: Ending
    version: str
    built: BuildResult | None = None
    before: Totals | None = None
    objection: str | None = None
    lost: tuple[str, ...] = ()
    lost_count: int = 0
    since: datetime | None = None
    by: str | None = None
    error: str | None = None

    @property
    def confirm(self) -> str | None:
        """What a person who confirms hands back: it stands for the folder as it was looked at."""
        return (
            self.built.manifest.folder_fingerprint
            if self.built and self.ending is Ending.UNCONFIRMED
            else None
        )

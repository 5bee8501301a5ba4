"""What a SQLite file says that it is, read before anything is written to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mark:
    """Which program's file it is, and of which format: SQLite's `application_id` and `user_version`, 0 if never set."""

    application: int
    version: int


def mark_of(path: Path) -> Mark | None:
    """Read the mark of a file together with the log beside it; None where there is no file, or none of SQLite's.

    A log that another file left there is read as if it belonged: then the mark is the other file's.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            (application,), (version,) = (
                db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
            )
    except sqlite3.Error:  # whoever opens it to write will say what is wrong
        return None
    return Mark(application, version)

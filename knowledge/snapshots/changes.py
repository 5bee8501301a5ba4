"""Which files were touched since a snapshot was built."""

from __future__ import annotations

from pathlib import Path

from knowledge.documents.walk import find_sources
from knowledge.errors import NoArticles
from knowledge.snapshots.records import read_records


def touched(articles: Path, version: Path) -> list[str]:
    """The names of files that are new, gone, or not as they were when the stored `version` was built."""
    try:
        before = {record.name: (record.size, record.stamp) for record in read_records(version).values()}
    except OSError:
        return []  # a temporary version keeps no records
    try:
        now = {source.name: (source.size, source.stamp) for source in find_sources(articles)}
    except NoArticles:
        now = {}
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))

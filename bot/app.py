"""The composition root: every real thing is built here, and released in reverse order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.config import Settings
from knowledge.documents.folder import find_sources, read_sources
from knowledge.errors import NoArticles
from knowledge.model import Document, Skipped
from knowledge.repair.document import repair_document
from knowledge.snapshot import Snapshot


@contextmanager
def open_snapshot(settings: Settings) -> Iterator[Snapshot]:
    """Open the knowledge of the articles folder as it is now.

    Raises:
        NoArticles: the folder is missing or holds nothing readable.
    """
    if not settings.articles.is_dir():
        raise NoArticles(f"找不到文章文件夹 {settings.articles};请建立它,或用 CHUCHU_ARTICLES 指定")
    documents: list[Document] = []
    skipped: list[Skipped] = []
    for source in find_sources(settings.articles):
        for read in read_sources(source):
            if isinstance(read, Skipped):
                skipped.append(read)
            else:
                documents.append(read[0])
    snapshot = Snapshot("memory", map(repair_document, documents), skipped)
    try:
        yield snapshot
    finally:
        snapshot.close()

"""The family of errors, drawn once."""

from __future__ import annotations


class KnowledgeError(Exception):
    """Something about articles, snapshots or queries that a person must know; the text says what to do."""


class UnreadableFile(KnowledgeError):
    """A file cannot become a document.

    `reason` and `remedy` are Chinese sentences for the report; `offset` is the first wrong byte, if known.
    """

    def __init__(self, name: str, reason: str, remedy: str, offset: int | None = None) -> None:
        where = name if offset is None else f"{name}(第 {offset} 字节)"
        super().__init__(f"{where}:{reason};{remedy}")
        self.name = name
        self.reason = reason
        self.remedy = remedy
        self.offset = offset


class NoArticles(KnowledgeError):
    """The articles folder is missing, is no folder, or holds nothing readable."""


class SnapshotDamaged(KnowledgeError):
    """A stored snapshot is not what its manifest says."""

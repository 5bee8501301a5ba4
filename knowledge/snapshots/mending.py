"""Repair of one document that cannot take the others down with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from knowledge.documents.folder import Read
from knowledge.model import Document, ParsedDocument, Skipped
from knowledge.repair.verification import keep_verified

Mend: TypeAlias = "Callable[[Read], tuple[ParsedDocument, bytes] | Skipped]"

_REMEDY = "其余文件照常；请把这个文件和日志里的出错记录交给开发者"


def _repair(document: Document) -> ParsedDocument:
    from knowledge.repair.document import repair_document  # .1 s of patterns, which a question need not pay

    return repair_document(document)


def mend(
    read: Read, repair: Callable[[Document], ParsedDocument] = _repair
) -> tuple[ParsedDocument, bytes] | Skipped:
    """Repair a document and keep what it proves; one that repair fails on is skipped, the traceback logged."""
    if isinstance(read, Skipped):
        return read
    document, data = read
    try:
        return keep_verified(repair(document)), data
    except MemoryError:
        raise  # no fault of the document: the next try may succeed
    except Exception as error:
        logging.getLogger(__name__).exception("repair failed on %s", document.name)
        return Skipped(document.name, f"整理这个文件时出错（{type(error).__name__}）", _REMEDY)

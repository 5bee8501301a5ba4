"""The shipped reader without its haste: what a busy machine leaves unread would make a test fail by chance."""

from __future__ import annotations

from functools import cache

from knowledge.answering.reader import NeuralReader
from knowledge.snapshot import shipped_reader
from knowledge.training.decisions import PatientReader


@cache
def patient_reader() -> NeuralReader | None:
    """Return it, or None where the extra `reader` is not installed."""
    reader = shipped_reader()
    return PatientReader(reader) if reader else None

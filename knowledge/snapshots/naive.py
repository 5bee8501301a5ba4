"""A plain index until the real one is in: repaired documents in one file."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable
from pathlib import Path

from knowledge.model import Repaired
from knowledge.snapshot import Snapshot


def build_index(folder: Path, repaired: Iterable[Repaired]) -> None:
    folder.mkdir()
    (folder / "documents.pickle").write_bytes(pickle.dumps(list(repaired)))


def update_index(folder: Path, base: Path, removed: Collection[str], repaired: Iterable[Repaired]) -> None:
    old = pickle.loads((base / "documents.pickle").read_bytes())  # noqa: S301
    kept = [r for r in old if r.document.name not in removed]
    build_index(folder, sorted([*kept, *repaired], key=lambda r: r.document.name))


def open_snapshot(folder: Path, version: str) -> Snapshot:
    return Snapshot(version, pickle.loads((folder / "documents.pickle").read_bytes()))  # noqa: S301

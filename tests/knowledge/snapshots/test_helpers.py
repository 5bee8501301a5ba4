"""Forks that read and repair aside: the same snapshot, whatever becomes of them."""

from __future__ import annotations

import os
from pathlib import Path

from knowledge.model import Document, ParsedDocument
from knowledge.repair.pipeline import repair_document
from knowledge.snapshots.build import MANY, build
from knowledge.snapshots.request import BuildRequest
from tests.knowledge.snapshots.corpus import write_corpus

STORED = ("sources.json", "index/columns.npy")


def test_with_helpers_the_snapshot_is_the_same_though_one_dies_and_one_raises(tmp_path: Path) -> None:
    articles = write_corpus(tmp_path / "articles", MANY + 3)
    here = os.getpid()

    def repair(document: Document) -> ParsedDocument:
        if document.name == "009.txt" and os.getpid() != here:
            os._exit(9)
        if document.name == "012.txt":
            raise ValueError("太怪")
        return repair_document(document)

    stored: list[list[bytes]] = []
    for helpers in (0, 2):
        (folder := tmp_path / str(helpers)).mkdir()
        built = build(BuildRequest(articles), folder, repair=repair, helpers=helpers)
        assert [(one.name, one.reason) for one in built.manifest.skipped] == [
            ("012.txt", "出错（ValueError：太怪）")
        ]
        stored.append([(folder / name).read_bytes() for name in STORED])
    assert stored[0] == stored[1]

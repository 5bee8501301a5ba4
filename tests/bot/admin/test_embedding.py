"""The process that embeds beside the bot: begun with each version, heard, tried again, and gone at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.admin.knowledge import EmbeddingService
from bot.texts import phrases
from knowledge.documents.folder import read_document
from knowledge.embedding.meanings import NAME, Semantics
from knowledge.embedding.vectors import committed
from knowledge.index.index import build_index
from knowledge.repair.pipeline import repair_document
from knowledge.snapshots.repository import INDEX, SnapshotRepository
from tests.support.server import until

TEXT = "江城见闻\n\n城西的大桥昨天正式通车。\n图书馆周末延长开放时间。\n"


@pytest.fixture
def versions(tmp_path: Path) -> SnapshotRepository:
    folder = tmp_path / "snapshots" / "000001"
    folder.mkdir(parents=True)
    build_index(folder / INDEX, [(repair_document(read_document("a.txt", TEXT.encode())), b"")])
    return SnapshotRepository(tmp_path / "snapshots")


async def test_a_version_is_embedded_aside_and_told_of(tmp_path: Path, versions: SnapshotRepository) -> None:
    done: list[str] = []
    with Semantics(tmp_path, "bundled") as semantics:
        async with EmbeddingService(semantics, versions, phrases(None).operating) as service:
            service.on_done = done.append
            await service.embed("000001")
            await until(lambda: done == ["000001"], 900)  # its process gives way to every other
            assert (service.progress.done, service.progress.of) == (2, 2)
            assert service.said() == "语义检索：2 句都已编码"
    assert committed(tmp_path / NAME).sentences == 2


async def test_what_goes_wrong_is_said_and_tried_again(tmp_path: Path, versions: SnapshotRepository) -> None:
    with Semantics(tmp_path, "http://127.0.0.1:9/v1#m") as semantics:
        async with EmbeddingService(semantics, versions, phrases(None).operating) as service:
            await service.embed("000001")
            await until(lambda: service.progress.problem is not None)
            assert "请检查这个地址" in (service.said() or "")


async def test_nothing_is_embedded_where_off_or_not_stored(
    tmp_path: Path, versions: SnapshotRepository
) -> None:
    for embeddings, version in (("off", "000001"), ("bundled", "temporary")):
        with Semantics(tmp_path, embeddings) as semantics:
            async with EmbeddingService(semantics, versions, phrases(None).operating) as service:
                await service.embed(version)
                assert service.said() is None

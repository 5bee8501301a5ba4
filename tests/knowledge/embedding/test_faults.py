"""A sentence that the model cannot take, or dies over, costs that sentence; it is named and not tried again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.embedding.worker import embed_index
from knowledge.errors import EmbeddingFailed
from knowledge.index.index import open_index
from knowledge.search.corpus import Array
from knowledge.snapshots.build import build
from knowledge.snapshots.repository import INDEX
from knowledge.snapshots.request import BuildRequest
from tests.knowledge.embedding.embedder import FakeEmbedder
from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.process import ROOT

DIED = 9
DEADLY = "这一句谁也编不了码。"


@dataclass
class Choking(FakeEmbedder):
    """Raises something for one sentence, or dies over it."""

    dies: bool = False

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> Array:
        if any("编不了码" in text for text in texts):
            if self.dies:
                os._exit(DIED)
            raise ValueError("太怪")
        return super().embed(texts, asked=asked)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    articles = write_corpus(tmp_path / "articles", 8)
    write_article(articles, "怪.txt", "怪的一篇", DEADLY)
    (folder := tmp_path / "snapshot").mkdir()
    build(BuildRequest(articles), folder)
    return folder / INDEX


def embedded(index: Path, folder: Path, embedder: FakeEmbedder) -> tuple[list[tuple[str, str]], int]:
    """What is left out, and how many are done."""
    done: list[int] = []
    with open_index(index) as opened:
        skipped = embed_index(opened, folder, embedder, lambda n, of: done.append(n))
    return [(one.name, one.reason) for one in skipped], done[-1]


def test_a_sentence_that_the_model_raises_for_is_left_out_with_its_file(index: Path, tmp_path: Path) -> None:
    choking = Choking()
    told = [("怪.txt", "出错（ValueError：太怪）")], 25
    assert embedded(index, tmp_path / "vectors", choking) == told
    given = len(choking.given)
    assert embedded(index, tmp_path / "vectors", choking) == told
    assert len(choking.given) == given > 0


def test_a_sentence_that_kills_the_process_is_found_singly_and_left_out(index: Path, tmp_path: Path) -> None:
    vectors = tmp_path / "vectors"
    die = f"embedded(Path({str(index)!r}), Path({str(vectors)!r}), Choking(dies=True))"
    script = f"from tests.knowledge.embedding.test_faults import Choking, Path, embedded\n{die}"
    for _ in range(2):  # over its batch, then over the sentence alone
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
        assert done.returncode == DIED
    (skipped,), reached = embedded(index, vectors, Choking())
    assert skipped[0] == "怪.txt" and "中断" in skipped[1] and reached == 25


def test_a_model_that_does_not_answer_is_no_sentences_fault(index: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingFailed):
        embedded(index, tmp_path / "vectors", FakeEmbedder(fails=True))
    assert embedded(index, tmp_path / "vectors", FakeEmbedder()) == ([], 25)

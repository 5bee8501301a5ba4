"""A snapshot's facts beside a query in meaning: found in other words, and never waited for; the models that tell them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from knowledge.documents.folder import read_document
from knowledge.embedding.meanings import NAME, Semantics, SnapshotMeanings
from knowledge.embedding.models import BundledEmbedder, EndpointEmbedder, chosen_embeddings, model_name
from knowledge.embedding.vectors import committed
from knowledge.embedding.worker import embed_index
from knowledge.errors import EmbeddingFailed
from knowledge.index.index import Index, build_index, open_index
from knowledge.repair.pipeline import repair_document
from knowledge.search.corpus import Array
from knowledge.search.semantic import clauses
from knowledge.snapshots.build import build
from knowledge.snapshots.repository import INDEX
from knowledge.snapshots.request import BuildRequest
from tests.knowledge.embedding.embedder import FakeEmbedder
from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.process import ROOT

TEXT = """江城见闻
本报记者 王一

城西的大桥昨天上午正式通车，市民步行走过桥面。
夜校今年秋季的学费是五百元，报名的人排起长队。
湖边越冬的候鸟今年超过六万只。
市里给老人发放了新的公交卡。
图书馆周末延长开放时间。
"""


class Library:
    """One index, a model that counts, and the vectors between them."""

    def __init__(self, folder: Path, held: ExitStack, budget: float = 5.0) -> None:
        self.folder = folder
        self.model = FakeEmbedder()
        build_index(folder / "index", [(repair_document(read_document("a.txt", TEXT.encode())), b"")])
        self.index: Index = held.enter_context(open_index(folder / "index"))
        self.semantics = held.enter_context(
            Semantics(folder, "fake", budget, lambda embeddings: self.model, lambda embeddings: None)
        )
        self.meanings: SnapshotMeanings = self.semantics.over(self.index.columns)

    def embed(self) -> list[tuple[int, int]]:
        told: list[tuple[int, int]] = []
        embed_index(self.index, self.folder / NAME, self.model, lambda done, of: told.append((done, of)))
        self.meanings = self.semantics.over(self.index.columns)
        return told

    def text(self, fact: int) -> str:
        return self.index.columns.text(fact)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with ExitStack() as held:
        yield Library(tmp_path, held)


def test_no_sentence_is_embedded_twice_and_one_in_other_words_is_the_nearest(library: Library) -> None:
    assert library.meanings.of("跨江通道") is None, "words alone answer"
    assert library.meanings.coverage.embedded == 0
    assert library.embed() == [(0, 5), (5, 5)]
    coverage = library.meanings.coverage
    assert (coverage.model, coverage.embedded, coverage.facts) == ("fake-1", 5, 5)
    before = list(library.model.given)
    assert library.embed() == [(5, 5)]
    assert library.model.given == before
    meaning = library.meanings.of("跨江通道")
    assert meaning is not None
    first, second, *_ = meaning.nearest(5)
    assert "大桥" in library.text(int(first))
    likeness = meaning.likeness(np.array([first, second]))
    assert likeness[0] > likeness[1] + 1


def test_vectors_of_a_model_that_is_chosen_no_more_say_nothing_and_are_still_to_be_made(
    library: Library,
) -> None:
    library.embed()
    with Semantics(library.folder, "fake-2", name_of=lambda embeddings: embeddings) as semantics:
        coverage = semantics.over(library.index.columns).coverage
    assert (coverage.model, coverage.embedded, coverage.facts) == (None, 0, 5)
    library.model = FakeEmbedder("fake-2")
    assert library.meanings.of("跨江通道") is None


def test_a_model_that_fails_leaves_the_words_and_rests_while_facts_are_held_beside_one_another(
    library: Library,
) -> None:
    library.embed()
    library.model = FakeEmbedder(fails=True)
    meaning = library.meanings.like(0)
    assert meaning is not None
    assert meaning.nearest(1).tolist() == [0]
    assert library.meanings.of("跨江通道") is None
    assert not library.semantics.enabled


def test_what_is_embedded_meanwhile_is_taken_up_by_the_snapshot_that_serves(library: Library) -> None:
    assert library.meanings.of("跨江通道") is None
    embed_index(library.index, library.folder / NAME, library.model, lambda done, of: None)
    assert committed(library.folder / NAME).sentences == 5
    while library.meanings.of("跨江通道") is None:
        time.sleep(0.05)


class Slow(FakeEmbedder):
    """Takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> Array:
        self.go.wait(30)
        return super().embed(texts, asked=asked)


def test_a_query_waits_for_its_vector_no_longer_than_its_budget_and_has_it_the_next_time(
    tmp_path: Path,
) -> None:
    with ExitStack() as held:
        library = Library(tmp_path, held, budget=0.05)
        library.embed()
        while library.meanings.coverage.embedded == 0:
            time.sleep(0.01)
        library.model = slow = Slow()
        held.callback(slow.go.set)
        assert library.meanings.of("跨江通道") is None
        slow.go.set()
        while library.meanings.of("跨江通道") is None:
            time.sleep(0.01)
        assert slow.given == ["跨江通道"]


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("大桥昨天通车。", ()),
        ("大桥昨天上午正式通车,市民步行走过桥面。", ("大桥昨天上午正式通车,", "市民步行走过桥面。")),
        ("今天,大桥昨天上午正式通车,好。", ()),
        ("", ()),
    ],
)
def test_only_clauses_long_enough_to_mean_something_stand_alone(
    sentence: str, parts: tuple[str, ...]
) -> None:
    assert clauses(sentence) == parts


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
    script = f"from tests.knowledge.embedding.test_meanings import Choking, Path, embedded\n{die}"
    for _ in range(2):  # over its batch, then over the sentence alone
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
        assert done.returncode == DIED
    (skipped,), reached = embedded(index, vectors, Choking())
    assert skipped[0] == "怪.txt" and "中断" in skipped[1] and reached == 25


def test_a_model_that_does_not_answer_is_no_sentences_fault(index: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingFailed):
        embedded(index, tmp_path / "vectors", FakeEmbedder(fails=True))
    assert embedded(index, tmp_path / "vectors", FakeEmbedder()) == ([], 25)


@contextmanager
def endpoint(
    reply: dict[str, object],
) -> Iterator[tuple[str, list[tuple[str, dict[str, object], str | None]]]]:
    """Serve a fixed answer to /v1/embeddings, and one model's name; yields its host and what was asked."""
    asked: list[tuple[str, dict[str, object], str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({"object": "list", "data": [{"id": "bge-m3"}, {"id": "other"}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, body, self.headers.get("Authorization")))
            if "data" in reply or "error" in reply:
                self._say(reply)
                return
            rows = [{"index": n, "embedding": [float(len(t)), 1.0]} for n, t in enumerate(body["input"])]
            self._say({"object": "list", "data": rows[::-1]})

        def _say(self, value: dict[str, object]) -> None:
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "reply",
    [{"error": "no"}, {"data": []}, {"data": [{"index": 0, "embedding": [float("nan")]}]}, {"data": "x"}],
)
def test_whatever_else_it_says_is_told_with_what_to_do(reply: dict[str, object]) -> None:
    with endpoint(reply) as (host, _), pytest.raises(EmbeddingFailed, match="请检查这个地址"):
        EndpointEmbedder(f"http://{host}/v1#m")


def test_an_endpoint_gives_rows_of_length_one_in_order_by_the_model_that_it_lists_first_or_that_is_named() -> (
    None
):
    with endpoint({}) as (host, asked):
        first, named = EndpointEmbedder(f"http://{host}/v1/"), EndpointEmbedder(f"http://key@{host}/v1#mine")
        rows = first.embed(["一", "一二三"])
        assert model_name(f"http://key@{host}/v1#mine") == named.name
        assert model_name(f"http://{host}/v1") is None, "it has to be asked"
    assert (first.name, named.name, named.dimension) == (f"{host}-bge-m3", f"{host}-mine", 2)
    assert rows == pytest.approx(np.array([[1, 1], [3, 1]] / np.sqrt([[2], [10]])), abs=1e-6)
    assert [(path, body["model"], key) for path, body, key in asked] == [
        ("/v1/embeddings", "bge-m3", None),
        ("/v1/embeddings", "mine", "Bearer key"),
        ("/v1/embeddings", "bge-m3", None),
    ]


def test_an_endpoint_that_is_not_there_is_told_without_its_key() -> None:
    with pytest.raises(EmbeddingFailed) as error:
        EndpointEmbedder("http://secret@127.0.0.1:9/v1#m")
    assert "secret" not in str(error.value)


def test_the_bundled_model_is_chosen_where_nothing_is_said_and_its_package_is_installed() -> None:
    for chosen, embeddings in ((None, "bundled"), ("off", "off"), ("http://a:1/v1", "http://a:1/v1")):
        assert chosen_embeddings(chosen) == embeddings
    assert (BundledEmbedder().name, model_name("off")) == (model_name("bundled"), None)


def test_sentences_have_the_vectors_that_the_package_itself_gives_them_in_their_order() -> None:
    texts = ["大桥通车。", "学费三年内不会上涨。", "湖水变清。", "候鸟" * 300, "How much is a lift?"]
    bundled = BundledEmbedder()
    own = np.stack([bundled._model.encode(text, is_query=False) for text in texts])
    cosines = (bundled.embed(texts) * own).sum(axis=1)
    assert min(cosines[[0, 1, 2, 4]]) > 0.99
    assert cosines[3] > 0.9  # more pieces than the model takes

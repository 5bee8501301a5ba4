"""The bundled model, and an endpoint that speaks OpenAI's way of embedding."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from knowledge.embedding.endpoint import EndpointEmbedder
from knowledge.embedding.models import BundledEmbedder, chosen_embeddings, model_name
from knowledge.errors import EmbeddingFailed


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


def test_rows_come_back_in_the_order_of_the_texts_and_of_length_one() -> None:
    with endpoint({}) as (host, _):
        rows = EndpointEmbedder(f"http://{host}/v1").embed(["一", "一二三"])
    assert rows == pytest.approx(np.array([[1, 1], [3, 1]] / np.sqrt([[2], [10]])), abs=1e-6)


def test_the_first_model_that_is_listed_is_asked_unless_the_address_names_one() -> None:
    with endpoint({}) as (host, asked):
        assert EndpointEmbedder(f"http://{host}/v1/").name == f"{host}-bge-m3"
        named = EndpointEmbedder(f"http://key@{host}/v1#mine")
    assert (named.name, named.dimension) == (f"{host}-mine", 2)
    assert [(path, body["model"], key) for path, body, key in asked] == [
        ("/v1/embeddings", "bge-m3", None),
        ("/v1/embeddings", "mine", "Bearer key"),
    ]


@pytest.mark.parametrize(
    "reply",
    [{"error": "no"}, {"data": []}, {"data": [{"index": 0, "embedding": [float("nan")]}]}, {"data": "x"}],
)
def test_whatever_else_it_says_is_told_with_what_to_do(reply: dict[str, object]) -> None:
    with endpoint(reply) as (host, _), pytest.raises(EmbeddingFailed, match="请检查这个地址"):
        EndpointEmbedder(f"http://{host}/v1#m")


def test_an_endpoint_that_is_not_there_is_told_without_its_key() -> None:
    with pytest.raises(EmbeddingFailed) as error:
        EndpointEmbedder("http://secret@127.0.0.1:9/v1#m")
    assert "secret" not in str(error.value)


def test_the_bundled_model_is_chosen_where_nothing_is_said_and_its_package_is_installed() -> None:
    assert chosen_embeddings(None) == "bundled"
    assert chosen_embeddings("off") == "off"
    assert chosen_embeddings("http://localhost:11434/v1") == "http://localhost:11434/v1"


def test_a_model_has_the_name_that_it_is_known_by_before_it_is_asked() -> None:
    with endpoint({}) as (host, _):
        chosen = f"http://key@{host}/v1#m"
        assert EndpointEmbedder(chosen).name == model_name(chosen) == f"{host}-m"
        assert model_name(f"http://{host}/v1") is None
    assert BundledEmbedder().name == model_name("bundled")
    assert model_name("off") is None


def test_sentences_have_the_vectors_that_the_package_itself_gives_them_in_their_order() -> None:
    texts = ["大桥通车。", "学费三年内不会上涨。", "湖水变清。", "候鸟" * 300, "How much is a lift?"]
    bundled = BundledEmbedder()
    own = np.stack([bundled._model.encode(text, is_query=False) for text in texts])
    cosines = (bundled.embed(texts) * own).sum(axis=1)
    assert min(cosines[[0, 1, 2, 4]]) > 0.99
    assert cosines[3] > 0.9  # more pieces than the model takes

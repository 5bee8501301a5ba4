"""`python -m knowledge.training.reader.export CHECKPOINT FOLDER`: writes reader.onnx in int8, and pieces.txt."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from knowledge.answering.pieces import PieceVocabulary
from knowledge.training.reader.network import ReaderNetwork, cut_as, e5_small, written_weights

_INPUTS = ("ids", "segments", "matches")
_OUTPUTS = ("start", "end", "doubt", "answerable")
_OPSET = 17


class _Exported(nn.Module):
    """The network with plain attention, which ONNX knows."""

    def __init__(self, network: ReaderNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, ids: Tensor, segments: Tensor, matches: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        found: tuple[Tensor, Tensor, Tensor, Tensor] = self.network(ids, segments, matches, True)
        return found


class _Evened(nn.Module):
    """A linear layer whose inputs are made even first, so that 8 bits hold them all; its weights make up for it."""

    def __init__(self, layer: nn.Linear, most: Tensor) -> None:
        super().__init__()
        least = torch.tensor(1e-5)
        scale = (most.maximum(least) / layer.weight.abs().amax(0).maximum(least)).sqrt()
        self.layer = layer
        self.shrink: Tensor
        self.register_buffer("shrink", 1 / scale)
        with torch.no_grad():
            layer.weight.mul_(scale)

    def forward(self, states: Tensor) -> Tensor:
        found: Tensor = self.layer(states * self.shrink)
        return found


def even(network: ReaderNetwork, seen: Sequence[tuple[Tensor, Tensor, Tensor]]) -> None:
    """Move what stands out of the activations into the weights (SmoothQuant, Xiao et al. 2023, alpha one half).

    `seen` are ids, segments and matches of some pairs, on which the activations are looked at.
    """
    most: dict[str, Tensor] = {}

    def look(name: str) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        def at(_: nn.Module, given: tuple[Tensor], __: Tensor) -> None:
            here = given[0].flatten(0, -2).abs().amax(0)
            most[name] = here.maximum(most.get(name, here))

        return at

    looking = [network.get_submodule(name).register_forward_hook(look(name)) for name in network.linear]
    with torch.no_grad():
        for pair in seen:
            network(*pair, True)
    for hook in looking:
        hook.remove()
    for name in network.linear:
        parent, _, own = name.rpartition(".")
        setattr(network.get_submodule(parent), own, _Evened(network.get_submodule(name), most[name]))


def export(network: ReaderNetwork, vocabulary: PieceVocabulary, folder: Path) -> None:
    """Write the network in 8 bits (weights per channel, activations as they come) and its pieces."""
    ids = torch.randint(5, 9000, (1, 96))
    none = torch.zeros_like(ids)
    longest = {name: {0: "pairs", 1: "length"} for name in (*_INPUTS, *_OUTPUTS[:3])}
    with tempfile.TemporaryDirectory() as scratch:
        whole, small = Path(scratch, "whole.onnx"), Path(scratch, "small.onnx")
        torch.onnx.export(
            _Exported(network),
            (ids, none, none),
            str(whole),
            input_names=list(_INPUTS),
            output_names=list(_OUTPUTS),
            dynamic_axes={**longest, _OUTPUTS[3]: {0: "pairs"}},
            opset_version=_OPSET,
            dynamo=False,
        )
        quantize_dynamic(whole, small, weight_type=QuantType.QInt8, per_channel=True)
        fuse(small, folder / "reader.onnx")
    (folder / "pieces.txt").write_bytes(vocabulary.written())


def fuse(network: Path, fused: Path) -> None:
    """Write the graph as onnxruntime else makes it at each opening, with nothing of this machine in it."""
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(fused)
    InferenceSession(network, options, providers=["CPUExecutionProvider"])


def main(arguments: list[str]) -> None:
    """Read a checkpoint and export it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--half-way",
        type=Path,
        help="a second checkpoint, or the folder of a reader.onnx; the mean of both is exported",
    )
    given = parser.parse_args(arguments)
    kept = torch.load(given.checkpoint)
    weights, vocabulary = kept["network"], PieceVocabulary.parse(kept["pieces"])
    network = ReaderNetwork(cut_as(vocabulary, e5_small()))
    if given.half_way:
        if given.half_way.is_dir():
            written = written_weights(given.half_way, network.linear)
            other = {name: torch.tensor(weight) for name, weight in written.items()}
        else:
            other = torch.load(given.half_way)["network"]
        weights |= {name: (weights[name] + weight) / 2 for name, weight in other.items()}
    network.load_state_dict(weights)
    network.eval()
    even(network, kept["seen"])
    export(network, vocabulary, given.folder)


if __name__ == "__main__":
    main(sys.argv[1:])

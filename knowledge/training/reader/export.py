"""`python -m knowledge.training.reader.export CHECKPOINT MATERIAL FOLDER`: writes reader.onnx in int8, and pieces.txt."""

from __future__ import annotations

import argparse
import pickle
import sys
import tempfile
from pathlib import Path

import torch
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from knowledge.training.reader.network import ReaderNetwork
from knowledge.training.reader.start import Encoder

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


def export(network: ReaderNetwork, encoder: Encoder, folder: Path) -> None:
    """Write the network in 8 bits (weights per channel, activations as they come) and its pieces."""
    network.eval()
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
    (folder / "pieces.txt").write_bytes(encoder.vocabulary.written())


def fuse(network: Path, fused: Path) -> None:
    """Write the graph as onnxruntime else makes it at each opening, with nothing of this machine in it."""
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(fused)
    InferenceSession(network, options, providers=["CPUExecutionProvider"])


def main(arguments: list[str]) -> None:
    """Read a checkpoint and the material it was trained on, and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("material", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half-way", type=Path, help="a second checkpoint; the mean of both is exported")
    given = parser.parse_args(arguments)
    _, encoder = pickle.loads(given.material.read_bytes())  # noqa: S301 - written by train
    weights = torch.load(given.checkpoint)["network"]
    if given.half_way:
        other = torch.load(given.half_way)["network"]
        weights = {name: (weight + other[name]) / 2 for name, weight in weights.items()}
    network = ReaderNetwork(encoder)
    network.load_state_dict(weights)
    export(network, encoder, given.folder)


if __name__ == "__main__":
    main(sys.argv[1:])

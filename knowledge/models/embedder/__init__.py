"""The encoder of multilingual-e5-small for onnxruntime, without weights: `encoder.onnx`, and `CARD.md`."""

from pathlib import Path

ENCODER = Path(__file__).parent / "encoder.onnx"
INPUT, OUTPUT = "embeddings", "states_of_all"

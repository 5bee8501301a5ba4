"""Make the models of repair again: `make models DATA=FOLDER`, in less than fifteen minutes on two cores."""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from knowledge.training.repair import doubts, joins, labeller
from knowledge.training.repair.corpus import WrongData, load_corpus

TARGET = Path(__file__).parents[2] / "models" / "repair"
# Each is fitted on what those before it read.
MODELS = ("joins.npy", "labels.json", "doubts.json")


def _make(name: str, folder: Path) -> bytes:
    corpus = load_corpus(folder)
    if name == "joins.npy":
        return joins.fit_joins(corpus)
    return (labeller.fit_labels if name == "labels.json" else doubts.fit_sentence_doubts)(corpus).encode()


def main() -> int:
    """Write the model files and say their hashes."""
    if len(sys.argv) != 2:
        print(
            "usage: python -m knowledge.training.repair FOLDER (what it holds: knowledge/models/repair/README.md)"
        )
        return 2
    folder = Path(sys.argv[1])
    try:
        load_corpus(folder)
    except (OSError, WrongData) as error:
        print(error)
        return 1
    for name in MODELS:
        with ProcessPoolExecutor(1) as pool:  # a process for each, so that none reads what was there before
            data = pool.submit(_make, name, folder).result()
            (TARGET / name).write_bytes(data)
            print(f"{name}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

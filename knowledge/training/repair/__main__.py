"""Make the models of repair again: `make models DATA=FOLDER`, in less than fifteen minutes on two cores."""

from __future__ import annotations

import hashlib
import sys
from multiprocessing import Pool
from pathlib import Path

from knowledge.training.repair import joins, labeller
from knowledge.training.repair.corpus import WrongData, load_corpus

TARGET = Path(__file__).parents[2] / "models" / "repair"


def _make(job: tuple[str, Path]) -> tuple[str, bytes]:
    name, folder = job
    corpus = load_corpus(folder)
    return name, joins.fit(corpus) if name == "joins.npy" else labeller.fit(corpus).encode()


def main() -> int:
    """Write both model files and say their hashes."""
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
    with Pool(2) as pool:
        for name, data in pool.imap_unordered(
            _make, [(name, folder) for name in ("labels.json", "joins.npy")]
        ):
            (TARGET / name).write_bytes(data)
            print(f"{name}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

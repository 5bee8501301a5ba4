"""Make the models of repair again: `make models DATA=FOLDER`, in less than fifteen minutes on two cores."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from knowledge.training.repair import labeller, regressions
from knowledge.training.repair.corpus import ArticleCorpus, WrongData, load_corpus

TARGET = Path(__file__).parents[2] / "models" / "repair"
# Each is fitted on what those before it read.
MODELS = ("joins.npy", "page_kind.json", "labels.json", "page_labels.json", "subjects.json", "doubts.json")


_TEXTS: Final[dict[str, Callable[[ArticleCorpus], str]]] = {
    "page_kind.json": regressions.fit_page_kind,
    "labels.json": labeller.fit_file_labels,
    "page_labels.json": labeller.fit_page_labels,
    "subjects.json": regressions.fit_subjects,
    "doubts.json": regressions.fit_sentence_doubts,
}


def _make(name: str, corpus: ArticleCorpus) -> bytes:
    return regressions.fit_joins(corpus) if name == "joins.npy" else _TEXTS[name](corpus).encode()


def main() -> int:
    """Write the model files and say their hashes."""
    if len(sys.argv) != 2:
        print(
            "usage: python -m knowledge.training.repair FOLDER (what it holds: knowledge/models/repair/README.md)"
        )
        return 2
    try:
        corpus = load_corpus(Path(sys.argv[1]))
    except (OSError, WrongData) as error:
        print(error)
        return 1
    for name in MODELS:
        with ProcessPoolExecutor(1) as pool:  # a process for each, so that none reads what was there before
            data = pool.submit(_make, name, corpus).result()
            (TARGET / name).write_bytes(data)
            print(f"{name}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

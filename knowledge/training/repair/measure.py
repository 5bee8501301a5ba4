"""Say how good the shipped models are on generated pages that training did not see."""

from __future__ import annotations

import sys
from pathlib import Path

from knowledge.training.repair.corpus import load_corpus
from knowledge.training.repair.labeller import kept_apart
from knowledge.training.repair.scoring import score_pages

PAGES = 250


def main() -> int:
    """Print a line for all pages and one for each kind."""
    if len(sys.argv) != 2:
        print("usage: python -m knowledge.training.repair.measure FOLDER")
        return 2
    scores = score_pages(kept_apart(load_corpus(Path(sys.argv[1])), PAGES))
    for kind, score in sorted(scores.items()):
        print(f"{kind:14} {score}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m knowledge.training NAME …`: make one model file again."""

from __future__ import annotations

import importlib
import sys

NAMES = ("answers", "embedder", "ranking")


def main(argv: list[str]) -> int:
    """Run the named program with its arguments."""
    if not argv or argv[0] not in NAMES:
        print(f"which model? one of: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    importlib.import_module(f"knowledge.training.{argv[0]}").main(argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

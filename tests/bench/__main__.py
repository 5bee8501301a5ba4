"""`python -m tests.bench [NAME [ARGUMENT…]]`: run one benchmark, or all."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Run the named benchmark, or every module beside this one that has a `main`."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    wanted, arguments = (argv[:1], argv[1:]) if argv else (names, [])
    worst = 0
    for name in wanted:
        if name not in names:
            print(f"no benchmark {name!r}; there are: {', '.join(names)}", file=sys.stderr)
            return 2
        run = getattr(importlib.import_module(f"tests.bench.{name}"), "main", None)
        if run is not None:
            print(f"== {name}", flush=True)
            worst = max(worst, int(run(arguments) or 0))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

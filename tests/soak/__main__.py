"""`python -m tests.soak`: all that takes long, within an hour on two cores; ends with 1 when a figure is missed.

What compares latencies has a core of its own. Beside it, on the other, goes what only computes or waits, so that no
disk is shared; then the rest. Arguments go on to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

PYTEST = (sys.executable, "-m", "pytest", "-rP", "-m", "soak", "--durations=0")
NO_TESTS = 5  # what pytest ends with when arguments leave a lane nothing


@dataclass(frozen=True, slots=True)
class Lane:
    """Files run by so many workers, on one core or (None) on any."""

    core: int | None
    workers: int
    files: tuple[str, ...]


LATENCIES = Lane(
    0, 0, ("tests/soak/test_steady.py", "tests/soak/test_broadcast.py", "tests/soak/test_neighbours.py")
)
BESIDE = Lane(
    1,
    2,
    (
        "tests/bot/telegram/test_troubles.py",
        "tests/faults/test_queries.py",
        "tests/faults/test_sources.py",
        "tests/knowledge/documents/test_mutated_files.py",
    ),
)
REST = Lane(None, 3, ("tests", *(f"--ignore={file}" for file in (*LATENCIES.files, *BESIDE.files))))


def run(lane: Lane, arguments: Sequence[str]) -> bool:
    """Run a lane and print what it said when it is over; return whether all passed."""
    cores = os.sched_getaffinity(0)
    core = {lane.core} if lane.core in cores and len(cores) > 1 else cores
    began = time.monotonic()
    done = subprocess.run(
        [*PYTEST, "-n", str(lane.workers), *lane.files, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, core),
    )
    print(
        f"\n=== {lane.files[0]} …: {(time.monotonic() - began) / 60:.1f} minutes\n{done.stdout}", flush=True
    )
    return done.returncode in (0, NO_TESTS)


def main(arguments: Sequence[str]) -> int:
    """Run everything; 1 if something failed."""
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        passed = list(pool.map(lambda lane: run(lane, arguments), (LATENCIES, BESIDE)))
    passed.append(run(REST, arguments))
    print(
        f"{(time.monotonic() - began) / 60:.1f} minutes; {'all passed' if all(passed) else 'FAILED, see above'}"
    )
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.soak`: all that takes long, within an hour on two cores; ends with 1 when a figure is missed.

The half hour has a core of its own; beside it, on the other, goes what computes or waits and writes little. What
compares latencies follows alone, then the rest. Files are kept in memory where the system has room: no figure here is
of the disk, and half a second for one fsync, as a shared disk takes now and then, would decide a 99th percentile.
Options (`-k`, `-x`) go to pytest in every lane.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY, ROOM = Path("/dev/shm"), 4 << 30
PYTEST = (sys.executable, "-m", "pytest", "-rPs", "-m", "soak", "--durations=0")
PASSED, NO_TESTS = 0, 5


@dataclass(frozen=True, slots=True)
class Lane:
    """A selection of tests run by so many workers, on one core (the first, the second) or on any."""

    core: int | None
    workers: int
    selection: tuple[str, ...]


STEADY = Lane(0, 0, ("tests/soak/test_steady.py",))
FAULTS = ("tests/faults/test_queries.py", "tests/faults/test_failing_calls.py")
BESIDE = Lane(1, 2, (*FAULTS, "tests/knowledge/documents/test_mutated_files.py"))
LATENCIES = Lane(None, 0, ("tests/soak/test_broadcast.py",))
REST = Lane(
    None,
    3,
    (
        "tests",
        *(f"--ignore={path}" for lane in (STEADY, BESIDE, LATENCIES) for path in lane.selection),
    ),
)


def run(lane: Lane, place: Path | None, options: Sequence[str]) -> int:
    """Run a lane with its files in `place` and print what it said when it is over; return pytest's exit code."""
    cores, began = sorted(os.sched_getaffinity(0)), time.monotonic()
    name = Path(lane.selection[0]).stem
    files = () if place is None else (f"--basetemp={place / name}",)
    pytest = subprocess.Popen(
        [*PYTEST, *files, "-n", str(lane.workers), "--dist", "worksteal", *lane.selection, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if lane.core is not None and lane.core < len(cores):
        os.sched_setaffinity(pytest.pid, {cores[lane.core]})  # its workers and bots are not born yet
    said, _ = pytest.communicate()
    minutes = (time.monotonic() - began) / 60
    print(f"\n=== {name} …: {minutes:.1f} minutes\n{said}", flush=True)
    return pytest.returncode


@contextmanager
def memory() -> Iterator[Path | None]:
    """Give a folder in memory and remove it at the end; None where there is none, or little room."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        yield None
        return
    with TemporaryDirectory(prefix="chuchu-soak-", dir=MEMORY) as folder:
        yield Path(folder)


def main(options: Sequence[str]) -> int:
    """Run everything; 1 if something failed, or if nothing ran."""
    began = time.monotonic()
    with memory() as place, ThreadPoolExecutor() as pool:
        go = partial(run, place=place, options=options)
        codes = [*pool.map(go, (STEADY, BESIDE)), *map(go, (LATENCIES, REST))]
    good = {PASSED, NO_TESTS} if options else {PASSED}  # options may leave a lane nothing
    passed = set(codes) <= good and PASSED in codes
    where = "on the disk" if place is None else "in memory"
    minutes = (time.monotonic() - began) / 60
    print(f"{minutes:.1f} minutes, files {where}; {'all passed' if passed else 'FAILED, see above'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

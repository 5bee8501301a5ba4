"""`python -m tests.soak`: all that takes long, within an hour on two cores; ends with 1 when a figure is missed.

The half hour has a core of its own; beside it, on the other, goes what computes or waits and writes little. What
compares latencies follows alone, then the rest. What is compared has its files in memory where the system has room:
half a second for one fsync, as a shared disk takes now and then, would decide a 99th percentile. Options (`-k`, `-x`)
go to pytest in every lane.
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
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY, ROOM = Path("/dev/shm"), 2 << 30
PYTEST = (sys.executable, "-m", "pytest", "-rPs", "-m", "soak", "--durations=0")
PASSED, NO_TESTS = 0, 5


@dataclass(frozen=True, slots=True)
class Lane:
    """A selection of tests run by so many workers, on one core (the first, the second) or on any."""

    core: int | None
    workers: int
    selection: tuple[str, ...]
    compares: bool = False


STEADY = Lane(0, 0, ("tests/soak/test_steady.py",), compares=True)
BESIDE = Lane(
    1,
    2,
    (
        "tests/bot/telegram/test_troubles.py",
        "tests/faults/test_queries.py",
        "tests/knowledge/documents/test_mutated_files.py",
    ),
)
LATENCIES = Lane(None, 0, ("tests/soak/test_broadcast.py", "tests/soak/test_neighbours.py"), compares=True)
REST = Lane(
    None,
    3,
    (  # the longest first, or one worker is left with it at the end
        "tests/faults/test_secrets.py",
        "tests/bot/telegram/test_crash.py",
        "tests",
        *(f"--ignore={path}" for lane in (STEADY, BESIDE, LATENCIES) for path in lane.selection),
    ),
)


def run(lane: Lane, options: Sequence[str]) -> int:
    """Run a lane and print what it said when it is over; return pytest's exit code."""
    cores, began = sorted(os.sched_getaffinity(0)), time.monotonic()
    with files(lane) as place:
        pytest = subprocess.Popen(
            [*PYTEST, *place, "-n", str(lane.workers), "--dist", "worksteal", *lane.selection, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if lane.core is not None and lane.core < len(cores):
            os.sched_setaffinity(pytest.pid, {cores[lane.core]})  # its workers and bots are not born yet
        said, _ = pytest.communicate()
    minutes = (time.monotonic() - began) / 60
    where = "in memory" if place else "on the disk"
    print(f"\n=== {lane.selection[0]} …: {minutes:.1f} minutes, files {where}\n{said}", flush=True)
    return pytest.returncode


@contextmanager
def files(lane: Lane) -> Iterator[tuple[str, ...]]:
    """Pytest's option for where a lane's tests keep their files; none where they may be on the disk."""
    if not (lane.compares and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM):
        yield ()
        return
    with TemporaryDirectory(prefix="chuchu-soak-", dir=MEMORY) as folder:
        yield (f"--basetemp={folder}/files",)


def main(options: Sequence[str]) -> int:
    """Run everything; 1 if something failed, or if nothing ran."""
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        codes = list(pool.map(lambda lane: run(lane, options), (STEADY, BESIDE)))
    codes += [run(lane, options) for lane in (LATENCIES, REST)]
    good = {PASSED, NO_TESTS} if options else {PASSED}  # options may leave a lane nothing
    passed = set(codes) <= good and PASSED in codes
    print(f"{(time.monotonic() - began) / 60:.1f} minutes; {'all passed' if passed else 'FAILED, see above'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

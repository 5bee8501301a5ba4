"""Every call to the system fails once, in every way: old or new, what was acknowledged, and never a part."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.nth import can_fail_calls
from tests.support.process import ROOT, environment

pytestmark = pytest.mark.skipif(not can_fail_calls(), reason="needs Linux on x86-64 with seccomp")
STRIDES = {
    "reload": 37,
    "start": 43,
    "inbox": 4,
    "state": 4,
    "upload": 1,
    "backup": 31,
    "recipe": 13,
}  # so that each lasts seconds


def fail_calls(folder: Path, job: str, error: str, stride: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.nth", job, error, str(folder), str(stride)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("job", "stride"),
    [pytest.param(*row, marks=[] if row[0] == "state" else pytest.mark.slow) for row in STRIDES.items()],
)
def test_what_is_refused_changes_nothing_and_what_is_acknowledged_stays(
    tmp_path: Path, job: str, stride: int
) -> None:
    fail_calls(tmp_path, job, "EIO", stride)


@pytest.mark.slow
def test_a_file_that_may_not_be_opened_for_a_moment_makes_no_other_recipe(tmp_path: Path) -> None:
    fail_calls(tmp_path, "recipe", "EACCES", 1)


@pytest.mark.soak
@pytest.mark.parametrize("job", STRIDES)
def test_every_single_call_fails_once(tmp_path: Path, job: str) -> None:
    fail_calls(tmp_path, job, "EIO", 1)


@pytest.mark.soak
@pytest.mark.parametrize("error", ["ENOSPC", "EMFILE", "EACCES"])
@pytest.mark.parametrize("job", STRIDES)
def test_every_seventh_call_fails_in_other_ways_too(tmp_path: Path, job: str, error: str) -> None:
    fail_calls(tmp_path, job, error, 7)

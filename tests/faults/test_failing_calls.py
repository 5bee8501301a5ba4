"""Every call to the system fails once, in every way: old or new, what was acknowledged, and never a part."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from tests.faults.nth import can_fail_calls
from tests.support.process import ROOT, environment

pytestmark = pytest.mark.skipif(not can_fail_calls(), reason="needs Linux on x86-64 with seccomp")
# So that each lasts seconds.
STRIDES = {"reload": 37, "start": 43, "inbox": 4, "state": 4, "upload": 1, "backup": 31, "recipe": 13}
FAILED = [
    *(pytest.param(job, "EIO", n, marks=pytest.mark.slow) for job, n in STRIDES.items()),
    pytest.param("recipe", "EACCES", 1, marks=pytest.mark.slow),  # away for a moment is no other recipe
    *(pytest.param(job, "EIO", 1, marks=pytest.mark.soak) for job in STRIDES),
    *(
        pytest.param(*of, 7, marks=pytest.mark.soak)
        for of in product(STRIDES, ("ENOSPC", "EMFILE", "EACCES"))
    ),
]


@pytest.mark.parametrize(("job", "error", "stride"), FAILED)
def test_what_is_refused_changes_nothing_and_what_is_acknowledged_stays(
    tmp_path: Path, job: str, error: str, stride: int
) -> None:
    command = [sys.executable, "-m", "tests.faults.nth", job, error, str(tmp_path), str(stride)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=1800
    )
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stdout.splitlines()[-1])

"""One serving process for a data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge.errors import FolderInUse
from knowledge.snapshots.files import Holder, lock_holder, single_instance

HOLD = """
import sys
from pathlib import Path
from knowledge.snapshots.files import single_instance
with single_instance(Path(sys.argv[1])) as guard:
    guard.tell("127.0.0.1:8081")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    with single_instance(tmp_path), pytest.raises(FolderInUse) as refused, single_instance(tmp_path):
        pass
    assert refused.value.pid == os.getpid()


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with single_instance(tmp_path):
        pass
    assert lock_holder(tmp_path) is None
    with single_instance(tmp_path):
        assert lock_holder(tmp_path) == Holder(os.getpid())


def test_a_folder_that_nobody_ever_served_from_is_free(tmp_path: Path) -> None:
    assert lock_holder(tmp_path) is None


def test_the_lock_of_a_killed_process_is_no_obstacle(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == b"held\n"
        assert lock_holder(tmp_path) == Holder(first.pid, "127.0.0.1:8081")
        first.send_signal(signal.SIGKILL)
    with single_instance(tmp_path):
        assert lock_holder(tmp_path) == Holder(os.getpid())

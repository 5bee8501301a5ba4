"""kill -9 at random moments of a reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.killing import kill_reloads

pytestmark = pytest.mark.slow


def test_after_a_kill_the_next_start_serves_the_old_or_the_new_snapshot_whole(tmp_path: Path) -> None:
    kill_reloads(tmp_path, 10, seed=5)

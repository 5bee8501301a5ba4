"""kill -9 at two hundred random moments of a reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.killing import kill_reloads


@pytest.mark.soak
def test_after_each_of_two_hundred_kills_the_old_or_the_new_snapshot_serves_whole(tmp_path: Path) -> None:
    news = kill_reloads(tmp_path, 200, seed=6)
    assert 0 < news < 200

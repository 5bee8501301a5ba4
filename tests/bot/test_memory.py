"""Memory that is free goes back to the system."""

from __future__ import annotations

import subprocess
import sys

from tests.support.process import ROOT

HOLES = """
import psutil
from bot.runtime import give_back, share_heaps

share_heaps()
kept = [bytes(4_000) for _ in range(25_000)]
del kept[:-1]  # the last one keeps the heap from shrinking
before = psutil.Process().memory_info().rss
give_back()
print(before - psutil.Process().memory_info().rss)
"""


def test_what_is_free_between_what_is_kept_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50 << 20

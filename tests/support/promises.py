"""Promises of functions as plain text: below each, with what is looked at, its examples and what is seen last of all.

# core: A noun that only asks is not searched for
报名费多少钱？ | 报名费
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])


def promised(path: Path) -> Callable[[Test], Test]:
    """Try a test with what is looked at, and the cells, of each example in a file."""
    rows = []
    seen = promise = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            seen, promise = line.removeprefix("# ").split(": ", 1)
        elif line:
            cells = [cell.strip() for cell in line.split(" | ")]
            rows.append(pytest.param(seen, cells, id=f"{promise}: {cells[0]}"))
    mark: Callable[[Test], Test] = pytest.mark.parametrize(("seen", "cells"), rows)
    return mark

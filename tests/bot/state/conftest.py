"""One suite for every database that the state may live in; another backend enters by another address here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.state.state import State, open_state, sqlite_address


@pytest.fixture(params=["sqlite"])
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    """A fresh, empty state."""
    async with open_state({"sqlite": sqlite_address(tmp_path)}[request.param]) as opened:
        yield opened

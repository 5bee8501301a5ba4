"""One suite for every database that the state and the inbox may live in; another enters by another address here."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.inbox import Inboxes
from bot.state import sqlite_inbox
from bot.state.state import State, open_state, sqlite_address
from tests.support.inbox import PLATFORM

OpenInboxes = Callable[..., AbstractAsyncContextManager[Inboxes]]


@pytest.fixture(params=["sqlite"])
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    """A fresh, empty state."""
    async with open_state({"sqlite": sqlite_address(tmp_path)}[request.param]) as opened:
        yield opened


@pytest.fixture(params=["sqlite"])
def open_inboxes(tmp_path: Path) -> OpenInboxes:
    """Opens the inboxes of one place, as often as wanted, with a clock if need be."""

    def again(clock: Callable[[], float] = time.time) -> AbstractAsyncContextManager[Inboxes]:
        return sqlite_inbox.open_inboxes(tmp_path / "inbox.sqlite", clock, PLATFORM)

    return again

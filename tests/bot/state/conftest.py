"""One suite for every database that the state and the inbox may live in; another enters by another address here."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.inbox import Inboxes
from bot.state import sqlite_inbox
from bot.state.cluster import open_cluster
from bot.state.state import State, open_state, sqlite_address
from tests.support.chat import empty_state
from tests.support.inbox import PLATFORM
from tests.support.postgres import Server, migrated_server

ENGINES = ["sqlite", "postgres"]
OpenInboxes = Callable[..., AbstractAsyncContextManager[Inboxes]]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of the run's own, with a database in which all tables are."""
    with migrated_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[str]:
    """The address of a fresh database with all tables."""
    name = postgres_server.make("migrated")
    yield postgres_server.address(name)
    postgres_server.drop(name)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh, empty state."""
    if request.param == "sqlite":
        shutil.copy(empty_state(), tmp_path)
        return sqlite_address(tmp_path)
    address: str = request.getfixturevalue("postgres")
    return address


@pytest.fixture
async def state(database: str) -> AsyncIterator[State]:
    """A fresh, empty state."""
    async with open_state(database) as opened:
        yield opened


@pytest.fixture(params=ENGINES)
def open_inboxes(request: pytest.FixtureRequest, tmp_path: Path) -> OpenInboxes:
    """Opens the inboxes of one place, as often as wanted, with a clock if need be."""
    if request.param == "postgres":
        address: str = request.getfixturevalue("postgres")
        return lambda clock=time.time: _inboxes_of_cluster(address, clock)
    return lambda clock=time.time: sqlite_inbox.open_inboxes(tmp_path / "inbox.sqlite", clock, PLATFORM)


@asynccontextmanager
async def _inboxes_of_cluster(address: str, clock: Callable[[], float]) -> AsyncIterator[Inboxes]:
    async with open_cluster(address, clock) as cluster:
        yield cluster.inboxes

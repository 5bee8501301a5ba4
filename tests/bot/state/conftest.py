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
EMPTY = """
DO $$ DECLARE one record; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', one.tablename);
    END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', one.sequencename);
    END LOOP;
END $$
"""
OpenInboxes = Callable[..., AbstractAsyncContextManager[Inboxes]]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of the run's own, with a database in which all tables are."""
    with migrated_server() as server:
        yield server


@pytest.fixture(scope="session")
def emptied(postgres_server: Server) -> Callable[[], str]:
    """Empties one database of the run's, which takes less time than to make another; returns its address."""
    name = postgres_server.make("migrated")

    def empty() -> str:
        postgres_server.execute(EMPTY, name)
        return postgres_server.address(name)

    return empty


@pytest.fixture
def postgres(emptied: Callable[[], str]) -> str:
    """The address of a database with all tables and nothing in them, to which nobody is connected."""
    return emptied()


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

"""One process or one of several: what depends on that is chosen here, by `CHUCHU_DATABASE`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.admin.replication import OneFolder, Replication
from bot.config import Settings
from bot.inbox import Inboxes
from bot.sharing import Alone, Sharing
from bot.state.sqlite_inbox import open_inboxes
from bot.state.state import share_askers_key, sqlite_address
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository

INBOX = "inbox.sqlite"


@dataclass(frozen=True, slots=True)
class Several:
    """What a process has to do with others; without others it has it all to itself."""

    sharing: Sharing
    inboxes: Inboxes | None
    replication: Replication


@asynccontextmanager
async def open_several(settings: Settings) -> AsyncIterator[Several]:
    """Be one of several processes, where the database is one that several can share.

    Raises:
        CannotStore: what must hold what comes in cannot be written.
        StateError: several processes would share a database that is a newer program's, or cannot be used.
    """
    url = settings.database or sqlite_address(settings.data)
    if not url.startswith("postgresql"):
        if not any(setup.is_on for setup in settings.platforms):
            yield Several(Alone(), None, OneFolder())
            return
        first = settings.platforms[0].name
        async with open_inboxes(settings.data / INBOX, time.time, first) as inboxes:
            yield Several(Alone(), inboxes, OneFolder())
        return
    from bot.state.cluster import open_cluster  # loads psycopg, an extra of its own

    await share_askers_key(url, settings.data)  # first of all: it refuses a newer program's tables
    async with open_cluster(url) as cluster:
        own = SnapshotRepository(settings.data / SERVED)
        yield Several(cluster, cluster.inboxes, cluster.versions(own, settings.snapshots))


@asynccontextmanager
async def common_start(
    replication: Replication, versions: SnapshotRepository, store: SnapshotHolder
) -> AsyncIterator[None]:
    """Begin with what serves everywhere; where nothing does yet, what `store` holds at the end of the block will.

    Raises:
        StateError: what serves everywhere cannot be had.
    """
    if await _caught_up(replication, versions):
        yield
        return
    async with replication.changing():  # only one builds the first version
        if await _caught_up(replication, versions):
            yield
            return
        yield
        await replication.publish(store.version)


async def _caught_up(replication: Replication, versions: SnapshotRepository) -> bool:
    wanted = await replication.current()
    if wanted is None:
        return False
    await replication.fetch(wanted)
    await asyncio.to_thread(versions.choose, wanted)
    return True

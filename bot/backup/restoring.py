"""Putting a backup back: version, state, key; whole steps that may be done again after a kill."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.backup.archive import Unpacked, unpacked
from bot.feedback.watches import MARK
from bot.state.state import State, open_state
from knowledge.snapshots import manifest
from knowledge.snapshots.files import walk_tree, write_durably
from knowledge.snapshots.repository import SnapshotRepository

ACT = "restore"


async def restore(backup: Path, data: Path, versions: SnapshotRepository, state: State) -> str:
    """Put a backup in the place of what a data folder holds; return the name its knowledge has here.

    The stored versions stay, and the restored one is chosen to serve.

    Raises:
        BackupRefused: the backup is not whole; nothing has changed.
        KnowledgeError: its knowledge is damaged, or there is no room.
        StateError: its state is damaged, too new, or the state here cannot be written.
    """
    with unpacked(backup, data) as parts:
        before = versions.current()
        try:
            # opened, it is brought up to this program
            async with open_state(f"sqlite+aiosqlite:///{parts.state}") as brought:
                name = await asyncio.to_thread(_publish, parts, versions)
                await brought.progress.set(MARK, name)
            await state.copies.put_back(parts.state)
        except BaseException:  # the next start must not serve the one without the other
            if before is not None and versions.current() != before:
                await asyncio.to_thread(versions.choose, before)
            raise
        key = await asyncio.to_thread(parts.key.read_bytes)
        await asyncio.to_thread(write_durably, data / parts.key.name, key, 0o600)
    return name


def _publish(parts: Unpacked, versions: SnapshotRepository) -> str:
    manifest.verify(parts.snapshot)
    with versions.staging() as folder:
        for path in list(walk_tree(parts.snapshot)):
            target = folder / path.relative_to(parts.snapshot)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
        return versions.publish(folder)

"""Backups: one file that holds all a bot must not lose, written and put back while it runs."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot.errors import StartError
from bot.state.outbox import TOLD_VERSION
from bot.state.people import ASKERS_KEY as KEY
from bot.state.people import read_askers_key
from bot.state.state import State, copy_state, open_state
from knowledge.snapshots import manifest
from knowledge.snapshots.files import explain_io_errors, spare_folder, sync_path, walk_tree, write_durably
from knowledge.snapshots.manifest import NAME as MANIFEST
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository

FORMAT = 1
CONTENTS, STATE, SNAPSHOT = "backup.json", "state.sqlite", "snapshot"
UNPACKED = ".restoring-"  # what the folders of a restore that goes on are called
LONGEST_CONTENTS = 16 * 1024 * 1024  # bytes


class BackupRefused(StartError):
    """A backup cannot be made or put back; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The parts of a backup, whole, in a folder that goes with the block that unpacked it."""

    state: Path
    snapshot: Path
    key: Path


def write_backup(data: Path, database: str, target: Path) -> int:
    """Write a backup of a data folder, in use or not; return its size in bytes.

    Raises:
        BackupRefused: the file is there already, or cannot be written, or no version is stored.
        StorageUnavailable: the data folder has no key, and takes none.
        StateError: the state cannot be copied.
    """
    if target.exists():
        raise BackupRefused(f"{target} 已经存在；请换一个文件名")
    versions = SnapshotRepository(data / SERVED)
    name = versions.current()
    if name is None:
        raise BackupRefused(f"{data} 里还没有存下的版本；请先运行一次 chuchu")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with explain_io_errors(data):
            read_askers_key(data)  # made here where nobody was served yet
        with versions.pin(name) as stored, spare_folder() as aside:
            copy_state(database, aside / STATE)
            parts = {STATE: aside / STATE, KEY: data / KEY}
            parts |= {
                f"{SNAPSHOT}/{part}": stored.folder / part for part in (MANIFEST, *stored.manifest.files)
            }
            try:
                _pack(draft, parts)
                size = draft.stat().st_size
                draft.replace(target)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            sync_path(target.parent)
    except OSError as error:
        raise BackupRefused(f"{target} 写不了（{error}）；请检查磁盘空间和权限") from error
    return size


@contextmanager
def unpacked(backup: Path, data: Path) -> Iterator[Unpacked]:
    """Unpack a backup beside the data, checking every byte.

    Raises:
        BackupRefused: it is no backup, of a newer format, or damaged.
    """
    data.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=UNPACKED, dir=data))
    try:
        try:
            _unpack(backup, folder)
        except (OSError, tarfile.TarError, ValueError, KeyError) as error:
            raise BackupRefused(f"{backup} 不是完好的备份（{error}）；没有恢复任何东西，请换一份") from error
        yield Unpacked(folder / STATE, folder / SNAPSHOT, folder / KEY)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_left(data: Path) -> None:
    """Remove what a killed restore left; only for who knows that nobody restores now."""
    for folder in data.glob(f"{UNPACKED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _pack(draft: Path, parts: Mapping[str, Path]) -> None:
    digests = {name: _digest(path) for name, path in parts.items()}
    contents = json.dumps({"format": FORMAT, "files": digests}).encode()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.addfile(_member(CONTENTS, len(contents)), io.BytesIO(contents))
            for name, path in parts.items():
                with path.open("rb") as part:
                    tar.addfile(_member(name, path.stat().st_size), part)
        file.flush()
        os.fsync(file.fileno())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _unpack(backup: Path, folder: Path) -> None:
    with tarfile.open(backup, "r:") as tar:
        digests = _contents(tar)
        for member in tar:
            if member.name == CONTENTS:
                continue
            if member.name not in digests or not member.isreg():
                raise ValueError(f"{member.name} 不在清单里")
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            part = tar.extractfile(member)
            assert part is not None
            with target.open("xb") as file:
                shutil.copyfileobj(part, file)
            if _digest(target) != digests.pop(member.name):
                raise ValueError(f"{member.name} 与清单不符")
    if digests:
        raise ValueError(f"缺 {next(iter(digests))}")


def _contents(tar: tarfile.TarFile) -> dict[str, str]:
    first = tar.next()
    part = tar.extractfile(first) if first and first.isreg() and first.name == CONTENTS else None
    if first is None or part is None or first.size > LONGEST_CONTENTS:
        raise ValueError(f"没有 {CONTENTS}")
    told = json.loads(part.read())
    if told["format"] > FORMAT:
        raise ValueError("来自更新的程序版本，请升级程序")
    digests = {str(name): str(digest) for name, digest in told["files"].items()}
    for name in digests:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or name == CONTENTS:
            raise ValueError(f"名称 {name} 不对")
    if not {STATE, KEY, f"{SNAPSHOT}/{MANIFEST}"} <= digests.keys():
        raise ValueError("缺必要的部分")
    return digests


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
                await brought.checkpoints.set(TOLD_VERSION, name)
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

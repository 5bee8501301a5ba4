"""Backups: one file that holds all a bot must not lose, written and put back while it runs."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from bot.errors import BackupRefused
from bot.runtime import now
from bot.state.chats import TOLD_VERSION
from bot.state.people import ASKERS_KEY as KEY
from bot.state.people import read_askers_key
from bot.state.state import State, copy_state, open_state
from knowledge.documents.folder import RESERVED_NAMES, find_sources
from knowledge.errors import NoArticles
from knowledge.snapshots import manifest
from knowledge.snapshots.files import (
    explain_io_errors,
    sha256_of,
    spare_folder,
    sync_path,
    walk_tree,
    write_durably,
)
from knowledge.snapshots.manifest import NAME as MANIFEST
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository

log = logging.getLogger(__name__)

FORMAT = 1
CONTENTS, STATE, SNAPSHOT, ARTICLES = "backup.json", "state.sqlite", "snapshot", "articles"
HISTORY = "history"  # where an article goes that another takes the place of
UNPACKED = ".restoring-"  # what the folders of a restore that goes on are called
LONGEST_CONTENTS = 16 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class UnpackedBackup:
    """The parts of a backup, whole, in a folder that goes with the block that unpacked it."""

    state: Path
    snapshot: Path
    key: Path
    articles: Path


@dataclass(frozen=True, slots=True)
class WrittenBackup:
    """A backup that was written: its size in bytes, and how many files of the articles folder it holds."""

    size: int
    articles: int


@dataclass(frozen=True, slots=True)
class RestoredArticles:
    """What became of a backup's article files: put back, there already, or not to be written, where they then lie.

    `replaced` of those put back stood there with another content, which is in the history now.
    """

    written: int = 0
    same: int = 0
    replaced: int = 0
    aside: Path | None = None


@dataclass(frozen=True, slots=True)
class RestoredBackup:
    """What was restored: the name that the knowledge has here, and the article files."""

    version: str
    articles: RestoredArticles


def write_backup(articles: Path, data: Path, database: str, target: Path) -> WrittenBackup:
    """Write a backup of a data folder and of the articles folder, in use or not.

    Raises:
        BackupRefused: the file is there already, or cannot be written, or no version is stored.
        StorageUnavailable: the data folder has no key, and takes none.
        StateError: the state cannot be copied.
    """
    if target.exists():
        raise BackupRefused(f"{target} 已经存在；请换一个文件名")
    if not target.absolute().parent.is_dir():
        raise BackupRefused(f"没有 {target.parent} 这个文件夹；请先建好它，或换一个地方")
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
            with _copied(articles, target) as copies:
                parts |= {f"{ARTICLES}/{name}": path for name, path in copies.items()}
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
    return WrittenBackup(size, len(copies))


@contextmanager
def _copied(articles: Path, target: Path) -> Iterator[dict[str, Path]]:
    """Copies of the files that a reload reads, by name: the folder may change while a backup is written."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        copies: dict[str, Path] = {}
        for name, path in _read_by_reload(articles):
            copy = Path(folder) / str(len(copies))
            try:
                shutil.copy2(path, copy)
            except FileNotFoundError:
                continue  # taken away since it was listed
            copies[name] = copy
        yield copies


def _read_by_reload(articles: Path) -> Iterator[tuple[str, Path]]:
    """The files of the articles folder by their path in it: documents, what is stated beside them, lists of words."""
    with suppress(NoArticles):
        for source in find_sources(articles):
            if source.fault is None:
                yield source.name, source.path
                if source.sidecar:
                    beside = PurePosixPath(source.name).with_name(source.sidecar.name)
                    yield beside.as_posix(), source.sidecar
    for name in RESERVED_NAMES:
        if (articles / name).is_file():
            yield name, articles / name


@contextmanager
def unpacked(backup: Path, data: Path) -> Iterator[UnpackedBackup]:
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
        yield UnpackedBackup(folder / STATE, folder / SNAPSHOT, folder / KEY, folder / ARTICLES)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_left(data: Path) -> None:
    """Remove what a killed restore left; only for who knows that nobody restores now."""
    for folder in data.glob(f"{UNPACKED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _pack(draft: Path, parts: Mapping[str, Path]) -> None:
    digests = {name: sha256_of(path) for name, path in parts.items()}
    contents = json.dumps({"format": FORMAT, "files": digests}).encode()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.addfile(_member(CONTENTS, len(contents)), io.BytesIO(contents))
            for name, path in parts.items():
                with path.open("rb") as part:
                    member = _member(name, path.stat().st_size)
                    member.mtime = int(path.stat().st_mtime)
                    tar.addfile(member, part)
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
            os.utime(target, (member.mtime, member.mtime))
            if sha256_of(target) != digests.pop(member.name):
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


ACT = "restore"


async def restore_backup(
    backup: Path, articles: Path, data: Path, versions: SnapshotRepository, state: State
) -> RestoredBackup:
    """Put a backup in the place of what a data folder holds, and its article files into the articles folder.

    The stored versions stay, and the restored one is chosen to serve. Of the articles folder nothing is lost: what
    is not in the backup stays, and what is otherwise there goes to the history.

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
        return RestoredBackup(name, await asyncio.to_thread(_put_back, parts.articles, articles, data))


def _put_back(kept: Path, articles: Path, data: Path) -> RestoredArticles:
    """Put the article files of a backup into the articles folder; beside the data where that cannot be written."""
    files = [path for path in walk_tree(kept) if path.is_file()] if kept.is_dir() else []
    written = same = replaced = 0
    for number, path in enumerate(files):
        target = articles / path.relative_to(kept)
        try:
            if target.is_file() and sha256_of(target) == sha256_of(path):
                same += 1
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                keep_replaced(target, data, now())
                target.unlink()
                replaced += 1
            shutil.copy2(path, target)
            written += 1
        except OSError as error:
            log.error("%s could not be put back: %s", target, error)
            aside = Path(tempfile.mkdtemp(prefix="articles-", dir=data))
            for left in files[number:]:
                (aside / left.relative_to(kept)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(left, aside / left.relative_to(kept))
            return RestoredArticles(written, same, replaced, aside)
    return RestoredArticles(written, same, replaced)


def keep_replaced(path: Path, data: Path, at: datetime) -> Path:
    """Copy an article that another will take the place of into the history; return where it is kept."""
    folder = data / HISTORY / path.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"{at:%Y%m%dT%H%M%S.%fZ}{path.suffix}"
    shutil.copy2(path, kept)
    sync_path(kept)
    return kept


def _publish(parts: UnpackedBackup, versions: SnapshotRepository) -> str:
    manifest.verify_files(parts.snapshot)
    with versions.staging() as folder:
        for path in list(walk_tree(parts.snapshot)):
            target = folder / path.relative_to(parts.snapshot)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
        return versions.publish(folder)

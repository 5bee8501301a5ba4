"""The manifest of a stored snapshot: what files it has and what they hold, so that damage is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from knowledge.errors import EXHAUSTED, SnapshotDamaged, UnknownFormat
from knowledge.model import Skipped
from knowledge.snapshots.files import sha256_of, walk_tree, write_durably

FORMAT = 1
NAME = "manifest.json"
ON_DISK = {"folder_fingerprint": "listing", "build_fingerprint": "recipe", "totals": "figures"}
SMALL = 8 * 1024 * 1024  # bytes that are hashed sooner than threads are started


@dataclass(frozen=True, slots=True)
class Totals:
    documents: int = 0
    articles: int = 0
    facts: int = 0
    doubts: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A file as it was when the snapshot was sealed; `sha256` in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a stored snapshot says of itself.

    `folder_fingerprint` digests names, sizes and times of the articles folder it was built from, `build_fingerprint`
    whatever else decides its content. `created` is a Unix time. `skipped` are the files that could not be read.
    """

    folder_fingerprint: str
    build_fingerprint: str
    created: float
    totals: Totals
    skipped: tuple[Skipped, ...] = ()
    files: dict[str, FileDigest] = field(default_factory=dict)


def seal(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest with the files now in `folder`; nothing may change there afterwards."""
    names = sorted(_names(folder))
    manifest = replace(manifest, files=dict(zip(names, _hashes(folder, names), strict=True)))
    body = json.dumps({"format": FORMAT, **_written(manifest)}).encode()
    write_durably(folder / NAME, body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")
    return manifest


def _written(manifest: Manifest) -> dict[str, object]:
    """The manifest under the names it has on disk, which later versions of the program go on reading."""
    return {ON_DISK.get(name, name): value for name, value in asdict(manifest).items()}


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest without looking at the files it speaks of.

    Raises:
        SnapshotDamaged: it is missing, not whole, or of another format.
    """
    try:
        body, digest, rest = (folder / NAME).read_bytes().split(b"\n")
    except (OSError, ValueError) as error:
        _unless_exhausted(error)
        raise SnapshotDamaged(f"{folder.name}：清单 {NAME} 缺失或不完整") from error
    if rest or hashlib.sha256(body).hexdigest().encode() != digest:
        raise SnapshotDamaged(f"{folder.name}：清单 {NAME} 被改动过")
    told = json.loads(body)
    if told["format"] != FORMAT:
        raise UnknownFormat(
            f"{folder.name}：是另一版程序建的，格式是 {told['format']}，本程序只认得 {FORMAT}"
        )
    return Manifest(
        told["listing"],
        told["recipe"],
        told["created"],
        Totals(**told["figures"]),
        tuple(Skipped(**row) for row in told["skipped"]),
        {name: FileDigest(**entry) for name, entry in told["files"].items()},
    )


def verify_files(folder: Path) -> Manifest:
    """Read the manifest and every byte it speaks of.

    Raises:
        SnapshotDamaged: a file is missing, added, or differs; the text names it.
    """
    manifest = read_manifest(folder)
    try:
        found = set(_names(folder))
    except OSError as error:
        _unless_exhausted(error)
        raise SnapshotDamaged(f"{folder.name}：文件夹列不出来（{error.strerror}）") from error
    for strange in sorted(found ^ manifest.files.keys()):
        if strange in found:
            raise SnapshotDamaged(f"{folder.name}：文件 {strange} 不在清单里")
        raise SnapshotDamaged(f"{folder.name}：文件 {strange} 缺失")
    for name, entry in manifest.files.items():
        if (size := (folder / name).stat().st_size) != entry.size:
            raise SnapshotDamaged(f"{folder.name}：文件 {name} 有 {size} 字节，清单上是 {entry.size}")
    names = list(manifest.files)
    for name, now in zip(names, _hashes(folder, names), strict=True):
        if now != manifest.files[name]:
            raise SnapshotDamaged(f"{folder.name}：文件 {name} 的内容与清单不符")
    return manifest


def _names(folder: Path) -> Iterator[str]:
    for path in walk_tree(folder):
        if not path.is_dir() and (name := path.relative_to(folder).as_posix()) != NAME:
            yield name


def _hashes(folder: Path, names: list[str]) -> list[FileDigest]:
    if sum((folder / name).stat().st_size for name in names) < SMALL:
        return [_hash(folder / name) for name in names]
    # hashlib lets go of the interpreter lock, so two threads keep two cores busy
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda name: _hash(folder / name), names))


def _hash(path: Path) -> FileDigest:
    try:
        return FileDigest(path.stat().st_size, sha256_of(path))
    except OSError as error:
        _unless_exhausted(error)
        raise SnapshotDamaged(f"{path.parent.name}：文件 {path.name} 读不出（{error.strerror}）") from error


def _unless_exhausted(error: Exception) -> None:
    """Raise again what says nothing about the file."""
    if isinstance(error, OSError) and error.errno in EXHAUSTED:
        raise error


SHRUNK = 0.5  # more than half gone: rather a wrong folder than an editor's wish


def shrink_warning(before: Totals | None, after: Totals) -> str | None:
    """Say in Chinese why a person should confirm this snapshot; None if nothing speaks against it."""
    if not after.facts:
        return "文件夹里没有一句可用的话"
    if before is None:
        return None
    if after.articles < before.articles * (1 - SHRUNK):
        return f"文章从 {before.articles} 减到 {after.articles}，少了一半以上"
    if after.facts < before.facts * (1 - SHRUNK):
        return f"句子从 {before.facts} 减到 {after.facts}，少了一半以上"
    return None

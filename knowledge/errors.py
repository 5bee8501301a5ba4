"""The family of errors, drawn once."""

from __future__ import annotations

import errno

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What the system says when it has no descriptor or memory left: no fault of the file that was asked for."""


FULL = frozenset({errno.EFBIG, errno.ENOSPC, errno.EDQUOT})
"""What the system says of a disk without room."""


def blames_machine(error: BaseException) -> bool:
    """Tell what ends the work, or says that the machine is at its end, from what one document's content may raise."""
    if isinstance(error, OSError):
        return error.errno in EXHAUSTED | FULL
    ends = KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | BrokenInstallation
    return isinstance(error, ends)


class KnowledgeError(Exception):
    """Something about articles, snapshots or queries that a person must know; the text says what to do."""


class UnreadableFile(KnowledgeError):
    """A file cannot become a document.

    `reason` and `remedy` are Chinese sentences for the report; `offset` is the first wrong byte, if known;
    `passing` says that the next try may succeed though nothing in the folder has changed.
    """

    def __init__(
        self, name: str, reason: str, remedy: str, offset: int | None = None, passing: bool = False
    ) -> None:
        where = name if offset is None else f"{name}（第 {offset} 字节）"
        super().__init__(f"{where}:{reason};{remedy}")
        self.name = name
        self.reason = reason
        self.remedy = remedy
        self.offset = offset
        self.passing = passing


class BrokenInstallation(KnowledgeError):
    """A file that came with the program, or with a library of it, cannot be read."""


class NoArticles(KnowledgeError):
    """The articles folder is missing, is no folder, or holds nothing readable."""


class SnapshotDamaged(KnowledgeError):
    """A stored snapshot is not what its manifest says."""


class UnknownFormat(SnapshotDamaged):
    """A stored snapshot is whole, but of a format that this program cannot read."""


class MissingFolder(NoArticles):
    """The articles folder is not there, or is none."""


class NothingServes(KnowledgeError):
    """There is no snapshot yet to answer from: the first one is being opened or built."""


class NothingChanged(KnowledgeError):
    """The articles folder is as it was when the snapshot to start from was built."""


class StorageUnavailable(KnowledgeError):
    """The data folder cannot be written: the disk is full, or the folder is read-only."""


class FolderInUse(KnowledgeError):
    """Another process serves from this data folder; `pid` is its process id, if it could be read."""

    def __init__(self, folder: str, pid: int | None) -> None:
        super().__init__(
            f"数据文件夹 {folder} 正由另一个进程使用；请先停下它，或另用一个数据文件夹"
            if pid is None
            else f"数据文件夹 {folder} 正由进程 {pid} 使用；请先停下它，或另用一个数据文件夹"
        )
        self.pid = pid


class BuildFailed(KnowledgeError):
    """A new snapshot could not be built; `stage` names the step, the snapshot that serves is untouched."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"重建在“{stage}”一步失败：{reason}")
        self.stage = stage
        self.reason = reason


class EmbeddingFailed(KnowledgeError):
    """The model of meaning cannot be loaded or reached; answers go by words alone meanwhile."""

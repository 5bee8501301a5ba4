"""What keeps the bot from starting, a backup from being made, or the shared state from being used: Chinese lines that say what to do; and the inbox's two."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from knowledge.errors import NoArticles
from knowledge.model import Skipped

WRONG_SETTINGS = 78  # the exit code that says so: EX_CONFIG of sysexits.h


class StartError(Exception):
    """The bot cannot start as it is set up."""


class SettingsError(StartError):
    """A setting is wrong; the text names it."""


class CannotListen(StartError):
    """An address cannot be bound."""


class CannotStore(StartError):
    """The file that must hold what comes in cannot be written."""


class BackupRefused(StartError):
    """A backup cannot be made or put back; the text says why and what to do."""


def nothing_readable(articles: Path, skipped: Iterable[Skipped]) -> NoArticles:
    """Nothing in the articles folder can be answered from; names the first file that was skipped."""
    first = next(iter(skipped), None)
    if first is None:
        return NoArticles(f"文章文件夹 {articles} 里没有读得了的文章；请放入 .txt 等文件")
    why = f"{first.name}：{first.reason}；{first.remedy}"
    return NoArticles(f"文章文件夹 {articles} 里没有读得了的文章（{why}）；请放入 .txt 等文件")


class StateError(Exception):
    """The shared state cannot be used; the text says where, why and what to do."""


class StateDamaged(StateError):
    """The database is not whole; nothing was written to it."""


class StateTooNew(StateError):
    """The database was written by a newer version of the program."""


class StateReadOnly(StateError):
    """The database cannot be written: the disk is full, or the folder is read-only."""


class InboxError(StateError):
    """The inbox cannot be read or written just now: nothing of what was asked is stored."""


class LeaseLost(Exception):
    """What was delivered is another process's now: whatever was made of it here is thrown away."""

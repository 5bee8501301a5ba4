"""`chuchu backup FILE` and `chuchu restore FILE`, while the bot runs or not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.admin.reload_service import ReloadStatus
from bot.backup import write_backup
from bot.config import Settings
from bot.errors import StartError
from bot.offline import restore_here
from bot.state.state import sqlite_address
from bot.terminal.ask import write
from bot.terminal.door import call_admin_api
from knowledge.snapshots.files import lock_holder


def backup(settings: Settings, file: str) -> int:
    """Write one file that holds the state, the knowledge that serves, and the key."""
    size = write_backup(settings.data, settings.database or sqlite_address(settings.data), Path(file))
    write(f"已备份到 {file}（{size / 1024 / 1024:.1f} MB）。里面有读者的聊天 id，请保管好。\n")
    return 0


def restore(settings: Settings, file: str) -> int:
    """Put a backup back: through the admin door of a running instance, or on the data folder."""
    holder = lock_holder(settings.data)
    path = Path(file).absolute()
    if not path.is_file():
        raise StartError(f"没有 {file} 这个文件")
    if holder is None:
        write(asyncio.run(restore_here(settings, path)))
        return 0
    if holder.admin is None:
        raise StartError(f"进程 {holder.pid} 正在启动；请稍后再试")
    told = call_admin_api(settings, holder.admin, "restore", {"file": str(path)})
    write(f"{told['text']}\n")
    return 0 if told["ending"] == ReloadStatus.RESTORED else 1

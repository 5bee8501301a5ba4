"""`chuchu reload`: through the admin door of a running instance, or on the data folder when none runs."""

from __future__ import annotations

import asyncio
import json
import sys

from bot.admin.reload_service import ReloadStatus
from bot.config import Settings
from bot.errors import StartError
from bot.offline import reload_here
from bot.terminal.ask import write
from bot.terminal.door import call_admin_api
from knowledge.snapshots.files import lock_holder

WELL = frozenset({ReloadStatus.PUBLISHED, ReloadStatus.UNCHANGED, ReloadStatus.REHEARSED})


def reload(settings: Settings, dry: bool, confirm: str | None, as_json: bool) -> int:
    """Reload and say what came of it; 1 if nothing was changed that should have been."""
    holder = lock_holder(settings.data)
    if holder is None:
        told = asyncio.run(reload_here(settings, dry, confirm, _show_progress))
    elif holder.admin is None:
        raise StartError(f"进程 {holder.pid} 正在启动；请稍后再试")
    else:
        told = call_admin_api(
            settings, holder.admin, "reload", {"dry": dry, **({"confirm": confirm} if confirm else {})}
        )
    if as_json:
        write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        write(f"{told['text']}\n")
        if told["confirm"]:
            write(f"确认无误就运行：chuchu reload --confirm {told['confirm']}\n")
    return 0 if told["ending"] in WELL else 1


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

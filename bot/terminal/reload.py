"""`chuchu reload`: through the admin door of a running instance, or on the data folder when none runs."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys

from pydantic import JsonValue

from bot.admin.report import Ending
from bot.admin.token import known_token
from bot.app import reload_here
from bot.config import Settings
from bot.errors import StartError
from bot.terminal.ask import write
from knowledge.snapshots.lock import who_runs

WELL = frozenset({Ending.PUBLISHED, Ending.UNCHANGED, Ending.REHEARSED})


def reload(settings: Settings, dry: bool, confirm: str | None, as_json: bool) -> int:
    """Reload and say what came of it; 1 if nothing was changed that should have been."""
    holder = who_runs(settings.data)
    if holder is None:
        told = asyncio.run(reload_here(settings, dry, confirm, _show_progress))
    elif holder.admin is None:
        raise StartError(f"进程 {holder.pid} 正在启动；请稍后再试")
    else:
        told = _through_door(holder.admin, _token(settings), dry, confirm)
    if as_json:
        write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        write(f"{told['text']}\n")
        if told["confirm"]:
            write(f"确认无误就运行：chuchu reload --confirm {told['confirm']}\n")
    return 0 if told["ending"] in WELL else 1


def _token(settings: Settings) -> str:
    token = settings.admin_token.get_secret_value() if settings.admin_token else known_token(settings.data)
    if token is None:
        raise StartError(f"读不到管理口令；请设 CHUCHU_ADMIN_TOKEN，或检查 {settings.data} 的权限")
    return token


def _through_door(address: str, token: str, dry: bool, confirm: str | None) -> dict[str, JsonValue]:
    host, _, port = address.rpartition(":")
    body = json.dumps({"dry": dry, **({"confirm": confirm} if confirm else {})})
    door = http.client.HTTPConnection("127.0.0.1" if host in ("0.0.0.0", "::") else host, int(port))  # noqa: S104
    try:
        door.request("POST", "/admin/reload", body, {"Authorization": f"Bearer {token}"})
        answer = door.getresponse()
        said = answer.read()
    except OSError as error:
        raise StartError(f"管理入口 {address} 连不上（{error}）；请看运行中的出处的日志") from error
    finally:
        door.close()
    if answer.status == 401:
        raise StartError(f"管理入口 {address} 不认这个口令；请检查 CHUCHU_ADMIN_TOKEN")
    try:
        told: dict[str, JsonValue] = json.loads(said)
    except ValueError as error:
        raise StartError(f"管理入口 {address} 答了 {answer.status}，读不懂；请看日志") from error
    return told


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

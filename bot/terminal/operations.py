"""`chuchu reload`, `backup`, `restore`: through the admin API of a running instance, or on the data folder."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
from pathlib import Path

from pydantic import JsonValue

from bot.admin.http import known_token
from bot.admin.reload_service import ReloadStatus
from bot.backup import write_backup
from bot.config import Address, Settings
from bot.errors import StartError
from bot.offline import reload_here, restore_here
from bot.state.state import sqlite_address
from bot.terminal.console import write
from bot.texts import phrases
from knowledge.snapshots.files import lock_holder

WELL = frozenset({ReloadStatus.PUBLISHED, ReloadStatus.UNCHANGED, ReloadStatus.REHEARSED})


def reload(settings: Settings, dry: bool, confirm: str | None, as_json: bool) -> int:
    """Reload and say what came of it; 1 if nothing was changed that should have been."""
    said = phrases(settings.language).console
    address = _serving(settings)
    if address is None:
        report = asyncio.run(reload_here(settings, dry, confirm, _show_progress))
    else:
        request: dict[str, JsonValue] = {"dry": dry, **({"confirm": confirm} if confirm else {})}
        report = call_admin_api(settings, address, "reload", request)
    if as_json:
        write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        write(f"{report['text']}\n")
        if report["confirm"]:
            write(said.confirm_reload.format(report["confirm"]) + "\n")
    return 0 if report["ending"] in WELL else 1


def backup(settings: Settings, file: str) -> int:
    """Write one file that holds the state, the knowledge that serves, and the key."""
    size = write_backup(settings.data, settings.database or sqlite_address(settings.data), Path(file))
    write(phrases(settings.language).console.backed_up.format(file, size / 1024 / 1024) + "\n")
    return 0


def restore(settings: Settings, file: str) -> int:
    """Put a backup back: through the admin API of a running instance, or on the data folder."""
    address = _serving(settings)
    path = Path(file).absolute()
    if not path.is_file():
        raise StartError(phrases(settings.language).console.no_such_file.format(file))
    if address is None:
        write(asyncio.run(restore_here(settings, path)))
        return 0
    report = call_admin_api(settings, address, "restore", {"file": str(path)})
    write(f"{report['text']}\n")
    return 0 if report["ending"] == ReloadStatus.RESTORED else 1


def call_admin_api(
    settings: Settings, address: str, act: str, request: dict[str, JsonValue]
) -> dict[str, JsonValue]:
    """Have a running instance do something, and return its report.

    Raises:
        StartError: it cannot be reached, or does not let us in.
    """
    said = phrases(settings.language).console
    token = _token(settings)
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(Address(host, int(port)).near, int(port))
    try:
        connection.request("POST", f"/admin/{act}", json.dumps(request), {"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        raise StartError(said.admin_unreachable.format(address, error)) from error
    finally:
        connection.close()
    if response.status == 401:
        raise StartError(said.admin_refuses.format(address))
    try:
        report: dict[str, JsonValue] = json.loads(body)
    except ValueError as error:
        raise StartError(said.admin_unclear.format(address, response.status)) from error
    return report


def _serving(settings: Settings) -> str | None:
    """The admin address of whoever serves from the data folder; None where nobody does.

    Raises:
        StartError: it is just starting.
    """
    holder = lock_holder(settings.data)
    if holder is None:
        return None
    if holder.admin is None:
        raise StartError(phrases(settings.language).console.starting.format(holder.pid))
    return holder.admin


def _token(settings: Settings) -> str:
    token = settings.admin_token.get_secret_value() if settings.admin_token else known_token(settings.data)
    if token is None:
        raise StartError(phrases(settings.language).console.no_admin_key.format(settings.data))
    return token


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

"""The admin API: three paths for those who hold the token, and for no browser."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadStatus
from bot.admin.reports import report_json
from bot.texts.phrases import AdminPhrases

NAME = "admin.token"


def load_or_create_token(data: Path) -> str:
    """Read the token in the data folder, making it first where there is none; only its owner may read it.

    Where the folder cannot be written and holds none, the token is one that nobody knows.
    """
    path = data / NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        token = path.read_text(encoding="ascii").strip()
        if token:
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            return token
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)  # made by somebody who died before writing
    except OSError:
        return secrets.token_urlsafe(32)
    token = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


def known_token(data: Path) -> str | None:
    """Read the token without making one; None where there is none, or it is not ours to read."""
    try:
        return (data / NAME).read_text(encoding="ascii").strip() or None
    except OSError:
        return None


BODY = 64 * 1024  # bytes
STATUS = {
    ReloadStatus.BUSY: 409,
    ReloadStatus.UNCONFIRMED: 409,
    ReloadStatus.NOT_ASKED: 409,
    ReloadStatus.FAILED: 500,
}
BROWSERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode")

Denied = Callable[[str, str], Awaitable[None]]
"""Told who was refused and why."""


def admin_app(
    reload_as: Callable[[ReloadRequest], Awaitable[ReloadReport]],
    restore_as: Callable[[str, Path], Awaitable[ReloadReport]],
    token: str,
    host: str,
    metrics: Callable[[], bytes],
    said: AdminPhrases,
    denied: Denied,
) -> web.Application:
    """Build the admin API; `host` is the name it listens on."""
    guard = _AuthMiddleware(token.encode(), host, denied)
    site = web.Application(middlewares=[guard.middleware], client_max_size=BODY)

    async def reload(request: web.Request) -> web.Response:
        wanted = await _read_reload(request)
        report = await reload_as(wanted)
        return web.json_response(
            report_json(report, said), status=STATUS.get(report.status, 200), dumps=_dumps
        )

    async def restore(request: web.Request) -> web.Response:
        report = await restore_as(f"http:{request.remote}", Path(await _file(request)))
        return web.json_response(
            report_json(report, said), status=STATUS.get(report.status, 200), dumps=_dumps
        )

    async def measured(request: web.Request) -> web.Response:
        return web.Response(
            body=metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    site.router.add_post("/admin/reload", reload)
    site.router.add_post("/admin/restore", restore)
    site.router.add_get("/metrics", measured, allow_head=False)
    return site


class _AuthMiddleware:
    def __init__(self, token: bytes, host: str, denied: Denied) -> None:
        self._wanted = b"Bearer " + token
        self._host = host
        self._denied = denied

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if any(header in request.headers for header in BROWSERS):
            return await self._refuse(request, 403, "browser")
        if not _is_ours(request.headers.get("Host", ""), self._host):
            return await self._refuse(request, 403, "host")
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._wanted):
            return await self._refuse(request, 401, "token")
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status >= 400:
                return web.Response(status=error.status, text=f"{error.status}\n")
            raise

    async def _refuse(self, request: web.Request, status: int, why: str) -> web.Response:
        await self._denied(f"http:{request.remote}", f"{why} {request.method} {request.path[:100]}")
        challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        return web.Response(status=status, text=f"{status}\n", headers=challenge)


def _is_ours(header: str, host: str) -> bool:
    """Tell whether a Host header can be meant for us: a name with a dot may be somebody's rebound domain."""
    match = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([^:\[\]]+)(?::\d+)?", header)
    if not match:
        return False
    name = (match[1] or match[2]).lower()
    if name == host.lower() or ("." not in name and ":" not in name):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


async def _read_reload(request: web.Request) -> ReloadRequest:
    body = await request.read()
    try:
        told = json.loads(body) if body.strip() else {}
        dry, confirm = told.get("dry", False), told.get("confirm")
    except (ValueError, AttributeError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(dry, bool) or not isinstance(confirm, str | None):
        raise web.HTTPBadRequest
    return ReloadRequest(f"http:{request.remote}", dry or request.query.get("dry") == "1", confirm)


async def _file(request: web.Request) -> str:
    try:
        told = json.loads(await request.read())
        file = told["file"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(file, str) or not file or "\0" in file:
        raise web.HTTPBadRequest
    return file


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

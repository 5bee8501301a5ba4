"""The admin API: acts and metrics for those who hold the token, and for no browser; and what its acts have done."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import JsonValue

from bot.admin.operations import audited_reload, audited_restore
from bot.admin.permissions import AuditLog
from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadService, ReloadStatus
from bot.admin.reports import reload_json
from bot.backup import RestoredBackup, restore_backup
from bot.errors import BackupRefused
from bot.ports import PlatformRegistry
from bot.state.state import State
from bot.texts.phrases import AdminPhrases
from knowledge.snapshots.files import write_durably

NAME = "admin.token"


def load_or_create_token(data: Path) -> str:
    """Read the token in the data folder, making it first where there is none; only its owner may read it.

    Where the folder cannot be written and holds none, the token is one that nobody knows.
    """
    path = data / NAME
    if known := known_token(data):
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return known
    token = secrets.token_urlsafe(32)
    with suppress(OSError):
        write_durably(path, f"{token}\n".encode(), 0o600)
    return token


def known_token(data: Path) -> str | None:
    """Read the token without making one; None where there is none, or it is not ours to read."""
    try:
        return (data / NAME).read_text(encoding="ascii").strip() or None
    except OSError:
        return None


BODY = 64 * 1024  # bytes
BROWSERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode")

Denied = Callable[[str, str], Awaitable[None]]
"""Told who was refused and why."""

ActRequest = Mapping[str, JsonValue]
"""What a request holds: its JSON object, and what its address adds."""

Act = Callable[[str, ActRequest], Awaitable[tuple[int, JsonValue]]]
"""Does something for an actor; returns the HTTP status and what is said. Raises `WrongRequest`."""


class WrongRequest(Exception):
    """A request to the admin API asks for what there is not, or in a way that nobody understands."""


class AdminApi:
    """Listens before there is anything to do; until it is told its acts, `starting` is said in their stead."""

    def __init__(
        self, token: str, host: str, metrics: Callable[[], bytes], denied: Denied, starting: Callable[[], str]
    ) -> None:
        """`host` is the name it listens on."""
        self._acts: Mapping[str, Act] | None = None
        self._metrics = metrics
        self._starting = starting
        self._wanted = b"Bearer " + token.encode()
        self._host = host
        self._denied = denied
        self.app = web.Application(middlewares=[self._guard], client_max_size=BODY)
        self.app.router.add_post("/admin/{act}", self._act)
        self.app.router.add_get("/metrics", self._measured, allow_head=False)

    def serve(self, acts: Mapping[str, Act]) -> None:
        """Do an act from now on when `POST /admin/NAME` asks for it."""
        self._acts = acts

    async def _act(self, request: web.Request) -> web.Response:
        if self._acts is None:
            return _json(503, {"starting": self._starting()})
        act = self._acts.get(request.match_info["act"])
        if act is None:
            raise web.HTTPNotFound
        try:
            status, told = await act(f"http:{request.remote}", await _asked(request))
        except WrongRequest as error:
            raise web.HTTPBadRequest from error
        return _json(status, told)

    async def _measured(self, request: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
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


async def _asked(request: web.Request) -> ActRequest:
    body = await request.read()
    try:
        told = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(told, dict):
        raise web.HTTPBadRequest
    return {**request.query, **told}


def _json(status: int, told: JsonValue) -> web.Response:
    return web.json_response(told, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False))


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


STATUS = {
    ReloadStatus.BUSY: 409,
    ReloadStatus.UNCONFIRMED: 409,
    ReloadStatus.NOT_ASKED: 409,
    ReloadStatus.FAILED: 500,
}


@dataclass(frozen=True, slots=True)
class AdminActs:
    """What the admin API has done; `state` is None where it cannot be used."""

    reload_service: ReloadService
    audit_log: AuditLog
    platforms: PlatformRegistry
    state: State | None
    data: Path
    said: AdminPhrases

    def by_name(self) -> dict[str, Act]:
        return {"reload": self.reload, "platforms": self.list_platforms, "restore": self.restore}

    async def reload(self, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        """Reload; `dry` (also `?dry=1`) only works it out, `confirm` hands a report's code back."""
        dry, confirm = asked.get("dry", False), asked.get("confirm")
        if dry not in (True, False, "1", "0") or not isinstance(confirm, str | None):
            raise WrongRequest
        request = ReloadRequest(by, dry in (True, "1"), confirm)
        return self._reported(await audited_reload(self.reload_service, self.audit_log, request))

    async def list_platforms(self, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        """Tell of each platform that is open what keeps messages from coming in, or null."""
        return 200, {"platforms": dict(self.platforms.problems())}

    async def restore(self, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        """Put the backup `file` back."""
        file = asked.get("file")
        if not isinstance(file, str) or not file or "\0" in file:
            raise WrongRequest
        storing = partial(self._restored, Path(file))
        report = await audited_restore(self.reload_service, self.audit_log, by, storing, self.said)
        return self._reported(report)

    async def _restored(self, backup: Path) -> RestoredBackup:
        if self.state is None:
            raise BackupRefused("共享状态打不开，不能在运行中恢复；请停下后再运行 chuchu restore")
        knowledge = self.reload_service.knowledge
        return await restore_backup(backup, knowledge.articles, self.data, knowledge.versions, self.state)

    def _reported(self, report: ReloadReport) -> tuple[int, JsonValue]:
        return STATUS.get(report.status, 200), reload_json(report, self.said)

"""The admin door from the terminal's side."""

from __future__ import annotations

import http.client
import json

from pydantic import JsonValue

from bot.admin.http import known_token
from bot.config import Address, Settings
from bot.errors import StartError


def call_admin_api(
    settings: Settings, address: str, act: str, order: dict[str, JsonValue]
) -> dict[str, JsonValue]:
    """Have a running instance do something, and return what it says.

    Raises:
        StartError: it cannot be reached, or does not let us in.
    """
    token = _token(settings)
    host, _, port = address.rpartition(":")
    door = http.client.HTTPConnection(Address(host, int(port)).near, int(port))
    try:
        door.request("POST", f"/admin/{act}", json.dumps(order), {"Authorization": f"Bearer {token}"})
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


def _token(settings: Settings) -> str:
    token = settings.admin_token.get_secret_value() if settings.admin_token else known_token(settings.data)
    if token is None:
        raise StartError(f"读不到管理口令；请设 CHUCHU_ADMIN_TOKEN，或检查 {settings.data} 的权限")
    return token

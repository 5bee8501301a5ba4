"""What `chuchu doctor` asks Feishu: the app's secret, its bot, its permissions, and how events come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from bot.platforms.calls import CallError, HttpClient, Unauthorized
from bot.platforms.checkup import advice, clock, host_of, no_use, tried, well, wrong
from bot.platforms.feishu.client import Credentials, FeishuApi, Forbidden, checked
from bot.ports import Finding

SECONDS = 10.0
SETTING = "CHUCHU_FEISHU_API"
GRANTED = 1
NO_BOT = "11205"
# What each permission is for, and which of several will do (open.feishu.cn, at each call and event).
NEEDED: Mapping[str, tuple[str, ...]] = {
    "to_send": ("im:message:send_as_bot", "im:message"),
    "private_chats": ("im:message.p2p_msg:readonly", "im:message.p2p_msg"),
    "groups": ("im:message.group_at_msg:readonly", "im:message.group_at_msg", "im:message.group_msg"),
    "edits": ("im:message:update", "im:message", "im:message:send_as_bot"),
}
USEFUL: Mapping[str, tuple[str, ...]] = {
    "files_and_pictures": ("im:resource",),
    "replies": ("im:message:readonly", "im:message"),
    "group_admins": ("im:chat:readonly", "im:chat", "im:chat:read"),
}


async def examine(credentials: Credentials, api: str, long_connection: bool) -> AsyncIterator[Finding]:
    """Look whether an app can serve; `long_connection` tells how it wants its events."""
    async with HttpClient(connections=2, seconds=SECONDS) as http:
        asking = {"app_id": credentials.app_id, "app_secret": credentials.app_secret}
        answer = await tried(
            lambda: http.call("POST", f"{api}/open-apis/auth/v3/tenant_access_token/internal", json=asking),
            api,
            SETTING,
        )
        if isinstance(answer, Finding):
            yield answer
            return
        yield well("reached", host_of(api))
        for finding in clock(answer.headers):
            yield finding
        try:
            checked(answer)
        except CallError as error:
            yield no_use(error, api, SETTING) or wrong("feishu_app_refused", str(error))
            return
        yield well("identity_known", credentials.app_id)
        calls = FeishuApi(http, credentials, api)
        yield await _bot(calls)
        async for finding in _permissions(calls):
            yield finding
        if long_connection:
            yield await _long_connection(calls)
        else:
            yield advice("feishu_callback_unseen")


async def _bot(api: FeishuApi) -> Finding:
    try:
        bot = (await api.call("GET", "bot/v3/info")).get("bot")
    except CallError as error:
        return wrong("feishu_no_bot", str(error))
    if not isinstance(bot, dict) or not bot.get("open_id"):
        return wrong("feishu_no_bot", NO_BOT)
    return well("bot_named", str(bot.get("app_name", "")))


async def _permissions(api: FeishuApi) -> AsyncIterator[Finding]:
    try:
        scopes = (await api.call("GET", "application/v6/scopes")).get("scopes")
    except Forbidden as error:
        yield advice("permissions_unseen", str(error))
        return
    except CallError as error:
        yield advice("permissions_unseen", str(error))
        return
    granted = {
        str(scope.get("scope_name"))
        for scope in (scopes if isinstance(scopes, list) else [])
        if isinstance(scope, dict) and scope.get("grant_status") == GRANTED
    }
    lacking = [
        (finding, *pair) for finding, table in ((wrong, NEEDED), (advice, USEFUL)) for pair in table.items()
    ]
    missing = [one for one in lacking if not granted & set(one[2])]
    for finding, purpose, names in missing:
        yield finding("feishu_permission", names[0], purpose)
    if not missing:
        yield well("permissions_given")


async def _long_connection(api: FeishuApi) -> Finding:
    """Ask for its address only: whoever connects is brought events."""
    try:
        where = await api.long_connection()
    except Unauthorized as error:
        return wrong("feishu_no_long_connection", str(error))
    except CallError as error:
        return wrong("feishu_no_long_connection", str(error))
    return well("receiving_ready") if where.get("URL") else wrong("feishu_no_long_connection", "URL")

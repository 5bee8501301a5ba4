"""Feishu's API: the tenant's token, each call with it, what the vendor's codes mean, and what the doctor asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from bot.platforms.client import (
    CallError,
    ChatClosed,
    HttpAnswer,
    HttpClient,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
    advice,
    first_call,
    objects,
    unusable,
    well,
    within,
    wrong,
)
from bot.ports import Finding

API = "https://open.feishu.cn"
EARLY_SECONDS = 300.0  # a token is given anew only in its last thirty minutes, and is good until its end
DEFAULT_PAUSE = 5.0

# Codes as open.feishu.cn lists them under "server-side error codes" and at each call of im/v1.
RATE_CODES = frozenset({99991400, 230020, 11232})
TOPIC_CODES = frozenset({230019})


class Gone(Refused):
    """The message that was to be answered or edited is not there any more."""


class Uneditable(Refused):
    """A message of ours cannot be edited any more, or not so."""


class CardRefused(Refused):
    """The content is not taken: too large, too many tables, or something in it."""


class Forbidden(Refused):
    """The app lacks a permission; the text names it where the vendor does."""


KINDS: Sequence[tuple[frozenset[int], type[CallError]]] = (
    (frozenset({99991661, 99991663, 99991664, 99991671}), Unauthorized),  # the token
    (frozenset({514, 10003, 10014, 10015, 99991662}), Unauthorized),  # who we are
    (frozenset({99991672}), Forbidden),
    (frozenset({230002, 230013, 230018, 230029, 230035, 230053, 232009, 232011}), ChatClosed),
    (frozenset({230011, 230050, 230110}), Gone),
    (frozenset({230031, 230054, 230071, 230072, 230075, 230076}), Uneditable),
    (frozenset({230025, 230028, 230099, 11310, 200621, 200861}), CardRefused),
    (frozenset({1, 55001, 230049, 1000040343, 99991500}), ServerFault),
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The app's id and secret."""

    app_id: str
    app_secret: str

    def __repr__(self) -> str:
        """Say nothing secret."""
        return f"Credentials({self.app_id!r})"


class FeishuApi:
    """Calls with the tenant's token, which is fetched when there is none that lasts; `clock` never goes back."""

    def __init__(
        self,
        http: HttpClient,
        credentials: Credentials,
        api: str = API,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._credentials = credentials
        self._api = api
        self._clock = clock
        self._token: str | None = None
        self._until = 0.0
        self._fetching = asyncio.Lock()

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> Mapping[str, object]:
        """Make one call under `/open-apis/`; return its `data`. A token that is refused is fetched anew once.

        Raises:
            CallError: it was not done, or perhaps not.
        """
        for fresh in (False, True):
            headers = {"Authorization": f"Bearer {await self.token(fresh)}"}
            answer = await self._http.call(
                method,
                f"{self._api}/open-apis/{path}",
                json=body,
                data=form() if form else None,
                headers=headers,
            )
            try:
                return data_of(answer)
            except Unauthorized:
                if fresh:
                    raise
        raise AssertionError("unreachable")

    async def download(self, path: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file.

        Raises:
            CallError: it is gone, or cannot be reached.
        """
        headers = {"Authorization": f"Bearer {await self.token()}"}
        async for piece in self._http.download(f"{self._api}/open-apis/{path}", limit, headers):
            yield piece

    async def token(self, fresh: bool = False) -> str:
        """Return the tenant's token; `fresh` does not believe in the one we have.

        Raises:
            Unauthorized: the app's id or secret is wrong.
            CallError: it could not be fetched.
        """
        mistrusted = self._token if fresh else None
        async with self._fetching:
            if self._token and self._token != mistrusted and self._clock() < self._until:
                return self._token
            answer = await self._http.call(
                "POST",
                f"{self._api}/open-apis/auth/v3/tenant_access_token/internal",
                json={"app_id": self._credentials.app_id, "app_secret": self._credentials.app_secret},
            )
            given = checked(answer)
            token, expire = given.get("tenant_access_token"), given.get("expire")
            if not isinstance(token, str) or not isinstance(expire, int):
                raise OutcomeUnknown("the answer holds no token")
            self._token, self._until = token, self._clock() + max(1.0, expire - EARLY_SECONDS)
            return token

    async def long_connection(self) -> Mapping[str, object]:
        """Ask where the long connection is; return the answer's `data`.

        Raises:
            Unauthorized: the app's id or secret is wrong, or long connections are not switched on for it.
            CallError: it could not be asked.
        """
        answer = await self._http.call(
            "POST",
            f"{self._api}/callback/ws/endpoint",
            json={"AppID": self._credentials.app_id, "AppSecret": self._credentials.app_secret},
            headers={"locale": "zh"},
        )
        return data_of(answer)


def data_of(answer: HttpAnswer) -> Mapping[str, object]:
    """Return the `data` of a good answer.

    Raises:
        CallError: what the vendor's code stands for.
    """
    parsed = checked(answer)
    return within(parsed, "data") or parsed


def checked(answer: HttpAnswer) -> Mapping[str, object]:
    """Return a good answer's JSON.

    Raises:
        CallError: what its status or the vendor's code stands for.
    """
    parsed = answer.json or {}
    code = parsed.get("code")
    if answer.status == 200 and code == 0:
        return parsed
    raise _error(answer, code if isinstance(code, int) else None, str(parsed.get("msg") or "")[:150])


def _error(answer: HttpAnswer, code: int | None, said: str) -> CallError:
    if code is None:
        kinds = {401: Unauthorized, 403: Unauthorized, 200: OutcomeUnknown}
        text, kind = f"HTTP {answer.status}", kinds.get(answer.status, ServerFault)
    else:
        other = ServerFault if answer.status >= 500 else Refused
        text, kind = f"{code}: {said}", next((one for codes, one in KINDS if code in codes), other)
    if answer.status == 429 or code in RATE_CODES:
        return RateLimited(text, _pause(answer))
    return ChatClosed(text, topic=True) if code in TOPIC_CODES else kind(text)


def _pause(answer: HttpAnswer) -> float:
    try:
        return max(1.0, float(answer.headers.get("x-ogw-ratelimit-reset", DEFAULT_PAUSE)))
    except ValueError:
        return DEFAULT_PAUSE


EXAMINE_SECONDS = 10.0
API_SETTING = "CHUCHU_FEISHU_API"
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
    async with HttpClient(connections=2, seconds=EXAMINE_SECONDS) as http:
        asking = {"app_id": credentials.app_id, "app_secret": credentials.app_secret}
        answer, found = await first_call(
            lambda: http.call("POST", f"{api}/open-apis/auth/v3/tenant_access_token/internal", json=asking),
            api,
            API_SETTING,
        )
        for finding in found:
            yield finding
        if answer is None:
            return
        try:
            checked(answer)
        except CallError as error:
            yield unusable(error, api, API_SETTING) or wrong("feishu_app_refused", str(error))
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
        bot = within(await api.call("GET", "bot/v3/info"), "bot")
    except CallError as error:
        return wrong("feishu_no_bot", str(error))
    if not bot.get("open_id"):
        return wrong("feishu_no_bot", NO_BOT)
    return well("bot_named", str(bot.get("app_name", "")))


async def _permissions(api: FeishuApi) -> AsyncIterator[Finding]:
    try:
        scopes = objects(await api.call("GET", "application/v6/scopes"), "scopes")
    except CallError as error:
        yield advice("permissions_unseen", str(error))
        return
    granted = {str(scope.get("scope_name")) for scope in scopes if scope.get("grant_status") == GRANTED}
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
    except CallError as error:
        return wrong("feishu_no_long_connection", str(error))
    return well("receiving_ready") if where.get("URL") else wrong("feishu_no_long_connection", "URL")

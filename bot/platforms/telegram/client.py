"""The Bot API: aiohttp behind python-telegram-bot's interface; no error holds an address, for the address holds the token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

import aiohttp
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram import error as telegram_error
from telegram._utils.types import ODVInput
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import BaseRequest, RequestData

from bot.handlers.commands import Menu, Scope
from bot.platforms import client as calls
from bot.platforms.client import (
    HttpAnswer,
    HttpClient,
    advice,
    call_or_finding,
    first_call,
    parse,
    well,
    within,
    wrong,
)
from bot.ports import Finding


class TelegramConnectFailed(calls.ConnectFailed, NetworkError):
    """No connection was made."""


class TelegramDisconnected(calls.Disconnected, NetworkError):
    """The server closed the connection without a byte of answer."""


class TelegramOutcomeUnknown(calls.OutcomeUnknown, NetworkError):
    """No readable answer came; a call that may have been executed is not repeated here."""


class TelegramServerFault(calls.ServerFault, NetworkError):
    """5xx."""


class TokenRefused(calls.Unauthorized, InvalidToken):
    """401 or 404."""


class Rejected(calls.Refused, BadRequest):
    """400."""


class Conflict(calls.Refused, telegram_error.Conflict):
    """409: another process asks for updates, or a webhook is set."""


class Closed(calls.ChatClosed, Forbidden):
    """403."""

    def __init__(self, description: str, topic: bool = False) -> None:
        TelegramError.__init__(self, description)
        self.topic = topic


class Moved(calls.ChatMoved, ChatMigrated):
    """400 that names the supergroup."""

    def __init__(self, new_chat_id: int) -> None:
        ChatMigrated.__init__(self, new_chat_id)
        self.new = str(new_chat_id)


class FloodControl(calls.RateLimited, RetryAfter):
    """429, in the server's own words; python-telegram-bot's constructor warns of the type that its attribute will have."""

    def __init__(self, description: str, seconds: float) -> None:
        TelegramError.__init__(self, description)
        self.seconds = seconds


KINDS: Mapping[int, type[TelegramError]] = {
    400: Rejected,
    401: TokenRefused,
    403: Closed,
    404: TokenRefused,
    409: Conflict,
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AS_TELEGRAM: Mapping[type[calls.CallError], type[TelegramError]] = {
    calls.ConnectFailed: TelegramConnectFailed,
    calls.Disconnected: TelegramDisconnected,
    calls.OutcomeUnknown: TelegramOutcomeUnknown,
}


class AiohttpRequest(BaseRequest):
    """Calls over one aiohttp session; `seconds` is the default time for a whole call."""

    def __init__(self, connections: int = 32, seconds: float = 20.0) -> None:
        self._seconds = seconds
        self._http = calls.HttpClient(connections, seconds)

    @property
    def read_timeout(self) -> float | None:
        return self._seconds

    async def initialize(self) -> None:
        await self._http.__aenter__()

    async def shutdown(self) -> None:
        await self._http.__aexit__(None, None, None)

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one call of python-telegram-bot's; raises only `TelegramError`s."""
        seconds = read_timeout if isinstance(read_timeout, int | float) else self._seconds
        return 200, await self.call(url, _form(request_data) if request_data else {}, seconds)

    async def call(
        self, url: str, parameters: Mapping[str, str] | aiohttp.FormData, seconds: float | None = None
    ) -> bytes:
        """Post `parameters` and return the body of a good answer.

        Raises:
            TelegramError: whatever went wrong.
        """
        data: bytes | aiohttp.FormData
        if isinstance(parameters, aiohttp.FormData):
            data, headers = parameters, None
        else:  # aiohttp's own form costs four times as much, and has a boundary drawn by lot which nobody reads
            data, headers = urlencode(parameters).encode(), FORM
        with _in_telegrams_words():
            answer = await self._http.call("POST", url, data=data, headers=headers, seconds=seconds)
        if answer.status == 200:
            return answer.body
        raise _error(answer.status, answer.body)

    async def download(self, url: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file of at most `limit` bytes.

        Raises:
            FileTooLarge: it has more.
            TelegramError: the file is not there, or the connection failed.
        """
        with _in_telegrams_words():
            async for piece in self._http.download(url, limit):
                yield piece

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        """Parse a good answer; what is no JSON object is a lost answer, and is not logged."""
        parsed = parse(payload) or {}
        if "result" not in parsed:
            raise TelegramOutcomeUnknown("the answer is no JSON object with a result")
        return dict(parsed)


@contextmanager
def _in_telegrams_words() -> Iterator[None]:
    """python-telegram-bot lets only its own errors through."""
    try:
        yield
    except calls.CallError as error:
        raise AS_TELEGRAM.get(type(error), Rejected)(str(error)) from None


def _form(data: RequestData) -> Mapping[str, str] | aiohttp.FormData:
    if not data.contains_files:
        return data.json_parameters
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form


def _error(status: int, body: bytes) -> TelegramError:
    """What an error answer of the Bot API stands for: python-telegram-bot's class, where it has one."""
    answer = parse(body) or {}
    parameters = within(answer, "parameters")
    retry_after, new_chat_id = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    description = str(answer.get("description") or f"status {status}")[:200]
    if isinstance(new_chat_id, int):
        return Moved(new_chat_id)
    if status == 429:
        return FloodControl(description, _seconds(retry_after))
    return KINDS.get(status, TelegramServerFault)(description)


def _seconds(told: object) -> float:
    """How long to keep silent, a second where that is not told."""
    return float(told) if isinstance(told, int | float) and told else 1.0


SCOPES: Mapping[Scope, Callable[[], BotCommandScope]] = {
    Scope.PRIVATE: BotCommandScopeAllPrivateChats,
    Scope.GROUP: BotCommandScopeAllGroupChats,
    Scope.GROUP_ADMIN: BotCommandScopeAllChatAdministrators,
}


async def set_menus(bot: Bot, menus: Iterable[Menu], owners: Collection[str] = ()) -> None:
    """Tell Telegram every menu; the owners' is each owner's own, once they have written to the bot.

    Raises:
        TelegramError: it could not be told.
    """
    for menu in menus:
        commands = [BotCommand(name, description) for name, description in menu.commands]
        if menu.scope is Scope.OWNER:
            for owner in owners:
                with suppress(BadRequest):  # chat not found: never written to us
                    await bot.set_my_commands(commands, BotCommandScopeChat(int(owner)), menu.language)
            continue
        await bot.set_my_commands(commands, SCOPES[menu.scope](), menu.language)


EXAMINE_SECONDS = 10.0


async def examine(token: str, api: str, webhook: str | None) -> AsyncIterator[Finding]:
    """Look whether a bot can serve; `webhook` is the address that updates are to be brought to, None for polling."""
    async with HttpClient(connections=2, seconds=EXAMINE_SECONDS) as http:
        answer, found = await first_call(
            lambda: http.call("POST", f"{api}/bot{token}/getMe"), api, "CHUCHU_TELEGRAM_API"
        )
        for finding in found:
            yield finding
        if answer is None:
            return
        me = _result(answer)
        if me is None:
            yield wrong("telegram_token_refused", f"HTTP {answer.status}")
            return
        yield well("bot_named", f"@{me.get('username', '')}")
        if not me.get("supports_inline_queries"):
            yield advice("telegram_no_inline")
        told = await call_or_finding(
            lambda: http.call("POST", f"{api}/bot{token}/getWebhookInfo"), api, "CHUCHU_TELEGRAM_API"
        )
        yield told if isinstance(told, Finding) else _receiving(_result(told) or {}, webhook)


def _receiving(info: Mapping[str, object], webhook: str | None) -> Finding:
    """Whether updates come as the settings want them."""
    if webhook is None:
        return advice("telegram_webhook_set") if info.get("url") else well("receiving_ready")
    if info.get("last_error_message"):
        return wrong("telegram_webhook_failing", str(info["last_error_message"]))
    return well("receiving_ready")


def _result(answer: HttpAnswer) -> Mapping[str, object] | None:
    parsed = answer.json or {}
    return (within(parsed, "result") or None) if parsed.get("ok") is True else None

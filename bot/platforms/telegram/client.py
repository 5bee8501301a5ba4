"""The Bot API: aiohttp behind python-telegram-bot's interface; no error holds an address, for the address holds the token."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Required, TypedDict
from urllib.parse import urlencode

import aiohttp
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram._utils.types import ODVInput
from telegram.constants import ChatMemberStatus
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import BaseRequest, RequestData

from bot.handlers.commands import Menu, Scope
from bot.messages import Chat, Sender, SenderKind


class ConnectFailed(NetworkError):
    """No connection was made, so the call was not executed; it may be repeated."""


class Disconnected(NetworkError):
    """The server closed the connection without a byte of answer."""


class OutcomeUnknown(NetworkError):
    """The call was sent and no readable answer came; it may have been executed, so it is not repeated."""


class ServerFault(NetworkError):
    """5xx: the server says that it failed."""


class FloodControl(RetryAfter):
    """429, in the server's own words; python-telegram-bot's constructor warns of the type that its attribute will have."""

    def __init__(self, description: str, seconds: float) -> None:
        TelegramError.__init__(self, description)
        self.seconds = seconds


def error_for(
    status: int, description: str, retry_after: float | None, new_chat_id: int | None
) -> TelegramError:
    """Return what an error answer of the Bot API stands for: python-telegram-bot's class, where it has one."""
    if new_chat_id is not None:
        return ChatMigrated(new_chat_id)
    if status == 429:
        return FloodControl(description, retry_after or 1.0)
    kinds: dict[int, type[TelegramError]] = {
        400: BadRequest,
        401: InvalidToken,  # a proxy or a restarting server says so in passing, too
        403: Forbidden,
        404: InvalidToken,
        409: Conflict,
    }
    return kinds.get(status, ServerFault)(description)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ANSWER_LIMIT = 32 * 1024 * 1024


class AiohttpRequest(BaseRequest):
    """Calls over one aiohttp session; `seconds` is the default time for a whole call."""

    def __init__(self, connections: int = 32, seconds: float = 20.0, connect_seconds: float = 5.0) -> None:
        self._connections = connections
        self._seconds = seconds
        self._connect_seconds = connect_seconds
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds for a whole call, where none are given."""
        return self._seconds

    async def initialize(self) -> None:
        """Open the session; proxies of the environment are not followed."""
        # An idle connection is dropped before the server drops it: a call must not race with its closing.
        connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=10)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("Accept-Encoding",),
            headers={"Accept-Encoding": "identity", "User-Agent": "chuchu"},
        )

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

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
        assert self._session is not None, "initialize() first"
        total = self._seconds if seconds is None else seconds
        timeout = aiohttp.ClientTimeout(total=total, connect=min(total, self._connect_seconds))
        try:
            async with self._session.post(
                url, timeout=timeout, allow_redirects=False, **_body(parameters)
            ) as response:
                body = await _read(response, ANSWER_LIMIT)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ConnectFailed(f"no connection: {type(error).__name__}") from None
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise Disconnected(f"connection lost: {type(error).__name__}") from None
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise OutcomeUnknown(f"no answer: {type(error).__name__}") from None
        if response.status == 200:
            return body
        raise _error(response.status, body)

    async def download(self, url: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file of at most `limit` bytes; it has as long as three calls, and half of one to be silent.

        Raises:
            TelegramError: the file is not there, too big, or the connection failed.
        """
        assert self._session is not None, "initialize() first"
        timeout = aiohttp.ClientTimeout(total=3 * self._seconds, sock_read=self._seconds / 2)
        got = 0
        try:
            async with self._session.get(url, timeout=timeout, allow_redirects=False) as response:
                if response.status != 200:
                    raise _error(response.status, await _read(response, 65536))
                async for piece in response.content.iter_chunked(65536):
                    got += len(piece)
                    if got > limit:
                        raise OutcomeUnknown(f"the file has more than {limit} bytes")
                    yield piece
        except (TimeoutError, aiohttp.ClientError) as error:
            raise OutcomeUnknown(f"no file: {type(error).__name__}") from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        """Parse a good answer; what is no JSON object is a lost answer, and is not logged."""
        parsed = parse(payload)
        if not isinstance(parsed, dict) or "result" not in parsed:
            raise OutcomeUnknown("the answer is no JSON object with a result")
        return parsed


def parse(payload: bytes) -> object:
    """Parse JSON from the network; None for anything that is not JSON."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _form(data: RequestData) -> Mapping[str, str] | aiohttp.FormData:
    if not data.contains_files:
        return data.json_parameters
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form


class _Body(TypedDict, total=False):
    data: Required[aiohttp.FormData | bytes]
    headers: Mapping[str, str]


def _body(parameters: Mapping[str, str] | aiohttp.FormData) -> _Body:
    """aiohttp's own form costs four times as much, and has a boundary drawn by lot which nobody reads."""
    if isinstance(parameters, aiohttp.FormData):
        return {"data": parameters}
    return {"data": urlencode(parameters).encode(), "headers": FORM}


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > limit:
            raise OutcomeUnknown(f"an answer of more than {limit} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _error(status: int, body: bytes) -> TelegramError:
    parsed = parse(body)
    answer = parsed if isinstance(parsed, dict) else {}
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    retry_after, new_chat_id = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    return error_for(
        status,
        str(answer.get("description") or f"status {status}")[:200],
        float(retry_after) if isinstance(retry_after, int | float) else None,
        new_chat_id if isinstance(new_chat_id, int) else None,
    )


ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
logger = logging.getLogger(__name__)


class Members:
    """Asks Telegram each time: rights that were taken away are gone at once."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether a person administers a group; False where Telegram does not say so."""
        if sender.kind is not SenderKind.PERSON:
            return False
        try:
            member = await self._bot.get_chat_member(chat.id, int(sender.id))
        except TelegramError as error:
            logger.warning("who administers a chat could not be learnt: %s", error)
            return False
        return member.status in ADMINS


SCOPES: Mapping[Scope, Callable[[], BotCommandScope]] = {
    Scope.PRIVATE: BotCommandScopeAllPrivateChats,
    Scope.GROUP: BotCommandScopeAllGroupChats,
    Scope.GROUP_ADMIN: BotCommandScopeAllChatAdministrators,
}


async def set_menus(bot: Bot, menus: Iterable[Menu]) -> None:
    """Tell Telegram every menu.

    Raises:
        TelegramError: it could not be told.
    """
    for menu in menus:
        commands = [BotCommand(name, description) for name, description in menu.commands]
        await bot.set_my_commands(commands, SCOPES[menu.scope](), menu.language)

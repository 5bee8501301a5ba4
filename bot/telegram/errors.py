"""What can go wrong between us and the Bot API, drawn once; no text here ever holds the token."""

from __future__ import annotations

from telegram.error import TelegramError


class ApiError(TelegramError):
    """A call to the Bot API that did not do what it was asked."""


class NotSent(ApiError):
    """No connection was made, so the call was not executed; it may be repeated."""


class Disconnected(ApiError):
    """The server closed the connection without a byte of answer."""


class AnswerLost(ApiError):
    """The call was sent and no readable answer came; it may have been executed, so it is not repeated."""


class ServerFault(ApiError):
    """5xx: the server says that it failed."""


class Unauthorized(ApiError):
    """401 or 404: the token is not known here (a proxy or a restarting server says so in passing, too)."""


class Conflicting(ApiError):
    """409: another poller or a webhook takes the updates."""


class BadCall(ApiError):
    """400: the call is wrong; the description says how."""


class Shut(ApiError):
    """403: blocked, kicked, or the account is gone."""


class Flooded(ApiError):
    """429: too many calls; `seconds` is how long to keep quiet."""

    def __init__(self, description: str, seconds: float) -> None:
        super().__init__(description)
        self.seconds = seconds


class Migrated(ApiError):
    """400 with the id of the supergroup that the group has become."""

    def __init__(self, description: str, new_id: int) -> None:
        super().__init__(description)
        self.new_id = new_id


def error_for(status: int, description: str, retry_after: float | None, new_id: int | None) -> ApiError:
    """Return the error of the family that an error answer of the Bot API stands for."""
    if new_id is not None:
        return Migrated(description, new_id)
    if status == 429:
        return Flooded(description, retry_after or 1.0)
    kinds = {400: BadCall, 401: Unauthorized, 403: Shut, 404: Unauthorized, 409: Conflicting}
    return (kinds.get(status) or ServerFault)(description)

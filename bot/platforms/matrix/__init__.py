"""Matrix: one poller of /sync into a durable inbox, gaps walked; answers as notices, plain and HTML, never markup."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr

from bot.config import PlatformSetup, WebAddress
from bot.ports import Finding, Platform, PlatformHost, Presence

# Matrix specification, "User identifiers": historical ids may hold any visible ASCII; 255 bytes with sigil and server.
USER_ID = re.compile(r"@[!-9;-~]+:(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,230})(?::[0-9]{1,5})?")
LONGEST_ID = 255


class Matrix(PlatformSetup):
    """A homeserver and an access token switch it on."""

    name: ClassVar[str] = "matrix"
    title: ClassVar[str] = "Matrix"
    switched_on_by: ClassVar[str] = "CHUCHU_MATRIX_TOKEN"
    together: ClassVar[tuple[str, ...]] = ("matrix_server", "matrix_token")

    matrix_server: WebAddress = None
    matrix_token: SecretStr | None = None
    matrix_token_file: Path | None = None

    @staticmethod
    def person_id(typed: str) -> str:
        if len(typed.encode()) > LONGEST_ID or not USER_ID.fullmatch(typed):
            raise ValueError("Matrix 的用户 id 要写全，例如 @ann:example.org")
        return typed

    def open(self, host: PlatformHost) -> AbstractAsyncContextManager[Platform]:
        # Imported here: a platform that is not set up is not loaded.
        from bot.platforms.matrix.service import MatrixOptions, MatrixService

        return MatrixService(MatrixOptions(*self._credentials()), host).serving()

    def examine(self, presence: Presence) -> AsyncIterator[Finding]:
        """Look at the token, the clock, and which rooms cannot be read."""
        from bot.platforms.matrix.client import examine

        return examine(*self._credentials())

    def _credentials(self) -> tuple[str, str]:
        assert self.matrix_server is not None and self.matrix_token is not None, "is_on first"
        return self.matrix_server, self.matrix_token.get_secret_value().strip()

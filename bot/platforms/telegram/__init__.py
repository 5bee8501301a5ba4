"""Telegram: polling or webhook into a durable inbox, answers out through a limiter."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import ClassVar, Self

from pydantic import SecretStr, field_validator, model_validator

from bot.config import PlatformSetup, WebAddress
from bot.ports import Finding, Platform, PlatformHost, Presence

API = "https://api.telegram.org"
# Telegram speaks for others under these ids: nobody may own the bot through them (tdlib/telegram-bot-api).
SHARED_IDS = frozenset({777000, 136817688, 1087968824})


class Telegram(PlatformSetup):
    """A token switches it on; a webhook's address, instead of polling, needs a secret."""

    name: ClassVar[str] = "telegram"
    title: ClassVar[str] = "Telegram"
    switched_on_by: ClassVar[str] = "CHUCHU_TELEGRAM_TOKEN"

    telegram_token: SecretStr | None = None
    telegram_token_file: Path | None = None
    telegram_api: WebAddress = None
    webhook_url: WebAddress = None
    webhook_secret: SecretStr | None = None

    @field_validator("telegram_api")
    @classmethod
    def _no_bot_path(cls, value: str | None) -> str | None:
        if value and value.endswith("/bot"):
            raise ValueError("不要带 /bot，只写服务器的网址")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _secret_as_telegram_takes_it(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("只能有 1 到 256 个字母、数字、_ 或 -")
        return value

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.webhook_url and not self.webhook_secret:
            raise ValueError(
                "设了 CHUCHU_WEBHOOK_URL 就必须设 CHUCHU_WEBHOOK_SECRET，否则谁都能冒充 Telegram"
            )
        if self.webhook_url and not self.webhook_url.startswith("https://") and not self.telegram_api:
            raise ValueError("CHUCHU_WEBHOOK_URL 要以 https:// 开头，Telegram 只认它")
        token = self.telegram_token
        if token and not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", token.get_secret_value().strip()):
            raise ValueError("CHUCHU_TELEGRAM_TOKEN 不像 BotFather 给的令牌；它的样子是 数字:字母数字")
        return self

    @staticmethod
    def person_id(typed: str) -> str:
        """Return a numeric user id without leading zeros.

        Raises:
            ValueError: it is no number, or one under which Telegram speaks for others.
        """
        if not re.fullmatch(r"[0-9]{1,19}", typed) or int(typed) == 0:
            raise ValueError("要写数字用户 id，用逗号分开，例如 12345,67890；不能用 @名字、群号或空项")
        if int(typed) in SHARED_IDS:
            raise ValueError("其中有 Telegram 代发消息的公用 id，任何人都能借它说话；请只写真人的 id")
        return str(int(typed))

    def open(self, host: PlatformHost) -> AbstractAsyncContextManager[Platform]:
        # Imported here: who serves the page only need not load it.
        from bot.platforms.telegram.service import TelegramOptions, TelegramService

        secret = self.webhook_secret.get_secret_value() if self.webhook_secret else None
        options = TelegramOptions(self._token(), self.telegram_api or API, self.webhook_url, secret)
        return TelegramService(options, host).serving()

    def examine(self, presence: Presence) -> AsyncIterator[Finding]:
        """Look at the token, the clock, and whether something keeps updates away."""
        from bot.platforms.telegram.client import examine

        return examine(self._token(), self.telegram_api or API, self.webhook_url)

    def _token(self) -> str:
        assert self.telegram_token is not None, "is_on first"
        return self.telegram_token.get_secret_value().strip()

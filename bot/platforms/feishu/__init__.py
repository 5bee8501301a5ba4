"""Feishu (飞书): the long connection or event callbacks into a durable inbox, posts and cards out.

No SDK of the vendor: lark-oapi is in the tests as a second opinion.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import SecretStr, model_validator

from bot.config import PlatformSetup, WebAddress
from bot.ports import Finding, Platform, PlatformHost, Presence

if TYPE_CHECKING:
    from bot.platforms.feishu.client import Credentials


class Feishu(PlatformSetup):
    """An app's id and secret switch it on; a verification token, event callbacks instead of the long connection."""

    name: ClassVar[str] = "feishu"
    title: ClassVar[str] = "飞书"
    switched_on_by: ClassVar[str] = "CHUCHU_FEISHU_APP_ID"
    together: ClassVar[tuple[str, ...]] = ("feishu_app_id", "feishu_app_secret")

    feishu_app_id: str | None = None
    feishu_app_secret: SecretStr | None = None
    feishu_app_secret_file: Path | None = None
    feishu_api: WebAddress = None
    feishu_verification_token: SecretStr | None = None
    feishu_encrypt_key: SecretStr | None = None

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.feishu_app_id and not re.fullmatch(r"cli_[0-9a-zA-Z]+", self.feishu_app_id.strip()):
            raise ValueError("CHUCHU_FEISHU_APP_ID 不像应用的 App ID；它的样子是 cli_ 加字母数字")
        if self.feishu_encrypt_key and not self.feishu_verification_token:
            raise ValueError(
                "设了 CHUCHU_FEISHU_ENCRYPT_KEY 就必须设 CHUCHU_FEISHU_VERIFICATION_TOKEN；用长连接则两个都不设"
            )
        return self

    @staticmethod
    def person_id(typed: str) -> str:
        if not re.fullmatch(r"ou_[0-9A-Za-z]{16,64}", typed):
            raise ValueError("要写飞书的 open_id（id 以 ou_ 开头）；给机器人发 /whoami，它会告诉你")
        return typed

    def open(self, host: PlatformHost) -> AbstractAsyncContextManager[Platform]:
        # Imported here: who does not use Feishu need not load it.
        from bot.platforms.feishu.client import API
        from bot.platforms.feishu.service import FeishuOptions, FeishuService

        token, key = self.feishu_verification_token, self.feishu_encrypt_key
        options = FeishuOptions(
            self._credentials(),
            self.feishu_api or API,
            token.get_secret_value() if token else None,
            key.get_secret_value() if key else None,
        )
        return FeishuService(options, host).serving()

    def examine(self, presence: Presence) -> AsyncIterator[Finding]:
        """Look at the app's secret, its bot, its permissions, and how events come."""
        from bot.platforms.feishu.client import API, examine

        return examine(
            self._credentials(), self.feishu_api or API, long_connection=not self.feishu_verification_token
        )

    def _credentials(self) -> Credentials:
        from bot.platforms.feishu.client import Credentials

        assert self.feishu_app_id and self.feishu_app_secret, "is_on first"
        return Credentials(self.feishu_app_id.strip(), self.feishu_app_secret.get_secret_value().strip())

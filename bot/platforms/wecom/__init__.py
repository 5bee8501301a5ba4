"""WeCom's smart bot: one long connection in and out, markdown in which nothing of ours is live, cards for buttons."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import SecretStr

from bot.config import PlatformSetup, WebAddress
from bot.ports import Finding, Platform, PlatformHost, Presence

if TYPE_CHECKING:
    from bot.platforms.wecom.client import WeComOptions

ADDRESS = "https://openws.work.weixin.qq.com"
# developer.work.weixin.qq.com, "创建成员": 1 to 64 bytes, letters, digits and _-@., the first a letter or digit.
USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.-]{0,63}")


class WeCom(PlatformSetup):
    """A smart bot's id and the secret of its long connection switch it on."""

    name: ClassVar[str] = "wecom"
    title: ClassVar[str] = "企业微信"
    switched_on_by: ClassVar[str] = "CHUCHU_WECOM_SECRET"
    together: ClassVar[tuple[str, ...]] = ("wecom_bot", "wecom_secret")

    wecom_bot: str | None = None
    wecom_secret: SecretStr | None = None
    wecom_secret_file: Path | None = None
    wecom_server: WebAddress = None

    @staticmethod
    def person_id(typed: str) -> str:
        if not USER_ID.fullmatch(typed):
            raise ValueError("企业微信的用户 id 是通讯录里的账号，只有字母、数字和 _-@.，例如 zhangsan")
        return typed

    def open(self, host: PlatformHost) -> AbstractAsyncContextManager[Platform]:
        # Imported here: a platform that is not set up is not loaded.
        from bot.platforms.wecom.service import WeComService

        return WeComService(self._options(), host).serving()

    def examine(self, presence: Presence) -> AsyncIterator[Finding]:
        """Look at the clock and whether the gateway takes a connection; try the secret where nobody can be put out."""
        from bot.platforms.wecom.client import examine

        return examine(self._options(), presence)

    def _options(self) -> WeComOptions:
        from bot.platforms.wecom.client import WeComOptions

        assert self.wecom_bot is not None and self.wecom_secret is not None, "is_on first"
        secret = self.wecom_secret.get_secret_value().strip()
        return WeComOptions(self.wecom_bot.strip(), secret, self.wecom_server or ADDRESS)

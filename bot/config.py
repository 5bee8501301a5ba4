"""The environment, read here and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BeforeValidator, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

PREFIX = "CHUCHU_"
ENV_FILE = Path(".env")
LONGEST_WATCH = 86_400

# Telegram speaks for others under these ids: nobody may own the bot through them (tdlib/telegram-bot-api).
SHARED_IDS = frozenset({777000, 136817688, 1087968824})


class Address(NamedTuple):
    """Where a server listens; port 0 takes any free one."""

    host: str
    port: int

    @property
    def near(self) -> str:
        """The host as this machine reaches it."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104  reached, not bound

    @property
    def url(self) -> str:
        """The address as a person on this machine opens it."""
        return f"http://[{self.near}]:{self.port}" if ":" in self.near else f"http://{self.near}:{self.port}"


def _address(value: object) -> object:
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(\d{1,5})", str(value))
    if isinstance(value, Address):
        return value
    if not match or int(match[2]) > 65535:
        raise ValueError("要写成 主机:端口，例如 127.0.0.1:8080")
    return Address(match[1].strip("[]"), int(match[2]))


def _owners(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    if not all(re.fullmatch(r"\d{1,19}", part) and int(part) > 0 for part in parts):
        raise ValueError("要写数字用户 id，用逗号分开，例如 12345,67890；不能用 @名字、群号或空项")
    owners = frozenset(map(int, parts))
    if owners & SHARED_IDS:
        raise ValueError("其中有 Telegram 代发消息的公用 id，任何人都能借它说话；请只写真人的 id")
    return owners


def _seconds(value: object) -> object:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_WATCH:
        raise ValueError(f"要写 0 到 {LONGEST_WATCH} 的秒数，0 为不看")
    return seconds


def _web_address(value: object) -> object:
    if value is None:
        return None
    parts = urlsplit(str(value).strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("要写成完整的网址，例如 https://example.org")
    return str(value).strip().rstrip("/")


WebAddress = Annotated[str | None, BeforeValidator(_web_address)]


class Settings(BaseSettings):
    """Every setting, all optional (DESIGN section 5). The descriptions are what README's table says."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    articles: Path = Path("seeds")
    data: Path = Path("var")
    http: Annotated[Address, NoDecode, BeforeValidator(_address)] = Address("127.0.0.1", 8080)
    admin_http: Annotated[Address, NoDecode, BeforeValidator(_address)] = Address("127.0.0.1", 8081)
    admin_token: SecretStr | None = None
    admin_token_file: Path | None = None
    admins: Annotated[frozenset[int], NoDecode, BeforeValidator(_owners)] = frozenset()
    public_url: WebAddress = None
    telegram_token: SecretStr | None = None
    telegram_token_file: Path | None = None
    telegram_api: WebAddress = None
    webhook_url: WebAddress = None
    webhook_secret: SecretStr | None = None
    database: str | None = None
    log: Literal["human", "json"] | None = None
    language: Literal["zh-Hans", "zh-Hant", "en"] = "zh-Hans"
    watch: Annotated[float, BeforeValidator(_seconds)] = 0

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_empty(cls, values: dict[str, object]) -> dict[str, object]:
        for name, value in values.items():
            if isinstance(value, str) and not value.strip():
                raise ValueError(f"{PREFIX}{name.upper()} 是空的；请写上值，或去掉这个设置")
        return values

    @field_validator("telegram_api")
    @classmethod
    def _no_bot_path(cls, value: str | None) -> str | None:
        if value and value.endswith("/bot"):
            raise ValueError("不要带 /bot，只写服务器的网址")
        return value

    @field_validator("database")
    @classmethod
    def _database_we_can_speak_to(cls, value: str | None) -> str | None:
        if value is not None:
            from bot.state.database import check_address  # only where one is named: loading it takes a while

            check_address(value)
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
        for name in ("admin_token", "telegram_token"):
            if getattr(self, name) and getattr(self, f"{name}_file"):
                setting = PREFIX + name.upper()
                raise ValueError(f"{setting} 和 {setting}_FILE 只能设一个，请去掉一个")
        return self


def load_settings() -> Settings:
    """Read the environment and `.env`; secrets named by `_FILE` are read from their files.

    Raises:
        SettingsError: an unknown name, a bad value, or a secret file that cannot be read.
    """
    try:
        in_file = [name.upper() for name in dotenv_values(ENV_FILE, encoding="utf-8")]
        _refuse_unknown([*os.environ, *in_file])
        settings = Settings()
    except UnicodeDecodeError as error:
        raise SettingsError(f"{ENV_FILE} 不是 UTF-8；请另存为 UTF-8") from error
    except ValidationError as error:
        raise SettingsError(
            _explain(error)
        ) from None  # the cause would show the value, which may be a secret
    token = _checked_token(settings.telegram_token or _from_file("telegram_token_file", settings))
    return settings.model_copy(
        update={
            "telegram_token": token,
            "admin_token": settings.admin_token or _from_file("admin_token_file", settings),
        }
    )


def interface_language() -> str | None:
    """The language set for page and command line as it stands there, unchecked: for what is said before checking."""
    name = f"{PREFIX}LANGUAGE"
    try:
        return os.environ.get(name) or dotenv_values(ENV_FILE, encoding="utf-8").get(name)
    except UnicodeDecodeError:
        return None


def setting_names() -> list[str]:
    """The name of every setting as the environment has it."""
    return [PREFIX + field.upper() for field in Settings.model_fields]


def wants_colour() -> bool:
    """Tell whether a terminal may be coloured (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _refuse_unknown(names: Iterable[str]) -> None:
    known = setting_names()
    for name in names:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, 1, 0)
            raise SettingsError(f"没有 {name} 这个设置；是不是 {near[0]}？")


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return reason
    name = PREFIX + str(first["loc"][0]).upper()
    if first["type"] == "literal_error":
        expected = first["ctx"]["expected"].replace("'", "").replace(" or ", " 或 ")
        reason = f"只能是 {expected}"
    elif not first["type"].startswith("value_error"):
        reason = f"读不懂它的值（{first['msg']}）"
    return f"{name} 不对：{reason}"


def _from_file(field: str, settings: Settings) -> SecretStr | None:
    path: Path | None = getattr(settings, field)
    if path is None:
        return None
    name = PREFIX + field.upper()
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{name} 指的文件 {path} 读不了（{type(error).__name__}）；请检查路径和权限"
        ) from error
    if not secret:
        raise SettingsError(f"{name} 指的文件 {path} 是空的；请把密钥写进去")
    return SecretStr(secret)


def _checked_token(token: SecretStr | None) -> SecretStr | None:
    if token and not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", token.get_secret_value().strip()):
        raise SettingsError("CHUCHU_TELEGRAM_TOKEN 不像 BotFather 给的令牌；它的样子是 数字:字母数字")
    return token

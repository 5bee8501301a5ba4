"""The environment, read here and nowhere else."""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, ClassVar, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    BeforeValidator,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError
from bot.ports import Finding, Platform, PlatformHost, Presence

PREFIX = "CHUCHU_"
ENV_FILE = Path(".env")
LONGEST_WATCH = 86_400


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
    return frozenset(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _seconds(value: object) -> object:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_WATCH:
        raise ValueError(f"要写 0 到 {LONGEST_WATCH} 的秒数，0 为不看")
    return seconds


def _is_address(value: object) -> bool:
    parts = urlsplit(str(value).strip())
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query


def _web_address(value: object) -> object:
    if value is None:
        return None
    if not _is_address(value) or urlsplit(str(value).strip()).fragment:
        raise ValueError("要写成完整的网址，例如 https://example.org")
    return str(value).strip().rstrip("/")


def _embeddings(value: object) -> object:
    if value is None or value in ("bundled", "off"):
        return value
    if not _is_address(value):
        raise ValueError("要写 bundled、off，或 OpenAI 兼容接口的网址，例如 http://localhost:11434/v1#bge-m3")
    return str(value).strip()


WebAddress = Annotated[str | None, BeforeValidator(_web_address)]


class _FromEnvironment(BaseSettings):
    """Fields that are settings: `x` is `CHUCHU_X`; a secret `x` may be read from the file that `x_file` names."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_empty_and_files_are_read(cls, values: dict[str, object]) -> dict[str, object]:
        for name, value in values.items():
            if isinstance(value, str) and not value.strip():
                raise ValueError(f"{_setting(name)} 是空的；请写上值，或去掉这个设置")
        read = {}
        for name in cls.model_fields:
            if path := values.get(f"{name}_file"):
                setting, in_file = _setting(name), _setting(f"{name}_file")
                if values.get(name):
                    raise ValueError(f"{setting} 和 {in_file} 只能设一个，请去掉一个")
                read[name] = _secret_in(Path(str(path)), in_file)
        return values | read

    def secrets(self) -> Iterator[str]:
        """What must never be shown."""
        for name in type(self).model_fields:
            if isinstance(value := getattr(self, name), SecretStr):
                yield value.get_secret_value()


class PlatformSetup(_FromEnvironment):
    """A chat platform's own settings, declared in its folder, and how it is opened with them.

    `name` is what its chats carry, `title` what people call it, `switched_on_by` the setting that opens it, `together`
    two fields of which one without the other makes no sense.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    switched_on_by: ClassVar[str]
    together: ClassVar[tuple[str, ...]] = ()

    @property
    def is_on(self) -> bool:
        """Whether the settings ask for it."""
        return getattr(self, self.switched_on_by.removeprefix(PREFIX).lower()) is not None

    @model_validator(mode="after")
    def _nothing_is_half_given(self) -> Self:
        if len({getattr(self, name) is None for name in self.together}) > 1:
            first, second = map(_setting, self.together)
            raise ValueError(f"{first} 和 {second} 要一起设")
        return self

    @staticmethod
    @abstractmethod
    def person_id(typed: str) -> str:
        """Return a person's id as the platform writes it.

        Raises:
            ValueError: nobody can have that id; the text says why.
        """

    @abstractmethod
    def open(self, host: PlatformHost) -> AbstractAsyncContextManager[Platform]:
        """Serve it while the block runs."""

    @abstractmethod
    def examine(self, presence: Presence) -> AsyncIterator[Finding]:
        """Look whether it can work as it is set up: reached, clock, who we are, permissions, how messages come in.

        Changes nothing there, and takes no message away from whoever serves meanwhile; `presence` tells who may.
        """


class Settings(_FromEnvironment):
    """Every setting but the platforms' own, all optional. `admins` are `platform:id`."""

    articles: Path = Path("seeds")
    data: Path = Path("var")
    http: Annotated[Address, NoDecode, BeforeValidator(_address)] = Address("127.0.0.1", 8080)
    admin_http: Annotated[Address, NoDecode, BeforeValidator(_address)] = Address("127.0.0.1", 8081)
    admin_token: SecretStr | None = None
    admin_token_file: Path | None = None
    admins: Annotated[frozenset[str], NoDecode, BeforeValidator(_owners)] = frozenset()
    public_url: WebAddress = None
    database: str | None = None
    snapshots: str | None = None
    log: Literal["human", "json"] | None = None
    language: Literal["zh-Hans", "zh-Hant", "en"] = "zh-Hans"
    watch: Annotated[float, BeforeValidator(_seconds)] = 0
    embeddings: Annotated[str | None, BeforeValidator(_embeddings)] = None
    _platforms: tuple[PlatformSetup, ...] = PrivateAttr(default=())

    @field_validator("database")
    @classmethod
    def _database_we_can_speak_to(cls, value: str | None) -> str | None:
        if value is not None:
            from bot.state.database import check_address  # only where one is named: loading it takes a while

            check_address(value)
        return value

    @model_validator(mode="after")
    def _data_are_no_articles(self) -> Self:
        if self.data.resolve().is_relative_to(self.articles.resolve()):
            raise ValueError(
                f"{_setting('data')}（{self.data}）在文章文件夹 {_setting('articles')}（{self.articles}）里面，"
                "会被当作文章读；请放到别处"
            )
        return self

    @property
    def platforms(self) -> tuple[PlatformSetup, ...]:
        return self._platforms

    def every_secret(self) -> list[str]:
        """What must never be shown, the platforms' too."""
        return [secret for part in (self, *self._platforms) for secret in part.secrets()]


def load_settings(platforms: Sequence[type[PlatformSetup]]) -> Settings:
    """Read the environment and `.env`; secrets named by `_FILE` are read from their files.

    Raises:
        SettingsError: an unknown name, a bad value, or a secret file that cannot be read.
    """
    try:
        in_file = [name.upper() for name in dotenv_values(ENV_FILE, encoding="utf-8")]
        _refuse_unknown([*os.environ, *in_file], setting_names(platforms))
        settings = Settings()
        own = tuple(platform() for platform in platforms)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{ENV_FILE} 不是 UTF-8；请另存为 UTF-8") from error
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None  # a cause would show the value, perhaps a secret
    owners = frozenset(_owner(given, platforms) for given in settings.admins)
    settings = settings.model_copy(update={"admins": owners})
    settings._platforms = own
    return settings


def interface_language() -> str | None:
    """The language set for page and command line as it stands there, unchecked: for what is said before checking."""
    name = f"{PREFIX}LANGUAGE"
    try:
        return os.environ.get(name) or dotenv_values(ENV_FILE, encoding="utf-8").get(name)
    except UnicodeDecodeError:
        return None


def setting_names(platforms: Sequence[type[PlatformSetup]]) -> list[str]:
    """The name of every setting as the environment has it."""
    parts: tuple[type[_FromEnvironment], ...] = (Settings, *platforms)
    return [_setting(field) for part in parts for field in part.model_fields]


def _setting(field: str) -> str:
    return PREFIX + field.upper()


def _owner(given: str, platforms: Sequence[type[PlatformSetup]]) -> str:
    """Read `platform:id`; an id alone is the first platform's."""
    name, colon, person = given.partition(":")
    platform = next((p for p in platforms if p.name == name), None) if colon else platforms[0]
    if platform is None:
        known = "、".join(p.name for p in platforms)
        raise SettingsError(f"{_setting('admins')} 不对：没有 {name} 这个平台；写 平台:id，平台是 {known}")
    try:
        return f"{platform.name}:{platform.person_id(person if colon else given)}"
    except ValueError as error:
        raise SettingsError(f"{_setting('admins')} 不对：{error}") from None


def wants_colour() -> bool:
    """Tell whether a terminal may be coloured (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _refuse_unknown(names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            from knowledge.text.nearness import nearest  # only where a name is wrong

            raise SettingsError(f"没有 {name} 这个设置；是不是 {nearest(name.upper(), known)}？")


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return reason
    name = _setting(str(first["loc"][0]))
    if first["type"] == "literal_error":
        others, _, last = first["ctx"]["expected"].replace("'", "").rpartition(" or ")
        reason = f"只能是 {others} 或 {last}"
    elif not first["type"].startswith("value_error"):
        reason = f"读不懂它的值（{first['msg']}）"
    return f"{name} 不对：{reason}"


def _secret_in(path: Path, setting: str) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{setting} 指的文件 {path} 读不了（{type(error).__name__}）；请检查路径和权限"
        ) from error
    if not secret:
        raise ValueError(f"{setting} 指的文件 {path} 是空的；请把密钥写进去")
    return secret

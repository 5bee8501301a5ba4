"""The sidecar `NAME.toml` (or `NAME.txt.toml`): what the page does not print, stated by an admin."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import PurePosixPath
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import UnreadableFile
from knowledge.model import Metadata
from knowledge.text.nearness import nearest

SUFFIX: Final = ".toml"
ORPHAN: Final = ("附注文件旁边没有同名的文章", "改成文章的名字加小写的 .toml，或删去它")
_HOW: Final = '每行写成 date = 2023-07-01 或 newspaper = "青年报" 的样子'
SIMILAR: Final = 0.6
"""Share of letters that a mistyped key has in common with the right one."""
_Text = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _SidecarFile(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: _Text | None = None
    newspaper: _Text | None = None
    date: datetime.date | None = None
    edition: _Text | None = None
    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s<>\"]+$")] | None = None
    author: _Text | None = None
    source: _Text | None = None
    editor: _Text | None = None


_SAYS: Final = {
    "string_type": "“{}”应是加引号的文字",
    "string_too_short": "“{}”不能为空",
    "string_too_long": "“{}”太长",
    "string_pattern_mismatch": "“{}”写法不对",
    "date_from_datetime_inexact": "“{}”应是日期，如 2019-09-10",
    "date_from_datetime_parsing": "“{}”应是日期，如 2019-09-10",
    "date_type": "“{}”应是日期，如 2019-09-10",
}


def sidecar_names(name: str) -> tuple[str, str]:
    """Return the file names that may hold the sidecar of `name`, the more exact one first."""
    path = PurePosixPath(name)
    return path.name + SUFFIX, path.stem + SUFFIX


def read_sidecar(name: str, data: bytes) -> Metadata:
    """Read and validate a sidecar file.

    Raises:
        UnreadableFile: no UTF-8, no TOML, an unknown key or a wrong value; the text names the key.
    """
    try:
        stated = _SidecarFile.model_validate(tomllib.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise UnreadableFile(name, "附注文件不是 UTF-8", "另存为 UTF-8", error.start) from error
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(name, f"附注文件不是 TOML（{error}）", _HOW) from error
    except RecursionError as error:
        raise UnreadableFile(name, "附注文件嵌套太深", _HOW) from error
    except ValidationError as error:
        said = [_explain(str(e["loc"][0]) if e["loc"] else "", e["type"]) for e in error.errors()[:5]]
        raise UnreadableFile(name, "；".join(said), "改正后重新载入；文章本身已照常载入") from error
    except ValueError as error:  # a number of thousands of digits, which Python will not read
        raise UnreadableFile(name, "附注文件里的数太长", _HOW) from error
    return Metadata(**stated.model_dump())


def _explain(key: str, kind: str) -> str:
    if kind != "extra_forbidden":
        return _SAYS.get(kind, "“{}”的值不对").format(key)
    known = list(_SidecarFile.model_fields)
    if near := nearest(key.lower(), known, SIMILAR):
        return f"没有“{key[:50]}”这一项，是不是“{near}”？"
    return f"没有“{key[:50]}”这一项，可用：{'、'.join(known)}"

"""Names of libraries: each sub-folder of the articles is one, called as its `库.toml` (or `library.toml`) says."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.documents.folder import LIBRARIES, is_ignored
from knowledge.model import Skipped

NAME = "libraries.json"
LIMIT = 64 * 1024
_REMEDY = '写成 name = "信访" 的样子'


class _LibraryFile(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\s/:：]+$")]


def copy_libraries(articles: Path, folder: Path) -> tuple[Skipped, ...]:
    """Write the names of the libraries into a snapshot being built; return what is wrong in their files."""
    names: dict[str, str] = {}
    problems: list[Skipped] = []
    for path in _files(articles):
        name = f"{path.parent.name}/{path.name}"
        try:
            told = tomllib.loads(path.read_bytes()[:LIMIT].decode("utf-8-sig"))
            names[path.parent.name] = _LibraryFile.model_validate(told).name
        except OSError as error:
            problems.append(Skipped(name, f"打不开（{error.strerror}）", "检查文件和权限"))
        except ValidationError:
            problems.append(Skipped(name, "只可以有 name 一项：四十字以内，没有空格、斜线和冒号", _REMEDY))
        except (ValueError, RecursionError) as error:
            problems.append(Skipped(name, f"不是 UTF-8 的 TOML（{error}）", _REMEDY))
    (folder / NAME).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    return tuple(problems)


def read_libraries(folder: Path) -> dict[str, str]:
    """Read the names of a snapshot's libraries, by sub-folder; a snapshot of an earlier program has none."""
    path = folder / NAME
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def libraries_digest(articles: Path) -> bytes:
    """What changes whenever a library's file does."""
    digest = hashlib.sha256()
    for path in _files(articles):
        try:
            digest.update(
                path.parent.name.encode("utf-8", "surrogateescape") + b"\0" + path.read_bytes()[:LIMIT]
            )
        except OSError:
            digest.update(b"closed")
    return digest.digest()


def _files(articles: Path) -> Iterator[Path]:
    """The file of each sub-folder that has one, by folder."""
    if not articles.is_dir():
        return
    for folder in sorted(articles.iterdir()):
        if folder.is_symlink() or not folder.is_dir() or is_ignored(folder.name):
            continue
        yield from [path for name in LIBRARIES if (path := folder / name).is_file()][:1]

"""What lies beside the articles: other names of the same thing, names that stay whole, and what sub-folders are called.

Each sub-folder is a library, called as its `库.toml` (or `library.toml`) says.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.documents.folder import ALIASES, DICTIONARIES, LIBRARIES, RESERVED_NAMES, is_ignored
from knowledge.errors import UnreadableFile
from knowledge.model import Skipped
from knowledge.query.aliases import Aliases, AliasProblem, parse_aliases
from knowledge.text.analyzer import Analyzer, Dictionary, parse_dictionary
from knowledge.text.folding import fold

OWN = "aliases.txt"
LIMIT = 1024 * 1024  # bytes; some 30,000 groups


def copy_aliases(articles: Path, folder: Path) -> tuple[Skipped, ...]:
    """Copy the alias files beside the articles into a snapshot being built; return what is wrong in them."""
    problems: list[Skipped] = []
    known: Aliases | None = None
    for name, text in _copied(ALIASES, articles, folder, problems):
        known = known or _own(fold)
        more, wrong = parse_aliases(text, name, fold, known)
        known = known.joined(more)
        problems += [_told(problem) for problem in wrong]
    return tuple(problems)


def copy_dictionary(articles: Path, folder: Path) -> tuple[Skipped, ...]:
    """Copy the dictionary beside the articles into a snapshot being built; return what is wrong in it."""
    problems: list[Skipped] = []
    for name, text in _copied(DICTIONARIES, articles, folder, problems):
        _, wrong = parse_dictionary(text)
        problems += [
            Skipped(name, f"“{one.text}”：{one.reason}", "改正后重新载入", line=one.line) for one in wrong
        ]
    return tuple(problems)


def _copied(
    names: Iterable[str], articles: Path, folder: Path, problems: list[Skipped]
) -> Iterator[tuple[str, str]]:
    """Copy the lists there are, as text; what cannot be read is added to the problems."""
    from knowledge.documents.text import decode_text  # which a question need not pay

    for name in names:
        if not (articles / name).is_file():
            continue
        try:
            text, _ = decode_text(name, (articles / name).read_bytes()[:LIMIT])
        except UnreadableFile as error:
            problems.append(Skipped(name, error.reason, error.remedy, error.offset))
            continue
        (folder / name).write_text(text, encoding="utf-8")
        yield name, text


def changed_lists(before: Path, after: Path) -> tuple[str, ...]:
    """The names of the lists beside the articles in which two snapshots differ."""
    return tuple(name for name in RESERVED_NAMES if _text(before / name) != _text(after / name))


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def read_dictionary(folder: Path) -> Dictionary:
    tags: dict[str, str] = {}
    for name in DICTIONARIES:
        if (folder / name).is_file():
            tags |= parse_dictionary((folder / name).read_text(encoding="utf-8"))[0].tags
    return Dictionary(tags)


def read_aliases(folder: Path, language: Analyzer) -> Aliases:
    """Read the aliases of a snapshot, the program's own first."""
    known = _own(language.fold)
    for name in ALIASES:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8")
            known = known.joined(parse_aliases(text, name, language.fold, known)[0])
    return known


def _own(fold: Callable[[str], str]) -> Aliases:
    text = files("knowledge.query").joinpath(OWN).read_text(encoding="utf-8")
    return parse_aliases(text, OWN, fold)[0]


def _told(problem: AliasProblem) -> Skipped:
    return Skipped(problem.file, f"第 {problem.line} 行“{problem.text}”：{problem.reason}", "改正后重新载入")


LIBRARY_NAMES = "libraries.json"
LIBRARY_LIMIT = 64 * 1024
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
            told = tomllib.loads(path.read_bytes()[:LIBRARY_LIMIT].decode("utf-8-sig"))
            names[path.parent.name] = _LibraryFile.model_validate(told).name
        except OSError as error:
            problems.append(Skipped(name, f"打不开（{error.strerror}）", "检查文件和权限"))
        except ValidationError:
            problems.append(Skipped(name, "只可以有 name 一项：四十字以内，没有空格、斜线和冒号", _REMEDY))
        except (ValueError, RecursionError) as error:
            problems.append(Skipped(name, f"不是 UTF-8 的 TOML（{error}）", _REMEDY))
    (folder / LIBRARY_NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    return tuple(problems)


def read_libraries(folder: Path) -> dict[str, str]:
    """Read the names of a snapshot's libraries, by sub-folder; a snapshot of an earlier program has none."""
    path = folder / LIBRARY_NAMES
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def libraries_digest(articles: Path) -> bytes:
    """What changes whenever a library's file does."""
    digest = hashlib.sha256()
    for path in _files(articles):
        try:
            digest.update(
                path.parent.name.encode("utf-8", "surrogateescape")
                + b"\0"
                + path.read_bytes()[:LIBRARY_LIMIT]
            )
        except OSError:
            digest.update(b"closed")
    return digest.digest()


def _files(articles: Path) -> Iterator[Path]:
    """The file of each sub-folder that has one, by folder."""
    if not articles.is_dir():
        return
    with os.scandir(articles) as listing:
        names = sorted(entry.name for entry in listing if entry.is_dir(follow_symlinks=False))
    for folder in names:
        if not is_ignored(folder):
            yield from [path for name in LIBRARIES if (path := articles / folder / name).is_file()][:1]

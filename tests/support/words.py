"""Words of which newspapers are made up, by who makes them: `words.toml`; and a whole small one, `newspaper.toml`; tables of examples."""

from __future__ import annotations

import atexit
import inspect
import shutil
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])
HERE = Path(__file__).parent


def words(maker: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads((HERE / "words.toml").read_text("utf-8"))[maker]
    return found


def examples(*names: str) -> Callable[[Test], Test]:
    """Try a test with each row of the table of its own name, in the file of examples beside its module."""

    def tried(test: Test) -> Test:
        table = Path(inspect.getfile(test)).with_suffix(".toml").read_text("utf-8")
        rows = tomllib.loads(table)[test.__name__.removeprefix("test_")]
        tried: Test = pytest.mark.parametrize(",".join(names), rows)(test)
        return tried

    return tried


def newspaper() -> dict[str, list[str]]:
    """By file, a title and the paragraphs below it."""
    return tomllib.loads((HERE / "newspaper.toml").read_text("utf-8"))


@cache
def articles() -> Path:
    """The newspaper in a folder in which nobody writes, gone with this process."""
    folder = Path(mkdtemp(prefix="chuchu-articles-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, paragraphs in newspaper().items():
        (folder / name).write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
    return folder

"""Words of which newspapers are made up, by who makes them: `words.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path


def words(maker: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))[maker]
    return found

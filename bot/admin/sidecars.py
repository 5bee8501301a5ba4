"""What `/meta` says about a file, as the sidecar beside it. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date

from knowledge.model import Metadata

KEYS = {
    "title": "title",
    "题": "title",
    "标题": "title",
    "newspaper": "newspaper",
    "报": "newspaper",
    "报纸": "newspaper",
    "date": "date",
    "日期": "date",
    "edition": "edition",
    "版": "edition",
    "版次": "edition",
    "url": "url",
    "地址": "url",
    "网址": "url",
}
_PAIR = re.compile(rf"(?:^|\s)({'|'.join(sorted(KEYS, key=len, reverse=True))})\s*[=＝]\s*")


def read_meta(text: str) -> tuple[str, dict[str, str]] | None:
    """Split `名字 日期=2023-07-01 报纸=文汇报` into the file's name and what is said; None where it is not that."""
    name, *rest = _PAIR.split(text)
    said = {KEYS[key]: value.strip() for key, value in zip(rest[::2], rest[1::2], strict=True)}
    return (name.strip(), said) if name.strip() and said else None


def write_sidecar(before: Metadata | None, said: dict[str, str]) -> str:
    """The text of a sidecar: what it said before, changed by what is said now; an empty value takes a key out."""
    known: dict[str, str | date | None] = asdict(before or Metadata())
    known.update(said)
    return "".join(f"{key} = {_toml(key, value)}\n" for key, value in known.items() if value)


def _toml(key: str, value: str | date) -> str:
    if isinstance(value, date) or (key == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

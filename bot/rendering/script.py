"""Quotes in other characters than printed, for whoever reads 简 or 繁 with more ease; what is quoted stays as printed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache

import opencc


class Script(StrEnum):
    """The characters that quotes are shown in."""

    PRINTED = ""
    SIMPLIFIED = "hans"
    TRADITIONAL = "hant"


def reading(script: Script) -> Callable[[str], str]:
    """Return what shows a printed text in a script."""
    return _as_printed if script is Script.PRINTED else _converter(script)


def _as_printed(text: str) -> str:
    return text


@cache
def _converter(script: Script) -> Callable[[str], str]:
    """OpenCC's tables of characters and set phrases, without a region's words: no word becomes another."""
    convert: Callable[[str], str] = opencc.OpenCC("t2s" if script is Script.SIMPLIFIED else "s2t").convert
    return convert

"""One language is written in one way, and 繁體 is 简体 in other characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import opencc

from bot.texts import phrases
from bot.texts.traditional import CONVERSION, CORRECTIONS, MARKS

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
VARIANTS = {"裡": "裏", "群": "羣", "著": "着", "為": "爲", "線": "綫"}


def texts(told: object) -> Iterator[str]:
    """Every text, in order."""
    if isinstance(told, str):
        if told not in LANGUAGES:
            yield told
    elif isinstance(told, dict):
        for value in told.values():
            yield from texts(value)


def test_traditional_texts_write_a_character_in_one_way_only() -> None:
    said = f"{asdict(phrases('zh-Hant'))}"
    assert all(usual in said for usual in "裡群著為")
    assert [other for other in VARIANTS.values() if other in said] == []


def test_traditional_texts_are_what_opencc_makes_of_the_simplified_but_for_the_corrections() -> None:
    convert = opencc.OpenCC(CONVERSION).convert
    simplified, ours = (list(texts(asdict(phrases(tag)))) for tag in ("zh-Hans", "zh-Hant"))
    made = [convert(text).translate(MARKS) for text in simplified]
    differing = [(one, other) for one, other in zip(made, ours, strict=True) if one != other]
    for one, other in differing:
        print(f"- {one}\n+ {other}")
    assert all(any(word in one for word in CORRECTIONS) for one, _ in differing)
    assert {word for word in CORRECTIONS if any(word in one for one, _ in differing)} == set(CORRECTIONS)


def test_every_language_has_the_same_gaps_to_fill() -> None:
    gaps = [[text.count("{") for text in texts(asdict(phrases(tag)))] for tag in ("zh-Hans", "zh-Hant", "en")]
    assert gaps[0] == gaps[1] == gaps[2]

"""One language is written in one way."""

from __future__ import annotations

from dataclasses import asdict

from bot.texts import phrases
from bot.texts.learning import learning_phrases

VARIANTS = {"裡": "裏", "群": "羣", "著": "着", "為": "爲", "線": "綫"}


def test_traditional_texts_write_a_character_in_one_way_only() -> None:
    said = f"{asdict(phrases('zh-Hant'))}{asdict(learning_phrases('zh-Hant'))}"
    assert all(usual in said for usual in "裡群著為")
    assert [other for other in VARIANTS.values() if other in said] == []

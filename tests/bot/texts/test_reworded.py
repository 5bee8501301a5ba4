"""What the program says of its own accord is said in the reader's language, whoever raised it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import opencc

from bot.texts import phrases
from bot.texts.translation import CONVERSION, CORRECTIONS, MARKS, TABLE, reworded
from tests.support.process import ROOT
from tests.support.words import examples

HANZI = re.compile("[\u4e00-\u9fff]")
ROWS = [line.split("\t") for line in files("bot.texts").joinpath(TABLE).read_text("utf-8").splitlines()]
TOLD = {"Skipped", "UnreadableFile", "StorageUnavailable", "ReloadReport"}
"""What tells people something without being raised."""


def template(node: ast.expr) -> str:
    """A string as it stands in the code, `{}` for what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def told(path: Path) -> Iterator[str]:
    """Every sentence in Chinese that a module raises or skips something with."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        call = node.exc if isinstance(node, ast.Raise) else node
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if not isinstance(node, ast.Raise) and name not in TOLD:
            continue
        for given in (*call.args, *(keyword.value for keyword in call.keywords)):
            if isinstance(given, ast.JoinedStr) or (
                isinstance(given, ast.Constant) and isinstance(given.value, str)
            ):
                yield template(given)


def test_every_sentence_that_is_raised_is_in_the_table() -> None:
    known = {chinese for chinese, _ in ROWS}
    modules = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "knowledge").rglob("*.py")]
    said = {(path.name, text) for path in modules for text in told(path) if HANZI.search(text)}
    assert len(said) > 100
    missing = {one for one in said if one[1] not in known and HANZI.search(reworded(one[1], "en"))}
    assert missing == set()


def test_every_row_has_the_same_gaps_in_both_languages() -> None:
    assert [chinese for chinese, english in ROWS if chinese.count("{}") != english.count("{}")] == []
    assert len({chinese for chinese, _ in ROWS}) == len(ROWS)


@examples("chinese", "english")
def test_a_sentence_is_said_in_english_with_what_stands_in_it(chinese: str, english: str) -> None:
    assert reworded(chinese, "en") == english
    assert reworded(chinese, "zh-Hans") == chinese


def test_traditional_script_is_derived() -> None:
    assert reworded("压缩包已损坏", "zh-Hant") == "壓縮包已損壞"


LANGUAGES = ("zh-Hans", "zh-Hant", "en")
VARIANTS = {"裡": "裏", "群": "羣", "著": "着", "為": "爲", "線": "綫"}


def texts(told: object) -> Iterator[str]:
    if isinstance(told, str):
        if told not in LANGUAGES:
            yield told
    elif isinstance(told, dict):
        for value in told.values():
            yield from texts(value)
    elif isinstance(told, tuple):
        for value in told:
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


def test_every_row_of_the_table_fills_a_field_and_is_whole() -> None:
    rows = files("bot.texts").joinpath("phrases.tsv").read_text("utf-8").rstrip("\n").split("\n")
    assert [row for row in rows if row.count("\t") != 2] == []
    assert len(list(texts(asdict(phrases("en"))))) == len(rows)

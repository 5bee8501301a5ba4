"""What the program says of its own accord is said in the reader's language, whoever raised it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path

import opencc
import pytest

from bot.texts import CONVERSION, CORRECTIONS, ERRORS, MARKS, phrases, reworded
from tests.support.process import ROOT
from tests.support.words import examples

HANZI = re.compile("[\u4e00-\u9fff]")
ROWS = [line.split("\t") for line in files("bot.texts").joinpath(ERRORS).read_text("utf-8").splitlines()]
TOLD = {"Skipped", "UnreadableFile", "StorageUnavailable", "ReloadReport"}
"""What tells people something without being raised."""
HEARD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["heard"]
"""By module, the Chinese that it reads, looks for or asks with, and never says; and platforms' own names."""


def template(node: ast.Constant | ast.JoinedStr) -> str:
    """A text as it stands in the code, `{}` for what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def texts_in(node: ast.AST) -> Iterator[str]:
    """Every text with hanzi in a piece of code, but docstrings and regular expressions."""
    inside: Iterable[ast.AST] = ast.iter_child_nodes(node)
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re" | "regex"))):
            return
        case ast.JoinedStr():
            yield template(node)
            inside = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        case ast.Constant(value=str()):
            yield template(node)
    for one in inside:
        yield from texts_in(one)


def raises(node: ast.AST) -> bool:
    """Tell whether a piece of code raises something, or tells people something without."""
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return isinstance(node, ast.Raise) or called in TOLD


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def said_in(path: Path) -> frozenset[str]:
    """What a module says in Chinese, without what it only hears."""
    tree = parsed(path)
    heard = HEARD.get(path.relative_to(ROOT).as_posix(), ())
    return frozenset(
        text
        for text in texts_in(tree)
        if HANZI.search(text) and not any(fnmatchcase(text, one) for one in heard)
    )


def modules() -> Iterator[Path]:
    """All of the program but its texts and what trains its models."""
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "knowledge").rglob("*.py")]):
        if not path.is_relative_to(ROOT / "bot/texts") and not path.is_relative_to(
            ROOT / "knowledge/training"
        ):
            yield path


def speaks(path: Path, known: set[str]) -> bool:
    """Tell whether a module says anything to people: all of `bot`, and who raises or names something in Chinese."""
    tree = parsed(path)
    told = {text for node in ast.walk(tree) if raises(node) for text in texts_in(node) if HANZI.search(text)}
    return path.is_relative_to(ROOT / "bot") or bool(told) or not known.isdisjoint(texts_in(tree))


def test_whatever_is_said_is_a_whole_row_of_the_table() -> None:
    known = {chinese for chinese, _ in ROWS}
    unknown = {
        (path.name, text) for path in modules() if speaks(path, known) for text in said_in(path) - known
    }
    assert unknown == set()


def test_every_row_is_said_somewhere() -> None:
    said = {text for path in modules() for text in said_in(path)}
    assert [chinese for chinese, _ in ROWS if HANZI.search(chinese) and chinese not in said] == []


@pytest.mark.parametrize("value", ["a-{}.txt", "甲{}.txt", "{}"])
def test_every_row_is_said_in_three_languages_and_taken_for_no_other(value: str) -> None:
    for chinese, english in ROWS:
        values = [value.format(number) for number in range(7, 7 + chinese.count("{}"))]
        if HANZI.search(told := chinese.format(*values)):
            assert reworded(told, "zh-Hans") == told
            assert not set("".join(VARIANTS.values())) & set(reworded(told, "zh-Hant"))
            assert reworded(told, "en") == english.format(*values)


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

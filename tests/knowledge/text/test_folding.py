"""Folding changes characters, never places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from knowledge.errors import BrokenInstallation
from knowledge.text import folding
from knowledge.text.folding import decoded, encode, fold


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ＡＢ１２％", "ab12%"),
        ("裏面裡面", "里面里面"),
        ("臺灣台湾", "台湾台湾"),
        ("著名", "着名"),
        ("说説說", "说说说"),
        ("什么什麼", "什么什么"),
    ],
)
def test_width_case_and_script_are_one(written: str, meant: str) -> None:
    assert fold(written) == meant


def test_quotation_marks_and_chinese_spaces_part_no_word() -> None:
    assert decoded(encode("“四联” 工作\u3000机制，Open AI")) == "四联工作机制 open ai"


@given(st.text(alphabet=st.characters()))
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert len(encode(text)) <= len(text)


def test_writings_of_taiwan_and_hong_kong_are_folded_as_opencc_folds_them() -> None:
    plain, traditional = OpenCC("t2s"), OpenCC("s2t")
    for regional in (OpenCC("tw2s"), OpenCC("hk2s")):
        for char in map(chr, range(0x4E00, 0xA000)):
            already = plain.convert(char) != char or traditional.convert(char) != char
            if not already and len(regional.convert(char)) == 1:
                assert fold(char) == fold(regional.convert(char)), char


def test_a_table_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: OpenCC, config: str) -> None:
        raise RuntimeError("t2s.json not found or not accessible.")

    monkeypatch.setattr(OpenCC, "__init__", broken)
    with pytest.raises(BrokenInstallation, match=r"简繁对照表.*t2s\.json"):
        folding._folding.__wrapped__()

"""A short form is found in the full name whose characters it keeps in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.query.aliases import expands, short_forms


@pytest.mark.parametrize(
    ("short", "text", "full"),
    [
        ("进博会", "中国国际进口博览会筹备", "进口博览会"),
        ("市发改委", "由市发展改革委牵头", "市发展改革委"),
        ("人社局", "市人力资源社会保障局局长", "人力资源社会保障局"),
        ("科创板", "科技创新板开市", "科技创新板"),
        ("长三角", "长江三角洲区域", "长江三角"),
        ("卫健委", "市卫生健康委聚焦", "卫生健康委"),
    ],
)
def test_a_short_form_stands_for_the_full_name(short: str, text: str, full: str) -> None:
    found = expands(short, text)
    assert found is not None
    assert text[slice(*found)] == full


@pytest.mark.parametrize(
    ("short", "text"),
    [
        ("进博会", "第二届进博会筹备"),  # the word itself is no expansion
        ("进博会", "进一步在博物馆开会"),  # a particle between
        ("进博会", "进行了长时间的广博的会"),
        ("上台", "上海电视台"),  # two characters are too few
        ("地铁", "地方铁路"),
        ("一一一", "一二一二一"),
        ("A股", "A类股"),
    ],
)
def test_guards_keep_chance_likenesses_out(short: str, text: str) -> None:
    assert expands(short, text) is None


def test_with_word_starts_a_full_name_is_whole_words() -> None:
    text = "改进口头博览会"
    assert expands("进博会", text, words={0, 2, 4, 7}) is None
    assert expands("进博会", "进口博览会", words={0, 2, 5}) == (0, 5)


def test_a_full_name_has_the_short_forms_of_its_words() -> None:
    assert list(short_forms("进口博览会", {0, 2})) == ["进博会"]
    assert "进博会" in short_forms("中国国际进口博览会", {0, 2, 4, 6})


def test_what_is_no_name_has_no_short_form() -> None:
    assert list(short_forms("上海市长电话", {0, 2, 4})) == []
    assert list(short_forms("博览会", {0})) == []


@given(
    st.text(alphabet="进口博览会的一 a", max_size=8) | st.text(max_size=8),
    st.text(alphabet="进口博览会的一 a", max_size=60),
)
def test_a_found_name_keeps_the_characters_in_order(short: str, text: str) -> None:
    found = expands(short, text)
    if found is not None:
        rest = iter(text[slice(*found)])
        assert all(c in rest for c in short)


@pytest.mark.parametrize("short", ["弄弄弄弄弄弄弄", "弄堂弄堂弄堂委"])
def test_repetition_costs_no_time(short: str) -> None:
    assert expands(short, "弄堂" * 500 + "弄" * 500) is None

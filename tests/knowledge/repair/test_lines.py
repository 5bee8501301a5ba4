"""Broken lines become sentences; blanks set for looks go, real ones stay."""

from __future__ import annotations

import pytest

from tests.knowledge.repair.pages import column, removed, repair, texts

STORY = "昨日，杭州市宣布，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民。工程总投资35.6亿元，历时三年半建成，是全市最大的民生工程之一。"
SENTENCES = [STORY[: STORY.index("。") + 1], STORY[STORY.index("。") + 1 :]]


@pytest.mark.parametrize("width", [11, 13, 16, 20, 28])
@pytest.mark.parametrize("blank", ["\n", "\n\n"])
def test_lines_broken_inside_words_and_numbers_are_joined(width: int, blank: str) -> None:
    page = column(STORY, width).replace("\n", blank)
    assert texts(repair(f"引水工程通水\n\n　　{page}")) == SENTENCES


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("6月 27日，共查处问题 234起。", "6月27日，共查处问题234起。"),
        ("研究并推出 举 措 ，施 工 扰 民 投 诉 锐 减。", "研究并推出举措，施工扰民投诉锐减。"),
        ("组织开展“践初心 争先锋”活动。", "组织开展“践初心 争先锋”活动。"),
        ("他使用 Visual Studio 写作。", "他使用 Visual Studio 写作。"),
        ("增长 8.3% 左右，达 12 万人。", "增长8.3%左右，达12万人。"),
        ("投资１２亿元，⼈数翻番。", "投资１２亿元，人数翻番。"),
        ("零\u200b宽\ufeff与软\xad连字符\x00都不见了。", "零宽与软连字符都不见了。"),
    ],
)
def test_only_blanks_and_marks_that_mean_something_stay(line: str, sentence: str) -> None:
    assert texts(repair(f"一个标题在此\n\n{line}")) == [sentence]


def test_words_of_latin_script_keep_a_blank_where_the_line_broke() -> None:
    page = "公司与开放学院签约\n\n公司近日与 Massachusetts Institute\nof Technology 正式签约，合作为期\n五年，总金额达到三千五百万美元。"
    assert texts(repair(page)) == [
        "公司近日与 Massachusetts Institute of Technology 正式签约，合作为期五年，总金额达到三千五百万美元。"
    ]


def test_invisible_and_damaged_characters_are_logged_and_the_damaged_are_doubted() -> None:
    repaired = repair("标题\n\n零\u200b宽与坏\ue123字。")
    assert texts(repaired) == ["零宽与坏字。"]
    assert removed(repaired, "invisible") == ["\u200b"]
    assert [entry.doubt for entry in repaired.log if entry.kind == "damaged"] == [True]


def test_blanks_left_by_markup_are_no_blanks_of_the_author() -> None:
    repaired = repair("  标题\n\n他强调  质量第一  的原则。", kind="markdown")
    assert texts(repaired) == ["他强调质量第一的原则。"]


def test_a_figure_parted_from_its_unit_is_one_figure() -> None:
    page = "引水工程二期通水\n\n    截至 10 月 20\n日，全市共检查小区3216\n个、销售门店874家，发\n现并督促整改隐患59\n10处。"
    assert texts(repair(page)) == [
        "截至10月20日，全市共检查小区3216个、销售门店874家，发现并督促整改隐患5910处。"
    ]


def test_blocks_that_share_a_source_line_of_a_web_page_are_not_joined() -> None:
    page = "新馆落成\u3000\u3000新馆藏书320万册。\u3000\u3000读者可免费办证"
    read = repair(page, kind="html")
    assert [article.title.text for article in read.articles] == ["新馆落成"]
    assert texts(read) == ["新馆藏书320万册。", "读者可免费办证"]


@pytest.mark.parametrize("unseen", ["\u200b", "\ue600", "\ufeff"])
def test_a_block_of_a_web_page_that_shows_nothing_is_no_paragraph(unseen: str) -> None:
    read = repair(f"新馆落成\u3000\u3000{unseen}\u3000\u3000新馆藏书320万册。", kind="html")
    assert [article.title.text for article in read.articles] == ["新馆落成"]
    assert texts(read) == ["新馆藏书320万册。"]


def test_only_a_jump_and_what_cannot_be_seen_make_no_paragraph() -> None:
    read = repair("引水工程通水\n\n（上接第一版）\u200b（下转第三版）\n\n引水工程二期正式通水。")
    assert texts(read) == ["引水工程二期正式通水。"]

"""Files that need no repair come through as they are."""

from __future__ import annotations

import pytest

from knowledge.model import Metadata
from tests.knowledge.repair.pages import repair, texts

ENCYCLOPEDIA = """范廷颂

范廷颂枢机（，），圣名保禄·若瑟（），是越南罗马天主教枢机。1963年被任为主教；1990年被擢升为天主教河内总教区宗座署理；1994年被擢升为总主教。

范廷颂于1919年6月15日出生；童年时接受良好教育后，被一位神父带到河内继续其学业。

短段。"""


def test_a_clean_article_gives_its_title_and_its_sentences_in_order_and_an_empty_log() -> None:
    repaired = repair(ENCYCLOPEDIA)
    assert repaired.articles[0].title.text == "范廷颂"
    assert texts(repaired) == [
        "范廷颂枢机（，），圣名保禄·若瑟（），是越南罗马天主教枢机。",
        "1963年被任为主教；1990年被擢升为天主教河内总教区宗座署理；1994年被擢升为总主教。",
        "范廷颂于1919年6月15日出生；童年时接受良好教育后，被一位神父带到河内继续其学业。",
        "短段。",
    ]
    assert repaired.log == ()


@pytest.mark.parametrize(
    "title",
    [
        "阿波罗 13",
        "资料图书馆",
        "摄影",
        "第2版《辞海》",
        "2023年6月28日",
        "记者节",
        "谁动了我的奶酪？",
        "安全 和谐",
        "平平安安 高高兴兴",
        "停止！！云雀",
        "大战！EX2",
    ],
)
def test_a_title_that_looks_like_noise_stays_the_title(title: str) -> None:
    repaired = repair(f"{title}\n\n这是一个关于它的完整句子，没有任何问题。")
    assert [article.title.text for article in repaired.articles] == [title]
    assert texts(repaired) == ["这是一个关于它的完整句子，没有任何问题。"]


def test_lists_keep_every_item() -> None:
    repaired = repair("办理医保\n\n材料如下：\n身份证\n户口本\n银行卡\n\n请到社区办理。")
    assert texts(repaired) == ["材料如下：", "身份证", "户口本", "银行卡", "请到社区办理。"]


def test_a_file_without_a_title_is_called_by_its_name_or_its_sidecar() -> None:
    text = "上海中心大厦总高632米，是中国第一高楼。"
    assert repair(text).articles[0].title.text == "版面"
    assert repair(text, sidecar=Metadata(title="上海中心")).articles[0].title.text == "上海中心"
    assert repair(text).articles[0].title.spans == ()


def test_headings_of_a_clean_article_are_its_sections() -> None:
    repaired = repair(
        "引水工程\n\n工程很大，全长26公里。\n\n建设历史\n\n早年开工，历时三年。\n\n工程现状\n\n已经通水，惠及全市。"
    )
    assert [(fact.section, fact.text) for fact in repaired.facts] == [
        (None, "工程很大，全长26公里。"),
        ("建设历史", "早年开工，历时三年。"),
        ("工程现状", "已经通水，惠及全市。"),
    ]


def test_dialogue_is_cut_only_between_its_sentences() -> None:
    repaired = repair("访谈\n\n问：什么是医保？答：医保是社会保险。\n\n他说：“我来。我见。”随后离开。")
    assert texts(repaired) == [
        "问：什么是医保？",
        "答：医保是社会保险。",
        "他说：“我来。我见。”",
        "随后离开。",
    ]


def test_traditional_characters_and_corner_quotes_come_through() -> None:
    repaired = repair(
        "臺北捷運新線通車\n\n市長表示：「這是新北市民期盼已久的一天。我們會努力！」現場民眾鼓掌。"
    )
    assert texts(repaired) == ["市長表示：「這是新北市民期盼已久的一天。我們會努力！」", "現場民眾鼓掌。"]


@pytest.mark.parametrize("text", ["", "\n\n", " \u3000\n"])
def test_an_empty_file_has_no_articles(text: str) -> None:
    repaired = repair(text)
    assert (repaired.articles, repaired.facts, repaired.log) == ((), (), ())

"""Names that stay whole, and what an article is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.snapshots.opening import cached_snapshot
from knowledge.text.analyzer import MOST_WORDS, ChineseAnalyzer, Dictionary, parse_dictionary
from knowledge.text.keywords import SHOWN, KeywordExtractor
from tests.knowledge.snapshots.corpus import write_article

TRAM = [
    "绿洲线有轨电车昨天开进了绿岸里，沿途设站十二座。",
    "绿岸里的居民说，坐有轨电车到市中心只要二十分钟。",
    "有轨电车由市轨道交通公司建造，投资三十亿元。",
    "绿岸里以前只有一条公共汽车线路。",
    "市轨道交通公司还要再造两条有轨电车线路。",
    "第一天就有八千名乘客坐上了有轨电车。",
]


def cut(text: str, **tags: str) -> list[str]:
    return [token.text for token in ChineseAnalyzer(Dictionary(tags)).tokens(text)]


def test_a_word_of_the_dictionary_stays_whole_with_its_part_of_speech() -> None:
    assert "绿岸里" not in cut("电车开进了绿岸里站")
    assert "绿岸里" in cut("电车开进了绿岸里站", 绿岸里="ns")
    (name,) = ChineseAnalyzer(Dictionary({"绿岸里": "ns"})).tokens("绿岸里")
    assert (name.tag, name.start) == ("ns", 0)


def test_the_longest_word_wins() -> None:
    assert cut("绿岸里站到了", 绿岸里="ns", 绿岸里站="ns")[0] == "绿岸里站"


@given(st.text(alphabet="绿岸里电车站到了，a1 ", max_size=30))
def test_tokens_stand_where_they_say_with_a_dictionary_too(text: str) -> None:
    tokens = ChineseAnalyzer(Dictionary({"绿岸里": "ns", "里电": "n"})).tokens(text)
    assert all(text[token.start :].startswith(token.text) for token in tokens)
    assert "".join(token.text for token in tokens) == text


def test_a_dictionary_is_written_as_for_jieba_with_comments() -> None:
    known, wrong = parse_dictionary("绿岸里 5 ns\n# 说明\n绿洲线\n张三 nr  # 人\n\n")
    assert known.tags == {"绿岸里": "ns", "绿洲线": "nz", "张三": "nr"}
    assert wrong == ()


@pytest.mark.parametrize("line", ["里", "绿岸里 5 ns 又", "绿岸里 地名", "长" * 41])
def test_a_wrong_line_is_named_and_the_others_are_taken(line: str) -> None:
    known, wrong = parse_dictionary(f"绿洲线\n{line}\n张三\n")
    assert list(known.tags) == ["绿洲线", "张三"]
    assert [(one.line, one.text) for one in wrong] == [(2, line)]


def test_too_many_words_are_refused_in_one_line() -> None:
    known, wrong = parse_dictionary("\n".join(f"词语{n}" for n in range(MOST_WORDS + 9)))
    assert (len(known.tags), len(wrong)) == (MOST_WORDS, 1)


def test_key_words_are_names_and_nouns_that_the_article_says_often() -> None:
    told = KeywordExtractor().keywords("绿洲线通车", TRAM)
    assert "有轨电车" in told
    assert len(told) <= SHOWN
    assert "昨天" not in told
    assert "绿岸里" in KeywordExtractor(Dictionary({"绿岸里": "ns"})).keywords("绿洲线通车", TRAM)


def test_a_dictionary_beside_the_articles_is_read_told_of_and_read_anew(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    write_article(articles, "001.txt", "绿洲线通车", *TRAM)
    with cached_snapshot(articles, tmp_path / "var") as snapshot:
        (article,) = snapshot.articles()
        assert article.keywords
        assert "绿岸里" not in article.keywords
    (articles / "词典.txt").write_text("绿岸里 ns\n里\n", encoding="utf-8")
    with cached_snapshot(articles, tmp_path / "var") as snapshot:
        (article,) = snapshot.articles()
        assert "绿岸里" in article.keywords
        assert "绿岸里" in [token.text for token in snapshot.language.tokens("谁住在绿岸里？")]
        (told,) = snapshot.skipped
        assert (told.name, told.line) == ("词典.txt", 2)

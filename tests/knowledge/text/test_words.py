"""Words: folded character for character, cut where they stand, kept whole by a dictionary, and found when nearly the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from knowledge.errors import BrokenInstallation
from knowledge.snapshots.opening import cached_snapshot
from knowledge.text import folding
from knowledge.text.analyzer import MOST_WORDS, ChineseAnalyzer, Dictionary, parse_dictionary
from knowledge.text.folding import decoded, encode, fold
from knowledge.text.keywords import SHOWN, KeywordExtractor
from knowledge.text.nearness import changes, likeness, nearest, remembered
from tests.knowledge.snapshots.corpus import write_article
from tests.support.promises import promised


@pytest.fixture(scope="module")
def chinese() -> ChineseAnalyzer:
    return ChineseAnalyzer()


def test_a_person_is_told_from_a_place_and_a_word_of_the_dictionary_from_an_invented_one(
    chinese: ChineseAnalyzer,
) -> None:
    tags = {token.text: token.tag for token in chinese.tokens("龚正率领上海市代表团")}
    assert (tags["龚正"][:2], tags["上海市"]) == ("nr", "ns")
    assert (chinese.knows("地铁"), chinese.knows("蕃瓜弄")) == (True, False)


DICTIONARY = ChineseAnalyzer(Dictionary({"绿岸里": "ns", "里电": "n"}))


@given(st.text(st.characters(), max_size=60) | st.text(alphabet="绿岸里电车站到了，a1 ", max_size=30))
def test_any_text_keeps_its_length_and_its_words_their_place(chinese: ChineseAnalyzer, text: str) -> None:
    folded = chinese.fold(text)
    assert folded == fold(text)
    assert len(encode(text)) <= len(folded) == len(text)
    for tokens in (chinese.tokens(folded), DICTIONARY.tokens(folded)):
        assert "".join(t.text for t in tokens) == folded
        assert all(folded[t.start : t.start + len(t.text)] == t.text for t in tokens)


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
    assert cut("绿岸里站到了", 绿岸里="ns", 绿岸里站="ns")[0] == "绿岸里站", "the longest wins"


def test_a_dictionary_is_written_as_for_jieba_and_wrong_lines_are_named_and_too_many_words_refused() -> None:
    known, wrong = parse_dictionary("绿岸里 5 ns\n# 说明\n绿洲线\n张三 nr  # 人\n\n")
    assert known.tags == {"绿岸里": "ns", "绿洲线": "nz", "张三": "nr"}
    assert wrong == ()
    lines = ["里", "绿岸里 5 ns 又", "绿岸里 地名", "长" * 41]
    known, wrong = parse_dictionary("\n".join(("绿洲线", *lines, "张三")))
    assert list(known.tags) == ["绿洲线", "张三"]
    assert [(one.line, one.text) for one in wrong] == list(enumerate(lines, 2))
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


def test_quotation_marks_and_chinese_spaces_part_no_word() -> None:
    assert decoded(encode("“四联” 工作\u3000机制，Open AI")) == "四联工作机制 open ai"


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


SETTINGS = ["CHUCHU_ARTICLES", "CHUCHU_DATA", "CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP", "CHUCHU_WATCH"]
TITLES = ["全市首座垂直森林公园开放", "苏州河步道贯通", "老旧小区加装电梯提速", "图书馆夜间开放"]
SEEN: dict[str, Callable[[str], str]] = {
    "folded": fold,
    "setting": lambda written: nearest(written, SETTINGS) or "-",
    "title": lambda part: " ".join(TITLES[found] for found in remembered(part, TITLES)[:1]) or "-",
}
"""What of a text is looked at, by the name that `words.txt` has for it."""


@promised(Path(__file__).with_name("words.txt"))
def test_words_are_folded_and_taken_for_others_as_promised(seen: str, cells: list[str]) -> None:
    text, meant = cells
    assert SEEN[seen](text) == meant


def test_likeness_is_the_share_in_common_and_what_is_like_nothing_is_taken_for_nothing() -> None:
    alike = likeness("步道全长四公里", "步道全长五公里")
    assert alike > 0.8 > 0.3 > likeness("步道全长四公里", "图书馆夜间开放")
    assert nearest("newspaper", ["url", "date"], 0.6) is None


rows = st.lists(st.sampled_from(["甲", "乙", "丙", "丁"]), max_size=12)


@given(rows, rows)
def test_the_changes_turn_one_row_into_the_other(before: list[str], after: list[str]) -> None:
    made, at = [], 0
    for change in changes(before, after):
        made += before[at : change.start] + after[change.after_start : change.after_end]
        at = change.end
    assert made + before[at:] == after

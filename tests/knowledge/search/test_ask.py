"""The right fact first, by the rung that says why, and a plain word when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.model import Article, Fact, MatchKind, SourcedText, Span
from knowledge.query.aliases import Aliases
from knowledge.search.rewriting import in_hanzi, writings
from knowledge.search.shelf import merge_repeats
from knowledge.search.terms import LEAST, POSTINGS, Units, telling
from knowledge.snapshot import Snapshot
from knowledge.text.numbers import quantities, value_of
from tests.knowledge.search.corpus import snapshot
from tests.support.words import examples


@pytest.fixture(scope="module")
def corpus() -> Iterator[Snapshot]:
    with snapshot(Aliases([("moderna", "莫德纳"), ("魔都", "上海")])) as opened:
        yield opened


@examples("query", "begins", "rung")
def test_each_hit_names_its_rung(corpus: Snapshot, query: str, begins: str, rung: str) -> None:
    answer = corpus.ask(query)
    assert answer.found
    assert (answer.hits[0].fact.text[: len(begins)], answer.hits[0].rung) == (begins, MatchKind[rung])


def test_what_holds_another_figure_than_the_one_asked_for_is_related_and_not_found() -> None:
    told = {
        "a.txt": ("街道的宣讲", "宣讲团进社区开展宣讲活动110场。"),
        "b.txt": ("全市读书班", "各区举办读书班超1100场次。"),
    }
    with snapshot(articles=told) as opened:
        answer = opened.ask("110场")
        assert [hit.fact.article.file for hit in answer.hits] == ["a.txt"]
        assert [hit.fact.article.file for hit in answer.related] == ["b.txt"]


def test_of_key_words_the_facts_that_hold_them_come_before_those_whose_title_does() -> None:
    told = "问题来了。到底怎么走？从邮轮母港走到地铁站约五百米。欢迎大家前来。"
    with snapshot(articles={"a.txt": ("邮轮母港直达地铁", told)}) as opened:
        answer = opened.ask("邮轮母港 地铁")
    assert [hit.fact.text for hit in answer.hits][:1] == ["从邮轮母港走到地铁站约五百米。"]


def test_of_several_key_words_only_a_figure_or_a_value_is_said() -> None:
    told = {"a.txt": ("寻子", "暑假结束在小温失联的第三十一天。"), "b.txt": ("报名", "夏令营报名费：300元。")}
    with snapshot(articles=told) as opened:
        assert [opened.ask(words).answer for words in ("小温 失联", "夏令营 报名费")] == [None, "300元"]


def test_of_many_facts_about_a_thing_the_one_that_tells_a_price_is_asked_for_it() -> None:
    about = [f"云雀S20有{colour}的。" for colour in ("红色", "白色", "黑色", "蓝色", "绿色")]
    price = "新一代旗舰手机在昨晚的发布会上亮相，名字就叫云雀S20，它的起步价定在4971元，下周一开卖。"
    with snapshot(articles={"a.txt": ("新品", "".join([*about, price]))}) as opened:
        assert opened.ask("云雀S20多少钱").answer == "4971元"


def test_another_name_of_what_is_asked_bears_it_out_in_a_question_for_few_words() -> None:
    articles = {"a.txt": ("博览会开幕", "进口博览会昨天开幕，参展企业300家。")}
    with snapshot(Aliases([("moderna", "进口博览会")]), articles) as opened:
        assert opened.ask("moderna参展企业多少家").answer == "300家"


def test_a_place_is_not_found_where_only_the_character_of_its_short_form_stands() -> None:
    aliases = Aliases([("深", "深圳")])
    port = {"a.txt": ("航运", "洋山深水港的自动化码头投产，机场货运增长。")}
    visit = {"a.txt": ("调研", "专家赴深调研港口，机场货运增长。")}
    with snapshot(aliases, port) as there_not, snapshot(aliases, visit) as there:
        assert [opened.ask("深圳").found for opened in (there_not, there)] == [False, True]
        assert not there_not.ask("深圳机场").found


def test_a_word_that_everybody_knows_is_no_slip_for_what_the_corpus_does_not_hold() -> None:
    told = {"a.txt": ("停课", "柳江市11日18时起全市停课。")}
    with snapshot(articles=told) as opened:
        answer = opened.ask("柳江市几点开始停课")
    assert answer.found
    assert answer.hits[0].rung is MatchKind.WORDS


def test_a_number_in_a_name_is_not_matched_by_what_it_counts_elsewhere() -> None:
    told = {"a.txt": ("通车", "江州地铁二号线昨天通车。"), "b.txt": ("改革", "改革举措共18条。")}
    with snapshot(articles=told) as opened:
        nearest = opened.ask("地铁18号线").related[0]
    assert nearest.fact.article.file == "a.txt"


def test_the_reply_to_the_very_question_that_another_speaker_asks_in_print_is_found() -> None:
    talk = (
        "记者：孩子现在怎么样？\n\n周建国：都出院了。\n\n记者：水里有几个孩子？\n\n周建国：水里有两个孩子。"
    )
    with snapshot(articles={"a.txt": ("对话周建国", talk)}) as opened:
        answers = [opened.ask(asked) for asked in ("孩子现在怎么样", "孩子现在多大", "孩子")]
    assert [answer.found for answer in answers] == [True, False, True]
    assert answers[0].hits[0].fact.text == "周建国：都出院了。"
    assert "孩子" in answers[2].hits[0].fact.text  # one word is no question


@examples("query", "first")
def test_what_only_a_title_or_heading_says_is_found_by_it(query: str, first: str) -> None:
    text = "一、参数\n型号：甲600。\n二、年龄限制\n一人一票。\n三、漏水怎么办？\n先关总闸。\n四、报名期限\n5月6日至5月10日。"
    with snapshot(articles={"a.txt": ("净水器使用手册", text)}) as opened:
        answer = opened.ask(query)
    assert answer.found
    assert answer.hits[0].fact.text == first
    assert answer.hits[0].why.startswith("标题里有：")


def test_a_bare_clause_says_whose_value_the_next_line_is() -> None:
    notice = "一、报名时间\n5月6日至5月10日。\n二、报名地点\n行政楼305室。\n三、笔试为5月18日上午9时。"
    with snapshot(articles={"a.txt": ("招聘公告", notice)}) as opened:
        answers = [opened.ask(asked) for asked in ("什么时候报名", "报名地点在哪里")]
    assert [answer.hits[0].fact.text for answer in answers] == ["5月6日至5月10日。", "行政楼305室。"]
    assert answers[0].answer == "5月6日至5月10日"


def test_of_equally_good_answers_that_of_the_newest_report_comes_first() -> None:
    told = {
        "a.txt": ("任命", "新华社柳江2019年3月5日电 会议任命陈立为柳江市市长。"),
        "b.txt": ("当选", "新华社柳江2024年1月12日电 周建国在柳江市人民代表大会上当选柳江市市长。"),
    }
    with snapshot(articles=told) as opened:
        first = [opened.ask(asked).hits[0].fact.article.file for asked in ("谁是柳江市长", "柳江市市长是谁")]
    assert first == ["b.txt", "b.txt"]


def test_half_a_year_is_no_other_figure() -> None:
    assert not [way for way in writings(quantities("半年")[0]) if "0.5" in way]


def test_a_difference_that_print_tells_is_said_of_the_comparison() -> None:
    with snapshot(articles={"a.txt": ("水果涨价", "市场上苹果每斤比香蕉贵2元。")}) as opened:
        assert opened.ask("苹果比香蕉贵多少").answer == "2元"


@pytest.mark.parametrize(
    ("query", "meant"), [("翻瓜弄", "蕃瓜弄"), ("翻瓜弄居民", "蕃瓜弄"), ("莫德纳速渡", "速度")]
)
def test_a_followed_spelling_is_suggested_in_whole_words(corpus: Snapshot, query: str, meant: str) -> None:
    assert list(corpus.ask(query).suggestions) == [meant]


def test_a_place_that_everybody_knows_is_no_slip_for_another() -> None:
    with snapshot(articles={"a.txt": ("考试", "2018年，陕西省的考试采用了虹膜验证。")}) as opened:
        assert opened.ask("哪一年陕西省的考试采用了虹膜验证").answer == "2018年"
        assert not opened.ask("哪一年山西省的考试采用了虹膜验证").found


@examples("typed", "printed")
def test_a_word_that_is_printed_nowhere_is_not_made_of_parts_of_others(typed: str, printed: str) -> None:
    with snapshot(articles={"a.txt": ("工作动态", printed)}) as opened:
        answer = opened.ask(typed)
    assert (answer.found, answer.close, answer.answer) == (False, False, None)


def test_a_suggested_name_is_not_cut() -> None:
    with snapshot(articles={"a.txt": ("科技园开园", "松塘科技园区昨日启用。")}) as opened:
        assert list(opened.ask("淞塘科技园区").suggestions) == ["松塘科技园区"]


@pytest.mark.parametrize(("query", "meant"), [("奉闲区机场有多远", ["奉贤区"]), ("垃级场在哪里", ["垃圾"])])
def test_where_nothing_is_found_only_what_is_printed_is_suggested(
    corpus: Snapshot, query: str, meant: list[str]
) -> None:
    answer = corpus.ask(query)
    assert (answer.found, list(answer.suggestions)) == (False, meant)


def test_a_word_of_the_corpus_is_never_corrected(corpus: Snapshot) -> None:
    assert list(corpus.ask("蕃瓜弄").suggestions) == []


@pytest.mark.parametrize("query", ["莫代尔", "地瓜弄"])
def test_a_well_known_word_is_not_taken_for_one_that_looks_like_it(corpus: Snapshot, query: str) -> None:
    assert list(corpus.ask(query).suggestions) == []


@pytest.mark.parametrize(
    "query",
    ["量子计算机", "北京地铁票价", "莫德纳疫苗有效率是多少", "闵行区有多少座充电桩", "蕃瓜弄改造花了多少钱"],
)
def test_what_no_article_tells_is_not_claimed(corpus: Snapshot, query: str) -> None:
    answer = corpus.ask(query)
    assert (answer.found, answer.answer, answer.hits) == (False, None, ())


@examples("query", "begins")
def test_what_the_marks_demand_is_met_by_every_hit(corpus: Snapshot, query: str, begins: list[str]) -> None:
    assert [hit.fact.text[:5] for hit in corpus.ask(query).hits] == begins


def test_in_a_question_quotation_marks_demand_nothing(corpus: Snapshot) -> None:
    shown = [hit.fact.text for hit in corpus.ask("“落地记录”背后是什么机制").hits]
    assert "这背后是零时差办公的招商专班机制。" in shown


@pytest.mark.parametrize(
    "query", ["“改造蕃瓜弄”", "“翻瓜弄”", "老人 -金食汇 -老年人", "文:高原 蕃瓜弄", "文:没有的题"]
)
def test_nothing_is_found_where_no_fact_meets_what_the_marks_demand(corpus: Snapshot, query: str) -> None:
    answer = corpus.ask(query)
    assert (answer.found, answer.hits) == (False, ())


def test_what_comes_nearest_is_shown_as_related(corpus: Snapshot) -> None:
    related = corpus.ask("闵行区有多少座充电桩").related
    assert any("174座" in hit.fact.text for hit in related)


@examples("query", "answer")
def test_a_question_gets_its_span(corpus: Snapshot, query: str, answer: str) -> None:
    assert corpus.ask(query).answer == answer


def test_a_fact_without_the_words_is_found_by_its_neighbour(corpus: Snapshot) -> None:
    shown = [hit.fact.text for hit in corpus.ask("莫德纳速度背后的专班机制").hits[:2]]
    assert "这背后是零时差办公的招商专班机制。" in shown


def test_matched_ranges_show_the_words_as_printed(corpus: Snapshot) -> None:
    hit = corpus.ask("莫德纳速度").hits[0]
    assert [hit.fact.text[start:end] for start, end in hit.matched] == ["莫德纳”速度"]


def test_a_keyword_that_stands_there_whole_is_marked_alone(corpus: Snapshot) -> None:
    hit = corpus.ask("小梁薄板房屋改造 静安区").hits[0]
    assert [hit.fact.text[start:end] for start, end in hit.matched] == ["静安区", "小梁薄板房屋改造"]


def test_a_statement_told_in_other_words_is_nearest_and_not_claimed(corpus: Snapshot) -> None:
    answer = corpus.ask("吃遍老字店")
    assert not answer.found
    assert "老字号" in answer.related[0].fact.text


def test_hits_and_related_are_one_ranking_within_the_limit(corpus: Snapshot) -> None:
    answer = corpus.ask("改造", limit=3)
    scores = [hit.score for hit in (*answer.hits, *answer.related)]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)


def test_confidence_compares_across_queries(corpus: Snapshot) -> None:
    nothing, something = corpus.ask("量子计算机").confidence, corpus.ask("蕃瓜弄").confidence
    assert 0 <= nothing < 0.5 < something <= 1


@pytest.mark.parametrize("query", ["", "   ", "，。！？", "的是了吗"])
def test_nothing_asked_is_nothing_found(corpus: Snapshot, query: str) -> None:
    answer = corpus.ask(query)
    assert (answer.found, answer.hits, answer.related, answer.confidence) == (False, (), (), 0.0)


def fact(text: str, file: str = "a.txt") -> Fact:
    article = Article("x" * 13, file, SourcedText("题", ()))
    return Fact("y" * 13, text, (Span(1, 0, len(text)),), article)


def merged(*texts: str) -> list[tuple[int, tuple[int, ...]]]:
    return merge_repeats([fact(text, f"{at}.txt") for at, text in enumerate(texts)])


def test_equal_sentences_are_shown_once_at_the_place_of_the_first() -> None:
    text = "水库总投资8600万元，惠及下游5个乡镇。"
    assert merged(text, "另一句完全不同的话在这里。", text) == [(0, (2,)), (1, ())]


@examples("other")
def test_marks_script_and_empty_words_make_no_other_sentence(other: str) -> None:
    assert merged("水库总投资8600万元，惠及下游5个乡镇。", other) == [(0, (1,))]


@examples("other")
def test_another_figure_or_word_of_meaning_makes_another_sentence(other: str) -> None:
    assert merged("水库总投资8600万元，惠及下游5个乡镇。", other) == [(0, ()), (1, ())]


def test_short_lines_repeat_only_where_they_are_equal() -> None:
    assert merged("周日闭馆", "周日闭馆", "周日的闭馆") == [(0, (1,)), (2, ())]


def weighed(df: dict[str, int]) -> Units:
    grams = np.array([ord(pair[0]) << 16 | ord(pair[1]) for pair in df], dtype=np.uint32)
    none = np.zeros(0)
    return Units(none, none, grams, none, np.array(list(df.values())), none, none)


def test_every_pair_that_occurs_is_looked_for_while_they_are_few() -> None:
    assert telling(weighed({"静安": 3, "安区": 9, "区翻": 0, "瓜弄": 1})) == ["瓜弄", "静安", "安区"]


def test_in_a_large_corpus_the_rarest_pairs_are_looked_for_and_the_commonest_left() -> None:
    found = telling(
        weighed({"中国": POSTINGS, "国的": 2 * POSTINGS, "的蕃": 7, "蕃瓜": 5, "瓜弄": 6, "弄在": 8})
    )
    assert found == ["蕃瓜", "瓜弄", "的蕃", "弄在"]


def test_some_pairs_are_looked_for_however_common_all_are() -> None:
    assert len(telling(weighed(dict.fromkeys(("中国", "国的", "的人", "人民", "民在"), POSTINGS)))) == LEAST


@examples("asked", "printed")
def test_other_writings_of_a_figure(asked: str, printed: str) -> None:
    assert printed in writings(quantities(asked)[0])


@given(st.integers(0, 10**12))
def test_chinese_numerals_read_back_as_the_same_number(number: int) -> None:
    assert value_of(in_hanzi(Decimal(number))) == number

"""The short answer: the span of a fact that answers by the question's type, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.answering.span import LONGEST_ANSWER, answer_span
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()


def said(query: str, fact: str) -> str | None:
    return answer_span(analyse(query, Aliases(), CHINESE), fact, CHINESE)


VISIT = "全省120家企业、2.3万名技术骨干、近15万名职工参加了技能竞赛，8个评审组驻点指导。"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("有多少名职工参加技能竞赛", "近15万名"),
        ("多少家企业参加了竞赛", "120家"),
        ("有多少技术骨干参赛", "2.3万名"),
        ("驻点指导的评审组有几个", "8个"),
    ],
)
def test_of_several_figures_the_one_with_the_asked_unit_and_noun_answers(query: str, answer: str) -> None:
    assert said(query, VISIT) == answer


@pytest.mark.parametrize(
    ("query", "fact", "answer"),
    [
        ("票价现在是多少", "自10月1日起，普通票价由2元下调为1元。", "1元"),
        ("摊位有多少个", "菜场重新开业，摊位由120个调整为86个。", "86个"),
        ("摊位原来有多少个", "菜场重新开业，摊位由120个调整为86个。", "120个"),
        ("藏书有多少册", "2021年图书馆藏书仅30万册，而2023年扩建以后，藏书达80万册。", "80万册"),
        ("2021年藏书有多少册", "2021年图书馆藏书仅30万册，而2023年扩建以后，藏书达80万册。", "30万册"),
        ("藏书 2021 多少册", "2021年图书馆藏书仅30万册，而2023年扩建以后，藏书达80万册。", "30万册"),
        ("出土文物多少件", "距今约10000年，出土文物300件。", "300件"),
        ("藏书有多少册", "去年图书馆藏书30万册，今年藏书增至80万册。", "80万册"),
        ("图书馆藏书有多少册", "2021年图书馆藏书30万册，到2030年计划藏书达80万册。", "30万册"),
        ("为什么用了盾构机", "由于江底地质复杂，施工队采用了泥水平衡盾构机。", "江底地质复杂"),
        ("窗口从12个减到几个", "大厅将12个窗口合并至4个。", "4个"),
        ("西湖图书馆的面积是多少", "西湖图书馆总面积3.2万平方米，藏书80万册。", "3.2万平方米"),
        ("毕业生就业率是多少", "学校共有毕业生2300人，就业率达95.6%。", "95.6%"),
        ("修缮花了多少钱", "古桥修缮历时8个月，投入资金1200万元。", "1200万元"),
        ("什么时候开馆", "5月18日，新博物馆正式开馆，首日接待3000人。", "5月18日"),
        ("修缮用了多久", "古桥修缮历时8个月，投入资金1200万元。", "8个月"),
        ("志愿者培训多久一次", "社区以每季度一次的频率组织志愿者培训。", "每季度一次"),
        ("谁提出了三色管理法", "厂长张伟提出的“三色管理法”已在各车间推行。", "张伟"),
        ("柳河村村民叫什么名字", "镇里推出“早餐车”，柳河村村民李梅十分满意。", "李梅"),
        ("哪个区试点了夜间门诊", "江宁区社区医院率先试点夜间门诊。", "江宁区"),
        ("为什么管线改造这么慢", "管线改造涉及部门多，协调程序复杂，推进慢。", "推进慢"),
        ("老街怎么解决停车问题", "老街针对停车难问题，推出“错时共享”车位，缓解居民焦虑。", "推出“错时共享”车位"),
        ("95.6%是什么", "学校共有毕业生2300人，就业率达95.6%。", "就业率达95.6%"),
        ("33家", "督导组深入企业，下沉33家工作相对薄弱的支部。", "下沉33家"),
        ("2300指的是什么", "学校今年有2300名毕业生走上岗位。", "2300名毕业生"),
    ],
)  # fmt: skip
def test_each_type_of_question_gets_its_kind_of_answer(query: str, fact: str, answer: str) -> None:
    assert said(query, fact) == answer


@pytest.mark.parametrize("query", ["古桥", "古桥修缮", "是否完成修缮"])
def test_a_query_that_is_no_question_gets_no_short_answer(query: str) -> None:
    assert said(query, "古桥修缮历时8个月，投入资金1200万元。") is None


@pytest.mark.parametrize(
    ("query", "fact"),
    [
        ("修缮花了多少钱", "古桥修缮历时8个月，动用工匠60人。"),
        ("什么时候通车", "新线车站主体结构封顶。"),
        ("有几座车站", "新线投资20亿元。"),
    ],
)
def test_a_fact_without_the_asked_kind_gives_no_short_answer(query: str, fact: str) -> None:
    assert said(query, fact) is None


def test_what_the_search_found_by_other_ways_counts_like_the_words() -> None:
    fact = "甲厂耗时9天，乙厂耗时3个多月。"
    query = analyse("yichang 多久", Aliases(), CHINESE)
    assert answer_span(query, fact, CHINESE, matched=[(7, 9)]) == "3个多月"


_PIECES = st.sampled_from(
    ["多少", "谁", "哪个区", "什么时候", "多久", "为什么", "怎么", "是什么", "浦东", "3个", "“四联”", "，", "、", "（", "机制", "龚正", "%"]
)  # fmt: skip


@given(
    st.lists(_PIECES, max_size=12).map("".join) | st.text(max_size=40),
    st.lists(_PIECES, max_size=30).map("".join) | st.text(max_size=80),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_said_stands_word_for_word_in_the_fact(query: str, fact: str) -> None:
    answer = said(query, fact)
    assert answer is None or (answer in fact and 0 < len(answer) <= LONGEST_ANSWER)


@pytest.mark.parametrize("query", ["弄" * 256, " ".join(["养老"] * 64) + "多少", "多少" * 128])
@pytest.mark.parametrize("fact", ["弄" * 3000, "养老，" * 1000, "1、" * 1500, "2020年规模1个，" * 400])
def test_repetition_is_read_in_bounded_time(query: str, fact: str) -> None:
    answer = said(query, fact)
    assert answer is None or answer in fact

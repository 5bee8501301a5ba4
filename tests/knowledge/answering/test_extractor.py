"""The short answer of a fact, scored among all that may be one."""

from __future__ import annotations

import pytest

from knowledge.answering.alignment import Aligner
from knowledge.answering.extractor import FactReading
from knowledge.answering.window import Passage, Surroundings
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.snapshot import answer_model
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()


def reading(query: str, fact: str) -> FactReading:
    asked = analyse(query, Aliases(), CHINESE)
    model = answer_model()
    return FactReading(
        asked, Aligner(asked, model.doubts, lambda word: 0.5), Passage(fact, Surroundings(), CHINESE), model
    )


BRIDGE = "柳湾大桥全长1860米，由柳江路桥公司承建，2022年9月通车。"
TRADE = "2023年柳江市进口额为18亿元，2024年达31.6亿元，同比增长75.6%，占全省的12.5%。"


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("柳湾大桥有多长", BRIDGE, "1860米"),
        ("柳湾大桥由谁承建", BRIDGE, "柳江路桥公司"),
        ("柳湾大桥什么时候通车", BRIDGE, "2022年9月"),
        ("2024年柳江市进口额是多少", TRADE, "31.6亿元"),
        ("2023年柳江市进口额是多少", TRADE, "18亿元"),
        ("进口额增长多少", TRADE, "75.6%"),
        ("进口额占全省多少", TRADE, "12.5%"),
        ("有多少名党员参加", "近35万名党员参加了活动。", "近35万名"),
        ("西城区新增多少个充电桩", "东城区新增充电桩910个，西城区新增充电桩330个。", "330个"),
        ("总投资多少", "水库工程完工，总投资8 6 0 0万元。", "8 6 0 0万元"),
        ("总机电话是多少", "总机电话：8888", "8888"),
        ("330", "西城区新增充电桩330个，居全市第一。", "西城区新增充电桩330个"),
        ("大桥宽多少米", "大桥长1860米、宽32米。", "32米"),
        ("到机场要多久", "大桥通车后，到机场的车程由50分钟缩短至18分钟。", "18分钟"),
        ("到机场原来要多久", "大桥通车后，到机场的车程由50分钟缩短至18分钟。", "50分钟"),
        ("旧档案为什么转移", "因旧楼漏水严重，旧档案已于去年转移至新馆。", "旧楼漏水严重"),
        ("现场确认是什么时候", "网上报名时间为3月12日至3月16日，现场确认时间为3月20日。", "3月20日"),
        ("100米亚军是谁", "江州选手王建国获得100米冠军，李志强获得亚军。", "李志强"),
        ("KD310售价", "车间安装的KD310售价12.98万元起，功率520千瓦。", "12.98万元"),
        ("柳江市长是谁", "柳江市市长陈建国表示，明年再建一座桥。", "陈建国"),
        ("检修到几点", "二、检修时间：6月3日9时至21时。", "21时"),
        ("检修从几点开始", "二、检修时间：6月3日9时至21时。", "6月3日9时"),
        ("检修时间", "二、检修时间：6月3日9时至21时。", "6月3日9时至21时"),
        ("城南馆观众多少万人次", "分馆：城南馆｜面积：70亩｜观众（万人次）：15", "15"),
        ("哪个区的车站最早试点", "柳南区新桥车站率先试点无纸化乘车。", "柳南区"),
    ],
)
def test_the_likeliest_span_is_said(query: str, fact: str, said: str) -> None:
    answer = reading(query, fact).answer
    assert answer is not None
    assert answer.text == said


def test_a_word_alone_has_no_short_answer() -> None:
    assert reading("柳湾大桥", BRIDGE).answer is None


def test_evidence_counts_what_the_window_lacks() -> None:
    asked = reading("柳湾大桥由谁设计", BRIDGE).evidence
    assert (asked["missing"], asked["absent"] > 0) == (2.0, True)

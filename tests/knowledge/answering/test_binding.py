"""What stands where the answer stands, instead of what was asked for; and near misses made of it."""

from __future__ import annotations

from random import Random

import pytest

from knowledge.answering.alignment import Aligner
from knowledge.answering.extractor import FactReading
from knowledge.answering.window import Passage, Surroundings
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.snapshot import answer_model
from knowledge.text.analyzer import ChineseAnalyzer
from knowledge.training.near_misses import crossed

CHINESE = ChineseAnalyzer()
HOSPITAL = "新院区设有门诊楼和急诊楼，住院楼高22层。"
RACE = "林晓梅获得女子100米冠军，打破校纪录。"


def reading(query: str, fact: str, near: str = "") -> FactReading:
    asked = analyse(query, Aliases(), CHINESE)
    model = answer_model()
    around = Surroundings(after=(near,) if near else ())
    return FactReading(
        asked, Aligner(asked, model.doubts, lambda word: 0.5), Passage(fact, around, CHINESE), model
    )


@pytest.mark.parametrize(
    ("query", "fact", "near", "beside"),
    [
        ("门诊楼多少层", HOSPITAL, "", ["住院楼"]),
        ("住院楼多少层", HOSPITAL, "", []),
        ("谁获得男子100米冠军", RACE, "男子跳远冠军是陈立。", ["女子"]),
        ("谁获得女子100米冠军", RACE, "男子跳远冠军是陈立。", []),
    ],
)
def test_another_of_its_kind_beside_the_answer_is_seen(
    query: str, fact: str, near: str, beside: list[str]
) -> None:
    found = reading(query, fact, near)
    assert [one.printed for one in found.rivals if not one.deed] == beside


@pytest.mark.parametrize(
    ("query", "late"),
    [("2023年总投资多少", 1.0), ("总投资多少", 0.0)],
)
def test_a_time_behind_the_answer_is_said_of_something_else(query: str, late: float) -> None:
    fact = "大堤总投资3.2亿元，由宏远集团承建，2023年9月开工。"
    assert reading(query, fact).evidence["late"] == late


@pytest.mark.parametrize(
    ("query", "fact", "differs"),
    [
        ("75项", "这位75岁祖母走完全程。", [("75项", "75岁")]),
        ("75项", "全区查出问题75个。", []),
        ("竹山镇新建大棚多少座", "竹山乡新建大棚41座。", [("镇", "竹山乡")]),
        ("去年投放育秧盘多少张", "今年投放育秧盘310万张，比去年增加45万张。", [("去年", "今年")]),
        ("哪个区充电桩最多", "东城区有充电桩860个，西城区420个。", [("最多", "")]),
        ("哪个区充电桩最多", "东城区充电桩达860个，居全市第一。", []),
        ("青山大桥什么时候建成", "青山大桥尚未建成，预计明年通车。", [("建成", "尚未建成")]),
        ("哪座桥没有建成", "青山大桥已建成，白水大桥未建成。", []),
    ],
)
def test_another_value_forbids(query: str, fact: str, differs: list[tuple[str, str]]) -> None:
    found = reading(query, fact)
    assert [(one.constraint.text, one.printed) for one in found.contradicting] == differs


def test_a_crossing_takes_a_word_that_the_sentence_says_of_something_else() -> None:
    sentence = "急诊楼面积3万平方米，住院楼高22层。"
    start = sentence.index("22层")
    found = crossed("住院楼高多少层", sentence, (start, start + 3), "", CHINESE.tokens, Random(1))
    assert found is not None
    assert (found.old, found.new) == ("住院楼", "急诊楼")


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("住院楼高多少层", "住院楼高22层。", "22层"),
        ("住院楼高多少层", "急诊楼高6层，住院楼高22层。", "22层"),  # 急诊楼高多少层 is answered there too
    ],
)
def test_what_a_clause_of_its_own_answers_is_no_crossing(question: str, sentence: str, answer: str) -> None:
    start = sentence.index(answer)
    assert crossed(question, sentence, (start, start + len(answer)), "", CHINESE.tokens, Random(1)) is None

"""What a question binds is borne out, doubted, or contradicted: another value forbids the fact."""

from __future__ import annotations

import pytest

from knowledge.answering.alignment import LEVELS, Aligner, Alignment, Doubts
from knowledge.answering.constraints import SlotKind
from knowledge.answering.window import Passage, Surroundings
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()
DOUBTS = Doubts(
    {kind.value: [0.0] * len(LEVELS) for kind in SlotKind},
    0,
    0,
    0,
    0,
    0,
    {"进": "出", "出": "进", "升": "降", "降": "升"},
)
BRIDGE = "柳湾大桥全长1860米，由柳江路桥公司承建，2022年9月通车。"
TRADE = "2024年上半年柳江市进口额达31.6亿元，同比上升4.2%。"
SCHOOL = "柳江一中今年招收高一新生480人，东城区新增幼儿园12所。"
DEVICE = "车间安装了KD310型机床，联系电话0772-3811-2200，共计24台。"


def align(query: str, fact: str, around: Surroundings | None = None) -> tuple[Alignment, ...]:
    aligner = Aligner(analyse(query, Aliases(), CHINESE), DOUBTS, lambda word: 0.5)
    return aligner.align(Passage(fact, around or Surroundings(), CHINESE))


@pytest.mark.parametrize(
    ("query", "fact", "asked", "printed"),
    [
        ("2024年下半年柳江市进口额是多少", TRADE, "2024年下半年", "2024年上半年"),
        ("2023年上半年柳江市进口额是多少", TRADE, "2023年上半年", "2024年上半年"),
        ("柳江市出口额是多少", TRADE, "出口额", "进口"),
        ("柳湾大桥宽多少米", BRIDGE, "宽", "全长"),
        ("柳江二中招收多少新生", SCHOOL, "二中", "一中"),
        ("KD311有多少台", DEVICE, "kd311", "KD310"),
        ("西城区新增多少所幼儿园", SCHOOL, "西城区", "东城区"),
        ("校长是谁", "柳江一中副校长陈梅表示满意。", "校长", "副校长"),
        ("省财政出资多少", "总投资3亿元，其中市财政出资2亿元。", "省", "市财政"),
    ],
)
def test_another_value_in_the_same_place_forbids_and_is_named(
    query: str, fact: str, asked: str, printed: str
) -> None:
    hard = [one for one in align(query, fact) if one.hard]
    assert [one.constraint.text for one in hard] == [asked]
    assert printed in hard[0].printed


@pytest.mark.parametrize(
    ("query", "fact"),
    [
        ("查出多少问题", "全市查找出的5533个问题已销号。"),
        ("2024年上半年柳江市进口额是多少", TRADE),
        ("上半年进口额", TRADE),
        ("柳湾大桥有多长", BRIDGE),
        ("柳江一中招收多少新生", SCHOOL),
        ("东城区新增多少所幼儿园", SCHOOL),
        ("KD310", DEVICE),
        ("kd-310", DEVICE),
        ("38112200", DEVICE),
        ("柳湾大桥由谁承建", BRIDGE),
        ("哪个车站最早试点", "柳南区新桥车站率先试点无纸化乘车。"),
    ],
)
def test_what_the_fact_says_contradicts_nothing(query: str, fact: str) -> None:
    assert [one for one in align(query, fact) if one.hard] == []


def test_a_time_is_inherited_from_section_title_and_date() -> None:
    fact = "进口额达31.6亿元。"
    assert any(one.hard for one in align("2023年进口额", fact, Surroundings(heads=("2024年海关公报",))))
    assert any(one.hard for one in align("2023年进口额", fact, Surroundings(date="2024-03-01")))
    assert not any(one.hard for one in align("2024年进口额", fact, Surroundings(heads=("2024年海关公报",))))


def test_a_word_that_stands_nowhere_is_absent_not_contradicted() -> None:
    design = next(one for one in align("柳湾大桥由谁设计", BRIDGE) if one.constraint.text == "设计")
    assert (LEVELS[design.level], design.hard) == ("absent", False)

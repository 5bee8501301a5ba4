"""Questions after others, over articles that tell of several things alike: what is meant is what the articles tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.snapshot import Snapshot
from tests.knowledge.search.corpus import snapshot

ARTICLES = {
    "隧道.txt": (
        "青石路隧道今天贯通",
        "10月8日，临川青石路隧道贯通，隧道全长约4.2公里。",
        "隧道的设计时速为60公里，预计明年下半年通车。",
    ),
    "铁路.txt": (
        "北岭铁路全线铺轨完成",
        "北岭铁路线路全长310公里，设计时速350公里，全线预计2029年通车。",
        "铁路沿线设有6座车站，投资183亿元。",
    ),
    "东州.txt": (
        "东州上半年经济稳中向好",
        "今年上半年，东州市实现生产总值832亿元，同比增长6.4%。",
        "上半年，东州市旅游收入达到52亿元。",
    ),
    "西州.txt": (
        "西州全年旅游升温",
        "去年，西州市旅游收入为79亿元，住宿业收入为12亿元。",
    ),
    "地震.txt": (
        "南屿岛附近海域发生强震",
        "15日，南屿岛附近海域发生的强震造成51人死亡。",
        "受地震影响，约5000人被疏散。",
    ),
    "另一次地震.txt": (
        "北崎岛发生6.9级地震",
        "北崎岛附近发生6.9级地震，震源深度50公里。",
    ),
    "又一次地震.txt": (
        "柳湾发生地震",
        "柳湾县发生3.1级地震，震源深度8公里。",
    ),
    "公租房.txt": (
        "公租房申请办法公布",
        "公租房由居民向街道办事处申请，申请表可在网上下载。",
    ),
}
TUNNEL = "临川青石路隧道全长多少"
YIELD = "东州上半年生产总值是多少"
QUAKE = "南屿岛的强震造成多少人死亡"


@pytest.fixture(scope="module")
def reports() -> Iterator[Snapshot]:
    with snapshot(articles=ARTICLES) as opened:
        yield opened


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (TUNNEL, "设计时速呢", "60公里"),
        (YIELD, "同比增长多少", "6.4%"),
        (YIELD, "旅游收入呢", "52亿元"),
        (YIELD, "那旅游收入是多少", "52亿元"),
        (QUAKE, "疏散了多少人", "5000人"),
        ("东州上半年旅游收入是多少", "那西州去年呢", "79亿元"),
    ],
)
def test_a_follow_up_is_answered_by_what_tells_of_the_same(
    reports: Snapshot, before: str, now: str, told: str
) -> None:
    answer = reports.ask(now, context=[before])
    assert answer.found
    assert told in answer.hits[0].fact.text
    assert answer.understood not in (None, now)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (QUAKE, "震源深度是多少"),  # told of two others
        (QUAKE, "震级是多少"),
        (TUNNEL, "投资了多少"),
        (TUNNEL, "造价呢"),
        (YIELD, "住宿业收入呢"),
    ],
)
def test_what_is_told_of_others_alone_does_not_answer_a_follow_up(
    reports: Snapshot, before: str, now: str
) -> None:
    assert not reports.ask(now, context=[before]).found


def test_what_no_article_tells_is_not_taken_for_a_follow_up(reports: Snapshot) -> None:
    answer = reports.ask("地铁票价", context=[TUNNEL])
    assert (answer.found, answer.understood) == (False, None)


def test_what_one_article_alone_tells_may_be_asked_without_any_name(reports: Snapshot) -> None:
    answer = reports.ask("怎么申请公租房", context=[TUNNEL])
    assert answer.understood is None
    assert "街道办事处" in answer.hits[0].fact.text


def test_a_talk_stays_with_its_subject_over_questions_that_name_none(reports: Snapshot) -> None:
    context: list[str] = [YIELD, "同比增长多少"]
    assert "52亿元" in reports.ask("旅游收入呢", context=context).hits[0].fact.text


def test_a_later_question_in_one_message_is_of_the_same_as_the_first(reports: Snapshot) -> None:
    answer = reports.ask("临川青石路隧道全长多少，设计时速多少？")
    assert [hit.fact.article.file for hit in answer.hits] == ["隧道.txt", "隧道.txt"]
    assert answer.answers == ("约4.2公里", "60公里")


def test_two_questions_with_one_answer_are_both_answered(reports: Snapshot) -> None:
    assert reports.ask("临川青石路隧道全长多少？临川青石路隧道有多长？").answers == ("约4.2公里",) * 2


def test_what_is_compared_is_not_said_in_different_units() -> None:
    articles = {
        "小麦.txt": ("夏收", "柳江县小麦产量为12万吨。"),
        "玉米.txt": ("秋种", "柳江县玉米产量占全市的45%。"),
    }
    with snapshot(articles=articles) as opened:
        answer = opened.ask("柳江县小麦产量比玉米产量多多少")
        assert {hit.fact.article.file for hit in answer.hits} == set(articles)
        assert not answer.answers

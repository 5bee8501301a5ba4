"""Whom a sentence is told of that names nobody: whoever was named last, never one named farther away or later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from knowledge.answering.owners import asked_doers
from knowledge.answering.window import Passage, Surroundings
from knowledge.documents.folder import read_document
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.repair.pipeline import repair_document
from knowledge.snapshot import Snapshot
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()
PRICES = """三种新车上市

云雀S5车身长4.6米。它的续航里程为520公里。售价为15.9万元。
山猫T7车身长4.8米。它的续航里程为610公里。售价为19.8万元。
"""
LESSONS = """寒假班开始报名

班级一：少年围棋
老师：方明
课时：8课时，价格：360元
班级二：儿童书法
老师：罗敏
课时：10课时，价格：480元
"""
PARKS = """景区门票公布

南山公园
门票：20元，开放时间：8:00至18:00。
东湖公园
门票：35元，开放时间：7:30至19:00。
北园动物园
门票：60元，开放时间：9:00至17:00。
"""
NOTICES = """午间公告：青河股份中标汽车厂项目；远山股份中标7亿元项目

白石科技：9614.5万元竞得平安市工业用地，将为公司锂电新材料产业基地提供用地。
远山股份：确定为节能公司两个风电场项目的设备供应商，中标价7亿元。
青河股份：确认中标广汽公司涂装车间搬送设备等项目，中标额6962万元。
"""


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Snapshot]:
    texts = enumerate((PRICES, LESSONS, PARKS, NOTICES))
    documents = [repair_document(read_document(f"{n}.txt", text.encode())) for n, text in texts]
    with closing(Snapshot.of("v1", documents, reader=lambda: None)) as snapshot:
        yield snapshot


@pytest.mark.parametrize(
    ("query", "value", "found"),
    [
        ("云雀S5售价多少", "15.9万元", False),
        ("山猫T7售价多少", "19.8万元", False),
        ("山猫T7的续航里程是多少", "610公里", True),
        ("少年围棋的价格是多少", "360元", True),
        ("儿童书法的价格是多少", "480元", True),
        ("儿童书法有多少课时", "10课时", True),
        ("南山公园门票多少钱", "20元", True),
        ("东湖公园门票多少钱", "35元", True),
        ("北园动物园门票多少钱", "60元", True),
        ("青河股份中标多少", "6962万元", True),
        ("远山股份中标多少", "7亿元", True),
        ("远山股份的中标价是多少", "7亿元", True),
    ],
)
def test_a_value_is_told_of_whom_the_text_named_last_or_not_at_all(
    catalogue: Snapshot, query: str, value: str, found: bool
) -> None:
    """What is `found` today has to be found; of the others nothing else may be said."""
    answer = catalogue.ask(query)
    assert answer.answer == value or not (found or answer.answer)
    assert not answer.found or value in answer.hits[0].fact.text


@pytest.mark.parametrize("query", ["黑豹Z1售价多少", "西山公园门票多少钱", "少年象棋的价格是多少"])
def test_a_value_is_not_told_of_whom_the_text_never_names(catalogue: Snapshot, query: str) -> None:
    assert not catalogue.ask(query).found


@pytest.mark.parametrize(
    ("query", "doers"),
    [("谁发现了盲鱼", ["东陵大学团队"]), ("在哪个洞发现的", []), ("和谁发现了盲鱼", [])],
)
def test_who_does_what_is_asked_is_sought_where_the_question_asks_for_a_doer(
    query: str, doers: list[str]
) -> None:
    passage = Passage("东陵大学团队在白龙洞发现了盲鱼。", Surroundings(), CHINESE)
    assert asked_doers(analyse(query, Aliases(), CHINESE), passage) == doers

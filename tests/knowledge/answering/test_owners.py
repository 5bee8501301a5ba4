"""Whom a sentence is told of that names nobody: whoever was named last, never one named farther away or later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from knowledge.answering.alignment import Aligner
from knowledge.answering.extractor import FactReading
from knowledge.answering.owners import asked_doers
from knowledge.answering.window import Passage, Surroundings
from knowledge.documents.folder import read_document
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.repair.pipeline import repair_document
from knowledge.snapshot import Snapshot, answer_model
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
    ("query", "value"),
    [
        ("云雀S5售价多少", "15.9万元"),
        ("山猫T7售价多少", "19.8万元"),
        ("山猫T7的续航里程是多少", "610公里"),
        ("少年围棋的价格是多少", "360元"),
        ("儿童书法的价格是多少", "480元"),
        ("儿童书法有多少课时", "10课时"),
        ("南山公园门票多少钱", "20元"),
        ("东湖公园门票多少钱", "35元"),
        ("北园动物园门票多少钱", "60元"),
        ("青河股份中标多少", "6962万元"),
        ("远山股份中标多少", "7亿元"),
    ],
)
def test_a_value_is_told_of_whom_the_text_named_last(catalogue: Snapshot, query: str, value: str) -> None:
    answer = catalogue.ask(query)
    assert answer.answer in (None, value)
    assert not answer.found or value in answer.hits[0].fact.text


def test_most_of_such_values_are_found(catalogue: Snapshot) -> None:
    values = {
        "少年围棋的价格是多少": "360元",
        "儿童书法的价格是多少": "480元",
        "东湖公园门票多少钱": "35元",
        "青河股份中标多少": "6962万元",
        "远山股份的中标价是多少": "7亿元",
    }
    assert {query: catalogue.ask(query).answer for query in values} == values


@pytest.mark.parametrize("query", ["黑豹Z1售价多少", "西山公园门票多少钱", "少年象棋的价格是多少"])
def test_a_value_is_not_told_of_whom_the_text_never_names(catalogue: Snapshot, query: str) -> None:
    assert not catalogue.ask(query).found


def contradicts(query: str, fact: str, around: Surroundings) -> bool:
    asked = analyse(query, Aliases(), CHINESE)
    aligner = Aligner(asked, answer_model().doubts, lambda word: 0.5)
    return any(one.hard for one in aligner.align(Passage(fact, around, CHINESE)))


@pytest.mark.parametrize(
    ("query", "fact", "before", "after"),
    [
        ("陈立哪年毕业", "他2003年毕业。", ("陈立生于清溪。", "罗敏生于柳湾。"), ()),
        ("书法价格多少", "价格：480元", ("班级一：书法", "班级二：围棋"), ()),
        ("K7售价多少", "售价为300元。", ("K7有两种颜色。", "M3只有黑色。"), ()),
        ("暮云座钟售价多少", "售价3575元。", (), ("暮云座钟",)),
        ("容量是多少", "屏幕为6英寸。", ("它的容量为4000毫安时。",), ()),
        ("补贴每月多少钱", "补贴标准为每年3600元。", (), ()),
        ("云雀S20屏幕多大", "云雀 S20 Max 的屏幕为6.9英寸。", (), ()),
        ("云雀S20多重", "云雀 S20+ 重186克。", (), ()),
        ("云雀S20+多重", "云雀 S20 重163克。", (), ()),
    ],
)
def test_another_named_nearer_or_the_asked_one_later_contradicts(
    query: str, fact: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert contradicts(query, fact, Surroundings(before=before, after=after))


@pytest.mark.parametrize(
    ("query", "fact", "before", "after"),
    [
        ("陈立哪年毕业", "他2003年毕业。", ("陈立生于清溪。", "当地有一所老学校。"), ()),
        ("陈立哪年毕业", "他2003年毕业。", ("罗敏生于柳湾。", "陈立生于清溪。"), ()),
        ("K7售价多少", "售价为300元。", ("K7有两种颜色。", "屏幕很亮。"), ()),
        ("获奖者得到多少奖金", "获奖者得到40万元。", (), ("另外两人各得15万元的奖金。",)),
        ("面积多大", "占地120亩。", ("公园的面积扩大了。",), ()),
        ("第四批资金多少", "10月份将按计划下达第四批690亿元资金。", (), ()),
        ("补贴每年多少钱", "补贴标准为每年3600元，每月发放。", (), ()),
        ("补贴每天多少钱", "补贴标准为每日36元。", (), ()),
        ("云雀S20 Max屏幕多大", "云雀 S20 Max 的屏幕为6.9英寸。", (), ()),
        ("云雀S20+屏幕多大", "云雀 S20+ 屏幕尺寸为6.7英寸，重186克。", (), ()),
        ("云雀S20多重", "云雀 S20、S20+ 各重163克、186克。", (), ()),
    ],
)
def test_what_is_said_between_takes_no_owner_away(
    query: str, fact: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert not contradicts(query, fact, Surroundings(before=before, after=after))


YEARS = "2019年，柳江省采用新试卷，2024年东陵省全面改革。"
FLATS = "与此同时，红叶公寓被青禾公寓以三亿元收购。"
LEAD = "林晓梅已连续15个月领跑，此后依次是陈立、罗敏。"
VISITS = "来自柳江的游客增加两成，达到36万人；来自东陵的游客达到25万人。"
HELP = "十年来，基金会在柳江州资助学生2.1万人次，捐赠图书3万册。"
RECORD = "昨晚，林晓梅打破了罗敏的纪录。"
SWIM = "林晓梅在决赛中击败陈立，以2分01秒打破赛会纪录。"
DRILLS = "柳江市开展消防演练，东陵市开展防汛演练。"
COURSES = "水彩入门课1200元，油画进阶课2200元。"
LINES = "12路延长至新城站，末班车22:30；35路取消绕行，票价2元。"
ELECTED = "当地时间10月27日，林晓梅以52%的得票率当选，击败了陈立。"
TALKS = "林晓梅上周和罗敏通过三次电话。"
MOVED = "康宁药业把总部迁到新城工业园区后，研发人员增至800人。"


@pytest.mark.parametrize(
    ("query", "fact", "before", "barred"),
    [
        ("东陵省哪一年采用新试卷", YEARS, (), True),
        ("柳江省哪一年采用新试卷", YEARS, (), False),
        ("金宇公寓被谁以三亿元收购", FLATS, ("金宇公寓陷入困境。",), True),
        ("红叶公寓被谁以三亿元收购", FLATS, ("金宇公寓陷入困境。",), False),
        ("陈立连续领跑多少个月", LEAD, (), True),
        ("林晓梅连续领跑多少个月", LEAD, (), False),
        ("百川生物的研发人员增至多少人", MOVED, ("康宁药业与百川生物签署协议。",), True),
        ("康宁药业的研发人员增至多少人", MOVED, ("康宁药业与百川生物签署协议。",), False),
        ("柳江州有多少名学生", HELP, (), True),
        ("云溪县有多少座大棚", "石塘镇新建大棚68座。", ("云溪县公布进展。",), False),
        ("基金会资助多少学生", HELP, (), False),
        ("谁打破了林晓梅的纪录", RECORD, (), True),
        ("谁打破了罗敏的纪录", RECORD, (), False),
        ("谁打破了林晓梅的纪录", SWIM, (), True),
        ("陈立击败了谁", SWIM, (), True),
        ("林晓梅击败了谁", SWIM, (), False),
        ("柳江市在哪里开展演练", DRILLS, (), True),
        ("哪个市开展防汛演练", DRILLS, (), False),
        ("油画入门课多少钱", COURSES, (), True),
        ("油画进阶课多少钱", COURSES, (), False),
        ("12路票价多少", LINES, (), True),
        ("35路票价多少", LINES, (), False),
        ("陈立的得票率是多少", ELECTED, (), True),
        ("林晓梅的得票率是多少", ELECTED, (), False),
        ("林晓梅是哪个国家的", "东陵队的林晓梅得到27分。", (), True),
        ("林晓梅收购了谁", "林晓梅的公司被陈立收购。", (), True),
        ("林晓梅和陈立通过几次电话", TALKS, ("陈立是她的同学。",), True),
        ("林晓梅和罗敏通过几次电话", TALKS, (), False),
        ("多少学生从专科转为本科", "有120名学生从本科转为专科。", (), True),
        ("多少学生从本科转为专科", "有120名学生从本科转为专科。", (), False),
    ],
)
def test_what_is_told_of_another_answers_nothing(
    query: str, fact: str, before: tuple[str, ...], barred: bool
) -> None:
    assert read(query, fact, Surroundings(before=before)).is_barred is barred


def test_what_is_told_of_a_part_of_a_place_is_not_said_of_it() -> None:
    beside = Surroundings(before=("云溪县公布进展。",))
    assert read("云溪县有多少座大棚", "石塘镇新建大棚68座。", beside).other_subject == ("云溪县", "石塘镇")


def test_of_two_items_the_one_that_names_who_was_asked_about_answers() -> None:
    answer = read("来自东陵的游客达到多少人", VISITS, Surroundings()).answer
    assert answer is not None
    assert answer.text == "25万人"


def read(query: str, fact: str, around: Surroundings) -> FactReading:
    asked = analyse(query, Aliases(), CHINESE)
    aligner = Aligner(asked, answer_model().doubts, lambda word: 0.5)
    return FactReading(aligner, Passage(fact, around, CHINESE), answer_model())


@pytest.mark.parametrize(
    ("query", "doers"),
    [("谁发现了盲鱼", ["东陵大学团队"]), ("在哪个洞发现的", []), ("和谁发现了盲鱼", [])],
)
def test_who_does_what_is_asked_is_sought_where_the_question_asks_for_a_doer(
    query: str, doers: list[str]
) -> None:
    passage = Passage("东陵大学团队在白龙洞发现了盲鱼。", Surroundings(), CHINESE)
    assert asked_doers(analyse(query, Aliases(), CHINESE), passage) == doers

"""Times in any writing are parts that compare."""

from __future__ import annotations

import pytest

from knowledge.text.periods import Period, Relation, periods


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("会议于2025.7.24召开", Period(year=2025, month=7, day=24)),
        ("2025-07-24", Period(year=2025, month=7, day=24)),
        ("2025/7/24", Period(year=2025, month=7, day=24)),
        ("2025年7月24日", Period(year=2025, month=7, day=24)),
        ("二〇二五年七月", Period(year=2025, month=7)),
        ("2023年下半年", Period(year=2023, half=2)),
        ("去年三季度", Period(relative=-1, quarter=3)),
        ("首班车:6:05", Period(clock=365)),
        ("下午3点半", Period(clock=930)),
        ("今年前两个月", Period(relative=0, months=(1, 2))),
        ("2023年1—11月份", Period(year=2023, months=(1, 11))),
        ("前三季度", Period(months=(1, 9))),
    ],
)
def test_a_time_is_read_in_any_writing(text: str, period: Period) -> None:
    assert [span.period for span in periods(text)] == [period]


@pytest.mark.parametrize(
    "text", ["三年级", "70.12%", "2.3亿元", "192.168.1.10", "第3日", "上级部门", "百日攻坚"]
)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert periods(text) == ()


@pytest.mark.parametrize(
    ("asked", "printed", "relation"),
    [
        ("上半年", "5月", Relation.NARROWER),
        ("2023年下半年", "2023年上半年", Relation.OTHER),
        ("2023年下半年", "2023年", Relation.ABSENT),
        ("2023年", "2023年上半年", Relation.NARROWER),
        ("2025年7月24日", "2025.7.24", Relation.SAME),
        ("一季度", "下半年", Relation.OTHER),
        ("去年", "今年", Relation.OTHER),
        ("前两个月", "1—7月", Relation.OTHER),
        ("前两个月", "1至2月", Relation.SAME),
        ("前11个月", "5月", Relation.NARROWER),
        ("上半年", "前三季度", Relation.OTHER),
    ],
)
def test_times_compare_part_by_part(asked: str, printed: str, relation: Relation) -> None:
    assert periods(asked)[0].period.related(periods(printed)[0].period) is relation


def test_a_time_takes_from_an_outer_one_what_it_does_not_tell() -> None:
    assert Period(month=6).within(Period(year=2023, month=1)) == Period(year=2023, month=6)

"""Reading order: columns one after another, restored where the page establishes it, doubted where it does not.

Whole pages and how they are read are in `samples/order.txt`.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.repair.join_model import each_goes_on, goes_on
from knowledge.repair.page_layout import page_lines
from tests.knowledge.repair.pages import column, document, repair, texts

DAWN = "清晨六点，骑手小张已经在站点等候。今年以来，全市新增骑手驿站86个，覆盖16个街道。"
WARM = "驿站里配有饮水机、充电柜和急救箱。“冬天能喝上一口热水，心里暖和。”小张说。"
MONEY = "市总工会介绍，驿站建设采取“政府搭台、企业唱戏”的方式，累计投入资金1200余万元。"
POINTS = "如何让驿站用得久？各区探索积分管理，骑手参与志愿服务可兑换餐券，目前已兑换3.2万份。"
CLOSE = "专家认为，关爱新就业群体，既要有温度，也要有制度。今后还应在职业伤害保障上多下功夫。"
LEAD = (
    "骑手驿站，是城市送给奔波者的一份礼物。近日，记者走访全市多个街道，看骑手驿站如何从无到有，让新就业群体切实感受到"
    "城市的温度与善意，也记录下这份善意背后的制度探索。本市自去年启动骑手驿站建设，至今已走过一年。"
)
NARROW = 14


def narrow(*paragraphs: str) -> str:
    return "\n".join(column(paragraph, NARROW) for paragraph in paragraphs)


def test_the_lead_under_the_title_comes_first_and_headings_that_stand_together_are_shared_out() -> None:
    page = "\n\n".join(
        (
            narrow(WARM, MONEY),
            "让骑手驿站从无到有",
            "——全市骑手驿站建设一年观察",
            column(LEAD, 40),
            narrow(CLOSE),
            "（张驰）",
            narrow(DAWN, POINTS),
            "暖在细处看得见",
            "管在实处用得久",
        )
    )
    repaired = repair(page)
    assert repaired.articles[0].title.text == "让骑手驿站从无到有"
    starts = [fact.text[:4] for fact in repaired.facts]
    assert starts[:3] == ["骑手驿站", "近日，记", "本市自去"]
    assert sorted(starts[3:]) == sorted(["驿站里配", "“冬天能", "小张说。", "市总工会", "清晨六点", "今年以来", "如何让驿", "各区探索", "专家认为", "今后还应"])  # fmt: skip
    assert [heading.text for heading in repaired.articles[0].headings] == ["暖在细处看得见", "管在实处用得久"]
    assert {fact.section for fact in repaired.facts[3:]} >= {"暖在细处看得见", "管在实处用得久"}
    assert "reordered" in {entry.kind for entry in repaired.log if entry.doubt}


def test_a_narrow_column_is_never_joined_with_the_wide_one_that_follows() -> None:
    foot = narrow(POINTS).split("\n")[:1]
    page = "\n".join(("骑手驿站里的温度", "", narrow(DAWN, WARM), *foot, column(LEAD, 40)))
    assert "骑手驿站，是城市送给奔波者的一份礼物。" in texts(repair(page))


LEFT = (
    "昨日，引水工程二期正式通",
    "水，日供水能力达到一百二",
    "十万吨，惠及近八十万居民",
    "，周边三个乡镇同时受益，",
    "水费不变，水质明显改善，",
    "居民说水甜了许多，放心。",
)
RIGHT = (
    "市水务集团表示，下一步将",
    "加快老旧管网改造，计划到",
    "明年底完成二百六十公里的",
    "更新，另建两座泵站，预计",
    "投资三亿元，资金已到位，",
    "工程将分三期陆续完成了。",
)


WEST = (
    *LEFT,
    "二期工程自前年开工，先后铺",
    "设管道一百四十公里，新建水",
    "厂一座，其间还更换了两千多",
    "只旧阀门，漏损率已经降到百",
    "分之八，今年还要在郊区再增",
    "设三处供水点，向居民开放。",
)
EAST = (
    *RIGHT,
    "集团还公布了投诉电话，居民",
    "遇到停水、水压不足等情况可",
    "以随时拨打，工作人员将在两",
    "个小时之内赶到现场，处理的",
    "结果当天答复，逾期未办的由",
    "监察部门追究有关人员责任。",
)


@pytest.mark.parametrize("gap", [" ", "    ", "\u3000\u3000\u3000"])
def test_columns_are_read_one_after_another_and_spans_stay_exact(gap: str) -> None:
    page = document("\n".join(left + gap + right for left, right in zip(LEFT, RIGHT, strict=True)))
    lines = page_lines(page)
    assert [line.text for line in lines] == [*LEFT, *RIGHT]
    assert all(page.lines[s.line - 1][s.start : s.end] in line.text for line in lines for s in line.spans)


@pytest.mark.parametrize("heights", [(1,) * 12, (2, 1, 3, 2, 2, 2)], ids=["lines", "blocks"])
def test_columns_that_stand_in_turns_one_or_more_lines_at_a_time_are_read_one_after_the_other(
    heights: tuple[int, ...],
) -> None:
    ends = [0, *accumulate(heights)]
    turns = ["\n".join(column[low:high]) for low, high in pairwise(ends) for column in (WEST, EAST)]
    lines = page_lines(document("\n\n".join(turns)))
    assert [line.text for line in lines] == [*WEST, *EAST]


NORTH = (
    "市图书馆新馆昨日开门迎客，",
    "首日接待读者一万两千余人，",
    "馆内设有少儿借阅区、古籍展",
    "厅和二十四小时自助书房，读",
    "者凭身份证即可办理借书手续",
    "，无需再交纳押金和工本费。",
)
SOUTH = (
    "首批投用的新能源公交车共有",
    "三十五辆，分别投放在三条线",
    "路上，每次充满电可以行驶二",
    "百公里，比柴油车每年节省燃",
    "料费用约四成，车厢内还增加",
    "了无障碍踏板和轮椅固定区。",
)


def test_two_columns_may_begin_on_one_row_beside_others() -> None:
    rows = [" ".join(row) for row in zip(WEST[:6], EAST[:6], strict=True)]
    rows += [" ".join(row) for row in zip(WEST[6:], EAST[6:], NORTH, SOUTH, strict=True)]
    assert [line.text for line in page_lines(document("\n".join(rows)))] == [*WEST, *EAST, *NORTH, *SOUTH]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join((*LEFT, *RIGHT)),
        "\n\n".join(("\n".join(WEST[:6]), "\n".join(WEST[6:]), "\n".join(EAST[:6]), "\n".join(EAST[6:]))),
        "春江水暖\n江南二月雨初晴，\n柳色青青绕古城。\n燕子归来寻旧垒，\n渔舟唱晚过桥横。\n梅花落尽桃花发，\n布谷声中始劝耕。\n最是一年春好处，\n家家户户理新塍。",
        "\n".join(
            f"{place}{what}名单：张伟 王芳 李娜"
            for place in ("城东", "河西", "南桥")
            for what in ("小学", "中学", "社区")
        ),
        "姓名    年龄    住址\n张三    30    青石镇\n李四    41    柳河县\n王五    28    云溪村\n赵六    35    北仓港\n钱七    52    石桥村\n孙八    33    松林场",
        "def main():\n    total = 0      # the sum\n    for x in y:    # each\n        total += x     # add\n    print(total)   # show\n    return total   # done",
        "张伟  王芳  李娜  刘洋\n陈晨  杨帆  赵敏  黄磊\n周涛  吴刚  徐静  孙丽\n马超  朱军  胡兵  郭靖\n何平  林峰  高山  罗兰\n梁音  宋江  唐婉  许诺",
    ],
    ids=["one column", "blocks in order", "verse", "lists", "a table", "code", "names"],
)
def test_what_stands_in_no_columns_stays_as_it_is(text: str) -> None:
    rows = [number for number, row in enumerate(text.split("\n"), 1) if row]
    assert [line.number for line in page_lines(document(text))] == rows


@given(
    st.lists(st.text(max_size=5), min_size=1, max_size=4),
    st.lists(st.text(max_size=5), min_size=1, max_size=4),
)
def test_lines_go_on_alike_whether_they_are_looked_at_one_by_one_or_together(
    lefts: list[str], rights: list[str]
) -> None:
    assert each_goes_on(lefts, rights) == [[goes_on(left, right) for right in rights] for left in lefts]

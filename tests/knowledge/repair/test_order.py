"""Reading order: columns one after another, restored where the page establishes it, doubted where it does not."""

from __future__ import annotations

from itertools import chain, zip_longest

import pytest

from knowledge.repair.page_layout import page_lines
from tests.knowledge.repair.pages import column, document, removed, repair, texts

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


def begins(text: str) -> list[str]:
    return [fact.text[:4] for fact in repair(text).facts]


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


JUMPS = """城东水厂二期通水

本报讯（记者 张三）城东水厂二期工程昨天正式通水。工程总投资4.5亿元，日供
水能力达到12万吨，惠及城东三个街道的居民。市水务局负责人表示，下一步将加
快推进老旧管网改造，力争三年内完成全部（下转第3版）

河西学校开学

本报讯（记者 李四）河西学校昨天迎来首批新生。学校共设36个班，可容纳学生
1600人，教师平均年龄32岁。

{again}（上接第1版）改造任务。居民代表王先生说，水压比过去稳定多了，水质也明显变
好。水务部门还将开通24小时热线，接受居民监督。
"""


@pytest.mark.parametrize("again", ["", "城东水厂二期通水\n\n"])
def test_an_article_that_goes_on_elsewhere_is_one_article(again: str) -> None:
    repaired = repair(JUMPS.format(again=again))
    assert [article.title.text for article in repaired.articles] == ["城东水厂二期通水", "河西学校开学"]
    own = [fact.text for fact in repaired.facts if fact.article is repaired.articles[0]]
    assert own[2] == "市水务局负责人表示，下一步将加快推进老旧管网改造，力争三年内完成全部改造任务。"
    assert own[-1] == "水务部门还将开通24小时热线，接受居民监督。"
    assert sorted(removed(repaired, "rubric")) == ["（上接第1版）", "（下转第3版）"]


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


def side_by_side(gap: str) -> str:
    return "\n".join(left + gap + right for left, right in zip(LEFT, RIGHT, strict=True))


def test_headlines_beside_each_other_stand_over_their_own_columns() -> None:
    head = "引水工程二期通水日供水 管网改造任务投资三亿元\n能力一百二十万吨 更新管网二百六十公里\n"
    lines = page_lines(document(head + side_by_side("    ")))
    above = ["引水工程二期通水日供水", "能力一百二十万吨"], ["管网改造任务投资三亿元", "更新管网二百六十公里"]
    assert [line.text for line in lines] == [*above[0], *LEFT, *above[1], *RIGHT]


@pytest.mark.parametrize("gap", [" ", "    ", "\u3000\u3000\u3000"])
def test_columns_are_read_one_after_another_and_spans_stay_exact(gap: str) -> None:
    page = document(side_by_side(gap))
    lines = page_lines(page)
    assert [line.text for line in lines] == [*LEFT, *RIGHT]
    assert all(page.lines[s.line - 1][s.start : s.end] in line.text for line in lines for s in line.spans)


def test_columns_whose_lines_stand_in_turns_are_read_one_after_another() -> None:
    left = column(
        "昨天上午，引水工程二期正式通水，日供水能力达到一百二十万吨，惠及近八十万居民。周边三个乡镇同时受益，水费保持不变，水质明显"
        "改善，居民们都说水比过去甜了许多。",
        12,
    ).split("\n")
    right = column(
        "市水务集团负责人表示，下一步将加快老旧管网改造，计划到明年年底完成二百六十公里的更新任务。集团还将另外建设两座泵站，预计投资三"
        "亿元，目前资金已经全部到位。",
        12,
    ).split("\n")
    rows = [line for pair in zip_longest(left, right) for line in pair if line]
    lines = page_lines(document("\n".join(("引水工程二期通水", "", *rows))))
    assert [line.text for line in lines] == ["引水工程二期通水", *left, *right]


def test_columns_are_told_by_their_places_where_gutters_are_as_narrow_as_a_blank() -> None:
    texts = (
        "昨天上午，引水工程二期正式通水，日供水能力达到一百二十万吨，惠及近八十万居民。",
        "市水务集团负责人表示，下一步将加快老旧管网改造，计划到明年年底完成二百六十公里的更新任务。",
        "本月起，全市图书馆开放时间延长到晚上九点，读者可以在网上预约座位。馆里还为老人和孩子准备了专门的阅览室。",
        "工程从前年秋天开始建设，沿线铺设管道四十三公里，总共投资九亿元。",
    )
    columns = [column(text, 9).split("\n") for text in texts]
    rows = [""] * max(map(len, columns))
    for number, lines in enumerate(columns):
        for at, line in enumerate(lines):
            rows[at] = rows[at].ljust(10 * number) + line
    assert [line.text for line in page_lines(document("\n".join(rows)))] == [*chain(*columns)]


@pytest.mark.parametrize(("order", "widths"), [((0, 1, 2), (22, 11, 11)), ((1, 0, 2), (14, 24, 10))])
def test_columns_of_unlike_widths_that_a_mere_blank_parts_are_read_one_after_another(
    order: tuple[int, ...], widths: tuple[int, ...]
) -> None:
    texts = (
        "昨天上午，引水工程二期正式通水，日供水能力达到一百二十万吨，惠及近八十万居民。周边三个乡镇同时受益，水费保持不变，水质明显改善，"
        "居民们都说水比过去甜了许多。工程从前年秋天开始建设，沿线铺设管道四十三公里，总共投资九亿元。",
        "市水务集团负责人表示，下一步将加快老旧管网改造，计划到明年年底完成二百六十公里的更新任务。集团还将另外建设两座泵站，预计投资三"
        "亿元，目前资金已经全部到位。",
        "本月起，全市图书馆开放时间延长到晚上九点，读者可以在网上预约座位。馆里还为老人和孩子准备了专门的阅览室。",
    )
    columns = [column(texts[which], wide).split("\n") for which, wide in zip(order, widths, strict=True)]
    rows = [" ".join(filter(None, row)) for row in zip_longest(*columns)]
    assert [line.text for line in page_lines(document("\n".join(rows)))] == [*chain(*columns)]


@pytest.mark.parametrize(("wide", "many"), [(12, 4), (13, 5), (13, 6)])
def test_many_columns_of_one_text_are_read_from_the_foot_of_each_to_the_head_of_the_next(
    wide: int, many: int
) -> None:
    text = (
        "昨天上午，引水工程二期正式通水，日供水能力达到一百二十万吨，惠及近八十万居民。周边三个乡镇同时受益，水费保持不变，水质明显改善，"
        "居民们都说水比过去甜了许多。工程从前年秋天开始建设，沿线铺设管道四十三公里，总共投资九亿元。市水务集团负责人表示，下一步将加快老"
        "旧管网改造，计划到明年年底完成二百六十公里的更新任务。集团还将另外建设两座泵站，预计投资三亿元，目前资金已经全部到位。记者在现场"
        "看到，新水厂的厂房整齐明亮，十二名值班人员通过大屏幕监测各处水压。厂长介绍，水质检测项目由四十二项增加到一百零六项，每小时检测一次。"
    )
    lines = column(text, wide).split("\n")
    high = -(-len(lines) // many)
    columns = [lines[at : at + high] for at in range(0, len(lines), high)]
    rows = [" ".join(filter(None, row)) for row in zip_longest(*columns)]
    told = page_lines(document("\n".join(("引水工程二期通水", "本报记者 张驰", *rows))))
    assert [line.text for line in told] == ["引水工程二期通水", "本报记者 张驰", *lines]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join((*LEFT, *RIGHT)),
        "春江水暖\n江南二月雨初晴，\n柳色青青绕古城。\n燕子归来寻旧垒，\n渔舟唱晚过桥横。\n梅花落尽桃花发，\n布谷声中始劝耕。\n最是一年春好处，\n家家户户理新塍。",
        "\n".join(
            f"{place}{what}名单：张伟 王芳 李娜"
            for place in ("城东", "河西", "南桥")
            for what in ("小学", "中学", "社区")
        ),
    ],
)
def test_one_column_verse_and_lists_are_not_taken_for_turns(text: str) -> None:
    assert [line.number for line in page_lines(document(text))] == list(range(1, 1 + len(text.split("\n"))))


@pytest.mark.parametrize(
    "text",
    [
        "姓名    年龄    住址\n张三    30    青石镇\n李四    41    柳河县\n王五    28    云溪村\n赵六    35    北仓港\n钱七    52    石桥村\n孙八    33    松林场",
        "def main():\n    total = 0      # the sum\n    for x in y:    # each\n        total += x     # add\n    print(total)   # show\n    return total   # done",
        "张伟  王芳  李娜  刘洋\n陈晨  杨帆  赵敏  黄磊\n周涛  吴刚  徐静  孙丽\n马超  朱军  胡兵  郭靖\n何平  林峰  高山  罗兰\n梁音  宋江  唐婉  许诺",
    ],
)
def test_tables_code_and_lists_of_names_stay_whole(text: str) -> None:
    lines = page_lines(document(text))
    assert [line.number for line in lines] == list(range(1, 1 + len(text.split("\n"))))


RULES = """文昌桥街道办事处文件

文街办〔2024〕7号

文昌桥街道办事处关于印发
《文昌桥街道公共停车泊位补贴管理办法》的通知

各居民委员会，各驻街单位：

《文昌桥街道公共停车泊位补贴管理办法》已经街道办事处第9次会议审议通过，现印发给你们，请认真贯彻执行。

                                    文昌桥街道办事处
                                      2024年5月9日

文昌桥街道公共停车泊位补贴管理办法

第一章  总则

第一条  为规范公共停车泊位补贴的使用，方便居民停车，根据有关规定，结合本街道实际，制定本办法。

第二条  本办法所称公共停车泊位，是指道路红线以内划设、面向居民开放的停车位。

第二章  补贴标准

第三条  每个公共停车泊位每年补贴300元，其中街道承担60%，居民委员会承担40%。

第三章  附则

第四条  本办法由街道办事处负责解释。

第五条  本办法自2024年6月1日起施行，有效期3年。

抄送：区公安分局，区城管局。
"""


def test_where_nothing_is_broken_each_line_stays_where_it_stands() -> None:
    repaired = repair(RULES)
    rules = [fact for fact in repaired.facts if fact.text.startswith("第")]
    assert [fact.text[:3] for fact in rules] == ["第一条", "第二条", "第三条", "第四条", "第五条"]
    assert [str(fact.section)[:3] for fact in rules] == ["第一章", "第一章", "第二章", "第三章", "第三章"]
    assert "reordered" not in {entry.kind for entry in repaired.log}


CHAT = """物业小周  08:41
各位业主早上好！3号楼东侧电梯今天上午年检，期间停用。

1502 老徐  08:44
又年检？上个月不是刚修过吗

物业小周  08:47
上个月是更换钢丝绳，这次是年度检验

1502 老徐  09:13
车库漏水啥时候来修？都一个礼拜了

物业小周  09:30
已经报给工程部了，师傅周五下午过来，先用桶接着
"""


def test_a_chat_is_read_from_top_to_bottom_and_loses_none_of_what_was_said() -> None:
    said = [line.removesuffix("\n") for line in CHAT.split("\n")[1::3]]
    assert "".join(text for text in texts(repair(CHAT)) if text in "".join(said)) == "".join(said)

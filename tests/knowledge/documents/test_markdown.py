"""Markdown: text keeps its columns, markup becomes blanks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_document
from knowledge.documents.markdown import read_markdown
from knowledge.model import BlockRole
from knowledge.repair.characters import MARKUP
from knowledge.repair.pipeline import repair_document


def lines(text: str) -> tuple[str, ...]:
    return read_markdown("a.md", text.encode()).lines


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# 标题 #", "  标题"),
        ("标题\n====", "标题\n"),
        ("上海**新增**绿地，`一千`公顷。", "上海··新增··绿地，·一千·公顷。"),
        ("H~2~O，3~5天，20~30度", "H·₂·O，3~5天，20~30度"),
        ("*斜体*和_强调_", " 斜体·和·强调"),
        ("见[报道](http://a.b/c)。", "见·报道···············。"),
        ("见![图](a.png)。", "见···········。"),
        ("> 引用\n\n- 甲\n* 乙", "  引用\n\n  甲\n  乙"),
        ("| 甲 | 乙 |\n|---|:-:|\n| 1 | 2 |", "  甲   乙\n\n  1   2"),
        ("# 大桥**通车** 万人[同行](u)", "  大桥··通车·· 万人·同行"),
        ("甲<br>乙<p>丙", "甲    乙   丙"),
        ("2*3*4 与 snake_case_name", "2*3*4 与 snake_case_name"),
        ("\\*星\\*", " *星·*"),
        ("---\ntitle: 元数据\n---\n正文", "\n\n\n正文"),
        ("```\n代码 **不见**\n```\n正文", "\n\n\n正文"),
        ("<b>粗</b><!-- 注 -->体", "   粗··············体"),
        ("甲<!-- 注\n```\n再注 --> 乙 <!-- 丙\n-->丁", "甲\n\n       乙\n   丁"),
        ("甲 <!-- 没有结尾\n乙", "甲 <!-- 没有结尾\n乙"),
        ("[1]: http://x.y", ""),
        ("1月至7月，共-5℃", "1月至7月，共-5℃"),
        ("[TOC]", ""),
        ("> [!note] 背景\n> 始于2019年。", "\n  始于2019年。"),
        ("![[图.png]]甲==乙==%%丙%%丁 ^a1", "          甲··乙·······丁"),
        ("见[[青山日报|日报]]和[[公园]]。", "见·······日报··和··公园··。"),
        ('{{< figure src="a" >}}', ""),
    ],
)
def test_markup_becomes_blanks_or_nothing_within_words_and_text_stays(source: str, text: str) -> None:
    assert "\n".join(line.rstrip() for line in lines(source)).replace(MARKUP, "·") == text


@given(st.text(alphabet="#*_`~[]()!<>|\\-=+ a1甲乙。", max_size=60))
def test_every_character_that_is_kept_stands_in_its_column(line: str) -> None:
    (read, _) = lines(f"{line}\n尾")
    told = unicodedata.normalize("NFKC", read)
    assert all(char in (" ", MARKUP) or line[column] == char for column, char in enumerate(told))


@given(st.text(alphabet="甲乙丙丁。，“”1234567890 ", min_size=1, max_size=60))
def test_plain_chinese_is_left_alone(line: str) -> None:
    assert lines(f"首\n{line}\n尾") == ("首", line, "尾")


@pytest.mark.parametrize(
    "piece", ["[", "![", "<a", "<!--", "*", "_", "`", "- ", "| ", "> ", "\\", "[a](", "=", "~~"]
)
def test_piles_of_markup_are_read_in_linear_time(piece: str) -> None:
    assert len(lines(piece * 20_000)) == 1


REPORT = """\
---
date: 2024-03-05
newspaper: "青山日报"
---
# 青山区年度报告

[![build](https://a/x.svg)](https://ci)
新建公园**12个**，~~其中口袋公园8个~~，其中口袋公园9个。
绿化面积3.4×10<sup>3</sup>公顷。

- [x] 改造三条道路
- 启动加装电梯

```
代码里的这一句不是事实。
```

## 民生
养老床位560张，见[民政局公告](https://x.cn)。


**医疗**

新建卫生站&nbsp;6座。

| 线路 | 长度 |
|---|---|
| 1路 | **12公里** |
| 2路 | 9公里 |

# 附件
口袋公园是小型绿地。
"""


def test_what_html_parts_within_a_line_stays_parted_and_what_is_all_bold_heads_what_follows() -> None:
    saved = (
        "<p><strong>青山台消息</strong>：各地播报。<br></p><p><strong>公园增加十二个</strong><br></p>"
        "<p>今年建成公园12个，<br>绿地9处。</p><div>市民称便</div><div>"
    )
    parsed = repair_document(read_document("a.md", f"# 播报\n\n{saved}\n".encode()))
    assert [(fact.section, "".join(fact.text.split())) for fact in parsed.facts] == [
        (None, "青山台消息：各地播报。"),
        ("公园增加十二个", "今年建成公园12个，绿地9处。"),
        ("公园增加十二个", "市民称便"),
    ]


def test_headings_head_what_follows_and_what_is_no_text_is_out() -> None:
    parsed = repair_document(read_document("a.md", REPORT.encode()))
    assert [(fact.article.title.text, fact.section, fact.text) for fact in parsed.facts] == [
        ("青山区年度报告", None, "新建公园12个，其中口袋公园9个。"),
        ("青山区年度报告", None, "绿化面积3.4×10³公顷。"),
        ("青山区年度报告", None, "改造三条道路"),
        ("青山区年度报告", None, "启动加装电梯"),
        ("青山区年度报告", "民生", "养老床位560张，见民政局公告。"),
        ("青山区年度报告", "医疗", "新建卫生站6座。"),
        ("青山区年度报告", "医疗", "线路：1路｜长度：12公里"),
        ("青山区年度报告", "医疗", "线路：2路｜长度：9公里"),
        ("附件", None, "口袋公园是小型绿地。"),
    ]
    assert parsed.articles[0].metadata is not None
    assert (parsed.articles[0].date, parsed.articles[0].metadata.newspaper) == ("2024-03-05", "青山日报")


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("标题\n===\n\n正文一句。\n\n小题\n---\n\n再一句。", [("title", 1), ("heading", 6)]),
        ("## 甲\n一句。\n## 乙\n又一句。", [("title", 1), ("heading", 3)]),
        ("# 晚报\n## 甲\n一句。\n\n[原文](u)\n\n## 乙\n一句。", [("title", 1), ("title", 2), ("heading", 7)]),
        ("没有标记的文字\n第二行文字。", []),
    ],
    ids=["underlined", "all of one level", "an item with its own source", "none"],
)
def test_headings_by_level_underline_or_none(text: str, heads: list[tuple[str, int]]) -> None:
    blocks = read_document("a.md", text.encode()).blocks
    assert [
        (block.role, block.first) for block in blocks if block.role in (BlockRole.TITLE, BlockRole.HEADING)
    ] == heads


def test_a_clause_a_line_is_a_fact_a_line() -> None:
    facts = repair_document(
        read_document("a.md", "# 任免\n\n任命甲为局长；\n免去乙的职务。\n".encode())
    ).facts
    assert [fact.text for fact in facts] == ["任命甲为局长；", "免去乙的职务。"]


def test_lines_that_begin_with_a_name_and_a_colon_stay_apart() -> None:
    text = "# 通知\n\n时间：2024年5月6日\n地点：二楼会议室\n参加人：全体\n"
    told = ["时间：2024年5月6日", "地点：二楼会议室", "参加人：全体"]
    assert [fact.text for fact in repair_document(read_document("a.md", text.encode())).facts] == told


def test_rows_of_links_lead_away_and_a_linked_heading_begins_an_article() -> None:
    text = (
        "[首页](/) » [新闻](/n) » 正文\n\n# 周报\n\n## 广场开放\n\n广场设[球台](x.md)8张。\n\n"
        "## [漂流活动](/b)\n\n活动收到图书560册。\n\n[上一期](1.md) | [下一期](3.md)\n\n上一篇：[夜校](2.md)\n"
    )
    facts = repair_document(read_document("a.md", text.encode())).facts
    assert [(fact.article.title.text, fact.section, fact.text) for fact in facts] == [
        ("周报", "广场开放", "广场设球台8张。"),
        ("漂流活动", None, "活动收到图书560册。"),
    ]


def test_a_table_of_two_columns_needs_no_outer_bars() -> None:
    text = "# 名单\n\n姓名 | 职务\n--- | ---\n费青 | 主任\n成野 | 委员\n"
    facts = repair_document(read_document("a.md", text.encode())).facts
    assert [fact.text for fact in facts] == ["姓名：费青｜职务：主任", "姓名：成野｜职务：委员"]


def test_notes_are_facts_and_bars_within_a_cell_stay() -> None:
    text = (
        "# 报告\n满意率达96%[^1]，CO<sub>2</sub>少排30吨。\n\n| 园区 | 面积 | 备注 |\n|---|---|---|\n"
        "| 北区 | 210 | 含`甲|乙`两块 |\n| 南区 | 180 | 丙\\|丁 |\n\n[^1]: 抽样5000户。\n"
    )
    facts = repair_document(read_document("a.md", text.encode())).facts
    assert [(fact.kind, fact.text) for fact in facts] == [
        ("sentence", "满意率达96%，CO₂少排30吨。"),
        ("table_row", "园区：北区｜面积：210｜备注：含甲|乙两块"),
        ("table_row", "园区：南区｜面积：180｜备注：丙|丁"),
        ("note", "抽样5000户。"),
    ]


def test_where_the_metadata_says_the_title_the_first_heading_is_a_sections() -> None:
    text = '+++\ntitle = "夜市开放"\ndate = 2023-07-01\n+++\n一句话讲完。\n\n## 交通\n末班车为23时。\n'
    facts = repair_document(read_document("a.md", text.encode())).facts
    assert [(fact.article.title.text, fact.section, fact.text) for fact in facts] == [
        ("夜市开放", None, "一句话讲完。"),
        ("夜市开放", "交通", "末班车为23时。"),
    ]


def test_in_a_chat_who_speaks_when_heads_what_is_said() -> None:
    source = "# 值班群\n\n**小河** 9:02\n> 运费谁出？\n\n**老周** 9:05\n公司出。\n\n**小河** 9:40\n好。\n"
    facts = repair_document(read_document("a.md", source.encode())).facts
    assert [(fact.text, fact.section) for fact in facts] == [
        ("运费谁出？", "小河 9:02"),
        ("公司出。", "老周 9:05"),
        ("好。", "小河 9:40"),
    ]

"""Tables drawn in text files and Markdown: rows with their headings; a rule is no text."""

from __future__ import annotations

import pytest

from knowledge.documents.folder import read_document
from knowledge.model import BlockRole
from knowledge.repair.tables import table_rows

BOX = "各区人口\n┌────┬────┐\n│ 区名 │ 人口 │\n├────┼────┤\n│ 东区 │ 52万 │\n├────┼────┤\n│ 西区 │ 37万 │\n└────┴────┘\n数据截至年底。\n"
BARS = "# 各区人口\n\n| 区名 | 人口 |\n|---|---:|\n| 东区 | 52万 |\n| 西区 | 37万 |\n\n数据截至年底。\n"


@pytest.mark.parametrize(("name", "text"), [("a.txt", BOX), ("a.md", BARS)], ids=["box", "bars"])
def test_a_drawn_table_has_its_head_and_rows(name: str, text: str) -> None:
    document = read_document(name, text.encode())
    (block,) = (block for block in document.blocks if block.role is BlockRole.TABLE)
    told = [row.text for row in table_rows(document, block)]
    assert told == ["区名：东区｜人口：52万", "区名：西区｜人口：37万"]


@pytest.mark.parametrize("rule", ["━" * 30, "=====", "★" * 12, "* * *"])
def test_a_rule_is_furniture(rule: str) -> None:
    blocks = read_document("a.txt", f"标题\n{rule}\n正文一句。\n".encode()).blocks
    assert [(block.role, block.first) for block in blocks] == [(BlockRole.FURNITURE, 2)]


def test_text_with_a_bar_is_no_table() -> None:
    assert read_document("a.txt", "他说|这不是表。\n再来一句。\n".encode()).blocks == ()

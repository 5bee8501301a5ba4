"""What is known of an article apart from its text."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.model import Document, Metadata
from knowledge.repair.issue import article_metadata, authors


def document(sidecar: Metadata | None = None, stated: Metadata | None = None) -> Document:
    return Document("a.txt", "", 0, "text", None, ("正文。",), sidecar=sidecar, stated=stated)


@pytest.mark.parametrize(
    ("heads", "known"),
    [
        (["03 要闻 2023年7月1日 星期六 青山日报"], ("青山日报", date(2023, 7, 1), "03")),
        (["青年报 2019年9月10日 第A3版"], ("青年报", date(2019, 9, 10), "A3")),
        (["2023.07.01", "第八版"], (None, date(2023, 7, 1), "八")),
        (["2023年7月1日", "2023年7月2日"], (None, None, None)),
        (["2023年2月30日", "责任编辑 张三"], (None, None, None)),
    ],
)
def test_heads_tell_newspaper_day_and_page(
    heads: list[str], known: tuple[str | None, date | None, str | None]
) -> None:
    found = article_metadata(document(), heads)
    assert (found.newspaper, found.date, found.edition) == known


def test_a_sidecar_goes_before_print_and_print_before_what_the_file_says() -> None:
    stated = Metadata(newspaper="网站", date=date(2020, 1, 1), author="甲", source="某社")
    sidecar = Metadata(date=date(2021, 5, 5))
    found = article_metadata(document(sidecar, stated), ["青年报 2022年2月2日"], "本报记者 张三 李四")
    assert found == Metadata(None, "青年报", date(2021, 5, 5), None, None, "张三、李四", "某社")


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("本报记者 张三", "张三"),
        ("记者 张三 通讯员 李四", "张三、李四"),
        ("文/王五", "王五"),
        ("（青年报特约记者张三）", "张三"),
        ("本报讯", None),
    ],
)
def test_a_byline_names_its_authors(byline: str, names: str | None) -> None:
    assert authors(byline) == names

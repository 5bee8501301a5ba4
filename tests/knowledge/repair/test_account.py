"""Every character of a file is accounted for, whatever the file; what is known of an article; and what a check reports."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_document
from knowledge.model import Document, Metadata, RepairEntry, Span
from knowledge.repair.issue import article_metadata, authors
from knowledge.repair.pipeline import label_lines, repair_document
from knowledge.repair.report import NAMES, file_report
from tests.knowledge.repair.pages import check_account, column, repair
from tests.knowledge.repair.pages import document as of_text
from tests.support.samples import samples
from tests.support.words import examples

SAMPLES = Path(__file__).with_name("samples")
PIECES = st.sampled_from(
    ["本报讯 ", "要闻 7", "记者 张三 摄", "（苏展）", "。 张骏", "图为", "资料图", "一、", "■", "——", "“", "”", "。", "，", "！", " ", "\u3000\u3000", "\n", "\n\n", "上海推动改革", "12万", "3.5%", "New York", "《纲要》", "（下转第三版）", "不不忘忘初初心心", "\u200b", "\ue000", "责编：李四", "。”", "A3 版", "2023年3月6日 星期一"]
)  # fmt: skip


def test_documents_whose_lines_are_labelled_at_once_come_out_as_each_alone() -> None:
    texts = [text for one in samples(SAMPLES / "order.txt") for _, text in one.files]
    together = [of_text(text) for text in ("通车\n\n大桥今日通车。\n市民步行过桥。", *texts, "\n", texts[0])]
    assert [
        repair_document(one, lines) for one, lines in zip(together, label_lines(together), strict=True)
    ] == list(map(repair_document, together))


@given(st.lists(PIECES, max_size=60))
def test_every_character_of_any_page_is_accounted_for_once(pieces: list[str]) -> None:
    check_account(repair("".join(pieces)))


@given(st.text(max_size=120))
def test_any_text_at_all_is_repaired_without_an_error(text: str) -> None:
    check_account(repair(text.replace("\r", "\n")))


def document(sidecar: Metadata | None = None, stated: Metadata | None = None) -> Document:
    return Document("a.txt", "", 0, "text", None, ("正文。",), sidecar=sidecar, stated=stated)


def shown(known: Metadata) -> str:
    """What is known, by the names of its fields."""
    values = ((field.name, getattr(known, field.name)) for field in fields(known))
    return " | ".join(f"{name}: {value}" for name, value in values if value is not None)


@examples("heads", "known")
def test_heads_tell_newspaper_day_and_page(heads: list[str], known: str) -> None:
    assert shown(article_metadata(document(), heads)) == known


def test_a_sidecar_goes_before_print_and_print_before_what_the_file_says() -> None:
    stated = Metadata(newspaper="网站", date=date(2020, 1, 1), author="甲", source="某社")
    sidecar = Metadata(date=date(2021, 5, 5))
    found = article_metadata(document(sidecar, stated), ["青年报 2022年2月2日"], "本报记者 张三 李四")
    assert found == Metadata(None, "青年报", date(2021, 5, 5), None, None, "张三、李四", "某社")


@examples("newspaper", "source", "paragraphs", "known")
def test_an_article_taken_from_a_newspaper_is_of_that_newspaper_unless_another_is_known(
    newspaper: str, source: str, paragraphs: list[str], known: str
) -> None:
    stated = Metadata(newspaper=newspaper or None, source=source or None)
    assert shown(article_metadata(document(None, stated), [], None, paragraphs)) == known


@examples("byline", "names")
def test_a_byline_names_its_authors(byline: str, names: str) -> None:
    assert (authors(byline) or "") == names


RACE = "4月14日上午，兰溪半程马拉松在中山公园鸣枪起跑，来自18个国家和地区的1.2万名选手参赛。"
HELP = "赛事组委会介绍，本届比赛共设医疗点23处，投入志愿者1860人，救护车14辆。"


def told(*blocks: str, blank: str = "\n\n", name: str = "a.md") -> tuple[list[str], list[str]]:
    """Of a file of these blocks, the texts of its facts, and title and whatever is known of each article."""
    repaired = repair_document(read_document(name, (blank.join(blocks) + "\n").encode()))
    heads = [f"{one.title.text} | {shown(one.metadata or Metadata())}" for one in repaired.articles]
    return [fact.text for fact in repaired.facts], heads


@pytest.mark.parametrize("blank", ["\n", "\n\n"])
@examples("line", "known")
def test_a_line_of_credits_over_the_text_is_fields_and_no_fact(line: str, known: str, blank: str) -> None:
    expected = [RACE, HELP], [f"马拉松鸣枪 | {known}"]
    assert told("# 马拉松鸣枪", line, "\n".join(expected[0]), blank=blank) == expected
    assert told("马拉松鸣枪", line.strip("*"), "\n".join(expected[0]), blank=blank, name="a.txt") == expected


@pytest.mark.parametrize(
    "line", ["时间：2024年5月6日14:00", "记者：您看到了什么？", "编辑部发来贺信", "2024年5月6日，大桥通车"]
)
def test_what_says_more_than_fields_over_the_text_is_a_fact(line: str) -> None:
    assert line in "".join(told("# 马拉松鸣枪", line, RACE)[0])


@pytest.mark.parametrize("line", ["编辑部发来贺信", "视觉盛宴拉开帷幕", "校对工作用了三年，全书付印"])
def test_a_line_that_begins_like_an_imprint_and_tells_something_is_a_fact(line: str) -> None:
    facts, heads = told("# 马拉松鸣枪", RACE, line, "责任编辑 张三 美编 李四", HELP)
    assert (facts, heads) == ([RACE, line, HELP], ["马拉松鸣枪 | editor: 张三"])


@pytest.mark.parametrize("title", ["天气预报", "一份迟到的捷报", "人民日报", "图书馆 文化宫"])
def test_what_only_looks_like_a_newspaper_stays_a_title(title: str) -> None:
    assert told(title, RACE, HELP, name="a.txt")[1] == [f"{title} | "]


@pytest.mark.parametrize(
    ("said", "end", "day"),
    [
        ([], ["2024年9月10日"], "2024-09-10"),
        ([], ["青山物业管理处", "2024年9月10日", "（此件公开发布）"], "2024-09-10"),
        (["2024-09-12"], ["2024年9月10日"], "2024-09-12"),
        ([], ["合同签订日期：2021.12.8"], None),
    ],
)
def test_who_signs_and_the_day_at_the_end_are_facts_and_the_day_the_texts_where_nothing_else_says_one(
    said: list[str], end: list[str], day: str | None
) -> None:
    facts, heads = told("# 关于停水的通知", *said, RACE, *end, "责任编辑：李强")
    dated = f"date: {day} | " if day else ""
    assert (facts, heads) == ([RACE, *end], [f"关于停水的通知 | {dated}editor: 李强"])


def test_a_dateline_with_its_year_tells_the_day_of_the_text() -> None:
    facts, heads = told("引水工程二期通水", f"新华社杭州2024年3月5日电 {RACE}", name="a.txt")
    assert (facts, heads) == ([RACE], ["引水工程二期通水 | date: 2024-03-05"])


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("2024年5月6日　青山路二楼会议室", "date: 2024-05-06"),
        ("更新：2024-05-06 · 网络中心", "date: 2024-05-06"),
        ("最后修订 2024.05.06", "date: 2024-05-06"),
        ("2024年5月6日，会议室开放。", ""),
    ],
)
def test_a_line_of_a_day_and_a_place_over_a_text_tells_its_day(line: str, known: str) -> None:
    assert told("# 会议室启用", line, "会议室可坐三十人。")[1] == [f"会议室启用 | {known}"]


@pytest.mark.parametrize("line", ["2024年5月6日　青山路二楼会议室", "2024年5月6日，会议室开放。"])
def test_the_first_day_of_a_chronicle_is_not_the_texts(line: str) -> None:
    assert told("# 会议室启用", line, "会议室可坐三十人。", "2024年6月1日　加装投影。")[1] == [
        "会议室启用 | "
    ]


STORY = "工程今天通水，全市最大的坏\ue000字也来了，居民都说，这是多年来最好的消息，水务部门表示，明年还要再建三处。"


def test_the_report_names_articles_and_changes_with_lines_and_puts_doubts_apart() -> None:
    repaired = repair(f"要闻 7\n\n引水工程二期通水\n\n{column(STORY, 18)}\n\n新华社发")
    titles = [article.title.text for article in repaired.articles]
    report = file_report(repaired.document, titles, len(repaired.facts), repaired.log)
    assert (report.file, report.encoding, report.titles) == ("版面.txt", "utf-8", ("引水工程二期通水",))
    assert report.sentences == 1
    assert [(entry.kind, entry.lines) for entry in report.doubts] == [("damaged", ((5, 5),))]
    assert {entry.kind: entry.lines for entry in report.changes} == {
        "page_header": ((1, 1),),
        "joined_lines": ((5, 7),),
        "credit": ((9, 9),),
    }
    for entry in (*report.doubts, *report.changes):
        assert entry.name == NAMES[entry.kind] and entry.reason
    joined = RepairEntry("joined_lines", (Span(3, 0, 1), Span(5, 0, 1), Span(9, 2, 3)), "", "")
    apart = file_report(repaired.document, (), 0, [joined]).changes[0]
    assert apart.lines == ((3, 5), (9, 9)), "a blank line does not part a run"

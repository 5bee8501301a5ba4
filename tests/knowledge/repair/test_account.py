"""Every character of a file is accounted for, whatever the file; what is known of an article; and what a check reports."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_document
from knowledge.model import Document, Metadata, NoiseKind, ParsedDocument, RepairEntry, Span
from knowledge.repair.characters import MARKUP
from knowledge.repair.issue import article_metadata, authors
from knowledge.repair.pipeline import label_lines, repair_document
from knowledge.repair.report import NAMES, FileReport, file_report
from knowledge.repair.stitching import is_proved
from tests.knowledge.repair.pages import column, repair
from tests.knowledge.repair.pages import document as of_text

SEEDS = sorted((Path(__file__).parents[3] / "seeds").glob("*.txt"))
REMOVALS = {removal.value for removal in NoiseKind}
PIECES = st.sampled_from(
    ["本报讯 ", "要闻 7", "记者 张三 摄", "（苏展）", "。 张骏", "图为", "资料图", "一、", "■", "——", "“", "”", "。", "，", "！", " ", "\u3000\u3000", "\n", "\n\n", "上海推动改革", "12万", "3.5%", "New York", "《纲要》", "（下转第三版）", "不不忘忘初初心心", "\u200b", "\ue000", "责编：李四", "。”", "A3 版", "2023年3月6日 星期一"]
)  # fmt: skip


def characters(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    return [(span.line, column) for span in spans for column in range(span.start, span.end)]


def check_account(repaired: ParsedDocument) -> None:
    in_facts = Counter(place for fact in repaired.facts for place in characters(fact.spans))
    assert [place for place, times in in_facts.items() if times > 1] == []
    held = set(in_facts)
    for article in repaired.articles:
        for each in (article.title, article.kicker, article.subtitle, article.byline, *article.headings):
            held.update(characters(each.spans) if each is not None else ())
    for entry in repaired.log:
        if entry.kind in REMOVALS:
            held.update(characters(entry.spans))
    printed = {
        (number, column)
        for number, line in enumerate(repaired.document.lines, 1)
        for column, char in enumerate(line)
        if not char.isspace() and char != MARKUP  # a reader's own mark, as good as a blank
    }
    assert printed - held == set()
    assert all(is_proved(fact, repaired.document) for fact in repaired.facts)
    assert len({fact.id for fact in repaired.facts}) == len(repaired.facts)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_every_character_of_a_seed_is_in_a_fact_a_heading_or_a_logged_removal(path: Path) -> None:
    check_account(repair_document(read_document(path.name, path.read_bytes())))


def test_documents_whose_lines_are_labelled_at_once_come_out_as_each_alone() -> None:
    files = [read_document(path.name, path.read_bytes()) for path in SEEDS]
    short, empty = of_text("通车\n\n大桥今日通车。\n市民步行过桥。"), of_text("\n")
    together = [short, *files, empty, files[0]]
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


@pytest.mark.parametrize(
    ("heads", "known"),
    [
        (["03 要闻 2023年7月1日 星期六 青山日报"], ("青山日报", date(2023, 7, 1), "03")),
        (["青年报 2019年9月10日 第A3版"], ("青年报", date(2019, 9, 10), "A3")),
        (["2023.07.01", "第八版"], (None, date(2023, 7, 1), "八")),
        (["中華民國114年3月5日"], (None, date(2025, 3, 5), None)),
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
    ("stated", "paragraphs", "known"),
    [
        (None, ["来源：青年报", "步行街建成了。"], ("青年报", "青年报")),
        (Metadata(source="《青山日报》"), [], ("青山日报", "《青山日报》")),
        (Metadata(source="某某网"), [], (None, "某某网")),
        (Metadata(newspaper="网站报", source="青年报"), [], ("网站报", "青年报")),
        (None, ["他说来源：青年报的说法不对。"], (None, None)),
        (None, ["来源：青年报", "来源：青山日报"], (None, None)),
    ],
)
def test_an_article_taken_from_a_newspaper_is_of_that_newspaper_unless_another_is_known(
    stated: Metadata | None, paragraphs: list[str], known: tuple[str | None, str | None]
) -> None:
    found = article_metadata(document(None, stated), [], None, paragraphs)
    assert (found.newspaper, found.source) == known


_TEXT = (
    "4月14日上午，兰溪半程马拉松在中山公园鸣枪起跑，来自18个国家和地区的1.2万名选手参赛。",
    "赛事组委会介绍，本届比赛共设医疗点23处，投入志愿者1860人，救护车14辆。",
)


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("来源：新华社  2023年7月1日 08:00", Metadata(date=date(2023, 7, 1), source="新华社")),
        ("2023-07-01 08:00 来源：人民网 作者：屠瑜", Metadata(date=date(2023, 7, 1), author="屠瑜", source="人民网")),
        ("*来源：人民网 记者 吴晓琳 2024-04-14*", Metadata(date=date(2024, 4, 14), author="吴晓琳", source="人民网")),
        ("2024年05月06日08:12 | 来源：人民网 | 编辑：李强", Metadata(date=date(2024, 5, 6), source="人民网", editor="李强")),
        ("时间：2023-07-01  来源：新华网  浏览：123次", Metadata(date=date(2023, 7, 1), source="新华网")),
        ("新民晚报 2023年07月01日 第3版", Metadata(newspaper="新民晚报", date=date(2023, 7, 1), edition="3")),
        ("2024-03-05 来源：人民网 记者：周敏", Metadata(date=date(2024, 3, 5), author="周敏", source="人民网")),
        ("来源：兰溪日报2024年6月7日A2版", Metadata(newspaper="兰溪日报", date=date(2024, 6, 7), edition="A2", source="兰溪日报")),
        ("发布时间：2024-05-06", Metadata(date=date(2024, 5, 6))),
        ("（2024年5月6日）", Metadata(date=date(2024, 5, 6))),
        ("第7期（总第85期）　青山社区编　2024年5月6日", Metadata(date=date(2024, 5, 6))),
        ("□ 本报记者 张三峰 通讯员 李四光", Metadata(author="张三峰、李四光")),
    ],
)  # fmt: skip
def test_a_line_of_credits_over_the_text_is_fields_and_no_fact(
    name: str, blank: str, line: str, known: Metadata
) -> None:
    title = "# 马拉松鸣枪" if name == "a.md" else "马拉松鸣枪"
    page = "\n".join(
        (title, blank.strip("\n"), line.strip("*" if name == "a.txt" else ""), *blank.split("\n")[1:], *_TEXT)
    )
    repaired = repair_document(read_document(name, page.encode()))
    assert [fact.text for fact in repaired.facts] == list(_TEXT)
    assert repaired.articles[0].metadata == known


@pytest.mark.parametrize(
    "line", ["时间：2024年5月6日14:00", "记者：您看到了什么？", "编辑部发来贺信", "2024年5月6日，大桥通车"]
)
def test_what_says_more_than_fields_over_the_text_is_a_fact(line: str) -> None:
    page = f"# 马拉松鸣枪\n\n{line}\n\n{_TEXT[0]}\n"
    assert line in "".join(fact.text for fact in repair_document(read_document("a.md", page.encode())).facts)


@pytest.mark.parametrize("line", ["编辑部发来贺信", "视觉盛宴拉开帷幕", "校对工作用了三年，全书付印"])
def test_a_line_that_begins_like_an_imprint_and_tells_something_is_a_fact(line: str) -> None:
    page = f"# 马拉松鸣枪\n\n{_TEXT[0]}\n\n{line}\n\n责任编辑 张三 美编 李四\n\n{_TEXT[1]}\n"
    repaired = repair_document(read_document("a.md", page.encode()))
    assert [fact.text for fact in repaired.facts] == [_TEXT[0], line, _TEXT[1]]
    assert repaired.articles[0].metadata == Metadata(editor="张三")


def test_a_day_alone_within_a_page_is_not_the_articles() -> None:
    page = f"<h1>直播回顾</h1><p>2024-05-06 来源：人民网</p><p>{_TEXT[0]}</p><p>2024-05-04 08:58:00</p><p>{_TEXT[1]}</p>"
    repaired = repair_document(read_document("a.html", page.encode()))
    assert repaired.articles[0].metadata == Metadata(date=date(2024, 5, 6), source="人民网")


@pytest.mark.parametrize("title", ["天气预报", "一份迟到的捷报", "人民日报", "图书馆 文化宫"])
def test_what_only_looks_like_a_newspaper_stays_a_title(title: str) -> None:
    repaired = repair_document(read_document("a.txt", f"{title}\n\n{_TEXT[0]}\n\n{_TEXT[1]}\n".encode()))
    assert (repaired.articles[0].title.text, repaired.articles[0].metadata) == (title, Metadata())


def test_a_heading_over_credits_of_its_own_begins_an_article() -> None:
    page = f"# 一周简讯\n\n## 马拉松鸣枪\n来源：人民网\n\n{_TEXT[0]}\n\n## 救护\n\n{_TEXT[1]}\n\n## 港口开工\n\n记者 周敏\n\n{_TEXT[1]}\n"
    facts = repair_document(read_document("a.md", page.encode())).facts
    assert [(fact.article.title.text, fact.section) for fact in facts] == [
        ("马拉松鸣枪", None),
        ("马拉松鸣枪", "救护"),
        ("港口开工", None),
    ]


def test_the_source_under_one_article_is_no_source_of_another() -> None:
    page = f"# 马拉松鸣枪\n\n{_TEXT[0]}\n来源：**人民网** 2024-05-06\n\n# 港口开工\n\n{_TEXT[1]}\n"
    repaired = repair_document(read_document("a.md", page.encode()))
    assert [fact.text for fact in repaired.facts] == list(_TEXT)
    known = [Metadata(date=date(2024, 5, 6), source="人民网"), Metadata()]
    assert [article.metadata for article in repaired.articles] == known


@pytest.mark.parametrize(
    ("said", "end", "day"),
    [
        ("", ["2024年9月10日"], date(2024, 9, 10)),
        ("", ["青山物业管理处", "2024年9月10日", "（此件公开发布）"], date(2024, 9, 10)),
        ("2024-09-12\n\n", ["2024年9月10日"], date(2024, 9, 12)),
    ],
)
def test_who_signs_and_the_day_at_the_end_are_facts_and_the_day_the_texts_where_nothing_else_says_one(
    said: str, end: list[str], day: date
) -> None:
    page = f"# 关于停水的通知\n\n{said}{_TEXT[0]}\n\n" + "\n\n".join([*end, "责任编辑：李强\n"])
    repaired = repair_document(read_document("a.md", page.encode()))
    assert [fact.text for fact in repaired.facts] == [_TEXT[0], *end]
    assert repaired.articles[0].metadata == Metadata(date=day, editor="李强")


def test_a_dateline_with_its_year_tells_the_day_of_the_text() -> None:
    repaired = repair(f"引水工程二期通水\n\n新华社杭州2024年3月5日电 {_TEXT[0]}")
    assert [fact.text for fact in repaired.facts] == [_TEXT[0]]
    assert repaired.articles[0].metadata == Metadata(date=date(2024, 3, 5))


def test_a_value_with_its_name_at_the_end_is_a_fact_and_no_day_of_the_text() -> None:
    repaired = repair("项目进展\n一期工程于2022年开工，2023年竣工。\n合同签订日期：2021.12.8\n")
    assert repaired.facts[-1].text == "合同签订日期：2021.12.8"
    assert repaired.articles[0].metadata == Metadata()


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("本报记者 张三", "张三"),
        ("记者 张三 通讯员 李四", "张三、李四"),
        ("文/王五", "王五"),
        ("（青年报特约记者张三）", "张三"),
        ("青山新闻记者 张三 李四", "张三、李四"),
        ("张三 青山报道", "张三"),
        ("本报讯", None),
    ],
)
def test_a_byline_names_its_authors(byline: str, names: str | None) -> None:
    assert authors(byline) == names


STORY = "工程今天通水，全市最大的坏\ue000字也来了，居民都说，这是多年来最好的消息，水务部门表示，明年还要再建三处。"
PAGE = f"要闻 7\n\n引水工程二期通水\n\n{column(STORY, 18)}\n\n新华社发"


def summarise(page: str) -> FileReport:
    repaired = repair(page)
    titles = [article.title.text for article in repaired.articles]
    return file_report(repaired.document, titles, len(repaired.facts), repaired.log)


def test_the_report_names_articles_and_changes_with_lines_and_puts_doubts_apart() -> None:
    summary = summarise(PAGE)
    assert (summary.file, summary.encoding, summary.titles) == ("版面.txt", "utf-8", ("引水工程二期通水",))
    assert summary.sentences == 1
    assert [(entry.kind, entry.lines) for entry in summary.doubts] == [("damaged", ((5, 5),))]
    changes = {entry.kind: entry.lines for entry in summary.changes}
    assert changes["page_header"] == ((1, 1),)
    assert changes["joined_lines"] == ((5, 7),)
    assert changes["credit"] == ((9, 9),)


def test_every_entry_has_a_chinese_name_and_a_reason() -> None:
    summary = summarise(PAGE)
    entries = (*summary.doubts, *summary.changes)
    assert entries
    assert all(entry.name == NAMES[entry.kind] and entry.reason for entry in entries)


def test_a_blank_line_between_two_joined_ones_does_not_part_their_run() -> None:
    joined = RepairEntry("joined_lines", (Span(3, 0, 1), Span(5, 0, 1), Span(9, 2, 3)), "", "")
    assert file_report(repair(PAGE).document, (), 0, [joined]).changes[0].lines == ((3, 5), (9, 9))


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("2024年5月6日　青山路二楼会议室", "2024-05-06"),
        ("更新：2024-05-06 · 网络中心", "2024-05-06"),
        ("最后修订 2024.05.06", "2024-05-06"),
        ("2024年5月6日，会议室开放。", None),
    ],
)
def test_a_line_of_a_day_and_a_place_over_a_text_tells_its_day_unless_it_is_a_chronicles(
    line: str, day: str | None
) -> None:
    text = f"# 会议室启用\n\n{line}\n\n会议室可坐三十人。\n"
    (article,) = repair_document(read_document("a.md", text.encode())).articles
    assert article.date == day
    (article,) = repair_document(
        read_document("a.md", f"{text}\n2024年6月1日　加装投影。\n".encode())
    ).articles
    assert article.date is None or "更新" in line or "修订" in line

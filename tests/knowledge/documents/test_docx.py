"""Word: line n is paragraph n, wherever it stands; a hostile package is refused unexpanded."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import docx
import docx.document
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from knowledge.documents.docx import read_docx
from knowledge.documents.folder import read_document
from knowledge.errors import UnreadableFile
from knowledge.model import BlockRole, Metadata
from knowledge.repair.pipeline import repair_document


def saved(*paragraphs: str) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def with_body(xml: str) -> bytes:
    document = docx.Document()
    document.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}>{xml}</w:p>"))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def replaced(data: bytes, part: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == part else old.read(info))
    return file.getvalue()


def test_each_paragraph_is_a_line() -> None:
    assert read_docx("a.docx", saved("标题", "", "上海新增绿地。")).lines == ("标题", "", "上海新增绿地。")


def test_tables_stand_in_their_place() -> None:
    document = docx.Document()
    document.add_paragraph("前")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "甲", "乙"
    document.add_paragraph("后")
    file = io.BytesIO()
    document.save(file)
    assert read_docx("a.docx", file.getvalue()).lines == ("前", "甲", "乙", "后")


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<w:r><w:t>甲</w:t></w:r><w:ins><w:r><w:t>增</w:t></w:r></w:ins>", "甲增"),
        ("<w:r><w:t>甲</w:t></w:r><w:del><w:r><w:delText>删</w:delText></w:r></w:del>", "甲"),
        ("<w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:tab/><w:t>丙</w:t></w:r>", "甲\u3000\u3000乙 丙"),
        ("<w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink>", "链接"),
        ("<w:sdt><w:sdtContent><w:r><w:t>控件</w:t></w:r></w:sdtContent></w:sdt>", "控件"),
    ],
)
def test_what_word_shows_is_read_and_what_was_deleted_is_not(xml: str, text: str) -> None:
    assert read_docx("a.docx", with_body(xml)).lines[0] == text


def test_a_list_of_contents_is_no_text_whatever_its_style() -> None:
    def field(kind: str) -> str:
        return f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"

    toc = f"{field('begin')}<w:r><w:instrText> TOC \\o </w:instrText></w:r>{field('separate')}"
    data = with_body(f"<w:r><w:t>交通 5</w:t></w:r>{field('end')}")
    document = docx.Document(io.BytesIO(data))
    first = parse_xml(f"<w:p {nsdecls('w')}>{toc}<w:r><w:t>规定 2</w:t></w:r></w:p>")
    document.element.body.insert(0, first)
    document.add_paragraph("正文一句。")
    file = io.BytesIO()
    document.save(file)
    assert [(role, text) for role, text in shown(file.getvalue()) if role is not BlockRole.TITLE] == [
        (BlockRole.FURNITURE, "规定 2"),
        (BlockRole.FURNITURE, "交通 5"),
        (BlockRole.PARAGRAPH, "正文一句。"),
    ]


def test_a_list_of_contents_that_was_typed_is_told_by_what_it_lists() -> None:
    document = docx.Document()
    for text in (
        "管理办法",
        "目录",
        "总则\t1",
        "经费 ……… 3",
        "总则",
        "全市适用。2023年",
        "经费",
        "今年共2023",
    ):
        document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    aside = [text for role, text in shown(file.getvalue()) if role is BlockRole.FURNITURE]
    assert aside == ["目录", "总则 1", "经费 ……… 3"]


def test_a_soft_break_within_a_sentence_ends_no_paragraph() -> None:
    data = with_body(
        "<w:r><w:t>大桥全长5公里，</w:t><w:br/><w:t>昨日通车。</w:t><w:br/><w:t>车流不息。</w:t></w:r>"
    )
    facts = repair_document(read_document("a.docx", data)).facts
    assert [fact.text for fact in facts] == ["大桥全长5公里，昨日通车。", "车流不息。"]


def test_what_tabs_set_apart_in_line_after_line_is_a_table() -> None:
    data = saved("公寓招租", "联系人\t马经理", "电话\t6677889", "限一人\t入住。")
    facts = repair_document(read_document("a.docx", data)).facts
    assert [fact.text for fact in facts] == ["联系人：马经理", "电话：6677889", "限一人 入住。"]


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框里</w:t></w:r></w:p></w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    xml = (
        f"<w:r><w:t>框外</w:t><mc:AlternateContent {mc}><mc:Choice Requires='wps'>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert read_docx("a.docx", with_body(xml)).lines[:2] == ("框外", "框里")


def test_a_damaged_package_is_refused() -> None:
    good = saved("标题", "正文。")
    for data in (
        good[: len(good) // 2],
        b"PK\x03\x04",
        replaced(good, "word/document.xml", b"<w:document><w:body>"),
    ):
        with pytest.raises(UnreadableFile) as refused:
            read_docx("a.docx", data)
        assert refused.value.remedy


def test_a_bomb_is_refused_before_it_is_expanded() -> None:
    bomb = replaced(saved("标题"), "word/document.xml", b" " * (17 * 1024 * 1024))
    with pytest.raises(UnreadableFile, match="太大"):
        read_docx("a.docx", bomb)


def test_entities_are_never_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = (
        f'<!DOCTYPE x [<!ENTITY l0 "哈">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        f"<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>甲&l9;&f;</w:t></w:r></w:p></w:body></w:document>"
    )
    try:
        read = read_docx("a.docx", replaced(saved("标题"), "word/document.xml", xml.encode())).lines
    except UnreadableFile:
        return
    assert read == ("甲",)


def shown(data: bytes) -> list[tuple[BlockRole, str]]:
    extract = read_docx("a.docx", data)
    return [(b.role, extract.lines[b.first - 1][b.start : b.end]) for b in extract.blocks]


def test_styles_tell_title_headings_and_what_is_no_text() -> None:
    document = docx.Document()
    for text, style in (
        ("城市公园条例解读", "Title"),
        ("总则", "Heading 1"),
        ("公园应当免费开放。", None),
        ("公园位置示意", "Caption"),
    ):
        document.add_paragraph(text, style=style)
    file = io.BytesIO()
    document.save(file)
    assert shown(file.getvalue()) == [
        (BlockRole.TITLE, "城市公园条例解读"),
        (BlockRole.HEADING, "总则"),
        (BlockRole.PARAGRAPH, "公园应当免费开放。"),
        (BlockRole.CAPTION, "公园位置示意"),
    ]


@pytest.mark.parametrize("mark", ["strike", "dstrike", "vanish"])
def test_struck_and_hidden_text_is_not_read(mark: str) -> None:
    xml = f"<w:r><w:t>面积</w:t></w:r><w:r><w:rPr><w:{mark}/></w:rPr><w:t>旧数</w:t></w:r><w:r><w:t>新数</w:t></w:r>"
    assert read_docx("a.docx", with_body(xml)).lines[0] == "面积新数"


STYLES = (
    '<w:style w:type="paragraph" w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Under"><w:basedOn w:val="Gone"/></w:style>'
    '<w:style w:type="character" w:styleId="Pale"><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Dark"><w:pPr><w:shd w:val="clear" w:fill="003366"/></w:pPr></w:style>'
)


@pytest.mark.parametrize(
    ("paragraph", "run", "seen"),
    [
        ("Under", "", False),
        ("Under", '<w:vanish w:val="0"/>', True),
        ("", '<w:rStyle w:val="Pale"/>', False),
        ("", '<w:rStyle w:val="Pale"/><w:highlight w:val="black"/>', True),
        ("Dark", '<w:color w:val="FFFFFF"/>', True),
        ("", '<w:color w:val="auto"/>', True),
        ("", '<w:sz w:val="2"/>', False),
    ],
)
def test_what_styles_hide_or_set_white_on_white_is_not_read(paragraph: str, run: str, seen: bool) -> None:
    document = docx.Document()
    for style in parse_xml(f"<w:styles {nsdecls('w')}>{STYLES}</w:styles>"):
        document.styles.element.append(style)
    named = f'<w:pPr><w:pStyle w:val="{paragraph}"/></w:pPr>' if paragraph else ""
    text = f"<w:p {nsdecls('w')}>{named}<w:r><w:rPr>{run}</w:rPr><w:t>字</w:t></w:r></w:p>"
    document.add_paragraph("正文。")._p.addnext(parse_xml(text))
    file = io.BytesIO()
    document.save(file)
    assert ("字" in "".join(read_docx("a.docx", file.getvalue()).lines)) is seen


def test_a_power_is_no_longer_number() -> None:
    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>8</w:t></w:r>'
    assert read_docx("a.docx", with_body(f"<w:r><w:t>10</w:t></w:r>{raised}")).lines[0] == "10^8"


def test_a_table_has_head_and_rows() -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    for row, texts in zip(table.rows, (("园区", "面积"), ("北区", "210亩"), ("南区", "95亩")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    file = io.BytesIO()
    document.save(file)
    (block,) = (b for b in read_docx("a.docx", file.getvalue()).blocks if b.role is BlockRole.TABLE)
    assert block.table is not None
    assert (len(block.table.head), len(block.table.rows)) == (2, 2)


def test_a_row_that_is_said_to_head_nothing_is_no_head_and_tables_within_cells_are_tables() -> None:
    document = docx.Document()
    document.add_paragraph("标题", style="Title")
    outer = document.add_table(1, 2)
    outer.cell(0, 1).text = "右边的话。"
    inner = outer.cell(0, 0).add_table(3, 2)
    for row, texts in zip(inner.rows, (("馆区", "座位"), ("主楼", "4000"), ("附楼", "2000")), strict=True):
        row.cells[0].text, row.cells[1].text = texts
        heads = "1" if texts[0] == "馆区" else "false"
        row._tr.get_or_add_trPr().append(parse_xml(f'<w:tblHeader {nsdecls("w")} w:val="{heads}"/>'))
    file = io.BytesIO()
    document.save(file)
    facts = repair_document(read_document("a.docx", file.getvalue())).facts
    assert [fact.text for fact in facts] == ["馆区：主楼｜座位：4000", "馆区：附楼｜座位：2000", "右边的话。"]


def test_headings_over_credits_of_their_own_begin_articles_and_a_newspapers_line_is_no_text() -> None:
    document = docx.Document()
    for title, signed, text in (
        ("三期工程开工", "2024-03-05 来源：人民网 记者：周敏", "工程3月4日开工，总投资18.6亿元。"),
        ("老旧小区改造", "来源：兰溪日报 2024年3月12日 第2版", "今年计划改造老旧小区47个。"),
    ):
        document.add_heading(title, 1)
        document.add_paragraph(signed)
        document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    parsed = repair_document(read_document("a.docx", file.getvalue()))
    assert [(fact.article.title.text, fact.text) for fact in parsed.facts] == [
        ("三期工程开工", "工程3月4日开工，总投资18.6亿元。"),
        ("老旧小区改造", "今年计划改造老旧小区47个。"),
    ]
    assert [article.metadata for article in parsed.articles] == [
        Metadata(date=date(2024, 3, 5), author="周敏", source="人民网"),
        Metadata(newspaper="兰溪日报", date=date(2024, 3, 12), edition="2", source="兰溪日报"),
    ]


@pytest.mark.parametrize("style", [None, "Heading 1"])
def test_articles_side_by_side_in_a_table_are_articles(style: str | None) -> None:
    document = docx.Document()
    row = document.add_table(1, 2).rows[0]
    said = {
        "左边的文章": "左边的社区新建公园一座，面积四百亩。" * 12,
        "右边的文章": "右边的社区新建书屋一间。" * 12,
    }
    for cell, (title, text) in zip(row.cells, said.items(), strict=True):
        run = cell.paragraphs[0].add_run(title)
        if style is None:
            run.font.size = docx.shared.Pt(20)
        else:
            cell.paragraphs[0].style = style
        cell.add_paragraph().add_run("小标题在此").bold = True
        cell.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    facts = repair_document(read_document("a.docx", file.getvalue())).facts
    assert {fact.section for fact in facts} == {"小标题在此"}
    for title, text in said.items():
        assert "".join(fact.text for fact in facts if fact.article.title.text == title) == text


def titles_and_sections(document: docx.document.Document) -> list[tuple[str, str | None, str]]:
    file = io.BytesIO()
    document.save(file)
    facts = repair_document(read_document("a.docx", file.getvalue())).facts
    return [(fact.article.title.text, fact.section, fact.text) for fact in facts]


def test_headings_of_the_first_rank_are_titles_where_the_first_is_and_others_stand_under_them() -> None:
    document = docx.Document()
    for style, text in (
        ("Heading 1", "大桥合龙"),
        ("Heading 2", "工期"),
        ("Normal", "大桥昨日合龙。"),
        ("Heading 1", "渡口停航"),
        ("Normal", "渡口今日停航。"),
    ):
        document.add_paragraph(text, style)
    assert titles_and_sections(document) == [
        ("大桥合龙", "工期", "大桥昨日合龙。"),
        ("渡口停航", None, "渡口今日停航。"),
    ]


def test_an_official_documents_number_is_over_its_title() -> None:
    document = docx.Document()
    for text in ("临政发〔2023〕15号", "关于改造供水管网的通知"):
        document.add_paragraph(text).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph("到2025年底前完成改造。")
    assert titles_and_sections(document) == [("关于改造供水管网的通知", None, "到2025年底前完成改造。")]


def test_pandocs_styles_tell_who_wrote_a_text_and_when() -> None:
    document = docx.Document()
    for style, text in (("Title", "老城改造三年记"), ("Author", "周敏"), ("Date", "2024年5月6日")):
        if style not in document.styles:
            document.styles.add_style(style, WD_STYLE_TYPE.PARAGRAPH)
        document.add_paragraph(text, style=style)
    document.add_paragraph("老城的改造从2021年开始。")
    file = io.BytesIO()
    document.save(file)
    repaired = repair_document(read_document("a.docx", file.getvalue()))
    assert [fact.text for fact in repaired.facts] == ["老城的改造从2021年开始。"]
    assert repaired.articles[0].metadata == Metadata(author="周敏", date=date(2024, 5, 6))


@pytest.mark.parametrize(
    ("heads", "told"),
    [
        (("大桥合龙", "渡口停航"), [("大桥合龙", None), ("渡口停航", None)]),
        (("一、大桥", "二、渡口"), [("建设简报", "一、大桥"), ("建设简报", "二、渡口")]),
    ],
    ids=["stories", "parts of one text"],
)
def test_the_headings_right_under_a_bulletins_issue_are_titles(
    heads: tuple[str, str], told: list[tuple[str, str | None]]
) -> None:
    document = docx.Document()
    document.add_heading("建设简报", 0)
    document.add_paragraph("第3期　2024年5月6日")
    for head, text in zip(heads, ("大桥昨日合龙。", "渡口今日停航。"), strict=True):
        document.add_heading(head, 1)
        document.add_paragraph(text)
    assert [each[:2] for each in titles_and_sections(document)] == told
    file = io.BytesIO()
    document.save(file)
    articles = repair_document(read_document("a.docx", file.getvalue())).articles
    assert {each.date for each in articles} == {"2024-05-06"}

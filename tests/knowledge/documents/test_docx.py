"""Word: line n is paragraph n, wherever it stands; a hostile package is refused unexpanded; what whole files tell is in `samples/word.txt`."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from knowledge.documents import limits
from knowledge.documents.docx import read_docx
from knowledge.documents.folder import read_document
from knowledge.errors import UnreadableFile
from knowledge.repair.pipeline import repair_document
from tests.knowledge.documents.word import saved, word
from tests.support.words import examples


def replaced(data: bytes, part: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == part else old.read(info))
    return file.getvalue()


@examples("xml", "text")
def test_what_word_shows_is_read_and_what_was_deleted_is_not(xml: str, text: str) -> None:
    assert read_docx("a.docx", word(xml)).lines[0] == text


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框里</w:t></w:r></w:p></w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    xml = (
        f"<w:r><w:t>框外</w:t><mc:AlternateContent {mc}><mc:Choice Requires='wps'>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert read_docx("a.docx", word(xml)).lines[:2] == ("框外", "框里")


def test_a_damaged_package_is_refused() -> None:
    good = word("标题\n正文。")
    for data in (
        good[: len(good) // 2],
        b"PK\x03\x04",
        replaced(good, "word/document.xml", b"<w:document><w:body>"),
    ):
        with pytest.raises(UnreadableFile) as refused:
            read_docx("a.docx", data)
        assert refused.value.remedy


def test_a_bomb_is_refused_before_it_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = replaced(word("标题"), "word/document.xml", b" " * (17 * 1024 * 1024))
    with pytest.raises(UnreadableFile, match="正文解开后太大"):
        read_docx("a.docx", bomb)
    monkeypatch.setattr(limits, "OFFICE_EXPANDED_BYTES", 16 * 1024 * 1024)
    with pytest.raises(UnreadableFile, match=r"(?<!正文)解开后太大"):
        read_docx("a.docx", bomb)


def test_entities_are_never_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = (
        f'<!DOCTYPE x [<!ENTITY l0 "哈">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        f"<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>甲&l9;&f;</w:t></w:r></w:p></w:body></w:document>"
    )
    try:
        read = read_docx("a.docx", replaced(word("标题"), "word/document.xml", xml.encode())).lines
    except UnreadableFile:
        return
    assert read == ("甲",)


STYLES = (
    '<w:style w:type="paragraph" w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Under"><w:basedOn w:val="Gone"/></w:style>'
    '<w:style w:type="character" w:styleId="Pale"><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Dark"><w:pPr><w:shd w:val="clear" w:fill="003366"/></w:pPr></w:style>'
)


@examples("paragraph", "run", "seen")
def test_what_styles_hide_or_set_white_on_white_is_not_read(paragraph: str, run: str, seen: bool) -> None:
    document = docx.Document()
    for style in parse_xml(f"<w:styles {nsdecls('w')}>{STYLES}</w:styles>"):
        document.styles.element.append(style)
    named = f'<w:pPr><w:pStyle w:val="{paragraph}"/></w:pPr>' if paragraph else ""
    text = f"<w:p {nsdecls('w')}>{named}<w:r><w:rPr>{run}</w:rPr><w:t>字</w:t></w:r></w:p>"
    document.add_paragraph("正文。")._p.addnext(parse_xml(text))
    assert ("字" in "".join(read_docx("a.docx", saved(document)).lines)) is seen


LISTS = """
<w:abstractNum w:abstractNumId="90">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Chapter"/><w:lvlText w:val="%1 "/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Clause"/><w:lvlText w:val="%1.%2 "/></w:lvl>
</w:abstractNum>
<w:num w:numId="91"><w:abstractNumId w:val="90"/></w:num>
<w:num w:numId="92"><w:abstractNumId w:val="90"/></w:num>
<w:num w:numId="93"><w:abstractNumId w:val="90"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
"""
NUMBERED = """
<w:style w:type="paragraph" w:styleId="Chapter"><w:pPr><w:numPr><w:numId w:val="91"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Clause"><w:basedOn w:val="Chapter"/></w:style>
"""


def test_lists_are_numbered_as_word_does_through_styles_and_instances_of_one_definition() -> None:
    document = docx.Document()
    for style in parse_xml(f"<w:styles {nsdecls('w')}>{NUMBERED}</w:styles>"):
        document.styles.element.append(style)
    for list_ in parse_xml(f"<w:numbering {nsdecls('w')}>{LISTS}</w:numbering>"):
        document.part.numbering_part.element.append(list_)
    for style, number, text in (
        ("Chapter", "", "总则"),
        ("Clause", "", "目的"),
        ("Clause", "", "范围"),
        ("Chapter", "92", "经费"),
        ("Clause", "", "来源"),
        ("Chapter", "93", "附则"),
        ("Chapter", "0", "落款"),
    ):
        own = f'<w:numPr><w:numId w:val="{number}"/></w:numPr>' if number else ""
        paragraph = f'<w:pPr><w:pStyle w:val="{style}"/>{own}</w:pPr><w:r><w:t>{text}</w:t></w:r>'
        document.element.body.insert(-1, parse_xml(f"<w:p {nsdecls('w')}>{paragraph}</w:p>"))
    lines = read_docx("a.docx", saved(document)).lines
    assert lines == ("1 总则", "1.1 目的", "1.2 范围", "2 经费", "2.1 来源", "1 附则", "落款")


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
    facts = repair_document(read_document("a.docx", saved(document))).facts
    assert [fact.text for fact in facts] == ["馆区：主楼｜座位：4000", "馆区：附楼｜座位：2000", "右边的话。"]


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
    facts = repair_document(read_document("a.docx", saved(document))).facts
    assert {fact.section for fact in facts} == {"小标题在此"}
    for title, text in said.items():
        assert "".join(fact.text for fact in facts if fact.article.title.text == title) == text

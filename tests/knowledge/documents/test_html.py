"""HTML and mails: main text on its source lines, in linear time; what whole pages tell is in `samples/html.txt`."""

from __future__ import annotations

from datetime import date
from email.header import Header
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_document
from knowledge.documents.formats import extract_document
from knowledge.documents.html import read_html
from knowledge.documents.html_blocks import html_tokens
from knowledge.errors import UnreadableFile
from knowledge.model import Metadata
from knowledge.repair.pipeline import repair_document
from tests.support.words import examples


def known(page: str) -> Metadata:
    found = repair_document(read_document("a.html", page.encode())).articles[0].metadata
    assert found is not None
    return found


def lines(page: str, codec: str = "utf-8") -> tuple[str, ...]:
    return read_html("a.html", page.encode(codec)).lines


@examples("page", "text")
def test_malformed_markup_loses_no_text(page: str, text: str) -> None:
    assert lines(page) == (text,)


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "gb18030"])
def test_a_declared_gb_encoding_is_followed_unless_the_bytes_contradict_it(declared: str) -> None:
    for codec in ("gbk", "utf-8"):
        assert lines(f'<meta charset="{declared}">\n<p>绿地</p>', codec) == ("", "绿地")


def test_one_wrong_byte_of_a_declared_encoding_is_marked_and_more_are_refused_with_their_offset() -> None:
    page = f'<meta charset="gb2312"><h1>题目</h1>\n<p>{"全市新建公园八个，" * 4}共九百公顷。</p>\n<p>后一句没有坏。</p>'
    data = page.encode("gb18030")
    at = data.index("共".encode("gb18030"))
    read = read_html("a.html", data[:at] + b"\xff" + data[at + 1 :]).lines
    assert ("\ufffd" in read[1], read[2]) == (True, "后一句没有坏。")
    short = '<meta charset="gbk"><p>绿地'.encode("gbk")
    with pytest.raises(UnreadableFile) as refused:
        read_html("a.html", short + b"\xff</p>")
    assert refused.value.offset == len(short)


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a ", "<!--", "</", "<a b='", '<a b="', "<p> ", "&", "&#", "<script>", "<?", "<b>"]
)
def test_the_number_of_tokens_and_the_work_stay_linear(piece: str) -> None:
    page = piece * 20_000
    assert sum(1 for _ in html_tokens(page)) <= 40_001
    read_html("a.html", page.encode())


STYLED = "<style>@media{.a .b{color:#fff}</style><b class='a b'>"


@pytest.mark.parametrize("piece", ["<style>", "<style>{", STYLED, "<b class=author>", "<i>甲</i>\n"])
def test_the_work_on_looks_and_names_stays_linear(piece: str) -> None:
    extract = read_html("a.html", (piece * 20_000).encode())
    assert len(extract.lines) == max(1, 20_000 * piece.count("\n"))


@given(st.text(alphabet="<>/!-abp \"'=&;#甲乙\n", max_size=80))
def test_any_markup_keeps_the_count_of_lines_and_its_tokens_stand_in_order_in_the_source(page: str) -> None:
    read = lines("字" + page + "\n字")
    assert len(read) == page.count("\n") + 2
    assert read[0].startswith("字")
    found = list(html_tokens(page))
    assert [t.at for t in found] == sorted(t.at for t in found)
    assert all(page.startswith(t.text, t.at) for t in found)


def test_where_one_library_loses_the_article_the_others_is_taken() -> None:
    """trafilatura takes what is called a comment for one; readability looks at how much is told in it."""
    told = "".join(
        f"<p>街道今年新增社区食堂{n}座，居民普遍反映用餐更方便了，还想再来。</p>" for n in range(9)
    )
    page = (
        "<html><head><title>社区食堂又添九座</title></head><body><nav><a href=/>首页</a></nav>"
        f'<h1>社区食堂又添九座</h1><div class="intro"><p>本报讯</p></div><div class="comment article-body">{told}'
        "</div><footer>版权所有</footer></body></html>"
    )
    assert "".join(lines(page)).count("社区食堂") == 1 + 9


@examples("said", "author", "source")
def test_each_credit_ends_where_the_next_thing_begins(said: str, author: str, source: str) -> None:
    page = (
        f"<title>夜市开放</title><h1>夜市开放</h1><div>{said}</div><p>古镇夜市恢复开放。</p><p>游客不少。</p>"
    )
    newspaper = source if source.endswith("报") else None
    assert known(page) == Metadata(None, newspaper, date(2023, 9, 3), author=author or None, source=source)


@examples("over", "under", "author", "source")
def test_a_page_names_its_author_in_its_elements_or_its_lines(
    over: str, under: str, author: str, source: str
) -> None:
    found = known(
        f"<title>夜市开放</title><p><a href='/'>首页</a></p><h1>夜市开放</h1>{over}"
        f"<p>古镇夜市昨天恢复开放，游客不少，摊主都说好。</p>{under}"
    )
    assert (found.author or "", found.source or "") == (author, source)


LOOKS = """<style>.none{display:none} .none.on{display:block} .small{font-size:0} .small b{font-size:12px} /* .a{ */
.pale{color:#fff} .dark{background:#036} @media print{.print{display:none}} @media (max-width:9px){.wide{display:block}}
.wide{display:none} .off{position:absolute;left:-999em} h1,.veil{visibility:hidden} h1{visibility:visible}
.cut{clip:rect(0,0,0,0)} .after:after,.turn:hover{display:none}</style><title>夜市</title><h1>夜市</h1><p>正文。</p>"""


@examples("element", "seen")
def test_what_no_reader_of_a_page_sees_is_not_read(element: str, seen: bool) -> None:
    assert ("字" in "".join(lines(LOOKS + element))) is seen


def test_white_text_stays_where_a_style_sheet_of_another_file_may_colour_its_ground() -> None:
    assert "字" in "".join(lines("<link rel='stylesheet' href='a.css'>" + LOOKS + "<p class='pale'>字</p>"))


SENDER = f"{Header('周敏', 'utf-8').encode()} <zm@example.org>"


def test_the_subject_of_a_mail_is_its_title_and_its_sender_the_author() -> None:
    plain = MIMEText("各位：\n\n机房3月20日断电。\n> 几点？\n", "plain", "gb18030")
    mail = MIMEMultipart("alternative", _subparts=[plain, MIMEText("<p>网页。</p>", "html")])
    mail["Subject"], mail["From"] = Header("断电通知", "utf-8").encode(), SENDER
    mail["Date"] = "Thu, 13 Mar 2025 10:02:10 +0800"
    repaired = repair_document(read_document("a.eml", mail.as_bytes()))
    assert [(fact.text, fact.spans[0].line) for fact in repaired.facts] == [
        ("各位：", 1),
        ("机房3月20日断电。", 3),
        ("几点？", 4),
    ]
    (article,) = repaired.articles
    assert article.title.text == "断电通知"
    assert article.metadata == Metadata(title="断电通知", date=date(2025, 3, 13), author="周敏")


def test_what_is_attached_to_a_mail_is_told_and_an_address_that_is_none_harms_nothing() -> None:
    mail = EmailMessage()
    mail["Subject"] = "名单"
    mail.set_content("名单见附件。\n")
    mail.add_attachment(b"1", maintype="application", subtype="pdf", filename="名单.pdf")
    read, missing = extract_document("b.eml", b"From: not <an address\n" + mail.as_bytes())
    assert (read.lines, [part.name for part in missing]) == (("名单见附件。",), ["b.eml!/名单.pdf"])


@pytest.mark.parametrize("data", [b"\xff\xfe" * 9, b"Hello", b"Subject: x\n\n\n", "机房断电。".encode()])
def test_what_is_no_mail_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_document("a.eml", data)


def test_a_saved_page_without_one_is_refused_and_one_with_the_wrong_name_told_the_right_one() -> None:
    with pytest.raises(UnreadableFile):
        read_document("a.mht", MIMEMultipart("related").as_bytes())
    with pytest.raises(UnreadableFile) as misnamed:
        read_document("a.html", b"From: <Saved by Blink>\r\n" + MIMEMultipart("related").as_bytes())
    assert ".mhtml" in misnamed.value.remedy

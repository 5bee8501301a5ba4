"""HTML: main text on its source lines, in linear time."""

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
from knowledge.documents.text import Extract
from knowledge.errors import UnreadableFile
from knowledge.model import BlockRole, Metadata
from knowledge.repair.pipeline import repair_document
from knowledge.repair.tables import table_rows

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>青年报网</title>
<style>p { color: red }</style></head>
<body><nav><a href="/">首页</a></nav>
<article class="main">
<h1>绿地新增&ldquo;一千公顷&rdquo;</h1>
<p>上海今年<b>新增</b>绿地
一千公顷&#12290;</p><p>居民满意度达95&#x25;。</p>
<script>document.write("<p>广告</p>")</script>
</article>
<aside>热门文章</aside><footer>版权所有</footer>
</body></html>
"""


def known(page: str) -> Metadata | None:
    return repair_document(read_document("a.html", page.encode())).articles[0].metadata


def lines(page: str, codec: str = "utf-8") -> tuple[str, ...]:
    return read_html("a.html", page.encode(codec)).lines


def test_the_mark_of_a_note_is_no_figure() -> None:
    page = "<h1>标题在这里</h1><p>新馆有八层<a href='#n1'><sup>1</sup></a>，藏书三百万册。</p>"
    assert "新馆有八层，藏书三百万册。" in read_html("a.html", page.encode()).lines[0]


def test_a_paragraph_with_a_deletion_or_a_reading_in_it_is_kept() -> None:
    page = (
        "<title>地铁开通 - 新闻网</title><nav><a href='/'>首页</a><a href='/a'>要闻</a></nav><h1>地铁开通</h1>"
        "<div>2023年7月1日 来源：青山日报</div>\n<p>地铁12号线今日开通，全长35公里，设车站28座。</p>\n"
        "<p>首班车5时30分发出，票价3元起，<del>原定4元，</del>全程最高7元。</p>\n"
        "<p><ruby>拼<rt>pīn</rt></ruby>音<rt>yīn</rt>标注的站名牌有28块，都在本周之内换好。</p>\n<a href='/2'>下一页</a>"
    )
    extract = read_html("a.html", page.encode())
    assert extract.lines[1:] == (
        "地铁12号线今日开通，全长35公里，设车站28座。",
        "首班车5时30分发出，票价3元起，全程最高7元。",
        "拼音标注的站名牌有28块，都在本周之内换好。",
        "",
    )
    assert known(page) == Metadata(newspaper="青山日报", date=date(2023, 7, 1), source="青山日报")


def test_one_wrong_byte_of_a_declared_encoding_is_marked() -> None:
    page = f'<meta charset="gb2312"><h1>题目</h1>\n<p>{"全市新建公园八个，" * 4}共九百公顷。</p>\n<p>后一句没有坏。</p>'
    data = page.encode("gb18030")
    at = data.index("共".encode("gb18030"))
    read = read_html("a.html", data[:at] + b"\xff" + data[at + 1 :]).lines
    assert ("\ufffd" in read[1], read[2]) == (True, "后一句没有坏。")


def test_a_page_saved_as_one_file_is_read() -> None:
    page = "<title>地铁开通</title>\n<h1>地铁开通</h1>\n<p>地铁12号线今日开通。</p>"
    saved = MIMEMultipart("related")
    saved.attach(MIMEText(page, "html", "utf-8"))
    document = read_document("a.mhtml", saved.as_bytes())
    assert document.lines == ("", "地铁开通", "地铁12号线今日开通。")
    with pytest.raises(UnreadableFile):
        read_document("a.mht", MIMEMultipart("related").as_bytes())
    with pytest.raises(UnreadableFile) as misnamed:
        read_document("a.html", b"From: <Saved by Blink>\r\n" + saved.as_bytes())
    assert ".mhtml" in misnamed.value.remedy


def mail(*parts: MIMEText, **head: str) -> bytes:
    """A mail as mailboxes export it, of one part or of several that say the same."""
    whole = parts[0] if len(parts) == 1 else MIMEMultipart("alternative", _subparts=parts)
    for field, value in head.items():
        whole[field] = Header(value, "utf-8").encode() if field == "Subject" else value
    return whole.as_bytes()


SENDER = f"{Header('周敏', 'utf-8').encode()} <zm@example.org>"


def test_the_subject_of_a_mail_is_its_title_and_its_sender_the_author() -> None:
    plain, page = (
        MIMEText("各位：\n\n机房3月20日断电。\n> 几点？\n", "plain", "gb18030"),
        MIMEText("<p>网页。</p>", "html"),
    )
    data = mail(plain, page, Subject="断电通知", From=SENDER, Date="Thu, 13 Mar 2025 10:02:10 +0800")
    repaired = repair_document(read_document("a.eml", data))
    assert [(fact.text, fact.spans[0].line) for fact in repaired.facts] == [
        ("各位：", 1),
        ("机房3月20日断电。", 3),
        ("几点？", 4),
    ]
    (article,) = repaired.articles
    assert article.title.text == "断电通知"
    assert article.metadata == Metadata(title="断电通知", date=date(2025, 3, 13), author="周敏")


def test_a_mail_that_is_a_page_is_read_as_one_and_what_is_attached_is_told() -> None:
    data = mail(MIMEText("\n<p>机房断电。</p>", "html", "utf-8"), Subject="断电通知")
    document = read_document("a.eml", "From: 周敏 <zm@example.org>\n".encode() + data)
    assert (document.lines, document.stated) == (
        ("", "机房断电。"),
        Metadata(title="断电通知", author="周敏"),
    )
    whole = EmailMessage()
    whole["Subject"] = "名单"
    whole.set_content("名单见附件。\n")
    whole.add_attachment(b"1", maintype="application", subtype="pdf", filename="名单.pdf")
    read, missing = extract_document("b.eml", b"From: not <an address\n" + whole.as_bytes())
    assert (read.lines, [part.name for part in missing]) == (("名单见附件。",), ["b.eml!/名单.pdf"])


@pytest.mark.parametrize("data", [b"\xff\xfe" * 9, b"Hello", b"Subject: x\n\n\n", "机房断电。".encode()])
def test_what_is_no_mail_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_document("a.eml", data)


def test_line_n_is_the_text_of_source_line_n() -> None:
    assert lines(PAGE) == (
        *("",) * 5,
        "绿地新增“一千公顷”",
        "上海今年新增绿地",
        "一千公顷。\u3000\u3000居民满意度达95%。",
        *("",) * 4,
    )


def test_a_head_that_is_never_closed_ends_where_the_body_begins() -> None:
    assert lines("<head><title>题目</title>\n<div><p>正文。</p></div>") == ("题目", "正文。")


def test_a_title_that_names_a_part_of_the_site_is_none() -> None:
    body = "".join(
        f"\n<p>学术年会第{n}天举行大会报告，与会代表就第{n}个议题作了充分讨论。</p>" for n in range(9)
    )
    page = f"<title>新闻动态--学会官网</title><p><a href='/'>学会首页</a></p>\n<h3>首页 - 新闻动态</h3>\n<h5>学术年会在重庆成功举行</h5>{body}"
    (title,) = (b for b in read_html("a.html", page.encode()).blocks if b.role is BlockRole.TITLE)
    assert lines(page)[title.first - 1] == "学术年会在重庆成功举行"


def test_a_short_title_is_not_put_aside_for_the_subtitle_under_it() -> None:
    page = (
        "<title>青山日报数字报-一渠润三村</title><p><a href='/'>返回首页</a></p><h1>一渠润三村</h1><h2>——修渠见闻</h2>"
        "<p>修了半年的水渠昨天通水，三个村的水田都浇上了。</p>"
    )
    (article,) = repair_document(read_document("a.html", page.encode())).articles
    assert article.title.text == "一渠润三村"


def test_a_page_without_article_or_main_gives_its_body() -> None:
    assert lines("<div><h1>题目</h1>\n<p>正文。</p></div>\n<nav>导航</nav>") == ("题目", "正文。", "")


def test_a_small_article_element_does_not_hide_the_page() -> None:
    assert lines("<article>推荐</article>\n<div>" + "正文很长。" * 9 + "</div>") == ("推荐", "正文很长。" * 9)


PAPER = """<title>三河湾大桥昨日合龙 - 南浦数字报</title><table><tr><td><a href="/">首页</a> | <a href="/n">版面导航</a></td></tr></table>
<table><tr><td><table><tr><td>第02版：要闻</td></tr><tr><td><a href="2">秋粮开始收购</a></td></tr></table></td>
<td><table><tr><td>2022年9月27日 星期二 <a href="#">放大</a></td></tr>
<tr><td><b>三河湾大桥昨日合龙</b></td></tr>
<tr><td>□本报记者 梁 栋 通讯员 符小雪</td></tr>
<tr><td><founder-content>
　　昨日上午，三河湾大桥主桥合龙，全长2.16公里。<br>
　　大桥于2020年3月开工，预计明年五一前通车。<br>
</founder-content></td></tr>
<tr><td><a href="#">打印</a> <a href="#">关闭</a></td></tr></table></td></tr></table>
<table><tr><td>南浦报社版权所有 闽ICP备00000000号</td></tr></table>"""


def test_of_a_page_laid_out_by_tables_the_element_with_the_text_is_the_article() -> None:
    parsed = repair_document(read_document("a.html", PAPER.encode()))
    (article,) = parsed.articles
    assert [fact.text for fact in parsed.facts] == [
        "昨日上午，三河湾大桥主桥合龙，全长2.16公里。",
        "大桥于2020年3月开工，预计明年五一前通车。",
    ]
    assert (article.title.text, article.date) == ("三河湾大桥昨日合龙", "2022-09-27")
    assert article.metadata is not None
    assert article.metadata.author == "梁栋、符小雪"


CHANNEL = """<title></title><meta property="og:title" content="夜市回来了"><h1>夜市回来了</h1><p>原创 <a href="#">城西街道</a></p>
<div style="visibility: hidden;">
<p style="text-align: center"><b>点这里关注我们</b></p>
<p>停了三年的夜市5月18日恢复营业，每天17时开始。</p>
<p><strong>01</strong></p>
<p><strong>摊位怎么申请</strong></p>
<p>摊主到街道登记，摊位费每月300元。</p>
<p style="text-align: center">完</p>
</div>
<p style="display:none">隐藏的推广。</p><div>收录于合集 <a href="#">夜市</a></div>"""


def test_a_text_that_a_script_shows_is_no_hidden_one_and_ornaments_around_it_are_out() -> None:
    parsed = repair_document(read_document("a.html", CHANNEL.encode()))
    assert [(fact.section, fact.text) for fact in parsed.facts] == [
        (None, "停了三年的夜市5月18日恢复营业，每天17时开始。"),
        ("摊位怎么申请", "摊主到街道登记，摊位费每月300元。"),
    ]


def test_an_article_that_only_its_data_for_search_engines_hold_is_read_where_it_stands() -> None:
    page = (
        '<title>旧厂房变身菜市场</title>\n<script type="application/ld+json">\n{"@type": "NewsArticle",\n"articleBody": '
        '"菜市场7月1日开门。\\n经理\\u201c冯大姐\\u201d说，早市五点半开始。"}</script>\n<div>正在加载…</div>'
    )
    parsed = repair_document(read_document("a.html", page.encode()))
    assert [fact.text for fact in parsed.facts] == ["菜市场7月1日开门。", "经理“冯大姐”说，早市五点半开始。"]
    assert {span.line for fact in parsed.facts for span in fact.spans} == {4}
    shown = page.replace("正在加载…", "菜市场7月1日开门，早市五点半开始。")
    assert [fact.text for fact in repair_document(read_document("a.html", shown.encode())).facts] == [
        "菜市场7月1日开门，早市五点半开始。"
    ]


def test_what_heads_an_article_is_kept_and_what_heads_the_page_is_not() -> None:
    page = "<header>青年报网</header>\n<article><header><h1>题目</h1></header>\n<p>正文。</p></article>"
    assert lines(page) == ("", "题目", "正文。")


def test_a_page_within_a_form_keeps_its_text_without_the_controls() -> None:
    page = (
        '<form id="form1"><label>搜索</label><input value="词"><select><option>全部</option></select>\n'
        "<button>查</button><h1>题目</h1>\n<p>正文。</p></form>"
    )
    assert lines(page) == ("", "题目", "正文。")


def test_hidden_elements_are_left_out_but_a_class_of_that_name_is_not() -> None:
    assert lines('<p hidden>甲</p>\n<p class="x hidden y">乙</p>\n<p style="overflow: hidden ">丙</p>') == (
        "",
        "乙",
        "丙",
    )


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "gb18030"])
def test_a_declared_gb_encoding_is_followed(declared: str) -> None:
    assert lines(f'<meta charset="{declared}">\n<p>绿地</p>', "gbk") == ("", "绿地")


def test_a_declaration_that_the_bytes_contradict_is_not() -> None:
    assert lines('<meta charset="gb2312">\n<p>绿地</p>', "utf-8") == ("", "绿地")


def test_wrong_bytes_of_a_declared_encoding_are_refused_with_their_offset() -> None:
    page = '<meta charset="gbk"><p>绿地'.encode("gbk")
    with pytest.raises(UnreadableFile) as refused:
        read_html("a.html", page + b"\xff</p>")
    assert refused.value.offset == len(page)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("甲 < 乙 && 丙 &unknown; &#xD800;", "甲 < 乙 && 丙 &unknown; \ufffd"),
        ("<p>甲<br>乙", "甲\u3000\u3000乙"),
        ("<b><i>甲</b>乙</i>丙</em>丁", "甲乙丙丁"),
        ('<img alt="a > b" src=\'c">\'>甲', "甲"),
        ("甲<!-- 乙 -- > 丙 -->丁", "甲丁"),
        ("甲<!-- 没有结尾 <p>乙</p>", "甲"),
        ("甲<script>if (a</b) '</p>'</SCRIPT >乙", "甲乙"),
        ("甲&#10;乙&nbsp;丙", "甲 乙 丙"),
    ],
)
def test_malformed_markup_loses_no_text(page: str, text: str) -> None:
    assert lines(page) == (text,)


STYLED = "<style>@media{.a .b{color:#fff}</style><b class='a b'>"


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a ", "<!--", "</", "<a b='", '<a b="', "<p> ", "&", "&#", "<script>", "<?", "<b>"]
)
def test_the_number_of_tokens_and_the_work_stay_linear(piece: str) -> None:
    page = piece * 20_000
    assert sum(1 for _ in html_tokens(page)) <= 40_001
    read_html("a.html", page.encode())


@pytest.mark.parametrize("piece", ["<style>", "<style>{", STYLED, "<b class=author>", "<i>甲</i>\n"])
def test_the_work_on_looks_and_names_stays_linear(piece: str) -> None:
    extract = read_html("a.html", (piece * 20_000).encode())
    assert len(extract.lines) == max(1, 20_000 * piece.count("\n"))


@given(st.text(alphabet="<>/!-abp \"'=&;#甲乙\n", max_size=80))
def test_any_markup_keeps_the_count_of_lines(page: str) -> None:
    read = lines("字" + page + "\n字")
    assert len(read) == page.count("\n") + 2
    assert read[0].startswith("字")


@given(st.text(alphabet="<>/!-abp \"'=&;#甲乙\n", max_size=80))
def test_tokens_come_in_order_and_stand_in_the_source(source: str) -> None:
    found = list(html_tokens(source))
    assert [t.at for t in found] == sorted(t.at for t in found)
    assert all(source.startswith(t.text, t.at) for t in found)


NEWS = """<html><head><title>老年食堂开张_青山网</title><meta name="author" content="张三"></head><body>
<nav><a href="/">首页</a><a href="/news">新闻</a></nav>
<div class="content"><h1>老年食堂开张</h1>
<div class="info">2023-07-01 09:30 来源：青山日报</div>
<p>老年食堂今天在青山街道开张，每天供应午餐和晚餐两百份，居民凭卡就餐，行动不便的老人可以打电话订餐。</p>
<p>食堂由街道和企业合办，面积500m<sup>2</sup>，<del>价格20元</del>午餐每份15元，家常菜天天换样，营养师每周开一次讲座。</p>
<p style="display:none">隐藏的推广。</p>
<table><tr><th>餐别</th><th>价格</th></tr><tr><td>午餐</td><td>15元</td></tr><tr><td>晚餐</td><td>12元</td></tr></table>
<p>负责人表示，下一步还将把食堂办到更多小区，让更多老人在家门口吃上热饭热菜，子女上班也更放心。</p></div>
<div class="related"><a href="/1">别的新闻一则</a><a href="/2">别的新闻又一则</a></div>
<footer>版权所有 青山网</footer></body></html>"""


def blocks_of(extract: Extract) -> list[tuple[BlockRole, str]]:
    return [
        (block.role, "".join(extract.lines[block.first - 1 : block.last])[block.start : block.end])
        for block in extract.blocks
    ]


def test_the_article_of_a_page_is_told_from_what_stands_around_it() -> None:
    extract = read_html("a.html", NEWS.encode())
    text = "".join(extract.lines)
    for other in ("首页", "别的新闻", "版权所有", "隐藏的推广", "价格20元"):
        assert other not in text
    assert blocks_of(extract)[0] == (BlockRole.TITLE, "老年食堂开张")
    assert (BlockRole.CREDIT, "2023-07-01 09:30 来源：青山日报") in blocks_of(extract)
    assert "面积500m²，午餐每份15元" in text


def test_a_page_says_its_day_author_and_source() -> None:
    said = Metadata(date=date(2023, 7, 1), author="张三", source="青山日报", newspaper="青山日报")
    assert known(NEWS) == said


def test_an_office_of_the_site_is_no_author() -> None:
    found = known(NEWS.replace('content="张三"', 'content="青山网编辑部"'))
    assert found is not None and found.author is None


def test_a_table_of_a_page_has_its_head_and_rows() -> None:
    extract = read_html("a.html", NEWS.encode())
    (block,) = (block for block in extract.blocks if block.role is BlockRole.TABLE)
    document = read_document("a.html", NEWS.encode())
    assert [row.text for row in table_rows(document, block)] == [
        "餐别：午餐｜价格：15元",
        "餐别：晚餐｜价格：12元",
    ]


def test_blocks_on_one_line_of_the_source_are_told_apart_by_columns() -> None:
    extract = read_html("a.html", "<h1>题目在此</h1><p>第一段。</p><p>第二段。</p>".encode())
    assert [text for _, text in blocks_of(extract)] == ["题目在此", "第一段。", "第二段。"]


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
    assert "".join(read_html("a.html", page.encode()).lines).count("社区食堂") == 1 + 9


def test_a_live_report_keeps_the_time_with_its_entry() -> None:
    entries = [
        ("10:35", "台风在青山县沿海登陆，最大风力12级。"),
        ("11:20", "已转移群众3.2万人。"),
        ("13:05", "停运列车46趟。"),
    ]
    body = "".join(f'<div><span class="time">{time}</span><p>{text}</p></div>\n' for time, text in entries)
    page = f"<title>直播台风登陆</title><nav><a href=/>首页</a></nav><h1>直播台风登陆</h1>\n{body}"
    facts = repair_document(read_document("a.html", page.encode())).facts
    assert [(fact.section, fact.text) for fact in facts] == entries


SMALL = """<title>夜市开放_青山网</title><ul><li><a href="/">首页</a></li><li><a href="/a">要闻</a></li></ul>
<h1>夜市开放</h1><div>2023-09-03 来源：青山晚报 作者：周敏 责任编辑：吴越</div>
<p>9月2日晚，古镇夜市恢复开放，首日迎来游客2.6万人次。</p><p>游客可乘坐夜间专线，末班车为23时30分。</p>
<table><tr><th>线路</th><th>首班</th><th>末班</th></tr><tr><td>夜1路</td><td>18:00</td><td>23:30</td></tr></table>
<div><a href="/x">关于我们</a> <a href="/y">联系我们</a></div>"""


def test_of_a_small_page_the_links_beside_the_article_go_and_its_table_stays() -> None:
    parsed = repair_document(read_document("a.html", SMALL.encode()))
    assert [fact.text for fact in parsed.facts] == [
        "9月2日晚，古镇夜市恢复开放，首日迎来游客2.6万人次。",
        "游客可乘坐夜间专线，末班车为23时30分。",
        "线路：夜1路｜首班：18:00｜末班：23:30",
    ]
    assert known(SMALL) == Metadata(
        date=date(2023, 9, 3), author="周敏", source="青山晚报", editor="吴越", newspaper="青山晚报"
    )


@pytest.mark.parametrize(
    ("said", "author", "source"),
    [
        ("2023-09-03 来源：新京报<a href='/r'>举报</a>", None, "新京报"),
        ("2023-09-03 来源：新京报\n<a href='/r'>举报</a>", None, "新京报"),
        ("2023-09-03 来源：青山发布\n<a href='/r'>举报</a>", None, "青山发布"),
        ("2023-09-03 来源：证券时报网<span>作者：李四</span>", "李四", "证券时报网"),
        ("2023-09-03 作者：未知 来源：青山晚报", None, "青山晚报"),
        ("2023-09-03 12:05青山晚报 作者：小河&大河", "小河&大河", "青山晚报"),
        ("来源：青山晚报 作者：青山中学团委时间：2023年9月3日", "青山中学团委", "青山晚报"),
    ],
)
def test_each_credit_ends_where_the_next_thing_begins(said: str, author: str | None, source: str) -> None:
    page = (
        f"<title>夜市开放</title><h1>夜市开放</h1><div>{said}</div><p>古镇夜市恢复开放。</p><p>游客不少。</p>"
    )
    found = known(page)
    assert found is not None
    assert (found.date, found.author, found.source) == (date(2023, 9, 3), author, source)
    assert found.newspaper == (source if source.endswith("报") else None)


BLOG = "<title>夜市开放</title><p><a href='/'>首页</a></p><h1>夜市开放</h1>{over}<p>古镇夜市昨天恢复开放，游客不少，摊主都说好。</p>{under}"


@pytest.mark.parametrize(
    ("over", "under", "author", "source"),
    [
        ("<a rel='author' href='/u/1'>小河2号</a>", "", "小河2号", None),
        ("<div class='post-author'><b>周敏</b><i>关注</i></div>", "", "周敏", None),
        ("<p itemprop='author'><span itemprop='name'>周敏</span> 高级编辑</p>", "", "周敏", None),
        ("<p class='articleSource'>来源：青山发布</p>", "", None, "青山发布"),
        ("<span><a id='js_name'>青山街道在线</a></span><em>2023-09-03</em>", "", None, "青山街道在线"),
        ("<span>新华社</span><i>2023-09-03 12:05</i>", "", None, "新华社"),
        ("<p>周敏/青山晚报</p><p>2023-09-03 12:05</p>", "", "周敏", "青山晚报"),
        ("<p class='author'>青山晚报</p>", "", None, "青山晚报"),
        ("", "<p>posted @ 2023-09-03 12:05 周敏 阅读(12) 评论(3)</p>", "周敏", None),
        ("", "<p>由小河张贴 @ 2023-09-03 12:05:07 (3239)</p>", "小河", None),
        ("<p>楼主：小河 时间：2023-09-03 12:05:07 点击：123</p>", "", "小河", None),
        ("<p>周 敏</p>", "", "周敏", None),
        ("<p>高温</p>", "", None, None),
        ("<p>周敏</p>", "<p>周敏说，摊主都好。</p>", None, None),
        ("<p>作者：网络整理 来源：转载</p>", "", None, None),
        ("<p class='author'>周敏</p><p class='author'>李强</p>", "", None, None),
        ("", "<p><a href='/2'>下一篇</a></p>" * 4 + "<p class='author'>吴越</p>", None, None),
        ("<p>2023-09-03 12:05 我要评论 3</p>", "", None, None),
        ("<p><b>青山新闻·青山晚报记者周敏/文受访者供图</b></p>", "", "周敏", None),
        ("<p>本报记者周敏发自青山</p>", "", "周敏", None),
        ("<p>发布机构：青山县文化局</p>", "", None, "青山县文化局"),
        ("<p>2023/09/03 12:05 記者顏敏／臺東報導</p>", "", "顏敏", None),
        ("", "<p>本文作者：小河</p>", "小河", None),
        ("<table><tr><td>索引号<td>Q1<td>发文机关<td>青山县文化局</tr></table>", "", None, "青山县文化局"),
    ],
)
def test_a_page_names_its_author_in_its_elements_or_its_lines(
    over: str, under: str, author: str | None, source: str | None
) -> None:
    found = known(BLOG.format(over=over, under=under))
    assert found is not None and (found.author, found.source) == (author, source)


LOOKS = """<style>.none{display:none} .none.on{display:block} .small{font-size:0} .small b{font-size:12px} /* .a{ */
.pale{color:#fff} .dark{background:#036} @media print{.print{display:none}} @media (max-width:9px){.wide{display:block}}
.wide{display:none} .off{position:absolute;left:-999em} h1,.veil{visibility:hidden} h1{visibility:visible}
.cut{clip:rect(0,0,0,0)} .after:after,.turn:hover{display:none}</style><title>夜市</title><h1>夜市</h1><p>正文。</p>"""


@pytest.mark.parametrize(
    ("element", "seen"),
    [
        ("<p class='none'>字</p>", False),
        ("<p class='none on'>字</p>", True),
        ("<p class='wide'>字</p>", True),  # not on every screen
        ("<p class='print after turn'>字</p>", True),
        ("<p class='small'>字</p>", False),
        ("<p class='small'><b style='font-size:1em'>字</b></p>", False),
        ("<p class='small'><i style='font-size:9pt'>字</i></p>", True),
        ("<p style='font-size: 0.0px'>字</p>", False),
        ("<p style='opacity:0'>字</p>", False),
        ("<p style='opacity:.8;text-indent:2em'>字</p>", True),
        ("<p class='pale'>字</p>", False),
        ("<div class='dark'><p class='pale'>字</p></div>", True),
        ("<table bgcolor='#003366'><tr><td><font color='white'>字</font></td></tr></table>", True),
        ("<table background='a.gif'><tr><td><font color='white'>字</font></td></tr></table>", True),
        ("<p style='color:rgb(255, 255, 250)'>字</p>", False),
        ("<p style='color:transparent'>字</p>", False),
        ("<p class='off'>字</p>", False),
        ("<p class='cut'>字</p>", False),
        ("<p class='veil'>字<b style='visibility:visible'></b></p>", False),
        ("<p style='height:0;overflow:hidden'>字</p>", False),
        ("<p title='a hidden b'>字</p>", True),
    ],
)
def test_what_no_reader_of_a_page_sees_is_not_read(element: str, seen: bool) -> None:
    assert ("字" in "".join(lines(LOOKS + element))) is seen


def test_white_text_stays_where_a_style_sheet_of_another_file_may_colour_its_ground() -> None:
    assert "字" in "".join(lines("<link rel='stylesheet' href='a.css'>" + LOOKS + "<p class='pale'>字</p>"))


@pytest.mark.parametrize(
    ("head", "printed", "day"),
    [
        ('<meta name="others" content="页面生成时间 2024-10-23 11:23:36"><meta name="firstpublishedtime" content="2023-09-03-23:59:59">', "", 3),
        ('<meta name="PubDate" content="2023-09-03 10:00">', "<p>2023年9月2日</p>", 2),
    ],
)  # fmt: skip
def test_a_printed_day_goes_before_the_one_of_publication_and_that_before_when_the_page_was_made(
    head: str, printed: str, day: int
) -> None:
    found = known(f"{head}<title>夜市开放</title><h1>夜市开放</h1>{printed}<p>古镇夜市恢复开放。</p>")
    assert found is not None and found.date == date(2023, 9, day)


def test_a_title_that_a_table_of_fields_holds_is_the_title() -> None:
    fields = "".join(
        f"<tr><td>{name}</td><td>{value}</td></tr>"
        for name, value in (
            ("标题：", "关于夜市开放的通告"),
            ("成文日期：", "2023年9月3日"),
            ("文号：", "第7号"),
        )
    )
    page = f"<title>关于夜市开放的通告</title><a href=/>首页</a><table>{fields}</table><p>古镇夜市恢复开放，摊位共120个。</p><p>游客可乘夜间专线，末班车为23时30分。</p>"
    parsed = repair_document(read_document("a.html", page.encode()))
    assert {fact.article.title.text for fact in parsed.facts} == {"关于夜市开放的通告"}
    facts = [fact.text for fact in parsed.facts]
    assert "古镇夜市恢复开放，摊位共120个。" in facts and not any("标题" in text for text in facts)


def _with_further_news(head: str) -> str:
    told = "".join(
        f"<p>青山大桥第{n}座桥墩昨天完工，施工单位说，大桥将按期在年底通车，两岸居民出行更方便。</p>"
        for n in range(6)
    )
    others = "".join(f"<li><a href=/{n}>某地新增社区食堂{n}座 居民说好</a></li>" for n in range(12))
    return (
        f"<html><head><title>{head}</title></head><body><div id=menu><a href=/>首页</a><a href=/a>要闻</a></div><nav></nav>"
        f"<div class=text><div>青山大桥桥墩完工</div>{told}</div>"
        f"<div class=more><h4>为您推荐</h4><ul>{others}</ul><p>网友评论仅供表达个人看法</p></div></body></html>"
    )


def test_further_news_and_notices_under_an_article_are_none_of_it() -> None:
    text = "".join(read_html("a.html", _with_further_news("青山大桥桥墩完工_要闻").encode()).lines)
    assert text.count("桥墩昨天完工") == 6
    for other in ("首页", "为您推荐", "社区食堂", "网友评论"):
        assert other not in text


@pytest.mark.parametrize("head", ["青山新闻网", "显示", "青山大桥桥墩完工 青山频道"])
def test_the_line_over_the_text_is_the_title_where_the_pages_own_names_the_site(head: str) -> None:
    (article,) = repair_document(read_document("a.html", _with_further_news(head).encode())).articles
    assert article.title.text == "青山大桥桥墩完工"


@pytest.mark.parametrize("title", ["柳河镇人民政府", "柳河镇政府网"])
def test_who_signs_a_notice_is_not_its_title_though_the_page_is_named_after_him(title: str) -> None:
    page = (
        f"<title>{title}</title><p><a href='/'>首页</a></p><div>关于集中供水检修的公告</div><div>发布时间：2025-06-11 来源：柳河镇</div>"
        "<p>柳河镇水厂6月13日检修，停水8小时。</p><p>涉及东街、南街两个社区。</p><p>柳河镇人民政府</p>"
    )
    (article,) = repair_document(read_document("a.html", page.encode())).articles
    assert (article.title.text, article.date) == ("关于集中供水检修的公告", "2025-06-11")


def test_a_document_of_numbered_sections_is_named_by_the_line_over_them() -> None:
    page = "<p>志愿者手册</p><h1>一、时间</h1><p>每次四小时。</p><h1>二、补贴</h1><p>每天三十元。</p>"
    facts = repair_document(read_document("a.html", page.encode())).facts
    assert [(fact.article.title.text, fact.section, fact.text) for fact in facts] == [
        ("志愿者手册", "一、时间", "每次四小时。"),
        ("志愿者手册", "二、补贴", "每天三十元。"),
    ]


def test_when_and_where_something_is_held_are_facts_and_a_number_to_call_leads_nowhere() -> None:
    page = (
        "<title>活动报名</title><h1>活动报名</h1><p>时间：2025年10月5日<br>地点：文化馆</p><p>请提前报名。</p>"
        "<ul><li>自带水杯</li></ul><p>电话：<a href='tel:5712'>0572-1234567</a></p>"
    )
    facts = repair_document(read_document("a.html", page.encode())).facts
    told = ["时间：2025年10月5日", "地点：文化馆", "请提前报名。", "自带水杯", "电话：0572-1234567"]
    assert [fact.text for fact in facts] == told


@pytest.mark.parametrize("before", [False, True], ids=["stamp over the text", "stamp under it"])
def test_of_a_board_the_first_who_writes_is_the_author_and_the_others_head_what_they_say(
    before: bool,
) -> None:
    posts = [
        ("小河2号", "9:12", "潮气怎么办？"),
        ("老周", "9:40", "先查防水。"),
        ("吴越", "10:15", "开窗通风。"),
    ]
    page = (
        "<title>返潮怎么办 - 装修论坛</title><p><a href='/'>首页</a></p><h1>返潮怎么办</h1><div class='list'>"
    )
    for at, (who, time, text) in enumerate(posts):
        stamp = f"<p>{at + 1}楼 | 发表于 2024-5-6 {time}:08</p>"
        said = f"<p>{text}</p>"
        page += f"<div><p><a href='/u{at}'>{who}</a></p>{said + stamp if before else stamp + said}<p><a>举报</a></p></div>"
    repaired = repair_document(read_document("a.html", f"{page}</div><p>文责自负。</p>".encode()))
    assert [(fact.text, fact.section) for fact in repaired.facts] == [
        ("潮气怎么办？", None),
        ("先查防水。", "老周"),
        ("开窗通风。", "吴越"),
    ]
    (article,) = repaired.articles
    assert article.metadata is not None and article.metadata.author == "小河2号"


def test_terms_and_what_is_said_of_them_are_rows_or_sections() -> None:
    page = (
        "<title>博物馆</title><h1>博物馆</h1><dl><dt>门票：</dt><dd>免费</dd><dt>电话</dt><dd>3300112</dd></dl>"
        "<dl><dt>汛限水位</dt><dd>汛期允许的最高水位。</dd><dd>每年核定。</dd></dl>"
    )
    facts = repair_document(read_document("a.html", page.encode())).facts
    assert [(fact.section, fact.text) for fact in facts] == [
        (None, "门票：免费"),
        (None, "电话：3300112"),
        ("汛限水位", "汛期允许的最高水位。"),
        ("汛限水位", "每年核定。"),
    ]


def test_a_linked_author_beside_the_day_is_the_author() -> None:
    page = (
        "<title>茶馆开张</title><p><a href='/'>首页</a></p><h1>茶馆开张</h1>"
        "<div>由 <a href='/lin'>林小满</a> 发表于 2025年5月6日</div><p>停业三年的茶馆昨天重新开张，一碗茶五元。</p>"
    )
    found = known(page)
    assert found is not None and (found.author, found.date) == ("林小满", date(2025, 5, 6))


def test_a_line_all_in_bold_over_text_heads_a_section() -> None:
    lines = ("<b>食堂多了</b>", "<strong>图为新食堂（周敏摄）</strong>", "<b>居民都说好。</b>")
    told = "".join(
        f"<p>{line}</p><p>街道今年新增社区食堂{n}座，居民普遍反映用餐更方便了。</p>"
        for n, line in enumerate(lines, 2)
    )
    extract = read_html("a.html", f"<title>食堂开张了</title><h1>食堂开张了</h1>{told}".encode())
    assert [text for role, text in blocks_of(extract) if role is BlockRole.HEADING] == ["食堂多了"]


def test_buttons_of_a_post_are_no_text_and_a_number_heads_the_table_under_it() -> None:
    rows = "<tr><td>城关镇</td><td>便民中心</td></tr><tr><td>石桥镇</td><td>镇政府</td></tr>"
    page = f"<title>开业啦</title><h1>开业啦</h1><p>点击蓝字 关注我们</p><p>社区食堂今天开业。</p><p>一、受理地点</p><table>{rows}</table>"
    repaired = repair_document(read_document("a.html", page.encode()))
    assert [(fact.text, fact.section) for fact in repaired.facts] == [
        ("社区食堂今天开业。", None),
        ("城关镇：便民中心", "一、受理地点"),
        ("石桥镇：镇政府", "一、受理地点"),
    ]


def test_a_clause_that_leads_to_a_table_is_text() -> None:
    rows = "<tr><td>阅览室</td><td>周二至周日 9:00—21:00</td></tr><tr><td>自习室</td><td>每日 8:00—22:00</td></tr>"
    page = f"<title>开放时间公告_门户</title><div><a href=/>首页</a><a href=/a>要闻</a></div><h1>开放时间公告</h1><p>因客流增加，开放时间调整如下：</p><table>{rows}</table><p>周一闭馆。</p>"
    assert "因客流增加，开放时间调整如下：" in "".join(lines(page))


def test_a_title_that_stands_twice_is_told_once() -> None:
    page = "<title>食堂开张了_青山网</title><h1>食堂开张了</h1><p>食堂开张了</p><p>街道今年新增社区食堂两座，居民都说好。</p>"
    facts = repair_document(read_document("a.html", page.encode())).facts
    assert [fact.text for fact in facts] == ["街道今年新增社区食堂两座，居民都说好。"]

"""Bytes to text: the right characters, or a refusal with the place; never mojibake."""

from __future__ import annotations

import codecs
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import find_sources, read_document, read_sources
from knowledge.documents.plain import code_runs
from knowledge.documents.sidecar import read_sidecar
from knowledge.documents.text import decode_text
from knowledge.errors import UnreadableFile
from knowledge.model import BlockRole, Document, Metadata, Skipped
from knowledge.repair.pipeline import repair_document
from knowledge.repair.tables import table_rows

ARTICLE = (
    "本报讯 记者从市卫生健康委获悉，今年1至7月，全市社区卫生服务中心共接待居民35.6万人次，"
    "同比增长12.3%。“家门口就能看病，不用再跑远路了。”居民们说。\n下一步，上海将继续完善基层医疗服务体系。\n"
)
KOREAN = (
    "서울시는 오늘 새로운 정책을 발표했다. 시민들의 참여를 바란다고 밝혔다. 이번 행사는 다음 주까지 계속된다."
)
JAPANESE = "東京都は今日、新しい政策を発表した。市民の参加を望むと述べた。この行事は来週まで続く。政府は努力している。"
TRADITIONAL = (
    "記者從市政府獲悉，今年以來全市經濟發展穩定，居民收入繼續增長，社區服務體系進一步完善，群眾滿意度提高。"
)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (ARTICLE.encode(), "utf-8"),
        (codecs.BOM_UTF8 + ARTICLE.encode(), "utf-8-sig"),
        (ARTICLE.encode("gb18030"), "gb18030"),
        (ARTICLE.encode("gbk"), "gb18030"),
        (ARTICLE.encode("hz"), "hz"),
        (ARTICLE.encode("iso2022_jp_2"), "iso2022_jp_2"),
        (codecs.BOM_UTF16_LE + ARTICLE.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + ARTICLE.encode("utf-16-be"), "utf-16"),
        (ARTICLE.encode("utf-16-le"), "utf-16-le"),
        (ARTICLE.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + ARTICLE.encode("utf-32-le"), "utf-32"),
    ],
)
def test_each_encoding_of_chinese_newspapers_gives_the_same_text(data: bytes, encoding: str) -> None:
    assert decode_text("a.txt", data) == (ARTICLE, encoding)


def test_traditional_characters_in_gb18030_are_read() -> None:
    assert decode_text("a.txt", TRADITIONAL.encode("gb18030")) == (TRADITIONAL, "gb18030")


def test_a_short_gbk_title_is_read() -> None:
    assert decode_text("a.txt", "临港新片区".encode("gbk"))[0] == "临港新片区"


def test_rare_characters_of_a_name_do_not_make_a_gb18030_file_implausible() -> None:
    text = ARTICLE + "名单：龑、䶮、喆、㛃、𠮷。\n"
    assert decode_text("a.txt", text.encode("gb18030"))[0] == text


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16"])
def test_characters_that_repair_leaves_out_are_still_in_the_text(codec: str) -> None:
    text = ARTICLE + "甲\u200b乙\u00ad丙\ue000丁\u202e戊\x00己\x0b庚\u2028辛"
    assert decode_text("a.txt", text.encode(codec))[0] == text


WRONG = ARTICLE.encode()
GBK = ARTICLE.encode("gbk")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (WRONG[:31] + b"\xff" + WRONG[31:], "utf-8"),
        (WRONG + "好".encode()[:2], "utf-8"),
        (WRONG + b"\xed\xa0\x80", "utf-8"),
        (GBK[:41] + b"\xff" + GBK[41:], "gb18030"),
        (GBK + "好".encode("gbk")[:1], "gb18030"),
    ],
    ids=["byte", "cut", "surrogate", "gbk-byte", "gbk-cut"],
)
def test_one_wrong_place_is_marked_and_the_rest_is_read(data: bytes, encoding: str) -> None:
    text, found = decode_text("坏.txt", data)
    assert found == encoding
    assert 1 <= text.count("\ufffd") <= 3


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (WRONG + GBK, len(WRONG)),
        (codecs.BOM_UTF8 + WRONG + b"\xff", len(WRONG) + 3),
        (codecs.BOM_UTF16_LE + "好".encode("utf-16-le") + b"\x00\xd8", 4),
        (WRONG[:30] + b"\xff" + WRONG[30:60] + b"\xff" + WRONG[60:], 28),
    ],
    ids=["gbk-tail", "bom", "utf16-surrogate", "two-bytes"],
)
def test_wrong_bytes_are_refused_with_their_offset(data: bytes, offset: int) -> None:
    with pytest.raises(UnreadableFile) as refused:
        decode_text("坏.txt", data)
    assert (refused.value.offset, refused.value.name) == (offset, "坏.txt")
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (KOREAN, "euc-kr"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "shift_jis"),
        ("Größere Städte müssen über Straßen nachdenken", "latin-1"),
        ("Сегодня в Москве открылась новая станция метро", "koi8-r"),
    ],
)
def test_other_encodings_are_refused_instead_of_read_as_mojibake(text: str, codec: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        decode_text("a.txt", text.encode(codec))
    assert refused.value.offset is not None


@pytest.mark.parametrize("codec", ["big5", "big5hkscs"])
def test_traditional_characters_in_big5_are_read(codec: str) -> None:
    assert decode_text("a.txt", TRADITIONAL.encode(codec)) == (TRADITIONAL, "big5-hkscs")


@pytest.mark.parametrize("mark", ["━", "─", "★", "┌│"])
def test_rules_and_boxes_do_not_make_a_file_implausible(mark: str) -> None:
    text = f"小城旧事\n{mark * 120}\n{ARTICLE}"
    assert decode_text("a.txt", text.encode("gbk")) == (text, "gb18030")


def test_a_wrong_byte_does_not_hide_that_a_file_is_no_text() -> None:
    data = (TRADITIONAL * 2).encode("big5hkscs")
    with pytest.raises(UnreadableFile, match="控制字符"):
        decode_text("a.txt", data[:60] + b"\xff" + data[60:] + b"\x01" * 9)


def test_a_gbk_file_with_a_utf8_part_is_refused() -> None:
    with pytest.raises(UnreadableFile):
        decode_text("a.txt", ARTICLE.encode("gbk") * 8 + ARTICLE.encode())


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 8, b"\x00" * 4096, b"\x7fELF\x02\x01\x01" + b"\x00\x01\x02" * 99]
)
def test_binary_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        decode_text("a.txt", data)


@given(st.binary(max_size=400))
def test_any_bytes_are_text_of_that_encoding_or_a_refusal_within_the_file(data: bytes) -> None:
    try:
        text, encoding = decode_text("a.txt", data)
    except UnreadableFile as refused:
        assert refused.offset is None or 0 <= refused.offset <= len(data)
    else:
        text.encode("utf-8")
        assert (
            "\ufffd" in text
            or text.encode(encoding) in (data, codecs.BOM_UTF16_LE + data[2:])
            or encoding
            in (
                "utf-16",
                "utf-32",
            )
        )


@given(st.text(st.characters(codec="gb2312"), min_size=1, max_size=60))
def test_no_utf8_text_is_ever_refused_for_its_words(text: str) -> None:
    printable = "".join(char for char in text if char.isprintable()) + "。"
    assert decode_text("a.txt", printable.encode()) == (printable, "utf-8")


def test_a_sidecar_states_what_the_page_does_not_print() -> None:
    text = 'title = "题目"\nnewspaper = "青年报"\ndate = 2019-09-10\nedition = "A02"\nurl = "https://a.example/1?b=2"\n'
    text += 'author = "张三、李四"\nsource = "新华社"\neditor = "王五"\n'
    stated = Metadata(
        "题目", "青年报", date(2019, 9, 10), "A02", "https://a.example/1?b=2", "张三、李四", "新华社", "王五"
    )
    assert read_sidecar("a.toml", text.encode()) == stated
    assert read_sidecar("a.toml", b"\xef\xbb\xbf" + text.encode()) == stated


def test_a_date_may_be_written_in_quotes() -> None:
    assert read_sidecar("a.toml", b'date = "2019-09-10"').date == date(2019, 9, 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('newpaper = "青年报"', "没有“newpaper”这一项，是不是“newspaper”？"),
        ("作者 = 1", "附注文件不是 TOML"),
        (
            '"作者" = "甲"',
            "没有“作者”这一项，可用：title、newspaper、date、edition、url、author、source、editor",
        ),
        ('url = "javascript:alert(1)"', "“url”写法不对"),
        ('url = "tg://user?id=1"', "“url”写法不对"),
        ('date = "去年"', "“date”应是日期"),
        ("title = 3", "“title”应是加引号的文字"),
        ('title = ""', "“title”不能为空"),
        ('title = "一\\n二"', "“title”写法不对"),
        ("title = [[[[[[", "附注文件不是 TOML"),
        ("title = " + "[" * 5000, "附注文件"),
    ],
)
def test_a_wrong_sidecar_is_refused_with_the_key_that_is_wrong(text: str, said: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_sidecar("a.toml", text.encode())
    assert said in refused.value.reason


def test_a_sidecar_that_is_no_utf8_is_refused_with_the_offset() -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_sidecar("a.toml", b'title = "' + "题目".encode("gbk") + b'"')
    assert refused.value.offset == 9


def load(folder: Path) -> tuple[dict[str, Document], dict[str, str]]:
    results = [r for s in find_sources(folder) for r in read_sources(s)]
    documents = {r[0].name: r[0] for r in results if not isinstance(r, Skipped)}
    return documents, {r.name: r.reason for r in results if isinstance(r, Skipped)}


def test_a_wrong_sidecar_is_skipped_alone_and_the_article_still_loads(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("标题\n\n上海新增绿地。", encoding="utf-8")
    (tmp_path / "a.toml").write_text("titel = 1", encoding="utf-8")
    documents, skipped = load(tmp_path)
    assert documents["a.txt"].sidecar is None
    assert skipped == {"a.toml": "没有“titel”这一项，是不是“title”？"}


def test_the_more_exact_name_goes_first(tmp_path: Path) -> None:
    for name in ("a.txt", "a.md"):
        (tmp_path / name).write_text("标题\n\n上海新增绿地。", encoding="utf-8")
    (tmp_path / "a.toml").write_text('newspaper = "甲报"', encoding="utf-8")
    (tmp_path / "a.md.toml").write_text('newspaper = "乙报"', encoding="utf-8")
    documents, skipped = load(tmp_path)
    assert {name: d.sidecar and d.sidecar.newspaper for name, d in documents.items()} == {
        "a.txt": "甲报",
        "a.md": "乙报",
    }
    assert skipped == {}


def test_a_sidecar_without_its_article_is_reported(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text('newspaper = "甲报"', encoding="utf-8")
    assert load(tmp_path) == ({}, {"b.toml": "附注文件旁边没有同名的文章"})


def test_a_sidecar_in_capitals_is_reported_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("标题\n\n上海新增绿地。", encoding="utf-8")
    (tmp_path / "a.TOML").write_text('newspaper = "甲报"', encoding="utf-8")
    documents, skipped = load(tmp_path)
    assert list(documents) == ["a.txt"]
    assert skipped == {"a.TOML": "附注文件旁边没有同名的文章"}


BOX = "各区人口\n┌────┬────┐\n│ 区名 │ 人口 │\n├────┼────┤\n│ 东区 │ 52万 │\n├────┼────┤\n│ 西区 │ 37万 │\n└────┴────┘\n数据截至年底。\n"
BARS = "# 各区人口\n\n| 区名 | 人口 |\n|---|---:|\n| 东区 | 52万 |\n| 西区 | 37万 |\n\n数据截至年底。\n"


@pytest.mark.parametrize(("name", "text"), [("a.txt", BOX), ("a.md", BARS)], ids=["box", "bars"])
def test_a_drawn_table_has_its_head_and_rows(name: str, text: str) -> None:
    document = read_document(name, text.encode())
    (block,) = (block for block in document.blocks if block.role is BlockRole.TABLE)
    told = [row.text for row in table_rows(document, block)]
    assert told == ["区名：东区｜人口：52万", "区名：西区｜人口：37万"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "通讯录\n姓名\t科室\t分机\n常春\t内科\t801\n李远\t外科\t802\n"),
        ("a.txt", "通讯录\n 姓名    科室    分机\n 常春    内科    801\n 李远    外科    802\n"),
        ("a.txt", "通讯录\n姓名,科室,分机\n常春,内科,801\n李远,外科,802\n"),
        ("a.csv", '姓名,科室,分机\n常春,"内科",801\n李远,外科,802\n'),
        ("a.txt", "通讯录\n姓名;科室;分机\n常春;内科;801\n李远;外科;802\n"),
        ("a.csv", '姓名;科室;分机\n常春;"内科";801\n李远;外科;802\n'),
        ("a.tsv", "姓名\t科室\t分机\n常春\t内科\t801\n李远\t外科\t802\n"),
    ],
)
def test_lines_parted_alike_are_a_table(name: str, text: str) -> None:
    facts = repair_document(read_document(name, text.encode())).facts
    assert [fact.text for fact in facts] == [
        "姓名：常春｜科室：内科｜分机：801",
        "姓名：李远｜科室：外科｜分机：802",
    ]


@pytest.mark.parametrize("blank", ["\u3000\u3000", "   ", "\t"])
def test_names_and_the_numbers_to_call_are_a_table(blank: str) -> None:
    text = f"值班电话\n总值班室{blank}3322110\n水务抢修{blank}0512-3322119\n燃气抢修{blank}3322118\n"
    facts = repair_document(read_document("a.txt", text.encode())).facts
    assert [fact.text for fact in facts] == [
        "总值班室：3322110",
        "水务抢修：0512-3322119",
        "燃气抢修：3322118",
    ]


def test_dots_lead_from_a_name_to_its_value() -> None:
    text = "小镇咖啡馆菜单\n美式 ......... 15元\n拿铁………………20元\n热可可 · · · · 18元\n营业到22点。\n"
    facts = repair_document(read_document("a.txt", text.encode())).facts
    assert [fact.text for fact in facts] == ["美式：15元", "拿铁：20元", "热可可：18元", "营业到22点。"]


@pytest.mark.parametrize(
    "text",
    [
        "名单\n张三  李四  王五\n赵六  钱七  孙八\n",
        "须知\n1.\t自带画笔\n2.\t不得迟到\n",
        "青山,绿水,白云\n春风,秋雨,冬雪\n",
        "目录\n第一章 总则\t1\n第二章 附则\t5\n第一章 总则\n车辆应当登记。\n第二章 附则\n自公布之日起施行。\n",
    ],
    ids=["names", "items", "verses", "contents"],
)
def test_names_items_verses_and_contents_are_no_table(text: str) -> None:
    assert BlockRole.TABLE not in {block.role for block in read_document("a.txt", text.encode()).blocks}


@pytest.mark.parametrize("rule", ["━" * 30, "=====", "★" * 12, "* * *"])
def test_a_rule_is_furniture(rule: str) -> None:
    blocks = read_document("a.txt", f"标题\n{rule}\n正文一句。\n".encode()).blocks
    assert [(block.role, block.first) for block in blocks] == [(BlockRole.FURNITURE, 2)]


def test_text_with_a_bar_is_no_table() -> None:
    assert read_document("a.txt", "他说|这不是表。\n再来一句。\n".encode()).blocks == ()


SCRIPT = """\
(function(){
    var ad = document.createElement('script');

    ad.src = '//example.org/a.js'; // 右侧广告
    Card.load({
        wrap: 'w1', //外层
        list: [1, 2]
    });
})();
"""
STYLE = "/* 引文 */\n.quote{padding:2px;background:url(//example.org/q.png) no-repeat}\n.quote:hover{}\n"


@pytest.mark.parametrize(
    "code", [SCRIPT, STYLE, "document.write('<b>广告</b>');\n", "if (a || b) {\n  c();\n}\n"]
)
def test_code_that_a_saved_story_was_left_with_is_furniture(code: str) -> None:
    (block,) = read_document("a.txt", f"大桥通车\n　　大桥通车了。\n{code}　　车流不息。\n".encode()).blocks
    assert (block.role, block.first, block.last) == (BlockRole.FURNITURE, 3, 2 + code.count("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "//@小桥：转发微博",
        "联系方式 (a@example.org);",
        "他说 {",
        "见 (https://example.org/a?b=1)",
        "function (未完",
        "All lanes (six) are open;",
    ],
)
def test_prose_with_signs_of_code_is_prose(text: str) -> None:
    assert read_document("a.txt", f"大桥通车\n{text}\n车流不息。\n".encode()).blocks == ()


def test_a_bracket_that_prose_leaves_open_takes_nothing_after_it() -> None:
    assert list(code_runs(["call(", "大桥通车了。", "a();", "["])) == [range(2, 3)]


LETTER = """发件人: 后勤处 <hq@example.com>
发送时间: 2021年5月6日 16:20
主题: 食堂就餐时间调整

从5月10日到5月14日，教工食堂午餐改为11时到
12时30分。
晚餐停供。

> -----原始邮件-----
> 发件人: 燃气公司
> 主题: 检修安排
>
> 检修5月10日开始。
"""


def test_the_subject_of_a_letter_saved_as_text_is_its_title() -> None:
    parsed = repair_document(read_document("a.txt", LETTER.encode()))
    assert [(fact.article.title.text, fact.text) for fact in parsed.facts] == [
        ("食堂就餐时间调整", "从5月10日到5月14日，教工食堂午餐改为11时到12时30分。"),
        ("食堂就餐时间调整", "晚餐停供。"),
        ("检修安排", "检修5月10日开始。"),
    ]
    assert parsed.articles[0].date == "2021-05-06"


@pytest.mark.parametrize(
    "head",
    [
        "青山市教育局文件\n\n青教发〔2024〕8号\n\n关于2024年招生工作的通知\n\n",
        "关于2024年招生工作的通知\n青教发〔2024〕8号\n\n",
    ],
)
def test_an_official_text_has_its_title_beside_its_number(head: str) -> None:
    text = head + (
        "各县教育局：\n\n现将有关事项通知如下：\n\n一、招生对象\n\n小学招收年满六周岁的儿童。\n\n"
        "二、报名时间\n\n网上报名从6月10日开始。\n\n青山市教育局\n2024年5月6日\n"
    )
    parsed = repair_document(read_document("a.txt", text.encode()))
    (article,) = parsed.articles
    assert article.title.text == "关于2024年招生工作的通知"
    assert article.kicker is not None and "青教发〔2024〕8号" in article.kicker.text
    assert [(fact.section, fact.text) for fact in parsed.facts] == [
        (None, "各县教育局："),
        (None, "现将有关事项通知如下："),
        ("一、招生对象", "小学招收年满六周岁的儿童。"),
        ("二、报名时间", "网上报名从6月10日开始。"),
        ("二、报名时间", "青山市教育局"),
        ("二、报名时间", "2024年5月6日"),
    ]
    assert article.date == "2024-05-06"


def test_a_list_under_an_official_text_hides_not_its_day() -> None:
    text = _official(
        "青教发〔2024〕9号",
        "关于表彰的通知",
        "授予三人称号。",
        "2024年6月3日",
        "附件\n名单\n常春\n李远\n费青\n",
    )
    (article,) = repair_document(read_document("a.txt", text.encode())).articles
    assert article.date == "2024-06-03"


def test_minutes_that_name_their_subject_are_no_letter() -> None:
    text = "时间：2023年3月2日\n主题：食堂改造\n会议研究了食堂改造问题。\n"
    assert not read_document("a.txt", text.encode()).blocks


def _official(number: str, title: str, told: str, day: str, after: str = "") -> str:
    return f"青山市教育局文件\n\n{number}\n\n{title}\n\n各学校：\n\n{told}\n\n青山市教育局\n{day}\n{after}\n"


def test_each_official_text_of_a_file_begins_at_its_number_and_ends_with_its_day() -> None:
    text = _official(
        "青教发〔2011〕8号",
        "关于春季开学的通知",
        "全市学校2月14日开学。",
        "二〇一一年一月二十日",
        "抄送：市委办\n",
    )
    text += _official("青教发〔2024〕9号", "关于暑期托管的通知", "托管从7月8日开始。", "2024年6月3日")
    parsed = repair_document(read_document("a.txt", text.encode()))
    assert [(article.title.text, article.date) for article in parsed.articles] == [
        ("关于春季开学的通知", "2011-01-20"),
        ("关于暑期托管的通知", "2024-06-03"),
    ]
    assert [f.text for f in parsed.facts if f.article == parsed.articles[1]][:2] == [
        "各学校：",
        "托管从7月8日开始。",
    ]


def test_a_number_that_an_official_text_lists_begins_none() -> None:
    told = "以下文件废止。\n\n青教发〔2001〕3号\n关于学费的规定"
    text = _official("青教发〔2024〕9号", "关于废止文件的通知", told, "2024年6月3日")
    (article,) = repair_document(read_document("a.txt", text.encode())).articles
    assert article.title.text == "关于废止文件的通知"


POST = """点击上方蓝字关注我们

图书馆暑期开放公告

原创 青山图书馆 青山图书馆 2024-06-28 18:00 发表于浙江

7月1日起，图书馆每天开放到21时。

少儿阅览室每天最多接待300人，扫描二维码预约。

文字｜周敏
编辑｜李强

—END—

往期推荐

荷花什么时候开

点个“在看”，让更多人知道！
阅读原文
"""


def test_what_wechat_prints_around_a_post_is_none_of_its_text() -> None:
    parsed = repair_document(read_document("a.txt", POST.encode()))
    assert [(fact.article.title.text, fact.text) for fact in parsed.facts] == [
        ("图书馆暑期开放公告", "7月1日起，图书馆每天开放到21时。"),
        ("图书馆暑期开放公告", "少儿阅览室每天最多接待300人，扫描二维码预约。"),
    ]
    known = parsed.articles[0].metadata
    assert known is not None and (parsed.articles[0].date, known.author, known.editor) == (
        "2024-06-28",
        "周敏",
        "李强",
    )


@pytest.mark.parametrize("place", [" 浙江", " 发表于浙江", ""])
def test_a_post_says_when_it_came_out_and_where(place: str) -> None:
    text = POST.replace(" 发表于浙江", place)
    assert repair_document(read_document("a.txt", text.encode())).articles[0].date == "2024-06-28"


@pytest.mark.parametrize(
    "head",
    [
        "{who} {time}",
        "{who}  2024-05-06 {time}:07",
        "运维-{who} {time}",
        "[5月6日 {time}] {who}",
        "{time} {who}",
    ],
)
def test_in_a_chat_who_speaks_when_heads_what_is_said(head: str) -> None:
    said = [
        ("小河", "9:12", "周六爬山吗？"),
        ("老周", "9:15", "去。\n七点集合。"),
        ("小河", "9:20", "带水。"),
        ("老周", "9:31", "好。"),
    ]
    talk = "\n\n".join(f"{head.format(who=who, time=time)}\n{text}" for who, time, text in said)
    repaired = repair_document(read_document("群聊.txt", f"—— 2024-05-06 ——\n\n{talk}\n[图片]\n".encode()))
    assert [fact.text for fact in repaired.facts] == ["周六爬山吗？", "去。", "七点集合。", "带水。", "好。"]
    assert all(
        who in (fact.section or "")
        for fact, who in zip(repaired.facts, ["小河", "老周", "老周", "小河", "老周"], strict=True)
    )
    assert [(each.title.text, str(each.metadata and each.metadata.date)) for each in repaired.articles] == [
        ("群聊", "2024-05-06")
    ]


def test_what_a_program_writes_over_a_chat_is_no_text_and_its_only_day_is_the_days() -> None:
    text = (
        "消息记录（文本格式）\n====\n消息对象:球友群\n\n2024-05-06 9:12:08 小河(40012345)\n几点开场？\n\n2024-05-06 9:15:40 老周(50098765)\n八点。\n\n"
        "2024-05-06 9:16:02 小河(40012345)\n[表情]\n\n2024-05-06 9:20:31 吴越(60011111)\n带水。\n"
    )
    repaired = repair_document(read_document("a.txt", text.encode()))
    assert [fact.text for fact in repaired.facts] == ["几点开场？", "八点。", "带水。"]
    assert repaired.facts[1].leans_on == repaired.facts[0].id
    assert [each.date for each in repaired.articles] == ["2024-05-06"]


def test_the_line_over_a_chat_is_its_title() -> None:
    text = "球友群的聊天记录\n\n小河 9:12\n几点开场？\n老周 9:15\n八点。\n小河 9:20\n带水。\n"
    repaired = repair_document(read_document("a.txt", text.encode()))
    assert [(fact.article.title.text, fact.section) for fact in repaired.facts] == [
        ("球友群的聊天记录", "小河 9:12"),
        ("球友群的聊天记录", "老周 9:15"),
        ("球友群的聊天记录", "小河 9:20"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "9:00 开幕\n9:30 演讲\n10:00 茶歇\n10:20 演讲\n",
        "9:00 开幕\n主持：周敏\n9:30 演讲\n主讲：吴越\n10:00 闭幕\n",
    ],
    ids=["a list of times", "nobody twice"],
)
def test_a_programme_is_no_chat(text: str) -> None:
    assert not read_document("a.txt", text.encode()).blocks


def test_one_word_of_a_button_makes_no_post() -> None:
    assert not read_document("a.txt", "夜市开放\n\n夜市昨天开放。\n\n阅读原文\n".encode()).blocks


def test_lines_numbered_on_one_under_another_are_items_and_head_nothing() -> None:
    text = "检修安排\n(1)东街泵房 6月13日检修\n(2)西街泵房 6月14日检修\n(3)码头泵房 6月15日检修\n"
    assert [
        (fact.text, fact.section) for fact in repair_document(read_document("a.txt", text.encode())).facts
    ] == [
        ("(1)东街泵房6月13日检修", None),
        ("(2)西街泵房6月14日检修", None),
        ("(3)码头泵房6月15日检修", None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "检修\n一、时间\n两天。\n二、地点\n东街。\n三、电话\n3300112。\n",
        "检修\n1.东街泵房。\n2.西街泵房。\n3.码头泵房。\n",
        "检修\n2.东街\n3.西街\n4.码头\n",
    ],
)
def test_numbered_headings_and_sentences_are_left_to_repair(text: str) -> None:
    assert not read_document("a.txt", text.encode()).blocks

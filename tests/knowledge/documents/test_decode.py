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
from knowledge.model import Document, Metadata, Skipped
from knowledge.repair.pipeline import repair_document
from tests.support.words import examples

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


NAMES = ARTICLE + "名单：龑、䶮、喆、㛃、𠮷。\n"
LEFT_OUT = ARTICLE + "甲\u200b乙\u00ad丙\ue000丁\u202e戊\x00己\x0b庚\u2028辛"
RULES = "\n".join(mark * 120 for mark in ("━", "─", "★", "┌│"))


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (ARTICLE, "utf-8", "utf-8"),
        (ARTICLE, "utf-8-sig", "utf-8-sig"),
        (ARTICLE, "gb18030", "gb18030"),
        (ARTICLE, "gbk", "gb18030"),
        (ARTICLE, "hz", "hz"),
        (ARTICLE, "iso2022_jp_2", "iso2022_jp_2"),
        ("\ufeff" + ARTICLE, "utf-16-le", "utf-16"),
        ("\ufeff" + ARTICLE, "utf-16-be", "utf-16"),
        (ARTICLE, "utf-16-le", "utf-16-le"),
        (ARTICLE, "utf-16-be", "utf-16-be"),
        ("\ufeff" + ARTICLE, "utf-32-le", "utf-32"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5-hkscs"),
        (TRADITIONAL, "big5hkscs", "big5-hkscs"),
        ("临港新片区", "gbk", "gb18030"),
        (NAMES, "gb18030", "gb18030"),  # rare characters do not make it implausible
        (LEFT_OUT, "utf-8", "utf-8"),  # what repair leaves out is still in the text
        (LEFT_OUT, "gb18030", "gb18030"),
        (LEFT_OUT, "utf-16", "utf-16"),
        *((f"小城旧事\n{rule}\n{ARTICLE}", "gbk", "gb18030") for rule in RULES.split("\n")),
    ],
)
def test_each_encoding_of_chinese_newspapers_gives_the_same_text(
    text: str, codec: str, encoding: str
) -> None:
    assert decode_text("a.txt", text.encode(codec)) == (text.lstrip("\ufeff"), encoding)


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


BIG5 = (TRADITIONAL * 2).encode("big5hkscs")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (WRONG + GBK, len(WRONG)),
        (codecs.BOM_UTF8 + WRONG + b"\xff", len(WRONG) + 3),
        (codecs.BOM_UTF16_LE + "好".encode("utf-16-le") + b"\x00\xd8", 4),
        (WRONG[:30] + b"\xff" + WRONG[30:60] + b"\xff" + WRONG[60:], 28),
        (GBK * 8 + WRONG, ""),
        (KOREAN.encode("euc-kr"), ""),  # never read as mojibake
        (JAPANESE.encode("euc-jp"), ""),
        (JAPANESE.encode("shift_jis"), ""),
        ("Größere Städte müssen über Straßen nachdenken".encode("latin-1"), ""),
        ("Сегодня в Москве открылась новая станция метро".encode("koi8-r"), ""),
        (BIG5[:60] + b"\xff" + BIG5[60:] + b"\x01" * 9, "控制字符"),  # no text at all
        (bytes(range(256)) * 8, "控制字符"),
        (b"\x00" * 4096, "控制字符"),
        (b"\x7fELF\x02\x01\x01" + b"\x00\x01\x02" * 99, "控制字符"),
    ],
)
def test_other_encodings_wrong_bytes_and_what_is_no_text_are_refused_with_a_place_in_the_file(
    data: bytes, said: int | str
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        decode_text("坏.txt", data)
    assert refused.value.name == "坏.txt"
    assert refused.value.remedy
    assert refused.value.offset == said if isinstance(said, int) else said in refused.value.reason
    assert refused.value.offset is not None


@given(st.binary(max_size=400))
def test_any_bytes_are_text_of_that_encoding_or_a_refusal_within_the_file(data: bytes) -> None:
    try:
        text, encoding = decode_text("a.txt", data)
    except UnreadableFile as refused:
        assert refused.offset is None or 0 <= refused.offset <= len(data)
    else:
        same = text.encode(encoding) in (data, codecs.BOM_UTF16_LE + data[2:])
        assert same or "\ufffd" in text or encoding in ("utf-16", "utf-32")


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
    for written in (text, "\ufeff" + text, text.replace("2019-09-10", '"2019-09-10"')):
        assert read_sidecar("a.toml", written.encode()) == stated


@examples("text", "said")
def test_a_wrong_sidecar_is_refused_with_the_key_that_is_wrong(text: str, said: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_sidecar("a.toml", text.encode())
    assert said in refused.value.reason


def test_a_sidecar_that_is_no_utf8_is_refused_with_the_offset_and_one_of_mere_brackets_at_all() -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_sidecar("a.toml", b'title = "' + "题目".encode("gbk") + b'"')
    assert refused.value.offset == 9
    with pytest.raises(UnreadableFile, match="附注文件"):
        read_sidecar("a.toml", b"title = " + b"[" * 5000)


def load(folder: Path) -> tuple[dict[str, Document], dict[str, str]]:
    results = [r for s in find_sources(folder) for r in read_sources(s)]
    documents = {r[0].name: r[0] for r in results if not isinstance(r, Skipped)}
    return documents, {r.name: r.reason for r in results if isinstance(r, Skipped)}


def test_a_sidecar_is_of_the_article_it_is_named_after_and_else_reported_while_the_articles_load(
    tmp_path: Path,
) -> None:
    """The more exact name goes first; one with a mistake, in capitals or without its article is not passed over."""
    for name in ("a.txt", "a.md", "b.txt", "c.txt"):
        (tmp_path / name).write_text("标题\n\n上海新增绿地。", encoding="utf-8")
    for name, text in (
        ("a.toml", 'newspaper = "甲报"'),
        ("a.md.toml", 'newspaper = "乙报"'),
        ("b.toml", "titel = 1"),
        ("c.TOML", 'newspaper = "丙报"'),
        ("d.toml", 'newspaper = "丁报"'),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    documents, skipped = load(tmp_path)
    assert {name: document.sidecar for name, document in documents.items()} == {
        "a.txt": Metadata(newspaper="甲报"),
        "a.md": Metadata(newspaper="乙报"),
        "b.txt": None,
        "c.txt": None,
    }
    assert skipped == {
        "b.toml": "没有“titel”这一项，是不是“title”？",
        "c.TOML": "附注文件旁边没有同名的文章",
        "d.toml": "附注文件旁边没有同名的文章",
    }


def test_a_bracket_that_prose_leaves_open_takes_nothing_after_it() -> None:
    assert list(code_runs(["call(", "大桥通车了。", "a();", "["])) == [range(2, 3)]


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

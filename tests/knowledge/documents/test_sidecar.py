"""Sidecars: what the page does not print, validated; a wrong one never costs the article."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.documents.folder import find_sources, read_sources
from knowledge.documents.sidecar import read_sidecar
from knowledge.errors import UnreadableFile
from knowledge.model import Document, Metadata, Skipped


def test_a_sidecar_states_what_the_page_does_not_print() -> None:
    text = 'title = "题目"\nnewspaper = "青年报"\ndate = 2019-09-10\nedition = "A02"\nurl = "https://a.example/1?b=2"\n'
    stated = Metadata("题目", "青年报", date(2019, 9, 10), "A02", "https://a.example/1?b=2")
    assert read_sidecar("a.toml", text.encode()) == stated
    assert read_sidecar("a.toml", b"\xef\xbb\xbf" + text.encode()) == stated


def test_a_date_may_be_written_in_quotes() -> None:
    assert read_sidecar("a.toml", b'date = "2019-09-10"').date == date(2019, 9, 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('newpaper = "青年报"', "没有“newpaper”这一项，是不是“newspaper”？"),
        ("作者 = 1", "附注文件不是 TOML"),
        ('"作者" = "甲"', "没有“作者”这一项，可用：title、newspaper、date、edition、url"),
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

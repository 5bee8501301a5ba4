"""The folder: what is found, what is skipped and why, and that nothing outside it or without end is read."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from knowledge.documents.folder import RESERVED_NAMES, Read, find_sources, read_bytes, read_sources
from knowledge.errors import NoArticles
from knowledge.model import Skipped

ARTICLE = "新闻标题\n\n本报讯 上海今年新增公共绿地一千公顷。\n"


def read(folder: Path) -> dict[str, str]:
    """Each name in the folder with its text, or with the reason why it was skipped."""
    found: dict[str, str] = {}
    for source in find_sources(folder):
        for result in read_sources(source):
            name, said = shown(result)
            assert name not in found
            found[name] = said
    return found


def shown(result: Read) -> tuple[str, str]:
    if isinstance(result, Skipped):
        assert result.reason
        assert result.remedy
        return result.name, result.reason
    document, data = result
    assert document.size == len(data)
    return document.name, "\n".join(document.lines) + "\n"


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ARTICLE, encoding="utf-8")


def test_files_are_found_in_name_order_through_all_folders_but_hidden_reserved_and_editors_ones(
    tmp_path: Path,
) -> None:
    assert list(find_sources(tmp_path)) == []
    write(tmp_path, "b.txt", "a/深/c.TXT", "a.txt")
    write(
        tmp_path, ".a.txt", "..md", ".git/b.txt", "~$c.docx", "Thumbs.db", "__MACOSX/d.txt", *RESERVED_NAMES
    )
    assert [s.name for s in find_sources(tmp_path)] == ["a/深/c.TXT", "a.txt", "b.txt"]
    assert set(read(tmp_path).values()) == {ARTICLE}
    for missing in ("a.txt", "文章"):
        with pytest.raises(NoArticles, match=missing):
            list(find_sources(tmp_path / missing))


def test_bad_files_are_skipped_with_a_reason_while_the_rest_loads(tmp_path: Path) -> None:
    bad = {
        "空.txt": (b"", "文件是空的"),
        "白.txt": (" \n\u3000\n".encode(), "没有文字"),
        "二进制.txt": (bytes(range(256)) * 20, "含有大量控制字符，不是文本文件"),
        "其实是.txt": (b"%PDF-1.7\n" + ARTICLE.encode(), "内容是PDF，扩展名却是 .txt"),
        "网页.docx": (b"<html><p>" + ARTICLE.encode(), "内容是网页，扩展名却是 .docx"),
        "写字板.docx": (b"{\\rtf1\\ansi}", "内容是RTF，扩展名却是 .docx"),
        "坏.pdf": (b"%PDF-1.7\n" + os.urandom(500), "不是 PDF，或文件已损坏"),
        "坏.docx": (b"PK\x03\x04" + os.urandom(500), "不是 .docx，或文件已损坏"),
        "坏.zip": (b"PK\x03\x04" + os.urandom(500), "不是 .zip，或压缩包不完整"),
        "一行.txt": (("字" * 1_700_000).encode(), "第 1 行有 1700000 字，超过 500000 字的上限"),
        "旧.doc": (b"x", "不认识的扩展名“.doc”"),
        "无扩展名": (b"x", "不认识的扩展名“无”"),
    }
    for name, (data, _) in bad.items():
        (tmp_path / name).write_bytes(data)
    with (tmp_path / "百兆.txt").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    write(tmp_path, "好.txt", "/".join(["d"] * 40) + "/a.txt")
    deep = "/".join(["d"] * 33)
    assert read(tmp_path) == {
        **{name: reason for name, (_, reason) in bad.items()},
        "百兆.txt": "有 104857600 字节，超过 10 MB 的上限",
        "好.txt": ARTICLE,
        deep: "文件夹套了 32 层以上，没有再往里读",
    }
    for name in ("旧.doc", "无扩展名"):
        (skipped,) = read_bytes(name, b"x")
        assert isinstance(skipped, Skipped) and ".docx" in skipped.remedy


def test_pipes_sockets_and_devices_are_skipped_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "管道.txt")
    with socket.socket(socket.AF_UNIX) as door, contextlib.chdir(tmp_path):
        door.bind("插口.txt")
        reasons = read(tmp_path)
    assert reasons == dict.fromkeys(("插口.txt", "管道.txt"), "不是普通文件（管道、设备或套接字）")


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (lambda path: None, "文件在读取前被移走了"),
        (os.mkfifo, "不是普通文件（管道、设备或套接字）"),
        (lambda path: path.symlink_to("/etc/passwd"), "symbolic links"),
    ],
    ids=["nothing", "a pipe", "a link"],
)
def test_what_is_put_in_place_of_a_file_between_listing_and_reading_is_not_followed_and_never_hangs(
    tmp_path: Path, put: Callable[[Path], None], said: str
) -> None:
    write(tmp_path, "a.txt")
    (source,) = find_sources(tmp_path)
    (tmp_path / "a.txt").unlink()
    put(tmp_path / "a.txt")
    (result,) = read_sources(source)
    assert isinstance(result, Skipped)
    assert said in result.reason


def test_links_never_lead_out_of_the_folder_or_in_circles(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    write(inside, "a.txt", "sub/b.txt", "..2026_11/c.txt")
    write(outside, "secret.txt", "deep/secret.txt")
    (inside / "h.txt").hardlink_to(inside / "a.txt")
    links: dict[str, str | Path] = {
        "l.txt": "a.txt",
        "..data": "..2026_11",  # as folders are mounted in containers
        "c.txt": "..data/c.txt",
        "passwd.txt": "/etc/passwd",
        "secret.txt": outside / "secret.txt",
        "deep": outside / "deep",
        "sub/up": inside,
        "self.txt": "self.txt",
        "gone.txt": inside / "nothing.txt",
    }
    for link, target in links.items():
        (inside / link).symlink_to(target)
    reasons = read(inside)
    assert reasons.pop("self.txt") and reasons.pop("gone.txt")
    assert reasons == {
        **dict.fromkeys(("a.txt", "sub/b.txt", "c.txt"), ARTICLE),
        **dict.fromkeys(("h.txt", "l.txt"), "与 a.txt 是同一个文件"),
        **dict.fromkeys(("passwd.txt", "secret.txt", "deep"), "符号链接指向文件夹之外"),
        "sub/up": "符号链接指向文件夹",
    }


def test_strange_names_are_read_or_reported_but_never_crash(tmp_path: Path) -> None:
    names = [
        "换\n行.txt",
        "长" * 80 + ".txt",
        "-rf.txt",
        "📰.txt",
        "e\u0301.txt",
        "\u00e9.txt",
        "A.txt",
        "a.txt",
    ]
    write(tmp_path, *names)
    with open(os.fsencode(tmp_path) + b"/\xb1\xb1\xbe\xa9.txt", "wb") as file:
        file.write(ARTICLE.encode())
    odd = {"\\xb1\\xb1\\xbe\\xa9.txt": "文件名不是 UTF-8"}
    assert read(tmp_path) == dict.fromkeys(names, ARTICLE) | odd


LONG_AGO, NOW = 1_000_000_000, 2_000_000_000  # seconds
OLD, NEW = ((char * 59 + "\n") * 2000 for char in "甲乙")


@pytest.mark.parametrize(
    ("written", "stamped", "said"),
    [
        ({2: NEW}, {2: NOW}, NEW),
        ({2: NEW, 4: OLD}, {2: NOW, 4: NOW + 1}, "读取时文件正在改变"),
        ({2: NEW}, {1: NOW, 2: NOW}, NEW),
        ({2: NEW[:60]}, {2: LONG_AGO}, NEW[:60]),
    ],
    ids=["once", "again and again", "within a tick", "by an older and shorter one"],
)
def test_a_file_that_changes_while_read_is_whole_or_skipped_never_mixed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: dict[int, str],
    stamped: dict[int, int],
    said: str,
) -> None:
    """Each reading looks at the file before and after; before the looks of these numbers somebody writes and stamps it."""
    path, looks, real = tmp_path / "a.txt", itertools.count(1), os.fstat
    path.write_text(OLD, encoding="utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO))
    (source,) = find_sources(tmp_path)

    def fstat(file: int) -> os.stat_result:
        number = next(looks)
        if number in written:
            path.write_text(written[number], encoding="utf-8")
        if number in stamped:
            os.utime(path, (stamped[number], stamped[number]))
        if number == 3:  # the second reading is a while later
            monkeypatch.setattr(time, "time", lambda: NOW + 60.0)
        return real(file)

    monkeypatch.setattr(time, "time", lambda: NOW + 0.001)
    monkeypatch.setattr(os, "fstat", fstat)
    assert [shown(one)[1] for one in read_sources(source)] == [said]


def test_an_unreadable_file_is_named_while_the_rest_loads() -> None:
    # in a place of its own, which the other user may enter wherever the tests' own folder lies
    with TemporaryDirectory(dir="/tmp") as place:
        folder = Path(place)
        folder.chmod(0o755)
        write(folder, "a.txt", "锁.txt")
        (folder / "锁.txt").chmod(0)
        (folder / "闭").mkdir(mode=0)
        code = (
            "import os, sys; from pathlib import Path; "
            "from knowledge.documents.folder import *; list(read_bytes('a.txt', '标题。'.encode()));"  # all is loaded
            "os.getuid() or os.setuid(65534);"
            "print([getattr(r, 'reason', 'ok') for s in find_sources(Path(sys.argv[1])) for r in read_sources(s)])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
        (folder / "闭").chmod(0o700)
    assert done.stdout.strip() == "['ok', '没有读取权限', '打不开文件夹（Permission denied）']"


def test_the_stamp_changes_with_the_file_and_with_its_sidecar(tmp_path: Path) -> None:
    def stamp() -> object:
        (source,) = find_sources(tmp_path)
        return source.stamp

    write(tmp_path, "a.txt")
    stamps = [stamp()]
    for name, text in (("a.toml", 'title = "甲"'), ("a.toml", 'title = "乙丙"'), ("a.txt", "另一篇。")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        stamps.append(stamp())
    (tmp_path / "a.toml").unlink()
    stamps.append(stamp())
    assert len(set(stamps)) == 5
    assert stamps[-1] == stamp()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        *(
            (f"一\u2028二\x0c三\x85四\x0b五{ends}{ends}六{ends}", ("一\u2028二\x0c三\x85四\x0b五", "", "六"))
            for ends in ("\n", "\r\n", "\r")
        ),
        ("一\r\n二\r三\n四", ("一", "二", "三", "四")),
    ],
)
def test_lines_are_counted_as_editors_count_them(text: str, lines: tuple[str, ...]) -> None:
    (result,) = read_bytes("a.txt", text.encode())
    assert not isinstance(result, Skipped)
    assert result[0].lines == lines

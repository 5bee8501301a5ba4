"""Archives: each rule refuses by its name, and everything that breaks none is read."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_bytes
from knowledge.model import Document, Skipped

ARTICLE = "标题\n\n上海新增绿地一千公顷。\n".encode()


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data, method, compresslevel=1)  # zeros are 229 times smaller even so
    return file.getvalue()


def read(data: bytes) -> tuple[dict[str, Document], dict[str, str]]:
    results = list(read_bytes("a.zip", data))
    assert all(r.remedy for r in results if isinstance(r, Skipped))
    return (
        {r[0].name: r[0] for r in results if not isinstance(r, Skipped)},
        {r.name: r.reason for r in results if isinstance(r, Skipped)},
    )


def entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_members_are_read_in_name_order_with_their_sidecars() -> None:
    documents, skipped = read(
        packed(
            ("b/c.txt", ARTICLE),
            ("a.md", ARTICLE),
            ("b/c.toml", 'newspaper = "青年报"'.encode()),
            ("b/d.toml", b""),
            ("b/", b""),
            ("__MACOSX/._a.md", b"\0"),
            ("b/.DS_Store", b"\0"),
        )
    )
    assert list(documents) == ["a.zip!/a.md", "a.zip!/b/c.txt"]
    stated = documents["a.zip!/b/c.txt"].sidecar
    assert stated is not None
    assert stated.newspaper == "青年报"
    assert skipped == {"a.zip!/b/d.toml": "附注文件旁边没有同名的文章"}


@pytest.mark.parametrize("codec", ["gb18030", "utf-8"])
def test_chinese_names_without_the_utf8_flag_are_read(codec: str) -> None:
    data = packed(("ABCD.txt", ARTICLE))
    stored = "中文".encode(codec)[:4].ljust(4, b"x") if codec == "gb18030" else "é".encode() * 2
    documents, _ = read(data.replace(b"ABCD", stored))
    assert list(documents) == [f"a.zip!/{stored.decode(codec)}.txt"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../x.txt", "压缩包里的路径含“.”或“..”"),
        ("a/../../x.txt", "压缩包里的路径含“.”或“..”"),
        ("/x.txt", "压缩包里的路径是绝对路径"),
        ("C:/x.txt", "压缩包里的路径是绝对路径"),
        ("a\\..\\x.txt", "压缩包里的路径含反斜杠"),
        ("换\n行.txt", "压缩包里的文件名含控制字符"),
        ("x" * 1100 + ".txt", "压缩包里的文件名太长"),
        (".", "压缩包里的路径含“.”或“..”"),
        ("x.zip", "压缩包里又有压缩包"),
        ("x.7z", "压缩包里又有压缩包"),
        ("A.TXT", "压缩包里有同名文件（不计大小写）"),
        ("x.exe", "不认识的扩展名“.exe”"),
    ],
)
def test_a_name_against_the_rules_is_refused_while_the_rest_loads(name: str, rule: str) -> None:
    documents, skipped = read(packed(("a.txt", ARTICLE), (name, ARTICLE)))
    assert len(documents) == 1
    assert list(skipped.values()) == [rule]


def test_a_name_with_nul_is_refused_whole_and_not_cut() -> None:
    documents, skipped = read(packed(("a.txtABCD", ARTICLE)).replace(b"a.txtABCD", b"a.txt\0.sh"))
    assert (list(documents), list(skipped.values())) == ([], ["压缩包里的文件名含控制字符"])


def test_a_member_without_a_name_is_refused() -> None:
    data = bytearray(packed(("Q", ARTICLE)))
    at = data.index(b"PK\x01\x02")
    data[at + 28], data[at + 30] = 0, 1
    assert list(read(bytes(data))[1].values()) == ["压缩包里的文件没有名字"]


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010666, 0o060666, 0o140666])
def test_links_and_devices_are_refused(mode: int) -> None:
    documents, skipped = read(packed((entry("a.txt", mode), b"/etc/passwd"), ("b.txt", ARTICLE)))
    assert list(documents) == ["a.zip!/b.txt"]
    assert skipped == {"a.zip!/a.txt": "压缩包里的符号链接或设备"}


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(packed(("a.txt", ARTICLE)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert read(bytes(data))[1] == {"a.zip!/a.txt": "压缩包里的文件加了密"}


def test_a_member_that_expands_a_hundredfold_is_refused_while_the_rest_loads() -> None:
    documents, skipped = read(packed(("bomb.txt", b"0" * 2_000_000), ("b.txt", ARTICLE)))
    assert list(documents) == ["a.zip!/b.txt"]
    assert skipped == {"a.zip!/bomb.txt": "压缩比超过 100，像压缩炸弹"}


def test_a_member_over_ten_megabytes_is_refused() -> None:
    assert read(packed(("a.txt", b"0" * (11 << 20)), method=zipfile.ZIP_STORED))[1] == {
        "a.zip!/a.txt": "解开后超过 10 MB"
    }


def test_a_forged_size_is_refused() -> None:
    data = packed(("a.txt", ARTICLE * 10))
    forged = data.replace(struct.pack("<L", len(ARTICLE) * 10), struct.pack("<L", 30))
    documents, skipped = read(forged)
    assert documents == {}
    assert list(skipped) == ["a.zip!/a.txt"]


def test_a_damaged_member_is_refused_while_the_rest_loads() -> None:
    data = bytearray(packed(("a.txt", ARTICLE), ("b.txt", ARTICLE)))
    data[data.index(b"a.txt") + 7] ^= 0xFF
    documents, skipped = read(bytes(data))
    assert list(documents) == ["a.zip!/b.txt"]
    assert list(skipped) == ["a.zip!/a.txt"]


def test_too_many_entries_are_refused_for_their_number() -> None:
    data = packed(*((f"{n}.txt", b"") for n in range(2_001)))
    assert read(data) == ({}, {"a.zip": "压缩包里有 2001 项，超过 2000 项的上限"})


def commented(name: str, size: int) -> tuple[zipfile.ZipInfo, bytes]:
    """A member whose entry in the archive's directory takes `size` bytes."""
    info = entry(name)
    info.comment = b"-" * (size - 46 - len(name))
    return info, ARTICLE


def test_a_directory_of_65535_bytes_is_no_larger_archive_format() -> None:
    documents, skipped = read(packed(commented("a.txt", 65_535)))
    assert (list(documents), skipped) == (["a.zip!/a.txt"], {})


def test_a_directory_that_is_too_long_is_refused_for_its_length() -> None:
    data = packed(*(commented(f"{n}.txt", 60_000) for n in range(20)))
    assert read(data) == ({}, {"a.zip": "压缩包的目录超过 1 MB 的上限"})


def test_more_than_two_hundred_megabytes_in_all_are_refused() -> None:
    data = packed(*((f"{n}.txt", b"0" * (9 << 20)) for n in range(24)))
    assert read(data) == ({}, {"a.zip": "解开后共 216 MB，超过 200 MB 的上限"})


@pytest.mark.parametrize("data", [b"", b"PK", ARTICLE, packed(("a.txt", ARTICLE))[:-10]])
def test_what_is_no_whole_archive_is_refused(data: bytes) -> None:
    assert list(read(data)[1]) == ["a.zip"]


@given(st.data())
def test_any_damage_to_an_archive_gives_articles_or_refusals(draws: st.DataObject) -> None:
    data = bytearray(packed(("a.txt", ARTICLE), ("中.md", ARTICLE), ("a.toml", b"title = 1")))
    for _ in range(draws.draw(st.integers(1, 6))):
        data[draws.draw(st.integers(0, len(data) - 1))] = draws.draw(st.integers(0, 255))
    for result in read_bytes("a.zip", bytes(data)):
        name = result.name if isinstance(result, Skipped) else result[0].name
        assert name.startswith("a.zip")
        name.encode()


def test_the_worst_archive_costs_less_than_64_megabytes(tmp_path: Path) -> None:
    bombs = [
        packed(*((f"{n}.txt", b"0" * (9 << 20)) for n in range(20))),
        packed(*((f"{n}/" * 40 + "x.txt", b"") for n in range(1_999))),
        packed(("a.txt", b"0" * (190 << 20))),
        packed(*((f"{n}", b"") for n in range(30_000))),
    ]
    for number, bomb in enumerate(bombs):
        (tmp_path / f"{number}.zip").write_bytes(bomb)
    code = (
        "import resource, sys; from pathlib import Path; from knowledge.documents.folder import *;"
        "list(read_bytes('a.txt', '标题。'.encode()));"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "n = sum(1 for s in find_sources(Path(sys.argv[1])) for r in read_sources(s));"
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    results, grown = map(int, done.stdout.split())
    assert results >= 4
    assert grown < 64 * 1024

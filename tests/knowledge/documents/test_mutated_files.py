"""Damages bytes as disks, mail and malice do; the same seed gives the same damage."""

from __future__ import annotations

import base64
import io
import random
import time
import zipfile
from collections.abc import Iterator, Sequence
from typing import Final

import psutil
import pytest

from knowledge.documents.folder import read_bytes
from knowledge.documents.ocr import TextRecogniser
from knowledge.documents.sidecar import read_sidecar
from knowledge.errors import UnreadableFile
from knowledge.model import Skipped
from tests.knowledge.documents.pages import PAGES, Sheet, paragraphs, pdf
from tests.knowledge.documents.word import word

_NASTY: Final = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"PK\x05\x06",
    b"%PDF-",
    b"<![CDATA[",
    b"\xed\xa0\x80",
    b"<" * 99,
)


def mutated(data: bytes, seed: int, number: int, others: Sequence[bytes] = ()) -> Iterator[bytes]:
    """Yield `number` damaged versions of `data`, each damaged one to four times.

    One in eight is spliced with one of `others`, one in eight in a wrong encoding or mere noise behind what tells its format.
    """
    pick = random.Random(seed)
    for number_of_it in range(number):
        damaged = bytearray(data)
        if number_of_it % 8 == 0 and others:
            other = pick.choice(others)
            damaged[pick.randint(0, len(damaged)) :] = other[pick.randint(0, len(other)) :]
        elif number_of_it % 8 == 1 and pick.random() < 0.5:
            known, wrong = pick.sample(("utf-8", "gb18030", "utf-16", "big5", "latin-1"), 2)
            damaged[:] = data.decode(known, "replace").encode(wrong, "replace")
        elif number_of_it % 8 == 1:
            damaged[8:] = pick.randbytes(pick.choice((0, 1, 100, 5_000)))
        for _ in range(pick.randint(1, 4)):
            _damage(damaged, pick)
        yield bytes(damaged)


def _damage(data: bytearray, pick: random.Random) -> None:
    start = pick.randint(0, len(data))
    match pick.choice(("flip", "cut", "drop", "repeat", "insert", "overwrite")):
        case "flip":
            for at in (pick.randrange(len(data)) for _ in range(pick.randint(1, 16)) if data):
                data[at] ^= 1 << pick.randrange(8)
        case "cut":
            del data[start:]
        case "drop":
            del data[start : start + pick.randint(1, 200)]
        case "repeat":
            data[start:start] = data[start : start + pick.randint(1, 500)] * pick.randint(1, 9)
        case "insert":
            data[start:start] = pick.choice(_NASTY)
        case "overwrite":
            data[start : start + 8] = pick.choice((b"\xff" * 8, b"\0" * 8, b"99999999", pick.randbytes(8)))


TEXT = "\n".join(["标题在此", "", *paragraphs(1, 6)])
HTML = f'<html><head><meta charset="utf-8"></head><body><article><h1>标题</h1>\n<p>{TEXT}</p></article></body></html>'


def sample(kind: str) -> bytes:
    if kind == "pdf":
        PAGES[0](sheet := Sheet())
        return pdf(sheet)
    if kind == "docx":
        return word(TEXT)
    if kind == "zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", TEXT)
            archive.writestr("新闻/b.md", "# " + TEXT)
            archive.writestr("a.toml", 'title = "题"')
        return file.getvalue()
    mail = f"Subject: {base64.b64encode(TEXT.encode()).decode()}\nFrom: 周敏 <a@b.c>\n\n{TEXT}"
    texts = {"eml": mail, "txt": TEXT, "md": "# " + TEXT, "html": HTML, "gbk.txt": TEXT, "utf16.txt": TEXT}
    codecs = {"gbk.txt": "gb18030", "utf16.txt": "utf-16"}
    return texts[kind].encode(codecs.get(kind, "utf-8"))


KINDS = ("txt", "gbk.txt", "utf16.txt", "md", "html", "docx", "pdf", "zip", "eml")
SIDECAR = 'title = "标题"\nnewspaper = "青年报"\ndate = 2023-07-01\nurl = "https://example.org/a"\n'.encode()
LONGEST_SECONDS, MOST_MEMORY = 5.0, 256 << 20  # of computing for one file, and bytes for all of one kind


def read_all(kind: str, seed: int, number: int, recogniser: TextRecogniser | None = None) -> float:
    """Read damaged files of a kind; return the seconds that the slowest took."""
    slowest = 0.0
    others = [sample(other) for other in KINDS if other != kind]
    for damaged in mutated(sample(kind), seed, number, others):
        began = time.process_time()
        results = list(read_bytes(f"坏.{kind}", damaged, None, recogniser))
        slowest = max(slowest, time.process_time() - began)
        assert results, "neither read nor reported"
        for result in results:
            if isinstance(result, Skipped):
                assert result.reason
                assert result.remedy
                assert result.name.startswith("坏.")
            else:
                document = result[0]
                "\n".join(document.lines).encode("utf-8")
                assert not any("\n" in line or "\r" in line for line in document.lines)
                assert all(1 <= start <= len(document.lines) for start in document.page_starts)
    return slowest


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_skipped_with_reason_and_remedy(kind: str) -> None:
    sees_nothing = TextRecogniser(
        engine=lambda image: ()
    )  # quicker than the one that looks at what has no text
    read_all(kind, seed=1, number=48, recogniser=sees_nothing)


def read_sidecars(seed: int, number: int) -> None:
    for damaged in mutated(SIDECAR, seed, number, [sample(kind) for kind in KINDS]):
        try:
            read_sidecar("坏.toml", damaged)
        except UnreadableFile as refused:
            assert refused.reason
            assert refused.remedy


def test_a_damaged_sidecar_is_read_or_refused_with_reason_and_remedy() -> None:
    read_sidecars(seed=1, number=200)


@pytest.mark.soak
def test_thousands_of_damaged_sidecars_are_read_or_refused() -> None:
    read_sidecars(seed=2, number=2_500)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_damaged_files_are_read_or_skipped_in_bounded_time_and_memory(kind: str) -> None:
    read_all(kind, seed=1, number=8)  # what loads on first use
    before = psutil.Process().memory_info().rss
    slowest = read_all(kind, seed=2, number=2_500)
    grown = psutil.Process().memory_info().rss - before
    print(f"2,500 damaged {kind}: slowest {slowest * 1000:.0f} ms, memory {grown / (1 << 20):+.0f} MB")
    assert slowest <= LONGEST_SECONDS
    assert grown <= MOST_MEMORY

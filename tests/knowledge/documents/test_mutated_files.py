"""Damaged files of every format: a document or a skip with reason and remedy, nothing else; small here, many in soak."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest

from knowledge.documents.folder import read_bytes
from knowledge.model import Skipped
from tests.knowledge.documents.mutate import mutated
from tests.knowledge.documents.newspaper import Sheet, paragraphs, pdf
from tests.knowledge.documents.pages import one_article_with_everything

TEXT = "\n".join(["标题在此", "", *paragraphs(1, 6)])
HTML = f'<html><head><meta charset="utf-8"></head><body><article><h1>标题</h1>\n<p>{TEXT}</p></article></body></html>'


def sample(kind: str) -> bytes:
    """A sound file of a kind."""
    if kind == "pdf":
        sheet = Sheet()
        one_article_with_everything(sheet)
        return pdf(sheet)
    file = io.BytesIO()
    if kind == "docx":
        document = docx.Document()
        for line in TEXT.split("\n"):
            document.add_paragraph(line)
        document.save(file)
        return file.getvalue()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", TEXT)
            archive.writestr("新闻/b.md", "# " + TEXT)
            archive.writestr("a.toml", 'title = "题"')
        return file.getvalue()
    texts = {"txt": TEXT, "md": "# " + TEXT, "html": HTML, "gbk.txt": TEXT, "utf16.txt": TEXT}
    codecs = {"gbk.txt": "gb18030", "utf16.txt": "utf-16"}
    return texts[kind].encode(codecs.get(kind, "utf-8"))


KINDS = ("txt", "gbk.txt", "utf16.txt", "md", "html", "docx", "pdf", "zip")


def read_all(kind: str, seed: int, number: int) -> None:
    for damaged in mutated(sample(kind), seed, number):
        for result in read_bytes(f"坏.{kind}", damaged):
            if isinstance(result, Skipped):
                assert result.reason
                assert result.remedy
                assert result.name.startswith("坏.")
            else:
                document = result[0]
                "\n".join(document.lines).encode("utf-8")
                assert not any("\n" in line or "\r" in line for line in document.lines)
                assert all(1 <= start <= len(document.lines) for start in document.page_starts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_skipped_with_reason_and_remedy(kind: str) -> None:
    read_all(kind, seed=1, number=40)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_damaged_files_are_read_or_skipped(kind: str) -> None:
    read_all(kind, seed=2, number=2_500)

"""Files and what is told of them, for each format and for pages that need repair: the samples in the folders beside this."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.documents.folder import read_document
from knowledge.model import ParsedDocument
from knowledge.repair.pipeline import repair_document
from tests.knowledge.documents.pages import drawn, invented
from tests.knowledge.documents.word import word
from tests.knowledge.repair.pages import check_account, document
from tests.support.samples import Sample, samples, told_of

FILES = sorted(Path(__file__).parent.glob("*/samples/*.txt"))


def plain(text: str) -> bytes:
    return f"{text}\n".encode()


WRITERS: dict[str, Callable[[str], bytes]] = {".docx": word, ".pdf": drawn}


def parsed(name: str, text: str) -> ParsedDocument:
    """What is told of a file; a `page` is lines of which its format says nothing more than its own name."""
    if name.startswith("page"):
        return repair_document(document(text, kind=name.partition(".")[2] or "text"))
    return repair_document(read_document(name, WRITERS.get(Path(name).suffix, plain)(text)))


@pytest.mark.parametrize(
    "sample",
    [pytest.param(one, id=f"{file.stem}: {one.promise}") for file in FILES for one in samples(file)],
)
def test_a_file_is_told_of_as_its_sample_says(sample: Sample) -> None:
    assert sample.files and sample.told
    for name, text in sample.files:
        told = parsed(name, text)
        check_account(told)
        assert {part: told_of(told, part) for part, _ in sample.told} == {
            part: invented(said) for part, said in sample.told
        }

"""Pages that other programs print or write: nothing that they print is lost, and what they write is whole."""

from __future__ import annotations

import subprocess

import pytest

from tests.bench.documents import ours_in_word, score, texts_of_pages, unaccounted
from tests.bench.makers import Maker, makers
from tests.bench.papers import drawn_layout, stories_of
from tests.bench.word import listed_word, with_lists

PRINTERS, WRITERS = (
    [
        pytest.param(
            make, id=name, marks=[] if suffix == ".docx" or name == "reportlab" else [pytest.mark.slow]
        )
        for name, suffix, make in makers()
        if suffix == wanted
    ]
    for wanted in (".pdf", ".docx")
)


@pytest.mark.parametrize("make", PRINTERS)
def test_every_character_that_pdfium_counts_is_in_a_line_or_in_the_report(make: Maker) -> None:
    layout = drawn_layout(331)
    try:
        data = make(layout, stories_of(layout))
    except subprocess.SubprocessError:
        pytest.skip("the program does not run here, as a browser without fonts")
    if not "".join(texts_of_pages(data)).strip():
        pytest.skip("the program finds none of its fonts here, and prints no text")
    assert unaccounted(data) == 0, layout.name


@pytest.mark.parametrize("make", WRITERS)
def test_each_article_of_a_word_file_is_one_of_its_own(make: Maker) -> None:
    for seed in (200, 301, 402):
        stories = stories_of(layout := drawn_layout(seed))
        shown = with_lists(stories) if make is listed_word else stories
        wanted = [(text, title, section or "") for one in shown for text, title, section in one.sentences()]
        assert score(wanted, list(ours_in_word(make(layout, stories)))) == (1, 1, 1), seed

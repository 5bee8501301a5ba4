"""Every character of a file is accounted for, whatever the file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_document
from knowledge.model import NoiseKind, ParsedDocument, Span
from knowledge.repair.pipeline import repair_document
from knowledge.repair.stitching import is_proved
from tests.knowledge.repair.pages import repair

SEEDS = sorted((Path(__file__).parents[3] / "seeds").glob("*.txt"))
REMOVALS = {removal.value for removal in NoiseKind}
PIECES = st.sampled_from(
    ["本报讯 ", "要闻 7", "记者 张三 摄", "（苏展）", "。 张骏", "图为", "资料图", "一、", "■", "——", "“", "”", "。", "，", "！", " ", "\u3000\u3000", "\n", "\n\n", "上海推动改革", "12万", "3.5%", "New York", "《纲要》", "（下转第三版）", "不不忘忘初初心心", "\u200b", "\ue000", "责编：李四", "。”", "A3 版", "2023年3月6日 星期一"]
)  # fmt: skip


def characters(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    return [(span.line, column) for span in spans for column in range(span.start, span.end)]


def check_account(repaired: ParsedDocument) -> None:
    in_facts = Counter(place for fact in repaired.facts for place in characters(fact.spans))
    assert [place for place, times in in_facts.items() if times > 1] == []
    held = set(in_facts)
    for article in repaired.articles:
        for each in (article.title, article.kicker, article.subtitle, article.byline, *article.headings):
            held.update(characters(each.spans) if each is not None else ())
    for entry in repaired.log:
        if entry.kind in REMOVALS:
            held.update(characters(entry.spans))
    printed = {
        (number, column)
        for number, line in enumerate(repaired.document.lines, 1)
        for column, char in enumerate(line)
        if not char.isspace()
    }
    assert printed - held == set()
    assert all(is_proved(fact, repaired.document) for fact in repaired.facts)
    assert len({fact.id for fact in repaired.facts}) == len(repaired.facts)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_every_character_of_a_seed_is_in_a_fact_a_heading_or_a_logged_removal(path: Path) -> None:
    check_account(repair_document(read_document(path.name, path.read_bytes())))


@given(st.lists(PIECES, max_size=60))
def test_every_character_of_any_page_is_accounted_for_once(pieces: list[str]) -> None:
    check_account(repair("".join(pieces)))


@given(st.text(max_size=120))
def test_any_text_at_all_is_repaired_without_an_error(text: str) -> None:
    check_account(repair(text.replace("\r", "\n")))

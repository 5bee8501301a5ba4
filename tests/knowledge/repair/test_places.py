"""Where a fact is said to stand."""

from __future__ import annotations

from dataclasses import replace

from knowledge.repair.pipeline import repair_document
from tests.knowledge.repair.pages import column, document, repair

STORY = (
    "昨日，杭州市宣布，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民，是全市最大的民生工程。"
)


def test_a_sentence_that_goes_on_on_the_next_page_is_told_on_both_pages() -> None:
    page = f"引水工程通水\n\n{column('　　' + STORY, 20)}"
    turned = repair_document(replace(document(page), page_starts=(1, 5)))
    (fact,) = turned.facts
    assert (fact.text, fact.page, fact.lines) == (STORY, 1, ((3, 4),))
    assert fact.places == ((1, ((3, 4),)), (2, ((1, 1),)))


def test_a_caption_of_one_line_is_not_among_the_lines_of_the_sentence_around_it() -> None:
    first, second, third = column("　　" + STORY, 20).split("\n")
    repaired = repair(f"引水工程通水\n\n{first}\n{second}\n图为通水现场。\n{third}")
    assert [(fact.text, fact.lines) for fact in repaired.facts] == [
        (STORY, ((3, 4), (6, 6))),
        ("图为通水现场。", ((5, 5),)),
    ]


def test_a_blank_line_inside_a_sentence_does_not_part_its_lines() -> None:
    page = column("　　" + STORY, 20).replace("\n", "\n\n")
    (fact,) = repair(f"引水工程通水\n\n{page}").facts
    assert fact.lines == ((3, 7),)

"""The JSON that others rely on."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from knowledge.model import (
    Answer,
    Article,
    Document,
    Fact,
    Hit,
    MatchKind,
    RepairEntry,
    Skipped,
    SourcedText,
    Span,
)
from knowledge.repair.report import file_report
from knowledge.schemas import answer_json, dump, fact_json, report_json, skipped_json
from tests.bot.wire_schema import ANSWER, CHECK, FACT

ARTICLE = Article(
    "aaaaaaaaaaaaa",
    "子/a.txt",
    SourcedText("题", (Span(1, 0, 1),)),
    subtitle=SourcedText("副题", (Span(2, 0, 2),)),
    byline=SourcedText("记者甲", (Span(3, 0, 3),)),
)
PAGE = Document("a.txt", "0" * 64, 3, "text", "utf-8", ("■",))
SENTENCE = Fact("fffffffffffff", "桥长5米。", (Span(39, 0, 3), Span(47, 0, 2)), ARTICLE, section="小标题")


def test_a_fact_reads_as_section_5_has_it() -> None:
    assert fact_json(SENTENCE) == {
        "id": "fffffffffffff",
        "text": "桥长5米。",
        "section": "小标题",
        "article": {
            "id": "aaaaaaaaaaaaa",
            "title": "题",
            "subtitle": "副题",
            "byline": "记者甲",
            "date": None,
            "newspaper": None,
            "edition": None,
            "author": None,
            "origin": None,
            "library": None,
        },
        "source": {
            "file": "子/a.txt",
            "first_line": 39,
            "last_line": 47,
            "lines": [[39, 39], [47, 47]],
            "page": None,
        },
    }


def test_a_fact_that_goes_on_on_the_next_page_tells_its_lines_there_too() -> None:
    turned = replace(SENTENCE, page=1, further_pages=((47, 2),))
    source = fact_json(turned)["source"]
    assert (source["page"], source["lines"], source["last_line"]) == (1, [[39, 39]], 39)
    assert source["further"] == [{"page": 2, "lines": [[1, 1]]}]


def test_an_answer_reads_as_section_5_has_it() -> None:
    hit = Hit(SENTENCE, 0.5, MatchKind.NUMBER, ((2, 4),))
    assert answer_json(Answer("桥多长", True, 0.75, "5米", (hit,), (), ("桥",))) == {
        "query": "桥多长",
        "found": True,
        "tier": "found",
        "confidence": 0.75,
        "answer": "5米",
        "hits": [{"fact": fact_json(SENTENCE), "score": 0.5, "rung": "number", "matched": [[2, 4]]}],
        "related": [],
        "suggestions": ["桥"],
        "understood": None,
        "answers": [],
        "differences": [],
    }


def test_what_is_only_close_is_not_found_and_says_so() -> None:
    close = answer_json(Answer("桥多长", False, 0.2, None, close=True))
    assert (close["found"], close["tier"]) == (False, "close")
    assert answer_json(Answer("桥多长", False, 0.2, None))["tier"] == "none"


def test_every_line_validates_against_the_closed_schema() -> None:
    ANSWER.validate_json(
        dump(answer_json(Answer("", False, 0.0, None, related=(Hit(SENTENCE, 0, MatchKind.WORDS),))))
    )
    FACT.validate_json(dump(fact_json(SENTENCE)))
    CHECK.validate_json(
        dump(report_json(file_report(PAGE, ["题"], 1, [RepairEntry("logo", (Span(1, 0, 1),), "■", "标识")])))
    )
    CHECK.validate_json(dump(skipped_json(Skipped("b.txt", "不是文本", "另存", 3))))


@given(st.text(alphabet=st.characters(codec=None)) | st.just("\ud83d"))
def test_any_query_makes_one_line_of_utf_8_that_reads_back(query: str) -> None:
    line = dump(answer_json(Answer(query, False, 0.0, None)))
    assert "\n" not in line
    read = json.loads(line.encode("utf-8"))["query"]
    assert read == "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in query)

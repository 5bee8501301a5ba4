"""The JSON that others rely on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.folder import read_document
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
from knowledge.repair.pipeline import repair_document
from knowledge.repair.report import file_report
from knowledge.repair.stitching import is_proved, keep_verified
from knowledge.schemas import answer_json, dump, fact_json, report_json, skipped_json
from knowledge.snapshot import Snapshot, SnapshotHolder
from tests.bot.wire_schema import ANSWER, CHECK, FACT
from tests.knowledge.repair.pages import column, invented_articles

ARTICLE = Article(
    "aaaaaaaaaaaaa",
    "子/a.txt",
    SourcedText("题", (Span(1, 0, 1),)),
    subtitle=SourcedText("副题", (Span(2, 0, 2),)),
    byline=SourcedText("记者甲", (Span(3, 0, 3),)),
)
PAGE = Document("a.txt", "0" * 64, 3, "text", "utf-8", ("■",))
SENTENCE = Fact("fffffffffffff", "桥长5米。", (Span(39, 0, 3), Span(47, 0, 2)), ARTICLE, section="小标题")


def test_a_fact_reads_as_section_5_has_it_also_where_it_goes_on_on_the_next_page() -> None:
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
            "editor": None,
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
    turned = fact_json(replace(SENTENCE, page=1, further_pages=((47, 2),)))["source"]
    assert (turned["page"], turned["lines"], turned["last_line"]) == (1, [[39, 39]], 39)
    assert turned["further"] == [{"page": 2, "lines": [[1, 1]]}]


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
    tiers = [answer_json(Answer("桥多长", False, 0.2, None, close=close)) for close in (True, False)]
    assert [(each["found"], each["tier"]) for each in tiers] == [(False, "close"), (False, "none")]


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


READ = [
    read_document(
        f"{number}.txt", "\n\n".join((one.title, *(column(text, 14) for text in one.paragraphs))).encode()
    )
    for number, one in enumerate(invented_articles(5))
]  # every sentence is set over several lines


@given(st.data())
def test_changing_one_character_fails_exactly_the_facts_that_hold_it(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(READ))
    facts = repair_document(document).facts
    number = data.draw(st.sampled_from([n for n, line in enumerate(document.lines, 1) if line]))
    line = document.lines[number - 1]
    column = data.draw(st.integers(0, len(line) - 1))
    lines = list(document.lines)
    lines[number - 1] = line[:column] + ("甲" if line[column] != "甲" else "乙") + line[column + 1 :]
    changed = replace(document, lines=tuple(lines))
    holders = {f.id for f in facts if any(s.line == number and s.start <= column < s.end for s in f.spans)}
    assert {fact.id for fact in facts if not is_proved(fact, changed)} == holders


def test_a_line_inserted_above_changes_only_line_numbers() -> None:
    document = READ[2]
    moved = replace(document, lines=("", *document.lines))
    before, after = repair_document(document).facts, repair_document(moved).facts
    assert [fact.id for fact in before] == [fact.id for fact in after]
    assert [tuple((a + 1, b + 1) for a, b in fact.lines) for fact in before] == [fact.lines for fact in after]


def test_a_fact_that_its_file_does_not_prove_becomes_a_doubt_and_is_not_said() -> None:
    repaired = repair_document(READ[3])
    wrong = replace(repaired.facts[2], text=repaired.facts[2].text.replace("。", "！"))
    proved = keep_verified(replace(repaired, facts=(*repaired.facts[:2], wrong, *repaired.facts[3:])))
    assert proved.facts == (*repaired.facts[:2], *repaired.facts[3:])
    assert (proved.log[0].kind, proved.log[0].text, proved.log[0].doubt) == ("unproved", wrong.text, True)
    assert proved.log[1:] == repaired.log


def test_spans_outside_a_document_twice_used_or_of_another_file_prove_nothing() -> None:
    fact = repair_document(READ[0]).facts[0]
    for spans in ((), (Span(0, 0, 3),), (Span(99999, 0, 3),), (Span(3, 4, 999),), (Span(3, 4, 4),)):
        assert not is_proved(replace(fact, spans=spans), READ[0])
    doubled = replace(fact, spans=(*fact.spans, fact.spans[0]), text=fact.text + fact.text[:1])
    assert not is_proved(doubled, READ[0])
    assert not is_proved(fact, READ[1])
    assert is_proved(fact, READ[0])


def test_a_lookup_keeps_its_snapshot_while_others_take_over_and_each_closes_with_its_own_last_one() -> None:
    closed: list[str] = []

    def snapshot(version: str) -> tuple[Snapshot, Callable[[], None]]:
        opened = Snapshot.of(version, ())

        def close() -> None:
            opened.close()
            closed.append(version)

        return opened, close

    kept = SnapshotHolder(*snapshot("一"))
    with kept.lease() as first:
        kept.swap(*snapshot("二"))
        with kept.lease() as second:
            assert (first.version, second.version, kept.version) == ("一", "二", "二")
            kept.swap(*snapshot("三"))
            assert closed == []
        assert closed == ["二"]
    assert closed == ["二", "一"]
    kept.swap(*snapshot("四"))
    assert closed == ["二", "一", "三"], "nobody looks anything up in it"
    kept.close()
    assert closed == ["二", "一", "三", "四"]

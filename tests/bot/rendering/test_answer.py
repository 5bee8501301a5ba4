"""What a reply looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.messages import Style
from bot.rendering.answer import answer_runs, explanation_runs, shown_query
from bot.rendering.fact import citation, lines, marked_runs, source_runs
from bot.texts import phrases
from knowledge.model import Answer, Fact, Hit, MatchKind, Metadata, Span
from knowledge.repair.pipeline import repair_document
from tests.knowledge.repair.pages import column, document
from tests.support.paper import article, fact, hit
from tests.support.words import examples

ZH = phrases("zh")


def drawn(answer: Answer) -> str:
    """The reply as a reader sees it: bold between **."""
    return "".join(
        f"**{run.text}**" if run.style is Style.BOLD else run.text for run in answer_runs(answer, ZH)
    )


def found(
    text: str,
    word: str = "",
    rung: str = "phrase",
    line: int = 2,
    spans: Sequence[Sequence[int]] = (),
    **of: str,
) -> Hit:
    """A sentence that was found; `spans` is what matched where that is no word."""
    told = fact(text, line, article(of.get("title", "桥通车了"), of.get("file", "a.txt"), of.get("campaign")))
    if spans:
        return Hit(told, 1.0, MatchKind.WORDS, tuple((start, end) for start, end in spans))
    return hit(told, word, MatchKind(rung))


@examples("row")
def test_an_answer_is_seen_so(row: dict[str, Any]) -> None:
    hits, near = (tuple(found(**one) for one in row.get(name, ())) for name in ("hits", "near"))
    suggested, close = tuple(row.get("suggested", ())), row.get("close", False)
    told = Answer(row["query"], bool(hits), 0.5, row.get("answer"), hits, near, suggested, close=close)
    begun = row["seen"].removesuffix("…")
    assert (drawn(told) if begun == row["seen"] else drawn(told)[: len(begun)]) == begun, row["what"]


def test_why_names_each_matched_word_once_and_no_part_of_another() -> None:
    asked = Hit(fact("大年桥，年年通，大年桥。"), 1.0, MatchKind.WORDS, ((0, 3), (4, 5), (8, 11)))
    assert "".join(run.text for run in explanation_runs([asked], ZH)).endswith("：大年桥")


@pytest.mark.parametrize(
    ("text", "campaign", "date"),
    [
        ("大桥长6公里。", "主题教育", None),
        ("大桥长6公里。", None, None),
        ("大桥全长5公里。", "开局之年", None),
        ("去年大桥长6公里。", "开局之年", None),
        ("大桥长6公里。", "开局之年", "2025-01-02"),
    ],
    ids=["another campaign", "none", "the same figure", "another time", "another day"],
)
def test_only_one_campaign_and_time_contradicts(text: str, campaign: str | None, date: str | None) -> None:
    one = fact("大桥长5公里。", of=replace(article("甲", "a.txt", campaign="开局之年"), date="2023-07-01"))
    two = fact(text, of=replace(article("乙", "b.txt", campaign=campaign), date=date))
    said = drawn(Answer("大桥", True, 0.9, None, (hit(one, "大桥"), hit(two, "大桥"))))
    assert said.startswith("分属不同报道：\n")
    assert said.endswith("b.txt" if date else "b.txt（未印日期）")


def test_matched_words_keep_every_character_in_place() -> None:
    runs = list(marked_runs("𠮷野家开业了", [(4, 5), (0, 2)]))
    assert "".join(run.text for run in runs) == "𠮷野家开业了"
    assert [run.text for run in runs if run.style is Style.BOLD] == ["𠮷野", "业"]


SPLIT = (Span(39, 0, 3), Span(47, 0, 3))
TURNED = (Span(50, 0, 1), Span(51, 0, 2))
PLACES = {
    "a jump over a caption": (fact("全会以逻辑。", spans=SPLIT), "第39行、第47行"),
    "a run of lines": (fact("一二三。", spans=(Span(5, 0, 2), Span(6, 0, 2))), "第5–6行"),
    "a page's own lines": (fact("一二。", line=12, page=2, page_first_line=11), "第2页第2行"),
    "on the next page": (
        fact("一二。", spans=TURNED, page=1, page_first_line=1, further_pages=((51, 2),)),
        "第1页第50行、第2页第1行",
    ),
}


@pytest.mark.parametrize(("told", "place"), PLACES.values(), ids=PLACES)
def test_a_place_is_told_by_its_lines(told: Fact, place: str) -> None:
    assert lines(told, ZH) == place


@examples("known", "tag", "said")
def test_a_citation_names_issue_author_and_source_each_once(
    known: dict[str, Any], tag: str, said: str
) -> None:
    told = fact("桥通了。", of=replace(article(), metadata=Metadata(**known)))
    assert citation(told, phrases(tag)).text == said


@pytest.mark.parametrize(
    ("tag", "said"), [("zh", "第2行 识别自图片（把握95%）"), ("en", "line 2 read from an image (95% sure)")]
)
@pytest.mark.parametrize("found", [True, False])
def test_what_was_recognised_in_an_image_says_so_and_how_surely(found: bool, tag: str, said: str) -> None:
    told = hit(replace(fact("涉及居民楼27栋。", 2), recognised=0.957), "27栋")
    answer = Answer("几栋", found, 0.9, "27栋" if found else None, (told,) * found, (told,) * (not found))
    assert said in "".join(run.text for run in answer_runs(answer, phrases(tag)))


def test_a_citation_links_to_the_place_where_a_page_is_known() -> None:
    run = citation(fact("桥。"), ZH, lambda told: f"https://example.org/{told.id}")
    assert run.link == f"https://example.org/{fact('桥。').id}"


def test_a_query_is_quoted_back_on_one_line_not_at_length_and_without_calling_anybody() -> None:
    assert shown_query("一\n二\x1b[31m") == "一 二 [31m"
    assert shown_query("长" * 500) == "长" * 60 + "…"
    assert shown_query("找 @zhangsan 和@all") == "找 @\u2060zhangsan 和@\u2060all"


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (None, "现有报道里没有查到“桥”。"),
        ("zh-cn", "现有报道里没有查到“桥”。"),
        ("zh-TW", "現有報道裡沒有查到「桥」。"),
        ("zh_Hant_HK", "現有報道裡沒有查到「桥」。"),
        ("en-GB", "The reports at hand say nothing about “桥”."),
        ("de", "The reports at hand say nothing about “桥”."),
    ],
)
def test_the_interface_speaks_the_readers_language(tag: str | None, said: str) -> None:
    runs = answer_runs(Answer("桥", False, 0.0, None), phrases(tag))
    assert "".join(run.text for run in runs) == said


STORY = (
    "昨日，杭州市宣布，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民，是全市最大的民生工程。"
)


def test_lines_of_the_next_page_are_counted_from_its_beginning() -> None:
    page = replace(document(f"引水工程通水\n\n{column('　　' + STORY, 20)}"), page_starts=(1, 5))
    (fact,) = repair_document(page).facts
    numbers = [run.text.strip() for run in source_runs(fact, page, phrases("zh")) if run.style is Style.CODE]
    assert numbers == ["2", "3", "4", "1"]

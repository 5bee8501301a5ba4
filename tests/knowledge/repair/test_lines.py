"""Broken lines become sentences; blanks set for looks go, real ones stay; each sentence ends at its full stop and says its place."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.repair.line_features import used_again
from knowledge.repair.patterns import MARKS, SENTENCE_MARKS
from knowledge.repair.pipeline import repair_document
from knowledge.repair.sentences import LONGEST, has_words, split_sentences
from tests.knowledge.repair.pages import column, document, removed, repair, texts
from tests.support.words import examples

STORY = "昨日，杭州市宣布，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民。工程总投资35.6亿元，历时三年半建成，是全市最大的民生工程之一。"
SENTENCES = [STORY[: STORY.index("。") + 1], STORY[STORY.index("。") + 1 :]]


@pytest.mark.parametrize("width", [11, 13, 16, 20, 28])
@pytest.mark.parametrize("blank", ["\n", "\n\n"])
def test_lines_broken_inside_words_and_numbers_are_joined(width: int, blank: str) -> None:
    page = column(STORY, width).replace("\n", blank)
    assert texts(repair(f"引水工程通水\n\n　　{page}")) == SENTENCES


@examples("line", "sentence")
def test_only_blanks_and_marks_that_mean_something_stay(line: str, sentence: str) -> None:
    assert texts(repair(f"一个标题在此\n\n{line}")) == [sentence]


def test_invisible_and_damaged_characters_are_logged_and_the_damaged_are_doubted() -> None:
    repaired = repair("标题\n\n零\u200b宽与坏\ue123字。")
    assert texts(repaired) == ["零宽与坏字。"]
    assert removed(repaired, "invisible") == ["\u200b"]
    assert [entry.doubt for entry in repaired.log if entry.kind == "damaged"] == [True]


@pytest.mark.parametrize("unseen", ["\u200b", "\ue600", "\ufeff"])
def test_a_block_of_a_web_page_that_shows_nothing_is_no_paragraph(unseen: str) -> None:
    read = repair(f"新馆落成\u3000\u3000{unseen}\u3000\u3000新馆藏书320万册。", kind="html")
    assert [article.title.text for article in read.articles] == ["新馆落成"]
    assert texts(read) == ["新馆藏书320万册。"]


def test_only_a_jump_and_what_cannot_be_seen_make_no_paragraph() -> None:
    read = repair("引水工程通水\n\n（上接第一版）\u200b（下转第三版）\n\n引水工程二期正式通水。")
    assert texts(read) == ["引水工程二期正式通水。"]


ONE_SENTENCE = (
    "昨日，杭州市宣布，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民，是全市最大的民生工程。"
)


def test_a_sentence_that_goes_on_on_the_next_page_is_told_on_both_pages() -> None:
    page = f"引水工程通水\n\n{column('　　' + ONE_SENTENCE, 20)}"
    turned = repair_document(replace(document(page), page_starts=(1, 5)))
    (fact,) = turned.facts
    assert (fact.text, fact.page, fact.lines) == (ONE_SENTENCE, 1, ((3, 4),))
    assert fact.places == ((1, ((3, 4),)), (2, ((1, 1),)))


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@examples("text", "expected")
def test_a_sentence_ends_at_its_full_stop_and_nowhere_else(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_a_quote_that_never_closes_within_reach_does_not_swallow_the_article() -> None:
    assert len(cut("他说：“" + "这是一句话。" * 200 + "”")) == 200


def test_a_run_without_full_stops_is_cut_at_a_pause() -> None:
    parts = cut("上海，" * LONGEST)
    assert max(map(len, parts)) <= LONGEST
    assert all(part.endswith("，") for part in parts)


@pytest.mark.parametrize("mark", ["“", "「", "《", "‘", '"', "”", " ”", "——", "…", "\u200b“", "（", "\u0301"])
def test_a_stray_mark_belongs_to_the_sentence_beside_it(mark: str) -> None:
    assert cut(f"船走了。{mark}") == [f"船走了。{mark}"]
    assert cut(f"{mark}。船走了。") == [f"{mark.strip()}。船走了。"]
    assert cut(f"船走了。{mark}水静了。{mark}")[-1].endswith(f"水静了。{mark}")


@pytest.mark.parametrize("text", ["“", "……", "—— ——", "★☆", "\u200b", '"""', "（ ）"])
def test_what_has_no_searchable_character_is_no_sentence(text: str) -> None:
    assert cut(text) == []


@given(st.text(alphabet='上海a1 。！？.!?“”‘’「」（）()《》"，；…', max_size=80))
def test_no_character_but_blanks_at_the_edges_gets_lost_or_doubled(text: str) -> None:
    ranges = list(split_sentences(text))
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ranges))
    assert all(has_words(text[a:b]) for a, b in ranges)
    if not has_words(text):
        return
    assert "".join(text[a:b] for a, b in ranges).replace(" ", "") == text.replace(" ", "")


def test_pairs_of_characters_are_counted_for_each_line_that_others_have_too() -> None:
    page = ["上海大桥通车", "大桥", "大3桥", "通", ""], [(1, 5), (1, 1), (0, 0), (0, 0), (0, 0)]
    other = ["大桥", "车站"], [(0, 1), (0, 1)]
    assert used_again([page[0], [], other[0]]) == [page[1], [], other[1]]


def test_a_sentence_has_none_of_the_marks_that_are_not_looked_for_in_it() -> None:
    lines = {
        "only-date": "2025年7月24日",
        "named-page": "要闻 A3",
        "number": "— 12 —",
        "paper": "浦江晚报",
        "signed": "记者 张三",
        "signed-after": "大桥通车。记者 张三",
        "in-brackets": "（记者 张三）",
        "names": "张三 李四",
        "bracketed": "（附后）",
        "colon": "通知如下：",
        "reports": "本报综合报道",
        "office": "市财政局",
    }
    assert lines.keys() == dict(MARKS).keys() - dict(SENTENCE_MARKS).keys()
    for name, line in lines.items():
        assert dict(MARKS)[name].search(line), name
        assert not any(dict(MARKS)[name].search(line + stop) for stop in "。！？"), name

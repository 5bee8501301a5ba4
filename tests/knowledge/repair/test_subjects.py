"""Where the words of a page change, another article begins; a headline goes on only below its own lines."""

from __future__ import annotations

from knowledge.repair.labels import ChainWeights, LineModel
from knowledge.repair.page_layout import PageLine
from knowledge.repair.subjects import begins_another, subject_weights, words_across
from tests.knowledge.repair.pages import repair
from tests.knowledge.repair.test_headlines import BRIDGE, LIBRARY

SECOND = len(BRIDGE)


def lines(*texts: str) -> list[PageLine]:
    return [PageLine(number, text, 0, len(text)) for number, text in enumerate(texts, 1)]


PAGE = lines(*BRIDGE, "图书馆开设夜读专场", *LIBRARY)


def model(**weights: list[int]) -> LineModel:
    """A chain of text and headlines alone, that weighs no step."""
    return LineModel(ChainWeights("PpTt", 1, [[0] * 4 for _ in range(4)], weights))


def test_words_are_used_on_both_sides_of_a_line_amid_an_article_and_on_one_where_another_begins() -> None:
    amid, chance = words_across(PAGE, 4)
    between, _ = words_across(PAGE, SECOND)
    assert between < 1 < amid
    assert chance > 1


def test_the_words_tell_for_an_article_where_it_begins_and_against_one_amid_another() -> None:
    for weights in subject_weights():
        told = {at: begins_another(weights, PAGE, at) for at in (3, 4, 5, SECOND, SECOND + 5)}
        assert told.pop(SECOND) > max(1, max(told.values()) + 2)


def test_of_little_text_the_words_tell_little() -> None:
    assert all(abs(begins_another(each, lines("本报讯", "今天晴"), 1)) < 3 for each in subject_weights())


def test_stories_one_after_another_in_a_clean_file_have_each_its_own_headline() -> None:
    titles = ("青石桥加固工程昨日完工", "市图书馆夜读专场读者可停留到零点")
    file = "\n".join((titles[0], *BRIDGE, titles[1], *LIBRARY))
    assert {fact.article.title.text for fact in repair(file).facts} == set(titles)


def test_what_is_told_of_a_line_decides_where_the_labeller_is_not_sure() -> None:
    chain = model(text=[9, 8, 0, 0], unsure=[3, 0, 1, 0])
    page = [["text"], ["unsure"], ["text"]]
    assert [each.label for each in chain.label([page])[0]] == ["P", "P", "P"]
    assert [each.label for each in chain.label([page], lambda page, at: 3.0)[0]] == ["P", "T", "P"]
    assert [each.label for each in chain.label([page], lambda page, at: 1.0)[0]] == ["P", "P", "P"]


def test_what_the_labeller_is_sure_of_stays_whatever_is_told() -> None:
    chain = model(text=[9, 8, 0, 0])
    assert [each.label for each in chain.label([[["text"]] * 3], lambda page, at: 50.0)[0]] == ["P", "P", "P"]


def test_a_line_goes_on_with_a_headline_only_below_one_of_its_lines() -> None:
    chain = model(text=[9, 8, 0, 0], title=[0, 0, 9, 0], second=[1, 0, 2, 4])
    assert [each.label for each in chain.label([[["title"], ["second"], ["text"]]])[0]] == ["T", "t", "P"]
    assert [each.label for each in chain.label([[["text"], ["second"], ["text"]]])[0]] == ["P", "T", "P"]

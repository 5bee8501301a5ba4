"""Which facts a watch is about."""

from __future__ import annotations

import pytest

from knowledge.query.aliases import Aliases
from knowledge.query.watching import read_watched
from knowledge.search.matching import Readable
from knowledge.text.analyzer import ChineseAnalyzer

LANGUAGE = ChineseAnalyzer()
ALIASES = Aliases([("ciie", "进博会"), ("沪", "上海")])


def is_about(words: str, text: str) -> bool:
    watched = read_watched(words, ALIASES, LANGUAGE)
    assert watched is not None
    return watched.places(Readable(text).occurrences) is not None


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("养老", "社区养老服务有了新办法。"),
        ("養老", "社区养老服务有了新办法。"),
        ("养老 社区", "社区养老服务有了新办法。"),
        ("CIIE", "第二届进博会筹备工作启动。"),
        ("养老服务", "养老院的服务好了。"),
        ("沪 养老", "上海的养老床位又多了。"),
    ],
)
def test_a_fact_with_every_word_or_another_name_of_it_is_noticed(words: str, text: str) -> None:
    assert is_about(words, text)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("养老", "道路施工公告。"),
        ("养老 浦东", "社区养老服务有了新办法。"),
        ("养老 -社区", "社区养老服务有了新办法。"),
    ],
)
def test_a_fact_that_lacks_a_word_or_has_an_excluded_one_is_not(words: str, text: str) -> None:
    assert not is_about(words, text)


@pytest.mark.parametrize("words", ["", "？"])
def test_where_nothing_can_be_looked_for_there_is_no_watch(words: str) -> None:
    assert read_watched(words, ALIASES, LANGUAGE) is None


def test_the_places_are_where_the_words_stand() -> None:
    watched = read_watched("养老", ALIASES, LANGUAGE)
    assert watched is not None
    assert watched.places(Readable("谈养老。").occurrences) == ((1, 3),)

"""A fact that holds the asked figure goes before a likelier one that holds none."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.answering.support import supports
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.search.promotion import CONSIDERED, promoted
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()
LIKELY = "服务中心推出综合窗口。"
HOLDING = "服务中心已接待群众40余万人次。"


def order_of(query: str, *texts: str) -> list[int]:
    """Rank facts that come in this order with scores a little apart, all within each other's surroundings."""
    scores = -np.arange(len(texts), dtype=np.float64)
    asked = analyse(query, Aliases(), CHINESE)
    surroundings = " ".join(texts)
    found = promoted(
        asked, np.arange(len(texts)), scores, lambda row: supports(asked, texts[row], surroundings, CHINESE)
    )
    return [int(row) for row in found]


def test_the_fact_with_the_asked_figure_goes_first() -> None:
    assert order_of("服务中心接待了多少群众", LIKELY, HOLDING) == [1, 0]


@pytest.mark.parametrize("query", ["服务中心", "服务中心怎么做", "服务中心推出了什么"])
def test_a_query_that_asks_for_no_figure_keeps_its_order(query: str) -> None:
    assert order_of(query, LIKELY, HOLDING) == [0, 1]


def test_a_first_fact_with_any_such_figure_stays_first() -> None:
    assert order_of("服务中心接待了多少群众", "服务中心接待群众3人。", HOLDING) == [0, 1]


def test_only_the_first_few_are_looked_into() -> None:
    texts = [LIKELY] * CONSIDERED + [HOLDING]
    assert order_of("服务中心接待了多少群众", *texts) == list(range(len(texts)))

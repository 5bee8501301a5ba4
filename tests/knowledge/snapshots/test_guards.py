"""When a person must confirm a new snapshot."""

from __future__ import annotations

import pytest

from knowledge.snapshots.guards import objection
from knowledge.snapshots.manifest import Figures


def figures(articles: int, facts: int) -> Figures:
    return Figures(documents=articles, articles=articles, facts=facts)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, figures(5, 200), None),
        (figures(10, 200), figures(10, 200), None),
        (figures(10, 200), figures(5, 100), None),
        (figures(10, 200), figures(4, 150), "文章从 10 减到 4，少了一半以上"),
        (figures(10, 200), figures(10, 99), "句子从 200 减到 99，少了一半以上"),
        (figures(10, 200), figures(0, 0), "文件夹里没有一句可用的话"),
        (None, figures(0, 0), "文件夹里没有一句可用的话"),
    ],
)
def test_nothing_left_or_more_than_half_gone_asks_for_confirmation(
    before: Figures | None, after: Figures, said: str | None
) -> None:
    assert objection(before, after) == said

"""When a person must confirm a new snapshot."""

from __future__ import annotations

import pytest

from knowledge.snapshots.manifest import Totals, shrink_warning


def totals(articles: int, facts: int) -> Totals:
    return Totals(documents=articles, articles=articles, facts=facts)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, totals(5, 200), None),
        (totals(10, 200), totals(10, 200), None),
        (totals(10, 200), totals(5, 100), None),
        (totals(10, 200), totals(4, 150), "文章从 10 减到 4，少了一半以上"),
        (totals(10, 200), totals(10, 99), "句子从 200 减到 99，少了一半以上"),
        (totals(10, 200), totals(0, 0), "文件夹里没有一句可用的话"),
        (None, totals(0, 0), "文件夹里没有一句可用的话"),
    ],
)
def test_nothing_left_or_more_than_half_gone_asks_for_confirmation(
    before: Totals | None, after: Totals, said: str | None
) -> None:
    assert shrink_warning(before, after) == said

"""The raw lines under a fact."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import Style
from bot.rendering.fact import source_runs
from bot.texts import phrases
from knowledge.repair.pipeline import repair_document
from tests.knowledge.repair.pages import column, document

STORY = (
    "昨日，杭州市宣布，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民，是全市最大的民生工程。"
)


def test_lines_of_the_next_page_are_counted_from_its_beginning() -> None:
    page = replace(document(f"引水工程通水\n\n{column('　　' + STORY, 20)}"), page_starts=(1, 5))
    (fact,) = repair_document(page).facts
    numbers = [run.text.strip() for run in source_runs(fact, page, phrases("zh")) if run.style is Style.CODE]
    assert numbers == ["2", "3", "4", "1"]

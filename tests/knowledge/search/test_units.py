"""Units: which of a query's character pairs candidates are looked for by."""

from __future__ import annotations

import numpy as np

from knowledge.search.units import LEAST, POSTINGS, Units, telling


def weighed(df: dict[str, int]) -> Units:
    grams = np.array([ord(pair[0]) << 16 | ord(pair[1]) for pair in df], dtype=np.uint32)
    none = np.zeros(0)
    return Units(none, none, grams, none, np.array(list(df.values())), none, none)


def test_every_pair_that_occurs_is_looked_for_while_they_are_few() -> None:
    assert telling(weighed({"静安": 3, "安区": 9, "区翻": 0, "瓜弄": 1})) == ["瓜弄", "静安", "安区"]


def test_in_a_large_corpus_the_rarest_pairs_are_looked_for_and_the_commonest_left() -> None:
    found = telling(
        weighed({"中国": POSTINGS, "国的": 2 * POSTINGS, "的蕃": 7, "蕃瓜": 5, "瓜弄": 6, "弄在": 8})
    )
    assert found == ["蕃瓜", "瓜弄", "的蕃", "弄在"]


def test_some_pairs_are_looked_for_however_common_all_are() -> None:
    assert len(telling(weighed(dict.fromkeys(("中国", "国的", "的人", "人民", "民在"), POSTINGS)))) == LEAST

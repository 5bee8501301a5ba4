"""What a version has that an older one has not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from knowledge.errors import SnapshotDamaged
from knowledge.index.opened import open_index
from knowledge.model import Fact
from knowledge.snapshots.order import INDEX
from knowledge.snapshots.versions import Versions

AT_ONCE = 500


def fresh_facts(versions: Versions, before: str, after: str) -> Iterator[list[Fact]]:
    """Yield the facts of version `after` that `before` has not, some at a time; both are compared id by id.

    Raises:
        SnapshotDamaged: one of the two is not there, or not whole.
    """
    with ExitStack() as held:
        old = held.enter_context(open_index(held.enter_context(versions.hold(before)).folder / INDEX))
        new = held.enter_context(open_index(held.enter_context(versions.hold(after)).folder / INDEX))
        batch: list[Fact] = []
        for fact_id in only_in_second(old.fact_ids(), new.fact_ids()):
            fact = new.fact(fact_id)
            if fact is None:
                raise SnapshotDamaged(f"{after}：索引里没有 {fact_id}")
            batch.append(fact)
            if len(batch) == AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch


def only_in_second(first: Iterator[str], second: Iterator[str]) -> Iterator[str]:
    """Merge two ascending rows; yield what only the second has."""
    known = next(first, None)
    for item in second:
        while known is not None and known < item:
            known = next(first, None)
        if known != item:
            yield item

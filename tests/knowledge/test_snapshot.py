"""The store lends one snapshot a lookup and closes what nobody reads any more."""

from __future__ import annotations

from collections.abc import Callable

from knowledge.snapshot import Snapshot, SnapshotHolder


def snapshot(closed: list[str], version: str) -> tuple[Snapshot, Callable[[], None]]:
    opened = Snapshot.of(version, ())

    def close() -> None:
        opened.close()
        closed.append(version)

    return opened, close


def store(closed: list[str], version: str) -> SnapshotHolder:
    return SnapshotHolder(*snapshot(closed, version))


def swap(kept: SnapshotHolder, closed: list[str], version: str) -> None:
    kept.swap(*snapshot(closed, version))


def test_a_lookup_keeps_its_snapshot_while_another_takes_over() -> None:
    closed: list[str] = []
    kept = store(closed, "一")
    with kept.lease() as first:
        swap(kept, closed, "二")
        with kept.lease() as second:
            assert (first.version, second.version, kept.version) == ("一", "二", "二")
        assert closed == []
    assert closed == ["一"]
    kept.close()


def test_an_idle_snapshot_is_closed_at_the_swap() -> None:
    closed: list[str] = []
    kept = store(closed, "一")
    swap(kept, closed, "二")
    assert closed == ["一"]
    kept.close()
    assert closed == ["一", "二"]


def test_several_old_snapshots_close_each_with_its_own_last_lookup() -> None:
    closed: list[str] = []
    kept = store(closed, "一")
    with kept.lease():
        swap(kept, closed, "二")
        with kept.lease():
            swap(kept, closed, "三")
        assert closed == ["二"]
    assert closed == ["二", "一"]
    kept.close()

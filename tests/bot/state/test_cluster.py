"""Several processes over one PostgreSQL: leases, leaders, limits and versions, each tried with two of them."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from pytest import approx

from bot.errors import CannotStore, LeaseLost, StateReadOnly
from bot.inbox import NewUpdate, UpdateStatus
from bot.observability import Metrics
from bot.platforms.feishu.client import Credentials
from bot.platforms.feishu.service import FeishuOptions, FeishuService
from bot.platforms.telegram.service import TelegramOptions, TelegramService
from bot.ports import PlatformHost
from bot.runtime import background
from bot.sharing import Rate, Rates
from bot.state.cluster import Cluster, open_cluster
from bot.state.postgres import connect
from bot.state.published import Blobs, ObjectBlobs, PostgresBlobs, PublishedVersions
from bot.state.replica import SPACE, TAKE, Leaders, Lease, lock_key
from bot.web.server import HealthChecks
from knowledge.snapshots.manifest import Manifest, Totals, seal
from knowledge.snapshots.repository import SnapshotRepository
from tests.bot.feishu.service import FREELY
from tests.bot.telegram.service import Echo
from tests.botapi.server import TOKEN
from tests.feishu.events import message
from tests.feishu.server import APP, SECRET, Feishu, feishu
from tests.support.clock import Clock
from tests.support.inbox import Collected, new_update
from tests.support.server import until

OBJECTS = "TESTS_OBJECTS"  # an empty bucket of a real object store, s3://bucket, and AWS_… in the environment
SHORT = Lease(seconds=1.5, gone=0.8, renew=0.1, silent=1.0)


@asynccontextmanager
async def two(address: str, lease: Lease = SHORT) -> AsyncIterator[tuple[Cluster, Cluster]]:
    async with open_cluster(address, lease=lease) as one, open_cluster(address, lease=lease) as other:
        yield one, other


def freeze(cluster: Cluster) -> None:
    """Let a replica renew nothing more, as if it were frozen, while all else goes on."""
    cluster.replica._renew = lambda connection: asyncio.sleep(3600)  # type: ignore[method-assign]


async def test_a_chat_is_one_processs_and_what_another_stores_reaches_it(postgres: str) -> None:
    async with two(postgres) as (one, other):
        mine, its = one.inboxes.of("telegram"), other.inboxes.of("telegram")
        work, elsewhere = Collected(), Collected()
        async with mine.delivering(work):
            await mine.store([new_update(1)])
            await work.until(1)
            async with its.delivering(elsewhere):
                await its.store([new_update(2), new_update(3, "8")])
                await until(lambda: len(work.updates) + len(elsewhere.updates) >= 3)
                queues = [one.queue for one in (*work.updates, *elsewhere.updates)]
                assert sorted(queues) == ["7", "7", "8"]  # whoever comes first holds 8
                queued = [one for one in work.updates if one.queue == "7"]
                assert len(queued) == 2
                for update in queued:
                    await mine.end(update.number, UpdateStatus.ANSWERED)
                assert dict(await its.status_counts()) == {UpdateStatus.ANSWERED: 2, None: 1}


async def test_what_the_dead_held_is_anothers_and_they_can_end_nothing(postgres: str) -> None:
    async with two(postgres) as (one, other):
        mine, its = one.inboxes.of("telegram"), other.inboxes.of("telegram")
        work, elsewhere = Collected(), Collected()
        async with mine.delivering(work), its.delivering(elsewhere):
            await mine.store([new_update(number) for number in (1, 2, 3)])
            first, *_ = await work.until(3)
            assert await mine.claim(first)
            freeze(one)
            taken = await elsewhere.until(3)
            assert [update.number for update in taken] == [update.number for update in work.updates]
            assert [update.begun for update in taken] == [True, True, True]
            with pytest.raises(LeaseLost):
                await mine.end(first.number, UpdateStatus.ANSWERED)
            held = asyncio.create_task(mine.held())
            await asyncio.sleep(0.05)
            assert not held.done()  # silent of itself, before it knows that it was taken for dead
            held.cancel()
            for update in taken:
                await its.end(update.number, UpdateStatus.ANSWERED)
        assert dict(await its.status_counts()) == {UpdateStatus.ANSWERED: 3}


async def test_who_wakes_and_finds_itself_taken_for_dead_drops_what_it_had(postgres: str) -> None:
    async with open_cluster(postgres, lease=SHORT) as one:
        mine, work = one.inboxes.of("telegram"), Collected()
        async with mine.delivering(work):
            await mine.store([new_update(1)])
            await work.until(1)
            before = one.replica.id
            async with await connect(postgres) as connection:
                await connection.execute("DELETE FROM replicas WHERE id = %s", (before,))
            await until(lambda: one.replica.id != before)
            assert work.dropped == ["7"]
            await mine.held()
            again = await work.until(2)
            assert again[-1].number == again[0].number


async def test_an_update_is_never_left_without_a_lane_however_stores_and_ends_meet(postgres: str) -> None:
    async with two(postgres, Lease()) as (one, other):
        inboxes = [one.inboxes.of("telegram"), other.inboxes.of("telegram")]
        works = [Collected(), Collected()]
        done: list[tuple[str, int]] = []

        async def work_off(at: int) -> None:
            seen = 0
            while True:
                while seen < len(works[at].updates):
                    update = works[at].updates[seen]
                    seen += 1
                    done.append((update.queue, update.number))
                    await inboxes[at].end(update.number, UpdateStatus.ANSWERED)
                await asyncio.sleep(0)

        async with (
            inboxes[0].delivering(works[0]),
            inboxes[1].delivering(works[1]),
            background(work_off(0), work_off(1)),
        ):
            for number in range(300):
                await inboxes[number % 2].store([NewUpdate(str(number), f"{number % 3}", "message", b"{}")])
            await until(lambda: len(done) >= 300)
        assert len(done) == len(set(done)) == 300
        for queue in "012":
            numbers = [number for name, number in done if name == queue]
            assert numbers == sorted(numbers)


async def test_one_leads_and_another_follows_when_it_is_gone(postgres: str) -> None:
    leading: list[str] = []

    async def work(name: str) -> None:
        leading.append(name)
        try:
            await asyncio.sleep(60)
        finally:
            leading.remove(name)

    async with two(postgres) as (one, other), background(one.lead("telegram", lambda: work("one"))):
        await until(lambda: leading == ["one"])
        async with background(other.lead("telegram", lambda: work("other"))):
            await asyncio.sleep(0.7)
            assert (one.leads("telegram"), other.leads("telegram")) == (True, False)
            assert other.leaderless("telegram") is None
            freeze(one)  # it keeps its session, but loses its lease: the session is ended for it
            await until(lambda: leading == ["other"])


async def test_that_nobody_has_polled_for_thirty_seconds_turns_health_red(postgres: str) -> None:
    clock, health = Clock(0.0), HealthChecks()
    async with open_cluster(postgres) as cluster:
        one = replace(cluster, leaders=Leaders(postgres, cluster.replica, clock))
        host = PlatformHost(Echo(), Metrics(), one.inboxes, None, print, sharing=one)
        service = TelegramService(TelegramOptions(TOKEN, "http://127.0.0.1:9"), host)
        health.add("telegram", service.problem)
        async with await connect(postgres) as stranger:  # it has the lock, and does nothing with it
            await stranger.execute(TAKE, (SPACE, lock_key("telegram")))
            async with background(one.lead("telegram", asyncio.Event().wait)):
                await asyncio.sleep(0.3)
                clock.forward(seconds=30)
                assert health.problems() == {}
                clock.forward(seconds=1)
                assert health.problems() == {"telegram": "nobody has led telegram for 31 s"}
                await stranger.close()
                await until(lambda: one.leads("telegram"))
                assert one.leaderless("telegram") is None


async def test_limits_hold_over_all_processes(postgres: str) -> None:
    rates = Rates(Rate(20.0, 3), Rate(20.0, 3), Rate(80.0, 4))  # far longer than a busy machine takes
    async with two(postgres) as (one, other):
        limits = [cluster.limits("telegram", rates) for cluster in (one, other)]
        assert limits[0] is not None
        assert limits[1] is not None
        waits = [await limits[at % 2].reserve("7", group=False) for at in range(5)]  # type: ignore[union-attr]
        assert waits == approx([0, 0, 0, 20, 40], abs=9)
        group = [await limits[at % 2].reserve("-9", group=True) for at in range(6)]  # type: ignore[union-attr]
        assert group[4:] == approx([80, 160], abs=19)
        await limits[0].hold("8", 300)
        assert 290 < await limits[1].held("8") <= 300
        assert await limits[1].reserve("8", group=False) > 290
        overall = [await limits[at % 2].reserve_overall() for at in range(10)]  # type: ignore[union-attr]
        assert overall[-1] == approx(140, abs=19)
        assert await limits[1].take_spare() > 0


PEOPLE = [f"ou_{number:032x}" for number in range(6)]


@asynccontextmanager
async def on_feishu(server: Feishu, address: str) -> AsyncIterator[None]:
    options = FeishuOptions(Credentials(APP, SECRET), server.url, pace=FREELY, call_seconds=2.0)
    async with open_cluster(address) as cluster:
        host = PlatformHost(Echo(), Metrics(), cluster.inboxes, None, print)
        async with FeishuService(options, host).serving():
            yield


async def test_each_message_is_answered_once_and_in_order_and_one_process_may_go(postgres: str) -> None:
    async with feishu(haste=300.0) as server, on_feishu(server, postgres):
        async with on_feishu(server, postgres):
            await server.connected(2)
            for number, person in product(range(5), PEOPLE):
                asked = message(f"{number}", person)
                for again in range(2):  # the acknowledgement was lost: it is brought to one of both, by lot
                    header = {**asked["header"], "event_id": f"{number}{person}{again}"}
                    await server.answered({**asked, "header": header})
            await server.until(lambda: len(server.said) == 5 * len(PEOPLE))
        await server.until(lambda: len(server.open) == 1)
        for person in PEOPLE:
            await server.answered(message("末", person))
        await server.until(lambda: len(server.said) == 6 * len(PEOPLE))
    for person in PEOPLE:
        assert server.texts(person) == [f"答：{text}" for text in (*"01234", "末")]


def built(folder: Path, *texts: str) -> SnapshotRepository:
    """A repository with one version of these files."""
    versions = SnapshotRepository(folder)
    with versions.staging() as building:
        for number, text in enumerate(texts):
            (building / "index").mkdir(exist_ok=True)
            (building / "index" / f"{number}").write_text(text, encoding="utf-8")
        seal(building, Manifest("folder", "build", 1e9, Totals()))
        versions.publish(building)
    return versions


@pytest.mark.parametrize("kind", ["postgres", "folder", "objects"])
async def test_a_version_reaches_another_replica_whole_and_only_what_it_lacks_is_sent(
    postgres: str, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "objects").mkdir()
    store = (tmp_path / "objects").as_uri()
    if kind == "objects":
        if not (given := os.environ.get(OBJECTS)):
            pytest.skip(f"no object store: {OBJECTS} names none")
        store = f"{given}/{secrets.token_hex(6)}"
    blobs: Blobs = PostgresBlobs(postgres) if kind == "postgres" else ObjectBlobs(store)
    got: list[str] = []

    class Counting:
        missing, put, keep_only = blobs.missing, blobs.put, blobs.keep_only

        async def get(self, digest: str, path: Path) -> None:
            got.append(digest)
            await blobs.get(digest, path)

    async with open_cluster(postgres, lease=SHORT) as one:
        mine = built(tmp_path / "mine", "甲", "乙" * 700_000)
        own, its = PublishedVersions(postgres, blobs, mine, one.replica), SnapshotRepository(tmp_path / "its")
        other = PublishedVersions(postgres, Counting(), its, one.replica)
        assert (await other.current(), await other.newest()) == (None, None)
        async with own.changing():
            await own.publish("000001")
        assert await other.current() == "000001"
        await other.fetch("000001")
        with its.pin("000001") as stored:
            assert (stored.folder / "index" / "1").read_text(encoding="utf-8") == "乙" * 700_000
        assert len(got) == 3
        with mine.staging() as building:
            (building / "index").mkdir()
            (building / "index" / "0").write_text("甲", encoding="utf-8")
            (building / "index" / "1").write_text("丙", encoding="utf-8")
            seal(building, Manifest("folder", "build", 1e9, Totals()))
            mine.publish(building)
        async with own.changing():
            await own.publish("000002")
        await other.fetch("000002")
        assert len(got) == 5  # the changed file and the manifest
        async with own.changing():
            await own.choose("000001")
        assert await other.current() == "000001"
    await blobs.keep_only([])
    assert await blobs.missing(got) == set(got)


@pytest.mark.parametrize("address", ["x", "nope://a", "s3:///", "file:///does/not/exist"])
def test_an_address_that_is_no_store_is_said_before_anything_is_sent(address: str) -> None:
    with pytest.raises(CannotStore, match=r"CHUCHU_SNAPSHOTS 指的存储用不了.*请检查地址和凭据$"):
        ObjectBlobs(address)


async def test_what_comes_damaged_is_not_taken_in(postgres: str, tmp_path: Path) -> None:
    async with open_cluster(postgres, lease=SHORT) as one:
        own = PublishedVersions(postgres, PostgresBlobs(postgres), built(tmp_path / "a", "甲"), one.replica)
        async with own.changing():
            await own.publish("000001")
        async with await connect(postgres) as connection:
            await connection.execute("UPDATE snapshot_chunks SET body = 'x' || substr(body, 2)")
        its = SnapshotRepository(tmp_path / "b")
        with pytest.raises(StateReadOnly, match="内容不对"):
            await PublishedVersions(postgres, PostgresBlobs(postgres), its, one.replica).fetch("000001")
        assert its.names() == []

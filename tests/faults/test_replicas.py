"""Three real bots over one real PostgreSQL, under load: killed, frozen, cut off; nothing is lost, nobody answered out of order.
A newer program and newer articles reach them one by one.

What each disturbance cost is printed; the floors are asserted, as promises of docs/scaling.md.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from bot.state.database import STEPS
from bot.state.replica import Lease
from tests.botapi.calls import Call
from tests.botapi.process import BotProcess
from tests.botapi.updates import Json, message, press, private, user
from tests.faults.replicas import DURABLE, Replicas, replicas
from tests.knowledge.snapshots.corpus import write_article
from tests.support.postgres import Server, migrated_server
from tests.support.process import ROOT, chuchu
from tests.support.server import PATIENCE, at_once

pytestmark = pytest.mark.slow

SECONDS = 20.0
LEASE = Lease().seconds
DEAD = "was taken for dead"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that writes to the disk as one in use does."""
    with migrated_server(DURABLE) as running:
        yield running


async def kill(running: Replicas) -> float:
    """kill -9 of the one that polls; return how long nobody polled."""
    at = running.leader()
    await running.crowd()
    await running.bots[at].kill()
    began, polls = time.monotonic(), running.api.polls
    await running.api.until(lambda: running.api.polls > polls)
    return time.monotonic() - began


async def freeze(running: Replicas) -> float:
    """Freeze the one that polls for fifteen seconds; woken, it finds out that it was taken for dead."""
    frozen = running.bots[running.leader()]
    await running.crowd()
    frozen.send(signal.SIGSTOP)
    await asyncio.sleep(15)
    frozen.send(signal.SIGCONT)
    await running.api.until(lambda: DEAD in frozen.log_text())
    return 15.0


async def cut(running: Replicas) -> float:
    """Cut every connection to the database; return how long until somebody is answered again."""
    running.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{running.database}' AND pid <> pg_backend_pid()"
    )
    return await running.answered_again()


async def restart(running: Replicas) -> float:
    """Restart PostgreSQL; return how long until somebody is answered again."""
    await asyncio.to_thread(running.server.stop, "fast")
    await asyncio.to_thread(running.server.start)
    return await running.answered_again()


@pytest.mark.parametrize(
    ("disturb", "longest", "recovered"),
    [(kill, LEASE + 2, 2.0), (freeze, 2 * LEASE, 15.0), (cut, LEASE + 2, 3.0), (restart, LEASE + 2, 10.0)],
    ids=["killed", "frozen", "cut", "restarted"],
)
async def test_nothing_is_lost_and_nobody_is_answered_out_of_order(
    tmp_path: Path,
    server: Server,
    disturb: Callable[[Replicas], Awaitable[float]],
    longest: float,
    recovered: float,
) -> None:
    async with replicas(tmp_path, server) as running:
        reading = asyncio.create_task(running.readers(SECONDS))
        await asyncio.sleep(SECONDS / 4)
        took = await disturb(running)
        await reading
        await running.all_ended()
        fenced = sum(bot.log_text().count(DEAD) for bot in running.bots)
        print(f"{disturb.__name__}: {took:.2f} s to recover, taken for dead {fenced}, {running.told()}")
        assert running.once_more_at_most()
        assert {status for _, status, _, _ in running.rows()} == {"answered"}
        assert running.waits()[-1] <= longest
        assert took <= recovered
        assert fenced == (disturb is freeze)


NEWER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", "{before}"
branch_labels = depends_on = None

def upgrade() -> None:
    op.add_column("roles", sa.Column("later", sa.String(20), nullable=True))
    op.create_table("later", sa.Column("name", sa.String(20), primary_key=True))
"""
UNCHANGED = "莫德纳从战略签约到拿地开工只用了三个月，刷新了闵行的纪录。"
OWNER, READER, OTHER = 7, 8, 9
UNTOUCHED, CHANGED = "莫德纳 闵行", "第1号街坊 签约"


def widened(program: Path) -> str:
    """Make a copy of the program that of tomorrow; return its step."""
    before = max(path.name for path in STEPS.glob("[0-9]*.py"))[:4]
    revision = f"{int(before) + 1:04}"
    step = program / STEPS.relative_to(ROOT) / f"{revision}_later.py"
    step.write_text(NEWER.format(revision=revision, before=before), encoding="utf-8")
    return revision


async def test_a_program_is_replaced_under_load_and_the_old_refuses(tmp_path: Path, server: Server) -> None:
    newer = tmp_path / "newer"
    shutil.copytree(ROOT / "bot", newer / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    (newer / "knowledge").symlink_to(ROOT / "knowledge")
    revision = widened(newer)
    async with replicas(tmp_path, server) as running:
        async with at_once(asyncio.create_task(running.readers(300))):
            await asyncio.sleep(3)
            for number in range(3):
                assert await running.bots[number].stop() == 0
                await running.start(number, PYTHONPATH=str(newer))
                assert running.sql("SELECT version_num FROM alembic_version") == [(revision,)]
                if not number:  # two old ones go on beside the new one; who would join them now may not
                    late = BotProcess(running.own(9), running.api, **running.settings())
                    await late.start()
                    assert await late.ends() == 1
                    assert "来自更新的程序版本" in late.log_text().splitlines()[-1]
                    assert running.sql("SELECT count(*) FROM replicas") == [(3,)]
            await asyncio.sleep(3)
        await running.all_ended()
        print(f"replaced one by one: {running.told()}")
        assert running.wrong() == (0, 0, {})
        assert {status for _, status, _, _ in running.rows()} == {"answered"}
        assert running.waits()[-1] < LEASE  # nobody waited for a lease to run out


async def test_a_reload_reaches_every_replica_and_who_cannot_says_so(tmp_path: Path, server: Server) -> None:
    stores = [tmp_path / "shared", tmp_path / "elsewhere"]
    for store in stores:
        store.mkdir()
    async with replicas(tmp_path, server, 0) as running:
        for number in range(3):
            if number == 2:  # it finds the first version there, and no other
                shutil.copytree(stores[0], stores[1], dirs_exist_ok=True)
            settings = {"CHUCHU_SNAPSHOTS": stores[number == 2].as_uri(), "CHUCHU_ADMINS": f"{OWNER}"}
            await running.start(number, **settings)
        told = await reloaded(running, 1)
        assert told["ending"] == "published"
        assert [one["version"] for one in told["replicas"]] == ["000002", "000002", "000001"]
        assert "000002 cannot be fetched" in told["replicas"][2]["trouble"]
        assert "有副本还没有换上" in told["text"]
        follows, stays = (True, 200), (False, 503)
        async with asyncio.timeout(PATIENCE):  # a busy machine may be red for a moment for other reasons
            served = [await served_by(bot) for bot in running.bots]
            while [("昨日" in text, ready) for text, ready in served] != [follows, follows, stays]:
                await asyncio.sleep(0.2)
                served = [await served_by(bot) for bot in running.bots]
        shutil.copytree(stores[0], stores[1], dirs_exist_ok=True)  # what it lacked is there now
        async with asyncio.timeout(PATIENCE):
            while await served_by(running.bots[2]) != served[0]:
                await asyncio.sleep(0.2)
        running.api.push(message=message("/rollback", private(OWNER)))
        await running.api.until(lambda: any("3 个副本都换上了" in text for text in running.api.said(OWNER)))
        assert ["昨日" in (await served_by(bot))[0] for bot in running.bots] == [False] * 3


async def test_a_button_of_an_older_version_is_proved_or_renewed(tmp_path: Path, server: Server) -> None:
    async with replicas(tmp_path, server, 0) as running:
        write_article(running.articles, "100.txt", "莫德纳落户闵行", UNCHANGED)
        await running.start(0)
        for chat, words in ((READER, UNTOUCHED), (OTHER, CHANGED)):
            running.api.push(message=message(words, private(chat)))
            await running.api.until(lambda: running.api.said(chat))  # noqa: B023
        await running.start(1)
        assert [one["version"] for one in (await reloaded(running, 1))["replicas"]] == ["000002"] * 2
        await running.start(2)  # it has never had the first version
        assert [await bot.stop() for bot in running.bots[:2]] == [0, 0]
        context = await pressed(running, READER, "上下文")
        assert (context.method, UNCHANGED in context.text) == ("sendMessage", True)
        renewed = await pressed(running, OTHER, "上下文")
        assert (renewed.method, "昨日" in renewed.text) == ("editMessageText", True)
        notices = [call.parameters.get("text") for call in running.api.made("answerCallbackQuery")]
        assert notices == [None, "文章更新过了，这是新的结果。"]


async def reloaded(running: Replicas, number: int) -> Json:
    """An article changes, and `chuchu reload` is called beside one of them; return its report."""
    write_article(running.articles, "001.txt", "第1号街坊新闻", "第1号街坊昨日全部签约完毕，居民搬进新居。")
    own = running.own(number)
    settings = running.settings(CHUCHU_DATA=str(own / "var"))
    done = await asyncio.to_thread(lambda: chuchu(own, "reload", "--json", stdin=b"", **settings))
    assert done.returncode == 0, done.stderr.decode()
    report: Json = json.loads(done.stdout)
    return report


async def served_by(bot: BotProcess) -> tuple[str, int]:
    """What a replica's page answers about the changed article, and how it says that it is ready."""
    async with aiohttp.ClientSession(bot.url) as client:
        async with client.get("/api/ask", params={"q": CHANGED}) as answer:
            text = await answer.text()
        async with client.get("/readyz") as ready:
            return text, ready.status


async def pressed(running: Replicas, chat: int, label: str) -> Call:
    """Press the newest button of that label in a chat; return the call that answers it."""
    data, on = running.api.button(label, chat)
    before = len(running.api.made("sendMessage", "editMessageText"))
    running.api.push(callback_query=press(data, on, f"q{chat}", user(chat)))
    await running.api.until(lambda: len(running.api.made("sendMessage", "editMessageText")) > before)
    return running.api.made("sendMessage", "editMessageText")[-1]

"""The first start: open at once, telling how far it is everywhere; and given up within a second, leaving nothing."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import CompletedProcess
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import aiohttp
import pytest

from bot.handlers.dispatcher import Reception
from bot.messages import ButtonPress, Chat, ChatType, Message, Sender
from bot.ports import PlatformRegistry
from tests.bot.telegram.service import Echo
from tests.bot.telegram.test_killed_and_flooded import QUESTION
from tests.botapi.process import BotProcess, bot_process, running
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.contract.fake import FakePlatform
from tests.knowledge.snapshots.corpus import NEW, write_corpus, write_new
from tests.support.clock import MORNING
from tests.support.process import ROOT, chuchu, environment
from tests.support.server import PATIENCE, Hang, until

# Many small files: the build takes some seconds on any machine.
FILES = 400
OPEN_AT = re.compile(r"http://127\.0\.0\.1:\d+")


@asynccontextmanager
async def starting(folder: Path) -> AsyncIterator[tuple[BotProcess, str]]:
    """A bot at its first start, and where its page is while it sorts the articles."""
    write_corpus(folder / "articles", FILES)
    bot = BotProcess(folder, None, CHUCHU_ARTICLES="articles")
    await bot.start()
    try:
        await until(lambda: OPEN_AT.search(bot.log_text()))
        yield bot, OPEN_AT.findall(bot.log_text())[0]
    finally:
        await bot.kill()


@pytest.mark.slow
async def test_while_the_articles_are_sorted_every_path_says_how_far_it_is(tmp_path: Path) -> None:
    async with starting(tmp_path) as (bot, url), aiohttp.ClientSession(url) as http:
        told: dict[str, tuple[int, str]] = {}
        for path in ("/healthz", "/readyz", "/", "/api/ask?q=桥", "/articles/aaaaaaaaaaaaa"):
            async with http.get(path) as response:
                told[path] = response.status, await response.text()
                if path == "/":
                    assert response.headers["Refresh"] == response.headers["Retry-After"] == "2"
        assert told["/healthz"][0] == 200
        assert {told[path][0] for path in told if path != "/healthz"} == {503}
        assert all("正在整理" in text for path, (_, text) in told.items() if path != "/healthz"), told
        async with asyncio.timeout(PATIENCE):
            while (await http.get("/readyz")).status != 200:
                await asyncio.sleep(0.1)
        assert await bot.stop() == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
async def test_a_start_that_is_broken_off_leaves_no_folder(tmp_path: Path, how: signal.Signals) -> None:
    async with starting(tmp_path) as (bot, url):
        async with aiohttp.ClientSession(url) as http, asyncio.timeout(PATIENCE):
            while not re.search(r"正在整理 \d", await (await http.get("/readyz")).text()):
                await asyncio.sleep(0.02)
        began = asyncio.get_running_loop().time()
        bot.send(how)
        assert await bot.ends() == 0
        print(f"ended within {asyncio.get_running_loop().time() - began:.2f} s")
        assert "什么也没有留下" in bot.log_text() and "Traceback" not in bot.log_text()
        assert [path.name for path in (tmp_path / "var" / "snapshots").iterdir() if path.is_dir()] == []


CHAT = Chat("telegram", "7", ChatType.PRIVATE)
ASKED = Message(CHAT, "1", Sender("7"), "桥", MORNING)
PRESS = ButtonPress(CHAT, "m1", "p1", Sender("7"), "more:1")


async def test_who_asks_meanwhile_sees_one_message_that_becomes_the_answer() -> None:
    phone, far = FakePlatform(), ["正在整理 1 / 9"]
    platforms = PlatformRegistry({"telegram": phone})
    async with Reception(platforms, lambda said: far[0], silent=0.01) as reception:
        asking = asyncio.create_task(reception.message(ASKED))
        await until(lambda: phone.sent)
        assert "正在整理 1 / 9" in phone.sent[0].text and not asking.done()
        assert [reply.notice for reply in await reception.press(PRESS)] == ["正在整理 1 / 9"]
        reception.hand_over(Echo())
        (reply,) = await asking
        assert (reply.text, reply.edits, len(phone.sent)) == ("答：桥", "m1", 1)
        assert [reply.edits for reply in await reception.message(ASKED)] == [None]
        assert [reply.notice for reply in await reception.press(PRESS)] == ["好"]


async def test_a_stop_meanwhile_leaves_what_is_in_hand_unanswered_for_the_next_start() -> None:
    async with Reception(PlatformRegistry(), lambda said: "…") as reception:
        asking = asyncio.create_task(reception.message(ASKED))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await asking


HANGING = """
import asyncio, threading, time
from bot.runtime import Shutdown

async def main():
    stop = Shutdown(0.2)
    threading.Thread(target=time.sleep, args=(3600,)).start()
    stop.ask(REASON)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.mark.parametrize(("reason", "code"), [(None, 0), ("令牌不对", 78)])
def test_a_part_and_a_thread_that_hang_do_not_keep_the_process(reason: str | None, code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGING.replace("REASON", repr(reason))],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code
    assert b"not everything stopped" in ended.stderr and (reason or "").encode() in ended.stderr


@pytest.mark.slow
async def test_a_bot_whose_every_call_hangs_stops_when_asked(tmp_path: Path) -> None:
    async with bot_api() as api, bot_process(tmp_path, api) as bot:
        api.fail("sendMessage", Hang(), float("inf"))
        for reader in range(20):
            api.push(message=message(QUESTION, private(reader + 1)))
        await api.until(lambda: [call for call in api.calls if call.method == "sendMessage"])
        api.fail("getUpdates", Hang(), float("inf"))
        began = api.clock()
        async with asyncio.timeout(10):
            assert await bot.stop() == 0  # the limit of issue 6
        print(f"stopped in {api.clock() - began:.1f} s")
        assert set(bot.endings().values()) == {None}


HOLES = """
import psutil
from bot.runtime import release_memory, share_heaps

share_heaps()
kept = [bytes(4_000) for _ in range(25_000)]
del kept[:-1]  # the last one keeps the heap from shrinking
before = psutil.Process().memory_info().rss
release_memory()
print(before - psutil.Process().memory_info().rss)
"""


def test_what_is_free_between_what_is_kept_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50 << 20


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    write_corpus(tmp_path / "articles")
    return {"CHUCHU_ARTICLES": str(tmp_path / "articles"), "CHUCHU_DATA": str(tmp_path / "var")}


def command(folder: Path, *arguments: str, articles: str = "articles") -> CompletedProcess[bytes]:
    places = {"CHUCHU_ARTICLES": str(folder / articles), "CHUCHU_DATA": str(folder / "var")}
    return chuchu(folder, *arguments, stdin=b"", **places)


def found(bot: BotProcess) -> bool:
    """Whether the page finds it; a machine too busy for that says to ask again."""
    for _ in range(100):
        try:
            with urlopen(f"{bot.url}/api/ask?q={quote('苏州河边 步道')}") as answer:
                return NEW in answer.read().decode()
        except HTTPError as busy:
            assert busy.code == 503
            time.sleep(0.5)
    raise AssertionError("never answered")


@pytest.mark.slow
async def test_commands_work_beside_a_bot_a_second_bot_not(tmp_path: Path, settings: dict[str, str]) -> None:
    async with running(tmp_path, **settings) as bot:
        second = await asyncio.to_thread(command, tmp_path, "run")
        assert (second.returncode, str(bot.pid) in second.stderr.decode()) == (75, True)
        write_new(tmp_path / "articles")
        asked = await asyncio.to_thread(command, tmp_path, "ask", "苏州河边 步道")
        dry = await asyncio.to_thread(command, tmp_path, "reload", "--dry-run", "--json")
        assert (NEW in asked.stdout.decode(), json.loads(dry.stdout)["ending"]) == (True, "rehearsed")
        assert not found(bot)
        done = await asyncio.to_thread(command, tmp_path, "reload")
        assert (done.returncode, "已换上版本 000002" in done.stdout.decode()) == (0, True)
        assert found(bot)

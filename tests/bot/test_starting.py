"""The first start: open at once, telling how far it is everywhere; and given up within a second, leaving nothing."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.handlers.reception import Reception
from bot.messages import ButtonPress, Chat, ChatType, InlineAnswer, InlineQuery, Message, Reply, Run, Sender
from bot.ports import PlatformRegistry
from tests.contract.fake import FakePlatform
from tests.knowledge.snapshots.corpus import write_corpus
from tests.support.clock import MORNING
from tests.support.process import environment

# Many small files: the build takes some seconds on any machine.
FILES = 400
OPEN_AT = re.compile(r"http://127\.0\.0\.1:\d+")


@asynccontextmanager
async def starting(folder: Path, **settings: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A bot at its first start, and where its page is while it sorts the articles."""
    write_corpus(folder / "articles", FILES)
    ours = {"CHUCHU_HTTP": "127.0.0.1:0", "CHUCHU_ADMIN_HTTP": "127.0.0.1:0", "CHUCHU_LOG": "json"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot"),
        cwd=folder,
        env=environment(CHUCHU_ARTICLES="articles", **ours | settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        said = ""
        async with asyncio.timeout(60):
            while not (found := OPEN_AT.search(said)):
                said = (await process.stderr.readline()).decode()
        yield process, found[0]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_while_the_articles_are_sorted_every_path_says_how_far_it_is(tmp_path: Path) -> None:
    async with starting(tmp_path) as (process, url), aiohttp.ClientSession(url) as http:
        told: dict[str, tuple[int, str]] = {}
        for path in ("/healthz", "/readyz", "/", "/api/ask?q=桥", "/articles/aaaaaaaaaaaaa"):
            async with http.get(path) as response:
                told[path] = response.status, await response.text()
                if path == "/":
                    assert response.headers["Refresh"] == response.headers["Retry-After"] == "2"
        assert told["/healthz"][0] == 200
        assert {told[path][0] for path in told if path != "/healthz"} == {503}
        assert all("正在整理" in text for path, (_, text) in told.items() if path != "/healthz"), told
        async with asyncio.timeout(120):
            while (await http.get("/readyz")).status != 200:
                await asyncio.sleep(0.1)
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
async def test_a_start_that_is_broken_off_ends_well_and_leaves_no_folder(
    tmp_path: Path, how: signal.Signals
) -> None:
    async with starting(tmp_path) as (process, url):
        async with aiohttp.ClientSession(url) as http, asyncio.timeout(60):
            while not re.search(r"正在整理 \d", await (await http.get("/readyz")).text()):
                await asyncio.sleep(0.02)
        began = asyncio.get_running_loop().time()
        process.send_signal(how)
        assert process.stderr is not None
        said = (await process.stderr.read()).decode()
        async with asyncio.timeout(20):
            assert await process.wait() == 0
        print(f"ended within {asyncio.get_running_loop().time() - began:.2f} s")
        assert "什么也没有留下" in said and "Traceback" not in said
        assert [path.name for path in (tmp_path / "var" / "snapshots").iterdir() if path.is_dir()] == []


class Later:
    """The conversation that comes: it says back what it is told."""

    async def message(self, message: Message) -> list[Reply]:
        return [Reply([Run(f"答：{message.text}")])]

    async def too_many(self, message: Message) -> list[Reply]:
        return [Reply([Run("太多")])]

    async def press(self, press: ButtonPress) -> list[Reply]:
        return [Reply([], notice="按了")]

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        return InlineAnswer((), "2")


CHAT = Chat("telegram", "7", ChatType.PRIVATE)
ASKED = Message(CHAT, "1", Sender("7"), "桥", MORNING)
PRESS = ButtonPress(CHAT, "m1", "p1", Sender("7"), "more:1")


async def test_who_asks_meanwhile_sees_one_message_that_becomes_the_answer() -> None:
    phone, far = FakePlatform(), ["正在整理 1 / 9"]
    platforms = PlatformRegistry({"telegram": phone})
    async with Reception(platforms, lambda said: far[0], silent=0.01) as reception:
        asking = asyncio.create_task(reception.message(ASKED))
        async with asyncio.timeout(10):
            while not phone.sent:
                await asyncio.sleep(0.01)
        assert "正在整理 1 / 9" in phone.sent[0].text and not asking.done()
        assert [reply.notice for reply in await reception.press(PRESS)] == ["正在整理 1 / 9"]
        reception.hand_over(Later())
        (reply,) = await asking
        assert (reply.text, reply.edits, len(phone.sent)) == ("答：桥", "m1", 1)
        assert [reply.edits for reply in await reception.message(ASKED)] == [None]
        assert [reply.notice for reply in await reception.press(PRESS)] == ["按了"]


async def test_a_stop_meanwhile_leaves_what_is_in_hand_unanswered_for_the_next_start() -> None:
    async with Reception(PlatformRegistry(), lambda said: "…") as reception:
        asking = asyncio.create_task(reception.message(ASKED))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await asking

"""What the manuals say of editing and of privacy is so."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess

import aiohttp
import pytest

from bot.admin.uploads import UploadStore
from bot.state.sqlite_inbox import SCHEMA, open_inboxes
from bot.state.state import open_state, sqlite_address
from tests.bot.feedback.test_loop import talking
from tests.bot.state.test_restoring import ME, NOW, PSEUDONYMS, leave_traces
from tests.bot.telegram.service import Bot
from tests.botapi.process import bot_process
from tests.botapi.server import bot_api
from tests.support.process import ROOT, chuchu
from tests.support.server import PATIENCE

MANUAL = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^chuchu (.+?)(?: +# (.+))?$", MANUAL, re.M)
OWNER, READER = 7, 9
NEVER = "CIIE什么时候开幕"
SHUT, OPEN = "读书楼几点开门？", "图书馆早上"


NAMES = ("大桥", "夜校", "步道", "图书馆", "菜场", "码头", "公园", "医院", "邮局", "剧场")
BROKEN = "夜校本学期新开了十二门课，报名的市民比去年多\n了三成，其中年轻人占\n一半以上。"


def write_ten(folder: Path) -> None:
    """Ten short articles; one has lines broken as out of a PDF."""
    folder.mkdir()
    for number, name in enumerate(NAMES, 1):
        write(folder / f"{name}.txt", name, f"{name}早上{number + 5}点开门，晚上九点关门。")
    write(folder / "夜校.txt", "夜校", BROKEN)
    write(folder / "大桥.txt", "大桥", "大桥全长三公里，双向六车道。")


def write(path: Path, name: str, text: str) -> None:
    path.write_text(f"{name}有了新变化\n\n本报讯 {text}\n", encoding="utf-8")


@pytest.mark.slow
async def test_every_line_holds_in_the_terminal_on_the_page_and_in_chat(tmp_path: Path) -> None:
    articles = tmp_path / "文章"
    write_ten(articles)
    settings = {"CHUCHU_ARTICLES": "文章", "CHUCHU_ADMINS": str(OWNER)}
    async with (
        bot_api() as api,
        bot_process(tmp_path, api, **settings) as process,
        aiohttp.ClientSession() as http,
    ):
        (address,) = re.findall(r"^[^{\n]*(http://\S+?:\d+)", process.log_text(), re.M)

        async def page(path: str, **query: str) -> str:
            async with http.get(address + path, params=query) as answer:
                assert answer.status == 200
                return await answer.text()

        await _as_written(tmp_path, articles, page)
        await _in_chat(Bot(api, process.data), articles)
        assert "步道" in await page("/articles", words="步道")


async def _as_written(home: Path, articles: Path, page: Callable[..., Awaitable[str]]) -> None:
    """Each command comes to what stands beside it, and between them the page shows what the manual says."""
    between: dict[str, Callable[[], Awaitable[object]]] = {}

    async def run(*command: str) -> CompletedProcess[bytes]:
        return await asyncio.to_thread(chuchu, home, *command, CHUCHU_ARTICLES="文章")

    async def correct() -> None:
        listed = await page("/articles")
        assert all(path.stem in listed for path in articles.iterdir())
        write(articles / "大桥.txt", "大桥", "大桥全长五公里，双向六车道。")
        (articles / "大桥.toml").write_text('newspaper = "青年报"\n', encoding="utf-8")

    async def ask_in_vain() -> None:
        answer = await page("/", q="大桥有多长？")
        assert "五公里" in answer and "青年报" in answer
        await page("/", q=NEVER)
        async with asyncio.timeout(PATIENCE):  # written down a while later
            while NEVER not in (await run("unanswered")).stdout.decode():
                await asyncio.sleep(0.5)

    async def learnt() -> None:
        assert OPEN in await page("/", q=SHUT)

    between |= {"reload": correct, "unanswered": ask_in_vain, "check 夜校.txt": learnt}
    for command, wanted in COMMANDS:
        if command in between:
            await between.pop(command)()
        done = await run(*command.split())
        said = done.stdout.decode()
        assert done.returncode == 0, (command, said, done.stderr.decode())
        assert re.split(r"[；。（…]| {2}", wanted)[0] in said or wanted == "现有哪些文章", (command, said)
    assert not between, "the manual has no such command"
    assert (home / "备份-今天").is_file()
    restored = await run("restore", "备份-今天")
    assert restored.returncode == 0, restored.stderr.decode()


async def _in_chat(bot: Bot, articles: Path) -> None:
    """What an editor can do in chat, each by the words that the manual gives."""

    async def say(text: str, chat: int = OWNER) -> str:
        assert chat != OWNER or not text.startswith("/") or text.split()[0] in MANUAL, text
        before = len(bot.api.said(chat))
        await bot.says(chat, text)
        await bot.hears(chat, before + 1)
        return bot.api.said(chat)[-1]

    async def send(name: str, text: str) -> None:
        bot.api.files["f1"] = text.encode()
        file = {"file_id": "f1", "file_unique_id": "f1", "file_name": name, "file_size": len(text.encode())}
        await bot.says(OWNER, None, document=file)
        await bot.api.until(lambda: f"将存为 {name}" in bot.api.said(OWNER)[-1])
        await bot.press("发布", OWNER)
        await bot.api.until(lambda: f"已发布为 {name}" in bot.api.said(OWNER)[-1])

    await send("灯会.txt", "灯会开了\n\n本报讯 灯会从初一开到十五，市民可以免费入园。\n")
    assert "现有 11 篇文章" in await say("/articles")
    await send("大桥.txt", "大桥有了新变化\n\n本报讯 大桥全长六公里，双向六车道。\n")
    assert list((articles.parent / "var" / "history").rglob("大桥*"))
    assert "六公里" in await say("大桥有多长？")
    await say("/meta 大桥.txt 报纸=青年报 日期=2023-07-01")
    await say("/reload")
    await bot.api.until(lambda: "已换上" in bot.last(OWNER))
    await say("/rollback")
    await bot.api.until(
        lambda: "换回" in bot.last(OWNER) or "退回" in bot.last(OWNER) or "已换上" in bot.last(OWNER)
    )
    assert NEVER in await say("/unanswered")
    assert "已经有了" in await say("/alias 读书楼 图书馆")
    listed = await say("/alias")
    (number,) = re.findall(r"(\d+)\. 读书楼", listed)
    await say(f"/unalias {number}")
    assert "没有查到" in await say(SHUT, READER)
    await bot.press("有了告诉我", READER)
    before = len(bot.api.said(READER))
    await say("/alias 读书楼 图书馆")
    await bot.api.until(lambda: any(OPEN in text for text in bot.api.said(READER)[before:]))


PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
FORGOTTEN, ADMIN = 700_800_901, 900_100_201


def rows(section: str) -> dict[str, list[str]]:
    """A section's table: the first cell's name, and the names in the second."""
    text = PAGE.split(f"## {section}", 1)[1].split("\n## ", 1)[0]
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {first.strip().strip("`"): re.findall(r"`(\w+)`", second) for first, second, *_ in cells}


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as raw:
        found = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {name for (name,) in found}


def columns_with(path: Path, *needles: str) -> dict[str, set[str]]:
    """The columns in which any of the needles stands, by table."""
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(path)) as raw:
        for table in tables(path):
            cursor = raw.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            for row in cursor:
                held = {
                    name
                    for name, value in zip(names, row, strict=True)
                    if any(needle in str(value) for needle in needles)
                }
                if held:
                    found.setdefault(table, set()).update(held)
    return found


async def test_the_page_names_every_table_and_every_column_that_holds_an_id(tmp_path: Path) -> None:
    async with open_state(sqlite_address(tmp_path)) as state:
        await leave_traces(state, ME)
    told = rows("数据库")
    assert set(told) == tables(tmp_path / "state.sqlite")
    typed = {"text", "key", "word", "slowest"}  # questions and words, in which people may type anything
    held = columns_with(tmp_path / "state.sqlite", ME, PSEUDONYMS.of("telegram", ME))
    for table, columns in held.items():
        assert columns - typed == set(told[table]), table
    assert {table for table, columns in told.items() if columns} <= set(held)


def test_the_page_names_every_table_of_the_inbox() -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.executescript(SCHEMA)
        found = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        assert {name for (name,) in found} == set(rows("收件箱"))


@pytest.mark.slow
async def test_after_forget_me_no_file_and_no_log_line_holds_the_id(tmp_path: Path) -> None:
    async with talking(tmp_path, ADMIN) as (talk, bot):
        await talk.says(FORGOTTEN, "CIIE")
        await talk.press("有了告诉我", FORGOTTEN)
        await talk.says(FORGOTTEN, "/watch 养老")
        await talk.says(FORGOTTEN, "道路")
        await talk.says(FORGOTTEN, "/reload")
        await talk.says(FORGOTTEN, "/forget_me")
        assert "已经删除" in talk.last(FORGOTTEN)
        await talk.says(ADMIN, "道路")  # the wish itself has left the inbox by then
        for running in (True, False):
            if not running:
                assert await bot.stop() == 0
            for file in (path for path in tmp_path.rglob("*") if path.is_file()):
                assert str(FORGOTTEN).encode() not in file.read_bytes(), (running, file)
            if running:
                kept = {re.sub(r"-(wal|shm)$", "", path.name) for path in talk.data.iterdir()}
                assert kept <= {*rows("数据文件夹"), "state.sqlite", "inbox.sqlite"}, "each is on the page"
        assert "CIIE" not in bot.log_text()


async def test_the_page_names_what_is_moved_aside_or_replaced(tmp_path: Path) -> None:
    articles, data = tmp_path / "articles", tmp_path / "data"
    for folder in (articles, data):
        folder.mkdir()
    for text in ("旧", "新"):
        UploadStore(data, articles).write_beside("a.toml", text, NOW)
    (data / "inbox.sqlite").write_bytes(b"no database " * 500)
    async with open_inboxes(data / "inbox.sqlite", NOW.timestamp, "telegram"):
        kept = {re.sub(r"damaged-\d+", "damaged-时间", path.name) for path in data.iterdir()}
    assert {"history", "inbox.sqlite.damaged-时间"} <= kept
    assert {re.sub(r"-(wal|shm)$", "", name) for name in kept} <= {*rows("数据文件夹"), "inbox.sqlite"}


async def test_what_the_page_says_is_kept_for_days_is_not_kept_longer(tmp_path: Path) -> None:
    later = NOW + timedelta(days=31)
    async with open_state(sqlite_address(tmp_path)) as state:
        await leave_traces(state, ME)
        await state.forget(later)
    left = columns_with(tmp_path / "state.sqlite", ME, PSEUDONYMS.of("telegram", ME))
    forever = {"watches", "preferences", "roles", "audit", "uploads", "pointers"}
    assert set(left) == forever

"""The running bot with every logger at DEBUG: its secrets turn up nowhere, in no spelling."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from tests.bot.telegram.service import Bot
from tests.botapi import faults
from tests.botapi.process import SECRET, BotProcess
from tests.botapi.server import TOKEN, BotApi, bot_api
from tests.botapi.updates import inline, user
from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.server import Garbage, Reset, free_port

ADMIN = "canary-admin-token-of-the-tests"
OWNER = 7
HEADER = "X-Telegram-Bot-Api-Secret-Token"
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_name": "a.txt", "file_size": 60}


class Loud(BotProcess):
    """The bot with every logger at DEBUG."""

    command = ("tests.faults.loud", "run")


def spellings(secret: str) -> Iterator[bytes]:
    """A secret as it may be written: plainly, percent-encoded, in base64 at any offset, in hex."""
    word = secret.partition(":")[2] or secret
    for plain in (secret, word):
        yield plain.encode()
        yield plain.encode().hex().encode()
        yield "".join(f"%{byte:02X}" for byte in plain.encode()).encode()
        for encode in (b64encode, urlsafe_b64encode):
            for offset in range(3):
                yield encode(b"\0" * offset + plain.encode())[4:-4]
    yield quote(secret, safe="").encode()


def leaks(where: str, content: bytes) -> list[str]:
    """Name every secret found in something."""
    return [
        f"{name} in {where}: …{content[max(0, content.find(written) - 80) : content.find(written)]!r}"
        for name, secret in {"token": TOKEN, "webhook secret": SECRET, "admin token": ADMIN}.items()
        for written in dict.fromkeys(spellings(secret))
        if written in content
    ]


@pytest.mark.parametrize("secret", [TOKEN, SECRET, ADMIN], ids=["token", "webhook secret", "admin token"])
def test_a_secret_is_known_in_each_spelling(secret: str) -> None:
    mine = f"xy{secret}z".encode()
    for content in (mine, b64encode(mine), quote(mine, safe="").encode(), mine.hex().encode()):
        assert leaks("here", content)


TROUBLES: tuple[faults.Fault, ...] = (
    faults.UNAUTHORIZED,
    faults.Refusal(500, "Internal"),
    Reset(),
    Garbage(b"<html>", 502),
)
KEY = {"Authorization": f"Bearer {ADMIN}"}
REQUESTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    *(("GET", path, {}) for path in ("/", "/api/ask?q=x", "/readyz", "/nothing")),
    *(("POST", "/telegram", headers) for headers in ({}, {HEADER: SECRET[:-1]}, {HEADER: SECRET})),
    ("GET", "/telegram", {HEADER: SECRET}),
    *(("POST", "/admin/reload", headers) for headers in ({}, {"Authorization": f"Bearer {ADMIN[:-1]}"}, KEY)),
    ("GET", "/metrics", KEY),
    ("GET", "/nothing", {**KEY, "Origin": "http://x"}),
)


async def live(api: BotApi, bot: BotProcess, page: str, door: str) -> list[bytes]:
    """Do everything that is done with a bot, and much that is done to it; return what HTTP said."""
    talk = Bot(api, bot.data)
    api.files["f1"] = "新来的一篇\n苏州河边建成了新的步道，两岸居民都来散步。\n".encode()
    await talk.says(8, "第1号街坊")
    await talk.press("上下文", 8)
    await talk.tell(inline_query=inline("第1号街坊", "q2", user(8)))
    await talk.says(8, "没有这回事")
    await talk.says(9, TOKEN[5:9] + " \0 \x1b[31m")
    for reader, fault in enumerate(TROUBLES, 20):
        api.fail("sendMessage", fault)
        await talk.says(reader, "第2号街坊")
    for command in ("/reload", "/versions", "/audit", "/grant 8", "/rollback 9", "/settings", "/unanswered"):
        await talk.says(OWNER, command)
    await talk.says(OWNER, None, document=FILE)
    api.fail("getFile", faults.NOT_FOUND)
    await talk.says(OWNER, None, document=FILE)
    api.push_raw({"update_id": 999_999, "message": {"message_id": 1, "date": 1, "chat": {"id": 7}}})
    answers: list[bytes] = []
    async with aiohttp.ClientSession() as http:
        for method, path, headers in REQUESTS:
            url = f"{door if path.startswith('/admin') or headers.get('Authorization') else page}{path}"
            async with http.request(method, url, headers=headers) as answer:
                answers.append(str(answer.raw_headers).encode() + await answer.read())
    return answers


@pytest.mark.slow
async def test_no_secret_turns_up_anywhere_in_a_whole_run_at_debug(tmp_path: Path) -> None:
    write_article(
        write_corpus(tmp_path / "articles"), "new.txt", "新的一篇", "桥通车了，从东到西只要三分钟。"
    )
    page, door = (f"127.0.0.1:{free_port()}" for _ in range(2))
    settings = {
        "CHUCHU_ARTICLES": str(tmp_path / "articles"), "CHUCHU_HTTP": page, "CHUCHU_ADMIN_HTTP": door,
        "CHUCHU_ADMIN_TOKEN": ADMIN, "CHUCHU_ADMINS": str(OWNER), "CHUCHU_WEBHOOK_SECRET": SECRET,
        "CHUCHU_WEBHOOK_URL": f"http://{page}/telegram",
    }  # fmt: skip
    async with bot_api() as api:
        bot = Loud(tmp_path, api, **settings)
        await bot.start()
        try:
            await api.until(lambda: api.courier)
            answers = await live(api, bot, f"http://{page}", f"http://{door}")
            await asyncio.sleep(0.5)
            assert await bot.stop() == 0
        finally:
            await bot.kill()
        said = [json.dumps(call.parameters).encode() for call in api.calls if call.method != "setWebhook"]
    assert "DEBUG" in bot.log_text() or '"debug"' in bot.log_text()
    found = [leak for body in answers for leak in leaks("an HTTP answer", body)]
    found += [leak for body in said for leak in leaks("a call", body)]
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        found += leaks(str(path.relative_to(tmp_path)), path.read_bytes())
    assert found == []

"""Hostile requests at the page, the API, the webhook and the admin door: the right 4xx, and everybody else is served."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.botapi.process import SECRET, BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import message, private
from tests.knowledge.snapshots.corpus import write_article
from tests.support.server import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

TITLE = "<script>alert(1)</script>桥\u202e通车&amp;</title>"
SENTENCES = (
    "河上的新桥<img src=x onerror=alert(2)>昨天通车了，居民很高兴。",
    "河上的新桥</blockquote></b><b>粗体&lt;共有三条车道，](tg://user?id=1)都能走。",
    "河上的新桥`*_~[链接](javascript:alert(3))\u2066由市民@all命名，{{7*7}}。",
)
ADMIN = "admin-token-of-the-tests"


@dataclass(frozen=True, slots=True)
class Site:
    """A running bot whose articles are hostile, too."""

    api: BotApi
    bot: BotProcess
    page: int
    door: int

    async def raw(self, port: int, sent: bytes, patience: float = 10) -> tuple[int, bytes]:
        """Send bytes as they are; return status (0: closed without a word) and whole answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(sent)
            async with asyncio.timeout(patience):
                answer = await reader.read(1 << 20)
        except ConnectionError:
            return 0, b""
        finally:
            writer.close()
        found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        return (int(found[1]) if found else 0), answer

    async def text(self, path: str) -> str:
        """The page at a path, which must be there."""
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{self.page}{path}") as answer:
            assert answer.status == 200
            return await answer.text()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder: Path = tmp_path_factory.mktemp("web")
    write_article(folder / "articles", "<b>a&.txt", TITLE, *SENTENCES)
    page, door = free_port(), free_port()
    settings = {
        "CHUCHU_ARTICLES": str(folder / "articles"), "CHUCHU_HTTP": f"127.0.0.1:{page}",
        "CHUCHU_ADMIN_HTTP": f"127.0.0.1:{door}", "CHUCHU_ADMIN_TOKEN": ADMIN,
        "CHUCHU_WEBHOOK_URL": f"http://127.0.0.1:{page}/telegram", "CHUCHU_WEBHOOK_SECRET": SECRET,
    }  # fmt: skip
    async with bot_api() as api, bot_process(folder, api, **settings) as bot:
        await api.until(lambda: api.courier)
        yield Site(api, bot, page, door)
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log_text()


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join((line, *headers, "Connection: close"))
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


HOST = "Host: 127.0.0.1"
PAGE = {
    "no such method": (request("BREW / HTTP/1.1", HOST), {400, 405}),
    "PUT": (request("PUT / HTTP/1.1", HOST), {405}),
    "TRACE": (request("TRACE / HTTP/1.1", HOST), {405}),
    "CONNECT": (request("CONNECT evil:443 HTTP/1.1", HOST), {400, 404, 405}),
    "GET at the webhook": (request("GET /telegram HTTP/1.1", HOST), {405}),
    "the whole address": (request("GET http://evil.example/ HTTP/1.1", "Host: evil.example"), {200, 400, 404}),
    "up and up": (request("GET /../../../../etc/passwd HTTP/1.1", HOST), {400, 404}),
    "encoded up and up": (request("GET /static/%2e%2e%2f%2e%2e%2fconfig.py HTTP/1.1", HOST), {404}),
    "up in an article": (request("GET /articles/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1", HOST), {404}),
    "NUL in the path": (request("GET /articles/%00 HTTP/1.1", HOST), {400, 404}),
    "bytes that are no UTF-8": (request("GET /api/ask?q=%ff%fe%ed%a0%80 HTTP/1.1", HOST), {200, 400}),
    "raw bytes": (b"GET /api/ask?q=\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {200, 400}),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200, {400}),
    "no host": (request("GET / HTTP/1.1"), {200, 400}),
    "a line too long": (request(f"GET /{'a' * 200_000} HTTP/1.1", HOST), {400, 414}),
    "a header too long": (request("GET / HTTP/1.1", HOST, "X: " + "a" * 200_000), {400, 431}),
    "ten thousand headers": (request("GET / HTTP/1.1", HOST, *(f"X{n}: 1" for n in range(10_000))), {200, 400, 431}),
    "a header twice its length": (request("POST / HTTP/1.1", HOST, "Content-Length: 5", "Content-Length: 6"), {400}),
    "smuggling": (request("POST / HTTP/1.1", HOST, "Content-Length: 5", "Transfer-Encoding: chunked"), {400}),
    "a negative length": (request("POST / HTTP/1.1", HOST, "Content-Length: -1"), {400}),
    "a folded header": (request("GET / HTTP/1.1", HOST, "X: a\r\n b"), {200, 400}),
    "a bad chunk": (request("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked", body=b"zz\r\n"), {400, 405}),
    "a body at a page": (request("GET / HTTP/1.1", HOST, "Content-Length: 3", body=b"abc"), {200, 400}),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "statuses"), PAGE.values(), ids=PAGE.keys())
async def test_a_hostile_request_at_the_page_gets_its_4xx_and_hurts_nobody(
    site: Site, sent: bytes, statuses: set[int]
) -> None:
    status, answer = await site.raw(site.page, sent)
    assert status in statuses, answer[:300]
    assert b"Traceback" not in answer and b"root:" not in answer and SECRET.encode() not in answer
    assert "<title>出处</title>" in await site.text("/")


@pytest.mark.parametrize(
    "path", ["/", "/?q=a%0d%0aX-Evil:%201", "/nothing%0d%0aX-Evil:%201", "/articles/a%0d%0aX-Evil:1"]
)
async def test_nothing_of_a_request_becomes_a_header(site: Site, path: str) -> None:
    status, answer = await site.raw(site.page, request(f"GET {path} HTTP/1.1", HOST))
    assert status in (200, 400, 404)
    assert not re.search(rb"(?im)^x-evil", answer.partition(b"\r\n\r\n")[0])


async def test_hundreds_of_slow_clients_keep_nobody_waiting(site: Site) -> None:
    slow, webhook = [], b"POST /telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    for port, head in 100 * ((site.page, b"GET / HT"), (site.page, webhook), (site.door, b"P")):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        slow.append(writer)
    assert "出处" in await site.text("/")
    site.api.push(message=message("新桥", private(7)))
    await site.api.until(lambda: site.api.said(7))
    for writer in slow:
        writer.close()


async def test_markup_in_an_article_is_shown_as_text_on_the_page(site: Site) -> None:
    page = await site.text("/?q=新桥")
    (link,) = set(re.findall(r'href="(/articles/[^"?#]+)', page))
    raw = await site.text(f"{link}?view=lines")
    for shown in (page, raw, await site.text("/"), await site.text(link)):
        assert re.findall(r"<script(?! src=\"/static/)", shown) == []
        assert re.findall(r"<(?:img|b>粗)", shown) == []
        assert re.findall(r"href=\"(?!/|#)", shown) == []
        assert "alert(1)" in shown
    words = "".join(unescape(re.sub("<[^>]+>", "", raw)).split())
    for sentence in SENTENCES:
        assert "".join(sentence.split()) in words

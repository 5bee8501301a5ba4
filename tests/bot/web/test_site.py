"""The page, the API and the raw lines, asked over real HTTP from the real process."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from html import unescape

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.inbox import UpdateStatus
from bot.web.server import RawRequestLine
from knowledge.snapshots.files import lock_holder
from tests.bot.wire_schema import ANSWER, LISTING
from tests.botapi.process import BotProcess, running
from tests.support.process import ROOT
from tests.support.words import articles, examples

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "t" * 20
ODD = [
    *(
        "",
        " ",
        "　\t\n",
        "弄",
        "🙂",
        "👨‍👩‍👧‍👦",
        '"',
        "-",
        "文:",
        "a:b NOT * [a TO",
        "\u202e反",
        "\0\x07\x1b[31m",
    ),
    *("<script>alert(1)</script>", "</title><b>粗</b>&amp;\"'", "(" * 4096, "长" * 10_000, "ﷺ" * 500),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BotProcess]:
    async with running(tmp_path_factory.mktemp("site"), CHUCHU_ADMIN_TOKEN=TOKEN) as serving:
        yield serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(process: BotProcess) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(process.url) as session:
        yield session


async def text(http: aiohttp.ClientSession, path: str, status: int = 200, **query: str) -> str:
    async with http.get(path, params=query) as response:
        body = await response.text()
        assert response.status == status, body
        return body


async def test_the_one_line_says_where_the_page_is_and_what_to_set_and_the_api_answers_within_the_limit(
    process: BotProcess, http: aiohttp.ClientSession
) -> None:
    assert process.line.startswith(f"网页在 {process.url}；要接通 Telegram，请设 CHUCHU_TELEGRAM_TOKEN")
    answer = ANSWER.validate_json(await text(http, "/api/ask", q="蕃瓜弄"))
    assert answer["found"] is True
    assert answer["hits"][0]["fact"]["source"]["file"] == "gourd.txt"
    few = ANSWER.validate_json(await text(http, "/api/ask", q="上海", limit="2"))
    assert len(few["hits"]) + len(few["related"]) <= 2


async def raw(url: str, *targets: str) -> list[tuple[int, bytes]]:
    """Ask for targets on one connection, each byte as it is typed; return status and body of each."""
    host, port = URL(url).host, URL(url).port
    reader, writer = await asyncio.open_connection(host, port)
    answers: list[tuple[int, bytes]] = []
    for target in targets:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: curl/8\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        size = re.search(rb"Content-Length: (\d+)", head)
        assert size, head
        answers.append((int(head.split()[1]), await reader.readexactly(int(size[1]))))
    writer.close()
    return answers


async def test_hanzi_may_be_typed_raw_on_one_connection_and_as_in_readme(process: BotProcess) -> None:
    (url,) = re.findall(r"^curl '(http\S+)'$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    asked = ("/api/ask?q=蕃瓜弄", "/api/ask?q=%E8%95%83%E7%93%9C%E5%BC%84", "/?q=出处🙂")
    answers = await raw(process.url, *asked, url.partition("8080")[2])
    assert [status for status, _ in answers] == [200] * 4
    assert answers[0][1] == answers[1][1]
    assert ANSWER.validate_json(answers[3][1])["found"] is True


@pytest.mark.parametrize("query", ODD)
async def test_any_query_is_answered_and_shown_as_text(http: aiohttp.ClientSession, query: str) -> None:
    assert ANSWER.validate_json(await text(http, "/api/ask", q=query))["query"] is not None
    page = await text(http, "/", q=query)
    assert page.count("<script") == 1
    assert "<b>粗" not in page
    assert page.count("<title>") == page.count("</title>") == 1


@examples("path", "status")
async def test_a_wrong_request_gets_its_4xx_and_why(
    http: aiohttp.ClientSession, path: str, status: int
) -> None:
    async with http.get(URL(path.format(long="a" * 10_001), encoded=True)) as response:
        assert response.status == status
        said = (await response.json())["error"] if path.startswith("/api/") else await response.text()
        assert re.search("[一-龥]", said)


async def test_only_reading_is_allowed(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/api/ask", "/articles/x", "/healthz"):
        async with http.post(path) as response:
            assert response.status == 405
            assert response.headers["Allow"] == "GET,HEAD"


async def test_every_response_forbids_foreign_and_inline_script(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/?q=x", "/api/ask?q=x", "/api/ask", "/nothing", "/static/chuchu.js", "/healthz"):
        async with http.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_the_page_is_a_plain_form_and_asks_nothing_of_others(http: aiohttp.ClientSession) -> None:
    page = await text(http, "/")
    for part in (
        '<form class="ask" action="/" method="get"',
        'name="q"',
        'lang="zh-Hans"',
        'role="log" aria-live="polite"',
        '<label class="unseen" for="q">',
        '<input id="q"',
        'class="skip" href="#q"',
    ):
        assert part in page
    page = await text(http, "/", q="蕃瓜弄")
    shown = re.sub("<[^>]+>", "", page)
    assert "蕃瓜弄" in shown and "——《" in shown
    assert re.findall(r'(?:src|href|action)="(?!/|#)', page) == []
    assert re.findall(r"<script(?! src=)", page) == []
    assert re.findall(r"<[^>]+ (?:style|on\w+)=", page) == []


async def test_a_source_link_leads_to_the_files_lines_with_the_quote_marked(
    http: aiohttp.ClientSession,
) -> None:
    answer = ANSWER.validate_json(await text(http, "/api/ask", q="蕃瓜弄", limit="3"))
    page = await text(http, "/", q="蕃瓜弄", limit="3")
    for hit in answer["hits"]:
        fact = hit["fact"]
        (link,) = set(re.findall(rf'href="(/articles/[^"]*fact={fact["id"]}[^"]*)"', page))
        assert link.endswith(f"#L{fact['source']['lines'][0][0]}")
        raw = await text(http, unescape(link).split("#")[0])
        marked = "".join(unescape(mark) for mark in re.findall("<mark>(.*?)</mark>", raw))
        assert "".join(marked.split()) == "".join(fact["text"].split())
        quoted = [int(n) for n in re.findall(r'<div id="L(\d+)" role="listitem" class="quoted">', raw)]
        runs = fact["source"]["lines"]
        assert all(any(first <= line <= last for first, last in runs) for line in quoted)


async def test_raw_lines_are_the_files_own_and_a_gone_quote_is_said_to_be(
    http: aiohttp.ClientSession,
) -> None:
    answer = ANSWER.validate_json(await text(http, "/api/ask", q="蕃瓜弄", limit="1"))
    raw = await text(http, f"/articles/{answer['hits'][0]['fact']['article']['id']}", view="lines")
    shown = re.findall(
        r'<div id="L\d+" role="listitem"><span class="number">\d+</span><span>(.*?)</span></div>', raw, re.S
    )
    file = articles() / answer["hits"][0]["fact"]["source"]["file"]
    assert [unescape(line) for line in shown] == file.read_text(encoding="utf-8").splitlines()
    page = await text(http, f"/articles/{answer['hits'][0]['fact']['article']['id']}", fact="gone")
    assert "这句话已不在现有报道里。" in page and "<mark>" not in page


async def test_health_and_readiness_are_told(http: aiohttp.ClientSession) -> None:
    async with http.get("/healthz") as response:
        assert (response.status, await response.json()) == (200, {"alive": True})
    async with http.get("/readyz") as response:
        assert (response.status, await response.json()) == (200, {"ready": True, "problems": {}, "notes": {}})


async def test_the_api_lists_articles_by_page_sort_and_filter(http: aiohttp.ClientSession) -> None:
    whole = LISTING.validate_json(await text(http, "/api/articles"))
    assert whole["total"] == len(whole["articles"]) > 4
    assert all(len(one["keywords"]) == 3 and one["facts"] > 0 for one in whole["articles"])
    second = LISTING.validate_json(await text(http, "/api/articles", limit="2", page="2", sort="title"))
    titles = [one["article"]["title"] for one in second["articles"]]
    assert len(titles) == 2
    chosen = LISTING.validate_json(await text(http, "/api/articles", words=titles[0]))
    assert titles[0] in [one["article"]["title"] for one in chosen["articles"]]
    nobodys = LISTING.validate_json(await text(http, "/api/articles", words=f"作者:没有这个人 {titles[0]}"))
    assert nobodys["total"] == 0
    for wrong in ({"page": "0"}, {"sort": "size"}, {"year": "23"}, {"limit": "0"}):
        async with http.get("/api/articles", params=wrong) as response:
            assert response.status == 400


async def test_the_api_takes_questions_before_and_says_what_it_understood(
    http: aiohttp.ClientSession,
) -> None:
    before = "临港新片区2021年度离岸转手买卖收汇规模是多少"
    answer = ANSWER.validate_json(await text(http, "/api/ask", q="2023年上半年呢", context=before))
    assert answer["understood"] == "临港新片区2023年上半年离岸转手买卖收汇规模是多少"
    assert answer["answer"] == "49.53亿美元"
    assert (
        ANSWER.validate_json(await text(http, "/api/ask", q="蕃瓜弄", context=before))["understood"] is None
    )


@examples("wanted", "said")
async def test_the_page_speaks_the_browsers_language(
    http: aiohttp.ClientSession, wanted: str, said: str
) -> None:
    headers = {"Accept-Language": wanted.format(long="x" * 5000)}
    async with http.get("/nothing", headers=headers) as response:
        assert said in await response.text()
    async with http.get("/api/nothing", headers=headers) as response:
        assert (await response.json())["error"] == said


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", ""])
async def test_a_switch_leads_nowhere_but_back_to_the_page(http: aiohttp.ClientSession, back: str) -> None:
    async with http.get(
        "/language", params={"language": "en", "back": back}, allow_redirects=False
    ) as response:
        assert (response.status, response.headers["Location"]) == (302, "/")
        assert "HttpOnly" in response.headers["Set-Cookie"]
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


MONITORING = ROOT / "docs" / "monitoring"
PLATFORMS_OWN = {"chuchu_heard_seconds", "chuchu_inbox_waiting", "chuchu_chats_held"}
NAME = re.compile(r"\bchuchu_[a-z_]+")


def asked_for() -> set[str]:
    """The metrics that rules and dashboard name."""
    panels = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = (MONITORING / "rules.yml").read_text(encoding="utf-8")
    texts += re.findall(r"expr: ((?:>\n(?: {10}.*\n)+)|.*)", rules)
    return {name for text in texts for name in NAME.findall(text)}


async def test_what_is_asked_for_is_there_and_the_manual_names_every_metric_and_no_other(
    process: BotProcess, http: aiohttp.ClientSession
) -> None:
    holder = lock_holder(process.data)
    assert holder and holder.admin
    held = {"Authorization": f"Bearer {TOKEN}"}

    async def metrics() -> str:
        async with aiohttp.ClientSession() as door:
            return await (await door.get(f"http://{holder.admin}/metrics", headers=held)).text()

    def counted(told: str, what: str) -> float:
        return float((re.findall(rf"^{re.escape(what)} (\S+)$", told, re.M) or ["0"])[0])

    before = await metrics()
    await text(http, "/api/ask", q="桥")
    await text(http, "/", q="qzxjk")
    told = await metrics()
    types = re.findall(r"^# TYPE (chuchu_\w+) (\w+)", told, re.M)
    shown = {f"{name.removesuffix('_total')}_total" if kind == "counter" else name for name, kind in types}
    shown = {name for name in shown if not name.endswith("_created")} | PLATFORMS_OWN
    assert asked_for() <= shown | {f"{name}{end}" for name in shown for end in ("_bucket", "_count", "_sum")}
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(chuchu_\w+)`", manual)) == shown
    assert set(re.findall(r"^\| `([a-z]+)` \|", manual, re.M)) == set(UpdateStatus)
    for what in (
        'chuchu_questions_total{surface="page",tier="none"}',
        'chuchu_http_requests_total{route="/api/ask",status="200"}',
    ):
        assert counted(told, what) == counted(before, what) + 1


GET = "GET /?q=中 HTTP/1.1\r\nHost: a\r\n\r\n".encode()
ENCODED = b"GET /?q=%E4%B8%AD HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /t HTTP/1.1\r\nContent-Length: 30\r\n\r\n"
BODY = GET[:30]


class Inner(asyncio.Protocol):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.got = b""

    def data_received(self, data: bytes) -> None:
        self.got += data


def passed(*pieces: bytes) -> bytes:
    """What comes through when these pieces come in, one after another."""
    inner = Inner()
    line = RawRequestLine(inner)
    for piece in pieces:
        line.data_received(piece)
    line.eof_received()
    return inner.got


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_hanzi_in_the_first_line_are_encoded_however_the_bytes_come_in(size: int) -> None:
    sent = GET + GET
    assert passed(*(sent[at : at + size] for at in range(0, len(sent), size))) == ENCODED * 2


@pytest.mark.parametrize("before", [POST, b"GET / HTTP/1.1\r\ncontent-length: 30\r\n\r\n"])
async def test_what_may_be_a_body_is_never_touched_also_where_it_looks_like_a_request(before: bytes) -> None:
    assert passed(before, BODY, GET) == before + BODY + GET
    assert passed(GET, before + GET) == ENCODED + before + GET


@given(st.lists(st.binary(max_size=40), max_size=6))
async def test_what_has_no_odd_byte_comes_through_as_it_was(pieces: list[bytes]) -> None:
    plain = [bytes(byte & 0x7F for byte in piece) for piece in pieces]
    assert passed(*plain) == b"".join(plain)

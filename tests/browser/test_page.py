"""The page as readers use it: a real Chromium on a phone's and a desktop's width, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from importlib.resources import files
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio

from tests.botapi.process import running
from tests.browser.chromium import DESKTOP, PATH, PHONE, Browser, Tab, chromium, has_fonts

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(PATH is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.skipif(not has_fonts(), reason="no fonts here, and without any Chromium ends"),
]

WILD = "<img src=x onerror=alert(1)>桥&amp;\n\n新桥<script>alert(2)</script>全长45米。桥面“宽”8米，{{7*7}}人走过。\n"
ARTICLES = {
    "信访/a.txt": "闵行区加装电梯信访事项办结\n\n今年以来，闵行区信访办共受理加装电梯来信126件。"
    "梅陇镇罗阳四村居民反映，一楼住户不同意加装电梯。\n",
    "信访/a.toml": 'date = 2023-07-01\nnewspaper = "新民晚报"\nedition = "3"\n',
    "调研/b.txt": "关于加装电梯工作的调研报告\n\n调研组走访了32个小区。截至2月底，闵行区累计加装电梯815台，"
    "徐汇区累计加装电梯604台。居民最关心的是资金分摊。\n",
    "c.txt": WILD,
}
MANY = 120
QUESTION = "闵行区累计加装电梯多少台"
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
KILOBYTES = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("page")
    for name, text in ARTICLES.items():
        (folder / "articles" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    for number in range(MANY):
        (folder / "articles" / f"d{number:03}.txt").write_text(
            f"第{number}号简报\n\n第{number}号村修路{number + 3}公里。\n"
        )
    async with running(folder, CHUCHU_ARTICLES=str(folder / "articles")) as serving:
        yield serving.url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser, url: str) -> AsyncIterator[Tab]:
    """A tab on the page, with nothing kept from before, and nothing to complain of at the end."""
    async with browser.tab() as opened:
        await opened.open(f"{url}/articles")
        await opened.js("localStorage.clear()")
        await opened.call("Network.clearBrowserCookies")
        opened.complaints.clear()
        yield opened
        assert opened.complaints == []


async def asked(tab: Tab, url: str, *questions: str) -> None:
    await tab.open(f"{url}/")
    for number, question in enumerate(questions, 1):
        await tab.js("document.querySelector('#q').focus()")
        await tab.type(question)
        await tab.until(f"document.querySelectorAll('.turn').length === {number}")
        await tab.settle()


async def questions(tab: Tab) -> list[str]:
    told = await tab.js("[...document.querySelectorAll('.question')].map(q => q.lastChild.textContent)")
    return list(told)


async def test_the_talk_is_kept_over_back_reload_and_a_second_tab_and_each_answer_has_its_address(
    tab: Tab, browser: Browser, url: str
) -> None:
    await asked(tab, url, QUESTION, "那徐汇区呢？", "新桥全长多少")
    expected = [QUESTION, "那徐汇区呢？", "新桥全长多少"]
    assert await questions(tab) == expected
    assert "604台" in await tab.js("document.querySelectorAll('.turn')[1].innerText")
    assert "理解为：徐汇区累计加装电梯多少台" in await tab.js(
        "document.querySelectorAll('.turn')[1].innerText"
    )
    assert await tab.js("new URLSearchParams(location.search).get('q')") == "新桥全长多少"
    assert "context" not in await tab.js("location.search")
    await tab.open(await tab.js("location.href"))
    await tab.until("document.querySelectorAll('.turn').length === 3")
    assert await questions(tab) == expected
    await tab.click("document.querySelector('figcaption a')")
    await tab.until("!!document.querySelector('.printed')")
    await tab.back()
    await tab.until("document.querySelectorAll('.turn').length === 3")
    async with browser.tab() as second:
        await second.open(f"{url}/")
        await second.until("document.querySelectorAll('.turn').length === 3")
        assert await questions(second) == expected
    await tab.click("document.querySelectorAll('.turn')[0].querySelector('.forget')")
    assert await questions(tab) == expected[1:]
    await tab.open(f"{url}/?q={quote(QUESTION)}")
    assert "815台" in await tab.js("document.body.innerText")
    await tab.until("document.querySelectorAll('.turn').length === 3")
    await tab.click("document.querySelector('#new')")
    await tab.until("!!document.querySelector('.welcome')")
    assert await tab.js("localStorage.getItem('chuchu.talk')") == "[]"


async def test_the_keyboard_is_enough(tab: Tab, url: str) -> None:
    await asked(tab, url, QUESTION)
    await tab.js("document.activeElement.blur()")
    await tab.press("/")
    assert await tab.js("document.activeElement.id") == "q"
    await tab.press("ArrowUp")
    assert await tab.js("document.activeElement.value") == QUESTION
    await tab.press("Escape")
    assert await tab.js("[document.activeElement.id, document.querySelector('#q').value]") == ["", ""]


async def test_an_answer_can_be_called_useful_and_copied_with_its_source(tab: Tab, url: str) -> None:
    await asked(tab, url, "闵行区信访办受理加装电梯来信多少件")
    copied = await tab.js("document.querySelector('.copy').dataset.copy")
    assert copied == (
        "今年以来，闵行区信访办共受理加装电梯来信126件。\n"
        "——《闵行区加装电梯信访事项办结》2023年7月1日 新民晚报 第3版 第3行 · 信访/a.txt"
    )
    await tab.click("document.querySelector('[name=liked]')")
    await tab.until("document.querySelector('.vote').innerText.includes('谢谢')")


async def test_an_article_is_read_as_printed_and_each_sentence_has_an_address(tab: Tab, url: str) -> None:
    await asked(tab, url, "加装电梯")
    await tab.click("document.querySelector('figcaption a')")
    await tab.until("!!document.querySelector('.printed')")
    assert await tab.js("document.querySelector('.s.quoted').id") == (await tab.js("location.hash"))[1:]
    assert await tab.js("document.querySelector('.printed .quoted mark').innerText") == "加装电梯"
    before = await tab.js("location.href")
    await tab.click("document.querySelector('.cited [rel=next]')")
    await tab.until(f"location.href !== {before!r} && !!document.querySelector('.cited')")
    assert "第 2 处" in await tab.js("document.querySelector('.cited').innerText")
    await tab.click("document.querySelectorAll('.views a')[1]")
    await tab.until("!!document.querySelector('.lines .quoted')")
    await tab.click("document.querySelector('.views a')")
    await tab.until("!!document.querySelector('.printed')")
    await tab.click("document.querySelector('.way a')")
    await tab.until("!!document.querySelector('#talk') || !!document.querySelector('.articles')")


async def test_the_list_scrolls_on_and_is_filtered(tab: Tab, url: str) -> None:
    await tab.open(f"{url}/articles")
    await tab.until("document.querySelectorAll('.articles li').length >= 50")
    all_of_them = f"document.querySelectorAll('.articles li').length === {MANY + len(ARTICLES) - 1}"
    await tab.until(f"scrollTo(0, document.body.scrollHeight) || {all_of_them}")
    await tab.js(
        "document.querySelector('[name=library]').value = '信访'; document.querySelector('.filter').requestSubmit()"
    )
    await tab.until("document.querySelectorAll('.articles li').length === 1")
    assert "2023年7月1日 新民晚报 第3版" in await tab.js("document.querySelector('.articles li').innerText")


async def test_what_several_libraries_say_stands_side_by_side_and_one_can_be_chosen(
    tab: Tab, url: str
) -> None:
    await asked(tab, url, "各库怎么说加装电梯")
    lefts = await tab.js("[...document.querySelectorAll('.libraries > div')].map(d => d.offsetLeft)")
    assert len(lefts) == 2
    assert lefts[0] < lefts[1]
    await tab.js("document.querySelector('#library').value = '信访'")
    await tab.js("document.querySelector('#q').focus()")
    await tab.type("加装电梯")
    await tab.until("document.querySelectorAll('.turn').length === 2")
    files_ = await tab.js(
        "[...document.querySelectorAll('.turn:last-child a.file')].map(a => a.innerText.split('/')[0])"
    )
    assert set(files_) == {"信访"}


async def test_where_nothing_is_found_links_lead_on(tab: Tab, url: str) -> None:
    await asked(tab, url, "火星基地加装电梯票价")
    assert "文章里没有这些词：火星" in await tab.js("document.querySelector('.hints').innerText")
    await tab.click("document.querySelector('.hints a[href^=\"/articles?\"]')")
    await tab.until("document.querySelectorAll('.articles li').length === 2")


async def test_language_and_characters_are_switched_and_remembered(tab: Tab, url: str) -> None:
    await tab.open(f"{url}/?q={quote(QUESTION)}")
    await tab.click("document.querySelector('footer a[lang=en]')")
    await tab.until("document.documentElement.lang === 'en'")
    assert "Useful" in await tab.js("document.body.innerText")
    await tab.click("[...document.querySelectorAll('footer a')].find(a => a.href.includes('script=hant'))")
    await tab.until("document.body.innerText.includes('閔行區累計加裝電梯815臺')")
    await tab.open(f"{url}/nothing")
    assert "There is no such page." in await tab.js("document.body.innerText")
    tab.complaints.clear()  # the 404 itself


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", ["/", f"/?q={quote(QUESTION)}", "/?q=qzx", "/articles", "read", "lines"])
async def test_every_view_is_accessible_and_fits_the_screen(
    tab: Tab, url: str, size: tuple[int, int], dark: bool, path: str
) -> None:
    if path in ("read", "lines"):
        path = await article(url, path)
    await tab.look(size, dark)
    await tab.open(f"{url}{path}")
    assert await tab.js("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    # all laid open, for axe takes what is folded for shown; at the end the box for questions lies over nothing
    await tab.js("for (const folded of document.querySelectorAll('details')) folded.open = true")
    await tab.js("scrollTo(0, document.body.scrollHeight)")
    await tab.js(AXE)
    found = await tab.js(
        "axe.run(document).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target + n.any.map(a => a.message))))"
    )
    assert found == []


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_everything_is_there_without_scripts(tab: Tab, url: str, size: tuple[int, int]) -> None:
    async with aiohttp.ClientSession() as http:

        async def text(path: str) -> str:
            async with http.get(f"{url}{path}") as response:
                return await response.text()

        followed = await text(f"/?q={quote('那徐汇区呢？')}&context={quote(QUESTION)}")
        assert "理解为：徐汇区累计加装电梯多少台" in followed
        assert f'name="context" value="{QUESTION}"' in await text(f"/?q={quote(QUESTION)}")
        assert 'rel="next"' in await text("/articles")
        async with http.post(f"{url}/vote", data={"q": QUESTION, "liked": "yes", "back": "/?q=x"}) as voted:
            assert (voted.status, voted.url.path_qs) == (200, "/?q=x")
        async with http.post(
            f"{url}/vote", data={"q": "a", "liked": "yes"}, headers={"Origin": "https://elsewhere.example"}
        ) as refused:
            assert refused.status == 403
    await tab.look(size, scripts=False)
    await tab.load(f"{url}/?q={quote(QUESTION)}")
    root = (await tab.call("DOM.getDocument"))["root"]["nodeId"]
    for wanted, there in ((".answer", True), ("form.ask", True), (".copy:not([hidden])", False)):
        found = await tab.call("DOM.querySelector", nodeId=root, selector=wanted)
        assert bool(found["nodeId"]) == there, wanted


async def test_what_articles_and_questions_hold_is_never_markup(tab: Tab, url: str) -> None:
    await asked(
        tab, url, "<img src=x onerror=alert(9)>新桥</section><script>alert(8)</script>", "新桥全长多少"
    )
    assert await tab.js("document.querySelectorAll('#talk img, #talk script').length") == 0
    await tab.open(f"{url}{await article(url, 'read', '新桥')}")
    assert await tab.js("document.querySelectorAll('main img, main script').length") == 0
    assert "<script>alert(2)</script>" in await tab.js("document.querySelector('.printed').innerText")


async def test_the_page_is_small(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        size = 0
        for path in (f"/?q={quote(QUESTION)}", "/static/chuchu.css", "/static/chuchu.js", "/static/icon.svg"):
            async with http.get(f"{url}{path}") as response:
                size += len(await response.read())
    assert size <= KILOBYTES * 1024


async def article(url: str, view: str, words: str = "罗阳四村") -> str:
    """The path of an article in one of its views."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/?q={quote(words)}") as response:
        text = await response.text()
    (read, *_) = re.findall(r'href="(/articles/[^"?#]+\?[^"]*hit=[^"]*)"', text)
    path = read.replace("&amp;", "&").split("#")[0]
    return path if view == "read" else re.sub(r"\?.*hit=(\w+)", r"?fact=\1", path)

"""The pictures in README.md and docs/editors.md, taken of the real page: `python -m tests.browser.pictures`.

That the steps of docs/editors.md come to what it says, tests/bot/test_editing.py tries.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from tests.bot.test_editing import write, write_ten
from tests.botapi.process import running
from tests.browser.chromium import DESKTOP, PHONE, chromium
from tests.support.process import ROOT, chuchu

QUESTION = "临港新片区2023年上半年离岸转手买卖收汇规模是多少？"
README, EDITORS = ROOT / "docs", ROOT / "docs" / "editors"
COLOURS = 64
WIDE = DESKTOP[0] * 3 // 4


async def of_readme(folder: Path) -> list[Path]:
    """Take an answer on a desktop in the light, and its article on a phone in the dark."""
    answer, article = README / "page-answer.png", README / "page-article.png"
    async with (
        running(folder, CHUCHU_ARTICLES=str(ROOT / "seeds")) as bot,
        chromium() as browser,
        browser.tab() as tab,
    ):
        await tab.look((WIDE, 620))
        await tab.open(f"{bot.url}/?q={quote(QUESTION)}")
        await tab.js("scrollTo(0, 0)")
        await tab.picture(answer)
        path = await tab.js("document.querySelector('figcaption a').href")
        await tab.look(PHONE, dark=True)
        await tab.open(path)
        await asyncio.sleep(1)  # until the phone has scrolled to the sentence
        await tab.picture(article)
    return [answer, article]


async def of_editors(folder: Path) -> list[Path]:
    """Take what an editor sees: the articles, a corrected answer, none, and one that was taught."""
    articles, taken = folder / "文章", list[Path]()
    write_ten(articles)
    async with running(folder, CHUCHU_ARTICLES="文章") as bot, chromium() as browser, browser.tab() as tab:

        async def show(path: str, name: str) -> None:
            await tab.look((WIDE, 560))
            await tab.open(bot.url + path)
            await tab.js("scrollTo(0, document.querySelectorAll('.turn').length > 1 ? 1e6 : 0)")
            taken.append(EDITORS / f"{name}.png")
            await tab.picture(taken[-1])

        await show("/articles", "articles")
        write(articles / "大桥.txt", "大桥", "大桥全长五公里，双向六车道。")
        await asyncio.to_thread(chuchu, folder, "reload", CHUCHU_ARTICLES="文章")
        await show(f"/?q={quote('大桥有多长？')}", "corrected")
        await show(f"/?q={quote('CIIE什么时候开幕')}", "nothing")
        await asyncio.to_thread(chuchu, folder, "alias", "读书楼", "图书馆", CHUCHU_ARTICLES="文章")
        await show(f"/?q={quote('读书楼几点开门？')}", "alias")
    return taken


async def taken_by(take: Callable[[Path], Awaitable[list[Path]]]) -> None:
    """Take pictures in a folder of their own, in few colours."""
    with tempfile.TemporaryDirectory() as folder:
        for picture in await take(Path(folder)):
            Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    for pictures in (of_readme, of_editors):
        asyncio.run(taken_by(pictures))

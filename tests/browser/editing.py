"""The steps of docs/editors.md, done as an editor does them, and its pictures: `python -m tests.browser.editing`.

On a new folder with ten articles, by the real process: each step must come to what the page says it comes to.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from tests.botapi.process import running
from tests.browser.chromium import DESKTOP, chromium
from tests.support.process import ROOT, chuchu

PICTURES = ROOT / "docs" / "editors"
COLOURS = 64
SIZE = (DESKTOP[0] * 3 // 4, 560)
NAMES = ("大桥", "夜校", "步道", "图书馆", "菜场", "码头", "公园", "医院", "邮局", "剧场")


async def walk(take: bool = True) -> None:
    """Do every step; `take` the pictures, too."""
    with tempfile.TemporaryDirectory() as folder:
        home, here = Path(folder), {"CHUCHU_ARTICLES": "文章"}
        write_ten(home / "文章")
        async with running(home, **here) as bot, chromium() as browser, browser.tab() as tab:

            def run(*arguments: str) -> str:
                done = chuchu(home, *arguments, **here)  # type: ignore[arg-type]
                assert done.returncode == 0, done.stderr.decode()
                return done.stdout.decode()

            async def show(path: str, name: str) -> None:
                await tab.look(SIZE)
                await tab.open(bot.url + path)
                await tab.js("scrollTo(0, document.querySelectorAll('.turn').length > 1 ? 1e6 : 0)")
                if take:
                    PICTURES.mkdir(exist_ok=True)
                    await tab.picture(PICTURES / f"{name}.png")

            assert "共 10 个文件，10 篇文章" in await asyncio.to_thread(run, "check")
            await show("/articles", "articles")
            write(home / "文章" / "大桥.txt", "大桥", "大桥全长五公里，双向六车道。")
            assert "改 1" in await asyncio.to_thread(run, "reload")
            await show(f"/?q={quote('大桥有多长？')}", "corrected")
            await show(f"/?q={quote('CIIE什么时候开幕')}", "nothing")
            await asyncio.sleep(6)
            assert "CIIE什么时候开幕" in await asyncio.to_thread(run, "unanswered")
            assert "记下了" in await asyncio.to_thread(run, "alias", "读书楼", "图书馆")
            await show(f"/?q={quote('读书楼几点开门？')}", "alias")
            shown = await asyncio.to_thread(run, "check", "夜校.txt")
            assert "断行复原" in shown
            await asyncio.to_thread(run, "backup", "备份")
            assert (home / "备份").stat().st_size
    for picture in PICTURES.glob("*.png") if take else ():
        Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


def write_ten(folder: Path) -> None:
    """Ten short articles; one has lines broken as out of a PDF."""
    folder.mkdir()
    for number, name in enumerate(NAMES, 1):
        write(folder / f"{name}.txt", name, f"{name}早上{number + 5}点开门，晚上九点关门。")
    broken = "夜校本学期新开了十二门课，报名的市民比去年多\\n了三成，其中年轻人占\\n一半以上。"
    write(folder / "夜校.txt", "夜校", broken.replace("\\n", "\n"))
    write(folder / "大桥.txt", "大桥", "大桥全长三公里，双向六车道。")


def write(path: Path, name: str, text: str) -> None:
    path.write_text(f"{name}有了新变化\n\n本报讯 {text}\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(walk())

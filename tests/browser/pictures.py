"""The two pictures in README.md, taken of the real page over the seeds: `python -m tests.browser.pictures`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from tests.botapi.process import running
from tests.browser.chromium import DESKTOP, PHONE, chromium
from tests.support.process import ROOT

QUESTION = "临港新片区2023年上半年离岸转手买卖收汇规模是多少？"
ANSWER, ARTICLE = ROOT / "docs/page-answer.png", ROOT / "docs/page-article.png"
COLOURS = 64


async def take() -> None:
    """Take an answer on a desktop in the light, and its article on a phone in the dark."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running(Path(folder), CHUCHU_ARTICLES=str(ROOT / "seeds")) as serving,
            chromium() as browser,
            browser.tab() as tab,
        ):
            await tab.look((DESKTOP[0] * 3 // 4, 620))
            await tab.open(f"{serving.url}/?q={quote(QUESTION)}")
            await tab.js("scrollTo(0, 0)")
            await tab.picture(ANSWER)
            path = await tab.js("document.querySelector('figcaption a').href")
            await tab.look(PHONE, dark=True)
            await tab.open(path)
            await asyncio.sleep(1)  # until the phone has scrolled to the sentence
            await tab.picture(ARTICLE)
    for picture in (ANSWER, ARTICLE):
        Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    asyncio.run(take())

"""An owner sends an article to the running bot; a reader finds it; a stranger's file goes nowhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bot.state.state import open_state, sqlite_address
from tests.bot.telegram.talking import talking
from tests.botapi.updates import message, private, user
from tests.support.process import ROOT

OWNER, READER = 7, 9
TEXT = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n居民们都说这里变了样。\n"


def document(file_id: str, name: str, size: int) -> dict[str, object]:
    return {"file_id": file_id, "file_unique_id": file_id, "file_name": name, "file_size": size}


async def test_an_upload_is_checked_published_asked_and_found_with_its_lines(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    shutil.copytree(ROOT / "seeds", articles)
    settings = {"CHUCHU_ARTICLES": str(articles), "CHUCHU_ADMINS": str(OWNER)}
    async with talking(tmp_path, **settings) as bot:
        bot.api.files["f1"] = TEXT.encode()
        await bot.tell(message=message(None, private(READER), document=document("f1", "偷.txt", 90)))
        assert "只收管理员的" in bot.api.said(READER)[-1]

        await bot.tell(message=message(None, private(OWNER), document=document("f1", "../步道.txt", 90)))
        await bot.api.until(lambda: "将存为 步道.txt" in bot.api.said(OWNER)[-1])
        assert "第2行：苏州河边建成了新的步道" in bot.api.said(OWNER)[-1]
        await bot.press("发布", private(OWNER), user(OWNER))
        await bot.api.until(lambda: "已发布为 步道.txt" in bot.api.said(OWNER)[-1])

        await bot.tell(message=message("苏州河边的步道有几公里长？", private(READER), 2))
        assert re.search(r"三公里.*\n——《新步道建成》第2行 · 步道\.txt", bot.api.said(READER)[-1], re.S)
    assert sorted(path.name for path in articles.iterdir() if path.name.endswith("道.txt")) == ["步道.txt"]
    async with open_state(sqlite_address(tmp_path / "var")) as state:
        rows = [(e.actor, e.outcome) for e in await state.audit.last() if e.act == "upload"]
    assert rows[::-1] == [
        (f"telegram:{READER}", "refused"),
        (f"telegram:{OWNER}", "checked"),
        (f"telegram:{OWNER}", "published"),
    ]

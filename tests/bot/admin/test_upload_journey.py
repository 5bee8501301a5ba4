"""An owner sends an article to the whole bot; a reader finds it; a stranger's file goes nowhere."""

from __future__ import annotations

import re
from pathlib import Path

from bot.state.state import open_state, sqlite_address
from tests.bot.telegram.talking import talking
from tests.botapi.updates import Json, message, private, user

OWNER, READER = 7, 9
TEXT = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n居民们都说这里变了样。\n"


def document(name: str) -> Json:
    return {"file_id": "f1", "file_unique_id": "f1", "file_name": name, "file_size": 90}


async def test_an_upload_is_checked_published_asked_and_found_with_its_lines(tmp_path: Path) -> None:
    async with talking(tmp_path, [OWNER]) as bot:
        bot.api.files["f1"] = TEXT.encode()
        await bot.tell(message=message(None, private(READER), document=document("偷.txt")))
        assert "只收管理员的" in bot.api.said(READER)[-1]

        await bot.tell(message=message(None, private(OWNER), document=document("../步道.txt")))
        await bot.api.until(lambda: "将存为 步道.txt" in bot.api.said(OWNER)[-1])
        assert "第2行：苏州河边建成了新的步道" in bot.api.said(OWNER)[-1]
        await bot.press("发布", bot.last(private(OWNER)), user(OWNER))
        await bot.api.until(lambda: "已发布为 步道.txt" in bot.api.said(OWNER)[-1])

        await bot.tell(message=message("苏州河边的步道有几公里长？", private(READER), 2))
        assert re.search(r"三公里.*\n——《新步道建成》第2行 · 步道\.txt", bot.api.said(READER)[-1], re.S)
    assert [path.name for path in tmp_path.rglob("*道.txt") if path.parent.name == "articles"] == ["步道.txt"]
    async with open_state(sqlite_address(tmp_path / "var")) as state:
        rows = [(e.actor, e.outcome) for e in await state.audit.last() if e.act == "upload"]
    assert rows[::-1] == [
        (f"telegram:{READER}", "refused"),
        (f"telegram:{OWNER}", "checked"),
        (f"telegram:{OWNER}", "published"),
    ]

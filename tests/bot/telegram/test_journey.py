"""The real process over real HTTP: a reader asks on Telegram."""

from __future__ import annotations

from pathlib import Path

from tests.botapi.process import bot_process
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private

QUESTION = "临港新片区2023年上半年离岸转手买卖收汇规模是多少？"


async def test_a_question_in_private_is_answered_with_its_source(tmp_path: Path) -> None:
    async with bot_api() as api, bot_process(tmp_path, api) as bot:
        api.push(message=message(QUESTION, private(7)))
        await api.until(lambda: api.said(7))
        assert "49.53亿美元" in api.said(7)[0]
        assert ".txt" in api.said(7)[0]
        assert await bot.stop() == 0
        assert list(bot.endings().values()) == ["answered"]
        assert QUESTION not in bot.log_text()

"""What an operator sees."""

from __future__ import annotations

import time
from pathlib import Path

from bot.observability import Metrics
from bot.platforms.telegram.service import TelegramOptions, telegram_service
from tests.bot.telegram.service import Echo
from tests.botapi.server import TOKEN, bot_api
from tests.botapi.updates import message, private
from tests.support.inbox import open_inbox


async def test_an_answer_is_counted_once_where_an_operator_looks_for_it(tmp_path: Path) -> None:
    metrics = Metrics()
    async with bot_api() as api:
        options = TelegramOptions(TOKEN, api.url)
        async with (
            open_inbox(tmp_path / "inbox.sqlite", time.time) as inbox,
            telegram_service(options, inbox, Echo(), metrics),
        ):
            api.push(message=message("问", private(7)))
            await api.until(lambda: api.said(7))
    page = metrics.page().decode()
    for line in (
        'chuchu_updates_received_total{kind="message"} 1.0',
        'chuchu_updates_ended_total{ending="answered"} 1.0',
        'chuchu_sends_total{outcome="sent"} 1.0',
        "chuchu_answer_seconds_count 1.0",
        'chuchu_inbox_waiting{platform="telegram"} 0.0',
    ):
        assert line in page

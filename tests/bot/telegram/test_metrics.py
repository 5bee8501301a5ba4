"""What an operator sees."""

from __future__ import annotations

import re
import time
from pathlib import Path

import aiohttp

from bot.inbox import UpdateStatus
from bot.observability import Metrics
from bot.platforms.telegram.service import TelegramOptions, telegram_service
from tests.bot.telegram.service import Echo
from tests.botapi.process import bot_process
from tests.botapi.server import TOKEN, bot_api
from tests.botapi.updates import message, private
from tests.net import free_port
from tests.support.inbox import open_inbox

GUIDE = Path(__file__).parents[3] / "docs" / "operating.md"
DOOR = "canary-token-of-the-tests-door"


async def test_the_guide_names_every_metric_and_every_ending_and_no_other(tmp_path: Path) -> None:
    port = free_port()
    async with (
        bot_api() as api,
        bot_process(tmp_path, api, CHUCHU_ADMIN_HTTP=f"127.0.0.1:{port}", CHUCHU_ADMIN_TOKEN=DOOR),
        aiohttp.ClientSession() as http,
    ):
        api.push(message=message("问", private(7)))
        await api.until(lambda: api.said(7))
        holder = {"Authorization": f"Bearer {DOOR}"}
        async with http.get(f"http://127.0.0.1:{port}/metrics", headers=holder) as answer:
            page = await answer.text()
    shown = {
        name + ("_total" if kind == "counter" and not name.endswith("_total") else "")
        for name, kind in re.findall(r"^# TYPE (\S+) (\w+)", page, re.M)
        if not name.endswith("_created")
    }
    guide = GUIDE.read_text(encoding="utf-8")
    assert set(re.findall(r"`(chuchu_\w+)`", guide)) == shown
    assert set(re.findall(r"^\| `([a-z]+)` \|", guide, re.M)) == set(UpdateStatus)


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

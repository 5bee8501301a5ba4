"""The poll loop outlives what lasts, and what others do; what it shares with every platform, tests/contract/test_troubles.py tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.telegram.service import Echo, polling
from tests.botapi import faults
from tests.botapi.faults import Fault
from tests.botapi.server import BotApi, Courier, bot_api
from tests.botapi.updates import message, private
from tests.support.server import Hang


async def ask(api: BotApi, text: str) -> None:
    api.push(message=message(text, private(7)))
    await api.until(lambda: f"答：{text}" in api.said(7))


@pytest.mark.parametrize("fault", [faults.SECOND_POLLER, Hang()], ids=["409", "hang"])
async def test_polling_recovers_from_a_lasting_trouble_and_says_so(tmp_path: Path, fault: Fault) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), haste=5) as service:
        await ask(api, "之前")
        assert service.problem() is None
        api.fail("getUpdates", fault, float("inf"))
        await api.until(service.problem)
        api.planned.clear()
        await ask(api, "之后")
        assert service.problem() is None


async def test_a_webhook_of_somebody_else_is_removed_and_nothing_lost(tmp_path: Path) -> None:
    async with bot_api() as api:
        api.courier = Courier("http://127.0.0.1:9/nowhere", None, 1)
        api.push(message=message("等着的", private(7)))
        async with polling(api, tmp_path, Echo()):
            await api.until(lambda: "答：等着的" in api.said(7))
        assert [call.parameters["drop_pending_updates"] for call in api.made("deleteWebhook")] == [False]


async def test_what_is_stored_is_confirmed_to_the_last(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        for text in ("先", "后"):
            await ask(api, text)
            await api.until(lambda: not api.queue)


async def test_update_ids_that_jump_back_after_a_quiet_week_are_handled(tmp_path: Path) -> None:
    async with bot_api() as api:
        for number, text in ((10**8, "先"), (500, "后")):
            async with polling(api, tmp_path, Echo()):
                said = message(text, private(7))
                api.chats.learn({"message": said})
                api.queue.clear()
                api.push_raw({"update_id": number, "message": said})
                await api.until(lambda: f"答：{text}" in api.said(7))  # noqa: B023  at once

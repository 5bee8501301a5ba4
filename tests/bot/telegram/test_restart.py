"""What readers chose and were shown goes on working after a restart."""

from __future__ import annotations

from pathlib import Path

from tests.bot.telegram.talking import Bot
from tests.botapi.process import bot_process
from tests.botapi.server import bot_api
from tests.botapi.updates import group, message, user


async def test_choices_and_buttons_outlive_a_restart(tmp_path: Path) -> None:
    chat, admin, member = group(-77), user(1), user(2)
    async with bot_api() as api:
        api.chats.administrators.add((-77, 1))
        async with bot_process(tmp_path, api) as process:
            bot = Bot(api, process)
            await bot.tell(message=message("/find 蕃瓜弄", chat, 1, member))
            await bot.tell(message=message("/settings", chat, 2, admin))
            chosen = await bot.press("English", chat, admin)
            assert "Language: English" in chosen.text
            assert await process.stop() == 0
        async with bot_process(tmp_path, api) as process:
            bot = Bot(api, process)
            said = await bot.tell(message=message("/find qzxjk", chat, 3, member))
            assert said.text.startswith("The reports at hand say nothing about “qzxjk”.")
            held = api.chats.messages.values()
            shown = next(m for m in held if "reply_markup" in m and "——《" in m["text"])
            data = shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
            context = await bot.press_data(data, shown, member)
            assert "蕃瓜弄" in context.text

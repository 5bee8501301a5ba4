"""Every cell of docs/permissions.md, tried on the running bot."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.texts import phrases
from tests.bot.telegram.talking import Bot, Said, talking
from tests.botapi.updates import Json, channel, group, message, private, user

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZH = phrases("zh")
REFUSED = {ZH.only_admins_set, ZH.only_admins_ask, ZH.stale, ZH.no_files} | {
    refusal for refusal in ZH.admin.denials.values() if refusal
}
WORD = "蕃瓜弄"
COMMANDS = (
    "free text",
    "`/find`",
    "`/articles`",
    "`/settings`",
    "`/reload`",
    "`/rollback`",
    "`/audit`",
    "upload",
    "another's button",
)
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_name": "a.txt", "file_size": 10}

# Each cell has a chat of its own, so that no limit per chat slows another; an owner's chat is the owner's id.
OWNERS = range(1001, 1200)
EDITORS = range(2001, 2020)
MEMBERS = range(3001, 3020)


def table() -> list[tuple[str, str, str]]:
    """Sender, command and verdict of every cell."""
    text = (
        (Path(__file__).parents[3] / "docs" / "permissions.md")
        .read_text(encoding="utf-8")
        .split("## Commands")[0]
    )
    rows = [
        [cell.strip() for cell in line.strip("| \n").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    head, _, *body = rows
    assert tuple(head[1:]) == COMMANDS
    return [
        (row[0], command, verdict) for row in body for command, verdict in zip(COMMANDS, row[1:], strict=True)
    ]


CELLS = [cell for cell in table() if cell[2] != "–"]


async def test_the_table_has_every_sender_and_command() -> None:
    assert len(table()) == 14 * 9
    assert {verdict for _, _, verdict in table()} == {"answer", "refuse", "ignore", "–"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    owners = ",".join(map(str, OWNERS))
    async with talking(tmp_path_factory.mktemp("rights"), CHUCHU_ADMINS=owners) as running:
        for number, editor in enumerate(EDITORS):
            owner = OWNERS[-1 - number]
            await running.tell(message=message(f"/grant {editor}", private(owner)))
        yield running


def update(sender: str, command: str, cell: int, bot: Bot) -> dict[str, Json]:
    """The update that a sender's command is."""
    words = {"free text": WORD, "`/find`": f"/find {WORD}"}.get(command, command.strip("`"))
    text = None if command == "upload" else words
    more: Json = {"document": FILE} if command == "upload" else {}
    column = COMMANDS.index(command)
    place, kind = group(-5000 - cell), "message"
    who: Json | None = user(7000 + cell)
    match sender:
        case "owner, private":
            place, who = private(OWNERS[column]), None
        case "editor, private":
            place, who = private(EDITORS[column]), None
        case "member, private":
            place, who = private(MEMBERS[column]), None
        case "group admin":
            bot.api.chats.administrators.add((place["id"], 7000 + cell))
        case "anonymous admin":
            who = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
            more |= {"sender_chat": place}
        case "channel post":
            place, kind = channel(-6000 - cell), "channel_post"
        case "channel as sender":
            who = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
            more |= {"sender_chat": channel(-6000 - cell)}
        case "auto-forward of the linked channel":
            who = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
            origin = {"type": "channel", "date": 1, "chat": channel(-6000), "message_id": 1}
            more |= {"sender_chat": channel(-6000), "is_automatic_forward": True, "forward_origin": origin}
        case "bot":
            who = {"id": 8000 + cell, "is_bot": True, "first_name": "别的机器人"}
        case "owner, forwarded":
            place, who = private(OWNERS[20 + column]), None
            more |= {"forward_origin": {"type": "user", "date": 1, "sender_user": user(5)}}
        case "owner, edited":
            place, who, kind = private(OWNERS[40 + column]), None, "edited_message"
            more |= {"edit_date": 2}
        case "owner, via another bot":
            place, who = private(OWNERS[60 + column]), None
            more |= {"via_bot": {"id": 5, "is_bot": True, "first_name": "别的", "username": "other_bot"}}
        case "business message":
            place, who, kind = private(OWNERS[80 + column]), None, "business_message"
            more |= {"business_connection_id": "b1"}
    if text == WORD and place["type"] == "supergroup":
        text = f"@chuchu_bot {WORD}"
    return {kind: message(text, place, 1, who, **more)}


async def pressed(sender: str, cell: int, bot: Bot) -> Said:
    """A press on a button that was made for somebody else."""
    if sender.startswith("group"):
        place, asker = group(-5000 - cell), user(6000 + cell)
        await bot.tell(message=message(f"/find {WORD}", place, 1, asker))
        return await bot.press("上下文", place, user(7000 + cell))
    other = private(9500 + cell)
    await bot.tell(message=message(WORD, other))
    data = bot.last(other)["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    mine = {"owner": OWNERS, "editor": EDITORS, "member": MEMBERS}[sender.split(",")[0]][8]
    await bot.tell(message=message(WORD, private(mine), 2))
    return await bot.press_data(data, bot.last(private(mine)), user(mine))


def verdict(said: Said) -> str:
    """What the bot did, in the table's words."""
    told = [text for text in [*said.texts, said.notice] if text]
    if any(text in REFUSED for text in told):
        return "refuse"
    return "answer" if told else "ignore"


@pytest.mark.parametrize(("sender", "command", "wanted"), CELLS)
async def test_the_bot_does_what_the_table_says(bot: Bot, sender: str, command: str, wanted: str) -> None:
    cell = CELLS.index((sender, command, wanted))
    if command == "another's button":
        said = await pressed(sender, cell, bot)
    else:
        told = update(sender, command, cell, bot)
        (content,) = told.values()
        chat = content["chat"]["id"]
        said = (await bot.tell(**told)).to(chat)
        assert (said.ending == "answered") is (wanted != "ignore")
        if wanted != "ignore" and not said.calls:  # a reload goes on beside the talk and speaks when it can
            await bot.api.until(lambda: bot.api.said(chat))
            assert (bot.api.said(chat)[0] in REFUSED) is (wanted == "refuse")
            return
    assert verdict(said) == wanted, said


async def test_refusals_are_told_apart_from_answers() -> None:
    assert not any(re.search("——《", text) for text in REFUSED)

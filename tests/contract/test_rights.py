"""The whole bot, on all platforms at once: who may what on each, by one table; what is Telegram's own, and the way of its messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.app import Serving, serving
from bot.messages import Chat, ChatType
from bot.state.sqlite_inbox import read_statuses
from bot.state.state import open_state, sqlite_address
from bot.texts import in_both, phrases
from tests.bot.telegram.service import Bot
from tests.botapi.updates import BOT, Json, channel, group, inline, message, private, user
from tests.support.everywhere import Everywhere, bot_everywhere
from tests.support.everywhere import everywhere as all_platforms
from tests.support.people import ROLES, People, Person, TelegramPeople
from tests.support.server import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZH = phrases("zh")
REFUSED = {
    in_both(lambda said: said.no_files_here),
    ZH.only_admins_set,
    ZH.only_admins_ask,
    ZH.stale,
    ZH.no_files,
} | {refusal for refusal in ZH.admin.denials.values() if refusal}
WORD = "街坊"
GRANTED = 12  # editors
PRESS = "another's button"
MANUAL = Path(__file__).parents[2] / "docs" / "permissions.md"


def cells() -> dict[str, dict[str, str]]:
    """The table: by sender and command, the verdict."""
    rows = [
        [cell.strip() for cell in line.strip("| \n").split("|")]
        for line in MANUAL.read_text(encoding="utf-8").split("## Commands")[0].splitlines()
        if line.startswith("|")
    ]
    head, _, *body = rows
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}


def table(senders: Sequence[str] = ROLES) -> list[tuple[str, str, str]]:
    """Sender, command and verdict of every cell of those senders that stands for a message."""
    return [
        (sender, command, verdict)
        for sender, row in cells().items()
        if sender in senders
        for command, verdict in row.items()
        if command != PRESS
    ]


def verdict(said: Iterable[str]) -> str:
    """What a bot that said this has done, in the table's words."""
    told = set(said)
    return "refuse" if REFUSED & told else "answer" if told else "ignore"


def typed(command: str) -> str:
    """What is typed for a command of the table."""
    return {"free text": WORD, "`/find`": f"/find {WORD}"}.get(command, command.strip("`"))


async def ended(talk: People, update: str) -> str:
    """Wait until an update has ended; return how."""

    def status() -> str | None:
        return read_statuses(talk.folder / "inbox.sqlite", talk.name).get(update, (None, None))[0]

    await until(status)
    return str(status())


async def answers(talk: People, person: Person, update: str, before: int) -> list[str]:
    """What was said to an update; an answer without words is being done, and tells of itself."""
    if await ended(talk, update) == "answered":
        await until(lambda: len(talk.heard(person)) > before)
    return talk.heard(person)[before:]


@asynccontextmanager
async def talking(folder: Path, world: Everywhere) -> AsyncIterator[Serving]:
    """People who talk to the whole bot, which is open on all platforms at once; editors are granted."""
    owners = [f"{one.name}:{owner}" for one in world.surfaces for owner in one.all_of("owner, private")]
    settings = bot_everywhere(folder, world, CHUCHU_ADMINS=",".join(owners))

    async def grant(people: People, editor: str) -> None:
        owner = people.person("owner, private")
        await answers(people, owner, await people.say(owner, f"/grant {people.name}:{editor}"), 0)

    async with serving(settings) as bot:
        for people in world.surfaces:
            people.folder = settings.data
            await until(people.hears)
            editors = people.all_of("editor, private")[:GRANTED]
            await asyncio.gather(*(grant(people, editor) for editor in editors))
        yield bot


def _kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("inbox.sqlite*"))


class TestRights:
    """The promises of docs/permissions.md; where nobody tells who administers a group, an admin is a member.

    Where no files are taken, nobody's are.
    """

    @pytest.mark.parametrize(("sender", "command", "wanted"), table())
    async def test_everybody_may_what_the_table_says(
        self, talk: People, sender: str, command: str, wanted: str
    ) -> None:
        if sender == "group admin" and not talk.tells_group_admins:
            wanted = cells()["group member"][command]
        person = talk.person(sender)
        if command == "upload" and not talk.takes_files and not person.group:
            wanted = "refuse"
        before = len(talk.heard(person))
        update = await (talk.send_file(person) if command == "upload" else talk.say(person, typed(command)))
        said = await answers(talk, person, update, before)
        assert verdict(said) == wanted, said

    async def test_an_id_is_told_as_settings_want_it(self, talk: People) -> None:
        person = talk.person("member, private")
        before = len(talk.heard(person))
        said = await answers(talk, person, await talk.say(person, "/whoami"), before)
        assert f"{talk.name}:{person.id}" in said[0]

    async def test_who_is_forgotten_leaves_nothing_but_that_it_was_asked(self, talk: People) -> None:
        person = talk.person("member, private")
        for text in (WORD, "/watch 街坊", "/forget_me"):
            before = len(talk.heard(person))
            said = await answers(talk, person, await talk.say(person, text), before)
            assert said
        assert said == [ZH.feedback.forgotten]
        await until(lambda: person.id.encode() not in _kept(talk.folder))  # when the request itself has ended


@dataclass
class Talks:
    """People on each platform, and the bot that they talk to."""

    bot: Serving
    people: dict[str, People]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everywhere(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talks]:
    async with all_platforms() as world, talking(tmp_path_factory.mktemp("everywhere"), world) as bot:
        yield Talks(bot, {one.name: one for one in world.surfaces})


@pytest.fixture(scope="module", params=["telegram", "feishu", "matrix", "wecom"])
def talk(request: pytest.FixtureRequest, everywhere: Talks) -> People:
    return everywhere.people[request.param]


async def test_rights_hang_on_platform_and_id_each_is_cited_to_and_all_are_ready(
    everywhere: Talks,
) -> None:
    granted = {name: people.person("member, private") for name, people in everywhere.people.items()}
    telegrams = everywhere.people["feishu"]
    admin = telegrams.person("owner, private")
    grant = await telegrams.say(admin, f"/grant telegram:{granted['telegram'].id}")
    await answers(telegrams, admin, grant, 0)
    for name, people in everywhere.people.items():
        for text, wanted in (("/versions", "answer" if name == "telegram" else "refuse"), (WORD, "answer")):
            before = len(people.heard(granted[name]))
            said = await answers(people, granted[name], await people.say(granted[name], text), before)
            assert verdict(said) == wanted, (name, said)
        assert "——《" in said[-1], "the citation is there on each"
    async with aiohttp.ClientSession() as http, http.get(f"{everywhere.bot.page.url}/readyz") as ready:
        assert ready.status == 200, await ready.text()


OTHERS = (
    "anonymous admin",
    "channel post",
    "channel as sender",
    "auto-forward of the linked channel",
    "bot",
    "owner, forwarded",
    "owner, edited",
    "owner, via another bot",
    "business message",
)
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_name": "a.txt", "file_size": 10}
CHANNEL = channel(-6_000)
SIGNED: dict[str, Json] = {
    "channel as sender": {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"},
    "auto-forward of the linked channel": {"id": 777000, "is_bot": False, "first_name": "Telegram"},
    "anonymous admin": {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
    "bot": {"id": 8_000, "is_bot": True, "first_name": "别的机器人"},
}  # fmt: skip
MARKED: dict[str, Json] = {
    "channel as sender": {"sender_chat": CHANNEL},
    "auto-forward of the linked channel": {
        "sender_chat": CHANNEL,
        "is_automatic_forward": True,
        "forward_origin": {"type": "channel", "date": 1, "chat": CHANNEL, "message_id": 1},
    },
    "owner, forwarded": {"forward_origin": {"type": "user", "date": 1, "sender_user": user(5)}},
    "owner, edited": {"edit_date": 2},
    "owner, via another bot": {"via_bot": {**BOT, "id": 5, "username": "other_bot"}},
    "business message": {"business_connection_id": "b1"},
}
KINDS = {
    "channel post": "channel_post",
    "owner, edited": "edited_message",
    "business message": "business_message",
}


@pytest.fixture(scope="module")
def telegram(everywhere: Talks) -> TelegramPeople:
    people = everywhere.people["telegram"]
    assert isinstance(people, TelegramPeople)
    return people


class TestTelegram:
    """Senders and presses as only Telegram has them."""

    async def test_the_table_has_every_sender_and_every_verdict(self) -> None:
        told = table((*ROLES, *OTHERS))
        assert {sender for sender, _, _ in told} == cells().keys() == {*ROLES, *OTHERS}
        assert {wanted for _, _, wanted in told} == {"answer", "refuse", "ignore"}

    @pytest.mark.parametrize(("sender", "command", "wanted"), table(OTHERS))
    async def test_whom_only_telegram_has_may_what_the_table_says(
        self, telegram: TelegramPeople, sender: str, command: str, wanted: str
    ) -> None:
        owner = sender.startswith(("owner", "business"))
        person = telegram.person("owner, private" if owner else "group member")
        number = int(person.id)
        place = private(number) if owner else channel(-number) if sender == "channel post" else group(-number)
        more = MARKED.get(sender, {"sender_chat": place} if sender == "anonymous admin" else {})
        text = None if command == "upload" else typed(command)
        if text == WORD and place["type"] == "supergroup":
            text = f"@chuchu_bot {WORD}"
        who = SIGNED.get(sender)
        file: Json = {"document": FILE} if command == "upload" else {}
        kind = KINDS.get(sender, "message")
        content: dict[str, Any] = {kind: message(text, place, 1, who, **file, **more)}
        update = str(telegram.server.push(**content))
        said = await answers(telegram, Person(person.id, not owner), update, 0)
        assert verdict(said) == wanted, said

    @pytest.mark.parametrize("sender", ROLES)
    async def test_anothers_button_does_what_the_table_says(
        self, telegram: TelegramPeople, sender: str
    ) -> None:
        asker, presser = telegram.person(sender), telegram.person(sender)
        there = -int(asker.id) if asker.group else int(asker.id)
        await answers(telegram, asker, await telegram.say(asker, f"/find {WORD}"), 0)
        bot = Bot(telegram.server, telegram.folder)
        under = None
        if not asker.group:
            await answers(telegram, presser, await telegram.say(presser, f"/find {WORD}"), 0)
            under = telegram.server.shown(int(presser.id))[-1]
        elif sender == "group admin":
            telegram.server.chats.administrators.add((-int(asker.id), int(presser.id)))
        said = await bot.press("上下文", there, int(presser.id), under)
        assert verdict(said.texts) == cells()[sender][PRESS], said


PLACE = "第2号街坊"


@pytest.fixture(scope="module")
def bot(telegram: TelegramPeople) -> Bot:
    return Bot(telegram.server, telegram.folder)


async def test_a_group_is_answered_in_its_topic_quoting_and_only_when_addressed(bot: Bot) -> None:
    forum, reader = group(-1001, forum=True), user(21)
    topic = {"message_thread_id": 5, "is_topic_message": True}
    silent = await bot.tell(message=message(PLACE, forum, 1, reader, **topic))
    assert (silent.ending, silent.calls) == ("ignored", [])
    for number, text in enumerate((f"/find {PLACE}", f"@chuchu_bot {PLACE}", f"/find@chuchu_bot {PLACE}"), 2):
        said = await bot.tell(message=message(text, forum, number, reader, **topic))
        ((_, asked),) = said.calls
        assert asked["message_thread_id"] == 5
        assert asked["reply_parameters"]["message_id"] == number
        assert asked["text"].count("——《") == 1


async def test_an_edited_question_edits_its_answer_and_an_edited_command_does_nothing(bot: Bot) -> None:
    chat = private(14)
    await bot.tell(message=message(PLACE, chat, 1))
    answer = bot.api.shown(14)[-1]["message_id"]
    said = await bot.tell(edited_message=message("第1号街坊", chat, 1, edit_date=2))
    ((method, asked),) = said.calls
    assert (method, asked["message_id"]) == ("editMessageText", answer)
    assert "第1号街坊" in asked["text"]
    assert (await bot.tell(edited_message=message("/articles", chat, 1, edit_date=3))).calls == []


async def test_an_inline_fact_opens_by_its_deep_link(bot: Bot) -> None:
    ((_, asked),) = (await bot.tell(inline_query=inline(PLACE, "i1", user(33)))).calls
    assert asked["is_personal"] is True
    opened = await bot.tell(message=message(f"/start {asked['results'][0]['id']}", private(33)))
    assert opened.text == asked["results"][0]["input_message_content"]["message_text"]


async def test_menus_are_told_per_scope_and_language(bot: Bot) -> None:
    await bot.api.until(lambda: len(bot.api.made("setMyCommands")) >= 6)
    told = {
        (call.parameters["scope"]["type"], call.parameters.get("language_code", "")): [
            command["command"] for command in call.parameters["commands"]
        ]
        for call in bot.api.made("setMyCommands")
        if call.parameters["scope"]["type"] != "chat"  # an owner's
    }
    assert {scope for scope, _ in told} == {"all_private_chats", "all_group_chats", "all_chat_administrators"}
    assert {language for _, language in told} == {"", "zh"}
    assert "settings" not in told["all_group_chats", ""]
    assert "settings" in told["all_chat_administrators", ""]


async def test_what_is_chosen_and_shown_is_kept_in_the_state(bot: Bot) -> None:
    await bot.says(15, PLACE)
    await bot.says(15, "/settings")
    assert "Language: English" in (await bot.press("English", 15)).texts[-1]
    async with open_state(sqlite_address(bot.data)) as state:
        assert (await state.preferences.get(Chat("telegram", "15", ChatType.PRIVATE))).language == "en"
        assert await state.shown.quoted()

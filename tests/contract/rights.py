"""Who may what on every platform: the table of docs/permissions.md, tried through the whole bot.

Run for the senders that every platform has. A test module brings a module-scoped `talk` fixture, made by `talking`, and
subclasses `RightsContract`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import Serving, serving
from bot.state.sqlite_inbox import read_statuses
from bot.texts import in_both, phrases
from tests.support.everywhere import Everywhere, bot_everywhere
from tests.support.people import ROLES, People, Person
from tests.support.server import until

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


class RightsContract:
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

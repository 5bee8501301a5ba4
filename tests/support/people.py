"""People on each platform, through its small server: who they are, what they say, send and press, and what they see."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.messages import Chat, ChatType
from tests.botapi.server import BotApi
from tests.botapi.updates import Json, buttons, group, message, press, private, user
from tests.feishu import events
from tests.feishu.server import Feishu
from tests.matrix.rooms import Room
from tests.matrix.server import ME, Homeserver
from tests.wecom.server import Gateway

FILE = "一个标题\n\n新的一句话在2024年写成。".encode()
ROLES = ("owner, private", "editor, private", "member, private", "group admin", "group member")
MET = 80  # people of a role


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who speaks in private, or in a `group` of their own."""

    id: str
    group: bool = False


class People(ABC):
    """People by their roles, each met only once, so that nobody waits for the pace of a chat; `folder` is the data of a bot they talk to."""

    name: str
    tells_group_admins = True
    takes_files = True
    folder: Path

    def __init__(self) -> None:
        self._met: Counter[str] = Counter()

    def person(self, role: str) -> Person:
        """The next person of that role."""
        person = Person(self.all_of(role)[self._met[role]], role.startswith("group"))
        self._met[role] += 1
        if role == "group admin":
            self.let_administer(person)
        return person

    def all_of(self, role: str) -> list[str]:
        """The ids of everybody of a role, in the order in which they are met."""
        first = 1000 * (1 + ROLES.index(role))
        return [self.id(number) for number in range(first, first + MET)]

    @abstractmethod
    def id(self, number: int) -> str:
        """An id as the platform writes it, that is no part of another's anywhere."""

    @abstractmethod
    def chat(self, person: Person) -> Chat:
        """Where that person speaks."""

    @abstractmethod
    def let_administer(self, person: Person) -> None:
        """Let somebody administer their group, where the platform tells us."""

    @abstractmethod
    async def say(self, person: Person, text: str) -> str:
        """Say something, in a group to us; return the update's id in the inbox."""

    @abstractmethod
    async def send_file(self, person: Person) -> str:
        """Send a text file; return the update's id in the inbox."""

    @abstractmethod
    async def press(self, person: Person, label: str) -> None:
        """Press the newest button of that label that the person sees."""

    @abstractmethod
    def heard(self, person: Person) -> list[str]:
        """Each message of ours where that person speaks, as it is now, buttons by their labels under it."""

    @abstractmethod
    def hears(self) -> object:
        """Whether the bot listens."""


class TelegramPeople(People):
    """People of the strict Bot API server."""

    name = "telegram"

    def __init__(self, server: BotApi) -> None:
        super().__init__()
        self.server = server
        self._numbers = itertools.count(1)

    def id(self, number: int) -> str:
        return str(7_000_000 + number)

    def chat(self, person: Person) -> Chat:
        kind = ChatType.GROUP if person.group else ChatType.PRIVATE
        return Chat(self.name, f"-{person.id}" if person.group else person.id, kind)

    def let_administer(self, person: Person) -> None:
        self.server.chats.administrators.add((-int(person.id), int(person.id)))

    async def say(self, person: Person, text: str) -> str:
        command = text.startswith("/")
        return self._push(person, f"@chuchu_bot {text}" if person.group and not command else text)

    async def send_file(self, person: Person) -> str:
        self.server.files["f1"] = FILE
        file = {"file_id": "f1", "file_unique_id": "u1", "file_name": "a.txt", "file_size": 10}
        return self._push(person, None, document=file)

    async def press(self, person: Person, label: str) -> None:
        data, under = self.server.button(label, int(self.chat(person).id))
        query = press(data, under, f"q{next(self._numbers)}", user(int(person.id)))
        self.server.push(callback_query=query)

    def heard(self, person: Person) -> list[str]:
        return [
            "\n".join([said["text"], *(button["text"] for button in buttons(said))])
            for said in self.server.shown(int(self.chat(person).id))
        ]

    def hears(self) -> object:
        return self.server.polls

    def _push(self, person: Person, text: str | None, **more: Json) -> str:
        number = int(person.id)
        place = group(-number) if person.group else private(number)
        said = message(text, place, next(self._numbers), user(number), **more)
        return str(self.server.push(message=said))


class FeishuPeople(People):
    """People of the strict small Feishu."""

    name = "feishu"

    def __init__(self, server: Feishu) -> None:
        super().__init__()
        self.server = server

    def id(self, number: int) -> str:
        return f"ou_{number:032x}"

    def chat(self, person: Person) -> Chat:
        kind = ChatType.GROUP if person.group else ChatType.PRIVATE
        return Chat(self.name, f"oc_{person.id[3:]}" if person.group else person.id, kind)

    def let_administer(self, person: Person) -> None:
        self.server.groups[self.chat(person).id] = {"owner_id": "ou_x", "user_manager_id_list": [person.id]}

    async def say(self, person: Person, text: str) -> str:
        if person.group:
            return await self._bring(events.at_bot(text, person.id, self.chat(person).id))
        return await self._bring(events.message(text, person.id))

    async def send_file(self, person: Person) -> str:
        self.server.files["f1"] = FILE
        chat = self.chat(person).id if person.group else None
        content = {"file_key": "f1", "file_name": "a.txt"}
        return await self._bring(events.message(sender=person.id, chat=chat, kind="file", content=content))

    async def press(self, person: Person, label: str) -> None:
        chat = self.chat(person).id
        card = [one for one in self.server.said.values() if one.to == chat and label in one.text][-1]
        self.server.push(events.press(card.button(label), card.id, person.id, chat if person.group else None))

    def heard(self, person: Person) -> list[str]:
        return self.server.texts(self.chat(person).id)

    def hears(self) -> object:
        return self.server.open

    async def _bring(self, event: events.Json) -> str:
        await self.server.answered(event)
        return str(event["event"]["message"]["message_id"])


class MatrixPeople(People):
    """People of the small homeserver; everybody has a room of their own with us, or a group."""

    name = "matrix"

    def __init__(self, server: Homeserver) -> None:
        super().__init__()
        self.server = server
        self._rooms: dict[Person, Room] = {}

    def id(self, number: int) -> str:
        return f"@p{number}:here"

    def chat(self, person: Person) -> Chat:
        kind = ChatType.GROUP if person.group else ChatType.PRIVATE
        return Chat(self.name, self._room(person).id, kind)

    def let_administer(self, person: Person) -> None:
        room = self._room(person)
        room.state("m.room.power_levels", {"users": {person.id: 50}}, room.creator)

    async def say(self, person: Person, text: str) -> str:
        return self.server.say(self._room(person), person.id, f"{ME} {text}" if person.group else text)

    async def send_file(self, person: Person) -> str:
        self.server.media["mxc://here/f1"] = FILE
        content = {"msgtype": "m.file", "url": "mxc://here/f1"}
        return self.server.say(self._room(person), person.id, "a.txt", **content)

    async def press(self, person: Person, label: str) -> None:
        shown = [text for text in self.heard(person) if f". {label}" in text][-1]
        number, _ = shown.rsplit(f". {label}", 1)
        await self.say(person, number.split()[-1])

    def heard(self, person: Person) -> list[str]:
        return self.server.shown(self._room(person))

    def hears(self) -> object:
        return self.server.syncs

    def _room(self, person: Person) -> Room:
        if person not in self._rooms:
            others = ["@creator:here", "@somebody:here"] if person.group else []
            self._rooms[person] = self.server.room(*others, person.id)
        return self._rooms[person]


class WeComPeople(People):
    """People of the small gateway."""

    name = "wecom"
    tells_group_admins = False
    takes_files = False

    def __init__(self, server: Gateway) -> None:
        super().__init__()
        self.server = server

    def id(self, number: int) -> str:
        return f"w{number}"

    def chat(self, person: Person) -> Chat:
        group = self._group(person)
        return Chat(self.name, group or person.id, ChatType.GROUP if group else ChatType.PRIVATE)

    def let_administer(self, person: Person) -> None:
        """Nobody is told who administers a group."""

    async def say(self, person: Person, text: str) -> str:
        said = f"@出处 {text}" if person.group else text
        return await self.server.say(said, person.id, self._group(person))

    async def send_file(self, person: Person) -> str:
        file = {"msgtype": "file", "file": {"url": "https://here/f", "aeskey": "k"}}
        return await self.server.push("aibot_msg_callback", file, person.id, self._group(person))

    async def press(self, person: Person, label: str) -> None:
        chat = self.chat(person).id
        cards = [
            body["template_card"] for to, body in self.server.said if to == chat and "template_card" in body
        ]
        (button,) = [button for button in cards[-1]["button_list"] if button["text"] == label]
        await self.server.press(button["key"], cards[-1]["task_id"], person.id, self._group(person))

    def heard(self, person: Person) -> list[str]:
        return self.server.shown(self.chat(person).id)

    def hears(self) -> object:
        return self.server.online

    def _group(self, person: Person) -> str | None:
        return f"of-{person.id}" if person.group else None

"""The worlds in which the dialogues beside this happen: a dispatcher alone, the admin side, a console."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bot.feedback.questions import question_id, question_key
from bot.handlers.answer_buttons import Action, Callback, parse_callback
from bot.messages import Attachment, ButtonPress, Chat, ChatType, Reply, Sender
from bot.ports import Preference
from bot.state.chats import Subscriber
from bot.state.questions import MOST_ALERTS
from bot.state.state import open_state, sqlite_address
from knowledge.model import Answer, MatchKind
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.snapshots.corpus import write_corpus, write_new
from tests.support.chat import EDITOR, OWNER, STRANGER, Hall, change, hall, without
from tests.support.chat import GROUP as GROUP_ID
from tests.support.clock import MORNING
from tests.support.dialogues import World, told
from tests.support.paper import Paper, article, fact, hit
from tests.support.process import chuchu
from tests.support.server import until
from tests.support.talk import ADMIN, ANONYMOUS, GROUP, OTHER, PRIVATE, READER, Talk

PEOPLE = {"reader": READER, "other": OTHER, "admin": ADMIN, "anonymous": ANONYMOUS}
BRIDGE = [fact(f"桥的第{n}句。", line=n) for n in range(2, 9)]
BRIDGES = [*BRIDGE, fact("桥也在乙地。", of=article("乙地的桥", "b.txt"))]
LONG = article("第10篇长文章", "long.txt")
MANY = [fact(f"桥的第{n}句。", line=n) for n in range(2, 60)]
MANY += [fact(f"路{n}" + "长" * 300 + "。", line=n, of=LONG) for n in range(2, 9)]
ALIKE = tuple(hit(one, rung=MatchKind.MEANING) for one in MANY[:5])
CLOSE = Answer("大桥通车", False, 0.2, None, (), ALIKE, close=True)
FORGED = hit(fact("桥塌了。"), "桥")
PROVED = [
    Answer("多长", True, 0.9, "第2句", (hit(BRIDGE[0], "第2句"), hit(BRIDGE[1]))),
    Answer("桥", True, 0.9, "塌了", (FORGED, hit(BRIDGE[0], "桥"))),
    Answer("塌", True, 0.9, None, (FORGED,)),
]


@dataclass
class TalkWorld(World):
    """A dispatcher over a snapshot; `who in group` speaks there."""

    talk: Talk
    caplog: pytest.LogCaptureFixture

    def __post_init__(self) -> None:
        self.more: dict[str, Any] = {}

    async def say(self, who: str, text: str) -> Sequence[Reply]:
        name, _, place = who.partition(" in ")
        more, self.more = self.more, {}
        return await self.talk.heard(text, GROUP if place else PRIVATE, PEOPLE[name], **more)

    async def carry(self, who: str, data: str, under: Reply | None) -> Sequence[Reply]:
        name, _, place = who.partition(" in ")
        chat = {"": PRIVATE, "group": GROUP, "inline": None}[place]
        return await self.talk.dispatcher.press(ButtonPress(chat, "r1", "p1", PEOPLE[name], data))

    async def do_replying_to(self, text: str) -> None:
        """The next is said in reply to that."""
        self.more["replied_to"] = text

    async def do_replying_to_answer(self) -> None:
        await self.do_replying_to(next(one.text for one in reversed(self.shown) if "815台" in one.text))

    async def do_unaddressed(self) -> None:
        """The next is said to nobody."""
        self.more["addressed"] = False

    async def do_an_hour(self) -> None:
        self.talk.now += timedelta(hours=1)

    async def do_now_says(self, text: str) -> None:
        """Another version serves, of one sentence."""
        self.talk.store.swap(Paper([fact(text)], version="v2"))

    async def do_page(self, number: str) -> Sequence[Reply]:
        """Turn to a page of the first answer that may not be there."""
        button = parse_callback(self.shown[0].buttons[0][0].data)
        assert button
        return await self.carry("reader", Callback(Action.PAGE, button.shown_id, int(number)).data, None)

    async def do_once(self, *words: str) -> None:
        whole = "".join(one.text for one in self.shown)
        assert [whole.count(one) for one in words] == [1] * len(words)

    async def do_order(self, *words: str) -> None:
        places = [self.last.index(one) for one in words]
        assert places == sorted(places)

    async def do_longest_data(self) -> None:
        data = [button.data for one in self.shown for row in one.buttons for button in row]
        assert len(data) > 20 and max(len(one.encode()) for one in data) <= 64

    async def do_logged(self) -> str:
        return self.caplog.text

    async def do_chosen(self, place: str) -> str:
        """What is set there, but for what nobody chose."""
        kept = await self.talk.preferences.get(GROUP if place == "group" else PRIVATE)
        return " ".join(f"{name}={value}" for name, value in vars_of(kept).items())


def vars_of(kept: Preference) -> dict[str, object]:
    usual = Preference()
    return {n: getattr(kept, n) for n in kept.__dataclass_fields__ if getattr(kept, n) != getattr(usual, n)}


TEXT = "新步道建成⏎苏州河边建成了新的步道，共有三公里长。⏎居民们都说这里变了样。⏎"
SHORT = "新步道建成⏎苏州河边建成了新的步道，共有三公里长。⏎"
LANGUAGES = {"german": "de", "taiwanese": "zh-TW", "english": "en"}
QUESTION = "地铁票价"


def in_a_line(path: Path) -> str:
    """A text file, its line ends shown; nothing where there is none."""
    return path.read_text(encoding="utf-8").replace("\n", "⏎") if path.exists() else ""


class FolderWorld(World):
    """One with a folder of articles that changes."""

    articles: Path

    async def do_write(self, name: str, *words: str) -> None:
        """Write a file; ⏎ ends a line."""
        (self.articles / name).write_text(" ".join(words).replace("⏎", "\n") + "\n", encoding="utf-8")

    async def do_remove(self, *names: str) -> None:
        for name in names:
            (self.articles / name).unlink()


@dataclass
class HallWorld(FolderWorld):
    """The admin side over a small corpus; whoever is not the owner or the editor is one stranger, in some language."""

    folder: Path
    caplog: pytest.LogCaptureFixture

    async def open(self) -> None:
        self.stack = AsyncExitStack()
        self.hall: Hall = await self.stack.enter_async_context(hall(self.folder))
        self.data, self.articles, self.phone = self.hall.data, self.hall.articles, self.hall.phone
        self.seconds, self.away = 0.0, dict[str, AbstractAsyncContextManager[None]]()
        with self.hall.knowledge.store.lease() as snapshot:
            wrong, right = list(snapshot.facts())[:2]
        self.names = {"articles": str(self.articles), "data": str(self.data), "text": TEXT, "short": SHORT}
        self.names |= {"wrong": wrong.text, "right": right.text, "wrong_id": wrong.id, "right_id": right.id}

    async def do_restarts(self) -> None:
        await self.stack.aclose()
        await self.open()

    def meant(self, who: str) -> Sender:
        return Sender({"owner": OWNER, "editor": EDITOR}.get(who, STRANGER), language=LANGUAGES.get(who))

    async def say(self, who: str, text: str, file: Attachment | None = None) -> Sequence[Reply]:
        name, _, place = who.partition(" in ")
        kind, seconds = ChatType.GROUP if place else ChatType.PRIVATE, self.seconds
        self.seconds = 0.0
        said = self.hall.message(text, self.meant(name), kind, seconds, file)
        return await self.heard(self.hall.dialogue.message(said))

    async def carry(self, who: str, data: str, under: Reply | None) -> Sequence[Reply]:
        return await self.heard(self.hall.carry(data, self.meant(who)))

    async def heard(self, doing: Awaitable[Sequence[Reply]]) -> Sequence[Reply]:
        """All that comes of it, once everything is quiet."""
        before = len(self.phone.sent)
        replies = [*await doing]
        await self.hall.quiet()
        return [*replies, *self.phone.sent[before:]]

    async def do_sends(self, who: str, name: str, text: str, size: str = "") -> Sequence[Reply]:
        """Somebody sends a file, which may claim a size."""
        self.phone.files["f1"] = [text.replace("⏎", "\n").encode()]
        return await self.say(who, "", Attachment("f1", name, int(size) if size else None))

    async def do_late(self, seconds: str) -> None:
        """The next is heard so much later than it was said."""
        self.seconds = float(seconds)

    async def do_pass(self, much: str, unit: str) -> None:
        self.hall.clock.forward(**{unit: float(much)})

    async def do_new_article(self) -> None:
        write_new(self.articles)

    async def do_touch(self, *names: str) -> None:
        for name in names:
            (self.articles / name).write_bytes(b"MZ" * name.endswith(".exe"))

    async def do_folder_vanishes(self) -> None:
        self.articles.rename(self.folder / "elsewhere")

    async def do_damage(self, version: str) -> None:
        (self.data / "snapshots" / version / "sources.json").write_bytes(b"")

    async def do_lose(self, table: str) -> None:
        """The state lacks a table, until it is found again."""
        self.away[table] = without(self.data, table)
        await self.away[table].__aenter__()

    async def do_find(self, table: str) -> None:
        await self.away.pop(table).__aexit__(None, None, None)

    async def do_state(self, *words: str) -> None:
        """Change the state behind everybody's back."""
        await change(self.data, " ".join(words))

    async def do_chooses(self, chat: str, language: str) -> None:
        async with open_state(sqlite_address(self.data)) as state:
            await state.preferences.put(
                Chat("telegram", chat, ChatType.PRIVATE), Preference(language=language)
            )

    async def do_hopes_full(self) -> None:
        """The stranger waits for as many questions as may be, of one more."""
        chat = Subscriber(Chat("telegram", STRANGER, ChatType.PRIVATE))
        async with open_state(sqlite_address(self.data)) as state:
            for number in range(MOST_ALERTS + 1):
                await state.questions.missed(f"q{number}", f"q{number}", "", "asker", MORNING)
                await state.questions.subscribe(f"q{number}", chat, MORNING)

    async def do_points(self, fact: str) -> Sequence[Reply]:
        """The owner points to a fact as the answer of the question."""
        key = question_id(question_key(QUESTION, ChineseAnalyzer()))
        return await self.carry("owner", f"qp:{key}:{self.names[f'{fact}_id']}", None)

    async def do_page_asks(self, text: str) -> None:
        assert self.hall.feedback
        self.hall.feedback.missed_by_somebody(text)

    async def do_administers(self, who: str) -> None:
        self.phone.admins.add((GROUP_ID, who))

    async def do_stump(self, name: str) -> None:
        (self.data / name).write_bytes(b"x")

    async def do_heard_by(self, chat: str, count: str = "1") -> str:
        """What was said unasked in a chat, which is so many messages."""
        await until(lambda: len(self.phone.heard[chat]) >= int(count))
        assert len(self.phone.heard[chat]) == int(count)
        return "\n".join(self.phone.heard[chat])

    async def do_audit(self, act: str = "", last: str = "1000") -> str:
        """Actor, act, outcome and detail of the last rows of an act."""
        rows = [row for row in await self.hall.audit() if act in ("", row.act)][-int(last) :]
        return "\n".join(f"{row.actor} {row.act} {row.outcome} {row.detail}".strip() for row in rows)

    async def do_outcomes(self, act: str) -> str:
        return " ".join(row.outcome for row in await self.hall.audit() if row.act == act)

    async def do_done(self) -> str:
        """What is written down of what was done."""
        return "\n".join(row.detail for row in await self.hall.audit() if row.outcome == "done")

    def look(self, at: str, name: str) -> str | None:
        """How many facts serve and what they say, which versions, what was said unasked, what is in a folder or a file."""
        below = self.data / (name or "uploads")
        match at:
            case "built":
                return str(self.hall.builder.built)
            case "facts":
                return str(len(self.hall.texts()))
            case "texts":
                return "\n".join(self.hall.texts())
            case "version":
                return str(self.hall.knowledge.store.version)
            case "versions":
                return " ".join(self.hall.knowledge.versions.names())
            case "told":
                return told(self.phone.sent)
            case "picture":
                return "".join(str((one.picture or b"")[1:4], "ascii") for one in self.shown)
            case "article":
                return in_a_line(self.articles / name)
            case "history":
                (kept,) = (self.data / "history" / name).iterdir()
                return in_a_line(kept)
            case "kept":
                return str(sum(path.is_file() for path in below.rglob("*")) or "")
            case "private":
                (kept,) = below.iterdir()
                return f"{kept.stat().st_mode & 0o777:o}"
            case "logged":
                return self.caplog.text
        return None


HANZI = re.compile("[\u4e00-\u9fff]")


@dataclass
class ConsoleWorld(FolderWorld):
    """A folder in which `shell` runs commands of ours, and `shell 2` such as end with that code."""

    folder: Path

    def __post_init__(self) -> None:
        self.articles, self.data = self.folder / "articles", self.folder / "var"
        self.articles.mkdir()
        self.settings = {"CHUCHU_ARTICLES": "articles", "CHUCHU_DATA": str(self.data)}
        self.names = {"version": version("chuchu"), "data": str(self.data)}
        self.taken: list[socket.socket] = []

    async def say(self, who: str, text: str) -> str:
        done = await asyncio.to_thread(chuchu, self.folder, *text.split(), **self.settings)  # type: ignore[arg-type]
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == int(who.removeprefix("shell") or 0), said
        return "\n".join(line for line in said.splitlines() if not line.startswith('{"time'))

    async def do_set(self, name: str, value: str) -> None:
        self.settings[name] = value

    async def do_corpus(self, count: str) -> None:
        write_corpus(self.articles, int(count))

    async def do_file(self, name: str, *words: str) -> None:
        (self.folder / name).write_text(" ".join(words), encoding="utf-8")

    async def do_bad_files(self) -> None:
        (self.articles / "bad.txt").write_bytes(b"\x00\xff\xfe\x80\x01" * 200)
        (self.articles / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))

    async def do_empty_folder(self) -> None:
        (self.folder / "空").mkdir()
        (self.folder / "文件").touch()

    async def do_free_ports(self) -> None:
        self.settings |= dict.fromkeys(("CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP"), "127.0.0.1:0")

    async def do_port_taken(self) -> None:
        self.taken.append(socket.create_server(("127.0.0.1", 0)))
        self.names["port"] = str(self.taken[0].getsockname()[1])
        await self.do_free_ports()
        self.settings["CHUCHU_HTTP"] = f"127.0.0.1:{self.names['port']}"

    async def do_data_leads_nowhere(self) -> None:
        self.data.unlink()
        self.data.symlink_to(self.folder / "nowhere" / "var")

    async def do_state_is_rubbish(self) -> None:
        for log in self.data.glob("state.sqlite-*"):
            log.unlink()
        (self.data / "state.sqlite").write_bytes(b"no database" * 1000)

    async def do_confirms(self) -> None:
        """The code that was told is what ⟨code⟩ stands for."""
        self.names["code"] = json.loads(self.last)["confirm"]

    async def do_versions(self) -> str:
        return " ".join(path.name for path in (self.data / "snapshots").glob("0*"))

    async def do_last_audited(self) -> str:
        async with open_state(sqlite_address(self.data)) as state:
            (row,) = await state.audit.last(1)
        return f"{row.actor} {row.act} {row.outcome}"

    async def do_lines(self) -> str:
        """How many lines came back."""
        return str(len(self.last.splitlines()))

    async def do_no_chinese(self) -> str:
        assert not HANZI.search(self.last), self.last
        return self.last

"""What every surface and platform owes a reader and us: one suite a protocol, run for each adapter.

An adapter's test module brings a `surface` or `ask` fixture and subclasses `GatewayContract` or `AnswerContract`; a chat
platform subclasses `ChatContract` and opens its `stage`, a private chat with a reader in front of it; one that takes
files has the file `FILE`, and subclasses `FileContract` too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from bot.handlers.dispatcher import Dispatcher
from bot.messages import (
    Button,
    Chat,
    ChatType,
    Conversation,
    MessageGateway,
    Reply,
    Run,
    Sender,
    SenderKind,
    Style,
)
from bot.ports import FileTooLarge, Interactions, Platform, PlatformRegistry
from bot.query_service import QueryService, open_query_service
from knowledge.snapshot import SnapshotHolder
from tests.bot.telegram.service import Echo
from tests.support.paper import Paper, article, fact
from tests.support.people import People
from tests.support.server import until

WRITTEN = "<b>粗</b> &amp; [链接](tg://user?id=1) @all _一_ *二* </title><script>"
PAPER = Paper(
    [
        fact("新桥在2023年7月1日通车，全长1037米。", 39),
        fact(f"有人写下{WRITTEN}。", 12, article("乱写的一行", "b.txt")),
    ]
)
Ask = Callable[[str], Awaitable[str]]
"""Asks a question; returns everything that its reader sees then."""


@contextmanager
def query_service() -> Iterator[QueryService]:
    """Lookups in the small newspaper."""
    with open_query_service(SnapshotHolder(PAPER)) as queries:
        yield queries


def dispatcher(queries: QueryService) -> Dispatcher:
    """The feature side as a chat platform is given it."""
    return Dispatcher(queries, Interactions())


class AnswerContract:
    """The promises to a reader."""

    async def test_a_fact_is_shown_word_for_word_with_title_line_and_file(self, ask: Ask) -> None:
        seen = await ask("新桥")
        for words in ("新桥在2023年7月1日通车，全长1037米。", "桥通车了", "39", "a.txt"):
            assert words in seen

    async def test_what_is_not_there_is_not_claimed(self, ask: Ask) -> None:
        seen = await ask("地铁票价")
        assert "没有查到“地铁票价”" in seen
        assert "a.txt" not in seen

    async def test_nothing_in_an_article_is_taken_for_markup(self, ask: Ask) -> None:
        assert f"有人写下{WRITTEN}。" in await ask("有人")

    async def test_nothing_in_a_question_is_taken_for_markup(self, ask: Ask) -> None:
        assert WRITTEN in await ask(WRITTEN)


CITATION = "——《桥通车了》第39行、第47行 · a.txt"
ODD = '长<*"\\𠮷'  # what takes more room than it shows, each in its own way
HOSTILE = '<at user_id="all"></at><b>粗</b> &amp; [链接](tg://user?id=1) @all _一_ *二* `三` \\n </a><script>'


class Surface(Protocol):
    """An adapter under test, and the eyes of a reader in front of it."""

    @property
    def outbox(self) -> MessageGateway:
        """The adapter."""

    @property
    def chat(self) -> Chat:
        """A chat that is open to it."""

    def seen(self) -> Sequence[str]:
        """Each message the reader has now, as visible text; buttons by their labels under it."""


class GatewayContract:
    """The promises of `MessageGateway`; what is `LONG` is longer than any single message there."""

    LONG = 9000

    async def test_every_word_of_a_reply_is_seen_in_order(self, surface: Surface) -> None:
        runs = [
            Run("桥", Style.BOLD),
            Run("通了。\n"),
            Run("第二行", Style.ITALIC),
            Run("\n"),
            Run("12", Style.CODE),
        ]
        await surface.outbox.send(surface.chat, Reply(runs))
        assert "桥通了。\n第二行\n12" in "\n".join(surface.seen())

    async def test_the_citation_is_seen(self, surface: Surface) -> None:
        await surface.outbox.send(
            surface.chat, Reply([Run("桥通了。\n"), Run(CITATION, link="https://example.org/a")])
        )
        assert CITATION in surface.seen()[-1]

    async def test_a_text_too_long_for_one_message_is_parted_and_citation_and_buttons_come_last(
        self, surface: Surface
    ) -> None:
        count = self.LONG // len(ODD.encode("utf-16-le")) * 2
        said = [Run(ODD * count, Style.BOLD), Run("\n"), Run(CITATION)]
        await surface.outbox.send(surface.chat, Reply(said, [[Button("更多", "m.1.0")]]))
        assert [sum(part.count(one) for part in surface.seen()) for one in ODD] == [count] * len(ODD)
        assert CITATION in surface.seen()[-1] and "更多" in surface.seen()[-1]

    async def test_every_button_is_seen(self, surface: Surface) -> None:
        rows = [[Button("上下文", "c.1.0"), Button("原文", "s.1.0")], [Button("更多", "m.1.0")]]
        await surface.outbox.send(surface.chat, Reply([Run("桥通了。")], rows))
        assert [label in surface.seen()[-1] for label in ("上下文", "原文", "更多")] == [True] * 3

    async def test_nothing_in_a_text_is_taken_for_markup(self, surface: Surface) -> None:
        for rows in ((), [[Button("更多", "m.1.0"), Button(HOSTILE, "x")]]):
            before = len(surface.seen())
            await surface.outbox.send(surface.chat, Reply([Run(HOSTILE), Run(HOSTILE, Style.BOLD)], rows))
            assert HOSTILE * 2 in "\n".join(surface.seen()[before:])

    async def test_each_reply_is_a_message_of_its_own_with_an_id(self, surface: Surface) -> None:
        ids = [await surface.outbox.send(surface.chat, Reply([Run(text)])) for text in ("一", "二")]
        assert None not in ids
        assert len(set(ids)) == 2
        assert [text.strip() for text in surface.seen()] == ["一", "二"]

    async def test_a_replaced_reply_shows_the_new_text(self, surface: Surface) -> None:
        before = await surface.outbox.send(surface.chat, Reply([Run("旧")]))
        await surface.outbox.send(surface.chat, Reply([Run("新")], edits=before))
        assert surface.seen()[-1].strip() == "新"

    @pytest.mark.parametrize("text", ["👨‍👩‍👧‍👦" * 700, "𠮷" * 4097, "é" * 4096, "\ud83d", "\0\x1b[2J"])
    async def test_no_text_is_too_odd_to_be_sent(self, surface: Surface, text: str) -> None:
        assert await surface.outbox.send(surface.chat, Reply([Run("甲" + text + "乙")])) is not None
        everything = "".join(surface.seen()).strip()
        assert everything.startswith("甲")
        assert everything.endswith("乙")


class PlatformContract:
    """The promises of `Platform`, beyond those of its gateway; `PERSON` is an id as the platform writes it.

    Nobody has an id of `NOBODYS`, which elsewhere may be somebody's.
    """

    PERSON = "12345"
    NOBODYS: tuple[str, ...] = ()

    async def test_what_can_be_nobodys_id_is_refused_with_a_reason(self, platform: Platform) -> None:
        for typed in ("@name", "", " ", "-100123", "٧", "1,2", "1\n2", *self.NOBODYS):
            with pytest.raises(ValueError, match="id"):
                platform.person_id(typed)

    async def test_an_id_is_written_in_one_way(self, platform: Platform) -> None:
        assert platform.person_id(self.PERSON) == self.PERSON

    async def test_a_stranger_administers_no_group(self, platform: Platform) -> None:
        group = Chat("here", "-5", ChatType.GROUP)
        assert not await platform.administers(group, Sender("404"))

    async def test_an_anonymous_admin_administers_by_being_one_and_a_closed_platform_has_no_admins(
        self, platform: Platform
    ) -> None:
        group, registry = Chat("here", "-5", ChatType.GROUP), PlatformRegistry({"here": platform})
        assert await registry.administers(group, Sender("1", SenderKind.ANONYMOUS_ADMIN))
        assert not await registry.administers(Chat("elsewhere", "-5", ChatType.GROUP), Sender("1"))

    async def test_a_person_may_be_forgotten_twice(self, platform: Platform) -> None:
        await platform.forget("7")
        await platform.forget("7")


class FileContract:
    """The promises of `Platform.download`, for a platform to which files are sent; `FILE` is the attachment's id."""

    FILE = "f1"

    async def test_a_file_comes_in_pieces(self, platform: Platform) -> None:
        assert b"".join([piece async for piece in platform.download(self.FILE, 1000)]) == b"one"
        with pytest.raises(FileTooLarge, match="more than 2 bytes"):
            _ = [piece async for piece in platform.download(self.FILE, 2)]


@dataclass(frozen=True, slots=True)
class Stage:
    """A private chat on a platform; `outbox` serves it, `say` waits until something was said back."""

    outbox: Platform
    chat: Chat
    seen: Callable[[], Sequence[str]]
    say: Callable[[str], Awaitable[object]]


def stage_of(outbox: Platform, people: People) -> Stage:
    """One of the people, in front of their platform."""
    reader = people.person("member, private")
    seen = partial(people.heard, reader)

    async def say(text: str) -> None:
        await until(people.hears)
        await people.say(reader, text)
        await until(seen)

    return Stage(outbox, people.chat(reader), seen, say)


class ChatContract(GatewayContract, PlatformContract, AnswerContract):
    """What a chat platform owes its readers and us; a subclass opens its `stage`."""

    def stage(self, folder: Path, conversation: Conversation) -> AbstractAsyncContextManager[Stage]:
        """Serve a conversation there, until the end of the block."""
        raise NotImplementedError

    @pytest.fixture
    async def surface(self, tmp_path: Path) -> AsyncIterator[Stage]:
        async with self.stage(tmp_path, Echo()) as staged:
            yield staged

    @pytest.fixture
    def platform(self, surface: Stage) -> Platform:
        return surface.outbox

    @pytest.fixture
    async def ask(self, tmp_path: Path) -> AsyncIterator[Ask]:
        with query_service() as queries:
            async with self.stage(tmp_path, dispatcher(queries)) as staged:

                async def asked(question: str) -> str:
                    await staged.say(question)
                    return "\n".join(staged.seen())

                yield asked

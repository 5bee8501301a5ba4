"""Whatever happens in whatever order, the bot remembers what a plain model remembers, and tells everybody once."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.admin.permissions import AuditLog
from bot.feedback.aliases import AliasService
from bot.feedback.outbox import OutboxWorker
from bot.feedback.questions import UnansweredQuestions, question_id, question_key
from bot.feedback.watches import WatchService
from bot.messages import Chat, ChatType, Reply
from bot.query_service import open_query_service
from bot.rendering.fact import no_permalinks
from bot.state.chats import Subscriber
from bot.state.people import Person, Pseudonymizer
from bot.state.questions import AlertResult
from bot.state.state import State, open_state, sqlite_address
from bot.texts import phrases
from knowledge.snapshot import SnapshotHolder
from tests.support.chat import empty_state
from tests.support.paper import Press
from tests.support.process import drivers_ended

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PRESS = Press()
BASE = "道路施工的公告已经张贴。"
SENTENCES = ("养老服务有了新办法。", "托育服务有了新办法。", "养老和托育都有人问。", "进博会筹备工作启动。")
WORDS = ("养老", "托育", "进博会", "CIIE", "地铁")
PEOPLE = ("700800901", "700800902")
GROUP = "-100"

words, people = st.sampled_from(WORDS), st.sampled_from(PEOPLE)
Result = TypeVar("Result")


@dataclass
class Asked:
    """A question that found nothing."""

    times: int = 0
    askers: set[str] = field(default_factory=set)
    alerts: set[str] = field(default_factory=set)


@dataclass
class Model:
    """What should be remembered, in plain sets."""

    facts: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    aliases: list[tuple[str, str]] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)
    watches: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def names(self, word: str) -> set[str]:
        return {word}.union(*(pair for pair in self.aliases if word in pair))

    def matching(self, word: str, facts: set[str]) -> set[str]:
        return {fact for fact in facts if any(name in fact for name in self.names(word))}

    def tell(self) -> None:
        """Hopes that came true, then one digest a chat."""
        for word in [
            word for word in self.asked if self.asked[word].alerts and self.matching(word, self.facts)
        ]:
            for chat in self.asked.pop(word).alerts:
                self.told[chat, word] += 1
        for chat, watches in self.watches.items():
            digest: set[str] = set()
            for word, noticed in watches.items():
                fresh = self.matching(word, self.facts - self.heard) - noticed
                noticed |= fresh
                digest |= fresh
            for fact in digest:
                self.told[chat, fact] += 1
        self.heard = set(self.facts)


async def nobody() -> int:
    """Who waits is told apart, or the bot is killed before it tells anybody."""
    return 0


class Learning(RuleBasedStateMachine):
    """Drives the real services over a real database beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.threads = threading.enumerate()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="chuchu-test-")
        shutil.copy(empty_state(), self.folder.name)
        self.model = Model(facts={BASE}, heard={BASE})
        self.group = GROUP
        self.moves = itertools.count(101)
        self.told: Counter[tuple[str, str]] = Counter()
        self.pseudonyms = Pseudonymizer(b"key")
        self.paper = PRESS.issue(BASE)
        self.stack = AsyncExitStack()
        self.state: State
        self.run(self.open())
        self.run(self.tell())

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        return self.runner.run(work)

    async def open(self) -> None:
        """Start over a folder that may be old."""
        self.state = await self.stack.enter_async_context(open_state(sqlite_address(Path(self.folder.name))))
        self.store = SnapshotHolder(self.paper)
        lookup = self.stack.enter_context(open_query_service(self.store, patience=60))
        self.worker = OutboxWorker(self.state.outbox, self.send, lambda: NOW)
        common = (no_permalinks, lambda: NOW, self.worker.call)
        self.unanswered = UnansweredQuestions(self.state.questions, lookup, self.pseudonyms, *common)
        self.watching = WatchService(self.state, lookup, PRESS.fresh, *common)
        audit_log = AuditLog(self.state.audit, lambda: NOW)
        self.book = AliasService(self.state.aliases, self.store, lambda: NOW, audit_log, nobody)
        await self.book.load()

    async def send(self, chat: Chat, reply: Reply) -> str:
        for word in WORDS:
            self.told[chat.id, word] += f"你问过的“{word}”" in reply.text
        if "你关注的" in reply.text:
            for sentence in SENTENCES:
                self.told[chat.id, sentence] += sentence in reply.text
        return "1"

    async def tell(self) -> None:
        await self.unanswered.look_again()
        await self.watching.notify(self.store.version)

    def chat(self, person: str, in_group: bool) -> Chat:
        return (
            Chat("telegram", self.group, ChatType.GROUP)
            if in_group
            else Chat("telegram", person, ChatType.PRIVATE)
        )

    @rule(
        word=st.sampled_from(("CIIE", "地铁", "养老", "托育")),
        person=people,
        in_group=st.booleans(),
        alerts=st.just(True) | st.booleans(),
    )
    def ask(self, word: str, person: str, in_group: bool, alerts: bool) -> None:
        chat = self.chat(person, in_group)

        async def act() -> None:
            answer = await self.unanswered.answer(word, 5)
            assert answer.found == bool(self.model.matching(word, self.model.facts))
            if not answer.found:
                question = await self.unanswered.missed(word, "telegram", person)
                assert question is not None
                if alerts:
                    assert (
                        await self.unanswered.subscribe(question, Subscriber(chat, "zh")) is AlertResult.KEPT
                    )

        self.run(act())
        if not self.model.matching(word, self.model.facts):
            asked = self.model.asked.setdefault(word, Asked())
            asked.times += 1
            asked.askers.add(person)
            asked.alerts |= {chat.id} if alerts else set()

    @rule(
        word=st.sampled_from(("CIIE", "地铁")), other=st.sampled_from(("进博会", "养老")), told=st.booleans()
    )
    def alias(self, word: str, other: str, told: bool) -> None:
        """An admin gives another name; `told` is False if the bot is killed before it tells anybody."""
        if not self.run(self.book.add("telegram:7", f"{word} {other}", phrases(None).admin)).done:
            assert other in self.connected(word)
            return
        self.model.aliases.append((word, other))
        self.after(told)

    def connected(self, word: str) -> set[str]:
        """Everything that means the same by any way round."""
        known: set[str] = {word}
        while (more := known.union(*(self.model.names(name) for name in known))) != known:
            known = more
        return known

    @rule(word=words, person=people, in_group=st.booleans())
    def watch(self, word: str, person: str, in_group: bool) -> None:
        chat = self.chat(person, in_group)
        self.run(self.watching.keep(Subscriber(chat, "zh"), word))
        self.model.watches[chat.id].setdefault(word, set())

    @precondition(lambda self: any(self.model.watches.values()))
    @rule(data=st.data())
    def unwatch(self, data: st.DataObject) -> None:
        mine = [(chat, word) for chat, watches in self.model.watches.items() for word in watches]
        chat_id, word = data.draw(st.sampled_from(sorted(mine)))
        chat = self.chat(chat_id, chat_id == self.group)

        async def act() -> None:
            (watch,) = [w for w in await self.watching.of(chat) if w.words == word]
            assert await self.watching.drop(chat, watch.id)

        self.run(act())
        del self.model.watches[chat_id][word]

    @rule(facts=st.sets(st.sampled_from(SENTENCES)), told=st.booleans())
    def reload(self, facts: set[str], told: bool) -> None:
        """Another version serves; `told` is False if the bot is killed before it tells anybody."""
        self.model.facts = facts | {BASE}
        self.paper = PRESS.issue(*sorted(self.model.facts))
        self.store.swap(self.paper)
        self.after(told)

    def after(self, told: bool) -> None:
        if told:
            self.run(self.tell())
            self.model.tell()
        else:
            self.restart()

    @rule()
    def restart(self) -> None:
        """Stop, start, and take up what was broken off."""
        self.run(self.stack.aclose())
        self.run(self.open())
        self.run(self.tell())
        self.model.tell()

    @rule()
    def deliver(self) -> None:
        """Let the courier work until nothing waits; everybody has heard what the model says, once."""

        async def act() -> None:
            async with self.worker.serving():
                while await self.state.outbox.next_due():
                    await asyncio.sleep(0.001)

        self.run(act())
        assert +self.told == +self.model.told

    @rule(person=people)
    def forget(self, person: str) -> None:
        """Somebody wants to be forgotten; what was still to be told to them is not told any more."""
        self.deliver()
        keyed = self.pseudonyms.of("telegram", person)
        self.run(self.state.erasure.forget(Person("telegram", person, keyed)))
        self.model.watches.pop(person, None)
        for word, asked in list(self.model.asked.items()):
            asked.askers.discard(person)
            asked.alerts.discard(person)
            if not asked.askers and not asked.alerts:
                del self.model.asked[word]

    @rule()
    def migrate(self) -> None:
        """The group becomes a supergroup, and is told what waits under its new id."""
        old, self.group = self.group, f"-{next(self.moves)}"
        self.run(self.state.chat_migrations.moved("telegram", old, self.group))
        if old in self.model.watches:
            self.model.watches[self.group] = self.model.watches.pop(old)
        for asked in self.model.asked.values():
            asked.alerts = {self.group if chat == old else chat for chat in asked.alerts}
        undelivered = self.model.told - self.told
        for (chat, what), times in undelivered.items():
            if chat == old:
                self.model.told[chat, what] -= times
                self.model.told[self.group, what] += times

    @invariant()
    def questions_are_those_of_the_model(self) -> None:
        kept = self.run(self.state.questions.often(limit=100))
        found = {q.text: (q.asked, q.askers, q.alerts) for q in kept}
        wanted = {word: (a.times, len(a.askers), len(a.alerts)) for word, a in self.model.asked.items()}
        assert found == wanted
        assert all(q.id == question_id(question_key(q.text, PRESS.language)) for q in kept)

    @invariant()
    def watches_are_those_of_the_model(self) -> None:
        kept = {(w.subscriber.chat.id, w.words) for w in self.run(self.state.watches.all())}
        assert kept == {(chat, word) for chat, watches in self.model.watches.items() for word in watches}

    def teardown(self) -> None:
        self.alias("CIIE", "进博会", told=True)
        self.reload(set(SENTENCES), told=True)
        self.deliver()
        self.questions_are_those_of_the_model()
        self.run(self.stack.aclose())
        self.run(drivers_ended(self.threads))
        self.runner.close()
        self.folder.cleanup()


TestLearning = Learning.TestCase
TestLearning.settings = settings(
    max_examples=max(12, settings().max_examples // 5),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

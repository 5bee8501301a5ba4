"""Everything that learns, over the shared state: the log of what is asked, the work beside the talk, the acts of the API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import JsonValue

from bot.admin.http import Act, ActRequest, WrongRequest
from bot.admin.permissions import AuditLog, Permission
from bot.admin.reload_service import ReloadReport
from bot.admin.wiring import AdminContext
from bot.errors import StateError
from bot.feedback.aliases import AliasService
from bot.feedback.outbox import OutboxWorker
from bot.feedback.questions import MissedQuestions, UnansweredQuestions
from bot.feedback.usage import UsageRecorder, UsageReporter
from bot.feedback.watches import WatchService
from bot.ports import InteractionLog
from bot.query_service import QueryService, TooSlow
from bot.rendering.fact import Permalinks, no_permalinks
from bot.runtime import background, now, periodic
from bot.sharing import ALIASES, OUTBOX, SPEAKING, Sharing
from bot.state.people import Person, open_pseudonymizer, read_askers_key
from bot.state.questions import QuestionState
from bot.state.state import State
from bot.texts import phrases, reworded
from bot.texts.phrases import AdminPhrases
from knowledge.model import Answer
from knowledge.search.semantic import Coverage
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.difference import new_facts
from knowledge.text.analyzer import content_words

log = logging.getLogger(__name__)


PAUSE = 5.0  # seconds between two times that questions of the page are written down
LAST_WRITING = 1.0  # seconds in which those that still wait at the end are
LOOKS, LOOK = 20, 0.5  # how often, and after how many seconds, what was embedded is looked for


class FeedbackModule(InteractionLog):
    """Everything that learns: the log of what is asked, what handlers are given, and the work beside the talk.

    Where the state cannot be written that is logged, and answers go on. `acts` are for the API.
    """

    def __init__(
        self, data: Path, context: AdminContext, lookup: QueryService, links: Permalinks, sharing: Sharing
    ) -> None:
        knowledge, state, clock = context.reload_service.knowledge, context.state, context.clock
        self._data = data
        self._context = context
        self._lookup = lookup
        self._sharing = sharing
        self._store = knowledge.store
        self._language = knowledge.language
        self._pseudonyms = open_pseudonymizer(data)
        self._outbox = OutboxWorker(state.outbox, context.platforms.tell, clock)
        telling = (links, clock, self._outbox.call)
        self.unanswered = UnansweredQuestions(state.questions, lookup, self._pseudonyms, *telling)
        self.watches = WatchService(state, lookup, partial(new_facts, knowledge.versions), *telling)
        look_again = self.unanswered.look_again
        self.aliases = AliasService(state.aliases, self._store, clock, context.audit_log, look_again)
        self._missed = MissedQuestions(self.unanswered)
        self._usage = UsageRecorder(state.usage, clock)
        self.usage = UsageReporter(state, self._usage, self._coverage)
        said = phrases(context.owners.language).admin
        acts = FeedbackActs(self.unanswered, self._missed, self.aliases, context.audit_log, said)
        self.acts = acts.by_name()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Teach the aliases given in chat, go on telling what a restart broke off, and listen to reloads.

        Raises:
            StateError: the aliases cannot be read.
        """
        await self.aliases.load()
        self._context.reload_service.subscribe(self._swapped)
        self._sharing.subscribe(OUTBOX, lambda _: self._outbox.call())
        self._sharing.subscribe(ALIASES, lambda _: self._context.spawn(self._load_aliases()))
        async with (
            self._writing_missed(),
            self._usage.serving(),
            background(self._sharing.lead(SPEAKING, self._speak)),
        ):
            yield

    @asynccontextmanager
    async def _writing_missed(self) -> AsyncIterator[None]:
        """Write down what the page's readers ask in vain, and for a second at the end what still waits."""
        what = "what was asked in vain could not be written down"
        async with background(periodic(PAUSE, self._missed.flush, StateError, TooSlow, what=what)):
            yield
        try:
            async with asyncio.timeout(LAST_WRITING):
                await self._missed.flush()
        except (StateError, TooSlow, TimeoutError) as error:
            log.warning("%s (%s), and is lost", what, error or "no time was left")

    async def pinned(self, answer: Answer) -> Answer:
        try:
            return await self.unanswered.pinned(answer)
        except (StateError, TooSlow) as error:
            log.warning("what admins pinned cannot be read: %s", error)
            return answer

    async def missed(self, query: str, platform: str, person: str) -> str | None:
        try:
            return await self.unanswered.missed(query, platform, person)
        except (StateError, TooSlow) as error:
            log.warning("an unanswered question could not be counted: %s", error)
            return None

    def missed_by_somebody(self, query: str) -> None:
        self._missed.count(query)

    def asked(self, answer: Answer, milliseconds: int) -> None:
        folded = self._language.fold(answer.query[:256])
        words = [word.text for word in content_words(self._language.tokens(folded), self._language.knows)]
        self._usage.count(answer.query, answer.found, milliseconds, words)

    async def voted(self, answer_id: str, platform: str, person: str, liked: bool) -> None:
        voter = self._pseudonyms.of(platform, person)
        try:
            await self._context.state.votes.vote(answer_id, voter, liked, self._context.clock())
        except StateError as error:
            log.warning("a vote could not be taken: %s", error)

    async def forget(self, platform: str, person: str) -> None:
        """Remove every trace of a person, by the platform's id."""
        keyed = self._pseudonyms.of(platform, person)
        await self._context.state.erasure.forget(Person(platform, person, keyed))
        await self._context.platforms.forget(platform, person)

    def embedded(self, version: str) -> None:
        """A version is embedded whole by now."""
        if self._sharing.leads(SPEAKING):
            self._context.spawn(self._tell_meant(version))

    async def _swapped(self, report: ReloadReport) -> None:
        try:  # all of this may have come from a backup
            self._pseudonyms.rekey(await asyncio.to_thread(read_askers_key, self._data))
            await self.aliases.load()
        except (StateError, OSError) as error:
            log.error("aliases and key could not be read again: %s", error)
        if self._sharing.leads(SPEAKING):  # one of several tells; whoever leads next tells what it did not
            self._context.spawn(self._tell(report.version))

    async def _load_aliases(self) -> None:
        try:
            await self.aliases.load()
        except StateError as error:
            log.error("aliases could not be read again: %s", error)

    async def _speak(self) -> None:
        self._context.spawn(self._tell(self._store.version))
        await self._context.platforms.opened.wait()
        async with self._outbox.serving():
            await asyncio.Event().wait()

    async def _tell(self, version: str) -> None:
        """Tell who asked or watches what a version brings."""
        try:
            await self.unanswered.look_again()
            await self.watches.notify(version)
        except (StateError, TooSlow) as error:
            log.error("readers could not be told what version %s brings: %s", version, error)

    async def _tell_meant(self, version: str) -> None:
        """Tell who asked or watches what a version, embedded by now, has in other words."""
        try:
            for _ in range(LOOKS):
                coverage = await self._lookup.read(lambda snapshot: snapshot.coverage)
                if coverage is None or coverage.embedded == coverage.facts:
                    break
                await asyncio.sleep(LOOK)
            fresh = await self.watches.new_since_embedded(version)
            if fresh:
                await self.unanswered.tell_meant(fresh)
                await self.watches.notify_meant(fresh)
        except (StateError, TooSlow) as error:
            log.error("readers could not be told what version %s means: %s", version, error)

    def _coverage(self) -> Coverage | None:
        with self._store.lease() as snapshot:
            return snapshot.coverage


@asynccontextmanager
async def open_feedback(
    data: Path, context: AdminContext, lookup: QueryService, links: Permalinks, sharing: Sharing | None = None
) -> AsyncIterator[FeedbackModule]:
    """Learn while the block runs.

    Raises:
        StateError: the aliases cannot be read.
    """
    feedback = FeedbackModule(data, context, lookup, links, sharing or Sharing())
    async with feedback.serving():
        yield feedback


MOST = 500
LISTED = 50


@dataclass(frozen=True, slots=True)
class FeedbackActs:
    """What the admin API and the terminal have done here."""

    questions: UnansweredQuestions
    missed: MissedQuestions
    aliases: AliasService
    audit_log: AuditLog
    said: AdminPhrases

    def by_name(self) -> dict[str, Act]:
        """Every act; where the state cannot be used it says why."""
        acts = {"unanswered": self.unanswered, "alias": self.alias, "unalias": self.unalias}
        return {name: partial(self._or_why, act) for name, act in acts.items()}

    async def unanswered(self, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        """List the questions asked most in vain, `limit` of them (50)."""
        limit = asked.get("limit", LISTED)
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= MOST:
            raise WrongRequest
        await self.missed.flush()
        questions = await self.questions.often(QuestionState.OPEN, limit)
        await self.audit_log.write(by, Permission.UNANSWERED, "shown")
        listed: list[JsonValue] = [
            {"question": one.text, "asked": one.asked, "askers": one.askers, "waiting": one.alerts}
            for one in questions
        ]
        return 200, {"questions": listed}

    async def alias(self, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        """Take `words`, two names of the same thing; without them list what there is."""
        words = asked.get("words", "")
        if not isinstance(words, str):
            raise WrongRequest
        if not words:
            groups = await self.aliases.shown(by)
            return 200, {"aliases": [{"number": one.number, "names": list(one.names)} for one in groups]}
        taken = await self.aliases.add(by, words, self.said)
        if not taken.done:
            return 409, {"text": taken.text, "done": False}
        return 200, {"text": taken.text, "done": True, "names": list(taken.names)}

    async def unalias(self, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        """Forget the group of a `number`."""
        number = asked.get("number")
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise WrongRequest
        gone = await self.aliases.remove(by, str(number), self.said)
        return (200 if gone.done else 404), {"text": gone.text, "done": gone.done}

    async def _or_why(self, act: Act, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        try:
            return await act(by, asked)
        except StateError as error:
            return 503, {"text": reworded(error, self.said.language), "done": False}


async def acts_over(
    state: State,
    data: Path,
    store: SnapshotHolder,
    lookup: QueryService,
    audit_log: AuditLog,
    said: AdminPhrases,
) -> dict[str, Act]:
    """The same acts over a state that nobody serves from; who waits for an answer is told at the next start."""
    pseudonyms = open_pseudonymizer(data)
    unanswered = UnansweredQuestions(state.questions, lookup, pseudonyms, no_permalinks, now, _nobody_sends)
    aliases = AliasService(state.aliases, store, now, audit_log, unanswered.look_again)
    await aliases.load()
    return FeedbackActs(unanswered, MissedQuestions(unanswered), aliases, audit_log, said).by_name()


def _nobody_sends() -> None:
    """What waits in the outbox is sent by who serves next."""

"""Everything that learns, built over the shared state: the log of what is asked, the work beside the talk, the acts of the API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
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
from bot.ports import InteractionLog, PlatformRegistry
from bot.query_service import QueryService, TooSlow
from bot.rendering.fact import Permalinks, no_permalinks
from bot.runtime import background, now, periodic
from bot.sharing import ALIASES, OUTBOX, SPEAKING, Sharing
from bot.state.people import Person, Pseudonymizer, open_pseudonymizer, read_askers_key
from bot.state.questions import QuestionState
from bot.state.state import State
from bot.texts import phrases, reworded
from bot.texts.phrases import AdminPhrases
from knowledge.model import Answer
from knowledge.search.semantic import Coverage
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.difference import new_facts
from knowledge.text.analyzer import Analyzer, content_words

log = logging.getLogger(__name__)


class StoredInteractionLog(InteractionLog):
    """Keeps it; a state that cannot be written is logged, and answers go on."""

    def __init__(
        self,
        unanswered: UnansweredQuestions,
        misses: MissedQuestions,
        figures: UsageRecorder,
        language: Analyzer,
        vote: Callable[[str, str, str, bool], Awaitable[None]],
    ) -> None:
        """`vote` takes a vote: the answer's id, platform and person, and whether it was liked."""
        self._unanswered = unanswered
        self._misses = misses
        self._figures = figures
        self._language = language
        self._vote = vote

    async def pinned(self, answer: Answer) -> Answer:
        try:
            return await self._unanswered.pinned(answer)
        except (StateError, TooSlow) as error:
            log.warning("what admins pinned cannot be read: %s", error)
            return answer

    async def missed(self, query: str, platform: str, person: str) -> str | None:
        try:
            return await self._unanswered.missed(query, platform, person)
        except (StateError, TooSlow) as error:
            log.warning("an unanswered question could not be counted: %s", error)
            return None

    def missed_by_somebody(self, query: str) -> None:
        self._misses.count(query)

    def asked(self, answer: Answer, milliseconds: int) -> None:
        folded = self._language.fold(answer.query[:256])
        words = [word.text for word in content_words(self._language.tokens(folded), self._language.knows)]
        self._figures.count(answer.query, answer.found, milliseconds, words)

    async def voted(self, answer_id: str, platform: str, person: str, liked: bool) -> None:
        try:
            await self._vote(answer_id, platform, person, liked)
        except StateError as error:
            log.warning("a vote could not be taken: %s", error)


PAUSE = 5.0  # seconds between two times that questions of the page are written down
LOOKS, LOOK = 20, 0.5  # how often, and after how many seconds, what was embedded is looked for


@dataclass(frozen=True, slots=True)
class FeedbackModule:
    """What handlers are given; `forget` removes every trace of a person: platform, numeric id."""

    log: InteractionLog
    unanswered: UnansweredQuestions
    aliases: AliasService
    watches: WatchService
    usage: UsageReporter
    forget: Callable[[str, str], Awaitable[None]]
    embedded: Callable[[str], None]
    acts: Mapping[str, Act]


@asynccontextmanager
async def open_feedback(
    data: Path, context: AdminContext, lookup: QueryService, links: Permalinks, sharing: Sharing | None = None
) -> AsyncIterator[FeedbackModule]:
    """Teach the aliases given in chat, go on telling what a restart broke off, and listen to reloads.

    Raises:
        StateError: the aliases cannot be read.
    """
    knowledge = context.reload_service.knowledge
    store, language = knowledge.store, knowledge.language
    state, clock, platforms = context.state, context.clock, context.platforms
    sharing = sharing or Sharing()
    pseudonyms = open_pseudonymizer(data)
    worker = OutboxWorker(state.outbox, platforms.tell, clock)
    figures = UsageRecorder(state.usage, clock)
    unanswered = UnansweredQuestions(state.questions, lookup, pseudonyms, links, clock, worker.call)
    book = AliasService(state.aliases, store, clock, context.audit_log, unanswered.look_again)
    misses = MissedQuestions(unanswered)
    fresh = partial(new_facts, knowledge.versions)
    watching = WatchService(state, lookup, fresh, links, clock, worker.call)
    await book.load()
    said = phrases(context.owners.language).admin
    acts = FeedbackActs(unanswered, misses, book, context.audit_log, said).by_name()

    async def swapped(report: ReloadReport) -> None:
        try:  # all of this may have come from a backup
            pseudonyms.rekey(await asyncio.to_thread(read_askers_key, data))
            await book.load()
        except (StateError, OSError) as error:
            log.error("aliases and key could not be read again: %s", error)
        if sharing.leads(SPEAKING):  # one of several tells; whoever leads next tells what this one did not
            context.spawn(_tell(watching, unanswered, report.version))

    def taught(_: str) -> None:
        context.spawn(_load(book))

    def embedded(version: str) -> None:
        if sharing.leads(SPEAKING):
            context.spawn(_tell_meant(watching, unanswered, lookup, version))

    async def vote(answer: str, platform: str, person: str, liked: bool) -> None:
        await state.votes.vote(answer, pseudonyms.of(platform, person), liked, clock())

    async def speaking() -> None:
        context.spawn(_tell(watching, unanswered, store.version))
        await platforms.opened.wait()
        async with worker.serving():
            await asyncio.Event().wait()

    context.reload_service.subscribe(swapped)
    sharing.subscribe(OUTBOX, lambda _: worker.call())
    sharing.subscribe(ALIASES, taught)
    async with AsyncExitStack() as stack:
        counting = periodic(
            PAUSE, misses.flush, StateError, TooSlow, what="what was asked in vain could not be written down"
        )
        await stack.enter_async_context(background(counting))
        await stack.enter_async_context(figures.serving())
        await stack.enter_async_context(background(sharing.lead(SPEAKING, speaking)))
        yield FeedbackModule(
            StoredInteractionLog(unanswered, misses, figures, language, vote),
            unanswered,
            book,
            watching,
            UsageReporter(state, figures, partial(_coverage, store)),
            partial(_forget, state, pseudonyms, platforms),
            embedded,
            acts,
        )


async def _load(book: AliasService) -> None:
    try:
        await book.load()
    except StateError as error:
        log.error("aliases could not be read again: %s", error)


async def _tell_meant(
    watching: WatchService, unanswered: UnansweredQuestions, lookup: QueryService, version: str
) -> None:
    """Tell who asked or watches what a version, embedded by now, has in other words."""
    try:
        for _ in range(LOOKS):
            coverage = await lookup.read(lambda snapshot: snapshot.coverage)
            if coverage is None or coverage.embedded == coverage.facts:
                break
            await asyncio.sleep(LOOK)
        fresh = await watching.new_since_embedded(version)
        if fresh:
            await unanswered.tell_meant(fresh)
            await watching.notify_meant(fresh)
    except (StateError, TooSlow) as error:
        log.error("readers could not be told what version %s means: %s", version, error)


async def _tell(watching: WatchService, unanswered: UnansweredQuestions, version: str) -> None:
    try:
        await unanswered.look_again()
        await watching.notify(version)
    except (StateError, TooSlow) as error:
        log.error("readers could not be told what version %s brings: %s", version, error)


def _coverage(store: SnapshotHolder) -> Coverage | None:
    with store.lease() as snapshot:
        return snapshot.coverage


async def _forget(
    state: State, pseudonyms: Pseudonymizer, platforms: PlatformRegistry, platform: str, person: str
) -> None:
    await state.erasure.forget(Person(platform, person, pseudonyms.of(platform, person)))
    await platforms.forget(platform, person)


MOST = 500
LISTED = 50


@dataclass(frozen=True, slots=True)
class FeedbackActs:
    """What the admin API and the terminal have done here."""

    questions: UnansweredQuestions
    misses: MissedQuestions
    book: AliasService
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
        await self.misses.flush()
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
            groups = await self.book.shown(by)
            return 200, {"aliases": [{"number": one.number, "names": list(one.names)} for one in groups]}
        taken = await self.book.add(by, words, self.said)
        if not taken.done:
            return 409, {"text": taken.text, "done": False}
        return 200, {"text": taken.text, "done": True, "names": list(taken.names)}

    async def unalias(self, by: str, asked: ActRequest) -> tuple[int, JsonValue]:
        """Forget the group of a `number`."""
        number = asked.get("number")
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise WrongRequest
        gone = await self.book.remove(by, str(number), self.said)
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
    book = AliasService(state.aliases, store, now, audit_log, unanswered.look_again)
    await book.load()
    return FeedbackActs(unanswered, MissedQuestions(unanswered), book, audit_log, said).by_name()


def _nobody_sends() -> None:
    """What waits in the outbox is sent by who serves next."""

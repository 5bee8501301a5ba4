"""What was not found: when two questions are one, who asked it, who waits for an answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bot.messages import Reply
from bot.query_service import QueryService, TooSlow, fact_verified, meaning_verified
from bot.rendering.answer import PINNED, alert_runs, meant_runs
from bot.rendering.fact import Permalinks
from bot.state.chats import Subscriber
from bot.state.people import Pseudonymizer
from bot.state.questions import AlertResult, PinnedAnswer, Questions, QuestionState, UnansweredQuestion
from bot.texts import phrases
from knowledge.model import Answer, Fact, Hit, MatchKind
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.snapshot import Snapshot
from knowledge.text.analyzer import Analyzer

log = logging.getLogger(__name__)

LONGEST = 256  # characters of a question that are kept


def question_key(text: str, language: Analyzer) -> str:
    """What is common to all ways of typing a question: width, case, script, marks and politeness do not count.

    Empty where there is nothing to ask for. At most 256 characters.
    """
    folded = analyse(text, Aliases(), language).text
    return _joined("".join(c if c.isalnum() else " " for c in folded).split())[:LONGEST]


def question_id(key: str) -> str:
    """The id of a question: 16 base32 characters, so that its buttons outlive its row."""
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=10).digest()
    return base64.b32encode(digest).decode("ascii").lower()


def question_text(text: str) -> str:
    """A question as it is shown to admins: on one line, printable, at most 256 characters."""
    whole = text[: 4 * LONGEST].encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())[:LONGEST]


def _joined(words: list[str]) -> str:
    """Chinese joins without spaces; between two Latin words or figures one stays."""
    joined = ""
    for word in words:
        apart = joined[-1:].isascii() and word[:1].isascii() and joined
        joined += f" {word}" if apart else word
    return joined


MOST_WAITING = 500  # questions that wait to be written down; what comes beyond is not counted
MEANT = 3  # new facts that a waiting question is told of at a time


@dataclass(frozen=True, slots=True)
class PinnedQuestion:
    """A question by its id and normalised text, and the sentence that answers it, empty while no article has it."""

    id: str
    text: str
    fact: str


class UnansweredQuestions:
    """Questions that found nothing, and those who want to be told."""

    def __init__(
        self,
        questions: Questions,
        lookup: QueryService,
        pseudonyms: Pseudonymizer,
        links: Permalinks,
        clock: Callable[[], datetime],
        told: Callable[[], None],
    ) -> None:
        """`told` is called when something new waits in the outbox."""
        self._questions = questions
        self._lookup = lookup
        self._pseudonyms = pseudonyms
        self._links = links
        self._clock = clock
        self._told = told
        self._turn = asyncio.Lock()

    async def missed(
        self, query: str, platform: str = "", asker: str | None = None, times: int = 1
    ) -> str | None:
        """Count a question, of a reader whom nobody knows where there is no `asker`; return its id.

        None where there is nothing in it to wait for.
        """
        who = None if asker is None else self._pseudonyms.of(platform, asker)
        key = await self._key(query)
        if not key:
            return None
        mine = question_id(key)
        await self._questions.missed(mine, key, question_text(query), who, self._clock(), times)
        return mine

    async def subscribe(self, question: str, subscriber: Subscriber) -> AlertResult:
        return await self._questions.subscribe(question, subscriber, self._clock())

    async def often(
        self, state: QuestionState = QuestionState.OPEN, limit: int = 10
    ) -> list[UnansweredQuestion]:
        """The questions asked most often; those that something is found for by now are settled on the way."""
        for question in await self._questions.often(state, limit):
            await self._settle(question)
        return await self._questions.often(state, limit)

    async def get(self, question: str) -> UnansweredQuestion | None:
        return await self._questions.get(question)

    async def mark(self, question: str, state: QuestionState) -> bool:
        return await self._questions.mark(question, state)

    async def near(self, question: UnansweredQuestion, limit: int) -> Sequence[Hit]:
        """The facts nearest to a question, for a person to choose from."""
        answer = await self._lookup.ask(question.text, limit)
        return (*answer.hits, *answer.related)[:limit]

    async def pin(self, question: str, fact: str) -> tuple[str, int] | None:
        """Let a fact answer a question from now on, also in the stead of another; None if the question is gone.

        Returns the question, and how many chats will be told.
        """
        asked = await self._questions.get(question)
        if asked is not None:
            await self._questions.pin(await self._key(asked.text), fact, self._clock())
            return asked.text, await self._settle(asked)
        pin = await self._pinned(question)
        if pin is None:
            return None
        await self._questions.pin(pin.key, fact, self._clock())
        return pin.key, 0

    async def unpin(self, question: str) -> str | None:
        """Take back what an admin pinned; return the question, None if there is no such thing."""
        pin = await self._pinned(question)
        if pin is None or not await self._questions.unpin(pin.key):
            return None
        return pin.key

    async def pinned_answers(self, limit: int) -> list[PinnedQuestion]:
        """What admins pinned, the latest first."""
        latest = (await self._questions.pinned_answers())[:limit]

        def read(snapshot: Snapshot) -> list[PinnedQuestion]:
            facts = [snapshot.fact(pin.fact) for pin in latest]
            return [
                PinnedQuestion(question_id(pin.key), pin.key, fact.text if fact else "")
                for pin, fact in zip(latest, facts, strict=True)
            ]

        return await self._lookup.read(read)

    async def answer(self, query: str, limit: int) -> Answer:
        """Answer a query, by the fact an admin pinned where nothing else is found.

        Raises:
            TooSlow: the budget is spent.
        """
        answer = await self._lookup.ask(query, limit)
        return answer if answer.found else await self.pinned(answer)

    async def pinned(self, answer: Answer) -> Answer:
        """Put the fact that an admin pinned into an answer that found nothing."""
        key = await self._key(answer.query)
        fact = await self._questions.pinned(key) if key else None
        if fact is None:
            return answer
        return await self._lookup.read(lambda snapshot: with_fact(answer, snapshot, fact))

    async def look_again(self) -> int:
        """Settle every awaited question that something is found for by now; return how many chats will be told."""
        async with self._turn:
            return sum([await self._settle(question) for question in await self._questions.awaited()])

    async def tell_meant(self, fresh: Sequence[Fact]) -> int:
        """Tell who waits for an answer which new facts mean what was asked; the question stays; how many are told."""
        told = 0
        async with self._turn:
            for question in await self._questions.awaited():
                found = await self._lookup.read(partial(meaning_verified, words=question.text, facts=fresh))
                if found:
                    hits = [Hit(fact, 0.0, MatchKind.MEANING) for fact in found[:MEANT]]
                    say = partial(self._hint, question.text, hits)
                    told += await self._questions.hint(question.id, say, self._clock())
        if told:
            self._told()
        return told

    def _hint(self, text: str, hits: Sequence[Hit], subscriber: Subscriber) -> Reply:
        return Reply(list(meant_runs({text: hits}, phrases(subscriber.language), self._links)))

    async def _settle(self, question: UnansweredQuestion) -> int:
        try:
            answer = await self.answer(question.text, 3)
        except TooSlow:
            log.warning("an unanswered question was too slow to look up again")
            return 0
        if not answer.found:
            return 0

        def say(subscriber: Subscriber) -> Reply:
            return Reply(list(alert_runs(question.text, answer, phrases(subscriber.language), self._links)))

        told = await self._questions.resolve(question.id, say, self._clock())
        if told:
            self._told()
        return told

    async def _pinned(self, question: str) -> PinnedAnswer | None:
        every = await self._questions.pinned_answers()
        return next((one for one in every if question_id(one.key) == question), None)

    async def _key(self, query: str) -> str:
        return await self._lookup.read(lambda snapshot: question_key(query, snapshot.language))


class MissedQuestions:
    """What readers of the page and the API asked in vain, without who, until it is written down.

    A crawler may ask hundreds in a second; written one by one they would hold up whoever votes or watches.
    """

    def __init__(self, unanswered: UnansweredQuestions) -> None:
        self._unanswered = unanswered
        self._times: Counter[str] = Counter()

    def count(self, query: str) -> None:
        text = question_text(query)
        if text in self._times or len(self._times) < MOST_WAITING:
            self._times[text] += 1

    async def flush(self) -> None:
        """Write down what was counted; what cannot be written is kept for the next time.

        Raises:
            StateError: it cannot be written.
            TooSlow: the snapshot takes too long.
        """
        while self._times:
            query = next(iter(self._times))
            await self._unanswered.missed(query, times=self._times[query])
            del self._times[query]


def with_fact(answer: Answer, snapshot: Snapshot, fact_id: str) -> Answer:
    """Let one fact answer, if the snapshot has and proves it."""
    if (fact := fact_verified(snapshot, fact_id)) is None:
        return answer
    hit = Hit(fact, 1.0, MatchKind.ALIAS, why=PINNED)
    rest = tuple(other for other in answer.related if other.fact.id != fact_id)
    return replace(answer, found=True, confidence=max(answer.confidence, 0.5), hits=(hit,), related=rest)

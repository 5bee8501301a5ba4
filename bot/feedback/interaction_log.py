"""The conversation's memory over the shared state."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.errors import StateError
from bot.feedback.questions import MissedQuestions, UnansweredQuestions
from bot.feedback.usage import UsageRecorder
from bot.ports import InteractionLog
from bot.query_service import TooSlow
from bot.state.people import Pseudonymizer
from bot.state.questions import Votes
from knowledge.model import Answer
from knowledge.text.analyzer import Analyzer, content_words

log = logging.getLogger(__name__)


class StoredInteractionLog(InteractionLog):
    """Keeps it; a state that cannot be written is logged, and answers go on."""

    def __init__(
        self,
        unanswered: UnansweredQuestions,
        misses: MissedQuestions,
        figures: UsageRecorder,
        votes: Votes,
        pseudonyms: Pseudonymizer,
        language: Analyzer,
        clock: Callable[[], datetime],
    ) -> None:
        self._unanswered = unanswered
        self._misses = misses
        self._figures = figures
        self._votes = votes
        self._pseudonyms = pseudonyms
        self._language = language
        self._clock = clock

    async def pointed(self, answer: Answer) -> Answer:
        """Put in the fact that an admin pointed to, where nothing else was found."""
        try:
            return await self._unanswered.pinned(answer)
        except (StateError, TooSlow) as error:
            log.warning("what admins pointed to cannot be read: %s", error)
            return answer

    async def missed(self, query: str, platform: str, person: str) -> str | None:
        """Count a question that found nothing; return its id if one can wait for it."""
        try:
            return await self._unanswered.missed(query, platform, person)
        except (StateError, TooSlow) as error:
            log.warning("an unanswered question could not be counted: %s", error)
            return None

    def missed_by_somebody(self, query: str) -> None:
        """Count a question that found nothing, of a reader whom nobody knows."""
        self._misses.count(query)

    def asked(self, answer: Answer, milliseconds: int) -> None:
        """Count a question and how long it took."""
        folded = self._language.fold(answer.query[:256])
        words = [word.text for word in content_words(self._language.tokens(folded))]
        self._figures.count(answer.query, answer.found, milliseconds, words)

    async def voted(self, answer_id: str, platform: str, person: str, liked: bool) -> None:
        """Take a vote on an answer."""
        who = self._pseudonyms.of(platform, person)
        try:
            await self._votes.vote(answer_id, who, liked, self._clock())
        except StateError as error:
            log.warning("a vote could not be taken: %s", error)

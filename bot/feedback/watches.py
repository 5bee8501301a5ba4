"""Watches: what a chat wants to hear of, and one digest a reload of what is new about it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

from bot.feedback.questions import question_key, question_text
from bot.messages import Chat, Reply
from bot.query_service import QueryService, meaning_verified
from bot.rendering.answer import digest_runs, meant_runs
from bot.rendering.fact import Permalinks
from bot.state.chats import TOLD_VERSION, News, Subscriber, Watch, WatchResult
from bot.state.state import State
from bot.texts import phrases
from knowledge.errors import SnapshotDamaged
from knowledge.model import Fact, Hit, MatchKind
from knowledge.query.aliases import Range
from knowledge.query.analysis import Watched, read_watched
from knowledge.search.matching import Readable, merged
from knowledge.snapshot import Snapshot

log = logging.getLogger(__name__)

MEANT = "meant_version"
MOST_MEANT = 3  # facts a word is told of that only mean the same
AT_ONCE = 20  # digests in one transaction: answers are written down in between


Fresh = Callable[[str, str], Iterable[Sequence[Fact]]]
"""Yields the facts that the second of two versions has and the first has not; raises `SnapshotDamaged`."""

Wanted: TypeAlias = "tuple[Watch, Watched]"


@dataclass(frozen=True, slots=True)
class WatchMatch:
    """A new fact that a watch is about."""

    watch: Watch
    fact: Fact
    places: tuple[Range, ...]


class WatchService:
    """Keeps watches, and tells each of them every new fact once."""

    def __init__(
        self,
        state: State,
        lookup: QueryService,
        fresh: Fresh,
        links: Permalinks,
        clock: Callable[[], datetime],
        told: Callable[[], None],
    ) -> None:
        """`told` is called when something new waits in the outbox."""
        self._watches = state.watches
        self._progress = state.checkpoints
        self._lookup = lookup
        self._fresh = fresh
        self._links = links
        self._clock = clock
        self._told = told
        self._turn = asyncio.Lock()

    async def keep(self, subscriber: Subscriber, words: str) -> WatchResult | None:
        """Watch some words; None where there is nothing in them to look for."""

        def read(snapshot: Snapshot) -> tuple[Watched | None, str]:
            watched = read_watched(words, snapshot.aliases, snapshot.language)
            return watched, question_key(words, snapshot.language)

        watched, key = await self._lookup.read(read)
        if watched is None or not key:
            return None
        return await self._watches.keep(subscriber, question_text(words), key, self._clock())

    async def of(self, chat: Chat) -> list[Watch]:
        return await self._watches.of(chat)

    async def drop(self, chat: Chat, watch_id: str) -> bool:
        return await self._watches.drop(chat, watch_id)

    async def notify(self, version: str) -> int:
        """Tell what `version`, which serves, has that the version told last has not; return how many digests.

        Killed in the middle, it is done over at the next start, and nobody is told twice. An older version that
        serves again brings no news.
        """
        async with self._turn:
            last = await self._progress.get(TOLD_VERSION)
            digests = 0
            if last is not None and last < version:
                digests = await self._tell(last, version)
            if last != version:
                await self._progress.set(TOLD_VERSION, version)
            return digests

    async def new_since_embedded(self, version: str) -> list[Fact]:
        """The facts that `version`, embedded by now, has and the one embedded before has not; each time but once."""
        async with self._turn:
            last = await self._progress.get(MEANT)
            if last != version:
                await self._progress.set(MEANT, version)
        if last is None or last >= version:
            return []
        try:
            return await asyncio.to_thread(
                lambda: [fact for some in self._fresh(last, version) for fact in some]
            )
        except SnapshotDamaged as error:
            log.warning("watchers hear nothing of version %s: %s", version, error)
            return []

    async def notify_meant(self, fresh: Sequence[Fact]) -> int:
        """Tell each watch the new facts that mean the same in other words; return how many digests.

        A watch hears of a fact once, by its words or by its meaning.
        """
        async with self._turn:
            watches = await self._watches.all()
            words_of = {watch.id: watch.words for watch in watches}
            meant: list[WatchMatch] = []
            for words in dict.fromkeys(words_of.values()):
                facts = await self._lookup.read(partial(meaning_verified, words=words, facts=fresh))
                mine = [watch for watch in watches if watch.words == words]
                meant += [WatchMatch(watch, fact, ()) for watch in mine for fact in facts[:MOST_MEANT]]
            told = {one.fact.id: one for one in meant}

            def say(news: News) -> Reply:
                spoken = phrases(news.subscriber.language)
                return Reply(list(meant_runs(_by_word(news, words_of, told), spoken, self._links)))

            digests = await self._watches.tell(_by_chat(meant), say, self._clock()) if meant else 0
        if digests:
            self._told()
        return digests

    async def _tell(self, last: str, version: str) -> int:
        watches = await self._watches.all()
        if not watches:
            return 0
        wanted = await self._lookup.read(lambda snapshot: _wanted(watches, snapshot))
        try:
            notified = await asyncio.to_thread(self._notice, wanted, last, version)
        except SnapshotDamaged as error:
            log.warning("watchers hear nothing of version %s: %s", version, error)
            return 0
        facts = {one.fact.id: one for one in notified}
        words = {watch.id: watch.words for watch in watches}

        def say(news: News) -> Reply:
            spoken = phrases(news.subscriber.language)
            return Reply(list(digest_runs(_by_word(news, words, facts), spoken, self._links)))

        news = _by_chat(notified)
        digests = 0
        for first in range(0, len(news), AT_ONCE):
            digests += await self._watches.tell(news[first : first + AT_ONCE], say, self._clock())
            self._told()
        return digests

    def _notice(self, wanted: Sequence[Wanted], last: str, version: str) -> list[WatchMatch]:
        notified: list[WatchMatch] = []
        for facts in self._fresh(last, version):
            notified += _matching(wanted, facts)
        return notified


def _wanted(watches: Iterable[Watch], snapshot: Snapshot) -> list[Wanted]:
    read = {
        w: read_watched(w, snapshot.aliases, snapshot.language) for w in {watch.words for watch in watches}
    }
    return [(watch, watched) for watch in watches if (watched := read[watch.words])]


def _matching(wanted: Sequence[Wanted], facts: Iterable[Fact]) -> Iterable[WatchMatch]:
    for fact in facts:
        occurrences = Readable(fact.text).occurrences
        for watch, watched in wanted:
            if (places := watched.places(occurrences)) is not None:
                yield WatchMatch(watch, fact, merged(places))


def _by_chat(notified: Iterable[WatchMatch]) -> list[News]:
    listeners: dict[Chat, Subscriber] = {}
    pairs: dict[Chat, list[tuple[str, str]]] = {}
    for one in notified:
        subscriber = one.watch.subscriber
        listeners.setdefault(subscriber.chat, subscriber)
        pairs.setdefault(subscriber.chat, []).append((one.watch.id, one.fact.id))
    return [News(subscriber, tuple(pairs[chat])) for chat, subscriber in listeners.items()]


def _by_word(news: News, words: dict[str, str], facts: dict[str, WatchMatch]) -> dict[str, list[Hit]]:
    """The facts under the first word of the chat that they are about: no fact stands twice in a digest."""
    seen: set[str] = set()
    found: dict[str, list[Hit]] = {}
    for watch, fact in news.pairs:
        if fact not in seen:
            seen.add(fact)
            one = facts[fact]
            found.setdefault(words[watch], []).append(Hit(one.fact, 1.0, MatchKind.WORDS, one.places))
    return found

"""Free text and inline queries: a query goes in, a cited reply with buttons comes out."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.handlers.answer_buttons import FACT, AnswerPages, ranking
from bot.messages import (
    Button,
    Chat,
    ChatType,
    InlineAnswer,
    InlineQuery,
    InlineResult,
    Message,
    Reply,
    Run,
    Sender,
    text_reply,
)
from bot.ports import AnswerSession, Interactions, Preference
from bot.query_service import QueryService, ask_verified, fact_verified, in_library
from bot.rendering.answer import answer_runs, heading_runs, hint_runs, nearest_hits, shown_query
from bot.rendering.fact import Permalinks, citation, marked_runs, shown_marks
from bot.texts import Phrases, phrases
from knowledge.model import Answer, Hit, MatchKind
from knowledge.snapshot import Snapshot

ALERT = "hope"
LONGEST_ASK = 18  # hanzi on a button that asks: its data takes 64 bytes
LONGEST_LABEL = 24
_NO_PREFERENCE = Preference()


LIMIT = 30
FACT_ID = "[a-z2-7]{13}"
FURTHER = " more:"  # begins one that asks what else there is beside what was told
AFRESH = " new:"  # stands where a talk was begun anew: what comes after follows from nothing before
FOLLOWING = timedelta(minutes=30)  # how long after an answer a question may follow from it
ANSWERED = 50  # the latest answers of a group among which the one that is replied to is looked for
QUOTED = 24  # characters of a fact by which the answer that names it is known again
INLINE_PAGE = 20
DEEPEST = 100
CACHE_SECONDS = 60
ASK = "ask"  # begins the data of a button that asks what stands on it


class AnswerHandler:
    """Asks, remembers what was shown, and draws pages of it."""

    def __init__(self, lookup: QueryService, interactions: Interactions, links: Permalinks) -> None:
        self._lookup = lookup
        self._interactions = interactions
        self._links = links

    async def answer(
        self,
        query: str,
        chat: Chat,
        sender: Sender,
        said: Phrases,
        preference: Preference = _NO_PREFERENCE,
        replied_to: str | None = None,
    ) -> Reply:
        """Reply to a query with its first page, as the chat prefers it; `replied_to` is the text it replies to.

        In private a question follows from the one before; in a group from that whose answer it replies to. Nothing
        asked in a reply asks the text that is replied to.
        """
        query = query.strip() or (replied_to or "").strip()
        if not query:
            return text_reply(said.nothing_asked)
        begun = time.perf_counter()
        context = await self._before(chat, sender, replied_to)
        answer, version = await self._ask(in_chosen_library(preference.library, query), context)
        if answer.understood:
            query = (FURTHER if answer.skipped else "") + answer.understood
        else:
            query = in_chosen_library(preference.library, query)
        self._interactions.asked(answer, begun, chat.platform)
        log = self._interactions.log
        missed = None if answer.found else await log.missed(query, chat.platform, sender.id)
        helping, rows = await self._hints(answer, query, said)
        if missed:
            rows = [*rows, (Button(said.feedback.tell_me, f"{ALERT}:{missed}"),)]
        if not ranking(answer):
            return Reply([*answer_runs(answer, said), *helping], rows)
        shown = await self._shown_to(chat, sender, query, answer, version)
        reply = AnswerPages(answer, chat.type, said, self._links, preference.facts).first(shown)
        return replace(reply, runs=[*reply.runs, *helping], buttons=[*reply.buttons, *rows])

    async def begin_anew(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/new`: what is asked next follows from nothing before; words behind it are asked at once."""
        chat, sender = message.chat, message.sender
        await self._interactions.shown(AFRESH, chat.platform, chat.id, sender.id)
        return [await self.answer(words, chat, sender, said) if words else text_reply(said.talk.new)]

    async def compare(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/compare`: what each library says of something, side by side."""
        if not words:
            return [text_reply(said.talk.compare_how)]
        return [await self.answer(f"各库怎么说{words}", message.chat, message.sender, said)]

    async def _before(self, chat: Chat, sender: Sender, replied_to: str | None) -> Sequence[str]:
        """The question that this one may follow from."""
        if chat.type is ChatType.PRIVATE:
            latest = await self._interactions.sessions.latest(chat.platform, chat.id, sender.id)
            recent = [one for one in latest if self._interactions.clock() - one.created <= FOLLOWING]
            return [asked for one in recent if (asked := _asked(one))]
        if not replied_to:
            return []
        answers = await self._interactions.sessions.latest(chat.platform, chat.id, None, ANSWERED)
        text = "".join(replied_to.split())

        def named(snapshot: Snapshot) -> AnswerSession | None:
            for one in answers:
                first = snapshot.fact(one.facts[0]) if one.facts else None
                if first is not None and "".join(first.text.split())[:QUOTED] in text:
                    return one
            return None

        found = await self._lookup.read(named)
        return [asked] if found and (asked := _asked(found)) else []

    async def _hints(
        self, answer: Answer, query: str, said: Phrases
    ) -> tuple[Sequence[Run], Sequence[Sequence[Button]]]:
        """What helps where nothing was found: lines, and buttons that lead on."""
        if answer.found or answer.close or query.startswith(" "):
            return [], []
        hints = await self._lookup.read(lambda snapshot: snapshot.hints(query))
        spellings = [Button(word, f"{ASK}:{word}") for word in answer.suggestions if len(word) <= LONGEST_ASK]
        articles = [
            [Button(article.title.text[:LONGEST_LABEL], f"article:{article.id}.0")]
            for article in hints.articles
        ]
        return list(hint_runs(hints, said)), [*([spellings] if spellings else []), *articles]

    async def start(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/start`, and what a deep link puts behind it: a fact; anything else is not ours, and means a welcome."""
        if not re.fullmatch(FACT_ID, words):
            return [text_reply(said.start)]
        answer, version = await self._ask(FACT + words)
        if not answer.found:
            return [text_reply(said.fact_gone)]
        shown = await self._shown_to(message.chat, message.sender, FACT + words, answer, version)
        return [AnswerPages(answer, message.chat.type, said, self._links).first(shown)]

    async def again(self, shown: AnswerSession) -> tuple[Answer, AnswerSession]:
        """Ask a shown query once more; it is another shown answer where its facts are no longer the same."""
        answer, version = await self._ask(shown.query)
        if _fact_ids(answer) == shown.facts:
            return answer, shown
        where = (shown.platform, shown.chat, shown.asker)
        return answer, await self._interactions.shown(shown.query, *where, version, _fact_ids(answer))

    async def _ask(self, query: str, context: Sequence[str] = ()) -> tuple[Answer, str]:
        answer, version = await self._lookup.read(lambda s: (_answered(s, query, context), s.version))
        return answer if answer.found else await self._interactions.log.pinned(answer), version

    async def _shown_to(
        self, chat: Chat, sender: Sender, query: str, answer: Answer, version: str
    ) -> AnswerSession:
        where = (chat.platform, chat.id, sender.id)
        return await self._interactions.shown(query, *where, version, _fact_ids(answer))

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        """One page of facts; an empty query shows how, and finding nothing is a result that says so.

        Always personal: the citation is in the asker's language.
        """
        said = phrases(query.sender.language)
        if not query.text.strip():
            return _one(said.inline_how, said.inline_how_more, text_reply(said.start), "how")
        at = first_of(query.offset)
        answer = await self._lookup.ask(query.text, at + INLINE_PAGE + 1)
        if not answer.found and not answer.close:
            title = said.nothing_found.format(shown_query(query.text))
            return _one(title, said.inline_how_more, Reply(list(heading_runs(answer, said))[:1]), "none")
        close = tuple(hit for hit in answer.related if hit.rung is MatchKind.MEANING)
        hits = (*answer.hits, *close) if answer.found else nearest_hits(answer)
        more = len(hits) > at + INLINE_PAGE and at + INLINE_PAGE < DEEPEST
        results = [
            _result(hit, answer.answer if not at and not n else None, said, self._links)
            for n, hit in enumerate(hits[at : at + INLINE_PAGE])
        ]
        return InlineAnswer(results, str(at + INLINE_PAGE) if more else "", CACHE_SECONDS, personal=True)


def _fact_ids(answer: Answer) -> tuple[str, ...]:
    return tuple(hit.fact.id for hit in ranking(answer))


def in_chosen_library(library: str | None, query: str) -> str:
    """A query in the library that a chat has chosen, if it names none itself."""
    return query if re.search("库[:：]|各个?库", query) else in_library(library, query)


def _asked(shown: AnswerSession) -> str:
    """What somebody asked who may ask further; nothing where a link or a new beginning stands."""
    query = shown.query.removeprefix(FURTHER)
    return "" if query.startswith(" ") else query


def _answered(snapshot: Snapshot, query: str, context: Sequence[str] = ()) -> Answer:
    """Ask; a query that is a fact's name is answered by that fact, one for more by what was not told."""
    if query.startswith(FURTHER):
        asked = query.removeprefix(FURTHER)
        return ask_verified(snapshot, "还有呢", LIMIT, [asked])
    if not query.startswith(FACT):
        return ask_verified(snapshot, query, LIMIT, context)
    if (fact := fact_verified(snapshot, query.removeprefix(FACT))) is None:
        return Answer(query, False, 0.0, None)
    return Answer(query, True, 1.0, None, (Hit(fact, 1.0, MatchKind.PHRASE),))


def first_of(offset: str) -> int:
    """Where a page begins; an offset that we did not give out is the first."""
    at = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 5 else 0
    return at if at < DEEPEST and at % INLINE_PAGE == 0 else 0


def _result(hit: Hit, answer: str | None, said: Phrases, links: Permalinks) -> InlineResult:
    marks = shown_marks(hit.fact.text, hit.matched, answer)
    runs = [*marked_runs(hit.fact.text, marks), Run("\n"), citation(hit.fact, said, links)]
    title = answer or hit.fact.article.title.text
    if hit.rung is MatchKind.MEANING:
        runs.insert(0, Run(f"【{said.close_mark}】\n"))
        title = f"【{said.close_mark}】{title}"
    return InlineResult(hit.fact.id, title, hit.fact.text, Reply(runs))


def _one(title: str, description: str, reply: Reply, result_id: str) -> InlineAnswer:
    return InlineAnswer(
        [InlineResult(result_id, title, description, reply)], "", CACHE_SECONDS, personal=True
    )

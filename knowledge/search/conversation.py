"""Answers that need more than one lookup: after other questions, in every library, and what helps where nothing is found.

Beside them: what else is told of the same as a fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from knowledge.model import Answer, Article, Browse, Facet, Fact, Hit, Listing
from knowledge.query.analysis import Analyse, Query, questions_of
from knowledge.query.context import Leaning, Understood, understand
from knowledge.query.question import QuestionType
from knowledge.search.ask import joined, rank
from knowledge.search.corpus import Array, Corpus
from knowledge.search.ranking import FEATURES, with_title_character_coverage
from knowledge.search.semantic import ALIKE, TOLD_BY_CHANCE, Meanings, is_meant
from knowledge.search.terms import Lexicon
from knowledge.text.analyzer import Analyzer
from knowledge.text.folding import fold

Ask = Callable[[str], Answer]

MOST_CONTEXT = 5
"""Questions before this one that are looked at."""
SHOWN = 3
"""Facts that were shown of an answer without a short one, before 还有呢 asks for more."""
MOST_LIBRARIES = 12
OF_EACH = 3
NEAR_TITLES = 3
LONGEST_FILTER = 64
_BY_THE_ARTICLES = (Leaning.MARKED, Leaning.BARE, Leaning.OPEN)

_ACROSS = re.compile(
    r"(?P<about>.*?)[,，\s]*各个?库(?:里面?|中)?(?:都|分别|各自)?(?:是)?(?:怎么|如何|怎样)?(?:说|讲|写|提|提到|看待)?"
    r"(?:的|了)?(?:什么|哪些|些什么)?[:,，\s]*(?P<of>.*?)[?？。\s]*"
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What helps where nothing was found.

    `missing` are the words of the question that no article holds, `rest` what is left of it, with its filter, and `held`
    how many articles of which library are about that, `total` how many in all. `articles` are the first of them.
    """

    missing: tuple[str, ...] = ()
    rest: str = ""
    held: tuple[Facet, ...] = ()
    total: int = 0
    articles: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Answers questions after others: what one leaves out is taken from the one before it.

    What it may mean is looked for by `glance`, a quicker `ask`. What is meant is rather told by the article that answered
    before than by another one.
    """

    ask: Ask
    glance: Ask
    analyse: Analyse
    language: Analyzer
    limit: int

    def answer(self, query: str, context: Sequence[str] = ()) -> Answer:
        """Answer a question after those of `context`, the oldest first; of several at once each follows from those before."""
        if not (asked := questions_of(query, self.analyse)):
            return self._answer(query, context)
        marks = self.analyse(query).only.marks
        pieces = [one if self.analyse(one).only else marks + one for one in asked]
        told = [self._answer(one, (*context, *pieces[:at])) for at, one in enumerate(pieces)]
        return joined(query, list(zip(asked, told, strict=True)), self.limit)

    def _answer(self, query: str, context: Sequence[str]) -> Answer:
        last = ""
        for asked in [one for one in context if one.strip()][-MOST_CONTEXT:]:
            meant = self._understood(asked, last)
            if meant.leaning in _BY_THE_ARTICLES:
                last = self._told(asked, meant, last, self.glance)[1]
            elif meant.leaning is not Leaning.MORE:
                last = asked
        meant = self._understood(query, last)
        match meant.leaning:
            case Leaning.NONE:
                return self.ask(query)
            case Leaning.MORE:
                return further(query, self.ask(last), last)
            case Leaning.ARTICLE:
                text = _within_article(meant.text, self.ask(last).hits) or query
                return self._as(text, query, self.ask(text))
            case _:
                return self._told(query, meant, last, self.ask)[0]

    @staticmethod
    def _as(text: str, query: str, answer: Answer) -> Answer:
        """An answer to a query that was understood as a text."""
        return answer if text == query else replace(answer, query=query, understood=text)

    def _understood(self, query: str, last: str) -> Understood:
        if not last:
            return Understood(query, Leaning.NONE)
        return understand(query, last, self.analyse, self.language)

    def _told(self, query: str, meant: Understood, last: str, ask: Ask) -> tuple[Answer, str]:
        """Answer what a question means, and tell what the next one follows from."""
        marks = (self.analyse(query).only or self.analyse(last).only).marks
        texts = [marks + text for text in (meant.text, *meant.others)]
        if meant.leaning is Leaning.OPEN:
            texts = [query if text == texts[0] else text for text in texts[1:]]
        topic = texts[0]
        before = _shown(self.glance(last))[:SHOWN]
        same = {hit.fact.article.id for hit in before}
        within = _within_article(meant.own, before)

        def is_of_the_same(answer: Answer) -> bool:
            return any(hit.fact.article.id in same for hit in _shown(answer)[:1])

        told: dict[str, Answer] = {}
        refused = False  # then only its own words are tried: one of many readings is found by chance
        for text in filter(None, (*texts, within)):
            told[text] = self.glance(text)
            if told[text].found and is_of_the_same(told[text]) and (text == query or not refused):
                if (answer := ask(text)).found:
                    return self._as(text, query, answer), topic if text in (query, within) else text
                refused = True
        near = [text for text in texts if text != query and is_of_the_same(told[text])]
        likeliest = max(near, key=lambda text: told[text].confidence, default="")
        if likeliest and not refused and (answer := ask(likeliest)).found and is_of_the_same(answer):
            return self._as(likeliest, query, answer), likeliest
        if not meant.sure:
            topic = max(texts, key=len)  # which binds most
        depends = told[topic].found or meant.leaning is Leaning.MARKED
        text = topic if depends or not self._is_apart(query, told.get(within)) else query
        return self._as(text, query, ask(text)), topic

    def _is_apart(self, query: str, before: Answer | None) -> bool:
        """Tell whether a question is of something else: told by one article at most, and in no word by that before."""
        words = [word.text for word in self.analyse(query).words if len(word.text) > 1]
        nouns = [
            token for token in self.language.tokens(query) if token.tag[:1] == "n" and token.text in words
        ]

        def held(answer: Answer, enough: Callable[[Iterable[bool]], bool]) -> set[str]:
            facts = (
                (hit.fact.article.id, self.language.fold(hit.fact.text))
                for hit in (*answer.hits, *answer.related)
            )
            return {article for article, text in facts if enough(word in text for word in words)}

        if not nouns or (before and held(before, any)):
            return False
        return len(held(self.glance(query), all)) <= 1


def _shown(answer: Answer) -> Sequence[Hit]:
    """The facts that answer, or else what is nearest."""
    return answer.hits or answer.related


def further(query: str, answer: Answer, understood: str) -> Answer:
    """Return an answer without what was shown of it at first: what else there is."""
    shown = min(len(answer.hits), 1 if answer.answer else SHOWN)
    rest = answer.hits[shown:]
    return replace(
        answer,
        query=query,
        found=bool(rest),
        answer=None,
        answers=(),
        hits=rest,
        suggestions=(),
        close=False,
        understood=understood,
        skipped=shown,
    )


def _within_article(rest: str, hits: Sequence[Hit]) -> str:
    """A query in the article of the first hit; empty where there is none."""
    if not hits or not rest:
        return ""
    title = max(hits[0].fact.article.title.text.split(), key=len)[:LONGEST_FILTER]
    return f"文:{title} {rest}"


def asked_across(query: str) -> str | None:
    """Return what a question asks of every library (各库怎么说加装电梯), or None where it asks no such thing."""
    match = _ACROSS.fullmatch(fold(query).strip())
    if match is None:
        return None
    return (match["of"] or match["about"]).strip() or None


def answer_across(query: str, about: str, libraries: Sequence[Facet], ask: Ask) -> Answer:
    """Answer in every library that has something to say: first the best of each, then the second, and so on."""
    hits: list[Sequence[Hit]] = []
    related: list[Sequence[Hit]] = []
    best = 0.0
    for library in libraries[:MOST_LIBRARIES]:
        answer = ask(f"库:{library.name} {about}")
        if answer.found:
            hits.append(answer.hits[:OF_EACH])
        else:
            related.append(answer.related[:OF_EACH])
        best = max(best, answer.confidence)
    return Answer(query, bool(hits), best, None, _by_turns(hits), _by_turns(related))


def _by_turns(rows: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    return tuple(hit for turn in zip_longest(*rows) for hit in turn if hit is not None)


def hints(query: Query, corpus: Corpus, browse: Callable[[Browse], Listing]) -> Hints:
    """Say which words of a question no article holds, and what the articles hold on the rest.

    Of an author that it names, what they wrote; of a filter alone, what it lets through.
    """
    lexicon = Lexicon(corpus)
    only, authors = query.only, corpus.authors_in(query.text)
    if authors or (only and query.is_empty):
        only = replace(only, authors=(*only.authors, *authors))
        about = browse(Browse(only=only, most=NEAR_TITLES))
        return replace(_about(only.marks, about), rest=only.marks.strip())
    words = [word.text for word in query.words if len(word.text) > 1]
    if query.type is QuestionType.FIGURE:  # 600 of 8,600万元 is no word, and 74 of 74座 tells no article
        whole = query.text[: query.question.start]
        return Hints(missing=() if lexicon.holds(whole) else (whole,))
    missing = tuple(dict.fromkeys(word for word in words if not lexicon.holds(word)))
    common = [word for word in dict.fromkeys(words) if word not in missing]
    about, rest = Listing(0, ()), ""
    while common and not about.total:  # what no article is about as a whole, without its rarest word
        rest = " ".join(common)
        about = browse(Browse(rest, only, most=NEAR_TITLES))
        common.remove(min(common, key=lexicon.frequency))
    return replace(_about(only.marks + rest, about), missing=missing)


def _about(words: str, about: Listing) -> Hints:
    held = tuple(one for one in about.libraries if one.count)[:MOST_LIBRARIES] if about.total else ()
    articles = tuple(one.article for one in about.articles)
    return Hints(rest=words if about.total else "", held=held, total=about.total, articles=articles)


SHARED = 0.5
"""The part of a fact's characters that says the same where there is no meaning to go by."""
_HELD = FEATURES.index(with_title_character_coverage)


def related(
    fact: Fact,
    analyse: Analyse,
    corpus: Corpus,
    language: Analyzer,
    limit: int,
    meanings: Meanings | None = None,
) -> tuple[Fact, ...]:
    """Return at most `limit` facts, best first, those of other articles before those of its own."""
    number = corpus.number_of(fact.id)
    query = analyse(fact.text)
    if number is None or query.is_empty:
        return ()
    meaning = None if meanings is None else meanings.like(number)
    ranked = rank(query, None, corpus, language, meaning)
    if ranked is None:
        return ()
    pool = ranked.pool
    same = ranked.features[:, _HELD] >= SHARED if meaning is None else pool.meaning >= ALIKE
    same &= pool.rows != number
    order: Array = np.flatnonzero(same)
    own = pool.articles[order] == corpus.columns.articles[number]
    order = order[np.lexsort((-ranked.scores[order], own))]
    found: dict[str, Fact] = {}
    for other in corpus.facts_at(corpus.columns.keys[pool.rows[order[: 3 * limit]]].tolist()):
        if other.text != fact.text:
            found.setdefault(other.text, other)
    return tuple(found.values())[:limit]


def meant_facts(
    query: str, facts: Sequence[Fact], analyse: Analyse, corpus: Corpus, meanings: Meanings
) -> tuple[Fact, ...]:
    """Return those of the facts that mean what a query says, the most alike first; none where it cannot be told."""
    meaning = meanings.of(analyse(query).text)
    numbers = [corpus.number_of(fact.id) for fact in facts]
    known = [(number, fact) for number, fact in zip(numbers, facts, strict=True) if number is not None]
    if meaning is None or not known:
        return ()
    likeness = meaning.likeness(np.array([number for number, _ in known])).tolist()
    meant = [
        (-how, at) for at, how in enumerate(likeness) if is_meant(how, len(corpus.columns), TOLD_BY_CHANCE)
    ]
    return tuple(known[at][1] for _, at in sorted(meant))

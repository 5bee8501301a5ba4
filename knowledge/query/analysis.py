"""The one analysis of a query that every rung of the ladder and the short answer share."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from knowledge.query.aliases import Aliases, Expansion
from knowledge.query.operators import Filter, read_operators
from knowledge.query.question import Question, QuestionType, read_question
from knowledge.text.analyzer import Analyzer, Token, content_words
from knowledge.text.numbers import Quantity, number_keys, quantities

LONGEST_QUERY = 256
"""Characters of a query that are read; the rest is not looked at."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked.

    `original` is as typed; `text` is folded, without operators, at most 256 characters, and what every offset here
    refers to. `core` is `text` without question words and politeness: what to search for. `keywords` are the
    space-separated parts of `core`. `phrases` were quoted, facts with `excluded` are not wanted, `titles` say
    where to look, `only` of which articles. `words` are the content words in order. `number_keys` compare figures in any writing. `latin`
    are runs of ASCII letters, perhaps pinyin.
    """

    original: str
    text: str
    core: str
    keywords: tuple[str, ...]
    question: Question
    words: tuple[Token, ...]
    quantities: tuple[Quantity, ...]
    number_keys: tuple[str, ...]
    latin: tuple[str, ...]
    expansions: tuple[Expansion, ...]
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]
    titles: tuple[str, ...]
    only: Filter

    @property
    def type(self) -> QuestionType:
        """The kind of answer asked for."""
        return self.question.type

    @property
    def is_one_word(self) -> bool:
        """A single key word: nothing is asked of it that a few words could answer."""
        return self.type is QuestionType.NONE and len(self.keywords) < 2

    @property
    def is_empty(self) -> bool:
        """Nothing to look for: blank, or only marks and stop words."""
        return not (self.words or self.titles or self.number_keys or self.expansions)


_LATIN = re.compile(r"[a-z][a-z'’]*[a-z]|[a-z]")
_POLITE = re.compile(
    r"^(?:请问一下|请问|我想知道|想知道|我想问一下|我想问|想问一下|想问|请告诉我|告诉我|帮我查一下|帮我查|查一下|查询一下|查询|麻烦|你知道|谁知道(?=.{4,}))+|"
    r"(?:呢|啊|呀|嘛|吧)?[?!。,\s]*$"
)


def analyse(text: str, aliases: Aliases, language: Analyzer) -> Query:
    """Read a query; defined for every string, in time bounded by the 256 characters that are read."""
    folded = " ".join(_visible(language.fold(text[: 4 * LONGEST_QUERY])).split())[:LONGEST_QUERY]
    operators = read_operators(folded.replace("甚么", "什么"))
    asked = _POLITE.sub("", operators.rest).strip()
    tokens = language.tokens(asked)
    question = read_question(asked, tokens)
    core = _core(asked, question)
    found = quantities(asked)
    return Query(
        original=text,
        text=asked,
        core=core,
        keywords=tuple(core.split()),
        question=question,
        words=content_words(_outside(tokens, question)),
        quantities=found,
        number_keys=number_keys(found),
        latin=tuple(_LATIN.findall(asked)),
        expansions=aliases.expansions(asked),
        phrases=operators.phrases,
        excluded=operators.excluded,
        titles=operators.titles,
        only=operators.only,
    )


def _visible(text: str) -> str:
    """Control characters become spaces; private ones stay, they stand for rare hanzi (see `fold`)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Co" else " " for c in text)


def _core(asked: str, question: Question) -> str:
    """The question words taken out; what they joined stays joined by a space, so that no bigram is made up."""
    if question.type is QuestionType.NONE or question.type is QuestionType.YES_NO:
        return asked
    rest = f"{asked[: question.start]} {asked[question.end :]}".strip(" ,.?!;:、。")
    return " ".join(rest.split())


def _outside(tokens: tuple[Token, ...], question: Question) -> tuple[Token, ...]:
    """The tokens without those that the question words cover; a token that straddles loses the covered part."""
    kept: list[Token] = []
    for token in tokens:
        end = token.start + len(token.text)
        if question.type is QuestionType.NONE or end <= question.start or token.start >= question.end:
            kept.append(token)
        elif token.start < question.start:
            kept.append(Token(token.text[: question.start - token.start], token.tag, token.start))
        elif end > question.end:
            kept.append(Token(token.text[question.end - token.start :], token.tag, question.end))
    return tuple(kept)

"""The one analysis of a query that every rung of the ladder and the short answer share; one that asks several things is cut.

What somebody watches is read in the same way. A query's own marks ask for “引文”, -词 and 文:词, and say where to look: 库:信访,
报:青年报, 作者:张三, 来源:新华社, 2023年:词.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.model import Filter
from knowledge.query.aliases import Aliases, Expansion, Range
from knowledge.query.question import Question, QuestionType, ends_in_measure, read_question
from knowledge.text.analyzer import SURNAMES, Analyzer, Token, content_words
from knowledge.text.numbers import Quantity, number_keys, quantities
from knowledge.text.periods import periods

_QUOTED = re.compile(r"“([^“”]{1,64})”|\"([^\"]{1,64})\"|'([^']{2,64})'|‘([^‘’]{1,64})’")
_TITLE = re.compile(r"(?:^|\s)文:\s?(\S+)")
_EXCLUDED = re.compile(r"(?:^|\s)-([^\s-]\S*)")
_NAMED = re.compile(r"(?:^|\s)(库|报|作者|来源):\s?(\S+)")
_YEAR = re.compile(r"(?:^|\s)((?:19|20)\d\d)年?:\s?")


@dataclass(frozen=True, slots=True)
class Operators:
    """The marks of one folded query, and the text that is left when they are taken out."""

    rest: str
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]
    titles: tuple[str, ...]
    only: Filter


def read_operators(folded: str) -> Operators:
    """Take filters and exclusions out of a folded query; quotes only lose their marks.

    A query of exclusions alone asks for nothing; one of titles alone asks for what the titles say.
    """
    marked = _NAMED.findall(folded)
    libraries, newspapers, authors, sources = (
        tuple(name for mark, name in marked if mark == kind) for kind in ("库", "报", "作者", "来源")
    )
    folded = _NAMED.sub(" ", folded)
    years = tuple(int(year) for year in _YEAR.findall(folded))
    only = Filter(libraries, years, newspapers, authors, sources)
    folded = _YEAR.sub(" ", folded)
    titles = tuple(_TITLE.findall(folded))
    excluded = tuple(_EXCLUDED.findall(folded))
    rest = _EXCLUDED.sub(" ", _TITLE.sub(" ", folded)).strip()
    if not rest:
        rest = " ".join(titles)
    phrases = tuple(p.strip() for groups in _QUOTED.findall(rest) for p in groups if p.strip())
    return Operators(_QUOTED.sub(_unquoted, rest), phrases, excluded, titles, only)


def _unquoted(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None)


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
    def in_full(self) -> Query:
        """The query, or the question for a figure that key words stand for which end in what is measured: 核桃 种植面积."""
        if self.type is not QuestionType.NONE or not ends_in_measure(self.text):
            return self
        return replace(self, question=Question(QuestionType.AMOUNT, len(self.text), len(self.text)))

    @property
    def is_empty(self) -> bool:
        """Nothing to look for: blank, or only marks and stop words."""
        return not (self.words or self.titles or self.number_keys or self.expansions)


_LATIN = re.compile(r"[a-z][a-z'’]*[a-z]|[a-z]")
_POLITE = re.compile(
    r"^(?:请问一下|请问|我想知道|想知道|我想问一下|我想问|想问一下|想问|请告诉我|告诉我|帮我查一下|帮我查|查一下|查询一下|查询|麻烦|你知道|谁知道(?=.{4,}))+|"
    r"[?!。,\s]*$"
)
_PARTICLES = frozenset("呢啊呀嘛吧")


Analyse = Callable[[str], Query]


def analyse(text: str, aliases: Aliases, language: Analyzer) -> Query:
    """Read a query; defined for every string, in time bounded by the 256 characters that are read."""
    folded = " ".join(_visible(language.fold(text[: 4 * LONGEST_QUERY])).split())[:LONGEST_QUERY]
    operators = read_operators(folded.replace("甚么", "什么"))
    asked = _POLITE.sub("", operators.rest).strip()
    tokens = _named_whole(language.tokens(asked))
    if tokens and tokens[-1].text in _PARTICLES:
        asked = asked[:-1].strip()
        tokens = tokens[:-1]
    question = read_question(asked, language)
    core = _core(asked, question)
    found = quantities(asked)
    return Query(
        original=text,
        text=asked,
        core=core,
        keywords=tuple(core.split()),
        question=question,
        words=content_words(_outside(tokens, question), language.knows),
        quantities=found,
        number_keys=number_keys(found),
        latin=tuple(_LATIN.findall(asked)),
        expansions=aliases.expansions(asked),
        phrases=operators.phrases,
        excluded=operators.excluded,
        titles=operators.titles,
        only=operators.only,
    )


def _named_whole(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Give a surname alone the character that the word behind it took from its name: 龚正|是谁 is no 龚|正是谁."""
    whole = list(tokens)
    for at, (one, word) in enumerate(pairwise(tokens)):
        if one.tag[:2] == "nr" and one.text in SURNAMES and len(word.text) == 2 and word.text[1] == "是":
            whole[at] = one._replace(text=one.text + word.text[0])
            whole[at + 1] = Token("是", "v", word.start + 1)
    return tuple(whole)


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


MOST_QUESTIONS, MOST_SIDES = 3, 4
_ENDS = re.compile(r"[?？;；\n]+|(?<=[\u4e00-\u9fff])[,，](?=[\u4e00-\u9fff])")
_SIDES = re.compile(
    r"^(?P<one>\S{1,20}?)(?:(?P<than>比)(?P<two>\S{1,20}?)(?=多|少|高|低|快|慢|大[^桥学厦道]|小|长|短)"
    r"|(?:和|与|跟|同|、)(?P<other>\S{1,20}?)(?P<asked>各|分别|相比|哪个更|哪个|谁更|相差|的区别|有什么区别))(?P<rest>.*)$"
)
_BETWEEN = re.compile("[和与跟同、]")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison, and what is asked of it."""

    name: str
    query: Query


def questions_of(text: str, analyse: Analyse) -> tuple[str, ...]:
    """Return the questions of a text that asks several, one after the other; nothing where it asks one."""
    pieces = tuple(piece.strip() for piece in _ENDS.split(text) if piece and piece.strip())
    if not 1 < len(pieces) <= MOST_QUESTIONS:
        return ()
    asked = [analyse(piece) for piece in pieces]
    asks = all(one.type not in (QuestionType.NONE, QuestionType.FIGURE) for one in asked)
    return pieces if asks and not asked[0].is_empty else ()


def is_of_one(query: Query) -> bool:
    """Tell whether a comparison asks for one thing that print may say of itself: 甲比乙高多少."""
    match = _SIDES.match(query.text) if query.type is QuestionType.COMPARISON else None
    return match is not None and bool(match["than"])


def sides_of(query: Query, analyse: Analyse) -> tuple[Side, ...]:
    """Return the sides of a comparison; 第一批和第二批各有多少问题: 第一批有多少问题, 第二批有多少问题."""
    match = _SIDES.match(query.text) if query.type is QuestionType.COMPARISON else None
    if match is None:
        return ()
    one, two = match["one"], match["two"] or match["other"]
    rest = match["rest"] if match["asked"] in ("各", "分别") else ""
    if match["two"] and (counted := re.search(r"(?:多少|几).+", match["rest"])):
        rest = f"有{counted.group()}"
    others = _BETWEEN.split(two) if rest and not match["two"] else [two]
    if match["than"]:
        others = [two + _compared(query, one, two)]
    names = (one, *(_shared(query, one, other) + other for other in others if other))[:MOST_SIDES]
    if rest and "的" in others[-1]:  # 甲和乙的分数线各是多少
        of = others[-1][others[-1].rindex("的") :]
        names = tuple(name if "的" in name else name + of for name in names)
    return tuple(Side(name, analyse(f"{name}{rest or _measure(match, query)}")) for name in names)


def _compared(query: Query, one: str, two: str) -> str:
    """What the second side leaves out of the first's end: 甲的发病率比乙高, 小麦产量比玉米高."""
    if "的" in one and "的" not in two:
        return one[one.rindex("的") :]
    words = [word for word in query.words if word.start + len(word.text) <= len(one)]
    if len(words) < 2 or words[-1].start + len(words[-1].text) < len(one) or two.endswith(words[-1].text):
        return ""
    of_a_name = words[-2].tag[:2] in ("nr", "ns", "nt") and words[-1].tag[:1] != "v"
    return "" if of_a_name else words[-1].text


def _shared(query: Query, one: str, two: str) -> str:
    """What the other side leaves out of the first's beginning: 柳江市第一批和第二批; at least a time, or a place."""
    begun = {word.start for word in query.words}
    for size in range(len(one) - 1, 1, -1):
        head, tail = one[:size], one[size:]
        alike = sum(a == b for a, b in zip(tail, two, strict=False))
        if size in begun and len(tail) == len(two) and alike >= len(tail) // 2:
            return head
    time = next((told.end for told in periods(one) if told.start == 0), 0)
    if time:
        return "" if periods(two) else one[:time]
    where = query.words[0] if query.words else None
    if where is None or where.start or where.tag[:2] != "ns" or len(where.text) >= len(one):
        return ""
    at = query.text.rindex(two)
    places = (word for word in query.words if word.tag[:2] == "ns" and at <= word.start < at + len(two))
    return "" if any(places) else where.text


def _measure(match: re.Match[str], query: Query) -> str:
    """What is compared: 多高 of 哪个更高, else 多少."""
    measured = re.search(r"[高低快慢大小长短重远深宽]", match["rest"])
    return (
        f"有多{measured.group().translate(str.maketrans('低慢小短', '高快大长'))}" if measured else "有多少"
    )


Occurrences = Callable[[str], Sequence[Range]]
"""Tells where a folded term stands in a text."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched, folded: of each group one way of saying it must occur, and nothing excluded."""

    groups: tuple[tuple[tuple[str, ...], ...], ...]
    excluded: tuple[str, ...] = ()

    def places(self, occurrences: Occurrences) -> tuple[Range, ...] | None:
        """Return where it stands in a text, or None where the text is about something else."""
        if any(occurrences(word) for word in self.excluded):
            return None
        found: list[Range] = []
        for group in self.groups:
            said = next((places for way in group if (places := _all(way, occurrences))), None)
            if said is None:
                return None
            found += said
        return tuple(sorted(set(found)))


def read_watched(words: str, aliases: Aliases, language: Analyzer) -> Watched | None:
    """Read what somebody wants to watch; None where nothing in it can be looked for.

    Words apart must all occur. A word counts as said if it stands there as it is, under another name, or if it is
    made of several words and all of them stand there.
    """
    query = analyse(words, aliases, language)
    groups = [_group(keyword, query, language) for keyword in _wanted(query)]
    whole = tuple(group for group in groups if group)
    return Watched(whole, query.excluded) if whole else None


def _wanted(query: Query) -> Iterable[str]:
    spoken = [*query.keywords, *query.phrases, *query.titles]
    return dict.fromkeys(word for word in spoken if any(c.isalnum() for c in word))


def _group(keyword: str, query: Query, language: Analyzer) -> tuple[tuple[str, ...], ...]:
    ways: dict[tuple[str, ...], None] = {(keyword,): None}
    for expansion in query.expansions:
        if expansion.word in keyword:
            for other in expansion.others:
                ways[(keyword.replace(expansion.word, other),)] = None
    parts = tuple(t.text for t in language.tokens(keyword) if len(t.text) > 1 and t.text != keyword)
    if len(parts) > 1 and len("".join(parts)) == len(keyword):
        ways[parts] = None
    return tuple(ways)


def _all(way: tuple[str, ...], occurrences: Occurrences) -> list[Range] | None:
    found = [occurrences(term) for term in way]
    return [place for places in found for place in places] if all(found) else None

"""Other wordings of a query: what was probably meant by words that the corpus does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product

import numpy as np

from knowledge.model import MatchKind
from knowledge.query.aliases import expands, may_be_short, short_forms, stands_as_name
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType, ends_a_name
from knowledge.search.terms import Lexicon
from knowledge.text.analyzer import Analyzer, Token, is_of_a_person
from knowledge.text.folding import is_hanzi
from knowledge.text.numbers import Quantity, QuantityKind, plain, value_of
from knowledge.text.periods import periods

MOST_REWRITINGS = 4
MOST_CORRECTIONS = 3
MOST_SUSPECTS = 16
MOST_READ = 4
LONGEST_CONTEXT = 2
PLACES = "ns"

Means = Callable[[Lexicon, str, str, str, bool], str | None]
"""Finds the character meant by a typed one between what stands before and after; told whether its word is known."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The query in other words: `taken` stands where `typed` was; the rung says how they belong together."""

    text: str
    rung: MatchKind
    typed: str
    taken: str


def rewritings(query: Query, lexicon: Lexicon, language: Analyzer) -> tuple[Rewriting, ...]:
    """Return what the query may mean besides itself, the likeliest first."""
    found = [
        *_spelt_in_latin(query, lexicon),
        *_misspelt(query, lexicon, language),
        *_named(query, lexicon, language),
        *_written(query, lexicon),
        *_shortened(query, lexicon),
        *_lengthened(query, lexicon),
    ]
    return tuple(dict.fromkeys(found))[:MOST_REWRITINGS]


def _spelt_in_latin(query: Query, lexicon: Lexicon) -> Iterator[Rewriting]:
    unknown = [typed for typed in query.latin if len(typed) > 2 and not lexicon.holds(typed)]
    spelt = {typed: words for typed in unknown if (words := lexicon.spelt(typed)[:MOST_CORRECTIONS])}
    for taken in islice(product(*spelt.values()), MOST_CORRECTIONS if spelt else 0):
        text = query.text
        for typed, word in zip(spelt, taken, strict=True):
            text = text.replace(typed, word, 1)
        yield Rewriting(text, MatchKind.PINYIN, " ".join(spelt), " ".join(taken))


def _named(query: Query, lexicon: Lexicon, language: Analyzer) -> Iterator[Rewriting]:
    """The other names of an aliased word, where they occur; one of one character where it stands for itself."""

    def occurs(name: str) -> bool:
        if len(name) > 1:
            return lexicon.holds(name)
        return any(stands_as_name(name, text, language) for text in lexicon.texts_with_all(name))

    for expansion in query.expansions:
        known = sorted(
            ((lexicon.frequency(other), other) for other in expansion.others if occurs(other)),
            reverse=True,
        )
        for _, other in known[:2]:
            text = f"{query.text[: expansion.start]}{other}{query.text[expansion.end :]}"
            yield Rewriting(text, MatchKind.ALIAS, expansion.word, other)


def _written(query: Query, lexicon: Lexicon) -> Iterator[Rewriting]:
    """The figures of the query in writings that occur; 一个 and 一种 count nothing."""
    for figure in query.quantities:
        if figure.text[0] == "一" and figure.value == 1:
            continue
        for way in writings(figure):
            if lexicon.holds(way):
                text = query.text[: figure.start] + way + query.text[figure.end :]
                yield Rewriting(text, MatchKind.NUMBER, figure.text, way)


def _shortened(query: Query, lexicon: Lexicon) -> Iterator[Rewriting]:
    """The full name in the corpus that a short form it does not hold leaves characters out of: 进博会."""
    words = dict.fromkeys([*query.keywords, *(word.text for word in query.words if len(word.text) > 2)])
    for short in filter(may_be_short, words):
        parts = [word.text for word in query.words if word.text in short and word.text != short]
        held = sum(len(part) for part in parts if len(part) > 1 and lexicon.holds(part))
        if 3 * held > 2 * len(short) or lexicon.holds(short):
            continue
        for text in lexicon.texts_with_all(short):
            place = expands(short, text)
            if place:
                full = text[slice(*place)]
                yield Rewriting(query.text.replace(short, full, 1), MatchKind.ALIAS, short, full)
                break


def _lengthened(query: Query, lexicon: Lexicon) -> Iterator[Rewriting]:
    """The short form in the corpus of a full name that it does not hold: 进口博览会."""
    for full in query.keywords:
        at = query.text.find(full)
        starts = {word.start - at for word in query.words}
        held = [short for short in short_forms(full, starts) if lexicon.holds(short)]
        if at >= 0 and held and not lexicon.holds(full):
            short = max(held, key=lexicon.frequency)
            yield Rewriting(query.text.replace(full, short, 1), MatchKind.ALIAS, full, short)


def _misspelt(query: Query, lexicon: Lexicon, language: Analyzer) -> Iterator[Rewriting]:
    """Words with one wrong character.

    A character is suspected when no pair that it stands in occurs in the corpus, so what occurs is never
    corrected; a word everybody knows is not taken for a rarer one that looks like it, and a place that
    everybody knows for no other: 山西省 is not 陕西省. What sounds alike goes before what only looks alike,
    and long evidence before short.
    """
    text = _content(query)
    strangers = (at for at in lexicon.strangers(text) if is_hanzi(text[at]))
    suspects = [at for at in strangers if not _known_word(query, language, at, PLACES)][:MOST_SUSPECTS]
    if not suspects:
        return
    keywords = query.type is QuestionType.NONE
    sounds_in_pair = _sounds_in_pair if keywords else _sounds_in_word(language)
    # In a question another word is more likely than a slip: 竹山镇, 竹山乡.
    looks = (_looks_in_run,) if keywords else ()
    for means in (_sounds_in_run, sounds_in_pair, *looks):
        taken = _corrected(text, suspects, means, query, lexicon, language)
        if taken and _may_be_meant(query, *taken, lexicon, language):
            whole, (start, end) = taken
            kept = "".join(new if new != " " else old for old, new in zip(query.text, whole, strict=True))
            yield Rewriting(kept, MatchKind.SPELLING, text[start:end], whole[start:end])
            return


def _corrected(
    text: str, suspects: list[int], means: Means, query: Query, lexicon: Lexicon, language: Analyzer
) -> tuple[str, tuple[int, int]] | None:
    """Return the whole text corrected, and where the words stand that were first mended; None if nothing was."""
    corrections: list[int] = []
    for at in suspects:
        before, after = _context(text, at)
        if _is_stranger(_known_word(query, language, at - 1), at, lexicon):
            before = ""
        if _is_stranger(_known_word(query, language, at + 1), at, lexicon):
            after = ""
        if not (before or after) or len(corrections) == MOST_CORRECTIONS:
            continue
        known = _known_word(query, language, at)
        char = means(lexicon, text[at], before, after, known is not None)
        corrected = f"{text[:at]}{char}{text[at + 1 :]}" if char else text
        if char and (
            known is None or lexicon.holds(corrected[known.start : known.start + len(known.text)])
        ):  # 开始 is no slip for 开市 where only 全市 stands in the corpus
            if corrections and at - corrections[-1] <= LONGEST_CONTEXT:
                return None  # two slips in one word are a guess on a guess: 钟国伟 is not 中国有
            corrections.append(at)
            text = corrected
    return (text, _words_around(text, corrections[0], lexicon, language)) if corrections else None


def _is_stranger(beside: Token | None, at: int, lexicon: Lexicon) -> bool:
    """Tell whether a word beside a character is another that the corpus does not hold: 宋|劲松 is no 松劲."""
    if beside is None or beside.start <= at < beside.start + len(beside.text):
        return False
    return not lexicon.holds(beside.text)


def _may_be_meant(
    query: Query, whole: str, place: tuple[int, int], lexicon: Lexicon, language: Analyzer
) -> bool:
    """Tell whether words are no common word for a person's name (施工 for 施红), and stand whole somewhere.

    Where print has only parts of others, as 范经 in 规范经费, they are not meant.
    """
    start, end = place
    words = whole[start:end]
    mended = (word for word in query.words if word.start < end and start < word.start + len(word.text))
    if language.knows(words) and any(
        is_of_a_person(word) and not language.knows(word.text) for word in mended
    ):
        return False
    told = list(lexicon.texts_with(words))
    return not told or any(
        {found.start(), found.end()} <= _borders(text, language)
        for text in told
        for found in re.finditer(re.escape(words), text)
    )


def _borders(text: str, language: Analyzer) -> set[int]:
    """Where the words of a text begin, none within a figure (1.4|万条), and its end."""
    starts = (word.start for word in language.tokens(text))
    return {len(text), *(at for at in starts if not text[at - 1 : at].isdecimal())}


def _words_around(text: str, at: int, lexicon: Lexicon, language: Analyzer) -> tuple[int, int]:
    """Return where the whole words near a character stand: 桃浦镇 of 桃浦镇充电桩, not 桃浦镇充.

    What ends a name belongs to it where the corpus holds it in one: 西岑科创园区.
    """
    before, after = _context(text, at)
    words = [(word.start, word.start + len(word.text)) for word in language.tokens(text)]
    near = [w for w in words if w[0] <= at < w[1] or at - len(before) <= w[0] < w[1] <= at + 1 + len(after)]
    start, end = near[0][0], near[-1][1]
    for first, last in words:
        if first == end and ends_a_name(text[first:last]) and lexicon.holds(text[start:last]):
            end = last
    return start, end


def _content(query: Query) -> str:
    """The query with blanks where only question words and stop words stand."""
    text = [" "] * len(query.text)
    for word in query.words:
        text[word.start : word.start + len(word.text)] = word.text
    return "".join(text)


def _context(text: str, at: int) -> tuple[str, str]:
    """Return up to two hanzi on either side."""
    start, end = at, at + 1
    while start > 0 and at - start < LONGEST_CONTEXT and is_hanzi(text[start - 1]):
        start -= 1
    while end < len(text) and end - at - 1 < LONGEST_CONTEXT and is_hanzi(text[end]):
        end += 1
    return text[start:at], text[at + 1 : end]


def _known_word(query: Query, language: Analyzer, at: int, tag: str = "") -> Token | None:
    """The word of two or more around a character that any dictionary has, of some part of speech; or none."""
    around = (word for word in query.words if word.start <= at < word.start + len(word.text))
    return next(
        (
            word
            for word in around
            if len(word.text) > 1 and word.tag.startswith(tag) and language.knows(word.text)
        ),
        None,
    )


def _sounds_in_run(lexicon: Lexicon, typed: str, before: str, after: str, known: bool) -> str | None:
    """Return the homophone that makes a run of three or more, which occurs unbroken, out of its surroundings."""
    for left, right in _sides(before, after):
        near = np.intersect1d(lexicon.beside(left[-1:], right[:1]), lexicon.homophones(typed))
        if char := _occurring(lexicon, typed, left, right, near.tolist()):
            return char
    return None


def _looks_in_run(lexicon: Lexicon, typed: str, before: str, after: str, known: bool) -> str | None:
    """Return the character that stands between the same two others; never for a word that is known."""
    left, right = before[-1:], after[:1]
    if known or not (left and right):
        return None
    return _occurring(lexicon, typed, left, right, lexicon.beside(left, right).tolist())


def _sounds_in_pair(lexicon: Lexicon, typed: str, before: str, after: str, known: bool) -> str | None:
    """Return the commonest homophone that makes a pair of the corpus: 龚政 is 龚正."""
    if known:
        return None
    sounding = [chr(char) for char in lexicon.homophones(typed).tolist()]
    pairs = [(lexicon.frequency(before[-1:] + char), char) for char in sounding if before]
    pairs += [(lexicon.frequency(char + after[:1]), char) for char in sounding if after]
    df, char = max(pairs, default=(0, ""))
    return char if df else None


def _sounds_in_word(language: Analyzer) -> Means:
    """In a question the pair must be a word that any dictionary has: 全求 is 全球."""

    def means(lexicon: Lexicon, typed: str, before: str, after: str, known: bool) -> str | None:
        if known:
            return None
        pairs = [
            (lexicon.frequency(pair), char)
            for char in map(chr, lexicon.homophones(typed).tolist())
            for pair in (before[-1:] + char, char + after[:1])
            if len(pair) == 2 and language.knows(pair)
        ]
        df, char = max(pairs, default=(0, ""))
        return char if df else None

    return means


def _sides(before: str, after: str) -> list[tuple[str, str]]:
    sides = [(before[-1:], after[:1]), (before[-2:], ""), ("", after[:2])]
    return [(left, right) for left, right in sides if len(left) + len(right) == 2]


def _occurring(lexicon: Lexicon, typed: str, left: str, right: str, chars: list[int]) -> str | None:
    ranked = sorted(map(chr, chars), key=lambda char: -lexicon.frequency(left + char + right))
    return next((c for c in ranked[:MOST_READ] if c != typed and lexicon.holds(left + c + right)), None)


_DIGITS = "零一二三四五六七八九"
_STEPS = ("", "十", "百", "千")
_SCALES = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
_HANZI = re.compile(r"[〇零一二三四五六七八九十百千万亿两]+(?:点[〇零一二三四五六七八九]+)?")
_ARABIC = re.compile(r"\d+(?:\.\d+)?")
_PERCENT = re.compile(r"(?:百分之(?P<hanzi>.+)|(?P<arabic>[\d.]+)%)$")


def writings(figure: Quantity) -> tuple[str, ...]:
    """Return other writings of a figure's text, the likeliest in print first."""
    text = figure.text.replace(",", "")
    found = [text, *_ways(figure, text)]
    return tuple(way for way in dict.fromkeys(found) if way != figure.text)


def _ways(figure: Quantity, text: str) -> Iterator[str]:
    percent = _PERCENT.search(text)
    if percent:
        number = percent["hanzi"] or percent["arabic"]
        value = value_of(number)
        if value is not None:
            before = text[: percent.start()]
            yield f"{before}{plain(value)}%"
            yield f"{before}百分之{in_hanzi(value)}"
        return
    if figure.kind is QuantityKind.DATE and (day := _day(text)):
        yield from day
        return
    if figure.kind is QuantityKind.DATE or figure.value is None:
        yield _HANZI.sub(lambda found: _arabic(found.group()), text)
        yield _ARABIC.sub(lambda found: _year_or_number(found.group()), text)
        return
    number = re.search(r"\d+(?:\.\d+)?[百千万亿]*", text) or _HANZI.search(text)  # its scale included
    if number is None:  # 半年 is written in no other way
        return
    for way in (plain(figure.value), *_scaled(figure.value), in_hanzi(figure.value)):
        yield text.replace(number.group(), way, 1)


def _day(text: str) -> tuple[str, ...]:
    """A day of a year as it may be printed; nothing for what is no whole day."""
    told = periods(text)
    day = told[0].period if len(told) == 1 else None
    if day is None or day.year is None or day.month is None or day.day is None:
        return ()
    y, m, d = day.year, day.month, day.day
    return (
        f"{y}年{m}月{d}日",
        f"{y}.{m}.{d}",
        f"{y}-{m:02}-{d:02}",
        f"{y}/{m}/{d}",
        f"{y}-{m}-{d}",
        f"{y}.{m:02}.{d:02}",
    )


def _arabic(hanzi: str) -> str:
    if len(hanzi) == 4 and set(hanzi) <= {*_DIGITS, "〇"}:
        return "".join(str(_DIGITS.index(char.replace("〇", "零"))) for char in hanzi)
    value = value_of(hanzi)
    return hanzi if value is None else plain(value)


def _year_or_number(arabic: str) -> str:
    if len(arabic) == 4 and arabic.isdecimal():
        return "".join("〇一二三四五六七八九"[int(digit)] for digit in arabic)
    return in_hanzi(Decimal(arabic))


def _scaled(value: Decimal) -> Iterator[str]:
    for size, name in _SCALES:
        share = value / size
        if share >= Decimal("0.1") and share == share.quantize(Decimal("0.01")):
            yield f"{plain(share)}{name}"


def in_hanzi(value: Decimal) -> str:
    """Return a number in Chinese numerals: 14000 is 一万四千, 70.12 is 七十点一二."""
    whole, _, part = plain(value).partition(".")
    said = _integer(int(whole))
    said = said[1:] if said.startswith("一十") else said
    return f"{said}点{''.join(_DIGITS[int(digit)] for digit in part)}" if part else said


def _integer(number: int) -> str:
    for size, name in _SCALES:
        if number >= size:
            high, low = divmod(number, int(size))
            gap = "零" if low and low < size // 10 else ""
            return _integer(high) + name + (gap + _integer(low) if low else "")
    return _below_ten_thousand(number)


def _below_ten_thousand(number: int) -> str:
    said = ""
    for step in range(3, -1, -1):
        digit = number // 10**step % 10
        if digit:
            said += _DIGITS[digit] + _STEPS[step]
        elif said and not said.endswith("零") and number % 10**step:
            said += "零"
    return said or "零"

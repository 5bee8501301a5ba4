"""Questions of which one bound word is another, so nothing may be claimed.

Either a word that neither question nor window holds (`Changer`), or one from another clause or the sentence beside
(`crossed`): of 急诊楼面积3万平方米，住院楼高22层, 住院楼多少层 becomes 急诊楼多少层. No word of such a question is missing, so
what it binds must be told by where it stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from knowledge.answering.fits import joined_words
from knowledge.answering.rivals import is_kin, numbered_in
from knowledge.text.analyzer import NAME_TAGS, Analyzer, Token
from knowledge.text.numbers import MEASURES, alike, comparable, quantities

_NUMERALS = "一二三四五六七八九十"
_NUMBER = re.compile(rf"\d+|(?<=第)[{_NUMERALS}]+|[{_NUMERALS}]+(?=[月日届次年季期批中])")
_HALVES = {"上半年": "下半年", "下半年": "上半年"}
_DIMENSIONS = "长宽高深重大"
_ASKING = re.compile(r"什么|多少|几|哪|谁|何|怎|吗|如何|请问|多[长宽高大重深远久]")


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The changed question; the changed word stands at `start:end` of it. `kind` says what was changed."""

    text: str
    start: int
    end: int
    kind: str


class Changer:
    """Changes one constraint of a question, with words of the same kind from a corpus and pairs of opposites."""

    def __init__(self, texts: Iterable[str], opposites: dict[str, list[str]], language: Analyzer) -> None:
        self._language = language
        self._opposites = opposites
        self._by_tag: dict[str, list[str]] = defaultdict(list)
        self._by_end: dict[tuple[str, str, int], list[str]] = defaultdict(list)
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for text in texts:
            for token in language.tokens(language.fold(text)):
                if (
                    len(token.text) > 1
                    and token.tag[:1] in "nva"
                    and all("\u4e00" <= c <= "\u9fff" for c in token.text)
                ):
                    counted[token.text, token.tag] += 1
        for (word, tag), count in counted.items():
            if count > 1 or tag[:2] in NAME_TAGS:
                self._by_tag[tag].append(word)
                self._by_end[tag[:1], word[-1], len(word)].append(word)

    def change(self, question: str, window: str, random: Random) -> NearMiss | None:
        """Return the question with one word changed that neither it nor the window holds; None where nothing fits."""
        folded = self._language.fold(question)
        ways = [*self._numbers(folded, window, random), *self._pairs(folded, window, random)]
        for token in self._language.tokens(folded):
            ways += self._words(token, folded, window, random)
        if not ways:
            return None
        _, start, old, new, kind = random.choices(ways, [way[0] for way in ways])[0]
        miss = NearMiss(folded[:start] + new + folded[start + len(old) :], start, start + len(new), kind)
        return miss if self.is_heard(miss) else None

    def is_heard(self, miss: NearMiss) -> bool:
        """Tell whether the new word is read as one where it stands now: of 离岛上税 nobody hears 上税."""
        if miss.kind not in ("name", "opposite", "sibling", "word"):
            return True
        new = miss.text[miss.start : miss.end]
        return any(
            token.text == new and token.start == miss.start for token in self._language.tokens(miss.text)
        )

    def _numbers(self, text: str, window: str, random: Random) -> list[tuple[float, int, str, str, str]]:
        found = []
        for match in _NUMBER.finditer(text):
            new = _other_number(match.group(), window, random)
            if new:
                found.append((3.0, match.start(), match.group(), new, "number"))
        for old, new in _HALVES.items():
            if old in text and new not in text:
                found.append((4.0, text.find(old), old, new, "period"))
        return found

    def _pairs(self, text: str, window: str, random: Random) -> list[tuple[float, int, str, str, str]]:
        found = []
        for token in self._language.tokens(text):
            if len(token.text) > 1 and (others := self._opposites.get(token.text)):
                new = random.choice(others)
                if new not in text and new not in window:
                    found.append((3.0, token.start, token.text, new, "opposite"))
        for match in re.finditer(rf"(?<=多)[{_DIMENSIONS}]", text):
            new = random.choice([d for d in _DIMENSIONS if d != match.group()])
            if new not in window:
                found.append((3.0, match.start(), match.group(), new, "dimension"))
        counted = re.search(rf"(?:多少|几)({'|'.join(sorted(MEASURES, key=len, reverse=True))})", text)
        if counted:
            new = random.choice(MEASURES)
            if not alike(counted[1], new) and not re.search(rf"[\d{_NUMERALS}百千万亿余多]{new}", window):
                found.append((2.0, counted.start(1), counted[1], new, "unit"))
        return found

    def _words(
        self, token: Token, text: str, window: str, random: Random
    ) -> list[tuple[float, int, str, str, str]]:
        if len(token.text) < 2 or _ASKING.search(token.text):
            return []

        def fresh(words: list[str]) -> list[str]:
            drawn = random.choices(words, k=12) if words else []
            return [
                w
                for w in drawn
                if w not in window and w not in text and w != token.text and token.text not in w
            ]

        found: list[tuple[float, int, str, str, str]] = []
        if token.tag[:2] in NAME_TAGS:
            if names := fresh(self._by_tag[token.tag]):
                new = max(
                    names, key=lambda name: (name[-1] == token.text[-1], -abs(len(name) - len(token.text)))
                )
                found.append((3.0, token.start, token.text, new, "name"))
        elif token.tag[:1] in ("n", "v") and token.tag not in ("vshi", "vyou"):
            for weight, words, kind in (
                (2.0, self._by_end[token.tag[:1], token.text[-1], len(token.text)], "sibling"),
                (1.2, self._by_tag[token.tag], "word"),
            ):
                if new_words := fresh(words):
                    found.append(
                        (
                            weight if token.text in window else weight / 2,
                            token.start,
                            token.text,
                            new_words[0],
                            kind,
                        )
                    )
        return found


def read_opposites(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return each word's opposites from files of pairs, one a line, parted by @ or ——."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            pair = re.split("@|—+", line.strip())
            if len(pair) == 2 and pair[0] and pair[1] and len(pair[0]) == len(pair[1]):
                found[pair[0]].append(pair[1])
                found[pair[1]].append(pair[0])
    return dict(found)


def opposite_characters(opposites: dict[str, list[str]], synonyms: Iterable[Path]) -> dict[str, str]:
    """Return which characters make opposites: words that differ in them alone are opposites, and hardly ever alike."""
    apart: dict[tuple[str, str], int] = defaultdict(int)
    for one, others in opposites.items():
        for other in set(others):
            if one < other and (pair := _only_difference(one, other)):
                apart[pair] += 1
    alike: dict[tuple[str, str], int] = defaultdict(int)
    for path in synonyms:
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line[9:].split() if line[7:8] == "=" else []
            for i, one in enumerate(words):
                for other in words[i + 1 :]:
                    if pair := _only_difference(*sorted((one, other))):
                        alike[pair] += 1
    found: dict[str, str] = defaultdict(str)
    for (a, b), count in sorted(apart.items()):
        if count >= 2 and count > 8 * alike[a, b] and "不" not in (a, b):
            found[a] += b
            found[b] += a
    return dict(found)


def _only_difference(one: str, other: str) -> tuple[str, str] | None:
    if len(one) != len(other) or len(one) > 4:
        return None
    apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return (min(apart[0]), max(apart[0])) if len(apart) == 1 else None


def _other_number(old: str, window: str, random: Random) -> str | None:
    for _ in range(12):
        if old.isdecimal():
            value = int(old)
            step = random.choice([-3, -2, -1, 1, 2, 3, 5])
            new = (
                str(max(1, value + step))
                if len(old) < 5
                else old[0] + "".join(random.choice("0123456789") for _ in old[1:])
            )
        else:
            new = "".join(random.choice(_NUMERALS) for _ in old)
        if new != old and new not in window:
            return new
    return None


_CLAUSE = re.compile(r"[^,，;；。:：!！?？、]+")


@dataclass(frozen=True, slots=True)
class WordChange:
    """One thing changed: `question[start:start + len(old)]` becomes `new`."""

    kind: str
    start: int
    old: str
    new: str

    def applied(self, question: str) -> str:
        """Return the changed question."""
        return question[: self.start] + self.new + question[self.start + len(self.old) :]

    @property
    def end(self) -> int:
        """Where the new word ends in the changed question."""
        return self.start + len(self.new)


def crossed(
    question: str,
    sentence: str,
    span: tuple[int, int],
    near: str,
    cut: Callable[[str], Sequence[Token]],
    random: Random,
) -> WordChange | None:
    """Return a change of a question that `span` of the sentence answers; None where the texts offer none.

    The old word stands in the answer's own clause or item, the new one only outside of it, in the sentence or, less
    often, its neighbours (`near`), and both are of one kind. Clauses with an answer of their own are passed over: of
    一中612分，二中598分 nothing is a near miss.
    """
    own, others = _parted(sentence, span)
    answer = sentence[slice(*span)]
    kept = [clause for clause in others if not _has_its_own(clause, answer, cut)]
    if near and (not kept or random.random() < 0.3):
        beside = [match.group() for match in _CLAUSE.finditer(near)]
        kept += [clause for clause in beside if not _has_its_own(clause, answer, cut)]
    told = "\n".join(kept)
    ways = [(3.0, one) for one in _numbers(question, own, told)]
    words = [token for token in _telling(joined_words(cut(told))) if token.text not in own]
    for word in _telling(joined_words(cut(question))):
        if len(word.text) < 2 or word.text not in own or _ASKING.search(word.text):
            continue
        ways += [
            (3.0, WordChange("crossed", word.start, word.text, other.text))
            for other in words
            if is_kin(word, other) and other.text not in question and _is_word(other.text)
        ]
    return random.choices([way for _, way in ways], [weight for weight, _ in ways])[0] if ways else None


def _parted(sentence: str, span: tuple[int, int]) -> tuple[str, list[str]]:
    """The clauses or items that hold the span as one, and the others."""
    clauses = list(_CLAUSE.finditer(sentence))
    own = [match for match in clauses if match.start() < span[1] and span[0] < match.end()]
    if not own:
        return sentence, []
    return sentence[own[0].start() : own[-1].end()], [m.group() for m in clauses if m not in own]


def _has_its_own(clause: str, answer: str, cut: Callable[[str], Sequence[Token]]) -> bool:
    """Whether a clause tells such a thing as the answer is: a figure of like measure, a name of the same sort."""
    if figures := quantities(answer):
        return any(
            one.kind is figures[0].kind and comparable(one.unit, figures[0].unit)
            for one in quantities(clause)
        )
    names = {token.tag[:2] for token in cut(answer)} & {*NAME_TAGS}
    return any(token.tag[:2] in names for token in cut(clause))


def _telling(words: Sequence[Token]) -> list[Token]:
    """The words without verbs that no noun follows: what another verb would do there makes no sense."""
    ends = {word.start for word in words if word.tag[:1] == "n"}
    return [word for word in words if word.tag[:1] != "v" or word.start + len(word.text) in ends]


def _numbers(question: str, own: str, others: str) -> Iterator[WordChange]:
    for start, old in numbered_in(question):
        for _, new in numbered_in(others) if old in own else ():
            if new[-1] == old[-1] and new not in own and new not in question:
                yield WordChange("crossed", start, old, new)


def _is_word(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)

"""Other names of the same thing: a text file of groups, one a line, `CIIE = 进博会`; and short forms.

These need no file, as they stand in the text itself: 进博会 in 进口博览会, 市发改委 in 市发展改革委, and the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from knowledge.text.analyzer import STOP_WORDS, Analyzer, Token
from knowledge.text.folding import is_hanzi

LONGEST_NAME = 40
LONGEST_GROUP = 12

Range = tuple[int, int]

SHORTEST, LONGEST = 2, 7
_GAP = 3  # characters left out between two that stay: 人(力资源)社(会保障)局
_HOLDS_TOGETHER = "的了和与及是在有被把将对从向为于而也或等不"
_SKIPPED = rf"[^\W\d_a-zA-Z{_HOLDS_TOGETHER}]{{0,{_GAP}}}?"
_NAMES_END = frozenset("局委办会部院厅处所站区市省县镇校司社团行厂港线板网法奖赛园馆桥路")

KNOWN = "这些名称前面已经相连（循环）；这一行可以删去"


@dataclass(frozen=True, slots=True)
class AliasProblem:
    """A line of an alias file that was not taken; `refused` is a warning, otherwise it is an error of form."""

    file: str
    line: int
    text: str
    reason: str
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行“{self.text}”：{self.reason}"


@dataclass(frozen=True, slots=True)
class Expansion:
    """A word of the query at `start:end` of its folded text, and the other names that mean the same."""

    word: str
    start: int
    end: int
    others: tuple[str, ...]


class Aliases:
    """Groups of names; immutable. A name of one character counts only where it is a whole keyword."""

    def __init__(self, groups: Iterable[tuple[str, ...]] = ()) -> None:
        self.groups = tuple(groups)
        self._others: dict[str, tuple[str, ...]] = {}
        for group in self.groups:
            for name in group:
                rest = tuple(n for n in group if n != name)
                self._others[name] = tuple(dict.fromkeys(self._others.get(name, ()) + rest))
        self._begun: dict[str, list[str]] = {}
        for name in sorted(self._others, key=len, reverse=True):
            self._begun.setdefault(name[:1], []).append(name)

    def of(self, name: str) -> tuple[str, ...]:
        """Return the other names of a folded name."""
        return self._others.get(name, ())

    def joined(self, other: Aliases) -> Aliases:
        return Aliases(self.groups + other.groups)

    def expansions(self, folded: str) -> tuple[Expansion, ...]:
        """Return the aliases standing in a folded query, longest first at each place, disjoint."""
        found: list[Expansion] = []
        at = 0
        while at < len(folded):
            word = next(
                (
                    name
                    for name in self._begun.get(folded[at], ())
                    if folded.startswith(name, at) and _stands_free(folded, at, at + len(name))
                ),
                "",
            )
            if word:
                found.append(Expansion(word, at, at + len(word), self._others[word]))
            at += len(word) or 1
        return tuple(found)


def parse_aliases(
    text: str, file: str, fold: Callable[[str], str], known: Aliases | None = None
) -> tuple[Aliases, tuple[AliasProblem, ...]]:
    """Read an alias file: good lines become groups, bad ones problems with their place.

    Refused, with a warning: a stop word as a name, a name given to itself, and a line whose names already mean
    the same (a cycle). `known` are groups read before, which count for cycles.
    """
    problems: list[AliasProblem] = []
    groups: list[tuple[str, ...]] = []
    joined = _Joined(known.groups if known else ())
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#", 1)[0].strip().lstrip("\ufeff")
        if not line:
            continue
        names = tuple(" ".join(fold(part).split()) for part in line.replace("＝", "=").split("="))
        form, refused = _form(names), _refusal(names, joined)
        if form or refused:
            problems.append(AliasProblem(file, number, line[:80], form or refused, refused=not form))
            continue
        groups.append(names)
        joined.join(names)
    return Aliases(groups), tuple(problems)


def _form(names: tuple[str, ...]) -> str:
    if len(names) < 2:
        return "缺少等号；一行写一组，例如 CIIE = 进博会"
    if not all(names):
        return "等号的一边是空的；两边都要写名称"
    if len(names) > LONGEST_GROUP:
        return f"一组最多 {LONGEST_GROUP} 个名称；请分成几行"
    if any(len(name) > LONGEST_NAME for name in names):
        return f"名称最多 {LONGEST_NAME} 个字；请写短一些"
    if not all(any(c.isalnum() for c in name) for name in names):
        return "名称里要有文字"
    return ""


def _refusal(names: tuple[str, ...], joined: _Joined) -> str:
    stopped = [name for name in names if name in STOP_WORDS]
    if stopped:
        return f"“{stopped[0]}”是虚词，不能作别名；请换一个词"
    if len(set(names)) < len(names):
        return "一个名称写了两次；别名要与原名不同"
    if joined.same(names):
        return KNOWN
    return ""


def _stands_free(text: str, start: int, end: int) -> bool:
    """One hanzi must be a whole keyword; Latin must not be part of a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if end - start == 1:
        return not (before + after).strip("".join(_MARKS))
    first, last = text[start], text[end - 1]
    return not (_joins(before, first) or _joins(last, after))


_MARKS = ' \t,.;:!?"“”()、。《》'


def _joins(left: str, right: str) -> bool:
    return left.isascii() and left.isalnum() and right.isascii() and right.isalnum()


class _Joined:
    """Which names already mean the same, over several groups (union-find)."""

    def __init__(self, groups: Iterable[tuple[str, ...]]) -> None:
        self._above: dict[str, str] = {}
        for group in groups:
            self.join(group)

    def same(self, names: tuple[str, ...]) -> bool:
        return len({self._top(name) for name in names}) == 1

    def join(self, names: tuple[str, ...]) -> None:
        top = self._top(names[0])
        for name in names[1:]:
            self._above[self._top(name)] = top

    def _top(self, name: str) -> str:
        while (above := self._above.get(name, name)) != name:
            name = above
        return name


def expands(short: str, text: str) -> Range | None:
    """Return where `text` holds a full name of which `short` keeps some characters in order; else None.

    Guards: at most three left out in a row and twice as many as kept in all, none of them a particle.
    """
    if not may_be_short(short):
        return None
    pattern = re.compile(_SKIPPED.join(short))
    at = text.find(short[0])
    while at >= 0:
        found = pattern.match(text, at)
        if found and 0 < found.end() - at - len(short) <= 2 * len(short):
            return found.span()
        at = text.find(short[0], at + 1)
    return None


_SHORT_NAMES = frozenset({"j", "ns", "nr", "nz"})
"""What a dictionary calls short forms and names of one character."""
_TOWARDS = frozenset("赴抵驻返离援来")


def stands_as_name(short: str, text: str, language: Analyzer) -> bool:
    """Tell whether a name of one character stands for itself in a folded text: 深 in 赴深 and 沪深, not in 深水港.

    It is a word of its own, which the dictionary has for a name or which follows a journey or another such name; or
    its word is made of nothing else: 粤港, 京沪, 返京. What the dictionary calls a short form may be none: 深化.
    """
    before = Token("", "", 0)
    for token in language.tokens(text) if short in text else ():
        led = before.text in _TOWARDS or (len(before.text) == 1 and before.tag == "j")
        if token.text == short:
            if led or token.tag in _SHORT_NAMES:
                return True
        elif short in token.text and len(token.text) <= SHORTEST + 1:
            rest = (language.tokens(char)[0].tag for char in token.text if char != short)
            if token.text[0] in _TOWARDS or all(tag in _SHORT_NAMES for tag in rest):
                return True
        before = token
    return False


def may_be_short(word: str) -> bool:
    """Tell whether a word looks like a short form.

    Hanzi only, no particle; two characters only where the second ends a name (沪办 no, 市委 yes).
    """
    if not SHORTEST <= len(word) <= LONGEST or not all(map(is_hanzi, word)) or len(set(word)) < 2:
        return False
    return not set(word) & set(_HOLDS_TOGETHER) and (len(word) > SHORTEST or word[-1] in _NAMES_END)


def short_forms(full: str, starts: Container[int]) -> Iterator[str]:
    """Yield the three-character short forms that a full name may have: 进博会 of 进口博览会.

    Two first characters of its words, which begin at `starts`, and its last, which must be one that names end in.
    """
    if not LONGEST >= len(full) - 3 > 0 or full[-1] not in _NAMES_END or not all(map(is_hanzi, full)):
        return
    firsts = [char for at, char in enumerate(full[:-1]) if at in starts]
    for one, other in combinations(firsts, 2):
        short = one + other + full[-1]
        if short not in full:
            yield short

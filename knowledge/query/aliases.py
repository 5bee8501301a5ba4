"""Other names of the same thing: a text file of groups, one a line, `CIIE = 进博会`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from knowledge.text.analyzer import STOP_WORDS

LONGEST_NAME = 40
LONGEST_GROUP = 12

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
        """Return the groups of both."""
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

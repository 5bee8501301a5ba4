"""What a query's own marks ask for: “引文”, -词, 文:词, and where to look: 库:信访, 报:青年报, 2023年:词."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = re.compile(r"“([^“”]{1,64})”|\"([^\"]{1,64})\"|'([^']{2,64})'|‘([^‘’]{1,64})’")
_TITLE = re.compile(r"(?:^|\s)文:\s?(\S+)")
_EXCLUDED = re.compile(r"(?:^|\s)-([^\s-]\S*)")
_LIBRARY = re.compile(r"(?:^|\s)库:\s?(\S+)")
_NEWSPAPER = re.compile(r"(?:^|\s)报:\s?(\S+)")
_YEAR = re.compile(r"(?:^|\s)((?:19|20)\d\d)年?:\s?")


@dataclass(frozen=True, slots=True)
class Filter:
    """Of which articles facts are wanted: one of each that is named; of all where nothing is."""

    libraries: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    newspapers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.libraries or self.years or self.newspapers)

    @property
    def marks(self) -> str:
        """The filter as one types it before a query, a blank at its end."""
        years = (f"{year}年:" for year in self.years)
        marks = (*(f"库:{one}" for one in self.libraries), *(f"报:{one}" for one in self.newspapers), *years)
        return "".join(f"{mark} " for mark in marks)


@dataclass(frozen=True, slots=True)
class Operators:
    """The marks of one folded query, and the text that is left when they are taken out."""

    rest: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    only: Filter = Filter()


def read_operators(folded: str) -> Operators:
    """Take filters and exclusions out of a folded query; quotes only lose their marks.

    A query of exclusions alone asks for nothing; one of titles alone asks for what the titles say.
    """
    only = Filter(
        tuple(_LIBRARY.findall(folded)),
        tuple(int(year) for year in _YEAR.findall(folded)),
        tuple(_NEWSPAPER.findall(folded)),
    )
    folded = _YEAR.sub(" ", _NEWSPAPER.sub(" ", _LIBRARY.sub(" ", folded)))
    titles = tuple(_TITLE.findall(folded))
    excluded = tuple(_EXCLUDED.findall(folded))
    rest = _EXCLUDED.sub(" ", _TITLE.sub(" ", folded)).strip()
    if not rest:
        rest = " ".join(titles)
    phrases = tuple(p.strip() for groups in _QUOTED.findall(rest) for p in groups if p.strip())
    return Operators(_QUOTED.sub(_unquoted, rest), phrases, excluded, titles, only)


def _unquoted(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None)

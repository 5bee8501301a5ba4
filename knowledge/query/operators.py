"""What a query's own marks ask for: “引文”, -词, 文:词."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = re.compile(r"“([^“”]{1,64})”|\"([^\"]{1,64})\"|'([^']{2,64})'|‘([^‘’]{1,64})’")
_TITLE = re.compile(r"(?:^|\s)文:\s?(\S+)")
_EXCLUDED = re.compile(r"(?:^|\s)-([^\s-]\S*)")


@dataclass(frozen=True, slots=True)
class Operators:
    """The marks of one folded query, and the text that is left when they are taken out."""

    rest: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


def read_operators(folded: str) -> Operators:
    """Take title filters and exclusions out of a folded query; quotes only lose their marks.

    A query of exclusions alone asks for nothing; one of titles alone asks for what the titles say.
    """
    titles = tuple(_TITLE.findall(folded))
    excluded = tuple(_EXCLUDED.findall(folded))
    rest = _EXCLUDED.sub(" ", _TITLE.sub(" ", folded)).strip()
    if not rest:
        rest = " ".join(titles)
    phrases = tuple(p.strip() for groups in _QUOTED.findall(rest) for p in groups if p.strip())
    return Operators(_QUOTED.sub(_unquoted, rest), phrases, excluded, titles)


def _unquoted(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None)

"""Invented displays: headlines with what stands over and under them, and the headings of one article in one style."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from knowledge.repair.join_model import goes_on
from knowledge.training.repair import wordings
from knowledge.training.repair.corpus import CleanArticle

_CLAUSES: Final = re.compile("[，。；：！？、“”‘’「」（）《》—…]")
_ORDINALS: Final = "一二三四五六七八九十"
_FIGURES: Final = re.compile(r"\d{3}")
# A headline of its own, set in one's own words, is no longer than that; what says the news is longer.
_SLOGAN: Final = 14
_NEWS: Final = 12


def clauses(paragraphs: Sequence[str]) -> list[str]:
    return [clause for paragraph in paragraphs for clause in _CLAUSES.split(paragraph) if clause]


def heading(r: Random, paragraphs: Sequence[str]) -> str:
    """Make a heading of clauses of the text that it stands over."""
    return headings(r, [paragraphs])[0]


def headings(r: Random, parts: Sequence[Sequence[str]]) -> list[str]:
    """Make the headings of one article: most papers set them alike, in length and in form."""
    style = r.choices(_STYLES, _STYLE_WEIGHTS)[0]
    alike, long = r.random() < 0.7, r.randint(3, 13)
    mark = r.choice("■●◆★▶")
    found: list[str] = []
    for number, part in enumerate(parts):
        text = style(r, part, long if alike else r.randint(3, 13))
        if style is _marked:
            text = mark + text
        elif style is _numbered:
            text = f"{_ORDINALS[number % 10]}、{text}"
        found.append(text)
    return found


def bare(text: str) -> str:
    """Return a heading without a mark or number before it, a question mark behind it, and blanks."""
    return re.sub(r"^[■●◆★▶]|^[一二三四五六七八九十]、|？$|\s", "", text)


def _plain(r: Random, part: Sequence[str], long: int) -> str:
    """Return a clause of about this length."""
    found = [clause.replace(" ", "") for clause in clauses(part)]
    found = [clause for clause in found if 3 <= len(clause) <= 14 and not _FIGURES.search(clause)]
    near = sorted(found, key=lambda clause: abs(len(clause) - long))[:4]
    return r.choice(near) if near else "新的变化"


def _paired(r: Random, part: Sequence[str], long: int) -> str:
    blank = r.choice((" ", " ", "  ", ""))
    return blank.join((_plain(r, part, 4 + long % 3), _plain(r, part, 4 + long % 4)))


def _quoted(r: Random, part: Sequence[str], long: int) -> str:
    return quoted(r, _plain(r, part, long))


def _asking(r: Random, part: Sequence[str], long: int) -> str:
    return _plain(r, part, long) + "？"


def _marked(r: Random, part: Sequence[str], long: int) -> str:
    return _plain(r, part, long)


def _numbered(r: Random, part: Sequence[str], long: int) -> str:
    return _plain(r, part, long)


_Style = Callable[[Random, Sequence[str], int], str]
_STYLES: Final[tuple[_Style, ...]] = (_plain, _paired, _quoted, _asking, _marked, _numbered)
_STYLE_WEIGHTS: Final = (0.44, 0.27, 0.08, 0.05, 0.06, 0.1)


def quoted(r: Random, text: str) -> str:
    """Put two or three characters of a text in quotation marks, at its end or where a phrase may end."""
    if len(text) < 5 or "“" in text:
        return text
    low = r.randint(1, len(text) - 3)
    high = r.choice((len(text), min(len(text), low + r.randint(2, 3))))
    return text[:low] + "“" + text[low:high].strip() + "”" + text[high:]


def title(r: Random, article: CleanArticle, others: Sequence[CleanArticle], own: bool = False) -> str:
    """Return the article's title, parted or quoted as headlines are; sometimes another's, unless `own`."""
    text = article.title if own or r.random() < 0.85 else r.choice(others).title
    if " " not in text and len(text) > 10 and r.random() < 0.2:
        middle = break_of(r, text)
        text = text[:middle] + " " + text[middle:]
    return quoted(r, text) if len(text) > 8 and r.random() < 0.1 else text


def break_of(r: Random, text: str) -> int:
    """Return where a headline is parted: about its middle, mostly where a phrase ends."""
    middle = len(text) // 2
    places = [at for at in range(middle - 4, middle + 5) if 2 < at < len(text) - 2]
    if not places or r.random() < 0.55:
        return max(1, middle + r.randint(-3, 3))
    return min(places, key=lambda at: goes_on(text[:at], text[at:]) + 0.3 * abs(at - middle))


def slogan(r: Random, article: CleanArticle, others: Sequence[CleanArticle]) -> str:
    """Return a short headline beside which another line tells the news."""
    parts = [part for part in article.title.split(" ") if 5 <= len(part) <= _SLOGAN]
    if parts and len(article.title) > len(parts[0]) and r.random() < 0.6:
        return r.choice(parts)
    found = [clause.replace(" ", "") for clause in clauses(article.paragraphs) if 6 <= len(clause) <= _SLOGAN]
    found = [clause for clause in found if not _FIGURES.search(clause)]
    if found and r.random() < 0.35:
        text = r.choice(found)
        return text + " " + r.choice(found) if len(text) < 9 and r.random() < 0.35 else text
    short = [
        other.title for other in r.sample(list(others), min(8, len(others))) if len(other.title) <= _SLOGAN
    ]
    return r.choice(short) if short else article.title[:_SLOGAN]


def news(r: Random, article: CleanArticle) -> str:
    """Return a line that says in full what the article tells, as stands over or under a short headline."""
    if len(article.title) >= _NEWS and r.random() < 0.5:
        return article.title
    lead = [clause for clause in clauses(article.paragraphs[:2]) if 6 <= len(clause) <= 24]
    if not lead:
        return article.title
    text = r.choice(lead)
    if len(text) < 2 * _NEWS and len(lead) > 1 and r.random() < 0.5:
        text += r.choice(("，", " ", " ", "")) + r.choice(lead)
    return text


def subtitle(r: Random, article: CleanArticle, others: Sequence[CleanArticle]) -> str:
    """Return a line under a headline: behind a dash, or a clause or two of the text."""
    found = [clause for clause in clauses(article.paragraphs) if 8 <= len(clause) <= 22] or [
        r.choice(others).title
    ]
    text, chance = r.choice(found), r.random()
    if chance < 0.4:
        return "——" + (text if r.random() < 0.6 or len(text) > 13 else text + "，" + r.choice(found))
    return text + " " + r.choice(found) if chance < 0.6 else text


def head(
    r: Random, article: CleanArticle, others: Sequence[CleanArticle], own: bool, printed: bool = True
) -> list[tuple[str, str]]:
    """Return the lines over an article's text with their labels, one of them its title (`T`)."""
    halves = _HALVES.split(article.title, maxsplit=1)
    if (
        len(halves) == 2
        and min(map(len, halves)) >= _SHORTEST_HALF
        and r.random() < (_BY_HALVES if printed else 0.02)
    ):
        return list(zip(halves, r.choice(("TS", "TS", "KT")), strict=True))
    forms = _FORMS if printed else _PLAIN_FORMS
    form = r.choices(list(forms), list(forms.values()))[0]
    main = slogan(r, article, others) if form in _SLOGANS else title(r, article, others, own)
    made: dict[str, Callable[[], tuple[str, str]]] = {
        "r": lambda: (r.choice(wordings.RUBRICS), "K"),
        "h": lambda: (r.choice(("", "", "■")) + heading(r, article.paragraphs), "K"),
        "N": lambda: (news(r, article), "K" if form != "tN" else "S"),
        "K": lambda: (r.choice((news(r, article), heading(r, article.paragraphs))), "K"),
        "T": lambda: (main, "T"),
        "t": lambda: (main, "T"),
        "S": lambda: (subtitle(r, article, others), "S"),
    }
    return [made[part]() for part in form]


_FORMS: Final = {
    "T": 0.44, "rT": 0.06, "hT": 0.09, "hTS": 0.04, "KT": 0.04, "KTS": 0.03, "NT": 0.06, "NTS": 0.02, "TS": 0.16, "TSS": 0.04,
    "tN": 0.02,
}  # fmt: skip
_PLAIN_FORMS: Final = {
    "T": 0.64, "rT": 0.05, "hT": 0.05, "hTS": 0.02, "KT": 0.01, "NT": 0.015, "TS": 0.17, "TSS": 0.03, "tN": 0.015,
}  # fmt: skip
# Of these the title is short and tells no news.
_SLOGANS: Final = frozenset({"NT", "NTS", "tN"})
# A headline of two halves may be one with the line over it, or under it.
_HALVES: Final = re.compile("[ ：:]+")
_SHORTEST_HALF: Final = 5
_BY_HALVES: Final = 0.06

"""Labels that no page can have, corrected: few constraints, each of which holds on any page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from knowledge.model import BlockRole
from knowledge.repair.characters import is_han, width
from knowledge.repair.continuation import is_broken
from knowledge.repair.issue import DATE, is_credits
from knowledge.repair.join_model import goes_on
from knowledge.repair.labels import FARTHEST, Labelled, with_headline
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import (
    AFTER_SENTENCE,
    DATELINE,
    IN_BRACKETS,
    ONLY_NAMES,
    ONLY_SIGNED,
    asks_for_readers,
    is_caption,
    names_a_number,
    names_a_value,
)
from knowledge.text.numbers import HEADING_NUMBER, NUMBERED_HEADING

_HEAD: Final = frozenset({BlockRole.TITLE, BlockRole.KICKER, BlockRole.SUBTITLE})
_DISPLAYS: Final = _HEAD | {BlockRole.HEADING}
_ASIDE: Final = frozenset({BlockRole.FURNITURE, BlockRole.CREDIT, BlockRole.CAPTION})
_CLOSING: Final = frozenset("，。、；：！？”’）」』》％")
_DASHES: Final = "—―"
_STOP_INSIDE: Final = re.compile("[。！？；](?!$)[^”’）」』]")
_READS_ON: Final = 1.0
_NEAR_DRAW: Final = 4.0
# What is taken out of the text by less than this stays in it, as what its rival says.
_DRAW: Final = 1.0
_KEPT: Final = frozenset({BlockRole.PARAGRAPH, BlockRole.BYLINE})
_READS_INTO: Final = 2.0
# No headline or heading is wider, in ems: what is stands in a file of a paragraph a line.
_WIDEST_DISPLAY: Final = 45.0
# The day that closes a text, with who signs it or alone.
_CLOSING_DAY: Final = re.compile(rf"[^，。：；？！:]{{0,16}}?(?:{DATE.pattern}|\d{{1,2}}月\d{{1,2}}日)")
_NUMERALS: Final = re.compile(r"[一二三四五六七八九十百\d]+")
# A list has so many rows, of pieces as wide as that in ems; none holds such a mark.
_FEWEST_ROWS: Final = 3
_WIDEST_PIECE: Final = 10.0
_BETWEEN: Final = re.compile(r"\s*[：:\s]\s*")
_NO_ROW: Final = re.compile("[，。；！？]")
_FIGURE: Final = re.compile(r"\d")
_SHORT: Final = 12
# What is narrower may be a heading, for all its words tell.
_WHOLE: Final = 10
_EQUAL: Final = 1.5


def keep_text(labelled: Sequence[Labelled]) -> list[Labelled]:
    """Correct labels that no line of any file can have: one wider than any headline that holds a full stop is text.

    It is no headline, even where there is no other, nor what stands aside, unless it says what a photo shows.
    Lines of a headline do not go on over a dash: what ends with one leads on to it (引题), what begins with one is below it.
    """
    found = [_as_text(each, math.inf) if _is_text(each) else each for each in labelled]
    for low, high in groups(found, _HEAD):
        for at in range(low + 1, high):
            roles = found[at - 1].role, found[at].role
            if found[at - 1].line.text[-1] in _DASHES and BlockRole.KICKER not in roles:
                first = max(place for place in range(low, at) if found[place].opens or place == low)
                for place in range(first, at):
                    found[place] = found[place]._replace(role=BlockRole.KICKER)
                found[at] = found[at]._replace(role=BlockRole.TITLE, opens=True)
            elif found[at].line.text[0] in _DASHES and roles == (BlockRole.TITLE, BlockRole.TITLE):
                last = next((place for place in range(at + 1, high) if found[place].opens), high)
                for place in range(at, last):
                    found[place] = found[place]._replace(role=BlockRole.SUBTITLE, opens=place == at)
    return found


def constrain(labelled: Sequence[Labelled]) -> list[Labelled]:
    """Correct labels that no file can have.

    - Lines that stand one under another parted alike are rows of a list.
    - What would be taken out of the text by a hair stays in it; where nothing is broken, so does what may be furniture
      between lines of text.
    - What opens with a closing mark, holds a full stop, or is wider than any headline is running text; a byline looks like
      one.
    - A caption that a line above reads on into is text, and so is a display that reads on into the text below;
      a line parted by blanks over which the text reads on is a display.
    - A display below a signed text or above a dateline may be a headline; a later headline that is short and not sure, or
      one by a hair where headings are as wide, needs such a sign; several equal short displays together are headings.
    - Who signs a text and the day that closes it are text; what follows them over other text is a headline.
    - Nothing but fields under a headline, or over it, is credits; who is addressed over the text is no headline.
    - A file without a headline has the likeliest one.
    """
    found = [_as_it_looks(each) for each in labelled]
    _keep_rows(found)
    _go_on_behind_pauses(found)
    _stand_apart(found)
    if is_broken(found):
        _read_into(found)
    else:
        _keep_lines(found)
        _head_by_number(found)
    _follow_signatures(found)
    _close_texts(found)
    _give_credit(found)
    _address(found)
    seen = False
    for low, high in groups(found, _HEAD | {BlockRole.BYLINE}):
        titles = [at for at in range(low, high) if found[at].role is BlockRole.TITLE]
        if titles and seen and not _begins_article(found, low, high):
            for at in range(low, high):
                if found[at].role in _HEAD:
                    found[at] = found[at]._replace(role=BlockRole.HEADING)
        seen = seen or bool(titles)
    found = with_headline(found)
    _put_together(found)
    return found


def _give_credit(found: list[Labelled]) -> None:
    """Say which lines over the text are credits: `is_credits` knows them by what they are made of."""
    over = True
    for at, each in enumerate(found):
        if each.role in _ASIDE or each.role is BlockRole.BYLINE:
            continue
        if over and is_credits(each.line.whole):
            found[at] = each._replace(role=BlockRole.CREDIT, margin=math.inf)
        elif each.role in (BlockRole.TITLE, BlockRole.PARAGRAPH):
            over = each.role is BlockRole.TITLE


def _address(found: list[Labelled]) -> None:
    """Say that a colon ends no headline: who reads the text is addressed there."""
    for _, end in [*groups(found, _HEAD)]:
        last, below = found[end - 1], found[end] if end < len(found) else None
        if below is not None and below.role is BlockRole.PARAGRAPH and last.line.text.endswith(("：", ":")):
            found[end - 1] = _as_text(last, math.inf)
            found[end] = below._replace(opens=True)


def _put_together(found: list[Labelled]) -> None:
    """Say which displays go on with the one above: a title below a title, a heading that reads on."""
    for at in range(1, len(found)):
        above, each = found[at - 1], found[at]
        if each.role is BlockRole.TITLE:
            own = [other.line for other in _title_above(found, at)]
            goes = (
                above.role in (BlockRole.TITLE, BlockRole.KICKER)
                and bool(own)
                and not _is_another(own, each.line)
            )
            found[at] = each._replace(opens=not goes)
        elif each.role is BlockRole.HEADING:
            goes = (
                above.role is BlockRole.HEADING
                and each.line.gap == 0
                and goes_on(above.line.text, each.line.text) > _READS_ON
            )
            found[at] = each._replace(opens=not goes)


def _title_above(found: Sequence[Labelled], at: int) -> list[Labelled]:
    own: list[Labelled] = []
    for each in reversed(found[:at]):
        if each.role not in _HEAD:
            break
        if each.role is BlockRole.TITLE:
            own.insert(0, each)
            if each.opens:
                break
    return own


def _is_another(title: Sequence[PageLine], line: PageLine) -> bool:
    """Tell whether a line below a headline begins another one: a blank line between, and no way to read on."""
    return line.gap > title[-1].gap * (len(title) > 1) and goes_on(title[-1].text, line.text) < 0


def _go_on_behind_pauses(found: list[Labelled]) -> None:
    """Make a caption running text that stands right below a line which breaks off and reads on into it; none that ends
    with a number to call goes on with another."""
    for at in range(1, len(found)):
        above, each = found[at - 1], found[at]
        if all(other.line.text[-1].isdigit() and names_a_number(other.line.text) for other in (above, each)):
            found[at] = each._replace(opens=True)
        if each.role is not BlockRole.CAPTION or each.rival is not BlockRole.PARAGRAPH or each.line.gap:
            continue
        broken = above.role is BlockRole.PARAGRAPH and not above.line.finished
        if broken and (above.line.text[-1] in "，、," or goes_on(above.line.text, each.line.text) > 0):
            found[at] = each._replace(role=BlockRole.PARAGRAPH, opens=False)


def _stand_apart(found: list[Labelled]) -> None:
    """Make a line a display that blank lines part from text which reads on over it better than from it."""
    for at in range(2, len(found) - 1):
        above, each, below = found[at - 1], found[at], found[at + 1]
        if each.opens or each.margin > _NEAR_DRAW or above.line.finished or each.line.finished:
            continue
        if {above.role, each.role, below.role} != {BlockRole.PARAGRAPH}:
            continue
        parted = min(each.line.gap, below.line.gap) > above.line.gap
        over = goes_on(above.line.text, below.line.text)
        if parted and over > max(0.0, goes_on(each.line.text, below.line.text)):
            found[at] = each._replace(role=BlockRole.HEADING, opens=True)


def _keep_rows(found: list[Labelled]) -> None:
    """Make lines in so many short pieces each (周一 陶然 3300121), three or more one under another, text of their own, if
    all the pieces in one place hold a figure, or the same character; nothing goes on with them."""
    parted = [_row(each.line) for each in found]
    for many, places in groupby(range(len(found)), lambda at: len(parted[at])):
        rows = list(places)
        if not many or len(rows) < _FEWEST_ROWS:
            continue
        columns = zip(*(parted[at] for at in rows), strict=True)
        if any(all(map(_FIGURE.search, pieces)) or set.intersection(*map(set, pieces)) for pieces in columns):
            for at in rows:
                found[at] = found[at]._replace(
                    role=BlockRole.PARAGRAPH, opens=True, margin=math.inf, untitled=math.inf
                )
            for at in range(rows[-1] + 1, len(found))[:1]:
                found[at] = found[at]._replace(opens=True)


def _row(line: PageLine) -> list[str]:
    """Return the pieces of a line that may be a row of a list; none of what a page's foot or a list of contents has."""
    text = line.whole
    if _NO_ROW.search(text) or HEADING_NUMBER.match(text) or is_credits(text) or asks_for_readers(text):
        return []
    pieces = _BETWEEN.split(text)
    short = len(pieces) > 1 and all(pieces) and max(map(width, pieces)) <= _WIDEST_PIECE
    return pieces if short else []


def _keep_lines(found: list[Labelled]) -> None:
    """Keep lines of text apart where nothing is broken; what may be a page's head or foot is one if it stands between two,
    holds a comma, or names a value or a number to call and is no credit."""
    for at, each in enumerate(found):
        around = {other.role for other in found[max(at - 1, 0) : at + 2] if other is not each}
        unsure = each.role is BlockRole.FURNITURE and each.margin < _NEAR_DRAW and 0 < at < len(found) - 1
        kept = unsure and ("，" in each.line.text or around == {BlockRole.PARAGRAPH})
        told = (
            each.role is BlockRole.FURNITURE
            and each.rival is BlockRole.PARAGRAPH
            and (names_a_value(each.line.text) or names_a_number(each.line.text))
        )
        if each.role is BlockRole.PARAGRAPH or kept or (told and not is_credits(each.line.whole)):
            found[at] = each._replace(role=BlockRole.PARAGRAPH, opens=True)


def _head_by_number(found: list[Labelled]) -> None:
    """Make numbered lines without a stop headings (二、报名时间) where all that are numbered alike are such, most over other text."""
    numbered = [HEADING_NUMBER.match(each.line.text) if each.role not in _ASIDE else None for each in found]
    kinds = [_NUMERALS.sub("", number[0]) if number else "" for number in numbered]
    for kind in dict.fromkeys(filter(None, kinds)):
        alike = [at for at, other in enumerate(kinds) if other == kind]
        bare = all(NUMBERED_HEADING.fullmatch(found[at].line.text) for at in alike)
        over = [at for at in alike if at + 1 < len(found) and kinds[at + 1] != kind]
        over = [at for at in over if found[at + 1].role is BlockRole.PARAGRAPH]
        for at in over if bare and 2 * len(over) > len(alike) else ():
            found[at] = found[at]._replace(role=BlockRole.HEADING, opens=True)


def _read_into(found: list[Labelled]) -> None:
    """Make a line running text again that reads on into the text below it: a sentence was interrupted there."""
    for at, each in enumerate(found):
        unsure = each.role is BlockRole.FURNITURE and each.margin < _NEAR_DRAW
        if each.line.doubled or not (each.role in _DISPLAYS or unsure):
            continue
        beyond = next((place for place in range(at + 1, len(found)) if found[place].role not in _ASIDE), None)
        if beyond is None or found[beyond].role is not BlockRole.PARAGRAPH:
            continue
        below = found[beyond].line.text
        repeated = beyond > at + 1 and is_han(below[0]) and each.line.text[-1] == below[0]
        score = goes_on(each.line.text, below)
        if unsure and at and found[at - 1].role is BlockRole.PARAGRAPH and not found[at - 1].line.finished:
            score += goes_on(found[at - 1].line.text, each.line.text)
        if repeated or score > _READS_INTO:
            found[at] = each._replace(role=BlockRole.PARAGRAPH, opens=not unsure)


def _follow_signatures(found: list[Labelled]) -> None:
    """Make a display that may be a headline one where the text above it is signed, or that below has a dateline."""
    for at, each in enumerate(found):
        if each.role is not BlockRole.HEADING or each.rival is not BlockRole.TITLE:
            continue
        above = [other for other in found[:at] if other.role not in _ASIDE]
        below = next((other for other in found[at + 1 :] if other.role not in _ASIDE), None)
        signed = (
            len(above) > 1 and above[-1].role is BlockRole.BYLINE and above[-2].role is BlockRole.PARAGRAPH
        )
        if below is None or below.role is not BlockRole.PARAGRAPH or not above:
            continue
        ended = each.margin <= _NEAR_DRAW and (
            signed or AFTER_SENTENCE.search(above[-1].line.text) is not None
        )
        if ended or DATELINE.match(below.line.text):
            found[at] = each._replace(role=BlockRole.TITLE)


def _close_texts(found: list[Labelled]) -> None:
    """Let who signs a text and the day that closes it be text, and what stands under them over other text a headline."""
    for at in range(2, len(found)):
        head, below = (*found[at + 1 : at + 3], None, None)[:2]
        signer = at - (not found[at - 1].line.finished)
        own = found[signer : at + 1]
        if not (_CLOSING_DAY.fullmatch(own[-1].line.text) and found[signer - 1].line.finished):
            continue
        sure = any(each.role in _ASIDE and each.margin >= _NEAR_DRAW for each in own)
        if sure or (head is not None and head.line.finished) or is_credits(own[0].line.whole, over=False):
            continue
        for place, each in enumerate(own, signer):
            found[place] = (
                each if each.role is BlockRole.BYLINE else each._replace(role=BlockRole.PARAGRAPH, opens=True)
            )
        if head is None or below is None or below.role is not BlockRole.PARAGRAPH:
            continue
        likely = head.role in _DISPLAYS or head.untitled < FARTHEST
        if likely and not _CLOSING_DAY.fullmatch(below.line.text):
            found[at + 1] = head._replace(role=BlockRole.TITLE, opens=True, margin=math.inf)
        if found[at + 1].role is not BlockRole.PARAGRAPH:
            found[at + 2] = below._replace(opens=True)


def _as_it_looks(each: Labelled) -> Labelled:
    text = each.line.text
    if each.role in _ASIDE and each.margin < _DRAW and each.rival in _KEPT:
        return each._replace(role=each.rival, opens=True)
    if each.role is BlockRole.BYLINE and not _is_byline(each.line):
        return each._replace(role=BlockRole.HEADING if not each.line.finished else BlockRole.PARAGRAPH)
    if each.role is BlockRole.PARAGRAPH and not each.opens and each.line.finished and is_caption(text):
        return each._replace(role=BlockRole.CAPTION)
    if each.role is BlockRole.PARAGRAPH and IN_BRACKETS.fullmatch(text):
        return each._replace(role=BlockRole.BYLINE)
    wide = each.line.width > _WIDEST_DISPLAY
    if each.role in _DISPLAYS and (wide or text[0] in _CLOSING or _STOP_INSIDE.search(text)):
        return _as_text(each, each.untitled)
    return each


def _is_text(each: Labelled) -> bool:
    text = each.line.text
    caption = each.role is BlockRole.CAPTION and is_caption(text)
    return each.line.width > _WIDEST_DISPLAY and _STOP_INSIDE.search(text) is not None and not caption


def _as_text(each: Labelled, untitled: float) -> Labelled:
    if each.role not in _DISPLAYS | _ASIDE:
        return each._replace(untitled=untitled)
    opens = each.line.text[0] not in _CLOSING
    return each._replace(role=BlockRole.PARAGRAPH, opens=opens, untitled=untitled)


def _is_byline(line: PageLine) -> bool:
    printed = line.raw[line.start : line.end] if not line.spaced else line.text
    if any(form.match(printed) for form in (ONLY_SIGNED, IN_BRACKETS, ONLY_NAMES)):
        return True
    return (
        re.search("记者|記者|通讯员|通訊員|实习生|撰文|作者|整理|文[/／]|／|报道|報導|供稿|特派", printed)
        is not None
        or len(printed) <= 4
    )


def _begins_article(found: Sequence[Labelled], low: int, high: int) -> bool:
    """Tell whether the displays from `low` to `high` head an article of their own."""
    if low and found[low].role is BlockRole.BYLINE:
        return True
    group = [each for each in found[low:high] if each.role in _HEAD]
    titles = [each for each in group if each.role is BlockRole.TITLE]
    below = next((each for each in found[high:] if each.role not in _ASIDE), None)
    above = next((each for each in reversed(found[:low]) if each.role not in _ASIDE), None)
    if below is not None and DATELINE.match(below.line.text):
        return True
    wide = sum(each.line.width for each in titles)
    widths = [each.line.width for each in group]
    if len(group) > 1 and max(widths) - min(widths) <= _EQUAL and max(widths) <= _SHORT:
        return False
    sure = min(each.margin for each in titles)
    alike = (o for o in found if o.role is BlockRole.HEADING and abs(o.line.width - wide) <= _EQUAL)
    likely = wide >= _WHOLE and (sure > _DRAW or next(alike, None) is None)
    if below is None or likely or sure > _NEAR_DRAW:
        return True
    return above is not None and (
        above.role is BlockRole.BYLINE or AFTER_SENTENCE.search(above.line.text) is not None
    )


def groups(found: Sequence[Labelled], roles: frozenset[BlockRole]) -> Iterator[tuple[int, int]]:
    """Yield first and one past the last of each run of lines of these roles."""
    low = None
    for at, each in enumerate([*found, None]):
        if each is not None and each.role in roles:
            low = at if low is None else low
        elif low is not None:
            yield low, at
            low = None

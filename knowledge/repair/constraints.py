"""Labels that no page can have, corrected: few constraints, each of which holds on any page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from knowledge.model import BlockRole
from knowledge.repair.characters import is_han
from knowledge.repair.join_model import goes_on
from knowledge.repair.labels import Labelled
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import (
    AFTER_SENTENCE,
    DATELINE,
    IN_BRACKETS,
    NUMBERED,
    ONLY_NAMES,
    ONLY_SIGNED,
    SPEAKER,
    is_caption,
    is_named_value,
    is_page_head,
)

_HEAD: Final = frozenset({BlockRole.TITLE, BlockRole.KICKER, BlockRole.SUBTITLE})
_DISPLAYS: Final = _HEAD | {BlockRole.HEADING}
_PARTS_OF_TITLE: Final = tuple(
    {BlockRole.TITLE, other} for other in (BlockRole.SUBTITLE, BlockRole.KICKER, BlockRole.HEADING)
)
_ASIDE: Final = frozenset({BlockRole.FURNITURE, BlockRole.CREDIT, BlockRole.CAPTION})
_CLOSING: Final = frozenset("，。、；：！？”’）」』》％")
_STOP_INSIDE: Final = re.compile("[。！？；](?!$)[^”’）」』]")
_READS_ON: Final = 1.0
_NEAR_DRAW: Final = 4.0
# What is taken out of a page by less than this stays as its rival says.
_DRAW: Final = 1.0
_KEPT: Final = frozenset(
    {BlockRole.HEADING, BlockRole.PARAGRAPH, BlockRole.TITLE, BlockRole.SUBTITLE, BlockRole.KICKER}
)
_READS_INTO: Final = 2.0
# Lines of one title differ in width by no more.
_LIKE: Final = 0.4
_WIDEST_TITLE: Final = 30.0
# No headline or heading is wider, in ems: what is stands in a file of a paragraph a line.
_WIDEST_DISPLAY: Final = 45.0
_BRACKETS: Final = {"》": "《", "”": "“", "」": "「", "）": "（"}
# Of its column's width, what a line fills that the press broke.
_FULL: Final = 0.72
_FEW: Final = 0.4
_SIGNED: Final = re.compile(f"{AFTER_SENTENCE.pattern.replace('?P<glued>', '?:')}")
_SHORT: Final = 12
_EQUAL: Final = 1.5


def constrain(labelled: Sequence[Labelled]) -> list[Labelled]:
    """Correct labels that no page can have.

    - What would be taken out by a hair stays; what opens with a closing mark, holds a full stop, is wider than any
      headline or opens a bracket that only the text below closes is running text.
    - A byline looks like one; a doubled line beside a headline is a slogan; a line behind a dash is a subtitle.
    - A line goes on only with one that fills its column; where nothing goes on, name and value are no page's foot.
    - A display that reads on into a headline is part of it, one that reads on into the text below is text.
    - One below a signed text or above a dateline may be a headline; a later headline needs such a sign; several equal
      short displays together are headings.
    - The first display of a page without a headline is its headline.
    """
    found = [_not_a_display(each) for each in labelled]
    _close_brackets(found)
    _go_on_behind_pauses(found)
    _fill_columns(found)
    if is_broken(found):
        _read_into(found)
    else:
        _keep_lines(found)
    _part_page_heads(found)
    for low, high in groups(found, _DISPLAYS):
        group = found[low:high]
        plain = [each for each in group if not each.line.doubled]
        if plain and len(plain) < len(group):
            for at in range(low, high):
                if found[at].line.doubled:
                    found[at] = replace(found[at], role=BlockRole.FURNITURE)
    _read_on(found)
    _follow_signatures(found)
    seen = False
    for low, high in groups(found, _HEAD | {BlockRole.BYLINE}):
        titles = [at for at in range(low, high) if found[at].role is BlockRole.TITLE]
        if titles and seen and not _begins_article(found, low, high):
            for at in range(low, high):
                if found[at].role in _HEAD:
                    found[at] = replace(found[at], role=BlockRole.HEADING)
        seen = seen or bool(titles)
    if not seen:
        _name_first(found)
    return found


def _read_on(found: list[Labelled]) -> None:
    """Make a line that reads on into the headline right below or above it part of that headline."""
    for at in range(len(found) - 1, 0, -1):
        above, below = found[at - 1], found[at]
        if below.line.gap > 1 or below.line.text.startswith("——") or above.line.finished:
            continue
        display = {above.role, below.role} in _PARTS_OF_TITLE and not below.line.gap
        opened = above.role is BlockRole.PARAGRAPH and above.opens and below.role is BlockRole.TITLE
        alike = abs(above.line.width - below.line.width) <= _LIKE * max(above.line.width, below.line.width)
        wanted = 0.0 if above.rival is BlockRole.TITLE else _READS_ON
        if (display or (opened and alike)) and goes_on(above.line.text, below.line.text) > wanted:
            found[at - 1], found[at] = (
                replace(above, role=BlockRole.TITLE),
                replace(below, role=BlockRole.TITLE),
            )


def is_broken(labelled: Sequence[Labelled]) -> bool:
    """Tell whether a line goes on with the one above it, or a photo interrupts one; else nothing need be joined."""
    if any(each.role is BlockRole.PARAGRAPH and not each.opens for each in labelled):
        return True
    return any(
        above.role not in _ASIDE
        and not above.line.finished
        and each.role in (BlockRole.CAPTION, BlockRole.CREDIT)
        for above, each in pairwise(labelled)
    )


def _fill_columns(found: list[Labelled]) -> None:
    """Let no line go on with one that ended before its column was full, where few lines go on: the writer ended it."""
    body = [each for each in found if each.role is BlockRole.PARAGRAPH]
    if sum(not each.opens for each in body) > _FEW * len(body):
        return
    for at in range(1, len(found)):
        above, each = found[at - 1], found[at]
        if each.opens or each.margin > _NEAR_DRAW or {above.role, each.role} != {BlockRole.PARAGRAPH}:
            continue
        if above.line.finished or above.line.text[-1] in "，、,；;" or each.line.text[0] in _CLOSING:
            continue
        near = [other.line for other in found[max(0, at - 4) : at + 4] if other.role is BlockRole.PARAGRAPH]
        column = max(line.width + line.indent / 2 for line in near)
        if above.line.width + above.line.indent / 2 < _FULL * column:
            found[at] = replace(each, opens=True)


def _keep_lines(found: list[Labelled]) -> None:
    """Keep what a file in which nothing is broken says: name and value are no page's foot, its first line heads it."""
    for at, each in enumerate(found):
        if each.role is BlockRole.FURNITURE and is_named_value(each.line.text):
            found[at] = replace(each, role=BlockRole.PARAGRAPH, opens=True)
    titles = [at for at, each in enumerate(found) if each.role is BlockRole.TITLE]
    if (
        len(titles) == 1
        and titles[0]
        and found[titles[0]].margin < _NEAR_DRAW / 2
        and found[0].rival is BlockRole.TITLE
    ):
        found[titles[0]] = replace(found[titles[0]], role=BlockRole.PARAGRAPH, opens=True)
        found[0] = replace(found[0], role=BlockRole.TITLE)


def _go_on_behind_pauses(found: list[Labelled]) -> None:
    """Make a caption running text that stands right below a line which breaks off and reads on into it."""
    for at in range(1, len(found)):
        above, each = found[at - 1], found[at]
        if each.role is not BlockRole.CAPTION or each.rival is not BlockRole.PARAGRAPH or each.line.gap:
            continue
        broken = above.role is BlockRole.PARAGRAPH and not above.line.finished
        if broken and (above.line.text[-1] in "，、," or goes_on(above.line.text, each.line.text) > 0):
            found[at] = replace(each, role=BlockRole.PARAGRAPH, opens=False)


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
            found[at] = replace(each, role=BlockRole.PARAGRAPH, opens=not unsure)


def _part_page_heads(found: list[Labelled]) -> None:
    """Tell a page's head from the headline below it."""
    for at in range(len(found) - 1):
        each, below = found[at], found[at + 1]
        if each.role in _DISPLAYS and below.role in _DISPLAYS and is_page_head(each.line.text):
            found[at] = replace(each, role=BlockRole.FURNITURE, margin=_NEAR_DRAW)
            if each.role is BlockRole.TITLE and below.role is BlockRole.HEADING:
                found[at + 1] = replace(below, role=BlockRole.TITLE)


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
        ended = each.margin <= _NEAR_DRAW and (signed or _SIGNED.search(above[-1].line.text) is not None)
        if ended or DATELINE.match(below.line.text):
            found[at] = replace(each, role=BlockRole.TITLE)


def _not_a_display(each: Labelled) -> Labelled:
    text = each.line.text
    if each.role in (BlockRole.FURNITURE, BlockRole.CREDIT) and each.margin < _DRAW and each.rival in _KEPT:
        return replace(each, role=each.rival, opens=True)
    if each.role is BlockRole.BYLINE and not _is_byline(each.line):
        return replace(each, role=BlockRole.HEADING if not each.line.finished else BlockRole.PARAGRAPH)
    if each.role is BlockRole.PARAGRAPH and not each.opens and each.line.finished and is_caption(text):
        return replace(each, role=BlockRole.CAPTION)
    if each.role is BlockRole.PARAGRAPH and IN_BRACKETS.fullmatch(text):
        return replace(each, role=BlockRole.BYLINE)
    if each.role is BlockRole.TITLE and text.startswith("——"):
        return replace(each, role=BlockRole.SUBTITLE)
    wide = each.line.width > _WIDEST_DISPLAY
    if each.role in _DISPLAYS and (wide or text[0] in _CLOSING or _STOP_INSIDE.search(text)):
        return replace(each, role=BlockRole.PARAGRAPH, opens=text[0] not in _CLOSING)
    return each


def _close_brackets(found: list[Labelled]) -> None:
    """Make displays running text from the line on that opens a bracket which only the text below them closes."""
    for low, high in groups(found, _DISPLAYS):
        if high == len(found) or found[high].role is not BlockRole.PARAGRAPH:
            continue
        opened: list[tuple[str, int]] = []
        for at in range(low, high):
            for mark in found[at].line.text:
                if mark in _BRACKETS.values():
                    opened.append((mark, at))
                elif opened and _BRACKETS.get(mark) == opened[-1][0]:
                    opened.pop()
        rest = next(
            (mark for mark in found[high].line.text if mark in _BRACKETS or mark in _BRACKETS.values()), ""
        )
        if not opened or _BRACKETS.get(rest) != opened[-1][0]:
            continue
        for at in range(opened[-1][1], high):
            begins = at == low and (
                not at or found[at - 1].role is not BlockRole.PARAGRAPH or found[at - 1].line.finished
            )
            found[at] = replace(found[at], role=BlockRole.PARAGRAPH, opens=begins)
        found[high] = replace(found[high], opens=False)


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
    if any(each.role is not BlockRole.TITLE for each in found[low:high]) and wide >= 10:
        return True
    if above is not None and (above.role is BlockRole.BYLINE or _SIGNED.search(above.line.text)):
        return True
    first = next(each for each in found if each.role is BlockRole.TITLE)
    return (
        below is None
        or (wide >= 0.8 * first.line.width and wide >= _SHORT)
        or min(x.margin for x in titles) > 3
    )


def _name_first(found: list[Labelled]) -> None:
    """Make the likeliest display the headline of a page that has none."""
    places = [
        at
        for at, each in enumerate(found)
        if each.role in (BlockRole.SUBTITLE, BlockRole.KICKER) and each.line.width >= 6
    ]
    if places:
        at = max(places, key=lambda place: found[place].line.width)
        found[at] = replace(found[at], role=BlockRole.TITLE)
        return
    first = next((at for at, each in enumerate(found) if each.role not in _ASIDE), None)
    if first is not None and found[first].role is BlockRole.HEADING:
        found[first] = replace(found[first], role=BlockRole.TITLE)
        return
    if len(found) > 1 and _stands_over(found[0], found[1]):
        found[0] = replace(found[0], role=BlockRole.TITLE)


def _stands_over(first: Labelled, second: Labelled) -> bool:
    """Tell whether a page's first line is a headline that looks like something else: short, a blank line below."""
    text = first.line.text
    unsure = first.margin < _NEAR_DRAW or first.role is BlockRole.PARAGRAPH
    return (
        unsure
        and second.role is BlockRole.PARAGRAPH
        and (second.line.gap > 0 or (first.rival is BlockRole.TITLE and second.line.finished))
        and first.line.width < min(_WIDEST_TITLE, second.line.width)
        and text[-1] not in "。，、；：,;:"
        and not any(form.match(text) for form in (DATELINE, SPEAKER, NUMBERED))
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

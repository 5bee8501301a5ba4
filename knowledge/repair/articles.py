"""Blocks into articles: where one ends and the next begins, and which of the printed lines is the title."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from knowledge.repair.blocks import Block, split_rubrics
from knowledge.repair.characters import HAN_RUN
from knowledge.repair.lines import Line
from knowledge.repair.paragraphs import Paragraph

# So many characters in common name the same thing (第一批主题, not 上海).
_NAMING: Final = 4
_SAME: Final = 6
_SHORTEST_TITLE: Final = 8
_NUMBERED: Final = re.compile("[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\\d]+[)）]")

Display = list[Paragraph]


@dataclass(slots=True)
class Draft:
    """An article before its reading order is settled; displays hold one paragraph per printed line."""

    title: Display = field(default_factory=list)
    kicker: Display = field(default_factory=list)
    subtitle: Display = field(default_factory=list)
    rubrics: Display = field(default_factory=list)
    signed: list[Line] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    displaced: int = 0
    found_by_words: bool = False


def split(blocks: Sequence[Block], wrapped: bool) -> list[Draft]:
    """Split the blocks of one document into articles, in the order their texts begin."""
    heads = [at for at in range(len(blocks)) if _is_head(blocks, at)]
    if not heads:
        heads = _unmarked_head(blocks, wrapped)
    if not heads:
        return [Draft(signed=_signed(blocks), blocks=list(blocks))] if blocks else []
    drafts: list[Draft] = []
    strays = list(blocks[: heads[0]])
    above = _heading_above(blocks[heads[0]]) if strays else []
    for at, head in enumerate(heads):
        until = heads[at + 1] if at + 1 < len(heads) else len(blocks)
        drafts.extend(_drafts(blocks[head], list(blocks[head + 1 : until]), wrapped))
    if strays and strays[-1].bylines and any(block.bylines for block in drafts[0].blocks):
        return [Draft(signed=_signed(strays), blocks=strays), *drafts]
    drafts[0].displaced = len(strays)
    drafts[0].blocks[0].displays += above
    drafts[0].blocks[:0] = strays
    return drafts


def _heading_above(head: Block) -> list[Paragraph]:
    """Take a heading off the displays that stands right under the column above the title: it names what follows."""
    displays = head.displays
    if len(displays) > 1 and displays[0].first.gap == 0 and displays[1].first.gap > 0:
        return [displays.pop(0)]
    return []


def _signed(blocks: Sequence[Block]) -> list[Line]:
    return [line for block in blocks for line in block.signed]


def _is_head(blocks: Sequence[Block], at: int) -> bool:
    """Tell whether an article begins with the block's displays."""
    block = blocks[at]
    if not block.displays:
        return False
    if at == 0:
        return True
    if any(paragraph.text.startswith("——") for paragraph in block.displays[1:]):
        return True
    if not block.bodies:
        return False
    if block.bodies[0].first.dateline or block.signed:
        return True
    if not blocks[at - 1].bylines or _is_stack(block.displays):
        return False
    return any(b.bylines for b in blocks[at:]) or not _named_again(blocks, at)


def _named_again(blocks: Sequence[Block], at: int) -> bool:
    """Tell whether the text from block `at` on still speaks of the first title: then its columns are out of order."""
    title = "".join(paragraph.text for paragraph in blocks[0].displays)
    return any(shared_run(title, block.text) >= _SAME for block in blocks[at:])


def _is_stack(displays: Sequence[Paragraph]) -> bool:
    """Tell whether the lines are headings of one kind: several, equally long."""
    lengths = [len(paragraph.text) for paragraph in displays]
    return len(lengths) > 1 and max(lengths) - min(lengths) <= 1


def _unmarked_head(blocks: Sequence[Block], wrapped: bool) -> list[int]:
    """Find the title of a page whose first column does not begin with it: longer than every other heading."""
    places = [at for at, block in enumerate(blocks) if block.displays and block.bodies]
    if not wrapped or not places:
        return []
    best = max(places, key=lambda at: len(blocks[at].displays[0].text))
    length = len(blocks[best].displays[0].text)
    others = [len(p.text) for block in blocks for p in block.displays if p is not blocks[best].displays[0]]
    return [best] if length >= _SHORTEST_TITLE and length > max(others, default=0) + 2 else []


def _drafts(head: Block, rest: list[Block], wrapped: bool) -> Iterator[Draft]:
    """Make the draft of a head, or two where the title of a second article stands above the first one's."""
    groups, rubrics = split_rubrics(head)
    other = groups[0] if len(groups) > 1 else _foreign_title(head)
    if other:
        cut = _lead_of(other, head)
        if cut:
            own = [p for p in head.displays if p not in other and p not in rubrics]
            first = Draft(rubrics=rubrics, signed=head.signed, blocks=[Block(bodies=head.bodies[:cut])])
            _name(first, own, rest, wrapped)
            second = Draft(
                found_by_words=True, blocks=[Block(bodies=head.bodies[cut:], bylines=head.bylines), *rest]
            )
            _name(second, list(other), rest, wrapped)
            yield first
            yield second
            return
    draft = Draft(rubrics=rubrics, signed=head.signed, blocks=[head, *rest])
    _name(draft, [p for p in head.displays if p not in rubrics], rest, wrapped)
    yield draft


def _foreign_title(head: Block) -> list[Paragraph]:
    """The first of two stacked titles when the text right below, which opens with a dateline, does not name it."""
    if len(head.displays) < 2 or not head.bodies or not head.bodies[0].first.dateline:
        return []
    opening = "\n".join(paragraph.text for paragraph in head.bodies[:2])
    own = _phrases(head.displays[0].text)
    return [] if any(phrase in opening for phrase in own) else head.displays[:1]


def _lead_of(title: Sequence[Paragraph], head: Block) -> int:
    """Return the first paragraph that names what only this title names, 0 for none."""
    rivals = {phrase for p in head.displays if p not in title for phrase in _phrases(p.text)}
    phrases = {phrase for p in title for phrase in _phrases(p.text)} - rivals
    for at, paragraph in enumerate(head.bodies):
        if at and any(phrase in paragraph.text for phrase in phrases):
            return at
    return 0


def shared_run(title: str, text: str) -> int:
    """Return the length of the longest run of han characters of the title that the text repeats."""
    best = 0
    for run in HAN_RUN.findall(title):
        for at in range(len(run)):
            while at + best < len(run) and run[at : at + best + 1] in text:
                best += 1
    return best


def _phrases(text: str) -> set[str]:
    runs = HAN_RUN.findall(text)
    return {run[at : at + _NAMING] for run in runs for at in range(len(run) - _NAMING + 1)}


def _name(draft: Draft, displays: list[Paragraph], rest: Sequence[Block], wrapped: bool) -> None:
    """Share the displays above an article out among kicker, title, subtitle and first heading."""
    lines = _whole(displays, wrapped)
    for at, line in enumerate(lines):
        if at and line[0].text.startswith("——"):
            draft.subtitle = line
            lines = lines[:at] + lines[at + 1 :]
            break
    if not lines:
        return
    headings = [p.text for block in rest for p in block.displays]
    if len(lines) > 1 and _is_kicker(lines[0], lines[1], headings, wrapped, bool(draft.subtitle)):
        draft.kicker, lines = lines[0], lines[1:]
    draft.title, lines = lines[0], lines[1:]
    if lines and not draft.subtitle and not _is_heading(lines[0], headings):
        draft.subtitle, lines = lines[0], lines[1:]
    draft.blocks[0].displays = [paragraph for line in lines for paragraph in line]


def _whole(displays: Sequence[Paragraph], wrapped: bool) -> list[Display]:
    """Put together the lines of one title: in columns, those with no blank line between."""
    lines: list[Display] = []
    for paragraph in displays:
        below = bool(lines) and wrapped and paragraph.first.gap == 0 and not paragraph.text.startswith("——")
        if below and not _NUMBERED.match(paragraph.text):
            lines[-1].append(paragraph)
        else:
            lines.append([paragraph])
    return lines


def _is_kicker(
    first: Display, second: Display, headings: list[str], wrapped: bool, has_subtitle: bool
) -> bool:
    """Tell whether the first of two lines is the kicker: longer than the title that follows, and no heading near."""
    above, below = (sum(len(p.text) for p in line) for line in (first, second))
    if below < _SHORTEST_TITLE or _is_heading(second, headings):
        return False
    return has_subtitle or (wrapped and above > below)


def _is_heading(line: Display, headings: list[str]) -> bool:
    """Tell whether a line under the title is the first section's heading: numbered, or as long as other headings."""
    text = "".join(paragraph.text for paragraph in line)
    if _NUMBERED.match(text) or len(text) < 5:
        return True
    alike = [h for h in headings if abs(len(h) - len(text)) <= 2 and (" " in h) == (" " in text)]
    return len(alike) > 1 and 2 * len(alike) >= len(headings)

"""Damaged newspaper pages made of clean articles, with the label of each line and the truth of each sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from knowledge.repair.characters import width
from knowledge.training.repair import wordings
from knowledge.training.repair.corpus import CleanArticle
from knowledge.training.repair.drawn import (
    DrawnArticle,
    DrawnPage,
    Row,
    TrueArticle,
    arrange,
    disorder,
    flat,
    make_page,
    part_columns,
)

_TOKENS: Final = re.compile(r"[A-Za-z0-9.,%:/@_-]+|.")
_SENTENCES: Final = re.compile("[^。！？]*[。！？]+[”’」』）]*|[^。！？]+$")
_FIGURE: Final = re.compile("(?<=[\u4e00-\u9fff])(\\d[\\d.,%]*)(?=[\u4e00-\u9fff])")
_NOT_FIRST: Final = frozenset("，。、；：！？”’）》」』】％%")
_NOT_LAST: Final = frozenset("“‘（《「『【")
WHOLE: Final = 9999
# How often a sentence begins with the reporter, or names someone in brackets.
_WITH_REPORTER: Final = 0.05
_WITH_BRACKETS: Final = 0.04
# A line that is broken by a photo keeps so many characters on each side.
_FEWEST_BROKEN: Final = 4
_RUN_IN: Final = 0.12
# How many photos have no caption.
_UNTOLD: Final = 0.15
# How many pages hold but some sentences of each article, and how long those are.
_BRIEF: Final = 0.4
_LONGEST_SHORT: Final = 45
# How often a line over or under a headline, or a headline that fits its line, is broken all the same.
_ON_TWO_LINES: Final = {"T": 0.3, "S": 0.05, "K": 0.03}


@dataclass(slots=True)
class Setting:
    """How a page is set, drawn once."""

    mode: str
    width: int
    indent: str
    lost_indent: bool
    hanging: bool
    loose_figures: bool
    letter_spaced: float
    blanks: str
    display_gap: int
    jitter: bool
    own_lead: bool = True
    own_titles: bool = False
    printed: bool = True
    # Blank lines between the blocks that columns and articles come in.
    block_gap: int = 0
    # How many characters a line of each display holds at most.
    displays: dict[str, int] = field(default_factory=dict)


def newspaper_page(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """Draw a page of one to three articles and damage it."""
    count = r.choices((1, 2, 3), (0.62, 0.26, 0.12))[0]
    setting = _setting(r, count)
    chosen = [r.choice(articles) for _ in range(count)]
    brief = r.random() < _BRIEF
    drawn = [
        draw_article(r, article, articles, setting, number > 0, brief)
        for number, article in enumerate(chosen)
    ]
    if brief and r.random() < 0.5:
        rows = [row for each in drawn for row in (*each.head, *flat(each.body))]
    else:
        rows = arrange(r, [disorder(r, each, setting.block_gap) for each in drawn], drawn)
    if setting.mode == "narrow" and setting.block_gap and r.random() < 0.5:
        part_columns(r, rows, setting.block_gap)
    add_photos(r, rows, chosen, setting)
    _add_furniture(r, rows, chosen)
    rows[0].gap = 0
    return make_page("newspaper", rows, [each.truth for each in drawn])


def _setting(r: Random, count: int) -> Setting:
    mode = r.choices(("narrow", "paragraph", "wide"), (0.62, 0.22, 0.16))[0]
    wide = {"narrow": r.randint(10, 19), "wide": r.randint(20, 44), "paragraph": WHOLE}[mode]
    if count == 1 and mode == "narrow" and r.random() < 0.25:
        wide = r.randint(16, 26)
    indent = r.choices(("", "  ", "    ", "\u3000\u3000", " "), (0.35, 0.2, 0.2, 0.2, 0.05))[0]
    blanks = r.choices(("none", "all", "two", "paragraph"), (0.4, 0.2, 0.12, 0.28))[0]
    if mode == "paragraph":
        blanks = r.choice(("paragraph", "paragraph", "none"))
    return Setting(
        mode,
        wide,
        indent,
        indent in ("", " ") and r.random() < 0.75,
        r.random() < 0.2,
        r.random() < 0.22,
        r.choice((0, 0, 0, 0.04, 0.12)),
        blanks,
        r.choices((0, 1, 2, 3), (0.36, 0.46, 0.12, 0.06))[0],
        r.random() < 0.33,
        own_titles=count > 1,
        printed=False,
        block_gap=r.choice((0, 0, 1, 1, 2)),
        displays=_room(r, mode, wide),
    )


def _room(r: Random, mode: str, wide: int) -> dict[str, int]:
    """Draw how many characters lines of displays hold: large print breaks where its column ends, or stands on one line."""
    if mode == "paragraph" or r.random() < 0.25:
        return {}
    return {
        "T": r.randint(7, 26),
        "S": r.randint(12, 34),
        "K": r.randint(12, 34),
        **({"H": wide} if mode == "narrow" else {}),
    }


def draw_article(
    r: Random,
    article: CleanArticle,
    others: Sequence[CleanArticle],
    setting: Setting,
    later: bool = False,
    brief: bool = False,
) -> DrawnArticle:
    """Set one article; a `later` one of a page mostly shows that it begins by a dateline or by who wrote it, a `brief`
    one has some short sentences."""
    paragraphs = _short(r, article.paragraphs) if brief else _some(r, article.paragraphs)
    sections = _sections(r, paragraphs)
    lines = wordings.head(r, article, others, setting.own_titles, setting.printed)
    printed = next(text for text, label in lines if label == "T")
    head = [row for text, label in lines for row in _display(r, text, label, setting)]
    signed, by = r.random(), wordings.byline(r)
    dated = r.random() < (0.75 if later else 0.35)
    if signed < 0.3 or (later and not dated and r.random() < 0.75):
        head.append(Row(by, "Y", min(1, setting.display_gap)))
    body: list[list[Row]] = []
    wider = setting.mode == "narrow" and setting.own_lead
    first_width = setting.width * r.choice((1, 1, 1, 1.5, 2, 3)) if wider else setting.width
    for number, (name, texts) in enumerate(sections):
        apart = name is not None and not texts[0].startswith(f"{name}。")
        rows = _display(r, name, "H", setting) if name and apart else []
        for at, text in enumerate(texts):
            if number == at == 0 and dated:
                text = wordings.dateline(r) + text
            if number == len(sections) - 1 and at == len(texts) - 1 and 0.3 <= signed < 0.45:
                text += r.choice(("", " ", "")) + (by if by.startswith("（") else f"（{wordings.person(r)}）")
            rows += _paragraph(r, text, setting, first_width if number == 0 else setting.width)
        body.append(rows)
    if 0.45 <= signed < 0.75:
        body[-1].append(Row(by, "Y", r.randint(0, 1)))
    return DrawnArticle(
        head, body, TrueArticle(printed, tuple((name, tuple(texts)) for name, texts in sections))
    )


def told(r: Random, sentence: str) -> str:
    """Let some sentences begin with the reporter, and some name a person or an office in brackets."""
    chance = r.random()
    if chance < _WITH_REPORTER and sentence[0] not in "“”":
        return "记者" + r.choice(wordings.REPORTERS_DO) + sentence
    at = sentence.find("，")
    if chance > 1 - _WITH_BRACKETS and at > 0:
        gloss = r.choice((wordings.person(r), wordings.office(r), "以下简称" + wordings.person(r)))
        return f"{sentence[:at]}（{gloss}）{sentence[at:]}"
    return sentence


def _short(r: Random, paragraphs: Sequence[str]) -> list[str]:
    """Take some of an article's shorter sentences, each as a paragraph, two now and then."""
    found = [each.strip() for text in paragraphs for each in _SENTENCES.findall(text)]
    found = [each for each in found if each and len(each) <= _LONGEST_SHORT] or found[:1]
    first = r.randint(0, max(0, len(found) - 3))
    found = found[first : first + r.randint(1, 6)]
    pairs = r.random() < 0.5
    return ["".join(found[at : at + 2]) for at in range(0, len(found), 2)] if pairs else found


def _some(r: Random, paragraphs: Sequence[str]) -> list[str]:
    """Take some of an article's paragraphs, cut to a newspaper's one to three sentences each."""
    first = r.randint(0, max(0, len(paragraphs) - 3))
    found: list[str] = []
    for paragraph in paragraphs[first : first + r.randint(3, 12)]:
        sentences = [told(r, sentence) for sentence in _SENTENCES.findall(paragraph)]
        at = 0
        while at < len(sentences):
            many = r.randint(1, 3)
            found.append("".join(sentences[at : at + many]).strip())
            at += many
    return [paragraph for paragraph in found if paragraph][
        : r.choice((r.randint(1, 2), r.randint(1, 5), r.randint(4, 18), r.randint(4, 18)))
    ]


def _sections(r: Random, paragraphs: list[str]) -> list[tuple[str | None, list[str]]]:
    many = 0 if len(paragraphs) < 3 or r.random() < 0.25 else r.randint(1, min(4, len(paragraphs) // 2))
    lead = paragraphs[: max(1, len(paragraphs) // (many + 1) // 2 + r.randint(0, 1))]
    rest = paragraphs[len(lead) :]
    if not many or not rest:
        return [(None, paragraphs)]
    step = max(1, len(rest) // many)
    parts = [rest[at * step : (at + 1) * step if at < many - 1 else len(rest)] for at in range(many)]
    parts = [part for part in parts if part]
    named = list(zip(wordings.headings(r, parts), parts, strict=True))
    if len(parts) > 1 and r.random() < _RUN_IN:
        return [(None, lead), *(_run_in(at, name, part) for at, (name, part) in enumerate(named))]
    return [(None, lead), *named]


def _run_in(at: int, name: str, part: list[str]) -> tuple[str | None, list[str]]:
    """Let a section's heading open its text as a numbered sentence of its own."""
    numbered = "一二三四五六七八九"[at] + "、" + wordings.bare(name)
    return numbered, [f"{numbered}。{part[0]}", *part[1:]]


def _display(r: Random, text: str, label: str, setting: Setting) -> list[Row]:
    lines = [text]
    if width(text) > setting.displays.get(label, WHOLE):
        lines = wrap(r, text, setting.displays[label])
    elif " " in text.strip() and r.random() < 0.15:
        lines = text.split(" ", 1)
    elif len(text) > 11 and r.random() < _ON_TWO_LINES.get(label, 0.0):
        middle = wordings.break_of(r, text)
        lines = [text[:middle], text[middle:]]
    lines = [line.strip() for line in lines if line.strip()]
    if label == "T" and r.random() < 0.07:
        lines = ["".join(char * 2 if char != " " else char for char in line) for line in lines]
    elif r.random() < 0.06:
        lines = [" ".join(line.replace(" ", "")) for line in lines]
    rows: list[Row] = []
    for at, line in enumerate(lines):
        shift = " " * r.choice((0, 0, 0, 4, 8)) if r.random() < 0.2 else ""
        gap = setting.display_gap if at == 0 else int(setting.blanks == "all")
        rows.append(Row(shift + line, label.lower() if at else label, gap))
    return rows


def _paragraph(r: Random, text: str, setting: Setting, wide: float) -> list[Row]:
    if setting.loose_figures:
        text = _FIGURE.sub(lambda figure: " " + figure[1] + r.choice((" ", "")), text)
    if setting.mode == "paragraph":
        lines = [setting.indent + text]
    else:
        lines = wrap(
            r,
            text,
            wide,
            "\u3000\u3000" if setting.lost_indent else setting.indent,
            setting.hanging,
            setting.jitter,
        )
        if setting.lost_indent:
            lines = [line.lstrip("\u3000") for line in lines]
    rows: list[Row] = []
    for at, line in enumerate(lines):
        if setting.letter_spaced and r.random() < setting.letter_spaced and at < len(lines) - 1:
            line = " ".join(_TOKENS.findall(line.strip()))
        blank = {"none": 0, "all": 1, "two": at % 2, "paragraph": int(at == 0)}[setting.blanks]
        rows.append(Row(line, "p" if at else "P", blank))
    return rows


def wrap(
    r: Random, text: str, wide: float, indent: str = "", hanging: bool = False, jitter: bool = False
) -> list[str]:
    """Break a paragraph into lines as a press does; `hanging` leaves marks on lines of their own, as extraction may."""
    lines: list[str] = []
    current, used, limit = indent, width(indent), wide
    for token in _TOKENS.findall(text):
        more = width(token)
        if used + more > limit and current.strip():
            if token in _NOT_FIRST and not hanging and used + more <= wide + 1:
                current += token
                used += more
                continue
            carried = ""
            if current[-1] in _NOT_LAST and not hanging:
                carried, current = current[-1], current[:-1]
            lines.append(current)
            current, used = carried, width(carried)
            limit = wide - r.choice((0, 0, 0, 0.5, 1, 1.5, 2) if jitter else (0, 0, 0, 0, 0.5))
        current += token
        used += more
    if current.strip():
        lines.append(current)
    return _hang(r, lines) if hanging and r.random() < 0.7 else [line for line in lines if line.strip()]


def _hang(r: Random, lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if len(line) > 4 and line[-1] in "，。、；」”" and r.random() < 0.4:
            found += [line[:-1], line[-1]]
        elif len(line) > 4 and line[0] in "「“《" and r.random() < 0.3:
            found += [line[0], line[1:]]
        else:
            found.append(line)
    return [line for line in found if line.strip()]


def _insert(r: Random, rows: list[Row], at: int, new: list[Row], gap: int) -> None:
    for number, row in enumerate(new):
        row.gap = gap if number == 0 else r.choice((0, gap))
    if at < len(rows):
        rows[at].gap = max(rows[at].gap, gap if r.random() < 0.8 else 0)
    rows[at:at] = new


def add_photos(r: Random, rows: list[Row], articles: Sequence[CleanArticle], setting: Setting) -> None:
    for _ in range(r.choices((0, 1, 2), (0.5, 0.38, 0.12))[0]):
        texts = r.choice(articles).paragraphs
        found = [each for text in texts for each in re.findall("[^。！？]*。", text) if 8 <= len(each) <= 40]
        found = found if r.random() > _UNTOLD else []
        caption: list[Row] = []
        if found:
            text = r.choice(found)
            text = text[:-1] if r.random() < 0.2 else text
            text = r.choice(("图为", "▲", "上图：", "▼")) + text if r.random() < 0.2 else text
            narrow = setting.mode == "narrow" and r.random() < 0.6
            caption = [Row(line, "A") for line in (wrap(r, text, setting.width) if narrow else [text])]
        source = [Row(wordings.credit(r), "R")] if r.random() < 0.85 else []
        if caption and source and r.random() < 0.15:
            caption[-1].text += " " + source.pop().text
        if caption or source:
            chance = r.random()
            at = 0 if chance < 0.25 else r.randint(0, len(rows)) if chance < 0.6 else _amid(r, rows)
            _insert(r, rows, at, [*caption, *source], r.choices((0, 1, 2, 3), (0.12, 0.4, 0.24, 0.24))[0])


def _amid(r: Random, rows: list[Row]) -> int:
    """Return a place amid a paragraph: between two of its lines, else in one, which is broken there."""
    places = [at for at, row in enumerate(rows) if row.label == "p"]
    if places:
        return r.choice(places)
    long = [at for at, row in enumerate(rows) if row.label == "P" and len(row.text) > 2 * _FEWEST_BROKEN]
    if not long:
        return r.randint(0, len(rows))
    at = r.choice(long)
    text = rows[at].text
    cut = r.randint(_FEWEST_BROKEN, len(text) - _FEWEST_BROKEN)
    rows[at] = replace(rows[at], text=text[:cut].rstrip())
    rows.insert(at + 1, Row(text[cut:].lstrip(), "p"))
    return at + 1


def _add_furniture(r: Random, rows: list[Row], articles: Sequence[CleanArticle]) -> None:
    if r.random() < 0.18:
        _insert(r, rows, r.randint(0, len(rows)), [Row(wordings.byline(r), "Y")], r.randint(0, 1))
    foot = wordings.page_foot(r) if r.random() < 0.75 else []
    foot += wordings.page_foot(r) if r.random() < 0.12 else []
    head = wordings.page_head(r)
    if r.random() < 0.8:
        if r.random() < 0.35:
            for text in head:
                _insert(r, rows, r.choice((0, r.randint(0, len(rows)))), [Row(text, "F")], r.randint(0, 1))
            for text in foot:
                at = r.choice((len(rows), r.randint(0, len(rows))))
                _insert(r, rows, at, [Row(text, "F")], r.randint(0, 1))
        else:
            _insert(r, rows, 0, [Row(text, "F") for text in head], r.randint(0, 1))
            _insert(r, rows, len(rows), [Row(text, "F") for text in foot], r.randint(0, 1))
    if r.random() < 0.08:
        slogan = wordings.heading(r, articles[0].paragraphs)
        doubled = "".join(char * 2 if char != " " else char for char in slogan)
        if len(doubled) >= 8:
            _insert(r, rows, r.randint(0, min(8, len(rows))), [Row(doubled, "F")], r.randint(0, 1))

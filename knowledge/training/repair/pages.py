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

_TOKENS: Final = re.compile(r"[A-Za-z0-9.,%:/@_-]+|.")
_SENTENCES: Final = re.compile("[^。！？]*[。！？]+[”’」』）]*|[^。！？]+$")
_FIGURE: Final = re.compile("(?<=[\u4e00-\u9fff])(\\d[\\d.,%]*)(?=[\u4e00-\u9fff])")
_NOT_FIRST: Final = frozenset("，。、；：！？”’）》」』】％%")
_NOT_LAST: Final = frozenset("“‘（《「『【")
WHOLE: Final = 9999


@dataclass(slots=True)
class Row:
    """A printed line; `gap` blank lines stand before it. Labels as in `repair/labels.py`."""

    text: str
    label: str
    gap: int = 0


@dataclass(frozen=True, slots=True)
class TrueArticle:
    """What repair should find: the title, and each section's heading with its paragraphs."""

    title: str
    sections: tuple[tuple[str | None, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page as extraction hands it over; `labels` has one for each line that is not blank.

    Where columns stand beside each other, `labels` is empty and `cells` holds what stands in them with its label.
    """

    kind: str
    lines: tuple[str, ...]
    labels: tuple[str, ...]
    articles: tuple[TrueArticle, ...]
    cells: tuple[tuple[str, str], ...] = ()


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
    blank_displays: bool
    jitter: bool
    own_lead: bool = True
    own_titles: bool = False


@dataclass(slots=True)
class _Drawn:
    """One article set in lines: the rows above its text, those of each section, and what is true of it."""

    head: list[Row]
    body: list[list[Row]] = field(default_factory=list)
    truth: TrueArticle = TrueArticle("", ())


def newspaper_page(r: Random, articles: Sequence[CleanArticle]) -> DrawnPage:
    """Draw a page of one to three articles and damage it."""
    count = r.choices((1, 2, 3), (0.62, 0.26, 0.12))[0]
    setting = _setting(r, count)
    chosen = [r.choice(articles) for _ in range(count)]
    drawn = [draw_article(r, article, articles, setting) for article in chosen]
    rows = _arrange(r, [_disorder(r, each) for each in drawn], drawn)
    _add_photos(r, rows, chosen, setting)
    _add_furniture(r, rows, chosen)
    rows[0].gap = 0
    return make_page("newspaper", rows, [each.truth for each in drawn])


def make_page(kind: str, rows: Sequence[Row], articles: Sequence[TrueArticle]) -> DrawnPage:
    lines: list[str] = []
    for row in rows:
        lines += [""] * row.gap
        lines.append(row.text)
    return DrawnPage(
        kind, tuple(lines), tuple(row.label for row in rows if row.text.strip()), tuple(articles)
    )


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
        r.random() < 0.6,
        r.random() < 0.33,
        own_titles=count > 1,
    )


def draw_article(
    r: Random, article: CleanArticle, others: Sequence[CleanArticle], setting: Setting
) -> _Drawn:
    paragraphs = _some(r, article.paragraphs)
    sections = _sections(r, paragraphs)
    printed = wordings.title(r, article, others, setting.own_titles)
    head: list[Row] = []
    if r.random() < 0.22:
        mark = r.choice(("", "■")) + wordings.heading(r, paragraphs)
        head += _display(r, r.choice(wordings.RUBRICS) if r.random() < 0.5 else mark, "K", setting)
    head += _display(r, printed, "T", setting, 0.3)
    if r.random() < 0.4:
        head += _display(r, wordings.subtitle(r, article, others), "S", setting, 0.2)
    signed, by = r.random(), wordings.byline(r)
    if signed < 0.3:
        head.append(Row(by, "Y", int(setting.blank_displays)))
    body: list[list[Row]] = []
    wider = setting.mode == "narrow" and setting.own_lead
    first_width = setting.width * r.choice((1, 1, 1, 1.5, 2, 3)) if wider else setting.width
    for number, (name, texts) in enumerate(sections):
        rows = _display(r, name, "H", setting, 1.0) if name else []
        for at, text in enumerate(texts):
            if number == at == 0 and r.random() < 0.35:
                text = wordings.dateline(r) + text
            if number == len(sections) - 1 and at == len(texts) - 1 and 0.3 <= signed < 0.45:
                text += r.choice(("", " ", "")) + (by if by.startswith("（") else f"（{wordings.person(r)}）")
            rows += _paragraph(r, text, setting, first_width if number == 0 else setting.width)
        body.append(rows)
    if 0.45 <= signed < 0.75:
        body[-1].append(Row(by, "Y", r.randint(0, 1)))
    return _Drawn(head, body, TrueArticle(printed, tuple((name, tuple(texts)) for name, texts in sections)))


def _some(r: Random, paragraphs: Sequence[str]) -> list[str]:
    """Take some of an article's paragraphs, cut to a newspaper's one to three sentences each."""
    first = r.randint(0, max(0, len(paragraphs) - 3))
    found: list[str] = []
    for paragraph in paragraphs[first : first + r.randint(3, 12)]:
        sentences = _SENTENCES.findall(paragraph)
        at = 0
        while at < len(sentences):
            many = r.randint(1, 3)
            found.append("".join(sentences[at : at + many]).strip())
            at += many
    return [paragraph for paragraph in found if paragraph][
        : r.choice((r.randint(1, 4), r.randint(4, 18), r.randint(4, 18)))
    ]


def _sections(r: Random, paragraphs: list[str]) -> list[tuple[str | None, list[str]]]:
    many = 0 if len(paragraphs) < 4 or r.random() < 0.25 else r.randint(1, min(4, len(paragraphs) // 2))
    lead = paragraphs[: max(1, len(paragraphs) // (many + 1) // 2 + r.randint(0, 1))]
    rest = paragraphs[len(lead) :]
    if not many or not rest:
        return [(None, paragraphs)]
    step = max(1, len(rest) // many)
    parts = [rest[at * step : (at + 1) * step if at < many - 1 else len(rest)] for at in range(many)]
    named: list[tuple[str | None, list[str]]] = [(wordings.heading(r, part), part) for part in parts if part]
    return [(None, lead), *named]


def _display(r: Random, text: str, label: str, setting: Setting, wrapped: float = 0.0) -> list[Row]:
    lines = [text]
    if setting.mode == "narrow" and width(text) > setting.width and r.random() < wrapped:
        lines = wrap(r, text, setting.width)
    elif " " in text.strip() and r.random() < 0.22:
        lines = text.split(" ", 1)
    elif label == "T" and len(text) > 13 and r.random() < 0.14:
        middle = len(text) // 2 + r.randint(-3, 3)
        lines = [text[:middle], text[middle:]]
    lines = [line.strip() for line in lines if line.strip()]
    if label == "T" and r.random() < 0.07:
        lines = ["".join(char * 2 if char != " " else char for char in line) for line in lines]
    elif r.random() < 0.06:
        lines = [" ".join(line.replace(" ", "")) for line in lines]
    rows: list[Row] = []
    for at, line in enumerate(lines):
        shift = " " * r.choice((0, 0, 0, 4, 8)) if r.random() < 0.2 else ""
        rows.append(Row(shift + line, label, int(setting.blank_displays and at == 0)))
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


def _disorder(r: Random, drawn: _Drawn) -> list[Row]:
    """Return an article's rows in an order that extraction gives: leads, columns and headings moved."""
    head, body = drawn.head, drawn.body
    chance = r.random()
    if len(body) > 1 and chance < 0.5:
        return _moved_sections(r, head, body)
    flat = [row for section in body for row in section]
    if chance < 0.7 and len(flat) > 12:
        cut = r.randint(4, len(flat) - 4)
        return [*flat[cut:], *head, *flat[:cut]] if r.random() < 0.5 else [*flat[:cut], *head, *flat[cut:]]
    return [*head, *flat]


def _moved_sections(r: Random, head: list[Row], body: list[list[Row]]) -> list[Row]:
    chance = r.random()
    cut = r.randint(1, len(body) - 1)
    if chance < 0.35:
        return [*flat(body[:cut]), *head, *flat(body[cut:])]
    if chance < 0.6:
        return [*head, *flat(body[1:]), *body[0]]
    if chance < 0.88:
        headings = [row for section in body for row in section if row.label == "H"]
        texts = [[row for row in section if row.label != "H"] for section in body]
        place = r.random()
        if place < 0.4:
            return [*head, *flat(texts), *headings]
        if place < 0.7:
            return [*head, *headings, *flat(texts)]
        return [*flat(texts[cut:]), *head, *headings, *flat(texts[:cut])]
    mixed = body[:]
    r.shuffle(mixed)
    return [*flat(mixed[:cut]), *head, *flat(mixed[cut:])]


def flat(sections: Sequence[Sequence[Row]]) -> list[Row]:
    return [row for section in sections for row in section]


def _arrange(r: Random, streams: list[list[Row]], drawn: Sequence[_Drawn]) -> list[Row]:
    """Put the articles of a page one after another, in turns, or all headlines first."""
    if len(streams) > 1 and r.random() < 0.5:
        chunks = [_chunks(r, stream) for stream in streams]
        rows: list[Row] = []
        while any(chunks):
            chosen = r.choice([chunk for chunk in chunks if chunk]).pop(0)
            chosen[0].gap = max(chosen[0].gap, r.randint(0, 1))
            rows += chosen
        return rows
    if len(streams) > 1 and r.random() < 0.25:
        return [*flat([each.head for each in drawn]), *flat([flat(each.body) for each in reversed(drawn)])]
    return flat(streams)


def _chunks(r: Random, rows: list[Row]) -> list[list[Row]]:
    found: list[list[Row]] = []
    at = 0
    while at < len(rows):
        many = r.randint(6, 25)
        found.append(rows[at : at + many])
        at += many
    return found


def _insert(r: Random, rows: list[Row], at: int, new: list[Row], gap: int) -> None:
    for number, row in enumerate(new):
        row.gap = gap if number == 0 else r.choice((0, gap))
    if at < len(rows):
        rows[at].gap = max(rows[at].gap, gap if r.random() < 0.8 else 0)
    rows[at:at] = new


def _add_photos(r: Random, rows: list[Row], articles: Sequence[CleanArticle], setting: Setting) -> None:
    for _ in range(r.choices((0, 1, 2), (0.5, 0.38, 0.12))[0]):
        texts = r.choice(articles).paragraphs
        found = [each for text in texts for each in re.findall("[^。！？]*。", text) if 8 <= len(each) <= 40]
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
            at = r.choice((0, r.randint(0, len(rows)), r.randint(0, len(rows))))
            _insert(r, rows, at, [*caption, *source], r.randint(0, 3))


def _add_furniture(r: Random, rows: list[Row], articles: Sequence[CleanArticle]) -> None:
    if r.random() < 0.18:
        _insert(r, rows, r.randint(0, len(rows)), [Row(wordings.byline(r), "Y")], r.randint(0, 1))
    if r.random() < 0.06:
        jump = f"（{r.choice(('下转', '上接'))}第{r.choice('一二三四五六七八')}版）"
        _insert(r, rows, r.randint(0, len(rows)), [Row(jump, "F")], r.randint(0, 1))
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


def into_script(page: DrawnPage, convert: object) -> DrawnPage:
    """Return the page in another script; `convert` maps text to text of the same length."""
    assert callable(convert)

    def every(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(str(convert(text)) for text in texts)

    articles = tuple(
        TrueArticle(
            str(convert(article.title)),
            tuple(
                (None if name is None else str(convert(name)), every(texts))
                for name, texts in article.sections
            ),
        )
        for article in page.articles
    )
    return replace(page, lines=every(page.lines), articles=articles)

"""Newspaper pages of our own texts in many layouts, as HTML that any browser prints, with what a reader should get."""

from __future__ import annotations

import html
import random
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Final

from tests.support.words import words

WORDS = words("papers")
SIZES = {"kicker": 1.35, "subtitle": 1.3, "byline": 1.0, "heading": 1.15, "paragraph": 1.0, "caption": 0.85}
Line = tuple[str, str]
"""A kind, as `papers.toml` names them, and a text."""


@dataclass
class Story:
    """An article as it was written; `sections` holds (heading or none, paragraphs of sentences)."""

    title: str
    sections: list[tuple[str | None, list[list[str]]]]
    kicker: str = ""
    subtitle: str = ""
    byline: str = ""
    caption: str = ""

    def sentences(self) -> Iterator[tuple[str, str, str]]:
        """Yield (sentence, title, section or nothing)."""
        for heading, paragraphs in self.sections:
            for paragraph in paragraphs:
                for sentence in paragraph:
                    yield sentence, self.title, heading or ""

    def heads(self) -> list[Line]:
        """What stands over the body."""
        lines = (
            ("kicker", self.kicker),
            ("title", self.title),
            ("subtitle", self.subtitle),
            ("byline", self.byline),
        )
        return [line for line in lines if line[1]]

    def parts(self) -> Iterator[Line]:
        """The body: its headings, paragraphs, and one caption under a picture."""
        for number, (heading, paragraphs) in enumerate(self.sections):
            if heading:
                yield "heading", heading
            for count, paragraph in enumerate(paragraphs):
                yield "paragraph", "".join(paragraph)
                if self.caption and number == count == 0:
                    yield "caption", self.caption


@dataclass(frozen=True)
class Place:
    """How one story is set, and how much of it there is."""

    columns: int = 2
    paragraphs: int = 5
    headings: int = 0
    title: int = 26
    rich: bool = True
    picture: bool = False
    frame: bool = False


@dataclass
class Layout:
    """How a page is set, and for each story its place in the grid."""

    name: str
    width: int
    height: int
    areas: Sequence[str]
    stories: Sequence[Place]
    body: float = 9.5
    rules: bool = True
    leading: float = 1.6
    gap: float = 1.6
    family: str = "Noto Serif CJK SC"
    title_family: str = "Noto Sans CJK SC"
    head: str = "rule"
    foot: bool = True
    seed: int = 1
    kept: bool = False
    extra: str = ""

    def size(self, at: int, kind: str) -> float:
        """How large a line of a story is, in points."""
        return self.stories[at].title if kind == "title" else self.body * SIZES[kind]

    def cells(self) -> list[list[str]]:
        """The grid, row by row."""
        return [row.split() for row in self.areas]

    def head_line(self) -> list[str]:
        """What stands over the page, if anything."""
        return ["03", "要闻", f"2023年7月{self.seed}日 星期六", "青山日报"] if self.head else []

    def shelves(self) -> list[list[tuple[int, float]]]:
        """The stories row by row as the grid begins them: the number of each, and its share of the sheet's width."""
        met: dict[int, tuple[int, float]] = {}
        for number, row in enumerate(self.cells()):
            for name in row:
                met.setdefault(int(name[1:]), (number, row.count(name) / len(row)))
        ordered = sorted(met, key=lambda at: (met[at][0], at))
        return [[(at, met[at][1]) for at in row] for _, row in groupby(ordered, key=lambda at: met[at][0])]


def sentence(pick: random.Random) -> str:
    """Return a sentence of newspaper prose that no other equals."""
    one = {name: pick.choice(WORDS[kind]) for name, kind in WORDS_OF.items()}
    values = {**one, **{name: pick.randint(*between) for name, between in NUMBERS.items()}}
    if pick.random() < 0.35:
        return pick.choice(WORDS["tells"]).format(**values)
    did, end = pick.choice(WORDS["did"]), pick.choice(WORDS["ends"])
    return f"{one['who']}{did}{one['what']}{values['n']}{one['u']}" + end.format(**values)


WORDS_OF = {"who": "who", "what": "what", "w": "what", "name": "names", "u": "units"}
NUMBERS = {"n": (2, 9_999), "m": (2, 99), "k": (1, 12), "p": (1, 99), "q": (1, 99), "y": (2012, 2029)}


def story(pick: random.Random, place: Place) -> Story:
    """Write an article for a place."""

    def some(kind: str) -> str:
        return pick.choice(WORDS[kind])

    who, what = some("who"), some("what")
    title = f"{who}{some('did')}{what}{pick.randint(10, 999)}{some('units')}"[: pick.choice((11, 14, 18))]

    def section(heading: str | None) -> tuple[str | None, list[list[str]]]:
        each = max(1, place.paragraphs // (place.headings + 1))
        return heading, [[sentence(pick) for _ in range(pick.randint(1, 4))] for _ in range(each)]

    first = section(None)
    more = [section(f"{some('did')}{some('what')}"[:10]) for _ in range(place.headings)]
    made = Story(title, [first, *more])
    if place.rich:
        name = some("names")
        made.kicker = pick.choice(("", f"{some('who')}召开{some('what')}现场会"))
        made.subtitle = pick.choice(("", f"——{some('who')}{what}见闻"))
        made.byline = pick.choice(("", f"本报记者 {name}", f"本报记者 {name} 通讯员 {some('names')}"))
        made.caption = f"图为居民在新建的{what}休息。{some('names')} 摄"
    return made


def stories_of(layout: Layout) -> list[Story]:
    """What stands on a page; a picture only where the place has one."""
    pick = random.Random(layout.seed)
    written = [(place, story(pick, place)) for place in layout.stories]
    return [one if place.picture else replace(one, caption="") for place, one in written]


class Typesetter:
    """Writes pages in one program's language, by the rows of that name in `papers.toml`."""

    def __init__(self, program: str, escape: Callable[[str], str] = html.escape) -> None:
        self._rows: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))[
            program
        ]
        self.escape = escape

    def put(self, row: str, layout: Layout | None = None, /, **values: object) -> str:
        """A row with its values, and those of a layout that are not among them."""
        return Template(self._rows[row]).substitute(vars(layout) if layout else {}, **values)

    def lines(self, layout: Layout, at: int, lines: Iterable[Line]) -> str:
        """Lines of a story; `skip` is their distance."""
        sized = ((kind, text, layout.size(at, kind)) for kind, text in lines)
        skips = {"heading": 2 / SIZES["heading"]}
        return "".join(
            self.put(kind, text=self.escape(text), size=size, skip=size * skips.get(kind, 1.25))
            for kind, text, size in sized
        )

    def story(self, layout: Layout, at: int, one: Story, **more: object) -> str:
        heads, parts = self.lines(layout, at, one.heads()), self.lines(layout, at, one.parts())
        columns = layout.stories[at].columns
        return self.put("story", at=at, heads=heads, parts=parts, columns=columns, gap=layout.gap, **more)


def saved_page(layout: Layout, stories: Sequence[Story]) -> bytes:
    """The first story as a news site shows it: among menus, further news, comments and notices."""
    news, one, others = Typesetter("news"), stories[0], [other.title for other in stories[1:]]

    def links(texts: Sequence[str]) -> str:
        rows = (f'<li><a href="/{at}">{html.escape(text)}</a></li>' for at, text in enumerate(texts))
        return f"<ul>{''.join(rows)}</ul>"

    wrapped = "article" if layout.rules else 'div class="text"'
    page = news.put(
        "page",
        title=html.escape(one.title),
        byline=html.escape(one.byline),
        menu=links(["首页", "要闻", "城事", "文体", "健康", "视频", "登录"]),
        more=links([*others, *(f"{title}（图）" for title in others)]),
        parts=news.lines(layout, 0, one.parts()).strip(),
        wrapped=wrapped,
        tag=wrapped.split()[0],
    )
    return page.encode()


def page_html(layout: Layout, stories: Sequence[Story]) -> str:
    """The page for a browser."""
    setter, set_stories = Typesetter("html"), ""
    for at, (one, place) in enumerate(zip(stories, layout.stories, strict=True)):
        frame = "border:.4mm solid #444;padding:2mm;" if place.frame else ""
        rule = "column-rule:.2mm solid #666;" if layout.rules else ""
        set_stories += setter.story(layout, at, one, frame=frame, rule=rule)
    border = "border-bottom:.3mm solid #000;" if layout.head == "rule" else ""
    spans = "".join(f"<span>{html.escape(text)}</span>" for text in layout.head_line())
    return setter.put(
        "page",
        layout,
        **{kind: layout.body * size for kind, size in SIZES.items()},
        stories=set_stories,
        header=setter.put("header", border=border, spans=spans) if spans else "",
        footer=setter.put("footer") if layout.foot else "",
        grid=" ".join(f'"{row}"' for row in layout.areas),
        cells=len(layout.cells()[0]),
        inside=layout.height - 22,
    )


def drawn_layout(seed: int) -> Layout:
    """Draw a layout that nobody set: a sheet cut down and across, with columns, sizes, rules and families by chance."""
    pick = random.Random(seed)
    wide, high = pick.choice(((3, 2), (4, 3), (3, 3), (4, 2), (2, 3)))
    cells = [[""] * wide for _ in range(high)]
    shares: list[tuple[int, int]] = []

    def cut(left: int, top: int, width: int, height: int) -> None:
        if (width, height) == (1, 1) or (width * height <= 4 and pick.random() < 0.5):
            for row in range(top, top + height):
                cells[row][left : left + width] = [f"a{len(shares)}"] * width
            shares.append((width, height))
        elif width > 1 and (height == 1 or pick.random() < 0.5):
            at = pick.randint(1, width - 1)
            cut(left, top, at, height)
            cut(left + at, top, width - at, height)
        else:
            at = pick.randint(1, height - 1)
            cut(left, top, width, at)
            cut(left, top + at, width, height - at)

    cut(0, 0, wide, high)
    sheet = pick.choice(((320, 460), (380, 520), (280, 400)))
    per = max(1, round(sheet[0] / wide / 62))
    stories = [
        Place(
            columns=max(1, width * per),
            paragraphs=3 * width * height + pick.randint(0, 2),
            headings=pick.choice((0, 0, 1, 2)) if width * height > 1 else 0,
            title=pick.choice((16, 18, 20)) + 4 * (width - 1),
            rich=pick.random() < 0.7,
            picture=pick.random() < 0.3,
            frame=width * height == 1 and pick.random() < 0.3,
        )
        for width, height in shares
    ]
    return Layout(
        f"drawn-{seed}",
        *sheet,
        tuple(" ".join(row) for row in cells),
        stories,
        body=pick.choice((8.5, 9.0, 9.5, 10.0)),
        rules=pick.random() < 0.5,
        leading=pick.choice((1.45, 1.6, 1.75)),
        gap=pick.choice((1.2, 1.6, 2.0)),
        family=pick.choice(("Noto Serif CJK SC", "Noto Sans CJK SC")),
        head=pick.choice(("rule", "plain", "")),
        foot=pick.random() < 0.7,
        extra=pick.choice(("", "", "h1,.k,.s,.b{text-align:left}")),
        seed=seed,
        kept=True,
    )


LAYOUTS: Final[Sequence[Layout]] = (
    Layout("two-over-one", 320, 460, ("a0 a0 a1", "a2 a2 a2"), (Place(3, 8, picture=True), Place(2, 5, title=20), Place(5, 12, 2)), seed=1),
    Layout("one-long", 320, 460, ("a0",), (Place(5, 24, 3, 34, picture=True),), seed=2),
    Layout("frame-in-corner", 320, 460, ("a0 a0 a1", "a0 a0 a2"), (Place(3, 16, 2, picture=True), Place(1, 4, title=18, frame=True), Place(1, 4, title=18, frame=True)), seed=3),
    Layout("briefs", 320, 460, ("a0 a1 a2", "a3 a4 a5"), (Place(title=18, rich=False),) * 6, seed=4, rules=False),
    Layout("tabloid", 260, 370, ("a0 a0", "a1 a2"), (Place(4, 9, 1, 28), Place(2, 5, title=16), Place(2, 5, title=16)), body=8.5, gap=1.2, seed=5),
    Layout("no-rules-no-head", 300, 420, ("a0 a1",), (Place(2, 10, 1, 22), Place(2, 10, title=22)), rules=False, head="", foot=False, seed=6),
    Layout("sans-body", 320, 460, ("a0 a0 a0", "a1 a1 a2"), (Place(4, 10, 2, 30), Place(3, 7, title=20, picture=True), Place(2, 4, title=18)), family="Noto Sans CJK SC", head="plain", seed=7),
    Layout("kept-wide", 380, 520, ("a0 a0 a0 a1", "a2 a2 a3 a3"), (Place(4, 14, 2, 36, picture=True), Place(1, 6, title=18, frame=True), Place(3, 8, title=22), Place(3, 8, 1, 22)), body=9, seed=11),
    Layout("kept-narrow", 280, 400, ("a0 a1", "a0 a2", "a3 a3"), (Place(2, 8, 1, 22), Place(2, 3, title=16, rich=False), Place(2, 3, title=16, rich=False), Place(4, 7, title=26, picture=True)), body=9, rules=False, head="plain", seed=12),
    Layout("kept-left-titles", 320, 460, ("a0 a0 a1", "a2 a3 a3"), (Place(3, 8, 2, 26), Place(2, 6, title=18), Place(2, 6, title=18), Place(3, 8, title=24, picture=True)), extra="h1,.k,.s,.b{text-align:left}", seed=13),
)  # fmt: skip

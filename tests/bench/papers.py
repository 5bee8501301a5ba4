"""Newspaper pages of our own texts in many layouts, as HTML that any browser prints, with what a reader should get."""

from __future__ import annotations

import html
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from tests.support.words import words

WORDS = words("papers")


@dataclass
class Story:
    """An article as it was written; `sections` holds (heading or none, paragraphs of sentences)."""

    title: str
    sections: list[tuple[str | None, list[list[str]]]]
    kicker: str = ""
    subtitle: str = ""
    byline: str = ""
    caption: str = ""

    def sentences(self) -> Iterator[tuple[str, str, str | None]]:
        """Yield (sentence, title, section)."""
        for heading, paragraphs in self.sections:
            for paragraph in paragraphs:
                for sentence in paragraph:
                    yield sentence, self.title, heading

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield (kind, text) of the body: its headings, paragraphs, and one caption under a picture."""
        for number, (heading, paragraphs) in enumerate(self.sections):
            if heading:
                yield "heading", heading
            for count, paragraph in enumerate(paragraphs):
                yield "paragraph", "".join(paragraph)
                if self.caption and number == count == 0:
                    yield "caption", self.caption


@dataclass
class Layout:
    """How a page is set: CSS of the page, and for each story its place in the grid and its columns."""

    name: str
    width: int
    height: int
    areas: Sequence[str]
    stories: Sequence[dict[str, object]]
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
    extra: str = field(default="")

    def columns(self, at: int) -> int:
        """How many columns a story has."""
        return int(str(self.stories[at].get("columns", 2)))

    def title_size(self, at: int) -> float:
        """How large a story's title is, in points."""
        return float(str(self.stories[at].get("title", 26)))

    def head_line(self) -> list[str]:
        """What stands over the page, if anything."""
        return ["03", "要闻", f"2023年7月{self.seed}日 星期六", "青山日报"] if self.head else []

    def shelves(self) -> list[list[tuple[int, float]]]:
        """The stories row by row as the grid begins them: the number of each, and its share of the sheet's width."""
        met: dict[int, tuple[int, float]] = {}
        for number, row in enumerate(self.areas):
            names = row.split()
            for name in names:
                met.setdefault(int(name[1:]), (number, names.count(name) / len(names)))
        ordered = sorted(met, key=lambda at: (met[at][0], at))
        return [[(at, met[at][1]) for at in row] for _, row in groupby(ordered, key=lambda at: met[at][0])]


def sentence(pick: random.Random) -> str:
    """Return a sentence of newspaper prose that no other equals."""
    values = {
        "who": pick.choice(WORDS["who"]),
        "what": pick.choice(WORDS["what"]),
        "w": pick.choice(WORDS["what"]),
        "name": pick.choice(WORDS["names"]),
        "u": pick.choice(WORDS["units"]),
        "n": pick.randint(2, 9_999),
        "m": pick.randint(2, 99),
        "k": pick.randint(1, 12),
        "p": pick.randint(1, 99),
        "q": pick.randint(1, 99),
        "y": pick.randint(2012, 2029),
    }
    if pick.random() < 0.35:
        return pick.choice(WORDS["tells"]).format(**values)
    return "{who}{did}{what}{n}{u}".format(did=pick.choice(WORDS["did"]), **values) + pick.choice(
        WORDS["ends"]
    ).format(**values)


def story(pick: random.Random, paragraphs: int, headings: int = 0, rich: bool = True) -> Story:
    """Write an article of so many paragraphs under so many section headings."""
    who, what = pick.choice(WORDS["who"]), pick.choice(WORDS["what"])
    title = f"{who}{pick.choice(WORDS['did'])}{what}{pick.randint(10, 999)}{pick.choice(WORDS['units'])}"[
        : pick.choice((11, 14, 18))
    ]

    def some(count: int) -> list[list[str]]:
        return [[sentence(pick) for _ in range(pick.randint(1, 4))] for _ in range(count)]

    parts: list[tuple[str | None, list[list[str]]]] = []
    each = max(1, paragraphs // (headings + 1))
    parts.append((None, some(each)))
    parts += [
        (f"{pick.choice(WORDS['did'])}{pick.choice(WORDS['what'])}"[:10], some(each)) for _ in range(headings)
    ]
    made = Story(title, parts)
    if rich:
        name = pick.choice(WORDS["names"])
        made.kicker = pick.choice(("", f"{pick.choice(WORDS['who'])}召开{pick.choice(WORDS['what'])}现场会"))
        made.subtitle = pick.choice(("", f"——{pick.choice(WORDS['who'])}{what}见闻"))
        made.byline = pick.choice(
            ("", f"本报记者 {name}", f"本报记者 {name} 通讯员 {pick.choice(WORDS['names'])}")
        )
        made.caption = f"图为居民在新建的{what}休息。{pick.choice(WORDS['names'])} 摄"
    return made


def stories_of(layout: Layout) -> list[Story]:
    pick = random.Random(layout.seed)
    written = []
    for each in layout.stories:
        made = story(
            pick,
            int(str(each.get("paragraphs", 5))),
            int(str(each.get("headings", 0))),
            bool(each.get("rich", True)),
        )
        written.append(made if each.get("picture") else replace(made, caption=""))
    return written


def saved_page(layout: Layout, stories: Sequence[Story]) -> bytes:
    """The first story as a news site shows it: among menus, further news, comments and notices."""
    one, *others = stories
    e = html.escape

    def links(texts: Sequence[str]) -> str:
        return (
            "<ul>"
            + "".join(f'<li><a href="/{at}">{e(text)}</a></li>' for at, text in enumerate(texts))
            + "</ul>"
        )

    tags = {"heading": "h3", "caption": "figcaption", "paragraph": "p"}
    body = "\n".join(f"<{tags[kind]}>{e(text)}</{tags[kind]}>" for kind, text in one.parts())
    wrapped = "article" if layout.rules else 'div class="text"'
    more = [other.title for other in others] + [f"{other.title}（图）" for other in others]
    page = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{e(one.title)}_青山网</title></head><body>
<div class="top">{links(["首页", "要闻", "城事", "文体", "健康", "视频", "登录"])}</div>
<h1>{e(one.title)}</h1><div class="info">2023-07-01 09:30 来源：青山日报 {e(one.byline)}</div>
<{wrapped}>
{body}
</{wrapped.split()[0]}>
<div class="more"><h4>相关阅读</h4>{links(more)}</div>
<div class="comments"><p>网友评论仅供其表达个人看法，并不表明本网同意其观点。</p></div>
<div class="foot">青山网版权所有 未经书面授权禁止使用</div></body></html>"""
    return page.encode()


def page_html(layout: Layout, stories: Sequence[Story]) -> str:
    e = html.escape
    parts = []
    for at, (one, spec) in enumerate(zip(stories, layout.stories, strict=True)):
        columns, size = layout.columns(at), layout.title_size(at)
        frame = "border:.4mm solid #444;padding:2mm;" if spec.get("frame") else ""
        inner = [f'<div class="k">{e(one.kicker)}</div>' if one.kicker else ""]
        inner.append(f'<h1 style="font-size:{size}pt">{e(one.title)}</h1>')
        inner += [f'<div class="s">{e(one.subtitle)}</div>' if one.subtitle else ""]
        inner += [f'<div class="b">{e(one.byline)}</div>' if one.byline else ""]
        rule = "column-rule:.2mm solid #666;" if layout.rules else ""
        inner.append(
            f'<div style="column-count:{columns};column-gap:{layout.gap}em;{rule}column-fill:balance">'
        )
        for number, (heading, paragraphs) in enumerate(one.sections):
            inner.append(f"<h2>{e(heading)}</h2>" if heading else "")
            for count, paragraph in enumerate(paragraphs):
                inner.append(f"<p>{e(''.join(paragraph))}</p>")
                if one.caption and number == 0 and count == 0:
                    inner.append(
                        f'<figure><div class="i"></div><figcaption>{e(one.caption)}</figcaption></figure>'
                    )
        inner.append("</div>")
        parts.append(f'<article style="grid-area:a{at};{frame}">{"".join(inner)}</article>')
    border = "border-bottom:.3mm solid #000;" if layout.head == "rule" else ""
    spans = "".join(f"<span>{e(text)}</span>" for text in layout.head_line())
    head = f'<header style="{border}">{spans}</header>' if spans else ""
    foot = (
        "<footer><span>责任编辑 张三 美术编辑 李四</span><span>电话 021-12345678</span></footer>"
        if layout.foot
        else ""
    )
    grid = " ".join(f'"{row}"' for row in layout.areas)
    count = len(layout.areas[0].split())
    return f"""<!DOCTYPE html><meta charset="utf-8"><style>
@page {{ size:{layout.width}mm {layout.height}mm; margin:10mm 12mm }}
body {{ margin:0; font:{layout.body}pt/{layout.leading} "{layout.family}"; text-align:justify; height:{layout.height - 22}mm; display:flex; flex-direction:column }}
header, footer {{ display:flex; justify-content:space-between; font-size:8.5pt; padding-bottom:1mm; margin-bottom:3mm }}
footer {{ border-top:.2mm solid #000; margin:2mm 0 0; padding-top:1mm }}
main {{ flex:1; display:grid; grid-template-areas:{grid}; grid-template-columns:repeat({count},minmax(0,1fr)); gap:5mm 4mm; align-content:start }}
h1 {{ font-family:"{layout.title_family}"; text-align:center; line-height:1.25; margin:1mm 0 2mm }}
h2 {{ font:bold {layout.body * 1.15}pt/1.5 "{layout.title_family}"; text-align:center; margin:.6em 0 }}
p {{ text-indent:2em; margin:0 }}
.k {{ text-align:center; font-size:{layout.body * 1.35}pt }} .s {{ text-align:center; font-size:{layout.body * 1.3}pt; margin-bottom:1mm }} .b {{ text-align:center; font-size:{layout.body}pt; margin-bottom:2mm }}
figure {{ margin:1mm 0; break-inside:avoid }} .i {{ background:#bbb; height:28mm }} figcaption {{ font-size:{layout.body * 0.85}pt; line-height:1.4 }}
{layout.extra}</style><body>{head}<main>{"".join(parts)}</main>{foot}</body>"""


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
    stories: list[dict[str, object]] = [
        {
            "columns": max(1, width * per),
            "paragraphs": 3 * width * height + pick.randint(0, 2),
            "headings": pick.choice((0, 0, 1, 2)) if width * height > 1 else 0,
            "title": pick.choice((16, 18, 20)) + 4 * (width - 1),
            "rich": pick.random() < 0.7,
            "picture": int(pick.random() < 0.3),
            "frame": int(width * height == 1 and pick.random() < 0.3),
        }
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
    Layout("two-over-one", 320, 460, ("a0 a0 a1", "a2 a2 a2"), ({"columns": 3, "paragraphs": 8, "picture": 1}, {"columns": 2, "paragraphs": 5, "title": 20}, {"columns": 5, "paragraphs": 12, "headings": 2}), seed=1),
    Layout("one-long", 320, 460, ("a0",), ({"columns": 5, "paragraphs": 24, "headings": 3, "title": 34, "picture": 1},), seed=2),
    Layout("frame-in-corner", 320, 460, ("a0 a0 a1", "a0 a0 a2"), ({"columns": 3, "paragraphs": 16, "headings": 2, "picture": 1}, {"columns": 1, "paragraphs": 4, "title": 18, "frame": 1}, {"columns": 1, "paragraphs": 4, "title": 18, "frame": 1}), seed=3),
    Layout("briefs", 320, 460, ("a0 a1 a2", "a3 a4 a5"), tuple({"columns": 2, "paragraphs": 5, "title": 18, "rich": False} for _ in range(6)), seed=4, rules=False),
    Layout("tabloid", 260, 370, ("a0 a0", "a1 a2"), ({"columns": 4, "paragraphs": 9, "headings": 1, "title": 28}, {"columns": 2, "paragraphs": 5, "title": 16}, {"columns": 2, "paragraphs": 5, "title": 16}), body=8.5, gap=1.2, seed=5),
    Layout("no-rules-no-head", 300, 420, ("a0 a1",), ({"columns": 2, "paragraphs": 10, "title": 22, "headings": 1}, {"columns": 2, "paragraphs": 10, "title": 22}), rules=False, head="", foot=False, seed=6),
    Layout("sans-body", 320, 460, ("a0 a0 a0", "a1 a1 a2"), ({"columns": 4, "paragraphs": 10, "headings": 2, "title": 30}, {"columns": 3, "paragraphs": 7, "title": 20, "picture": 1}, {"columns": 2, "paragraphs": 4, "title": 18}), family="Noto Sans CJK SC", head="plain", seed=7),
    Layout("kept-wide", 380, 520, ("a0 a0 a0 a1", "a2 a2 a3 a3"), ({"columns": 4, "paragraphs": 14, "headings": 2, "title": 36, "picture": 1}, {"columns": 1, "paragraphs": 6, "title": 18, "frame": 1}, {"columns": 3, "paragraphs": 8, "title": 22}, {"columns": 3, "paragraphs": 8, "title": 22, "headings": 1}), body=9, seed=11),
    Layout("kept-narrow", 280, 400, ("a0 a1", "a0 a2", "a3 a3"), ({"columns": 2, "paragraphs": 8, "title": 22, "headings": 1}, {"columns": 2, "paragraphs": 3, "title": 16, "rich": False}, {"columns": 2, "paragraphs": 3, "title": 16, "rich": False}, {"columns": 4, "paragraphs": 7, "title": 26, "picture": 1}), body=9, rules=False, head="plain", seed=12),
    Layout("kept-left-titles", 320, 460, ("a0 a0 a1", "a2 a3 a3"), ({"columns": 3, "paragraphs": 8, "headings": 2, "title": 26}, {"columns": 2, "paragraphs": 6, "title": 18}, {"columns": 2, "paragraphs": 6, "title": 18}, {"columns": 3, "paragraphs": 8, "title": 24, "picture": 1}), extra="h1,.k,.s,.b{text-align:left}", seed=13),
)  # fmt: skip

"""Run as a child process: figures as JSON on standard input, a PNG on standard output, drawn as an SVG in between."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from html import escape

from knowledge.documents.pdf_font import font_path

WIDTH, HEIGHT = 1200, 500
TOP, BOTTOM = 70, 440
DAYS = (70, 720)  # from the left: the columns of the days
WORDS = (880, 1160)  # the bars of the words; to their left stand the words
INK, FAINT, FOUND, MISSED = "#333333", "#dddddd", "#2f7d5b", "#d9b44a"
LABELS = 8  # days that are named
WORD = 12  # characters of a word


def draw(
    days: Sequence[tuple[str, int, int]], words: Sequence[tuple[str, int]], labels: Sequence[str]
) -> str:
    """Draw the queries of each day, found and not, beside the words asked for most; return an SVG.

    `labels` are those of what was found and what was not, and the titles of the days and of the words.
    """
    found, missed, daily, often = labels
    shapes = [
        _text(DAYS[0], 36, daily, size=22),
        _text(WORDS[0], 36, often, size=22),
        *_legend(found, missed),
        *_columns(days),
        *_bars(words),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="Noto Sans SC">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{"".join(shapes)}</svg>'
    )


def _columns(days: Sequence[tuple[str, int, int]]) -> Iterator[str]:
    highest = _round(max((asked for _, asked, _ in days), default=0))
    for part in range(5):
        y = BOTTOM - (BOTTOM - TOP) * part / 4
        yield f'<line x1="{DAYS[0]}" x2="{DAYS[1]}" y1="{y}" y2="{y}" stroke="{FAINT}"/>'
        yield _text(DAYS[0] - 8, y + 5, f"{highest * part / 4:g}", anchor="end")
    wide = (DAYS[1] - DAYS[0]) / max(1, len(days))
    step = max(1, -(-len(days) // LABELS))
    for number, (day, asked, found) in enumerate(days):
        left, bar = DAYS[0] + number * wide + 0.15 * wide, 0.7 * wide
        green, all_of_it = (BOTTOM - (BOTTOM - TOP) * n / highest for n in (found, asked))
        yield _rect(left, green, bar, BOTTOM - green, FOUND)
        yield _rect(left, all_of_it, bar, green - all_of_it, MISSED)
        if number % step == 0:
            yield _text(left + bar / 2, BOTTOM + 24, day, anchor="middle")


def _bars(words: Sequence[tuple[str, int]]) -> Iterator[str]:
    most = max((times for _, times in words), default=1)
    high = (BOTTOM - TOP) / max(1, len(words))
    for number, (word, times) in enumerate(words):
        top, wide = TOP + number * high, (WORDS[1] - WORDS[0] - 40) * times / most
        yield _rect(WORDS[0], top + 0.2 * high, wide, 0.6 * high, FOUND)
        yield _text(WORDS[0] - 8, top + high / 2 + 5, word[:WORD], anchor="end")
        yield _text(WORDS[0] + wide + 6, top + high / 2 + 5, str(times))


def _legend(found: str, missed: str) -> Iterator[str]:
    for x, colour, label in ((470, FOUND, found), (590, MISSED, missed)):
        yield _rect(x, 22, 14, 14, colour) + _text(x + 22, 35, label)


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(0, height):.1f}" fill="{colour}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 15) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    shown = "".join(c if c.isprintable() else " " for c in text)
    return f'<text {place} font-size="{size}" fill="{INK}">{escape(shown)}</text>'


def _round(most: int) -> int:
    """The top of the scale: a multiple of four, so that every line stands at a whole number."""
    step = 1
    while most > 4 * step:
        step = step * 2 if str(step)[0] in "15" else step // 2 * 5
    return 4 * step


def main() -> None:
    """Read, draw, write."""
    from resvg_py import svg_to_bytes

    order = json.load(sys.stdin)
    days, words = ([tuple(row) for row in order[key]] for key in ("days", "words"))
    svg = draw(days, words, order["labels"])
    sys.stdout.buffer.write(
        svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=[str(font_path())])
    )


if __name__ == "__main__":
    main()

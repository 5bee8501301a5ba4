"""Run as a child process: figures as JSON on standard input, a PNG on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.resources import as_file, files
from io import BytesIO

FONT = ("zhplot", "fonts", "NotoSansSC-Regular.ttf")
INK, FOUND, MISSED = "#333333", "#2f7d5b", "#d9b44a"


def draw(
    days: Sequence[tuple[str, int, int]], words: Sequence[tuple[str, int]], labels: Sequence[str]
) -> bytes:
    """Draw the queries of each day, found and not, beside the words asked for most; return a PNG.

    `labels` are those of what was found and what was not, and the titles of the days and of the words.
    """
    found_label, missed_label, daily_title, words_title = labels
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import font_manager
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with as_file(files(FONT[0]).joinpath(*FONT[1:])) as font:
        font_manager.fontManager.addfont(str(font))
        name = font_manager.FontProperties(fname=str(font)).get_name()
    with mpl.rc_context({"font.family": name, "text.color": INK, "axes.edgecolor": INK}):
        figure = Figure(figsize=(10, 4.2), dpi=120, layout="constrained")
        daily, often = figure.subplots(1, 2, width_ratios=(3, 2))
        labels = [day for day, _, _ in days]
        found = [count for _, _, count in days]
        daily.bar(labels, found, color=FOUND, label=found_label)
        daily.bar(labels, [a - f for _, a, f in days], bottom=found, color=MISSED, label=missed_label)
        daily.set_title(daily_title)
        daily.legend(frameon=False)
        step = max(1, len(labels) // 8)
        daily.set_xticks(range(0, len(labels), step), labels[::step])
        shown = [(_drawable(word), times) for word, times in reversed(words)]
        often.barh(range(len(shown)), [times for _, times in shown], color=FOUND)
        often.set_yticks(range(len(shown)), [word for word, _ in shown])
        often.set_title(words_title)
        daily.yaxis.set_major_locator(MaxNLocator(integer=True))
        often.xaxis.set_major_locator(MaxNLocator(integer=True))
        for axes in (daily, often):
            axes.spines[["top", "right"]].set_visible(False)
        drawn = BytesIO()
        figure.savefig(drawn, format="png")
        return drawn.getvalue()


def _drawable(word: str) -> str:
    """A label that is no formula: matplotlib reads what stands between two dollar signs as one."""
    return word.replace("$", "＄")[:12]


def main() -> None:
    """Read, draw, write."""
    order = json.load(sys.stdin)
    sys.stdout.buffer.write(
        draw([tuple(day) for day in order["days"]], [tuple(pair) for pair in order["words"]], order["labels"])
    )


if __name__ == "__main__":
    main()

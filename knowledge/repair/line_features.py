"""What the labeller sees of each line: its own looks, its neighbours', and what was said of the whole page."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

import numpy as np

from knowledge.repair.characters import HAN, han_table
from knowledge.repair.join_model import goes_on
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import MARKS, SENTENCE_MARKS
from knowledge.text.folding import fold_radicals

DISPLAYS: Final = frozenset("TSKHtskh")
# Features that no headline or heading has: a full stop inside, a closing mark at its head.
NO_DISPLAY: Final = frozenset({"Xfull-stop-inside", "b,", "b."})

_WIDTHS: Final = (2, 4, 6, 8, 10, 13, 16, 20, 26, 40, 80)
_WIDTH_NAMES: Final = (*map(str, _WIDTHS), "+")
_CLAUSES: Final = "，；,;、"
_DIGIT: Final = re.compile("\\d")
# Each two han characters that stand side by side.
_TWO_HAN: Final = re.compile(f"(?=([{HAN}]{{2}}))")
_CLASSES: Final = {
    **dict.fromkeys("。！？!?｡", "."),
    **dict.fromkeys("，、；,;", ","),
    **dict.fromkeys("：:", ":"),
    **dict.fromkeys("”’」』》）】)", ")"),
    **dict.fromkeys("“‘「『《（【(", "("),
    **dict.fromkeys("—…-", "-"),
    '"': '"',
}
# A column is this wide or narrower; wider lines are paragraphs of a clean file.
_WIDEST: Final = 60
_LONGEST_NAME: Final = 5
# Lines no wider are known by their first and last characters too.
_DISPLAYED: Final = 26
# What a long line is shows at its two ends.
_EDGE: Final = 32
# What ends so has none of the marks of lines that are no sentence.
_STOPS: Final = ("。", "！", "？")
# So many lines and characters below a display are looked through for its words.
_NEAR: Final = 12
# Displays with no more lines between them stand together.
_TOGETHER: Final = 3
_OPENING: Final = 160
_MARKS: Final = [("X" + name, pattern.search) for name, pattern in MARKS]
_SENTENCE_MARKS: Final = [("X" + name, pattern.search) for name, pattern in SENTENCE_MARKS]
# On a page of no more lines everything weighs apart: a notice or a brief is set otherwise than a newspaper's page.
SHORT_PAGE: Final = 24
ON_SHORT_PAGES: Final = "|"


def features(pages: Sequence[Sequence[PageLine]]) -> list[list[list[str]]]:
    """Return the features of each line of each page: its own, and its neighbours' by their distance."""
    told = used_again([[line.text for line in lines] for lines in pages])
    return [_Page(lines, again).features() for lines, again in zip(pages, told, strict=True)]


def used_again(pages: Sequence[Sequence[str]]) -> list[list[tuple[int, int]]]:
    """Return for each text how many of its pairs of han characters side by side others of its page have, too, and how
    many it has."""
    texts = list(chain.from_iterable(pages))
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    owners = np.arange(len(texts)).repeat([len(text) for text in texts])
    han = han_table().take(codes, mode="clip")
    at = np.flatnonzero(han[:-1] & han[1:] & (owners[:-1] == owners[1:]))
    pairs = (codes[at] << 18 | codes[at + 1]) * len(texts) + owners[at]
    pairs.sort()
    pairs, owners = np.divmod(pairs, max(1, len(texts)))
    of_page = np.arange(len(pages)).repeat([len(page) for page in pages])[owners]
    begins = np.diff(pairs, prepend=-1).astype(bool) | np.diff(of_page, prepend=-1).astype(bool)
    first = np.flatnonzero(begins)
    often = np.diff(first, append=len(pairs))
    again = (owners[first] != owners[first + often - 1]).repeat(often)
    shared, of_all = (np.bincount(which, minlength=len(texts)) for which in (owners[again], owners))
    each = zip(shared.tolist(), of_all.tolist(), strict=True)
    return [list(islice(each, len(page))) for page in pages]


def weighed(features: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Return features with those that weigh on short pages alone, if this is one (Daumé III 2007, section 3.1)."""
    if len(features) > SHORT_PAGE:
        return features
    return [[*names, *(ON_SHORT_PAGES + name for name in names)] for names in features]


class _Page:
    """What is counted once for all lines of a page."""

    def __init__(self, lines: Sequence[PageLine], again: Sequence[tuple[int, int]]) -> None:
        self._lines = lines
        self._again = again
        count = max(1, len(lines))
        self._widths = [line.width for line in lines]
        wide = sorted(width for width in self._widths if width > 6)
        self._median = wide[len(wide) // 2] if wide else 10.0
        # The width that lines fill: where most lines are equally wide, a press broke them.
        self._full = wide[int(0.85 * (len(wide) - 1))] if wide else 10.0
        filling = sum(0.9 * self._full <= each <= 1.03 * self._full for each in wide)
        self._broken = str(min(4, 5 * filling // max(1, len(wide)))) if self._full <= _WIDEST else "w"
        self._wide = _bucket(self._full)
        self._finished = str(min(4, 5 * sum(line.finished for line in lines) // count))
        self._blank = str(min(4, 5 * sum(line.gap > 0 for line in lines) // count))
        self._indented = str(min(4, 5 * sum(line.indent > 1 for line in lines) // count))
        self._short = str(min(4, 5 * sum(line.width <= 20 for line in lines) // count))

    def features(self) -> list[list[str]]:
        own = [self._own(at) for at in range(len(self._lines))]
        return [self._with_neighbours(at, own) for at in range(len(self._lines))]

    def _own(self, at: int) -> list[str]:
        line = self._lines[at]
        text = line.text
        ratio = str(min(9, int(line.width / self._median * 5)))
        near = sorted(self._widths[max(0, at - 3) : at] + self._widths[at + 1 : at + 4])
        usual = near[len(near) // 2] if near else self._median
        local = str(min(9, int(line.width / max(1, usual) * 5)))
        last, first = _class(text[-1:]), _class(text[:1])
        full = str(max(-4, min(4, round((line.width - self._full) / 1.5)))) if self._full <= _WIDEST else "w"
        clauses = min(3, sum(map(text.count, _CLAUSES)))
        names = [
            "L" + _bucket(line.width),
            "r" + ratio,
            "l" + local,
            "e" + last,
            "b" + first,
            "f" + str(int(line.finished)),
            "u" + full,
            "er" + last + ratio,
            "eu" + last + full,
            "c" + str(clauses),
            "in" + str(min(9, line.indent // 2)),
            "page" + self._broken + self._finished,
            "blank" + self._blank + str(min(2, line.gap)),
            "short" + self._short + str(int(line.finished)) + str(clauses > 0),
        ]
        whole = line.spaced or len(text) == line.end - line.start
        printed = text if whole else fold_radicals(line.raw[line.start : line.end])
        if len(printed) > 2 * _EDGE:
            printed = printed[:_EDGE] + printed[-_EDGE:]
        marks = _SENTENCE_MARKS if printed[-1:] in _STOPS else _MARKS
        names += [name for name, found in marks if found(printed)]
        if line.doubled:
            names.append("doubled")
        if line.spaced:
            names.append("spaced")
        if len(text) <= _LONGEST_NAME:
            names.append("w=" + text)
        elif line.width <= _DISPLAYED:
            names += ["w^" + text[:2], "w$" + text[-2:]]
        digits = len(_DIGIT.findall(text))
        if digits:
            names.append("d" + str(min(3, digits * 4 // max(1, len(text)))))
        again, pairs = self._again[at]
        if pairs:
            names.append("again" + str(4 * again // pairs))
        return names

    def _with_neighbours(self, at: int, own: Sequence[Sequence[str]]) -> list[str]:
        lines = self._lines
        line = lines[at]
        before = lines[at - 1] if at else None
        after = lines[at + 1] if at + 1 < len(lines) else None
        below = min(2, after.gap) if after is not None else 9
        size = str(min(5, len(lines).bit_length()))
        names = [
            *own[at],
            f"g{min(2, line.gap)}{below}|{self._blank}",
            "top" + str(at if at < 4 else 4 if at < 8 else 5),
            "end" + str(min(4, len(lines) - 1 - at)),
            "size" + size,
        ]
        if at < 3:
            names += [
                f"top{at}|{size}{self._broken}",
                f"top{at}|{size}{int(line.finished)}{below}",
                f"top{at}|{int(line.width <= 20)}{int(line.finished)}{self._broken}",
            ]
            names += [f"o{at}|{size}{name}" for name in own[at] if name[0] == "X"]
        if before is not None:
            kept = ("L", "e", "r", "f", "X", "u")
            names += ["-" + name for name in own[at - 1] if name[:1] in kept]
            stands_in = int(line.indent > 1) - int(before.indent > 1)
            join = f"{int(before.finished)}{min(2, line.gap)}"
            over = str(max(-4, min(4, round((before.width + before.indent / 2 - self._full) / 1.5))))
            wrap = over if self._full <= _WIDEST else "w"
            if not before.finished:
                reads = goes_on(before.text, line.text)
                names += [f"G{_step(reads)}{min(2, line.gap)}", f"G{_step(reads)}{wrap}"]
                if after is not None:
                    past = goes_on(before.text, after.text)
                    names += [f"Gp{_step(past)}", f"Gd{_step(past - reads)}{int(line.finished)}"]
            names += [
                "-g" + str(min(2, before.gap)),
                "t" + str(min(4, int(abs(before.width - line.width)))),
                f"j{join}{wrap}|{self._blank}",
                f"j{join}{wrap}>{stands_in}{self._indented}",
                f"j{join}{wrap}{_class(before.text[-1:])}{_class(line.text[:1])}",
                f"j{join}{wrap}|{self._broken}",
                f"j{join}{int(line.column != before.column)}",
                f"j{join}{self._broken}w{self._wide}",
                f"J{_class(before.text[-1:])}{_class(line.text[:1])}{self._broken}",
            ]
        if after is not None:
            if not line.finished:
                names.append(f"+G{_step(goes_on(line.text, after.text))}{below}")
            names += ["+" + name for name in own[at + 1] if name[:1] in ("L", "r", "X", "b", "f", "u")]
            names.append("n" + str(min(4, int(abs(after.width - line.width)))))
        if at + 2 < len(lines):
            names += ["++" + name for name in own[at + 2] if name[:1] in ("r", "f", "X")]
        if at > 1:
            names += ["--" + name for name in own[at - 2] if name[:1] in ("r", "f", "X")]
        return names


def with_labels(
    lines: Sequence[PageLine], own: Sequence[Sequence[str]], labels: Sequence[str]
) -> Iterator[list[str]]:
    """Yield what further features each line has by what the first chain's labels tell about the page."""
    displays = [at for at, label in enumerate(labels) if label in DISPLAYS]
    titles = [at for at in displays if labels[at] == "T"]
    widest = max((lines[at].width for at in displays), default=1.0)
    headings = min(3, sum(labels[at] == "H" for at in displays))
    body = "".join(line.text for line, label in zip(lines, labels, strict=True) if label in "Pp")
    pages = {line.page for line in lines}
    heads = _Heads(lines, labels)
    over, under = _text_around(lines, labels)
    for at, (line, label) in enumerate(zip(lines, labels, strict=True)):
        around = labels[at - 1] if at else "^", labels[at + 1] if at + 1 < len(lines) else "$"
        names = ["Y" + label, f"Y{around[0]}<{label}", f"Y{label}>{around[1]}"]
        above, below_it = over[at], under[at]
        if above is not None and not lines[above].finished:
            names.append(f"Yg{_step(goes_on(lines[above].text, line.text))}{int(above == at - 1)}")
            if below_it is not None and label not in "Pp":
                names.append(f"YG{_step(goes_on(lines[above].text, lines[below_it].text))}{label}")
        if below_it is not None and not line.finished:
            names.append(f"Yn{_step(goes_on(line.text, lines[below_it].text))}{int(below_it == at + 1)}")
        if label in DISPLAYS:
            names += heads.of(at)
            above = next((x for x in range(at - 1, -1, -1) if labels[x] not in "FRATSKtsk"), None)
            if above is not None:
                signed = labels[above] == "Y" or "Xsigned-after" in own[above]
                names.append(
                    f"Yv{labels[above]}{int(signed)}{int(any(x < above for x in titles))}{min(2, line.gap)}"
                )
            following = next((x for x in range(at + 1, len(lines)) if labels[x] in "Pp"), None)
            alike = [x for x in displays if x != at and abs(lines[x].width - line.width) <= 1.5]
            parted = " " in line.raw[line.start : line.end]
            twins = [x for x in alike if (" " in lines[x].raw[lines[x].start : lines[x].end]) == parted]
            pairs = _TWO_HAN.findall(line.text)
            below = "" if following is None else _text_from(lines, labels, following)
            names += [
                "Yr" + str(int(5 * line.width / max(1.0, widest))),
                "Yb" + str(min(2, sum(x < at for x in titles))),
                "Ya" + str(min(2, sum(x > at for x in titles))),
                "Yh" + str(headings),
                "Ys" + str(min(3, len(alike))),
                "Yz" + str(min(3, len(twins))),
                "Yf" + str(int(any(y in "Pp" for y in labels[:at]))),
                "Yd" + str(int(any(x < at for x in displays))),
                "Yo" + str(min(4, sum(pair in below for pair in pairs))),
                "YO" + str(4 * sum(pair in body for pair in pairs) // max(1, len(pairs))),
                "Yp" + str(min(2, len(pages))),
            ]
            if above is not None and following is not None:
                told = set(_TWO_HAN.findall(_text_up_to(lines, labels, above)))
                next_told = set(_TWO_HAN.findall(below))
                shared = len(told & next_told) / max(1, len(next_told))
                names += [
                    f"Yt{min(5, int(20 * shared))}",
                    f"Yu{min(4, sum(pair in told for pair in pairs))}",
                ]
            if following is not None:
                marks = {name for name in own[following] if name in ("Xdateline",)}
                names.append("Yx" + str(len(marks)) + str(min(3, following - at)))
        yield names


class _Heads:
    """What is told of a display by those that stand together with it."""

    def __init__(self, lines: Sequence[PageLine], labels: Sequence[str]) -> None:
        self._lines = lines
        self._groups: dict[int, list[int]] = {}
        group: list[int] = []
        for at, label in enumerate(labels):
            if label not in DISPLAYS:
                group = group if label in "YFRA" else []
                continue
            group = group if group and at - group[-1] <= _TOGETHER else []
            group.append(at)
            self._groups[at] = group

    def of(self, at: int) -> list[str]:
        """Return the features of a display: its place in its group, how its width and its words compare there."""
        group = self._groups[at]
        place, count = group.index(at), len(group)
        where = f"{min(3, place)}/{min(4, count)}"
        names = [f"Hn{where}"]
        if count == 1:
            return names
        widths = [self._lines[each].width for each in group]
        own = widths[place]
        rank = sum(each > own + 0.5 for each in widths)
        gaps = [min(1, self._lines[each].gap) for each in group]
        parted = max(gaps[other] for other in range(count) if other != place)
        names += [
            f"Hr{min(3, rank)}{where}",
            f"Hw{_bucket(own)}<{_bucket(max(widths))}",
            f"Hq{gaps[place]}{parted}{min(1, place)}",
        ]
        if place:
            names.append(f"Ha{_compare(own, widths[place - 1])}{where}")
            above = self._lines[group[place - 1]]
            names.append(
                f"Hg{_step(goes_on(above.text, self._lines[at].text))}{int(group[place - 1] == at - 1)}"
            )
        if place + 1 < count:
            names.append(f"Hb{_compare(own, widths[place + 1])}{where}")
            below = self._lines[group[place + 1]]
            names.append(
                f"HG{_step(goes_on(self._lines[at].text, below.text))}{int(group[place + 1] == at + 1)}"
            )
        return names


def _compare(own: float, other: float) -> int:
    """Tell how much wider one line is than another, in thirds of the other, within bounds."""
    return max(-3, min(3, round(3 * (own - other) / max(1.0, other))))


def _text_around(
    lines: Sequence[PageLine], labels: Sequence[str]
) -> tuple[list[int | None], list[int | None]]:
    """Return for each line the nearest line of running text above it and below it."""
    over: list[int | None] = []
    last: int | None = None
    for at, label in enumerate(labels):
        over.append(last)
        last = at if label in "Pp" else last
    under: list[int | None] = [None] * len(lines)
    last = None
    for at in range(len(lines) - 1, -1, -1):
        under[at] = last
        last = at if labels[at] in "Pp" else last
    return over, under


def _text_from(lines: Sequence[PageLine], labels: Sequence[str], at: int) -> str:
    """Return the beginning of the running text from line `at` on."""
    near = zip(lines[at : at + _NEAR], labels[at : at + _NEAR], strict=True)
    return "".join(line.text for line, label in near if label in "Pp")[:_OPENING]


def _step(score: float) -> int:
    return max(-4, min(4, round(score / 1.5)))


def _text_up_to(lines: Sequence[PageLine], labels: Sequence[str], at: int) -> str:
    """Return the end of the running text up to line `at`."""
    low = max(0, at + 1 - _NEAR)
    near = zip(lines[low : at + 1], labels[low : at + 1], strict=True)
    return "".join(line.text for line, label in near if label in "Pp")[-_OPENING:]


def _class(char: str) -> str:
    if not char:
        return "0"
    known = _CLASSES.get(char)
    if known is not None:
        return known
    if char.isdigit():
        return "9"
    if char.isascii():
        return "a" if char.isalpha() else "o"
    return "h" if char >= "\u2e80" else "o"


def _bucket(width: float) -> str:
    return _WIDTH_NAMES[bisect_left(_WIDTHS, width)]

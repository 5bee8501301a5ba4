"""Where a sentence ends: 。！？ with what closes after it, never inside quotes, brackets, titles or numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# A pair farther apart is taken as unclosed, so that one lost mark cannot swallow the article.
REACH: Final = 400
# No sentence of a newspaper is longer; a run without full stops is cut at a pause.
LONGEST: Final = 1000
# A nest deeper than this is damage; it also bounds the search for an opener.
_DEPTH: Final = 8
# A quote of so few characters amid a clause is a name or a call, not a sentence of its own.
_CALL: Final = 15

_OPENERS: Final = {
    "”": "“",
    "’": "‘",
    "」": "「",
    "』": "『",
    "》": "《",
    "〉": "〈",
    "）": "（",
    ")": "(",
    "】": "【",
}
_OPENING: Final = frozenset(_OPENERS.values())
_MARKS: Final = re.compile('[“”‘’「」『』《》〈〉（）()【】"。！？｡!?](?:(?<=[。！？｡!?])[。！？｡!?]*)?')
_CLOSERS: Final = re.compile('[”’」』》〉）)】"]*')
# What carries a clause on past a closed quote; not where it begins a word that opens a sentence (与此同时, 之后, 地铁).
_GOES_ON: Final = re.compile(
    "\\s*(?:[，、；：,;]|的(?!确)|地(?![铁处方区点上下面理])|得(?![知到益出悉])|之(?![后前])|等(?![到待候])|[与和及]\\s*[“‘《「『]|是(?![否夜年日]))"
)
_ADDRESS: Final = re.compile(r"[0-9A-Za-z=&/#%_.-]")
_SPOKEN: Final = re.compile("[，：。！？；—…,:;\\s“「『（(]")
_ENGLISH_END: Final = re.compile(
    r"(?<=[A-Za-z0-9)\"'”’]{2})(?<!\bMr)(?<!\bDr)(?<!\bSt)(?<!\bMs)(?<!\bNo)(?<!\bvs)(?<!Mrs)(?<!etc)[.!?][\"”]?(?=\s+[A-Z\"“])"
)

FINISHED: Final = re.compile('[。！？｡!?][”’」』》〉）)】"]*$')
# What a search can find: letters, han characters and figures of any script; marks and symbols are none.
_SEARCHABLE: Final = re.compile(r"[^\W_]")


def has_words(text: str) -> bool:
    """Tell whether anything of the text can be searched for; what has nothing is no sentence."""
    return _SEARCHABLE.search(text) is not None


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the sentences of one paragraph; together they cover it but for blanks at the edges.

    A stray mark belongs to the sentence before it, at the paragraph's head to the one after it; a paragraph of
    nothing but marks holds no sentence.
    """
    held: tuple[int, int] | None = None
    for start, end in _cut(text):
        if held is None:
            held = (start, end)
        elif has_words(text[start:end]) and has_words(text[held[0] : held[1]]):
            yield held
            held = (start, end)
        else:
            held = (held[0], end)
    if held is not None and has_words(text[held[0] : held[1]]):
        yield held


def _cut(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in (*_ends(text), len(text)):
        while end - start > LONGEST:
            cut = _pause(text, start)
            yield from _stripped(text, start, cut)
            start = cut
        yield from _stripped(text, start, end)
        start = end


def _pause(text: str, start: int) -> int:
    """Return where a run too long for a sentence pauses last within bounds."""
    end = start + LONGEST
    return max((text.rfind(mark, start + LONGEST // 2, end) for mark in "；，、 "), default=-1) + 1 or end


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield (start, end)


def _ends(text: str) -> Iterator[int]:
    if len(text.encode("utf-8", "surrogatepass")) < 1.5 * len(text):
        yield from (match.end() for match in _ENGLISH_END.finditer(text))
        return
    marks = list(_MARKS.finditer(text))
    pairs = _pairs(marks)
    shelter = 0
    opener = -1
    for at, mark in enumerate(marks):
        if at in pairs and mark.start() >= shelter:
            opener, shelter = mark.start(), marks[pairs[at]].end()
        elif mark.group()[0] in "。！？｡!?":
            end = _end_after(text, mark, opener, shelter)
            if end is not None:
                yield end


def _end_after(text: str, mark: re.Match[str], opener: int, shelter: int) -> int | None:
    """Return where the sentence closed by a terminal ends, or None when it goes on."""
    closers = _CLOSERS.match(text, mark.end())
    end = mark.end() if closers is None else closers.end()
    if mark.start() < shelter:
        if end < shelter or _is_call(text, mark, opener, end):
            return None
        if end > shelter and text[shelter] == '"':
            end = shelter
    elif end > mark.end() and text[mark.end()] == '"':
        end = mark.end()
    if end == len(text):
        return end
    if end > mark.end() and _GOES_ON.match(text, end):
        return None
    if mark.group()[-1] in "!?" and end == mark.end() and _ADDRESS.match(text, end):
        return None
    return end


def _is_call(text: str, mark: re.Match[str], opener: int, end: int) -> bool:
    """Tell whether the terminal closes a name or a call inside a clause: 提出“干什么？”三问, 《奔跑吧！》."""
    if text[opener] in "《〈":
        return True
    if text[opener] in "（(【":
        return end < len(text) and opener > 0 and text[opener - 1] not in "。！？"
    if opener == 0 or mark.group()[-1] == "。" or _SPOKEN.match(text, opener - 1):
        return False
    return end - opener <= _CALL and end < len(text)


def _pairs(marks: list[re.Match[str]]) -> dict[int, int]:
    """Match openers with closers within reach; both by their place in `marks`."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for at, mark in enumerate(marks):
        char = mark.group()
        if char == '"':
            char = "”" if any(marks[i].group() == '"' for i in stack[-_DEPTH:]) else '"'
            opener = '"'
        else:
            opener = _OPENERS.get(char, "")
        if char in _OPENING or char == '"':
            stack.append(at)
        elif opener:
            _close(marks, stack, pairs, at, opener)
    return pairs


def _close(marks: list[re.Match[str]], stack: list[int], pairs: dict[int, int], at: int, opener: str) -> None:
    for depth in range(1, min(_DEPTH, len(stack)) + 1):
        candidate = stack[-depth]
        if marks[candidate].group() == opener:
            if marks[at].start() - marks[candidate].start() <= REACH:
                pairs[candidate] = at
            del stack[-depth:]
            return

"""Runs of text as WeCom's markdown: what is in them shows as it is, and only their looks are marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from bot.messages import Run, Style
from bot.platforms.text import joined

# Escapable and with a meaning somewhere (CommonMark 0.31 and GFM); `<` and `>` are WeCom's own, too: <@id>, <font>.
_LIVE = re.compile(r"[\\`*_\[\]<>#|~&$!]")
# Has a meaning only where a line begins: lists, rules, underlined headings, numbers of a list.
_AT_START = re.compile(r"^(\u00a0*)([-+=]|\d{1,9}(?=[.)]))", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
# Marks beside punctuation or blanks may not count as marks (CommonMark, "left-flanking"), and would be seen.
_CORE = re.compile(r"[^\W_].*[^\W_]|[^\W_]", re.DOTALL)
_MARKS = {Style.BOLD: "**", Style.ITALIC: "*"}


def escaped(text: str) -> str:
    """Return markdown that shows `text`; what its first line begins with must stand where a line begins."""
    text = _INDENT.sub(lambda match: "\u00a0" * len(match[0]), _LIVE.sub(r"\\\g<0>", text))
    return _AT_START.sub(_unlisted, text)


def _unlisted(match: re.Match[str]) -> str:
    """A number of a list loses its meaning by its dot, everything else by itself."""
    return f"{match[1]}{match[2]}\\" if match[2].isdigit() else f"{match[1]}\\{match[2]}"


def markdown(runs: Sequence[Run]) -> str:
    """Return the markdown of runs of text."""
    return "".join(_marked(run) for run in joined(run for run in runs if run.text))


def _marked(run: Run) -> str:
    text = run.text
    core = text.strip()
    if core and "\n" not in core and run.link and run.link.startswith(("https://", "http://")):
        before, _, after = text.partition(core)
        return (
            f"{escaped(before)}[{escaped(core)}]({quote(run.link, safe=':/?#@!$&=+,;%~-._')}){escaped(after)}"
        )
    if run.style is Style.CODE and core == text and not re.search(r"[`<>\n]", text):
        return f"`{text}`"
    mark = _MARKS.get(run.style)
    marked = _CORE.search(text) if mark else None
    if mark is None or marked is None or "\n" in marked[0]:
        return escaped(text)
    return f"{escaped(text[: marked.start()])}{mark}{escaped(marked[0])}{mark}{escaped(text[marked.end() :])}"

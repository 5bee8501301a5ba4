"""Writers' names as newspapers print them."""

from __future__ import annotations

import re
from typing import Final

from knowledge.text.analyzer import DOUBLE_SURNAMES, SURNAMES

_SURNAME: Final = f"(?:{'|'.join(sorted(DOUBLE_SURNAMES))}|[{''.join(sorted(SURNAMES))}])"
_NAME: Final = f"(?:{_SURNAME}[\u4e00-\u9fff·]{{1,2}})"
NAMES: Final = f"{_NAME}(?:[\\s、，]+{_NAME}){{0,5}}"
_AFTER_ROLE: Final = "[\\s:：/／|丨]"
_REPORTER: Final = (
    "(?:[\u4e00-\u9fff]{0,8}?(?:首席|见习|实习|特约|全媒体|融媒体)?(?:记者|通讯员|特派员)|实习生"
    "|撰文|撰稿|文\\s*[/／]?\\s*图|图\\s*[/／]\\s*文)"
)
# Words of any text too (文化, 作者来自): they name a writer only where they stand apart from the name.
_WRITER: Final = "(?:作者|文字|文)"
_ROLE: Final = f"(?:{_REPORTER}{_AFTER_ROLE}*|{_WRITER}{_AFTER_ROLE}+)"
_FURTHER: Final = f"(?:[\\s、，]*{_ROLE}{NAMES})*"
SIGNED: Final = f"{_ROLE}{NAMES}{_FURTHER}"
_SIGNED_APART: Final = f"(?:{_REPORTER}|{_WRITER}){_AFTER_ROLE}+{NAMES}{_FURTHER}"

# Districts and towns look like names too (金山区, 徐汇区).
_NO_PLACE: Final = "(?!.*[区县市镇乡省州村](?:[\\s、，]|$))"
ONLY_NAMES: Final = re.compile(f"{_NO_PLACE}{NAMES}$")
SEVERAL_NAMES: Final = re.compile(f"{_NO_PLACE}{_NAME}(?:[\\s、，]+{_NAME}){{1,5}}$")
ONLY_SIGNED: Final = re.compile(f"[■□●◎○▲]?\\s*{SIGNED}(?:\\s*(?:报道|文|整理|采写|综合报道))?$")
# The writer in brackets: names, or the office that sent the text in.
IN_BRACKETS: Final = re.compile(
    f"[（(]\\s*(?:{SIGNED}|{NAMES}|[^（）()，。！？0-9]{{1,18}}(?:[部委办局院社报室处厅会站校组司团]|供稿|提供|整理|编译|撰稿|采写)|来源[:：][^（）()]{{1,20}})\\s*[)）]$"
)
# `glued` may as well be words of the text (“…。”记者来到 | 社区): a byline only where the text ends.
AFTER_SENTENCE: Final = re.compile(
    f"(?:(?<=[。！？”’」』》）])(?:\\s+{NAMES}|\\s+{SIGNED}|{_SIGNED_APART})"
    f"|(?:(?<=[。！？])|(?<=[。！？][”’」』》）]))(?:(?P<glued>{SIGNED})|\\s*(?:{IN_BRACKETS.pattern[:-1]})))$"
)

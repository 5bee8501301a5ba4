"""Questions that nobody asks in earnest, made from a grammar; the same seed gives the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator

LONGEST = 10_000
WORDS = (
    "蕃瓜弄", "莫德纳", "金食汇", "联合检查码", "离岸转手买卖", "果洛", "平均海拔", "多少", "是谁", "为什么", "哪年",
    "2023年", "49.53亿美元", "三百五十件", "１２％", "fanguanong", "Moderna", "上海", "的", "了", "一", "请问", "吗",
)  # fmt: skip
MARKS = (
    "(", ")", "[", "]", "{", "}", '"', "“", "”", "'", "-", "+", "*", "?", "？", "~", "^", ":", "：", "\\", "/", "|", "&&",
    "NOT", "AND", "OR", " TO ", "文:", "题:", "a:b", "[a TO", "/(a+)+$/", "%00", "<script>", "</b>", "&amp;", "--", "=",
    "$", "{{7*7}}", "' OR 1=1 --", "..", "//", "@all", "#", "\t", "\n", "　", " ",
)  # fmt: skip
ODD = (
    "\ufdfa", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\0", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ud800",
    "\udfff", "\ufffe", "\ufffd", "𠮷", "👨\u200d👩\u200d👧", "🇨🇳", "e\u0301", "\u0301", "ﬃ", "㈱", "Ⅷ", "①", "½", "İ", "ẞ", "ǆ",
    "ⅶ", "〇", "零", "卅", "廿", "佰", "萬", "億", "兆", "۱۲", "१२", "٪", "％", "‰", "\U0010ffff", "\u3164",
)  # fmt: skip


def odd_queries(seed: int, number: int) -> Iterator[str]:
    """Yield `number` questions; one in fifty is long, up to 10,000 characters."""
    pick = random.Random(seed)
    for _ in range(number):
        kind = pick.random()
        if kind < 0.02:
            yield _long(pick)
        elif kind < 0.2:
            yield "".join(_any_character(pick) for _ in range(pick.randint(0, 40)))
        else:
            yield "".join(_piece(pick) for _ in range(pick.randint(1, 12)))


def _piece(pick: random.Random) -> str:
    piece = pick.choice(pick.choice((WORDS, WORDS, MARKS, ODD)))
    return piece * pick.choice((1, 1, 1, 1, 2, 3, 17))


def _long(pick: random.Random) -> str:
    length = pick.choice((256, 1000, 4096, LONGEST))
    kind = pick.randrange(4)
    if kind == 0:
        return (pick.choice(MARKS + ODD) * length)[:length]
    if kind == 1:
        return "的" + "\u0301" * (length - 1)
    if kind == 2:
        return "".join(_any_character(pick) for _ in range(length))
    text = ""
    while len(text) < length:
        text += _piece(pick)
    return text[:length]


def _any_character(pick: random.Random) -> str:
    highest = pick.choice((0x7F, 0x2FF, 0x9FFF, 0xFFFF, 0x10FFFF))
    return chr(pick.randint(0, highest))

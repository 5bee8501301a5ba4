"""What every reader of a query or a fact needs to know of Chinese, as one seam, and rjieba behind it.

A segmenter cuts a name that it has never met (蕃瓜弄 becomes 蕃, 瓜, 弄): a user's dictionary beside the articles, in
jieba's own form, `词 [频率] [词性]`, keeps it in one piece, in facts and in questions alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol

from knowledge.text.folding import fold
from knowledge.text.numbers import Quantity, quantities

LONGEST_WORD = 40
"""Characters of a word."""
MOST_WORDS = 20_000
"""Words of a dictionary."""
NAME_TAGS = ("nr", "ns", "nt", "nz")
"""How jieba tags names: of persons, places, bodies, and others."""
UNTAGGED = "nz"
"""The tag of a word that has none: a name of some kind."""
_TAG = re.compile(r"[a-z]{1,4}")


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line that was not taken, and why (Chinese)."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Words as they are printed, each with its part of speech."""

    tags: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tags)


def pattern_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """What finds words in a text, the longest first; None where there are none."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def parse_dictionary(text: str) -> tuple[Dictionary, tuple[WrongLine, ...]]:
    """Read a dictionary; `#` begins a comment, a frequency is passed over."""
    lines = list(_lines(text))
    good = {word: tag for _, _, word, tag, reason in lines if not reason}
    wrong = tuple(WrongLine(number, written, reason) for number, written, _, _, reason in lines if reason)
    return Dictionary(good), wrong


def _lines(text: str) -> Iterator[tuple[int, str, str, str, str]]:
    """Yield number, text, word, tag and what is wrong of every line that says something."""
    taken = 0
    for number, written in enumerate(text.splitlines(), 1):
        word, *more = written.partition("#")[0].split() or [""]
        if not word:
            continue
        tags = [one for one in more if not one.isdecimal()]
        reason = ""
        if len(word) > LONGEST_WORD:
            reason = f"词不超过 {LONGEST_WORD} 字"
        elif len(word) < 2:
            reason = "一个字用不着写"
        elif len(more) > 2 or not all(map(_TAG.fullmatch, tags)):
            reason = "一行一个词，后面最多写频率和词性，如“蕃瓜弄 5 ns”"
        elif taken == MOST_WORDS:
            reason = f"超过 {MOST_WORDS} 个词，从这里起没有读"
        yield number, written.strip(), word, tags[0] if tags else UNTAGGED, reason
        taken += not reason
        if taken > MOST_WORDS or (reason and taken == MOST_WORDS):
            return


KEPT = 4096
"""Texts kept folded; a quarter as many cut into words and with their figures, for that takes more room."""
_SURROGATES = re.compile("[\ud800-\udfff]")

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白"
    "孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严欧莫孔向常汤温康施牛葛洪乔申翟章鲁倪殷颜俞柳邢路岳梅庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费"
    "纪靳盛童甄项曲成游阳裴席卫查屈鲍位霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木"
    "穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都尤水云昌凤岑毕安乐傅皮卞齐伍元平和萧湛禹狄贝明伏茅庞季麻危骆樊虞支经裘缪干应"
    "宗宣杭诸钮嵇荣荀羊惠封芮储汲邴松富巫乌焦巴弓牧隗山宓蓬郗班仰秋仲伊暴钭厉戎祖束幸韶蓟印宿怀蒲邰从鄂索咸籍赖蔺阴胥苍双闻莘贡劳逄扶堵宰郦雍桑濮"
    "寿通扈郏浦尚农别阎充慕茹习宦鱼容易慎戈庾终暨居衡步满弘匡国文寇广禄阙东殳沃利蔚越夔隆师巩厍聂晁勾融訾阚那空毋沙乜养鞠须丰巢蒯相后荆红竺权逯益"
    "桓公仝代楚仉闾帅佟冼"
)
"""One character each: those of some 99 % of the population (census bulletin of 2020), and the rest of 百家姓."""
DOUBLE_SURNAMES = frozenset(
    ["欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯"]
)

STOP_WORDS = frozenset(
    """
    的 地 得 了 着 过 是 在 于 有 和 与 及 跟 同 或 也 都 还 又 就 才 而 但 并
    且 被 把 将 给 让 使 对 对于 关于 从 自 到 向 往 由 以 为 为了 按 按照 通过
    根据 据 之 其 这 那 这个 那个 这些 那些 这里 那里 此 该 本 我 你 您 他 她 它
    我们 你们 他们 咱们 吗 呢 吧 啊 呀 嘛 哦 请问 请 告诉 想 知道 想知道 我想 帮 帮我
    查 查一下 一下 说说 说 讲 讲讲 介绍 看看 找 找找 有关 相关 情况 一共 总共 共 共计
    大约 大概 左右 什么 啥 谁 哪 哪里 哪儿 哪个 哪些 哪家 哪位 怎么 怎样 如何 为什么
    为何 为啥 多少 几 几个 几家 几项 几条 几名 多久 多长 何时 何处 什么时候 时候 是否 有没有
    是不是 能 能否 会 可以 要 没 没有 不 很 最 更 太 这么 那么 等 里 中 上 下 内 个
    一个 些 现在 目前 如今 最近 今后 到底 究竟 具体 主要
    """.split()  # noqa: SIM905  a list of two hundred words, one a line, would hide them
)
"""Function words, politeness and question words: alone they ask for nothing."""

_HOLLOW = frozenset({"x", "w", "uj", "ul", "uz", "ug", "uv", "ud", "p", "c", "y", "e", "o", "u"})


class Token(NamedTuple):
    """One word, its part of speech by jieba's tag set (`nr` person, `ns` place, `nt` organisation), its start."""

    text: str
    tag: str
    start: int


def _bare(token: Token, knows: Callable[[str], bool]) -> Token:
    if token.text[1:] == "了":
        return Token(token.text[0], "v", token.start)
    taken = None if token.tag[:2] in NAME_TAGS or knows(token.text) else _MADE_UP.fullmatch(token.text)
    return Token(taken["verb"], "v", token.start + taken.start("verb")) if taken else token


def is_of_a_person(word: Token) -> bool:
    """Tell whether a word is tagged as a person's name and begins with a surname."""
    return word.tag[:2] == "nr" and word.text[0] in SURNAMES


class Analyzer(Protocol):
    """Characters made comparable, and words.

    `fold` makes width, case, 繁 and 简 one, code point for code point: the result is as long as the text.
    """

    def fold(self, text: str) -> str: ...

    def tokens(self, text: str) -> tuple[Token, ...]: ...

    def quantities(self, text: str) -> tuple[Quantity, ...]: ...

    def knows(self, word: str) -> bool: ...


class ChineseAnalyzer:
    """The one `Analyzer` that serves; loading takes about .2 s, so load it once and before serving.

    What was folded and cut lately is kept: many parts of a lookup, and many lookups, read the same fact.
    """

    def __init__(self, dictionary: Dictionary | None = None) -> None:
        """With a `dictionary`, its words stay whole."""
        import rjieba

        printed = dictionary.tags if dictionary else {}
        self._words = {**{fold(word): tag for word, tag in printed.items()}, **printed}
        self._whole = pattern_of(self._words)
        self._tag: Callable[[str], list[tuple[str, str]]] = rjieba.tag
        self.fold: Callable[[str], str] = lru_cache(KEPT)(fold)
        self.tokens: Callable[[str], tuple[Token, ...]] = lru_cache(KEPT // 4)(self._cut)
        self.quantities: Callable[[str], tuple[Quantity, ...]] = lru_cache(KEPT // 4)(quantities)

    def words(self, text: str) -> Sequence[tuple[str, str]]:
        """Cut a text into words with their parts of speech: for who needs no places and comes but once."""
        if self._whole is None:
            try:
                return self._tag(text)
            except UnicodeEncodeError:
                return self._tag(_encodable(text))
        return [(token.text, token.tag) for token in self._cut(text)]

    def _cut(self, text: str) -> tuple[Token, ...]:
        text = _encodable(text)
        if self._whole is None:
            return tuple(self._between(text, 0, len(text)))
        tokens: list[Token] = []
        at = 0
        for name in self._whole.finditer(text):
            tokens += self._between(text, at, name.start())
            tokens.append(Token(name.group(), self._words[name.group()], name.start()))
            at = name.end()
        return (*tokens, *self._between(text, at, len(text)))

    def _between(self, text: str, start: int, end: int) -> Iterator[Token]:
        at = start
        for word, tag in self._tag(text[start:end]):
            at = text.index(word, at)
            yield Token(word, tag, at)
            at += len(word)

    def knows(self, word: str) -> bool:
        return word in self._words or is_word(word)


def is_word(text: str) -> bool:
    """Tell whether a text is a word of the dictionary."""
    import rjieba

    try:
        return bool(rjieba.has_word(text))
    except UnicodeEncodeError:
        return bool(rjieba.has_word(_encodable(text)))


def _encodable(text: str) -> str:
    """Lone surrogates stop Rust; they become U+FFFD, one for one."""
    return _SURROGATES.sub("\ufffd", text)


_MADE_UP = re.compile(r"(?P<helper>[能会要可])?(?P<verb>[\u4e00-\u9fff])(?(helper)|[过着得到])")


def content_words(tokens: Iterable[Token], knows: Callable[[str], bool]) -> tuple[Token, ...]:
    """Return the tokens that carry meaning: neither stop words nor marks, particles or prepositions.

    A verb of no dictionary that took what helps it along is given back without: 采了, 拿过, 要建.
    """
    return tuple(
        token
        for token in (_bare(one, knows) for one in tokens)
        if token.text not in STOP_WORDS
        and any(c.isalnum() for c in token.text)
        and (token.tag not in _HOLLOW or token.text.isascii() or len(token.text) > 1)
    )

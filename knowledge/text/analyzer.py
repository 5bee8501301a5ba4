"""What every reader of a query or a fact needs to know of Chinese, as one seam, and rjieba behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from knowledge.text.dictionary import Dictionary, pattern_of
from knowledge.text.folding import fold
from knowledge.text.numbers import Quantity, quantities

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


class Token(NamedTuple):
    """One word, its part of speech by jieba's tag set (`nr` person, `ns` place, `nt` organisation), its start."""

    text: str
    tag: str
    start: int


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
        self._has: Callable[[str], bool] = rjieba.has_word
        self.fold: Callable[[str], str] = lru_cache(KEPT)(fold)
        self.tokens: Callable[[str], tuple[Token, ...]] = lru_cache(KEPT // 4)(self._cut)
        self.quantities: Callable[[str], tuple[Quantity, ...]] = lru_cache(KEPT // 4)(quantities)

    def words(self, text: str) -> Sequence[tuple[str, str]]:
        """Cut a text into words with their parts of speech: for who needs no places and comes but once."""
        if self._whole is None:
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
        return word in self._words or self._has(_encodable(word))


def _encodable(text: str) -> str:
    """Lone surrogates stop Rust; they become U+FFFD, one for one."""
    return _SURROGATES.sub("\ufffd", text)

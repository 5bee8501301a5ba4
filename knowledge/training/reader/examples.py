"""Examples of one question: the window that answers, near misses, the same change on both sides, other windows.

Of a near miss one constraint of the question is changed, so that the window no longer answers it.
"""

from __future__ import annotations

import math
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.answering.reader import Window
from knowledge.text.analyzer import NAME_TAGS, Token
from knowledge.text.numbers import MEASURES, alike
from knowledge.training.near_misses import WordChange, crossed
from knowledge.training.reader.sources import PublicText, ReaderQuestion, ReaderSet
from knowledge.training.reader.words import ASKING, WordKinds, asked_otherwise, neighbours, placed_words

_HAN_DIGITS = "一二三四五六七八九十"
_YEAR = re.compile(r"(?:19|20)\d\d(?=年)|(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTH = re.compile(r"\d{1,2}(?=月)|[一二三四五六七八九十]{1,2}(?=月)")
_DAY = re.compile(r"\d{1,2}(?=[日号])")
_ORDINAL = re.compile(
    r"(?<=第)(?:\d+|[一二三四五六七八九十]+)|[一二三四五六七八](?=[期中批次届组队营连院所]|号线|季度)"
)
_CODE = re.compile(r"[A-Za-z]+[-·]?\d+[A-Za-z]?|(?<![\d.])\d{3,}(?=[号路次])")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_PERIODS = (
    ("上半年", "下半年", "全年"),
    ("一季度", "二季度", "三季度", "四季度"),
    ("上旬", "中旬", "下旬"),
    ("上午", "下午", "晚上", "凌晨"),
    ("今年", "去年", "前年", "明年"),
    ("本月", "上月", "下月"),
    ("年初", "年底"),
    ("春季", "夏季", "秋季", "冬季"),
    ("同比", "环比"),
    ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
)
_DIMENSIONS = (
    ("多长", "多宽", "多高", "多深", "多厚", "多重", "多大", "多远", "多久", "多快"),
    ("全长", "宽度", "高度", "深度", "厚度", "重量", "面积", "体积", "速度", "时速", "温度", "容量", "容积"),
    ("长度", "宽度", "高度", "深度", "厚度", "重量", "面积", "体积", "直径", "半径", "周长", "海拔"),
    ("长", "宽", "高", "深", "厚", "重"),
    ("总量", "增量", "均价", "总价", "单价", "占比", "增幅", "降幅", "比例", "金额", "数量"),
)
_SIDED = ("ns", "nt", "nz", "nr", "f", "b", "s", "n", "j")
_SIDES = ("东西南北中", "上下", "前后", "内外", "左右", "新老旧", "男女", "城乡", "省市县区", "正副", "首末")
_UNIT = re.compile("(?:多少|几)(" + "|".join(sorted(MEASURES, key=len, reverse=True)) + ")")
_TIME_WORDS = re.compile(r"\d[年月日时点天周]|[年月日]|小时|分钟|今|昨|明|近日|当地时间|世纪|期间|以来")
_OTHER_ASKED = (
    ("什么时候", _TIME_WORDS),
    ("哪一年", _TIME_WORDS),
    ("多少元", re.compile("[元钱款资]")),
    ("多少公里", re.compile("公里|千米")),
    ("多少人", re.compile(r"[\d一二三四五六七八九十百千万亿余多][名人]|人次|人口")),
    ("百分之几", re.compile("%|百分|成")),
    ("电话多少", re.compile(r"\d{3,}")),
)
_ASKED = re.compile("什么时候|何时|哪一年|哪年|谁|哪里|什么地方|哪儿|多少|为什么|什么")


_Changer = Callable[[str, str, WordKinds, random.Random], Iterator[WordChange]]


def near_miss(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> WordChange | None:
    """Return one change of the question whose new word does not stand in the context, or None.

    The kind is drawn first, so that common words do not crowd out years, ordinals and dimensions.
    """
    found: list[tuple[float, list[WordChange]]] = []
    for weight, changer in _CHANGERS:
        options = [
            c
            for c in changer(question, context, lexicon, rng)
            if c.new and c.new not in context and c.new != c.old
        ]
        if options:
            found.append((weight, options))
    if not found:
        return None
    return rng.choice(rng.choices([o for _, o in found], [w for w, _ in found])[0])


def _numbers(pattern: re.Pattern[str], kind: str) -> _Changer:
    def changer(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
        for match in pattern.finditer(question):
            for _ in range(6):
                new = _other_number(match.group(), kind, rng)
                if new != match.group() and new not in context:
                    yield WordChange(kind, match.start(), match.group(), new)
                    break

    return changer


def _other_number(said: str, kind: str, rng: random.Random) -> str:
    if not said.isascii():
        return rng.choice(_HAN_DIGITS[:9])
    if kind == "code":
        place = rng.choice([i for i, c in enumerate(said) if c.isdigit()])
        return said[:place] + rng.choice("0123456789") + said[place + 1 :]
    if "." in said:
        return f"{float(said) * rng.choice((0.5, 1.1, 1.3, 2)):.{len(said.partition('.')[2])}f}"
    value = int(said)
    if kind == "year":
        return str(value + rng.choice((-1, 1, -2, 2, -1, 1, 3, -5, 10, -10)))
    most = {"month": 12, "day": 31}.get(kind, max(9, value * 2))
    return str(rng.randint(1, most))


def _grouped(groups: tuple[tuple[str, ...] | str, ...], kind: str) -> _Changer:
    def changer(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
        for group in groups:
            for word in group:
                start = question.find(word)
                if start >= 0 and (len(word) > 1 or "多" + word in question):
                    yield WordChange(
                        kind, start, word, rng.choice([other for other in group if other != word])
                    )

    return changer


def _side(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
    for token in placed_words(question):
        if token.tag in _SIDED and len(token.word) > 1 and not ASKING.search(token.word):
            for place, character in enumerate(token.word):
                group = next((group for group in _SIDES if character in group), "")
                if group and (place == 0 or token.tag in ("ns", "f")):
                    other = rng.choice([o for o in group if o != character])
                    yield WordChange(
                        "side", token.start, token.word, token.word[:place] + other + token.word[place + 1 :]
                    )


def _unit(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
    match = _UNIT.search(question)
    if match:
        new = rng.choice(MEASURES)
        counted = re.search(rf"[\d一二三四五六七八九十百千万亿余多]{new}", context)
        if not counted and not alike(match.group(1), new):
            yield WordChange("unit", match.start(1), match.group(1), new)


def _opposite(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
    for token in placed_words(question):
        others = lexicon.opposites.get(token.word)
        if others and not ASKING.search(token.word) and len(token.word) > 1:
            yield WordChange("opposite", token.start, token.word, rng.choice(sorted(others)))


def _name(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
    for token in placed_words(question):
        if token.tag[:2] in NAME_TAGS and len(token.word) > 1 and not ASKING.search(token.word):
            new = lexicon.name_like(token.word, token.tag, rng)
            if new:
                yield WordChange(
                    {"nr": "person", "ns": "place"}.get(token.tag[:2], "body"), token.start, token.word, new
                )


def _word(letter: str, kind: str) -> _Changer:
    def changer(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
        for token in placed_words(question):
            plain = (
                token.tag[:1] == letter
                and token.tag[:2] not in NAME_TAGS
                and token.tag not in ("vshi", "vyou")
            )
            if plain and len(token.word) > 1 and not ASKING.search(token.word):
                new = lexicon.another(token.word, token.tag, rng)
                if new is None and rng.random() < 0.5:
                    new = lexicon.any_word(token.tag, len(token.word), rng)
                if new and not _shares(new, token.word, lexicon):
                    yield WordChange(kind, token.start, token.word, new)

    return changer


def _fitting(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
    """Change a word into one that people say with its neighbours: of 拆除了多少座大棚 拆除 becomes 搭建, or 大棚 厂房."""
    pairs = list(neighbours(placed_words(question)))
    before = {other.start: one.word for one, other in pairs}
    after = {one.start: other.word for one, other in pairs}
    for token in {t.start: t for pair in pairs for t in pair}.values():
        new = lexicon.fitting(token, before.get(token.start, ""), after.get(token.start, ""), rng)
        if new and not _shares(new, token.word, lexicon):
            yield WordChange("fitting", token.start, token.word, new)


def _negation(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
    for token in placed_words(question):
        if token.tag in ("v", "vn") and len(token.word) > 1 and not ASKING.search(token.word):
            word = rng.choice(("未", "没有", "不"))
            if not re.search("[未没不无非]", context):
                yield WordChange("negation", token.start, token.word, word + token.word)


def _asked(question: str, context: str, lexicon: WordKinds, rng: random.Random) -> Iterator[WordChange]:
    match = _ASKED.search(question)
    if match:
        for word, present in _OTHER_ASKED:
            if not present.search(context) and match.group() not in word:
                yield WordChange("asked", match.start(), match.group(), word)


def _shares(new: str, old: str, lexicon: WordKinds) -> bool:
    """Whether two words have a synonym in common: then they are too near to forbid."""
    return bool(lexicon.synonyms.get(new, set()) & lexicon.synonyms.get(old, set()))


_CHANGERS: tuple[tuple[float, _Changer], ...] = (
    (2.0, _numbers(_YEAR, "year")),
    (1.5, _numbers(_MONTH, "month")),
    (0.7, _numbers(_DAY, "day")),
    (2.0, _numbers(_ORDINAL, "ordinal")),
    (2.0, _numbers(_CODE, "code")),
    (0.8, _numbers(_FIGURE, "figure")),
    (2.0, _grouped(_PERIODS, "period")),
    (2.0, _grouped(_DIMENSIONS, "dimension")),
    (4.0, _fitting),
    (1.0, _side),
    (1.0, _unit),
    (1.2, _opposite),
    (2.0, _name),
    (1.2, _word("n", "noun")),
    (1.6, _word("v", "verb")),
    (0.2, _negation),
    (0.4, _asked),
)


_NEIGHBOUR = 120
_COMMON_GRAM = 600
_CLOSE = 10


@dataclass(frozen=True, slots=True)
class ReadingExample:
    """A question and a window, and what the reader should say.

    `span` is where the sentence answers, None for none; `doubted` the run of the question that is unsupported;
    `judged` says whether the words of the question are told apart at all.
    """

    kind: str
    question: str
    window: Window
    answerable: bool
    span: tuple[int, int] | None = None
    doubted: tuple[int, int] | None = None

    @property
    def judged(self) -> bool:
        """Whether each word of the question is known to be supported or not."""
        return self.answerable or self.doubted is not None


class ExampleMaker:
    """Makes the examples of any question of its sets, afresh at each call."""

    def __init__(self, sets: Sequence[ReaderSet], lexicon: WordKinds) -> None:
        self.sets = sets
        self.lexicon = lexicon
        self.questions = [(number, asked) for number, one in enumerate(sets) for asked in one.asked]
        self._grams = self._indexed()

    def _indexed(self) -> dict[str, list[tuple[int, int, int]]]:
        grams: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for number, one in enumerate(self.sets):
            for place, passage in enumerate(one.passages):
                for sentence, (start, end) in enumerate(passage.sentences):
                    text = passage.text[start:end]
                    for gram in {text[i : i + 2] for i in range(len(text) - 1)}:
                        if len(grams[gram]) <= _COMMON_GRAM:
                            grams[gram].append((number, place, sentence))
        return grams

    def window(self, set_number: int, passage: int, sentence: int) -> Window:
        """Return a sentence of a passage with its neighbours and title."""
        text = self.sets[set_number].passages[passage]
        return window_of(text.text, text.sentences, sentence, text.title)

    def group(
        self, set_number: int, asked: ReaderQuestion, rng: random.Random, *, plain: bool = False
    ) -> list[ReadingExample]:
        """Return the examples of one question; `plain` leaves the question as it is, for judging."""
        if asked.sentence is None:
            return []
        window = self.window(set_number, asked.passage, asked.sentence)
        answer = self._answer(window, asked)
        question = (
            asked.text if plain or rng.random() < 0.5 else asked_otherwise(asked.text, self.lexicon, rng)
        )
        span = (asked.start, asked.start + len(answer))
        examples = [ReadingExample("answer", question, window, answerable=True, span=span)]
        examples += self._near_misses(question, window, span, rng)
        examples += self._crossed(question, window, span, rng)
        examples += self._elsewhere(set_number, asked, question, answer, rng, plain=plain)
        return examples

    @staticmethod
    def _answer(window: Window, asked: ReaderQuestion) -> str:
        standing = [a for a in asked.answers if window.sentence.startswith(a, asked.start)]
        return min(standing, key=len)

    def _near_misses(
        self, question: str, window: Window, span: tuple[int, int], rng: random.Random
    ) -> list[ReadingExample]:
        context = "\n".join((window.title, window.before, window.sentence, window.after))
        change = near_miss(question, context + question, self.lexicon, rng)
        if change is None:
            return []
        changed = change.applied(question)
        doubted = (change.start, change.end)
        found = [ReadingExample(f"near-{change.kind}", changed, window, answerable=False, doubted=doubted)]
        answer = window.sentence[span[0] : span[1]]
        if change.old not in context or change.old in answer or change.kind in ("negation", "asked"):
            return found
        moved = Window(*(t.replace(change.old, change.new) for t in _texts(window)))
        start = len(window.sentence[: span[0]].replace(change.old, change.new))
        if moved.sentence[start : start + len(answer)] == answer:
            if rng.random() < 0.3:
                both = (start, start + len(answer))
                found.append(ReadingExample("both", changed, moved, answerable=True, span=both))
            if rng.random() < 0.3:
                stays = (change.start, change.start + len(change.old))
                found.append(ReadingExample("near-window", question, moved, answerable=False, doubted=stays))
        return found

    @staticmethod
    def _crossed(
        question: str, window: Window, span: tuple[int, int], rng: random.Random
    ) -> list[ReadingExample]:
        near = f"{window.before}\n{window.after}"
        change = crossed(question, window.sentence, span, near, _cut, rng)
        if change is None:
            return []
        doubted = (change.start, change.end)
        return [
            ReadingExample(
                "near-crossed", change.applied(question), window, answerable=False, doubted=doubted
            )
        ]

    def _elsewhere(
        self,
        set_number: int,
        asked: ReaderQuestion,
        question: str,
        answer: str,
        rng: random.Random,
        *,
        plain: bool,
    ) -> list[ReadingExample]:
        found: list[ReadingExample] = []
        passage = self.sets[set_number].passages[asked.passage]
        assert asked.sentence is not None
        others = [n for n in range(len(passage.sentences)) if abs(n - asked.sentence) > 1]
        others = [
            n for n in others if answer not in "".join(_texts(self.window(set_number, asked.passage, n)))
        ]
        drawn = rng.random()
        if others and drawn < 0.4:
            other = max(
                rng.sample(others, min(3, len(others))), key=lambda n: self._shared(question, passage, n)
            )
            found.append(
                ReadingExample(
                    "other", question, self.window(set_number, asked.passage, other), answerable=False
                )
            )
        elif drawn < 0.75 and len(passage.sentences) > 1:
            beside = asked.sentence + rng.choice((-1, 1))
            if 0 <= beside < len(passage.sentences):
                window = self.window(set_number, asked.passage, beside)
                if rng.random() < 0.7 and asked.sentence > beside:
                    window = replace(window, after="")
                elif rng.random() < 0.7 and asked.sentence < beside:
                    window = replace(window, before="")
                if answer not in window.sentence:
                    found.append(ReadingExample("beside", question, window, answerable=False))
        if plain or rng.random() < 0.15:
            far = self._far(set_number, asked.passage, question, answer, rng)
            if far is not None:
                found.append(ReadingExample("far", question, far, answerable=False))
        return found

    @staticmethod
    def _shared(question: str, passage: PublicText, number: int) -> int:
        start, end = passage.sentences[number]
        return len(set(passage.text[start:end]) & set(question))

    def _far(
        self, set_number: int, own: int, question: str, answer: str, rng: random.Random
    ) -> Window | None:
        """Return a window of another passage that shares rare pairs of characters with the question."""
        scores: dict[tuple[int, int, int], float] = defaultdict(float)
        for gram in {question[i : i + 2] for i in range(len(question) - 1)}:
            standing = self._grams.get(gram, [])
            if 0 < len(standing) < _COMMON_GRAM:
                for place in standing:
                    scores[place] += math.log(_COMMON_GRAM * 40 / len(standing))
        close = sorted(scores, key=lambda place: -scores[place])[: _CLOSE * 3]
        close = [place for place in close if place[:2] != (set_number, own)][:_CLOSE]
        if not close:
            return None
        window = self.window(*close[min(len(close) - 1, int(rng.expovariate(0.5)))])
        return None if answer in "".join(_texts(window)) else window


def window_of(text: str, sentences: Sequence[tuple[int, int]], number: int, title: str) -> Window:
    """Return one sentence of a text with its neighbours, those cut to what a pair can hold."""

    def at(place: int) -> str:
        if not 0 <= place < len(sentences):
            return ""
        start, end = sentences[place]
        return text[start:end].rstrip("\n")

    return Window(at(number), at(number - 1)[-_NEIGHBOUR:], at(number + 1)[:_NEIGHBOUR], title)


def _texts(window: Window) -> tuple[str, str, str, str]:
    return window.sentence, window.before, window.after, window.title


def _cut(text: str) -> list[Token]:
    return [Token(token.word, token.tag, token.start) for token in placed_words(text)]

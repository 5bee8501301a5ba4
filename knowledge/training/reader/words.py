"""Words by kind, from general dictionaries and the news read; and other ways to ask the same with them."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import rjieba

from knowledge.text.analyzer import NAME_TAGS
from knowledge.training.reader.sources import KINDS, OPPOSITES, PublicText

ASKING = re.compile("什么|多少|几|哪|谁|何|怎|为什么|吗|多[长宽高大重深远久快厚]|如何|请问")
"""Words that ask, which no change touches."""
_LONGEST_OPPOSITE = 3
_SELDOM = 3
_KIND_LETTERS = 5
"""Cilin's code: five letters name a small kind (Dd10B), the rest one line of synonyms in it."""


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word of a text, its part of speech, and where it stands."""

    word: str
    tag: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.word)


def placed_words(text: str) -> list[PlacedWord]:
    """Return the words of a text with their places."""
    found: list[PlacedWord] = []
    place = 0
    for word, tag in rjieba.tag(text):
        start = text.find(word, place)
        if start >= 0:
            found.append(PlacedWord(word, tag, start))
            place = start + len(word)
    return found


@dataclass(slots=True)
class WordKinds:
    """What may stand in a word's place: the same said otherwise, or another of its kind."""

    synonyms: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    kinds: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kinds_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    opposites: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_tag: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_ending: dict[tuple[str, str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)
    beside: dict[tuple[bool, str, str], list[str]] = field(default_factory=dict)
    """What words of a part of speech stand right after (True) or before (False) a word, seldom ones left out."""

    @classmethod
    def read(cls, root: Path, passages: Iterable[PublicText]) -> WordKinds:
        """Read the dictionaries and take the words of the passages by part of speech."""
        lexicon = cls()
        tags: Counter[tuple[str, str]] = Counter()
        met: dict[tuple[bool, str, str], set[str]] = defaultdict(set)
        for passage in passages:
            cut = placed_words(passage.text)
            for first, second in neighbours(cut):
                met[True, first.word, second.tag[:1]].add(second.word)
                met[False, second.word, first.tag[:1]].add(first.word)
            for token in cut:
                lexicon.counts[token.word] += 1
                if len(token.word) > 1 and token.tag[:1] in "nvaj" and _is_hanzi(token.word):
                    tags[token.word, token.tag] += 1
        for line in KINDS.read(root, "dict_synonym.txt").splitlines():
            code, _, words = line.partition(" ")
            members = words.split()
            same = code.endswith("=")
            for word in members:
                if same:
                    lexicon.synonyms[word].update(members)
                lexicon.kinds_of[word].add(code[:_KIND_LETTERS])
                if lexicon.counts[word] > 1:
                    lexicon.kinds[code[:_KIND_LETTERS]].append(word)
        for line in OPPOSITES.read(root, "dict/反义关系库.txt").splitlines():
            one, _, other = line.strip().partition("@")
            if one and other and max(len(one), len(other)) <= _LONGEST_OPPOSITE and len(one) == len(other):
                lexicon.opposites[one].add(other)
                lexicon.opposites[other].add(one)
        for (word, tag), count in tags.items():
            if count > 1 or tag in NAME_TAGS:
                lexicon.by_tag[tag].append(word)
                lexicon.by_ending[tag[:1], word[-1], len(word)].append(word)
        for key, near in met.items():
            if kept := sorted(word for word in near if lexicon.counts[word] > _SELDOM):
                lexicon.beside[key] = kept
        return lexicon

    def fitting(self, token: PlacedWord, before: str, after: str, rng: random.Random) -> str | None:
        """Return another word that the news read has beside one of the two neighbours; None if there is none.

        Of verbs, which have hardly any siblings that do not mean much the same, none of the same kind.
        """
        pools = [
            self.beside.get((later, word, token.tag[:1]), [])
            for later, word in ((True, before), (False, after))
            if word
        ]
        both = sorted(set(pools[0]) & set(pools[1])) if len(pools) > 1 and rng.random() < 0.5 else []
        kinds = self.kinds_of.get(token.word, set())

        def other(word: str) -> bool:
            close = token.tag[:1] == "v" and bool(kinds & self.kinds_of.get(word, set()))
            return not close and self._differs(token.word, word)

        for pool in (both, *rng.sample(pools, len(pools))):
            drawn = [word for word in (rng.choices(pool, k=8) if pool else []) if other(word)]
            if drawn:
                return drawn[0]
        return None

    def another(self, word: str, tag: str, rng: random.Random) -> str | None:
        """Return another word of the same kind that does not mean the same, by dictionary or ending; None if none."""
        pools: list[list[str]] = [self.kinds[kind] for kind in self.kinds_of.get(word, ())]
        pools = [pool for pool in pools if len(pool) > 1]
        if not pools or rng.random() < 0.4:
            pools = [self.by_ending.get((tag[:1], word[-1], len(word)), [])]
        choices = (
            [other for other in rng.choices(pools, k=1)[0] if self._differs(word, other)] if pools else []
        )
        return rng.choice(choices) if choices else None

    def name_like(self, word: str, tag: str, rng: random.Random) -> str | None:
        """Return another name of the same kind, like in ending and length where there is one."""
        pool = self.by_tag.get(tag, [])
        choices = [other for other in rng.choices(pool, k=24) if self._differs(word, other)] if pool else []
        return max(choices, key=lambda o: (o[-1] == word[-1], -abs(len(o) - len(word))), default=None)

    def any_word(self, tag: str, size: int, rng: random.Random) -> str | None:
        """Return a word of the part of speech and length."""
        pool = self.by_tag.get(tag, [])
        choices = [word for word in rng.choices(pool, k=12) if len(word) == size] if pool else []
        return choices[0] if choices else None

    def synonym(self, word: str, rng: random.Random) -> str | None:
        """Return a common word for the same, or None."""
        choices = [o for o in self.synonyms.get(word, ()) if o != word and self.counts[o] > 1]
        return rng.choice(sorted(choices)) if choices else None

    def _differs(self, word: str, other: str) -> bool:
        return other != word and other not in word and word not in other and other not in self.synonyms[word]


def neighbours(cut: Iterable[PlacedWord]) -> Iterator[tuple[PlacedWord, PlacedWord]]:
    """Give each two words of content that follow each other in a clause, whatever counts or colours them left out."""
    last: PlacedWord | None = None
    for token in cut:
        if token.word.isspace() or token.tag[:1] in "umqrdyz" or ASKING.search(token.word):
            continue
        content = len(token.word) > 1 and token.tag[:1] in "nvaj" and _is_hanzi(token.word)
        if last is not None and content:
            yield last, token
        last = token if content else None


def _is_hanzi(word: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" or character == "·" for character in word)


_SAME = (
    ("什么时候|何时|什么时间", ("什么时候", "何时", "哪天", "哪一年", "什么时间")),
    ("谁|哪位|什么人", ("谁", "哪位", "什么人", "哪个人")),
    ("哪里|什么地方|哪儿|何地", ("哪里", "什么地方", "哪儿", "何处")),
    ("为什么|为何", ("为什么", "为何", "什么原因", "怎么会")),
    ("怎么|如何|怎样", ("怎么", "如何", "怎样")),
    ("多少(?=[个名人次家种座所项])", ("多少", "几")),
    ("位于", ("在", "坐落在")),
    ("成立|建立|创建|创办", ("成立", "建立", "创建", "创办")),
    ("担任|出任", ("担任", "当", "出任", "做")),
    ("获得|取得", ("获得", "得到", "拿到", "取得")),
    ("去世|逝世", ("去世", "逝世", "过世", "死")),
    ("包括|包含", ("有", "包括", "包含")),
    ("导致|造成|引起", ("导致", "造成", "引起")),
    ("举行|举办|召开", ("举行", "举办", "召开", "开")),
    ("建成|完工|竣工", ("建成", "完工", "竣工", "建好")),
    ("增加|增长", ("增加", "增长", "多了")),
    ("减少|下降", ("减少", "下降", "少了")),
    ("共有|共计|总共", ("共有", "一共有", "总共", "共")),
    ("目前|现在", ("目前", "现在", "如今", "")),
    ("是多少", ("是多少", "多少", "有多少", "")),
    ("称为|被称为|叫做", ("叫", "称为", "叫做")),
    ("开展|进行", ("开展", "进行", "搞", "")),
    ("发布|公布", ("发布", "公布", "发表")),
)
_PATTERNS = tuple((re.compile(pattern), others) for pattern, others in _SAME)
_PREFACES = ("请问", "想知道", "我想问一下", "帮我查一下", "查一下")


def asked_otherwise(question: str, lexicon: WordKinds, rng: random.Random) -> str:
    """Return the question asked otherwise; what it binds stays."""
    said = question
    chances = [(pattern, others) for pattern, others in _PATTERNS if pattern.search(said)]
    for pattern, others in rng.sample(chances, min(len(chances), rng.choice((0, 1, 1, 2)))):
        said = pattern.sub(rng.choice(others), said, count=1)
    if rng.random() < 0.25:
        said = _synonym(said, lexicon, rng)
    form = rng.random()
    if form < 0.15:
        said = re.sub("[的了是于在]", lambda match: "" if rng.random() < 0.6 else match.group(), said)
    elif form < 0.27:
        said = _as_keywords(said, rng)
    elif form < 0.33:
        said = rng.choice(_PREFACES) + said
    elif form < 0.43 and "，" in said:
        first, _, rest = said.rstrip("？?").partition("，")
        said = f"{rest}，{first}"
    said = said.rstrip("？?") if rng.random() < 0.6 else said
    return said if len(said) >= 3 else question


def _synonym(said: str, lexicon: WordKinds, rng: random.Random) -> str:
    """Replace one plain word of two characters by a synonym of as many."""
    plain = [
        t
        for t in placed_words(said)
        if t.tag[:1] in "nva" and t.tag[:2] not in NAME_TAGS and len(t.word) == 2
    ]
    plain = [t for t in plain if not ASKING.search(t.word)]
    if not plain:
        return said
    token = rng.choice(plain)
    new = lexicon.synonym(token.word, rng)
    return said[: token.start] + new + said[token.end :] if new and len(new) == 2 else said


def _as_keywords(said: str, rng: random.Random) -> str:
    content = [t.word for t in placed_words(said) if t.tag[:1] in "nvamtji" or ASKING.search(t.word)]
    if len(content) < 2:
        return said
    if rng.random() < 0.25:
        rng.shuffle(content)
    return rng.choice((" ", " ", "")).join(content)

"""Other ways to ask the same: question words, synonyms, keywords, order, what people leave out."""

from __future__ import annotations

import random
import re

from knowledge.training.reader.changes import ASKING
from knowledge.training.reader.words import NAMES, WordKinds, placed_words

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
        t for t in placed_words(said) if t.tag[:1] in "nva" and t.tag[:2] not in NAMES and len(t.word) == 2
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

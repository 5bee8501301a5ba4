"""Questions made from news by program: figures, moments, names, places, bodies, lists, causes, ways, titles, rows."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from knowledge.text.numbers import MEASURES
from knowledge.training.reader.sources import PublicText, ReaderSet
from knowledge.training.reader.words import PlacedWord, placed_words

MADE = "news"
"""The name of the set of made questions."""
_UNITS = "|".join(sorted(MEASURES, key=len, reverse=True))
_FIGURE = re.compile(
    rf"(?P<figure>百分之[一二三四五六七八九十百点零]+|\d[\d,.]*%|\d[\d,.]*(?:万亿|百亿|千亿|亿|万|千|百)?(?:余|多)?(?P<unit>{_UNITS})?)"
)
_PLAIN_YEAR = re.compile(r"(?:19|20)\d\d年?$")
_MOMENT = re.compile(
    r"(?:\d{4}年)?\d{1,2}月(?:\d{1,2}日)?(?:上午|下午|晚)?|(?:19|20)\d\d年(?:底|初|上半年|下半年)?|\d{1,2}日(?:上午|下午|晚)?"
)
_CLOCK = re.compile(
    r"(?:凌晨|早上|上午|中午|下午|傍晚|晚上|晚)?(?<!\d)(?:1?\d|2[0-4])(?:[:：][0-5][05](?!\d)|[时点](?:\d{1,2}分|半|整)?(?!间|候|代))"
)
_BODY_ENDINGS = (
    "部", "委", "局", "公司", "集团", "大学", "银行", "法院", "协会", "中心", "学院", "研究院", "办公厅",
    "总局", "署", "厅", "联盟", "组织", "医院", "委员会",
)  # fmt: skip
_TITLED = re.compile(r"[《“]([^《》“”]{2,20})[》”]")
_LIST = re.compile(r"((?:[^，。；：、“”]{2,10}、){1,6}[^，。；：、“”等]{2,10})等([^，。；：、]{0,8})")
_CAUSE = re.compile(r"^(?P<cause>(?:为|为了|因为|因|由于|受)[^，。；]{4,30})，(?P<then>[^。；]{6,40})")
_WAY = re.compile(r"(?P<way>通过[^，。；]{4,30})，(?P<then>[^。；]{6,40})")
_BREAKS = "，。；：！？"
_ABOUT = re.compile(r"(?:超过|突破|达到|接近|约|近|超|逾|共计?|达|为|至|到)$")
_WHEN = ("什么时候", "何时", "哪天", "几月几日", "什么时间")
_AT = ("几点", "几点", "几点钟", "什么时候", "什么时间")
_WHO = ("谁", "谁", "哪位", "什么人")
_BODY = ("谁", "哪个单位", "什么机构", "哪家", "哪个部门")
_WHERE = ("哪里", "什么地方", "哪儿", "何地", "哪个地方")
_WHY = ("为什么", "为何", "什么原因")
_HOW = ("怎么", "如何", "怎样", "通过什么方式")
_TITLES = re.compile(
    "(?:主席|总理|书记|部长|市长|记者|教授|总统|外长|发言人|主任|局长|院长|代表|委员|委员长|省长|县长|校长|经理|董事长|常委|特使|大使|会长"
    "|同志|村民|队长|厂长|司长|专家|研究员|工程师|航天员|选手|医生|老师|学生|秘书长|首相|国王|负责人|厅长|镇长|区长|村支书)$"
)
_PERIOD = re.compile(
    rf"{_MOMENT.pattern}|(?:今年|去年|20\d\d年)?(?:上半年|下半年|[一二三四]季度|前[一二三四]季度|前?\d{{1,2}}个月)|“[^”]{{2,4}}”时期|第[一二三四五六七八九十\d]+[批届次期季轮]"
)
_OPEN, _CLOSED = "（《“(", "）》”)"
_STARTS = re.compile(
    r"同比|环比|比|较|增长|下降|其中|占|达|提高|净增|增幅|总|累计|投资|死亡|约|共|为|预计|已|超过"
)


@dataclass(frozen=True, slots=True)
class Made:
    """A question made from a sentence, and where in the sentence the answer stands."""

    question: str
    start: int
    answer: str


_Maker = Callable[[str, Sequence[PlacedWord], random.Random], Iterator[Made]]


def from_news(passages: Sequence[PublicText], most: int, rng: random.Random) -> ReaderSet:
    """Return up to `most` made questions over the passages, at most six a passage and two a sentence."""
    made = ReaderSet(MADE)
    for passage in passages:
        if len(made.asked) >= most:
            break
        chosen: list[tuple[int, Made]] = []
        for start, end in passage.sentences:
            sentence = passage.text[start:end]
            if 14 <= len(sentence) <= 160:
                cut = placed_words(sentence)
                options = [m for maker in _MAKERS for m in maker(sentence, cut, rng) if _sound(m.question)]
                chosen += [(start, m) for m in rng.sample(options, min(2, len(options)))]
        if chosen:
            made.passages.append(passage)
            for start, one in rng.sample(chosen, min(6, len(chosen))):
                made.add(len(made.passages) - 1, one.question, [(start + one.start, one.answer)])
    for passage, one in rows(made, most // 12, rng):
        made.passages.append(passage)
        made.add(len(made.passages) - 1, one.question, [(one.start, one.answer)])
    return made


def _sound(question: str) -> bool:
    whole = all(question.count(a) == question.count(b) for a, b in zip(_OPEN, _CLOSED, strict=True))
    return whole and 4 <= len(question) <= 60 and question[0] not in "，、。；的了着"


def figures(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask a figure with the clause's own words: in its place, after them, or as keywords."""
    for match in _FIGURE.finditer(sentence):
        figure, unit = match["figure"], match["unit"] or ""
        if _PLAIN_YEAR.match(figure) or figure.isdigit() or (unit == "年" and len(figure) < 3):
            continue
        begin, end = _clause(sentence, match.start(), match.end())
        before, after = sentence[begin : match.start()], sentence[match.end() : end]
        if re.match(r"[月日号时点]|年", after) or (before and before[-1].isdigit()):
            continue
        bare = _ABOUT.sub("", before)
        subject = _subject(sentence, begin) if len(bare) < 5 or _STARTS.match(bare) else ""
        if len(subject + bare) < 4 or len(subject + bare) > 40:
            continue
        noun = _first_noun(after)
        asking = (
            rng.choice(("多少", "百分之几", "百分之多少"))
            if "%" in figure or "百分" in figure
            else _how_many(unit, rng)
        )
        whole = subject + (before if rng.random() < 0.5 else bare)
        form = rng.random()
        if form < 0.35:
            question = whole + asking + (after[:12] if unit and len(after) <= 12 else noun)
        elif form < 0.55:
            question = whole + asking + noun
        elif form < 0.65:
            question = f"{subject}{bare}{'的' if rng.random() < 0.3 else ''}{noun}{rng.choice(('是多少', '有多少', '数量', ''))}"
        else:
            question = _keywords(subject + bare + noun, rng, tail=asking if rng.random() < 0.6 else "")
        yield Made(_dated(question, sentence, match.start(), rng), match.start(), figure)


def moments(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask the day, and the hour, of what the clause after it says."""
    days, hours = _MOMENT.finditer(sentence), _CLOCK.finditer(sentence)
    for match, asking in chain(zip(days, repeat(_WHEN)), zip(hours, repeat(_AT))):
        rest = re.sub(r"^(?:以来|起|许|左右)?，?", "", sentence[match.end() :])
        if sentence[: match.start()].endswith("（") or re.match(r"报道|电|讯|至|）|—|-|到|\d", rest):
            continue
        words = re.match(r"[^。；]{6,36}?(?=[，。；])", rest)
        if not words:
            continue
        said = words.group()
        form = rng.random()
        if form < 0.35:
            question = rng.choice(asking) + said
        elif form < 0.65:
            question = _after_subject(said, rng.choice(asking))
        else:
            question = _keywords(said, rng, tail=rng.choice(("时间", *asking)))
        yield Made(question, match.start(), match.group())


def people(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask who: what the person does, or who holds the office named before the name."""
    for number, token in enumerate(cut):
        titled_so = number and cut[number - 1].end == token.start and _TITLES.search(cut[number - 1].word)
        if not titled_so or not token.tag.startswith("nr") or not 2 <= len(token.word) <= 8:
            continue
        begin, end = _clause(sentence, token.start, token.end)
        office = _office(cut, number, begin)
        deed = re.sub("^(?:同志|先生|女士|等)", "", sentence[token.end : end])
        if office and rng.random() < 0.5:
            yield Made(office + rng.choice(("是谁", "是哪位", "叫什么", "")), token.start, token.word)
        elif len(deed) >= 4 and re.match("[主会出强指表在说介同宣]", deed):
            yield Made(rng.choice(_WHO) + deed[:30], token.start, token.word)
        elif token.start - begin >= 4:
            whole = sentence[begin : token.start] + rng.choice(_WHO) + sentence[token.end : end][:20]
            yield Made(whole, token.start, token.word)


def places(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask where: 在 a place, in its place or at the end."""
    for number, token in enumerate(cut[:-1]):
        following = cut[number + 1]
        if token.word != "在" or following.tag != "ns" or len(following.word) < 2:
            continue
        last = number + 1
        while (
            last + 1 < len(cut)
            and cut[last + 1].tag in ("ns", "nt", "nz")
            and cut[last + 1].start == cut[last].end
        ):
            last += 1
        answer = sentence[following.start : cut[last].end]
        begin, end = _clause(sentence, token.start, cut[last].end)
        subject = sentence[begin : token.start] or _subject(sentence, begin)
        deed = sentence[cut[last].end : end]
        if len(subject) < 3 or len(deed) < 2:
            continue
        if rng.random() < 0.65:
            question = f"{subject}在{rng.choice(_WHERE)}{deed[:16]}"
        else:
            question = _keywords(subject + deed[:12], rng, tail=rng.choice(("地点", "在哪", "哪里")))
        yield Made(question, following.start, answer)


def bodies(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask which body does it: a run of nouns that ends as bodies do, before a verb or after 由."""
    for number, token in enumerate(cut[:-1]):
        if (
            not token.word.endswith(_BODY_ENDINGS)
            or token.tag[:1] not in "nj"
            or cut[number + 1].tag[:1] not in "vdp"
        ):
            continue
        first = number
        while first and cut[first - 1].tag[:1] in "njba" and cut[first - 1].end == cut[first].start:
            first -= 1
        name = sentence[cut[first].start : token.end]
        begin, end = _clause(sentence, cut[first].start, token.end)
        deed = sentence[token.end : end]
        if 3 <= len(name) <= 20 and len(deed) >= 5:
            lead = sentence[begin : cut[first].start]
            yield Made(lead + rng.choice(_BODY) + deed[:30], cut[first].start, name)


def titled(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask what stands in quotes or book marks."""
    for match in _TITLED.finditer(sentence):
        begin, end = _clause(sentence, match.start(), match.end())
        if match.start() - begin >= 4:
            question = (
                sentence[begin : match.start()]
                + rng.choice(("什么", "哪个", "什么"))
                + sentence[match.end() : end][:12]
            )
            yield Made(question, match.start(1), match.group(1))


def lists(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask 哪些 of what is listed before 等."""
    for match in _LIST.finditer(sentence):
        begin, end = _clause(sentence, match.start(), match.end(2))
        lead = sentence[begin : match.start()]
        answer = match.group(1)
        cover = re.match(r".*?(?:包括|涉及|涵盖|有|为|在|了|对|向|与|和|是)", answer)
        if cover and len(cover.group()) < answer.find("、"):
            lead, answer = lead + cover.group(), answer[cover.end() :]
        question = (
            lead
            + "哪些"
            + (_first_noun(match.group(2)) or match.group(2)[:4])
            + sentence[match.end(2) : end][:10]
        )
        if len(lead) >= 3:
            yield Made(question, sentence.find(answer, match.start()), answer)


def causes(sentence: str, cut: Sequence[PlacedWord], rng: random.Random) -> Iterator[Made]:
    """Ask why and how, where the sentence says so in so many words."""
    cause = _CAUSE.search(sentence)
    if cause:
        yield Made(_after_subject(cause["then"], rng.choice(_WHY)), cause.start("cause"), cause["cause"])
    way = _WAY.search(sentence)
    if way:
        yield Made(_after_subject(way["then"], rng.choice(_HOW)), way.start("way"), way["way"])


_LABELS = (
    "地址", "地点", "电话", "联系人", "负责人", "时间", "日期", "发车时间", "面积", "长度", "金额", "价格", "票价", "投资",
    "数量", "人数", "产量", "成绩", "名次", "编号", "型号", "单位", "承建单位", "班级",
)  # fmt: skip
_HEADS = ("名称", "姓名", "项目", "单位", "园区", "线路", "学校", "品种", "站点", "选手", "窗口")
_ASKED_CELLS = {
    "时间": "什么时候",
    "日期": "哪天",
    "发车时间": "几点",
    "人": "是谁",
    "地址": "在哪里",
    "地点": "在哪",
}


def rows(made: ReaderSet, most: int, rng: random.Random) -> Iterator[tuple[PublicText, Made]]:
    """Ask a cell of a made table: names and bodies of the news with figures, as lines, `名：值` pairs or rows of them."""
    names = sorted(
        {a.answers[0] for a in made.asked if 2 <= len(a.answers[0]) <= 10 and not a.answers[0][0].isdigit()}
    )
    for _ in range(most if len(names) > 20 else 0):
        count = rng.randint(2, 5)
        heads = [rng.choice(_HEADS), *rng.sample(_LABELS, rng.randint(2, 4))]
        cells = [
            [name, *(_cell(head, names, rng) for head in heads[1:])] for name in rng.sample(names, count)
        ]
        title = ""
        form = rng.random()
        if form < 0.7:
            mark, end = rng.choice((("｜", ""), ("；", "。"), ("，", "。"), ("｜", "")))
            lines = [mark.join(f"{h}：{v}" for h, v in zip(heads, row, strict=True)) + end for row in cells]
            title = rng.choice(("", rng.choice(names) + heads[0] + "一览"))
        else:
            gap = rng.choice(("　", "\t", " ", "，"))
            lines, title = [gap.join(row) for row in cells], gap.join(heads)
        row, column = rng.randrange(count), rng.randrange(1, len(heads))
        name, value, head = cells[row][0], cells[row][column], heads[column]
        ask = next((said for label, said in _ASKED_CELLS.items() if head.endswith(label)), None)
        ask = ask or rng.choice(("是多少", "多少", "是什么", ""))
        question = f"{name}{rng.choice(('的', '', ' '))}{head}{ask if rng.random() < 0.6 else ''}"
        before = sum(len(line) + 1 for line in lines[:row])
        answer, place = value, lines[row].find(value, lines[row].find(name) + len(name))
        if rng.random() < 0.15 and sum(value in line for line in lines) == 1:
            question = (
                f"{head}{rng.choice(('是', '为', ''))}{value}的{rng.choice(('是', '是哪个', ''))}{heads[0]}"
            )
            answer, place = name, lines[row].find(name)
        yield PublicText.of(title, "\n".join(lines)), Made(question, before + place, answer)


def _cell(head: str, names: Sequence[str], rng: random.Random) -> str:
    match head:
        case "电话":
            return f"{rng.randint(2000, 8999)}{rng.randint(1000, 9999)}"
        case "日期":
            return f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日"
        case "时间" | "发车时间":
            return f"{rng.randint(6, 21)}:{rng.randint(10, 59)}"
        case "编号" | "型号":
            return (
                f"{rng.choice('ABCDHKT')}{rng.choice('ABHQX')}{rng.choice(('', '-'))}{rng.randint(10, 9999)}"
            )
        case "名次":
            return f"第{rng.randint(1, 20)}名"
        case "成绩":
            return rng.choice(
                (
                    f"{rng.randint(9, 59)}.{rng.randint(10, 99)}秒",
                    f"{rng.randint(1, 9)}.{rng.randint(10, 99)}米",
                )
            )
        case "负责人" | "联系人" | "地址" | "地点" | "单位" | "承建单位" | "班级":
            return rng.choice(names)
        case _:
            units = {"面": ("亩", "平方米"), "长": ("米", "公里"), "人": ("人",), "产": ("吨", "公斤")}
            money = ("元", "万元", "") if head[0] in "金价票投" else ("个", "台", "套", "")
            return f"{rng.randint(2, 9999)}{rng.choice(units.get(head[0], money))}"


def _dated(question: str, sentence: str, place: int, rng: random.Random) -> str:
    """Bind the question to a period or batch that the sentence names before the answer, half of the time."""
    said = [m.group() for m in _PERIOD.finditer(sentence[:place]) if m.group() not in question]
    return said[-1] + question if said and rng.random() < 0.5 else question


def _clause(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Return the clause around a span, from break to break."""
    begin = max((sentence.rfind(mark, 0, start) for mark in _BREAKS), default=-1) + 1
    stops = [place for mark in _BREAKS if (place := sentence.find(mark, end)) >= 0]
    return begin, min(stops, default=len(sentence))


def _subject(sentence: str, begin: int) -> str:
    """Return the clause before, where a clause of its own has no subject; empty where it is too long."""
    if begin < 2:
        return ""
    first = max((sentence.rfind(mark, 0, begin - 1) for mark in _BREAKS), default=-1) + 1
    before = sentence[first : begin - 1]
    return before if 2 <= len(before) <= 24 else ""


def _first_noun(after: str) -> str:
    """Return the noun that a figure counts, at the head of what follows."""
    cut = placed_words(after[:10])
    return "".join(t.word for t in cut[:2]) if cut and cut[0].tag[:1] == "n" and len(cut[0].word) > 1 else ""


def _how_many(unit: str, rng: random.Random) -> str:
    if not unit:
        return "多少"
    if unit.endswith("元") and rng.random() < 0.3:
        return "多少钱"
    few = len(unit) == 1 and unit not in "元吨米亩度倍" and rng.random() < 0.3
    return ("几" if few else "多少") + (unit if rng.random() < 0.75 else "")


def _after_subject(said: str, asking: str) -> str:
    """Put the question word where Chinese does: after the subject, before the verb; in front if none is found."""
    for token in placed_words(said):
        if token.tag in ("v", "p", "d") and 2 <= token.start <= 14:
            return said[: token.start] + asking + said[token.start :]
    return asking + said


def _office(cut: Sequence[PlacedWord], number: int, begin: int) -> str:
    """Return the run of nouns right before a name: 市委书记 of 市委书记王建国."""
    first = number
    while (
        first
        and cut[first - 1].tag[:1] in "njvb"
        and cut[first - 1].start >= begin
        and cut[first - 1].end == cut[first].start
    ):
        if cut[first - 1].tag == "v" or cut[first - 1].tag.startswith("nr"):
            break
        first -= 1
    office = "".join(token.word for token in cut[first:number])
    return office if 3 <= len(office) <= 24 else ""


def _keywords(text: str, rng: random.Random, tail: str = "") -> str:
    """Return the text as somebody types it into a search box: content words, some left out."""
    content = [
        t.word for t in placed_words(text) if t.tag[:1] in "nvajtmi" and (len(t.word) > 1 or t.tag == "m")
    ]
    if len(content) > 3:
        kept = sorted(rng.sample(range(len(content)), rng.randint(3, min(6, len(content)))))
        content = [content[i] for i in kept]
    return rng.choice((" ", " ", "")).join([*content, *([tail] if tail else [])])


_MAKERS: tuple[_Maker, ...] = (figures, moments, people, places, bodies, titled, lists, causes)

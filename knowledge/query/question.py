"""What kind of answer a query asks for: found at its innermost question word, told by what stands around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from knowledge.text.analyzer import Analyzer, Token
from knowledge.text.numbers import Quantity, quantities


class QuestionType(StrEnum):
    """The kind of thing that answers; NONE is a query of mere keywords."""

    NONE = "none"
    AMOUNT = "amount"
    SHARE = "share"
    CHANGE = "change"
    WHO = "who"
    ORGANISATION = "organisation"
    PLACE = "place"
    WHICH = "which"
    TIME = "time"
    DURATION = "duration"
    WHY = "why"
    HOW = "how"
    FIGURE = "figure"
    WHAT = "what"
    LIST = "list"
    YES_NO = "yes_no"
    COMPARISON = "comparison"


NUMBERS = frozenset({QuestionType.AMOUNT, QuestionType.SHARE, QuestionType.CHANGE})
"""Kinds that a figure answers."""
NAMES = frozenset({QuestionType.WHO, QuestionType.ORGANISATION, QuestionType.PLACE, QuestionType.WHICH})
"""Kinds that a name answers."""
FEW_WORDS = NUMBERS | NAMES | {QuestionType.TIME, QuestionType.DURATION, QuestionType.FIGURE}
"""Kinds that a few words answer; the others are told in a clause or a sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """The question words found at `start:end` of the folded text; `unit` and `noun` are what they ask for.

    多少名党员: unit 名, noun 党员. 几个: unit 个. 哪个区: noun 区. 什么机制: noun 机制.
    """

    type: QuestionType
    start: int = 0
    end: int = 0
    unit: str = ""
    noun: str = ""


_MEASURE = (
    "个百分点|百分点|平方公里|平方千米|平方米|立方米|公里|千米|厘米|毫米|公顷|公斤|千克|亿美元|万美元|美元|亿元|万元|千瓦时|千瓦|万吨"
    "|人次|场次|车次|班次|户次|人(?![口数员才家类群气均民])|分(?=\\W*$)"
    "|[个名位条项件家场次篇份座所处户套栋幢间台辆架艘只支枚棵株颗张块片面本册部期届批轮类种款级门组队班岁米亩吨元度倍层"
    "步句字页道笔单起宗例站村镇县区市省国趟对双口斤箱头匹成把瓶杯袋盒碗盏扇尊顶串枚册封]"
)
_PERIODS = "个工作日|工作日|个多月|个月|个小时|小时|个钟头|分钟|秒钟|秒|个星期|星期|个季度|季度|周年|年|天|周"
_NOUN = r"(?:[a-z]+\d[a-z]*)?[^\s\d的了是在有被把将和与及为,。?!;:、]{1,8}"
_COUNT = rf"(?P<unit>{_MEASURE})?(?P<noun>{_NOUN})?"
_STRETCH = "个时候|时候|个时期|时期|个年代|年代|个朝代|朝代|个世纪|世纪|个季节|季节|个阶段|阶段|个季度|季度|个月|年|月|天|日"
_CLASSIFIER = (
    "个|家|所|座|条|项|种|类|款|部|支|本|场|次|批|期|届|门|级|位|名|号|处|份|间|段|片|栋|艘|辆|张|件|篇|层|路"
)

_ASKED: tuple[tuple[str, str], ...] = (
    (
        "why",
        r"(?<![升评作称成变定选列认化])为(?:什么|何|啥)|何(?:以|故)|缘何|因何|(?:什么|啥|何种|哪些|哪种)(?:原因|缘故|理由)|原因(?:何在|是?(?:什么|啥))|怎么会|凭什么",
    ),
    (
        "time",
        rf"(?:什么|啥|何)时(?:候|间|分)?段?|何[年月日]|几时|哪一?(?:{_STRETCH})(?:哪一?[月日天]|的时候)?|几月(?:几?[日号]|份)?|几[号日](?![线楼门院])"
        r"|每?(?:周|星期|礼拜)几|几点(?:钟|半)?|(?:什么|啥)(?:日子|年代|年份|日期|季节|月份|时节)|(?:公元)?前?几几年|(?<=[于在])几年|时间是(?=\W*$)",
    ),
    (
        "duration",
        rf"多久(?:一次|一趟|时间)?|多长时间|多少(?:{_PERIODS}|时间)(?:之?内)?|几(?:{_PERIODS})(?![日号以])(?:之?内)?",
    ),
    (
        "list",
        rf"哪些(?P<some>{_NOUN})?|哪(?:几|[两三四五六七八九十])[个项条家名位种类所座场大次批]?(?P<several>{_NOUN})?",
    ),
    (
        "place",
        r"(?:哪里|哪儿|何处|何地|(?:什么|啥)地方|哪个?地方)|在哪(?=\W*$|[举召开办])|(?<=在)几[楼层](?=\W*$)",
    ),
    ("who", r"谁|哪一?[位名](?P<person>[^\s,。?!的了是在有]{1,6})?|(?:什么|何)人(?!口)|哪一?个人|何许人也?"),
    ("which", rf"哪一?(?:{_CLASSIFIER})?(?P<thing>[^\s,。?!的了是在有被把将率最、]{{1,8}})?"),
    ("share", r"百分之(?:几|多少)|多大(?:的)?(?:比例|比重|份额)|几成"),
    ("many", rf"(?:多少|第?(?<![十数好上比])几(?!比几|[乎何率度十百千万]|分(?!\W*$))){_COUNT}"),
    ("measure", r"几比几|多[大高远长重快深宽厚粗](?:的)?(?:年纪|岁数|年龄|规模|面积)?"),
    (
        "how",
        r"怎么(?:办|样|做)?|怎样|如何|咋样?|(?:什么|啥|哪种)(?:办法|方法|方式|途径|手段|举措|措施|渠道|招)|做了(?:什么|啥)|靠什么|用什么(?:办法|方法|方式|手段)?",
    ),
    (
        "what",
        r"[做干](?:什么|啥)的(?=\W*$)|(?:什么|啥|何种|何物|何事)(?:意思|东西|含义|内容)?(?P<term>(?!是)[\u4e00-\u9fff]{1,8})?",
    ),
    (
        "yes_no",
        r"是否|是不是|有没有|有无|能不能|会不会|可不可以|能否|可否|要不要|[吗么](?=\W*$)|没有(?=[?]\W*$)",
    ),
)
_CORE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _ASKED))
_LEAD = re.compile(
    r"(?:(?:一共|总共|共计|合计|总计|大约|大概|到底|究竟|分别|都|共)|(?:是|有|(?<!现)在|由|被|为|自|从|到|达到?|约|于|位于|属于|来自|叫做?|称为|指的?|代表的?|意思|含义|需要?|花费?|用了?|耗时))*$"
)
_SPENT = re.compile(r"(?:(?:总共|一共|共)?(?:花费|花|用|耗时|耗费|需要|需|要)了?)$")
_SOLD = re.compile(r"(?:卖|收|值|要|花)了?$")
_SHARED = re.compile(
    r"(?:占(?!地|用|道|有)[^,，。 ]{0,8}|占比|比例|比重|份额|权重|百分比|有效率|(?<![频效功])率)(?:是|为|有|达到?|大概|大约|约)*$"
)
_CHANGED = re.compile(
    r"(?:增长|增加|增多|上升|攀升|下降|下滑|减少|减轻|降低|提高|提升|上涨|下跌|回落|扩大|缩小|缩短|缩减|收窄|压缩|翻|增|降|涨|跌|减)(?:了|到)?$"
)
_TOLD_BY_END: tuple[tuple[QuestionType, re.Pattern[str]], ...] = (
    (QuestionType.PLACE, re.compile(r"(?:地址|地点|所在地)$|(?:(?<=\s)|(?<=的))(?:位置|在)$")),
    (QuestionType.TIME, re.compile(r"(?<=[\w\s])(?<![个段长小])(?:日期|时间)$|(?:(?<=\s)|(?<=的))年份$")),
    (QuestionType.SHARE, re.compile(r"(?<=[\w\s])(?:占比|比例|比重|百分比)(?:是|为)?$")),
    (
        QuestionType.CHANGE,
        re.compile(r"(?:(?<=[\w\s])(?:同比|环比)|(?<=\s))(?:增长|下降|增幅|降幅|涨幅|跌幅)$"),
    ),
    (
        QuestionType.AMOUNT,
        re.compile(
            r"(?<=\s)[份人次件个户家项条场名所]数$|(?<=[\w\s])(?:票价|价格|费用|造价|总(?:投资|产值|产量|数|面积|人口|里程)|人数|面积|单价|房价|门票|数量|总数|金额|长度|高度|宽度|海拔|比分)$"
            r"|(?<=\w)(?=\w(?:(?<![评代])价|(?<![免消浪])费|(?<![名全])额)$|(?:电话|热线|号码|邮编)$)"
            r"|(?<=[量数模额积值重度龄])(?:是|为)$"
        ),
    ),
)
_MEASURED_BY_END = re.compile(
    r"(?:(?<!名)额|(?<![质力商测])量|(?<![效表草坦])率|(?<!价)值|(?<![少多参函])数|(?<![评代])价|(?<![消浪免])费|[增降涨跌]幅|[温湿速高长宽厚深难浓密强亮]度"
    r"|规模|面积|人口|人次|气温|水位|水深|口径|负荷|产值|收入|利润|投资|造价|工资|薪酬|(?:[竞配]|占)比|年龄|成绩|里程|海拔|体重|身高|排名|余额|库容)$"
)
_LISTED = re.compile(
    r"(?:的?全部内容|^所有|(?<=[ 的])所有|^全部|列出|列举|一一列|都有什么|有什么$|分别是?什么|都有谁|(?:有|是)哪些)"
)
_SEVERAL = re.compile(r"(?:都有|分别(?:是|有|为|叫)?|都是|(?<!没)有)$")
_COMPARED = re.compile(
    r"[和与跟同、](?P<two>\S{1,16}?)(?:各|分别|相比|哪个更|哪个比较|谁更|谁的|相差|有什么(?:区别|不同)|的?区别)"
    r"|(?<![同环占百对])比(?![去上前往昨同]|[今本]年|\d)\S{1,16}(?:多|少|(?<!提)高|低|快|慢|大|小|长|短)(?:了)?(?:多少|几|吗)|哪个更[多少高低快慢大小长短]|相差多少"
)
_TIMES = re.compile(rf"(?:{_STRETCH})$")
_PERSONS = re.compile(
    r"(?:(?<![国省市县村])人|人物|领导|书记|市长|主席|专家|教授|记者|演员|作家|选手|运动员|医生|老师|总统|皇帝|将军)$"
)
_OFFICES = re.compile(
    r"(?:人|[市省区县镇乡局院部站所校厅会社馆队组]长|书记|主任|主席|经理|总裁|教授|老师|医生|记者|司机|先生|女士|[检察法军警务行挥交]官|总理|总统|大臣|队长|代表|委员|发言人)叫做?$"
)
_BODIES = re.compile(
    r"(?:单位|部门|机构|公司|企业|集团|组织|团体|医院|学校|大学|高校|学院|中学|小学|银行|协会|委员会|法院|局|委|厅|办|部委|媒体|报社"
    r"|球队|乐队|政党|党派|支部|督导组|小组|团队|社|厂|店)$"
)
_ANY_BODY = frozenset({"单位", "部门", "机构", "组织", "团体", "公司", "企业"})
_PLACES = re.compile(
    r"^(?:地方|区县|区|市|县|镇|街镇|乡镇|街道|乡|村|省份|省|州|县市|行政区|国家|国|城市|地区|社区|小区|居民区|新区|片区|园区|大洲|岛|洲|路|街|站|车站"
    r"|楼|层|房间|馆|港口|机场|省市|大陆|海域|河流|山)$"
)
_AFTER_FIGURE = re.compile(
    r"[\s?]*(?:这个)?(?:数字|数据|数)?(?:指的|代表的?|说的|表示)?(?:是|指|为|叫|代表|表示)?(?:什么|啥)?(?:意思|东西|含义|数据|数字|数|比例|呢|吗)?[\s?]*$"
)
_ROUGHLY = re.compile(r"(?:什么的|什么都|多少有[点些]|无论|不管|任何)")


def read_question(folded: str, language: Analyzer) -> Question:
    """Return the kind of question a folded query asks.

    Of several question words the innermost counts: the last that is no 吗 or 是否 (你知道几点开门吗: 几点). A question
    word and what leads to it take no part of a word that the dictionary has: 研究所有多少人 holds no 所有, 陪都 no 都.
    """
    bare = _bare_figure(folded)
    if bare is not None:
        return bare
    tokens = language.tokens(folded)
    words = [token for token in tokens if len(token.text) > 1 and language.knows(token.text)]
    inside = {at for word in words for at in range(word.start + 1, word.start + len(word.text))}
    found = [m for m in _cores(folded, inside) if not _ROUGHLY.match(folded, m.start())]
    if not found:
        return _told_without(folded, inside)
    telling = [m for m in found if m.lastgroup and _name(m) != "yes_no"]
    asked = (telling or found)[-1]
    if compared := _COMPARED.search(folded):
        return Question(QuestionType.COMPARISON, *_with_lead(folded, asked, inside, compared.start()))
    return _typed(folded, asked, tokens, inside)


def _cores(folded: str, inside: set[int]) -> Iterator[re.Match[str]]:
    """The question words; one that would begin inside a word may hide another: 军用|什么 asks 什么."""
    at = 0
    while match := _CORE.search(folded, at):
        is_whole = match.start() not in inside or folded[match.start()] in "哪谁几多什"
        if is_whole:
            yield match
        at = match.end() if is_whole else match.start() + 1


def ends_in_measure(text: str) -> bool:
    """Tell whether key words end in what a figure tells, as a question without its question word does: 核桃 种植面积."""
    return _MEASURED_BY_END.search(text) is not None


def is_kind_of_place(noun: str) -> bool:
    """Tell whether a noun that is asked for is a kind of place: 国家, 乡镇."""
    return _PLACES.search(noun) is not None


def ends_a_name(word: str) -> bool:
    """Tell whether names of places and bodies end with a word: 科技园区, 公司."""
    return is_kind_of_place(word[-1:]) or is_kind_of_place(word[-2:]) or _BODIES.search(word) is not None


def _name(match: re.Match[str]) -> str:
    return next(name for name, _ in _ASKED if match[name] is not None)


def _noun(folded: str, match: re.Match[str], tokens: Sequence[Token]) -> tuple[str, int]:
    """The noun asked for, which ends where the verb begins (多少名党员参加), and how much of the match follows it."""
    part = next(
        (part for part in ("noun", "some", "several", "person", "thing", "term") if match[part]), None
    )
    if part is None:
        return "", 0
    start, end = match.span(part)
    closes = part == "term" and end - start <= 4 and folded[end:].strip("? 的") == ""
    closes = closes and folded[end - 1] != "的"  # 被什么|砸坏的
    return (match[part] if closes else _leading_noun(tokens, start, end)), end - start


_LIKE_MEASURES = frozenset({"m", "q", "zg"})


def _leading_noun(tokens: Sequence[Token], start: int, end: int) -> str:
    """The nouns at the start; a verbal noun only between nouns."""
    kept: list[str] = []
    held: list[str] = []
    for token in tokens:
        if token.start + len(token.text) <= start or token.start >= end:
            continue
        held.append(token.text[max(0, start - token.start) : end - token.start])
        if token.tag in ("n", "ns", "nt", "nz", "l", "s", "eng", "j", "nr", "ng"):
            kept += held
            held = []
        elif not kept and len(held[-1]) == 1 and token.tag in _LIKE_MEASURES:
            return held[-1]  # 几遍
        elif token.tag not in ("vn", "b", "a", "m") and not (not kept and token.start < start):
            break
    return "".join(kept)


def _with_lead(folded: str, match: re.Match[str], inside: set[int], floor: int = 0) -> tuple[int, int]:
    """The question words with what only leads to them, in whole words: 一共有, 是, 由; not the 都 of 陪都."""
    lead = _LEAD.search(folded, floor, match.start())
    start = lead.start() if lead else match.start()
    return next((at for at in range(start, match.start()) if at not in inside), match.start()), match.end()


def _typed(folded: str, match: re.Match[str], tokens: Sequence[Token], inside: set[int]) -> Question:
    name = _name(match)
    start, end = _with_lead(folded, match, inside)
    before = folded[: match.start()]
    noun, told = _noun(folded, match, tokens)
    end -= told
    if name == "many":
        unit = match["unit"] or ""
        cut = match.end("unit") in inside and match.group().startswith("多少")
        if cut and unit not in ("块", "层"):  # 家 of 多少家庭 is no measure, 块 of 多少块钱 is one
            unit, end = "", match.start("unit")
            noun = _leading_noun(tokens, end, match.end())
        return _number(before, unit, noun, start, end)
    if name == "share":
        return Question(QuestionType.SHARE, start, end)
    if name == "measure":
        return Question(QuestionType.AMOUNT, start, end)
    if name == "duration":
        spent = _SPENT.search(before)
        return Question(QuestionType.DURATION, min(start, spent.start()) if spent else start, end)
    if name == "which":
        return _which(match.group(), noun or (match["thing"] or "")[:1], bool(noun), start, end)
    if name == "what" and _SEVERAL.search(before):
        return Question(QuestionType.LIST, start, end, noun=noun)
    if name == "what" and noun in ("", "名字", "姓名") and re.search(r"叫做?$", before):
        end += len(noun)  # 叫什么名字: 名字 is nothing that the fact must hold
        if noun or _OFFICES.search(before):
            return Question(QuestionType.WHO if _OFFICES.search(before) else QuestionType.WHICH, start, end)
    kind = QuestionType.WHICH if name == "what" and noun else QuestionType(name)
    return Question(kind, start, end, noun=noun)


def _number(before: str, unit: str, noun: str, start: int, end: int) -> Question:
    if _CHANGED.search(before) and not (unit or noun):
        return Question(QuestionType.CHANGE, start, end)
    if _SHARED.search(before) and not unit:
        return Question(QuestionType.SHARE, start, end, noun=noun)
    if noun == "钱":  # the everyday word that print never has: 报名费多少钱, 卖多少钱
        sold = _SOLD.search(before)
        return Question(QuestionType.AMOUNT, sold.start() if sold else start, end + 1, unit, noun)
    if unit.endswith("百分点"):
        return Question(QuestionType.CHANGE, start, end, unit=unit)
    return Question(QuestionType.AMOUNT, start, end, unit, noun)


def _which(whole: str, noun: str, sure: bool, start: int, end: int) -> Question:
    """哪个区, 哪家医院, 哪位书记: the noun tells what kind of thing it is."""
    for kind, nouns in (
        (QuestionType.TIME, _TIMES),
        (QuestionType.PLACE, _PLACES),
        (QuestionType.WHO, _PERSONS),
    ):
        if noun and nouns.search(noun) and not whole.startswith("哪国"):  # 哪国总统
            swallowed = len(noun) if kind is not QuestionType.WHO else 0  # 哪个区: 区 alone finds nothing
            return Question(kind, start, end + swallowed, noun=noun)
    if body := next((body for body in sorted(_ANY_BODY) if noun.startswith(body)), ""):
        noun = body  # 哪个部门|整治
    if (noun and (_BODIES.search(noun) or noun[0] in "局厅委办院校厂社")) or (
        not noun and whole.endswith("家")
    ):
        swallowed = len(noun) if noun in _ANY_BODY else 0  # 哪家单位: what answers is not called so
        return Question(QuestionType.ORGANISATION, start, end + swallowed, noun=noun)
    place = re.match(r"(?P<kind>区|市|县|镇|省|国家|国|城市|街道|村|州|地区|路|站)人?", noun)
    if place:
        return Question(QuestionType.PLACE, start, end + len(place.group()), noun=place["kind"])
    return Question(QuestionType.WHICH, start, end, noun=noun if sure else "")


def _told_without(folded: str, inside: set[int]) -> Question:
    """Without a question word an end may ask (门票价格, …占比), or 列出."""
    listed = _LISTED.search(folded)
    if listed and listed.start() not in inside:
        return Question(QuestionType.LIST, listed.start(), listed.end())
    for kind, pattern in _TOLD_BY_END:
        match = pattern.search(folded.rstrip("? "))
        if match:  # 同比增长 and 总投资 are also what the fact says
            is_said = kind is QuestionType.CHANGE or match.group()[:1] in ("总", "")
            end = match.end() if match.group() else len(folded.rstrip("? "))  # 中标额: no word is cut
            return Question(kind, end if is_said else match.start(), end)
    ends = re.search(r"(?<=\w)(?:是|叫|称为)\W*$", folded)
    return Question(QuestionType.WHAT, ends.start(), ends.end()) if ends else Question(QuestionType.NONE)


def _is_told(figure: Quantity) -> bool:
    """三所 may begin a name; 338, 三百三十八件 and 百分之六十 are surely numbers."""
    return any(c.isdecimal() for c in figure.text) or (figure.value is not None and len(figure.text) > 3)


def _bare_figure(folded: str) -> Question | None:
    """A query of one figure and nothing else but 是什么 asks what the figure counts."""
    found = quantities(folded)
    if len(found) != 1 or found[0].start != 0 or not _is_told(found[0]):
        return None
    rest = _AFTER_FIGURE.match(folded, found[0].end)
    return Question(QuestionType.FIGURE, found[0].end, len(folded)) if rest else None

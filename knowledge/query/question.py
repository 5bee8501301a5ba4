"""What kind of answer a query asks for, read from its question words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from knowledge.text.numbers import Figure, figures


class QuestionType(StrEnum):
    """The kind of thing that answers; NONE is a query of mere keywords."""

    NONE = "none"
    AMOUNT = "amount"
    WHO = "who"
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
    "个百分点|平方公里|平方米|立方米|公里|千米|厘米|公顷|公斤|亿美元|万美元|美元|亿元|万元|人次|场次|车次|人(?![口数员才家类群气])|[个名位条项件家场次篇份座所处户套"
    "栋间台辆架只支枚棵张块片面本册部期届批轮类种款级门组队班岁米亩吨元块度倍成号层步句字句页口道笔单起宗例"
    "站点村镇县区市省国]"
)
_SPAN_OF_TIME = "个多月|个月|个小时|小时|分钟|秒|个星期|星期|年|天|周|工作日|个工作日"
_NOUN = r"(?P<noun>[^\s\d的了是在有被把将和与及,。?!;:、]{1,8})?"
_KIND = (
    "名字|名称|机制|项目|平台|活动|制度|行动|办法|方案|文件|系统|工作法|模式|品牌|政策|意见|奖项?|头衔|职务|职称|称号|荣誉|单位|机构|组织|部门|公司|医院|学校"
    "|会议|课题|主题|目标|措施|清单|码|计划|协议|口号|精神|效果|作用|成效|问题|速度|方法|方式|做法|举措|身份|级别|等级|数据|内容"
)
_ASKS: tuple[tuple[QuestionType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            QuestionType.WHY,
            rf"为什么(?!(?:{_KIND})[?]?$)|为何|为啥|何以|缘何|(?:是)?(?:什么|啥|何种)(?:原因|缘故)|原因是?(?:什么|啥)|原因何在|怎么会|凭什么",
        ),
        (QuestionType.TIME, r"(?:公|西)元[前后]?几年|(?<=[于在])几年(?=[?]?$|[^以之内])"),
        (
            QuestionType.DURATION,
            rf"(?:(?:总共|一共|共)?(?:花费|花|用|耗时|耗费|需要|需|要)了?)?(?:每)?(?:隔)?(?:多久(?:一次|开一次|时间)?|多长时间|多少(?:{_SPAN_OF_TIME}|时间)|几(?:{_SPAN_OF_TIME})(?![日号])|多长(?=时间))",
        ),
        (
            QuestionType.TIME,
            r"(?:是)?(?:在|从|自)?(?:什么时候|什么时间段?|啥时候|何时|哪一?年|哪一?天|哪一?月|哪个月|几月几?[日号]?|几[号日](?!线)|几点|何年何月|何年|哪一?(?:个)?(?:时期|年代|朝代|世纪|时候|阶段|季节)|何月|何日|哪年哪月|什么日子|时间是)|(?<=\s)(?:日期|时间|年份)$",
        ),
        (
            QuestionType.LIST,
            r"(?:都|分别)?(?:有|是)?(?:哪些|哪几[个项条家名位种类所座场]?|哪[两三四五六七八九十][个项条家名位种类所座场大](?P<noun>[区镇县市村省]|街道)?)|的?全部内容|全部|所有(?=[^制者权]|$)|列出|列举|一一列|分别是什么|都有什么|有什么(?=.{0,4}$)",
        ),
        (
            QuestionType.AMOUNT,
            rf"(?:一共|总共|共计|共|大约|大概|达到?|到|约|有|是)?(?:多少|多大比例|几成)(?P<unit>{_MEASURE})?{_NOUN}|(?:一共|总共|共|有|是)?(?<![第])几(?P<unit2>{_MEASURE})(?P<noun2>[^\s\d的了是在有,。?!;:、]{{1,8}})?|(?:有|是)?多[大高远长重快深宽厚](?:年纪|岁数|年龄|规模|面积)?(?=[?的]?$|[?\s])|(?<=\s)(?P<unit3>[份人次件个户家项条场名所])数$|(?<=[\w\s])(?:占比|比例|比重|票价|价格|费用|造价|人数|面积|单价|房价|门票)$|(?<=[量数模额例积率值重度龄比])(?:是|为)?(?:多少)?[?]?$(?<=[少是为?])",
        ),
        (
            QuestionType.WHO,
            r"(?:是|由|被)?(?:谁|哪[一]?[位名](?P<noun>[^\s,。?!的了是在有]{1,6})?|什么人|何人|哪个人|哪些人|何许人也?)",
        ),
        (
            QuestionType.PLACE,
            r"(?:是)?(?:在|到|从|于|来自|位于)?(?:哪里|哪儿|何处|何地|(?<!是)什么地方|啥地方|哪一?个?(?P<noun>地方|区县|区|市|县|镇|街镇|街道|乡|村|省份|省|州|县市|行政区|国家|国|城市|地区|社区|小区|居民区|新区|片区|园区)|在哪(?=[?]?$|\s))|(?<=\s)(?:地址|地点|位置|所在地)$",
        ),
        (
            QuestionType.WHICH,
            rf"(?:是)?哪一?[个家所座项条种类款部支本场次批期届级门届号](?P<noun>[^\s,。?!的了是在有被把将率最]{{1,6}})?|哪一?(?P<noun3>[\u4e00-\u9fff]{{2,6}})|叫(?:作|做)?(?:什么|啥)(?:名字|名称)?|(?:是|有|为)?(?:什么|何种|啥)(?P<noun2>{_KIND})",
        ),
        (
            QuestionType.HOW,
            r"(?:是)?(?:怎么办|怎么样|怎么做|怎么|怎样|如何|咋样|咋办|咋)|(?:什么|啥)(?:办法|方法|方式|手段|举措|措施|招)|做了(?:什么|啥)|靠什么|用什么",
        ),
        (
            QuestionType.WHAT,
            r"(?:指的|代表的?|说的|意思|含义|内容)?(?:是|指|为|叫|代表)?(?:什么|啥)(?:意思|东西|含义|内容|地方|(?P<noun>[\u4e00-\u9fff]{2,6}))?|(?<=\w)(?:是|为|叫|称为|即)[?]?$",
        ),
        (QuestionType.YES_NO, r"是否|有没有|是不是|能不能|会不会|可不可以|能否|可否|吗(?=[?]?$)"),
    )
)
_FIGURE_ASKS = re.compile(
    r"[\s?]*(?:这个)?(?:数字|数据|数)?(?:指的|代表的?|说的|表示)?(?:是|指|为|叫|代表|表示)?(?:什么|啥)?(?:意思|东西|含义|数据|数字|数|比例|呢|吗)?[\s?]*$"
)


def read_question(folded: str) -> Question:
    """Return the kind of question a folded query asks; the first kind in the table that stands in it wins."""
    bare = _bare_figure(folded)
    if bare is not None:
        return bare
    for kind, pattern in _ASKS:
        match = pattern.search(folded)
        if match and match.group():
            groups = match.groupdict()
            unit = groups.get("unit") or groups.get("unit2") or groups.get("unit3") or ""
            noun = groups.get("noun") or groups.get("noun2") or groups.get("noun3") or ""
            kept = 0 if kind is QuestionType.PLACE else len(noun)  # 哪个区: 区 alone finds nothing
            return Question(kind, match.start(), match.end() - kept, unit, noun)
    return Question(QuestionType.NONE)


def _is_told(figure: Figure) -> bool:
    """三所 may begin a name; 338, 三百三十八件 and 百分之六十 are surely numbers."""
    return any(c.isdecimal() for c in figure.text) or (figure.value is not None and len(figure.text) > 3)


def _bare_figure(folded: str) -> Question | None:
    """A query of one figure and nothing else but 是什么 asks what the figure counts."""
    found = figures(folded)
    if len(found) != 1 or found[0].start != 0 or not _is_told(found[0]):
        return None
    rest = _FIGURE_ASKS.match(folded, found[0].end)
    return Question(QuestionType.FIGURE, found[0].end, len(folded)) if rest else None

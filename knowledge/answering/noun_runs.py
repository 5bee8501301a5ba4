"""Names in a fact: runs of nouns that end in a telling word (区, 局, 督导组, 机制)."""

from __future__ import annotations

import re

from knowledge.answering.reading import Range, Reading
from knowledge.text.analyzer import Token

LONGEST_RUN = 24

BODY_ENDINGS = re.compile(
    r"(?:委员会|委|局|办公厅|办公室|办|厅|部|集团|公司|中心|医院|学院|大学|中学|小学|研究院|科学院|研究所|党组|党委|党支部|支部|督导组|指导组"
    r"|巡视组|领导小组|小组|派出所|法院|检察院|银行|协会|联合会|工会|政府|代表团|部队|支队|大队|企业|街道|镇|区|县|市|省|州|村|居委会"
    r"|居民区|机关|报社|馆|站|署|处|社|工委|纪委|监委|班子|基地|联盟|平台|专班|团队|党员干部)$"
)
PLACE_ENDINGS = re.compile(
    r"(?:区|市|县|镇|乡|村|街道|省|州|路|街|弄|号|站|港|岛|湾|山|河|湖|江|桥|园|公园|基地|中心|医院|学校|中学|大学|小学|陵园|广场|机场|馆"
    r"|院|厅|楼|所|点|新城)$"
)
_BODY_BEFORE_VERB = re.compile(
    r"(?:^|[,，。;；、“”\"\s])([\u4e00-\u9fff]{1,12}?(?:委员会|委|局|办|厅|集团|公司|中心|医院|学院|大学))(?=[将在把对从以向就会通针聚推结])"
)
_COMMON = re.compile(
    r"^(?:[各全本该新老城山景林牧农乡市郊]区|城区|中心城区)$|(?:居民|示范|自贸|新片|开发|社|小|地|园|校|辖|片)区$"
    r"|[街乡城集各全]镇$|^[农新乡中各全]村$|^(?:城|各|全|本|我)市$|^[各全本]省$"
)
_LINKS = frozenset(
    [
        "是",
        "由",
        "被",
        "将",
        "把",
        "对",
        "向",
        "为",
        "与",
        "和",
        "在",
        "从",
        "以",
        "给",
        "让",
        "针对",
        "通过",
        "会同",
        "结合",
        "聚焦",
        "根据",
        "按照",
        "围绕",
    ]
)
_DEEDS = frozenset(
    [
        "召开",
        "举行",
        "推出",
        "建立",
        "设立",
        "实施",
        "打造",
        "制定",
        "开展",
        "形成",
        "构建",
        "成立",
        "签署",
        "创设",
        "发布",
        "启动",
        "举办",
        "推动",
        "推进",
        "探索",
        "支持",
        "帮助",
        "参加",
        "加入",
        "完成",
        "获得",
        "组织",
    ]
)


def noun_runs(
    reading: Reading, ending: re.Pattern[str], longest: bool = True, verbs: bool = False
) -> list[Range]:
    """Return the runs that end as asked, each from its first word, at most 24 characters.

    Of two ends in one run the last counts, or the first if not `longest` (江宁区社区: 江宁区). With `verbs` a verb
    inside a run does not break it (蕃瓜弄改造项目), unless it is a deed (召开会议).
    """
    found: list[Range] = []
    run: list[Token] = []
    for token in reading.tokens:
        modifies = verbs and run and token.tag in ("v", "vn", "a", "ad", "d") and token.text not in _DEEDS
        if not modifies and not _in_name(token, bool(run)):
            run = []
            continue
        run.append(token)
        start, end = run[0].start, token.start + len(token.text)
        if end - start > LONGEST_RUN or not ending.search(reading.folded, start, end):
            continue
        if not found or found[-1][0] != start:
            found.append((start, end))
        elif longest:
            found[-1] = (start, end)
    return found


def run_before(reading: Reading, end: int) -> Range | None:
    """Return the run of nouns that ends right at `end`."""
    start = end
    for token in reversed(reading.tokens_in(max(0, end - LONGEST_RUN), end)):
        if token.start + len(token.text) != start or not _in_name(token, True):
            break
        start = token.start
    return (start, end) if start < end else None


def run_after(reading: Reading, start: int, end: int) -> Range | None:
    """Return the nouns from `start` on, and those joined to them by 、 or 和, before `end`; at most 24 characters."""
    stop = start
    for token in reading.tokens_in(start, end):
        after = token.start + len(token.text)
        joins = token.text in ("、", "和", "与") and stop > start
        if after - start > LONGEST_RUN or not (joins or _in_name(token, True)):
            break
        stop = stop if joins else after
    return (start, stop) if stop - start > 1 else None


def bodies(reading: Reading) -> list[Range]:
    """Return the organisations; also those that a following 将, 在, 把 … would hide from the segmenter."""
    hidden = [m.span(1) for m in _BODY_BEFORE_VERB.finditer(reading.folded)]
    runs = noun_runs(reading, BODY_ENDINGS)
    return [r for r in runs if not any(r[0] < h[1] and h[0] < r[1] for h in hidden)] + hidden


def is_common(name: str) -> bool:
    """所属街镇, 各区, 社区: a kind of place, none in particular."""
    return bool(_COMMON.search(name))


def ending_in(noun: str) -> re.Pattern[str]:
    """Match what ends in `noun`; 区 does not mean 社区 and the like."""
    return re.compile(r"(?<![社小地园校辖片景])区$" if noun == "区" else f"{re.escape(noun)}$")


def _in_name(token: Token, inside: bool) -> bool:
    if token.text in _LINKS or not any(c.isalnum() for c in token.text):
        return False
    if token.tag[:1] in ("n", "b", "j", "l", "s", "i") or token.tag in ("eng", "a", "an", "t", "vn"):
        return True
    if token.tag == "m":
        return token.text.startswith("第")
    if token.tag in ("q", "f", "k"):
        return inside
    return len(token.text) > 1 and bool(BODY_ENDINGS.search(token.text) or PLACE_ENDINGS.search(token.text))

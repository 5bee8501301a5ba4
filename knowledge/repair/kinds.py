"""What a line is besides text: page header, rubric, logo, credit, contact, dateline, jump, byline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from knowledge.model import NoiseKind
from knowledge.repair.characters import BULLETS
from knowledge.repair.columns import WIDEST
from knowledge.repair.lines import Line
from knowledge.repair.names import AFTER_SENTENCE, IN_BRACKETS, NAMES, ONLY_SIGNED, SIGNED

# No line of noise is longer; also keeps the patterns off long paragraphs.
_SHORT: Final = 60
_EDGE: Final = 2
_TAIL: Final = 60
_LONGEST_TITLE: Final = 40

_DATE: Final = r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"
_PAGE_NUMBER: Final = r"[—\-–·•\s/|]*\d{1,4}[—\-–·•\s/|]*"
_NUMBERED_PAGE: Final = (
    r"第\s*[\dA-D一二三四五六七八九十]{1,4}\s*[版页]"
    r"(?:\s.*|\s*[：:]\s*\S{1,8}|\s*[,，/]?\s*共\s*\d+\s*[版页].*)?"
)
_LETTERED_PAGE: Final = r"[A-D]?\d{1,3}\s*版(?:\s.*)?|[A-D]\d{1,2}(?:\s+\S{2,8})?"
_DATE_WITH_WEEKDAY: Final = rf".{{0,20}}{_DATE}\s*(?:星期|周)[一二三四五六日天].{{0,24}}"
_DATE_WITH_PAGE: Final = rf"(?:[\u4e00-\u9fff]{{2,8}}\s+)?{_DATE}\s*第?\s*[A-D]?\d{{1,3}}\s*版.{{0,10}}"
_PAPER_WITH_DATE: Final = rf"[\u4e00-\u9fff]{{1,7}}[报刊]\s+{_DATE}"
_HEADER: Final = re.compile(
    f"(?:{_PAGE_NUMBER}|{_NUMBERED_PAGE}|{_LETTERED_PAGE}|{_DATE_WITH_WEEKDAY}|{_DATE_WITH_PAGE}|{_PAPER_WITH_DATE})$"
)
_SECTION_OF_PAPER: Final = re.compile(
    r"(?:\d{1,3}\s*)?(?:要闻|综合|综合新闻|社会|国内|国际|本市|上海|头版|专题|专版|评论|时政|财经|经济|体育|文化|教育|科技|特刊|副刊|民生|法治|关注|深度|都市|城市|焦点|视点|新闻)"
    r"(?:\s*/?\s*[A-D]?\d{1,3})?(?:\s*版)?$"
)
_NAMED_PAGE: Final = re.compile(
    r"[\u4e00-\u9fff]{2,6}\s+[A-D]?\d{1,2}$|[A-D]?\d{1,2}\s+[\u4e00-\u9fff]{2,6}$"
)
_BARE_DATE: Final = re.compile(_DATE)
_RUBRIC: Final = re.compile(rf"[{BULLETS}]\s*[^\s。，！？]{{2,6}}$")
_ARCHIVE_PHOTO: Final = r"(?:[\u4e00-\u9fff]{2,8})?(?:本报|资料)?资料(?:图片?|照片)(?:\s[^。！？]*)?"
_TAKEN_BY: Final = rf"(?:[^。！？]*[\s/／:：）)])?{NAMES}\s*摄(?:影|制)?|[^。！？]*{SIGNED}\s*摄(?:影|制)?"
_SUPPLIED_BY: Final = (
    r"(?:均为|本报|本版|受访者|由|视觉中国|新华社|人民视觉|.{2,10})?\s*(?:供图|图片提供|摄影报道|图片来源.*)"
)
_MADE_BY: Final = r"(?:摄影|图片|制图|绘图|漫画|图)\s*[:：/／]\s*\S.{0,20}"
_SENT_BY_AGENCY: Final = "(?:新华社|中新社|本报)发.{0,10}"
_SOURCE_IN_BRACKETS: Final = "[（(](?:资料图片?|图片来源.*|.{0,12}摄)[)）]"
_CREDIT: Final = re.compile(
    f"(?:{_ARCHIVE_PHOTO}|{_TAKEN_BY}|{_SUPPLIED_BY}|{_MADE_BY}|{_SENT_BY_AGENCY}|{_SOURCE_IN_BRACKETS})$"
)
_TAIL_IN_BRACKETS: Final = rf"[（(]\s*(?:(?:{SIGNED}|{NAMES})\s*摄|新华社发|.{{0,6}}资料图片?)\s*[)）]"
_TAIL_TAKEN_BY: Final = rf"(?:新华社|本报|[\u4e00-\u9fff]{{2,6}}报)?(?:{SIGNED}|\s{NAMES})\s*摄(?:影)?"
_TAIL_SUPPLIED_BY: Final = r"\s+\S{0,10}(?:资料图片?|供图)"
_CREDIT_TAIL: Final = re.compile(
    rf"(?<=[。！？”）])\s*(?:{_TAIL_IN_BRACKETS}|{_TAIL_TAKEN_BY}|{_TAIL_SUPPLIED_BY})$"
)
_DESK: Final = "(?:联系我们|联系方式|联系电话|新闻热线|报料热线|热线电话|投稿邮?箱|编辑邮?箱|电子邮箱|邮箱|E-?mail|Email)"
_NUMBERS: Final = r"[\s0-9A-Za-z@.+()（）、/—-]"
_SCAN: Final = (
    "扫[码描](?:[上下左右文][方侧中图])?(?:二维码)?[\\s，,]*"
    "(?:关注|订阅|(?:看|阅读|观看|查看|了解|收听)(?:更多)?(?:视频|音频|全文|详情|报道|内容))"
)
_CONTACT: Final = re.compile(
    rf"{_DESK}\s*[:：].{{0,50}}$|(?:{_DESK}{_NUMBERS}++)+$|联系我们$|{_SCAN}$|[\w.+-]+@[\w.-]+$"
)
_EDITORS: Final = re.compile(
    rf"[■□●]?\s*(?:责任编辑|责编|本版编辑|本版责编|版面编辑|值班编辑|值班主任|版式设计|版式|美术编辑|美编|校对|审校|编辑|审读|监制|视觉设计|视觉)(?:\s*[:：/／丨|]\s*\S.{{0,40}}|\s+{NAMES}.{{0,30}})$"
)
_JUMP: Final = re.compile(
    r"[▶→►>]*\s*(?:[（(]\s*(?:上接|下转|紧接|转)[^（）()]{1,24}[)）]|(?:上接|下转)\s*第?\s*[A-D\d一二三四五六七八九十]{1,4}\s*版)"
)
_AGENCY: Final = "(?:新华社|中新社|中新网|新华网|人民网|央视网?|央广网|本报)"
_DATELINE: Final = re.compile(
    rf"(?:[■□●▲]\s*)?(?:本报讯|(?:据)?{_AGENCY}[\u4e00-\u9fff、]{{0,12}}?(?:\d{{1,2}}\s*月)?\s*\d{{1,2}}\s*日\s*[电讯]|(?:据)?{_AGENCY}(?:电|讯|消息)(?=[\s（(:：]))"
    rf"\s*(?:[（(](?P<signed>[^（）()]{{2,40}})[)）]|(?P<bare>{SIGNED})(?:\s*报道)?(?=[\s:：]))?\s*[:：]?\s*"
)
_REST_OF_NAME: Final = re.compile("[\u4e00-\u9fff](?:[\\s）)]|$)")
_DATELINE_STARTS: Final = "本新中人央据■□●▲"
_SIGNATURE: Final = 30
_OPEN_DATELINE: Final = re.compile(
    rf"(?:本报讯|(?:据)?{_AGENCY}[^，。]{{0,20}}?[电讯])\s*[（(](?P<signed>[^（）()，。]{{0,{_SIGNATURE}}})$"
)
_CAPTION: Final = re.compile(
    r"[▲▼↑↓◀▶]|图为|(?:上|下|左|右|中|题|本|组)图(?:[：:为]|\s)|图[①-⑩\d一二三四五](?:[：:为]|\s)|[①-⑩]图"
)


def classify(lines: list[Line]) -> Iterator[Line]:
    """Name every line that is no article text, and cut what stands glued to text."""
    repeated = _repeated_at_page_edges(lines)
    signing = False
    for at, line in enumerate(lines):
        if signing:
            closed = line.raw.find("）", line.start, line.start + _SIGNATURE)
            if closed + 1 >= line.end or closed < 0:
                signing = closed < 0
                line.removal = NoiseKind.DATELINE
                yield line
                continue
            yield from _signed(line, line.start, closed, closed + 1)
            line, signing = line.cut(closed + 1, line.end), False
            line.dateline, line.cut_from = True, lines[at].width
        if len(line.text) <= _SHORT and not line.finished:
            line.removal = _noise(lines, at, repeated)
            if line.removal is None:
                line.byline = _is_byline(line, lines[at - 1] if at else None)
        if line.removal is None and not line.byline:
            opened = _OPEN_DATELINE.match(line.text) if line.text[0] in _DATELINE_STARTS else None
            if opened is not None and at + 1 < len(lines) and "）" in lines[at + 1].text[:_SIGNATURE]:
                yield from _signed(line, line.start + opened.start("signed"), line.end, line.end)
                signing = True
                continue
            above = lines[at - 1] if at else None
            yield from _cut(line, above, lines[at + 1] if at + 1 < len(lines) else None)
        else:
            yield line


def _is_byline(line: Line, above: Line | None) -> bool:
    """Tell whether a line only signs; not where it holds the rest of a byline that began above (本 | 报记者)."""
    if (
        above is not None
        and not above.finished
        and above.text.endswith(("本", "本报", "本刊", "新华社", "通讯"))
    ):
        return False
    return ONLY_SIGNED.match(line.text) is not None or IN_BRACKETS.fullmatch(line.text) is not None


def _noise(lines: list[Line], at: int, repeated: frozenset[int]) -> NoiseKind | None:
    text = lines[at].text
    if at in repeated or (_at_edge(lines, at) and _is_header(lines, at)):
        return NoiseKind.PAGE_HEADER
    if _JUMP.fullmatch(text):
        return NoiseKind.RUBRIC
    if _is_doubled(text):
        return NoiseKind.LOGO
    if _CREDIT.match(text) or _EDITORS.match(text):
        return NoiseKind.CREDIT
    if _CONTACT.match(text) and _at_edge(lines, at, 4) and not _goes_on(lines, at):
        return NoiseKind.CONTACT
    return None


def _goes_on(lines: list[Line], at: int) -> bool:
    """Tell whether the line may be the rest of a sentence that began above it."""
    above = lines[at - 1] if at else None
    if above is None or above.finished or above.removal or above.byline or lines[at].gap:
        return False
    return AFTER_SENTENCE.search(above.text) is None


def _at_edge(lines: list[Line], at: int, reach: int = _EDGE) -> bool:
    """Tell whether the line is among the first or last of its page."""
    page = lines[at].page
    above, below = at - reach, at + reach
    return above < 0 or below >= len(lines) or lines[above].page != page or lines[below].page != page


def _is_header(lines: list[Line], at: int) -> bool:
    text = lines[at].text
    if _HEADER.match(text) or _SECTION_OF_PAPER.match(text):
        return True
    # A title may look the same (阿波罗 13): a header stands above a title, not above a paragraph.
    below = lines[at + 1] if at + 1 < len(lines) else None
    if below is None or below.finished or len(below.text) > _LONGEST_TITLE:
        return False
    if _BARE_DATE.fullmatch(text):
        return at < _EDGE and not _goes_on(lines, at)
    return _NAMED_PAGE.match(text) is not None


def _is_doubled(text: str) -> bool:
    """Tell whether each character stands twice, as in logos set with a shadow."""
    parts = text.split()
    if all(len(part) == 4 for part in parts):
        return False  # words are made so too: 平平安安 高高兴兴
    packed = "".join(parts)
    return len(packed) >= 6 and packed[::2] == packed[1::2] and len(set(packed)) > 2


def _repeated_at_page_edges(lines: list[Line]) -> frozenset[int]:
    """Lines that stand at the top or bottom of three pages or more, digits aside."""
    places: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        if line.page and len(line.text) <= _SHORT and _at_edge(lines, at):
            places.setdefault(re.sub(r"\d+", "0", line.text), []).append(at)
    return frozenset(at for found in places.values() if len(found) >= 3 for at in found)


def is_rubric(text: str) -> bool:
    """Tell whether a marked short line could name a column of the paper (■发布厅)."""
    return _RUBRIC.match(text) is not None


def names_editors(text: str) -> bool:
    """Tell whether a credit names who made the page, and not a photo's source."""
    return _EDITORS.match(text) is not None


def starts_caption(text: str) -> bool:
    """Tell whether a line begins as photo captions do."""
    return _CAPTION.match(text) is not None


def _cut(line: Line, above: Line | None, below: Line | None) -> Iterator[Line]:
    """Yield the line in parts: dateline, text, jump, credit, byline."""
    start, end = line.start, line.end
    tail: list[Line] = []
    dateline = _DATELINE.match(line.raw, start, end) if line.raw[start] in _DATELINE_STARTS else None
    if dateline is not None and dateline.end() < end:
        yield from _dateline(line, dateline)
        start = dateline.end()
    if line.finished is False or line.raw[end - 1] in "）)":
        end = _cut_tail(line, start, end, tail, above, below)
    text = line.cut(start, end)
    text.gap, text.dateline, text.cut_from = line.gap, dateline is not None, line.width
    text.caption = bool(tail) and tail[0].removal is NoiseKind.CREDIT and "。" not in text.text[:-1]
    if start == line.start and end == line.end:
        text = line
    jump = _JUMP.match(text.text) if text.text[0] in "（(▶→►>上" else None
    if jump is not None and jump.end() < len(text.text):
        removed = line.cut(text.start, text.start + jump.end())
        removed.removal = NoiseKind.RUBRIC
        yield removed
        text = line.cut(text.start + jump.end(), text.end)
    yield text
    yield from tail


def _dateline(line: Line, match: re.Match[str]) -> Iterator[Line]:
    for group in ("signed", "bare"):
        if match[group] and re.search(NAMES, match[group]):
            yield from _signed(line, match.start(group), match.end(group), match.end())
            return
    removed = line.cut(line.start, match.end())
    removed.removal = NoiseKind.DATELINE
    yield removed


def _signed(line: Line, start: int, end: int, until: int) -> Iterator[Line]:
    """Yield a dateline up to column `until`, with the writers' names from `start` to `end` as a byline."""
    for part in (line.cut(line.start, start), line.cut(start, end), line.cut(end, until)):
        if part.text.strip():
            part.byline = part.start == start
            part.removal = None if part.byline else NoiseKind.DATELINE
            yield part


def _ends(line: Line, above: Line | None, below: Line | None) -> bool:
    """Tell whether the text surely ends with the line, so that no word of it can go on below."""
    if below is None or below.indented or below.gap > line.gap:
        return True
    return below.gap > 0 and (line.width > WIDEST or above is None or above.finished)


def _cut_tail(
    line: Line, start: int, end: int, tail: list[Line], above: Line | None, below: Line | None
) -> int:
    """Cut jumps, credits and bylines off the end; return where the text then ends.

    A name that may be broken here waits until its lines are joined.
    """
    broken = below is not None and _REST_OF_NAME.match(below.text) is not None
    for pattern, removal in (
        (_JUMP, NoiseKind.RUBRIC),
        (_CREDIT_TAIL, NoiseKind.CREDIT),
        (AFTER_SENTENCE, None),
    ):
        low = max(start, end - _TAIL)
        found = next(
            (m for m in pattern.finditer(line.raw, low, end) if m.end() == end and m.start() > start), None
        )
        if found is None:
            continue
        if removal is None and (broken or (found["glued"] and not _ends(line, above, below))):
            continue
        part = line.cut(found.start() + len(found[0]) - len(found[0].lstrip()), end)
        part.removal, part.byline = removal, removal is None
        tail.insert(0, part)
        end = found.start()
    return end

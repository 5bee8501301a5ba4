"""Bytes to lines: encodings, never mojibake that nobody notices; and what every format's reader hands over."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from knowledge.errors import UnreadableFile
from knowledge.model import Block, BlockRole, Metadata, Skipped
from knowledge.repair.issue import dates, is_credits
from knowledge.text.numbers import HEADING_NUMBER

_MARKS: Final = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)
_ESCAPED: Final = (("hz", b"~{"), ("iso2022_jp_2", b"\x1b$"))
"""Encodings of seven bits, which shift by a sign into hanzi and back."""

_LEGACY: Final = (("gb18030", "gb18030"), ("big5hkscs", "big5-hkscs"))
_WRONG: Final = "\ufffd"
_WRONG_RUN: Final = re.compile("\ufffd+")
_LONGEST_WRONG: Final = 3
_SURE_TEXT: Final = 20
_TEXT_A_WRONG: Final = 2_000
"""Characters of text for one wrong byte: a file with more of them is damaged, or of several encodings."""

_PAIRED: Final = 2
"""Of pairs of bytes a wrong one shows in two places: its own, and where the pairs fall into step again."""

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_WINDOW: Final = 400
_ORDINARY_SHARE: Final = 0.85
"""Real text has 0.99 or more in each window; UTF-8, UTF-16, Big5 or Shift JIS read wrongly at most 0.45."""

_SURE_BEGINNING: Final = 8
"""So many characters in a row are no accident: of GBK pairs one in seven is valid UTF-8."""

_FREQUENT_SHARE: Final = 0.15
"""Newspaper text has 0.35 or more, in traditional characters too; Korean and Japanese read as GBK at most 0.06."""

_FREQUENT: Final = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小"
    "多天而能好都没日于起还发成事只作想看文开手十用主行方又如前所本见经头面公同三已老从动两长民现分将外但"
    "身些与高意进把法此实二理点月明其种全工者向部名定女问力机等几业最新位被电第相次东政海使西再信北少关并"
    "内加化由却代军产入先山五太水万市体处总场师书比住员九建设区会服务上海第一、党委社基层群众企推"
    "這來國個說們為時過學對後發現開經頭動長將與進實點業問題機關東兩種電書員萬總場設區務層眾產內並體處從當"
)


def decode_text(name: str, data: bytes, declared: str = "") -> tuple[str, str]:
    """Return the text of `data` without byte order mark, and the name of its encoding.

    `declared` is what the file says of itself; it is believed of bytes that bear no mark and are no UTF-8.

    Raises:
        UnreadableFile: the bytes are no text, or no encoding reads them whole and plausibly.
    """
    for mark, codec, label in _MARKS:
        if data.startswith(mark):
            return _marked(name, data, len(mark), codec), label
    if b"\0" in data and (wide := _utf16(data)):
        return wide
    for codec, sign in _ESCAPED:
        if sign in data and data.isascii() and (escaped := _read(data, codec)) and _beyond_ascii(escaped):
            return _text_only(name, escaped, codec), codec
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if declared:
            return _declared(name, data, declared), declared
        return _other(name, data, error)
    return _text_only(name, text, "utf-8"), "utf-8"


def _declared(name: str, data: bytes, codec: str) -> str:
    """Return the text in a declared encoding, with a mark for the bytes of a few wrong places."""
    try:
        return _text_only(name, data.decode(codec), codec)
    except UnicodeDecodeError as error:
        if mended := _read(data, codec, wrong=True):
            return _text_only(name, mended, codec)
        reason = f"文件自称编码为 {codec}，但内容不符"
        raise UnreadableFile(name, reason, "改正声明或另存为 UTF-8 后再放入", error.start) from error


def _marked(name: str, data: bytes, start: int, codec: str) -> str:
    try:
        return _text_only(name, data[start:].decode(codec), codec)
    except UnicodeDecodeError as error:
        reason = f"开头标明是 {codec.upper()}，但这里的字节不符"
        raise UnreadableFile(name, reason, "另存为 UTF-8 后再放入", error.start + start) from error


def _other(name: str, data: bytes, error: UnicodeDecodeError) -> tuple[str, str]:
    if _is_utf8(data, error.start):
        if mended := _read(data, "utf-8", wrong=True):
            return _text_only(name, mended, "utf-8"), "utf-8"
        reason = "是 UTF-8，但有损坏或混入别的编码的字节"
        raise UnreadableFile(name, reason, "用原稿重新导出为 UTF-8", error.start) from error
    if wide := _utf16(data):
        return wide
    if data.isascii() or len(_CONTROLS.findall(data[:4096].decode("latin-1"))) > len(data[:4096]) // 10:
        raise _binary(name, error.start) from error
    for wrong in (False, True):
        for codec, label in _LEGACY:
            text = _read(data, codec, wrong)
            if text is not None and _implausible(text.replace(_WRONG, "") if wrong else text) is None:
                return _text_only(name, text, codec), label
    try:
        place = _implausible(data.decode("gb18030"))
        offset = len(data.decode("gb18030")[:place].encode("gb18030"))
        reason = "按 GB18030 读出来不像中文，可能是别的编码"
    except UnicodeDecodeError as gb_error:
        offset, reason = gb_error.start, "不是 UTF-8、UTF-16、GB18030 或 Big5，或有字节损坏"
    raise UnreadableFile(name, reason, "另存为 UTF-8 后再放入", offset) from error


def _read(data: bytes, codec: str, wrong: bool = False) -> str | None:
    """Decode strictly, or (`wrong`) with a mark for the bytes of a few wrong places; None where that is not enough."""
    if wrong:
        text = data.decode(codec, "replace")
        runs = _WRONG_RUN.findall(text)
        places = (1 if codec == "utf-8" else _PAIRED) * (1 + len(text) // _TEXT_A_WRONG)
        few = len(runs) <= places and max(map(len, runs), default=0) <= _LONGEST_WRONG
        return text if few and _beyond_ascii(text) >= _SURE_TEXT else None
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _is_utf8(data: bytes, valid: int) -> bool:
    """Tell whether the file is UTF-8 in the main: by how it begins, or by nine of ten characters beyond ASCII."""
    if _beyond_ascii(data[:valid].decode("utf-8")) >= _SURE_BEGINNING:
        return True
    text = data.decode("utf-8", "replace")
    return _beyond_ascii(text) >= 10 * text.count("\ufffd")


def _beyond_ascii(text: str) -> int:
    return len(text) - sum(map(len, re.findall(r"[\x00-\x7f]+", text)))


def _utf16(data: bytes) -> tuple[str, str] | None:
    """Return the text if it reads plausibly as UTF-16 without a mark."""
    if len(data) % 2:
        return None
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text) and _implausible(text, frequent=False) is None:
            return text, codec
    return None


def _text_only(name: str, text: str, codec: str) -> str:
    """Return the text if it has few control characters; a stray one is left for repair to log."""
    first = _CONTROLS.search(text)
    if first and len(_CONTROLS.findall(text)) > max(2, len(text) // 100):
        raise _binary(name, len(text[: first.start()].encode(codec, "replace")))
    return text


def _binary(name: str, offset: int) -> UnreadableFile:
    reason = "含有大量控制字符，不是文本文件"
    return UnreadableFile(name, reason, "放入文本、网页、Word 或 PDF 文件", offset)


def _implausible(text: str, frequent: bool = True) -> int | None:
    """Return where the text stops looking like Chinese or ASCII, or None."""
    ordinary = _ordinary()
    for start in range(0, len(text), _WINDOW):
        window = text[start : start + _WINDOW]
        beyond = [char for char in window if char > "\x7f" and char.isalnum()]  # rules and boxes tell nothing
        strange = [char for char in beyond if char not in ordinary]
        most = max(1, len(beyond) * (1 - _ORDINARY_SHARE))
        if len(strange) > most or (strange and len(strange) == len(beyond)):
            return start + window.index(strange[0])
    hanzi = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    share = sum(char in _FREQUENT for char in hanzi) / max(1, len(hanzi))
    if frequent and len(hanzi) >= 30 and share < _FREQUENT_SHARE:
        return text.index(hanzi[0])
    return None


@cache
def _ordinary() -> frozenset[str]:
    """Characters that Chinese text is made of: the GB 2312 table and the frequent half of Big5."""
    pairs = [("gb2312", range(0xA1, 0xA4)), ("gb2312", range(0xB0, 0xF8)), ("big5", range(0xA4, 0xC6))]
    found = {" ", "\u2014", "\u00b7", "\u2022", "\ufeff"}
    for codec, leads in pairs:
        for lead in leads:
            for trail in range(0x40, 0xFF):
                found.update(bytes((lead, trail)).decode(codec, "ignore"))
    return frozenset(char for char in found if char > "\x7f")


@dataclass(frozen=True, slots=True)
class Extract:
    """The lines of a file; everything but `missing` is as in `Document`.

    `missing` says which parts of the file could not be read (a scanned page).
    """

    kind: str
    lines: tuple[str, ...]
    encoding: str | None = None
    page_starts: tuple[int, ...] = ()
    article_starts: tuple[int, ...] = ()
    missing: tuple[Skipped, ...] = ()
    blocks: tuple[Block, ...] = ()
    stated: Metadata | None = None
    confidences: tuple[float | None, ...] = ()


def split_lines(text: str) -> list[str]:
    """Split at LF, CRLF and CR only, as editors count lines; a form feed or U+2028 stays within its line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


_RAISED: Final = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
SCRIPT: Final = re.compile(r"[0-9+\-=()n\s]+")
"""What may be raised or lowered as a figure is; other text, as a note's mark, stays as it is."""

_POWER: Final = re.compile(r"(?<=\d)[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def set_off(text: str, raised: bool) -> str:
    """Write a figure raised, or lowered."""
    return text.translate(_RAISED if raised else _LOWERED)


def powers(text: str) -> str:
    """Write a raised figure after a figure with ^: 10⁸ would be folded to 108 by whoever compares widths."""
    return _POWER.sub(lambda match: "^" + unicodedata.normalize("NFKC", match[0]), text)


_ISSUE: Final = re.compile(r"第\s*(?:\d{1,4}|[一二三四五六七八九十百]{1,4})\s*期")
_OVER_STORIES: Final = 4
"""Among so many pieces, its title the first, a bulletin says which issue it is."""


def issue_line(pieces: Sequence[tuple[BlockRole, str]]) -> int:
    """Which piece under the title of a bulletin tells its issue and day, right over the heading of its first story; else 0.

    What has a number (一、) heads a part of one text, and no story.
    """
    for at, ((_, text), (role, below)) in enumerate(pairwise(pieces[:_OVER_STORIES])):
        if at and _ISSUE.search(text) and is_credits(text) and any(dates(text)):
            headed = role is BlockRole.HEADING and not HEADING_NUMBER.match(below)
            return at if headed and pieces[0][0] is BlockRole.TITLE else 0
    return 0


_PAGED: Final = re.compile(r"(.+?)[\s.．·•…‥]+(\d{1,4})")
_CONTENTS: Final = re.compile("目[录錄次]|(?i:contents)")
_FEWEST_LISTED, _FEWEST_UNSAID = 2, 4
"""So many lines list others under the word for it, and so many without."""


def listed_contents(texts: Sequence[str]) -> set[int]:
    """Which lines list others with their pages, as a list of contents that was typed does, and the word over them.

    Pages only go on; the figures of a table, whose rows may be headings too, do not.
    """
    tight = ["".join(text.split()) for text in texts]
    printed = set(tight)
    numbered = ((at, text) for at, text in enumerate(map(str.strip, texts)) if text[-1:].isdecimal())
    paged = {at: match for at, text in numbered if (match := _PAGED.fullmatch(text))}
    found = [at for at, match in paged.items() if "".join(match[1].split()) in printed]
    pages = [int(paged[at][2]) for at in found]
    word = next((at for at in reversed(range(found[0])) if tight[at]), None) if found else None
    said = word is not None and _CONTENTS.fullmatch(tight[word]) is not None
    if pages != sorted(pages) or len(found) < (_FEWEST_LISTED if said else _FEWEST_UNSAID):
        return set()
    return {*found, *([word] if said and word is not None else [])}

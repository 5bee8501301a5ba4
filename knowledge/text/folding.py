"""Fold what readers write differently and mean the same: width, case, 简繁, quotation marks.

Folding is one character to one character, so that a place in the folded text is the same place in the printed
one and quotes are always shown as printed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt
from opencc import OpenCC

from knowledge.errors import BrokenInstallation

Codes = npt.NDArray[np.uint16]

SEPARATOR = " "
QUOTES = "“”„‟\"'‘’「」『』《》〈〉〝〞"
INSIDE = '"'
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_LOOSE_SPACE = re.compile(r"(?<![0-9a-z]) +| +(?![0-9a-z])")
# What only OpenCC's tables of 台湾 and 香港 (tw2s, hk2s) know; loading those takes twice as long as all the rest.
_REGIONAL = dict(zip("敍枱潀痺睪簷粧糭著衞衹", "叙台潨痹睾檐妆粽着卫只", strict=True))
RADICALS = dict(
    zip(
        "⺁⺃⺅⺉⺏⺐⺒⺓⺔⺕⺖⺘⺙⺛⺟⺠⺡⺣⺤⺦⺨⺭⺯⺰⺱⺹⺾⻀⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻐⻑⻒⻓⻔⻖⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻮⻯⻰⻱⻲⻳",
        "厂乚亻刂尣尢巳幺彑彐忄扌攵旡母民氵灬爫丬犭礻糹纟罓耂艹艹虎衤覀西见角讠贝车辶钅長镸长门阝青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐齿竜龙龜亀龟",
        strict=True,
    )
)
"""The forms of CJK Radicals Supplement that stand for one character (EquivalentUnifiedIdeograph.txt of Unicode): PDF
fonts put them in its place, and NFKC knows two of them."""
_RADICAL_BLOCKS = (range(0x2E80, 0x2FE0), range(0xF900, 0xFB00))
_RATIO = {"\u2236": ":", "\ua789": ":"}
"""Signs that are printed for the colon of a score or a scale: 3∶2."""
_SHORT = 64  # characters that str.translate folds before numpy has begun
_PRIVATE_USE = 0xE000
_PRIVATE_USE_SIZE = 0x1900


class _Folding(dict[int, str]):
    """The table `str.translate` reads, and the same as an array for long texts; both filled as characters are met."""

    def __init__(self) -> None:
        super().__init__()
        try:
            self._simplified = OpenCC("t2s")
        except RuntimeError as error:
            raise BrokenInstallation(f"简繁对照表读不到（{error}）；请看磁盘是否有错，或重新安装") from error
        self.table = np.zeros(0x10000, dtype="<u2")

    def all(self, codes: Codes) -> Codes:
        """Fold UTF-16 units."""
        folded = self.table.take(codes)
        if not folded.all():
            for code in set(codes[folded == 0].tolist()):
                self.table[code] = ord(self[code])
            folded = self.table.take(codes)
        return folded

    def __missing__(self, code: int) -> str:
        folded = self[code] = self._fold(chr(code))
        return folded

    def _fold(self, char: str) -> str:
        kind = unicodedata.category(char)
        if kind == "Cs":
            return "\ufffd"
        if char in QUOTES or kind == "Cf":
            return INSIDE
        if char.isspace():
            return SEPARATOR
        wide = RADICALS.get(char) or _RATIO.get(char) or unicodedata.normalize("NFKC", char)
        char = (wide if len(wide) == 1 else char).lower()[0]
        simple = _REGIONAL.get(char) or self._simplified.convert(char)
        char = simple if len(simple) == 1 else char
        if ord(char) > 0xFFFF:
            return chr(_PRIVATE_USE + ord(char) % _PRIVATE_USE_SIZE)
        return char


@cache
def _folding() -> _Folding:
    return _Folding()


def fold(text: str) -> str:
    """Return `text` in half width, lower case and 简体, quotes and invisible marks as `INSIDE`; never another length.

    Characters beyond the Basic Multilingual Plane become private ones, so each folded character is one UTF-16 unit.
    """
    if len(text) < _SHORT:
        return text.translate(_folding())
    raw = text.encode("utf-16-le", "surrogatepass")
    if len(raw) != 2 * len(text):
        return text.translate(_folding())
    codes = np.frombuffer(raw, dtype="<u2")
    return _folding().all(codes).tobytes().decode("utf-16-le")


@cache
def _radicals() -> tuple[re.Pattern[str], dict[int, str]]:
    """What the radicals and compatibility forms that PDF fonts put for han characters stand for, one for one."""
    forms = [chr(code) for block in _RADICAL_BLOCKS for code in block]
    table = {form: wide for form in forms if len(wide := unicodedata.normalize("NFKC", form)) == 1}
    return re.compile("[\u2e80-\u2fdf\uf900-\ufaff]"), str.maketrans(table | RADICALS)


def fold_radicals(text: str) -> str:
    """Write the radicals of PDF fonts as the han characters they stand for, one for one; width stays as printed."""
    form, table = _radicals()
    return text.translate(table) if form.search(text) else text


def squeeze(folded: str) -> str:
    """Drop what stands inside words without parting them: quotation marks, the commas of long numbers and the
    spaces of Chinese type; the point of a number becomes 点."""
    closed = folded.replace(INSIDE, "")
    if "," in closed:
        closed = _THOUSANDS.sub("", closed)
    if "." in closed:
        closed = _POINT.sub("点", closed)
    return _LOOSE_SPACE.sub("", closed) if SEPARATOR in closed else closed


@cache
def _parted() -> Codes:
    """UTF-16 units by unit, `SEPARATOR` for what parts words, filled as units are met; 0 is one that was not."""
    return np.zeros(0x10000, dtype="<u2")


def _parts_words(char: str) -> bool:
    """Tell whether a character is punctuation, white space or a control."""
    kind = unicodedata.category(char)
    return kind[0] in "PZC" and kind != "Co" and char not in "%‰"


def encode(text: str) -> Codes:
    """Return folded, squeezed `text` as UTF-16 units, everything that parts words being `SEPARATOR`."""
    return _units(squeeze(fold(text)))


def encode_all(texts: Sequence[str]) -> tuple[Codes, list[int]]:
    """Return texts as `encode` does in a row, each closed by a `SEPARATOR`, and their lengths with it."""
    folded = fold("".join(texts))
    ends = accumulate(map(len, texts), initial=0)
    # Folding leaves no line end, so that texts part at one while all are squeezed at once.
    squeezed = squeeze("".join(f"{folded[start:end]}\n" for start, end in pairwise(ends)))
    lengths = [len(text) + 1 for text in squeezed.split("\n")]
    return _units(squeezed.replace("\n", SEPARATOR)), lengths[:-1]


def _units(squeezed: str) -> Codes:
    codes = np.frombuffer(squeezed.encode("utf-16-le", "replace"), dtype="<u2")
    parted = _parted()
    found: Codes = parted.take(codes)
    if not found.all():
        for code in set(codes[found == 0].tolist()):
            parted[code] = ord(SEPARATOR) if _parts_words(chr(code)) else code
        found = parted.take(codes)
    return found


def decoded(codes: Codes) -> str:
    """Return the text of UTF-16 units made by `encode`."""
    return codes.astype("<u2").tobytes().decode("utf-16-le", "replace")


def is_hanzi(character: str) -> bool:
    """Tell whether a character is a CJK ideograph (Unicode blocks URO, extension A, supplementary planes)."""
    point = ord(character)
    return 0x4E00 <= point <= 0x9FFF or 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x3FFFF

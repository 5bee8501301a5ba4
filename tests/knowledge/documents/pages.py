"""A small typesetter, and newspaper pages as papers really lay them out; each returns the texts of its articles in reading order."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.support.words import words

WORDS = words("pages")

SONG = "STSong-Light"
_NEVER_FIRST = "，。、；：！？）》”’"


def sentences(seed: int, number: int) -> list[str]:
    """Varied sentences, no two alike."""
    pick = random.Random(seed)
    made: list[str] = []
    for n in range(number):
        figure = seed * 1000 + n
        made.append(
            f"{pick.choice(WORDS['subjects'])}{pick.choice(WORDS['verbs'])}{figure}处{pick.choice(WORDS['objects'])}，"
            f"{pick.choice(WORDS['subjects'])}的负责人{pick.choice('赵钱孙李周吴郑王')}说，“{pick.choice(WORDS['objects'])}让居民更方便”。"
        )
    return made


def paragraphs(seed: int, number: int, length: int = 3) -> list[str]:
    """Paragraphs of `length` sentences."""
    made = sentences(seed, number * length)
    return ["".join(made[i : i + length]) for i in range(0, len(made), length)]


@dataclass
class Sheet:
    """One PDF page under construction; `shuffle` draws its pieces in another order, `alone` each glyph by itself.

    What is `unseen` is drawn for no eye, as recognisers lay text under the picture of a page.
    """

    width: float = 600
    height: float = 800
    shuffle: int | None = None
    rotation: int = 0
    alone: bool = False
    unseen: bool = False
    _pieces: list[tuple[str, float, float, float, str]] = field(default_factory=list)
    _turned: list[tuple[float, float, float, str, int]] = field(default_factory=list)
    _shapes: list[tuple[str, tuple[float, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(SONG))

    def text(self, x: float, y: float, size: float, text: str, pitch: float = 1.0, font: str = SONG) -> None:
        """Print a line; `pitch` other than 1 spaces the letters, in ems."""
        if pitch == 1.0 and not self.alone:
            self._pieces.append((font, size, x, y, text))
            return
        for char in text:
            self._pieces.append((font, size, x, y, char))
            x += pdfmetrics.stringWidth(char, font, size) + (pitch - 1) * size

    def turned_text(self, x: float, y: float, size: float, text: str, downwards: bool = False) -> None:
        """Print a line that stands at (x, y) upright once the page is shown turned by 90 degrees.

        With `downwards` it runs from height x down, at y from the left.
        """
        self._turned.append((size, y, x, text, -90) if downwards else (size, self.width - y, x, text, 90))

    def upright(self, x: float, y: float, size: float, text: str) -> None:
        for at, char in enumerate(text):
            self._pieces.append((SONG, size, x, y - at * size * 1.2, char))

    def flow(
        self,
        texts: Sequence[str],
        columns: Sequence[tuple[float, float, int]],
        per_line: int,
        size: float = 9,
    ) -> None:
        """Set paragraphs into columns of (left, top baseline, lines)."""
        rows = [row for text in texts for row in set_lines(text, per_line)]
        assert len(rows) <= sum(lines for _, _, lines in columns), "the columns are too short for the text"
        at = iter(rows)
        for x, top, lines in columns:
            for number in range(lines):
                row = next(at, None)
                if row is None:
                    return
                indent = len(row) - len(row.lstrip("\u3000"))
                self.text(x + indent * size, top - number * size * 1.4, size, row.lstrip("\u3000"))

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self._shapes.append(("line", (x1, y1, x2, y2)))

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        self._shapes.append(("rect", (x, y, width, height)))

    def picture(self, x: float, y: float, width: float, height: float) -> None:
        self._shapes.append(("image", (x, y, width, height)))

    def draw(self, canvas: Canvas) -> None:
        """Put everything on the canvas as one page."""
        canvas.setPageSize((self.width, self.height))
        canvas.setPageRotation(self.rotation)
        for shape, place in self._shapes:
            if shape == "image":
                canvas.drawImage(_photo(), *place)
            else:
                getattr(canvas, shape)(*place)
        pieces = list(self._pieces)
        if self.shuffle is not None:
            random.Random(self.shuffle).shuffle(pieces)
        for font, size, x, y, text in pieces:
            canvas.setFont(font, size)
            canvas.drawString(x, y, text, mode=3 if self.unseen else None)
        for size, x, y, text, degrees in self._turned:
            canvas.saveState()
            canvas.translate(x, y)
            canvas.rotate(degrees)
            canvas.setFont(SONG, size)
            canvas.drawString(0, 0, text)
            canvas.restoreState()
        canvas.showPage()


def pdf(*sheets: Sheet, encrypt: StandardEncryption | None = None) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=encrypt)
    for sheet in sheets:
        sheet.draw(canvas)
    canvas.save()
    return file.getvalue()


def set_lines(text: str, per_line: int) -> list[str]:
    """Break a paragraph into lines, its first indented; a closing mark never begins a line."""
    rest = "\u3000\u3000" + text
    rows: list[str] = []
    while rest:
        cut = next(n for n in range(per_line, 0, -1) if n >= len(rest) or rest[n] not in _NEVER_FIRST)
        rows.append(rest[:cut])
        rest = rest[cut:]
    return rows


def _photo() -> ImageReader:
    """One grey pixel as a portable pixmap."""
    return ImageReader(io.BytesIO(b"P6 1 1 255 \x80\x80\x80"))


LEADING: Final = 9 * 1.4
Column = tuple[float, float, int]
Lay = Callable[[Sheet], list[list[str]]]


def columns(
    number: int, left: float, top: float, lines: int, per: int = 13, gutter: float = 12
) -> list[Column]:
    return [(left + n * (per * 9 + gutter), top, lines) for n in range(number)]


def one_article_with_everything(sheet: Sheet) -> list[list[str]]:
    for x, text in ((30, "要闻"), (280, "2023年9月1日 星期五"), (560, "A02")):
        sheet.text(x, 780, 8, text)
    over = ["市第一批教育收官", "做足实字文章取得扎实成效", "——全市各级党组织在行动"]
    for (x, y, size), text in zip(((60, 750, 12), (40, 715, 30), (200, 690, 14)), over, strict=True):
        sheet.text(x, y, size, text)
    body = paragraphs(1, 6)
    sheet.flow(body, columns(4, 30, 665, 45), 13)
    sheet.text(30, 12, 7, "责任编辑 张三 美术编辑 李四")
    return [["要闻2023年9月1日星期五A02"], [*over, *body], ["责任编辑张三美术编辑李四"]]


def two_articles_one_above_the_other(sheet: Sheet) -> list[list[str]]:
    upper, lower = paragraphs(2, 4), paragraphs(3, 4)
    sheet.text(40, 740, 28, "上篇的大标题在这里")
    sheet.flow(upper, columns(4, 30, 715, 24), 13)
    sheet.text(40, 370, 24, "下篇的标题")
    sheet.flow(lower, columns(4, 30, 345, 24), 13)
    return [["上篇的大标题在这里", *upper], ["下篇的标题", *lower]]


def two_articles_side_by_side(sheet: Sheet) -> list[list[str]]:
    left, right = paragraphs(4, 4), paragraphs(5, 4)
    sheet.text(30, 740, 24, "左篇标题长一些")
    sheet.flow(left, columns(2, 30, 710, 50), 13)
    sheet.text(300, 740, 24, "右篇标题")
    sheet.flow(right, columns(2, 300, 710, 50), 13)
    sheet.rule(290, 20, 290, 760)
    return [["左篇标题长一些", *left], ["右篇标题", *right]]


def two_headlines_that_almost_touch(sheet: Sheet) -> list[list[str]]:
    left, right = paragraphs(4, 4), paragraphs(5, 4)
    sheet.text(30, 740, 24, "左篇的标题占满两栏了")
    sheet.flow(left, columns(2, 30, 710, 50), 13)
    sheet.text(288, 740, 24, "右篇的标题也是这样")
    sheet.flow(right, columns(2, 288, 710, 50), 13)
    return [["左篇的标题占满两栏了", *left], ["右篇的标题也是这样", *right]]


def a_headline_in_two_parts(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(5, 5)
    sheet.text(60, 740, 28, "推动帮扶合作")
    sheet.text(60 + 7 * 28, 740, 28, "再上新的台阶")
    sheet.flow(body, columns(4, 30, 710, 45), 13)
    return [["推动帮扶合作再上新的台阶", *body]]


def a_long_article_beside_a_short_one(sheet: Sheet) -> list[list[str]]:
    long, short = paragraphs(6, 5), paragraphs(7, 2)
    first, second, third, fourth = columns(4, 30, 715, 24)
    sheet.text(40, 740, 28, "大篇的标题横跨四栏")
    sheet.flow(long, [first, second, (third[0], 715, 50), (fourth[0], 715, 50)], 13)
    sheet.text(40, 370, 20, "小篇的标题占两栏")
    sheet.flow(short, columns(2, 30, 345, 24), 13)
    return [["大篇的标题横跨四栏", *long], ["小篇的标题占两栏", *short]]


def a_photograph_across_two_columns(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(8, 6)
    under = 715 - 33 * LEADING
    sheet.text(40, 740, 28, "带照片的一篇")
    sheet.flow(body, [(30, 715, 20), (30, under, 16), (159, 715, 20), (159, under, 16), (288, 715, 50)], 13)
    sheet.picture(30, 330, 246, 130)
    sheet.text(50, 318, 8, "图为居民在新建的口袋公园里散步。 张三 摄")
    return [["带照片的一篇", *body], ["图为居民在新建的口袋公园里散步。张三摄"]]


def a_photograph_within_a_column(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(9, 5)
    sheet.text(40, 740, 28, "单栏照片的一篇文章")
    sheet.flow(body, [(30, 715, 40), (159, 715, 14), (159, 715 - 28 * LEADING, 16)], 13)
    sheet.picture(159, 400, 117, 120)
    sheet.text(159, 388, 8, "居民在公园里散步 张三 摄")
    return [["单栏照片的一篇文章", *body], ["居民在公园里散步张三摄"]]


def a_letter_spaced_headline(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(10, 5)
    sheet.text(60, 740, 26, "出举措施工忙", pitch=1.8)
    sheet.text(200, 705, 14, "编者按", pitch=2.5)
    sheet.flow(body, columns(4, 30, 680, 40), 13)
    return [["出举措施工忙", "编者按", *body]]


def section_headings_within_columns(sheet: Sheet) -> list[list[str]]:
    first, second, third = paragraphs(11, 2), paragraphs(12, 2), paragraphs(13, 2)
    sheet.text(40, 740, 28, "有小标题的长篇报道")
    sheet.flow(first, [(30, 715, 30), (159, 715, 6)], 13)
    sheet.text(179, 715 - 9 * LEADING, 13, "第一小节")
    sheet.flow(second, [(159, 715 - 11 * LEADING, 19), (288, 715, 12)], 13)
    sheet.text(308, 715 - 15 * LEADING, 9, "第二小节")
    sheet.flow(third, [(288, 715 - 17 * LEADING, 13), (417, 715, 20)], 13)
    return [["有小标题的长篇报道", *first, "第一小节", *second, "第二小节", *third]]


def narrow_gutters_with_rules(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(14, 6)
    sheet.text(40, 740, 28, "窄栏间距带栏线")
    sheet.flow(body, columns(4, 30, 715, 45, gutter=5), 13)
    for left, _, _ in columns(4, 30, 715, 45, gutter=5)[1:]:
        sheet.rule(left - 2.5, 100, left - 2.5, 725)
    return [["窄栏间距带栏线", *body]]


def narrow_gutters_without_rules(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(15, 6)
    sheet.text(40, 740, 28, "窄栏间距无栏线")
    sheet.flow(body, columns(4, 30, 715, 45, gutter=7), 13)
    return [["窄栏间距无栏线", *body]]


def a_framed_box_in_a_corner(sheet: Sheet) -> list[list[str]]:
    body, boxed = paragraphs(16, 5), paragraphs(17, 2, 2)
    sheet.text(40, 740, 28, "主篇的标题横跨四栏")
    sheet.flow(body, [(30, 715, 46), (159, 715, 46), (288, 715, 24), (417, 715, 24)], 13)
    sheet.frame(282, 100, 266, 290)
    sheet.text(300, 365, 13, "相关链接")
    sheet.flow(boxed, columns(2, 288, 340, 18), 13)
    return [["主篇的标题横跨四栏", *body], ["相关链接", *boxed]]


def a_vertical_headline(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(18, 6)
    sheet.upright(40, 720, 24, "竖排大标题文章")
    sheet.flow(body, columns(3, 90, 735, 50), 13)
    return [["竖排大标题文章", *body]]


def a_headline_of_two_lines_with_a_byline(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(19, 6)
    over = ["第一行标题很长很长的", "第二行标题也不短", "本报记者 张三 李四"]
    for (x, y, size), text in zip(((40, 740, 28), (80, 705, 28), (150, 680, 9)), over, strict=True):
        sheet.text(x, y, size, text)
    sheet.flow(body, columns(4, 30, 655, 45), 13)
    return [["第一行标题很长很长的", "第二行标题也不短", "本报记者张三李四", *body]]


def a_lead_across_all_columns(sheet: Sheet) -> list[list[str]]:
    lead, body = paragraphs(20, 1, 4), paragraphs(21, 5)
    sheet.text(40, 740, 28, "有通栏导语的报道")
    sheet.flow(lead, [(30, 712, 6)], 47, 11)
    sheet.flow(body, columns(4, 30, 620, 40), 13)
    return [["有通栏导语的报道", *lead, *body]]


def short_headlines_at_the_left(sheet: Sheet) -> list[list[str]]:
    upper, lower = paragraphs(22, 5), paragraphs(23, 4)
    sheet.text(30, 740, 20, "短标题")
    sheet.flow(upper, columns(4, 30, 715, 26), 13)
    sheet.text(30, 360, 20, "再一篇")
    sheet.flow(lower, columns(4, 30, 335, 24), 13)
    return [["短标题", *upper], ["再一篇", *lower]]


def two_articles_over_one_with_a_kicker(sheet: Sheet) -> list[list[str]]:
    left, right, lower = paragraphs(37, 2), paragraphs(38, 2), paragraphs(39, 4)
    sheet.text(30, 740, 24, "左篇标题在此")
    sheet.flow(left, columns(2, 30, 715, 22), 13)
    sheet.text(300, 740, 24, "右篇标题在此")
    sheet.flow(right, columns(2, 300, 715, 22), 13)
    sheet.text(150, 410, 11, "市委召开会议研究部署")
    sheet.text(60, 380, 28, "下篇主标题通栏")
    sheet.flow(lower, columns(4, 30, 355, 26), 13)
    return [
        ["左篇标题在此", *left],
        ["右篇标题在此", *right],
        ["市委召开会议研究部署", "下篇主标题通栏", *lower],
    ]


def a_tall_brief_beside_two_articles(sheet: Sheet) -> list[list[str]]:
    brief, upper, lower = paragraphs(27, 2), paragraphs(28, 4), paragraphs(29, 3)
    sheet.text(30, 740, 16, "简讯一")
    sheet.flow(brief, columns(1, 30, 715, 50), 13)
    sheet.text(170, 740, 26, "右上大文章的标题")
    sheet.flow(upper, columns(3, 165, 710, 28), 13)
    sheet.text(170, 330, 22, "右下文章的标题")
    sheet.flow(lower, columns(3, 165, 300, 22), 13)
    return [["简讯一", *brief], ["右上大文章的标题", *upper], ["右下文章的标题", *lower]]


def columns_of_uneven_height(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(30, 7)
    sheet.text(40, 740, 28, "各栏高低不齐的报道")
    sheet.flow(body, [(30, 715, 40), (159, 715, 23), (288, 690, 15), (417, 650, 30)], 13)
    return [["各栏高低不齐的报道", *body]]


def columns_on_different_baselines(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(35, 5)
    sheet.text(40, 740, 28, "各栏基线不齐的文章")
    sheet.flow(body, [(30, 715, 20), (159, 711.3, 20), (288, 707.6, 20), (417, 703.9, 20)], 13)
    return [["各栏基线不齐的文章", *body]]


def three_columns_over_five(sheet: Sheet) -> list[list[str]]:
    upper, lower = paragraphs(31, 4), paragraphs(32, 3)
    sheet.text(40, 740, 26, "上面三栏的文章")
    sheet.flow(upper, columns(3, 30, 715, 14, per=18), 18)
    sheet.text(40, 420, 22, "下面五栏的文章")
    sheet.flow(lower, columns(5, 30, 395, 10, per=11, gutter=9), 11)
    return [["上面三栏的文章", *upper], ["下面五栏的文章", *lower]]


def a_page_of_one_column(sheet: Sheet) -> list[list[str]]:
    body = paragraphs(36, 5)
    sheet.text(200, 740, 20, "单栏文章")
    sheet.flow(body, [(60, 700, 50)], 45, 10)
    return [["单栏文章", *body]]


def latin_words_and_figures_in_another_font(sheet: Sheet) -> list[list[str]]:
    sheet.text(40, 740, 28, "夹有西文的报道")
    for number in range(12):
        y = 700 - number * LEADING
        sheet.text(30, y, 9, f"第{number:02}项达")
        sheet.text(67, y, 9, "12,345.67", font="Helvetica")
        sheet.text(67 + 39, y, 9, "亿元。")
        sheet.text(170, y, 9, f"这是右栏第{number:02}行文字。")
    left = "".join(f"第{n:02}项达12,345.67亿元。" for n in range(12))
    return [["夹有西文的报道", left, "".join(f"这是右栏第{n:02}行文字。" for n in range(12))]]


def an_initial_as_high_as_three_lines(sheet: Sheet) -> list[list[str]]:
    sheet.text(40, 740, 28, "首字下沉的文章")
    text = "".join(paragraphs(40, 2))
    sheet.text(30, 675, 36, text[0])
    for row in range(3):
        sheet.text(68, 700 - row * LEADING, 9, text[1 + 20 * row : 21 + 20 * row])
    rest = text[61:]
    for row in range(0, len(rest), 23):
        sheet.text(30, 700 - (3 + row // 23) * LEADING, 9, rest[row : row + 23])
    return [["首字下沉的文章", text]]


def a_heading_as_wide_as_its_column(sheet: Sheet) -> list[list[str]]:
    first, second = paragraphs(41, 1), paragraphs(42, 1)
    sheet.text(40, 740, 28, "栏窄小标题宽的文章")
    sheet.flow(first, columns(1, 30, 700, 15), 13)
    sheet.text(31, 700 - 15.5 * LEADING, 11.5, "小标题占满整整一栏")
    sheet.flow(second, columns(1, 30, 700 - 17 * LEADING, 20), 13)
    return [["栏窄小标题宽的文章", *first, "小标题占满整整一栏", *second]]


def two_ragged_columns_of_four_rows(sheet: Sheet) -> list[list[str]]:
    sheet.text(40, 740, 28, "只有几行的短文")
    left = [
        "　　甲甲甲甲甲甲甲甲甲甲甲",
        "乙乙乙乙乙乙乙乙乙乙乙",
        "丙丙丙丙丙丙丙丙丙丙丙丙丙",
        "丁丁丁丁丁丁丁丁丁丁丁丁",
    ]
    right = ["戊戊戊戊戊戊戊戊戊戊戊戊", "己己己己己己己己己己己", "庚庚庚庚庚庚庚庚庚庚庚庚", "辛辛辛。"]
    for x, rows in ((30, left), (30 + 13 * 9 + 10.8, right)):
        for row, text in enumerate(rows):
            sheet.text(x + 18 * text.startswith("　"), 700 - row * LEADING, 9, text.strip())
    return [["只有几行的短文", "".join([*left, *right])]]


PAGES: Final[Sequence[Lay]] = (
    one_article_with_everything,
    two_articles_one_above_the_other,
    two_articles_side_by_side,
    two_headlines_that_almost_touch,
    a_headline_in_two_parts,
    a_long_article_beside_a_short_one,
    a_photograph_across_two_columns,
    a_photograph_within_a_column,
    a_letter_spaced_headline,
    section_headings_within_columns,
    narrow_gutters_with_rules,
    narrow_gutters_without_rules,
    a_framed_box_in_a_corner,
    a_vertical_headline,
    a_headline_of_two_lines_with_a_byline,
    a_lead_across_all_columns,
    short_headlines_at_the_left,
    two_articles_over_one_with_a_kicker,
    a_tall_brief_beside_two_articles,
    columns_of_uneven_height,
    columns_on_different_baselines,
    three_columns_over_five,
    a_page_of_one_column,
    latin_words_and_figures_in_another_font,
    an_initial_as_high_as_three_lines,
    a_heading_as_wide_as_its_column,
    two_ragged_columns_of_four_rows,
)

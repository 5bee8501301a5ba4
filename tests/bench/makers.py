"""Programs that print or write newspaper pages here: each takes a layout and its stories and gives a file's bytes.

What is not installed is left out. Browsers and WeasyPrint set the layout's grid; the others set its stories in the
grid's order, side by side where the program can.
"""

from __future__ import annotations

import html
import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module, util
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageFilter

from knowledge.documents.pdf_characters import read_characters
from knowledge.documents.pdf_font import font_path
from tests.bench.papers import Layout, Line, Story, Typesetter, page_html, saved_page
from tests.bench.word import boxed_word, listed_word, word

Maker = Callable[[Layout, Sequence[Story]], bytes]
"""Prints a layout's stories to the bytes of a PDF, DOCX or web page."""


def makers() -> Iterator[tuple[str, str, Maker]]:
    """Yield name, file extension and maker of each program that is here."""
    browsers = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    if browser := next(filter(None, browsers), None):
        yield "Chromium, CFF", ".pdf", partial(_browsed, browser)
        yield "Chromium, TrueType", ".pdf", partial(_browsed, browser, truetype=True)
    if util.find_spec("weasyprint"):
        yield "WeasyPrint", ".pdf", _woven
    if util.find_spec("typst"):
        yield "Typst", ".pdf", _typst
    if xelatex := shutil.which("xelatex"):
        yield "XeLaTeX", ".pdf", partial(_xelatex, xelatex)
    if util.find_spec("fpdf"):
        yield "fpdf2", ".pdf", _fpdf
    yield "reportlab", ".pdf", _reportlab
    if office := shutil.which("soffice"):
        yield "LibreOffice", ".pdf", partial(_office, office, word)
        yield "LibreOffice, text boxes", ".pdf", partial(_office, office, boxed_word)
    yield "DOCX, python-docx", ".docx", word
    yield "DOCX, text boxes", ".docx", boxed_word
    yield "DOCX, lists and notes", ".docx", listed_word
    yield "HTML, news page", ".html", saved_page


def as_photographed(page: Image.Image, askew: float) -> Image.Image:
    """A page as a hand holds a camera: turned by some degrees, darker to one side, a little blurred."""
    turned = page.rotate(askew, Image.Resampling.BICUBIC, expand=True, fillcolor=(235, 230, 220))
    shade = Image.linear_gradient("L").rotate(90).resize(turned.size).point(lambda light: 255 - light // 4)
    return ImageChops.multiply(turned, shade.convert("RGB")).filter(ImageFilter.GaussianBlur(0.7))


def _run(command: Sequence[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=180)


def _browsed(browser: str, layout: Layout, stories: Sequence[Story], truetype: bool = False) -> bytes:
    page = page_html(layout, stories)
    if truetype:  # the font that comes with zhplot
        faces = "".join(
            f'@font-face{{font-family:"Noto {kind} CJK SC";src:url({font_path().as_uri()})}}'
            for kind in ("Serif", "Sans")
        )
        page = page.replace("<style>", f"<style>{faces}", 1)
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        _run([*command, f"--print-to-pdf={target}", str(source)], folder)
        return target.read_bytes()


def _woven(layout: Layout, stories: Sequence[Story]) -> bytes:
    """Print with WeasyPrint, which breaks no grid over pages and drops what a sheet has no room for: on a longer one."""
    weasyprint = import_module("weasyprint")
    wanted = sum(len("".join(text.split())) for one in stories for _, text in (*one.heads(), *one.parts()))
    for longer in (1.0, 1.4, 2.0, 3.0):
        page = page_html(replace(layout, height=round(longer * layout.height)), stories)
        made: bytes = weasyprint.HTML(string=page).write_pdf()
        with pdfium.PdfDocument(made) as document:
            printed_page = read_characters(document, 0, made)
            if not printed_page.outside and len(printed_page.glyphs) >= wanted:
                break
    return made


def _typst(layout: Layout, stories: Sequence[Story]) -> bytes:
    typst, cells = import_module("typst"), layout.cells()

    def quoted(text: str) -> str:
        return '#"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    setter, set_stories = Typesetter("typst", quoted), []
    for at, one in enumerate(stories):
        rows = [y for y, row in enumerate(cells) if f"a{at}" in row]
        names = cells[rows[0]]
        place = {"x": names.index(f"a{at}"), "y": rows[0], "wide": names.count(f"a{at}"), "high": len(rows)}
        gaps, slack = layout.stories[at].columns - 1, 4 * layout.body * layout.leading
        set_stories.append(setter.story(layout, at, one, gaps=gaps, slack=slack, **place))
    page = setter.put(
        "page",
        layout,
        head="#h(1fr)".join(map(quoted, layout.head_line())),
        stories=",".join(set_stories),
        longer=layout.height * 1.4,
        lead=layout.leading - 1,
        line="#line(length:100%)" if layout.head == "rule" else "",
        cells=len(cells[0]),
    )
    made: bytes = typst.compile(page.encode(), font_paths=[str(font_path().parent)])
    return made


def _xelatex(program: str, layout: Layout, stories: Sequence[Story]) -> bytes:
    setter = Typesetter("latex", lambda text: "".join("\\" + c if c in "%&#_${}" else c for c in text))

    def boxed(at: int, share: float) -> str:
        columns = layout.stories[at].columns
        ends = {"open": f"\\begin{{multicols}}{{{columns}}}\n", "close": "\n\\end{multicols}"}
        told = setter.story(layout, at, stories[at], **(ends if columns > 1 else dict.fromkeys(ends, "")))
        return setter.put("minipage", share=f"{share * 0.97:.3f}", story=told)

    font = font_path()
    shelves = ["\\hfill ".join(boxed(*one) for one in shelf) for shelf in layout.shelves()]
    page = setter.put(
        "page",
        layout,
        head="\\hfill ".join(map(setter.escape, layout.head_line())),
        skip=layout.body * layout.leading,
        stories="\n".join(setter.put("shelf", boxes=boxes) for boxes in shelves),
        longer=layout.height * 1.5,
        font=font.name,
        fonts=font.parent,
        ruled=0.3 if layout.rules else 0,
        line="\\hrule" if layout.head == "rule" else "",
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.tex").write_text(page, encoding="utf-8")
        _run([program, "-interaction=batchmode", "-halt-on-error", "page.tex"], folder)
        return (Path(folder) / "page.pdf").read_bytes()


def _points(layout: Layout, at: int, kind: str) -> float:
    """As papers set them that have one size for what stands over and under every title."""
    return {"kicker": 12.8, "subtitle": 12.3}.get(kind) or layout.size(at, kind)


def _fpdf(layout: Layout, stories: Sequence[Story]) -> bytes:
    sheet = import_module("fpdf").FPDF(unit="mm", format=(layout.width, layout.height))
    sheet.add_font("han", fname=str(font_path()))
    sheet.set_margins(12, 12)
    sheet.set_auto_page_break(True, 12)
    sheet.add_page()
    sheet.set_font("han", size=8.5)
    if layout.head:
        share = (layout.width - 24) / 4
        for text in layout.head_line():
            sheet.cell(share, 5, text)
        sheet.ln(8)
    for at, one in enumerate(stories):
        for kind, text in one.heads():
            size = _points(layout, at, kind)
            sheet.set_font("han", size=size)
            sheet.cell(0, size * 0.5, text, align="C", new_x="LMARGIN", new_y="NEXT")
        sheet.set_font("han", size=layout.body)
        gutter, columns = layout.gap * layout.body * 0.353, layout.stories[at].columns
        how = {"balance": True, "text_align": "J", "line_height": layout.leading, "wrapmode": "CHAR"}
        with sheet.text_columns(ncols=columns, gutter=gutter, **how) as body:
            for kind, text in _printed_parts(one):
                align, margin, indent = ("C", 2, "") if kind == "heading" else ("J", 0, "\u3000\u3000")
                with body.paragraph(text_align=align, top_margin=margin, first_line_indent=0) as paragraph:
                    sheet.set_font("han", size=layout.size(at, kind))
                    paragraph.write(indent + text)
        sheet.ln(6)
    return bytes(sheet.output())


def _reportlab(layout: Layout, stories: Sequence[Story]) -> bytes:
    from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import BalancedColumns, Paragraph, SimpleDocTemplate, Spacer

    pdfmetrics.registerFont(TTFont("han", str(font_path())))

    def style(size: float, leading: float, centred: bool = True) -> ParagraphStyle:
        return ParagraphStyle(
            f"{size}-{centred}",
            fontName="han",
            fontSize=size,
            leading=size * leading,
            wordWrap="CJK",
            alignment=TA_CENTER if centred else TA_JUSTIFY,
            firstLineIndent=0 if centred else 2 * size,
        )

    def set_line(kind: str, text: str, at: int) -> Any:
        is_head = kind not in ("heading", "paragraph")
        leading = 1.25 if is_head else layout.leading
        return Paragraph(html.escape(text), style(_points(layout, at, kind), leading, kind != "paragraph"))

    parts: list[Any] = []
    for at, one in enumerate(stories):
        parts += [*(set_line(kind, text, at) for kind, text in one.heads()), Spacer(1, 4)]
        body = [set_line(kind, text, at) for kind, text in _printed_parts(one)]
        count, gap = layout.stories[at].columns, layout.gap * layout.body
        parts += [BalancedColumns(body, nCols=count, innerPadding=gap)] if count > 1 else body
        parts.append(Spacer(1, 14))
    made, size = io.BytesIO(), (layout.width * mm, layout.height * mm)
    sides = dict.fromkeys(("margin", "topMargin", "leftMargin"), 12 * mm)
    SimpleDocTemplate(made, pagesize=size, **sides).build(parts)
    return made.getvalue()


def _printed_parts(one: Story) -> list[Line]:
    """The body for programs that set no pictures."""
    return [part for part in one.parts() if part[0] != "caption"]


def _office(program: str, write: Maker, layout: Layout, stories: Sequence[Story]) -> bytes:
    """A DOCX printed by LibreOffice, with a profile of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.docx").write_bytes(write(layout, stories))
        profile = f"-env:UserInstallation=file://{folder}/profile"
        _run([program, profile, "--headless", "--convert-to", "pdf", "page.docx"], folder)
        return (Path(folder) / "page.pdf").read_bytes()

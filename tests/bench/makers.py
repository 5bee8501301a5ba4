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
from tests.bench.papers import Layout, Story, page_html, saved_page
from tests.bench.word import boxed_word, listed_word, word

Maker = Callable[[Layout, Sequence[Story]], bytes]
"""Prints a layout's stories to the bytes of a PDF, DOCX or web page."""


def makers() -> Iterator[tuple[str, str, Maker]]:
    """Yield name, file extension and maker of each program that is here."""
    for browser in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(browser):
            yield "Chromium, CFF", ".pdf", partial(_browsed, found)
            yield "Chromium, TrueType", ".pdf", partial(_browsed, found, truetype=True)
            break
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


def printed(browser: str, page: str) -> bytes:
    """Print a page of HTML with a browser."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        _run([*command, f"--print-to-pdf={target}", str(source)], folder)
        return target.read_bytes()


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
    return printed(browser, page)


def _woven(layout: Layout, stories: Sequence[Story]) -> bytes:
    """Print with WeasyPrint, which breaks no grid over pages and drops what a sheet has no room for: on a longer one."""
    weasyprint = import_module("weasyprint")
    texts = [text for at, one in enumerate(stories) for text, _ in _heads(layout, at, one)]
    texts += [text for one in stories for _, text in one.parts()]
    wanted = sum(len("".join(text.split())) for text in texts)
    for longer in (1.0, 1.4, 2.0, 3.0):
        page = page_html(replace(layout, height=round(longer * layout.height)), stories)
        made: bytes = weasyprint.HTML(string=page).write_pdf()
        with pdfium.PdfDocument(made) as document:
            printed_page = read_characters(document, 0, made)
            if not printed_page.outside and len(printed_page.glyphs) >= wanted:
                break
    return made


def _typst(layout: Layout, stories: Sequence[Story]) -> bytes:
    typst = import_module("typst")

    def quoted(text: str) -> str:
        return '#"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    wide = len(layout.areas[0].split())
    cells = []
    for at, one in enumerate(stories):
        rows = [k for k, row in enumerate(layout.areas) if f"a{at}" in row.split()]
        names = layout.areas[rows[0]].split()
        body = []
        for kind, text in one.parts():
            if kind == "heading":
                body.append(
                    f'#block(width:100%,above:.8em,below:.8em,align(center,text(size:1.15em,weight:"bold")[{quoted(text)}]))'
                )
            elif kind == "caption":
                body.append(
                    f"#block(breakable:false)[#rect(width:100%,height:26mm,fill:gray,stroke:none)#text(size:.85em)[{quoted(text)}]]"
                )
            else:
                body.append(quoted(text) + "\n\n")
        count, size = layout.columns(at), layout.title_size(at)
        head = [f"#text(size:1.35em)[{quoted(one.kicker)}]\\ "] if one.kicker else []
        head += [f'#text(size:{size}pt,weight:"bold")[{quoted(one.title)}]\\ ']
        head += [f"#text(size:1.3em)[{quoted(one.subtitle)}]\\ "] if one.subtitle else []
        head += [f"{quoted(one.byline)}"] if one.byline else []
        rest = "\n".join(body)
        inner = f"""#block(width:100%,align(center)[#set par(first-line-indent:0em);{"".join(head)}])
#layout(size => {{ let gap = {layout.gap}em; let b = [{rest}]
 let w = (size.width - {count - 1} * gap.to-absolute()) / {count}
 let h = measure(block(width: w, b)).height
 block(height: h / {count} + {4 * layout.body * layout.leading}pt, columns({count}, gutter: gap, b)) }})"""
        place = f"x:{names.index(f'a{at}')},y:{rows[0]},colspan:{names.count(f'a{at}')},rowspan:{len(rows)}"
        cells.append(f"grid.cell({place})[{inner}]")
    head_line = "#h(1fr)".join(map(quoted, layout.head_line()))
    page = f"""#set page(width:{layout.width}mm,height:{layout.height * 1.4}mm,margin:12mm)
#set text(font:"Noto Sans SC",size:{layout.body}pt,lang:"zh",region:"cn")
#set par(justify:true,leading:{layout.leading - 1}em,spacing:{layout.leading - 1}em,first-line-indent:(amount:2em,all:true))
#block(width:100%)[#set par(first-line-indent:0em);{head_line}]
{"#line(length:100%)" if layout.head == "rule" else ""}
#grid(columns:(1fr,)*{wide},gutter:5mm,{",".join(cells)})
"""
    made: bytes = typst.compile(page.encode(), font_paths=[str(font_path().parent)])
    return made


def _xelatex(program: str, layout: Layout, stories: Sequence[Story]) -> bytes:
    def safe(text: str) -> str:
        return "".join("\\" + c if c in "%&#_${}" else c for c in text)

    def set_story(at: int) -> str:
        one = stories[at]
        parts = [f"{{\\fontsize{{13}}{{16}}\\selectfont {safe(one.kicker)}\\par}}"] if one.kicker else []
        size = layout.title_size(at)
        parts.append(f"{{\\fontsize{{{size}}}{{{size * 1.25}}}\\selectfont {safe(one.title)}\\par}}")
        parts += (
            [f"{{\\fontsize{{12.5}}{{16}}\\selectfont {safe(one.subtitle)}\\par}}"] if one.subtitle else []
        )
        parts += [safe(one.byline) + "\\par"] if one.byline else []
        body = []
        for kind, text in one.parts():
            if kind == "heading":
                body.append(
                    f"{{\\centering\\fontsize{{{layout.body * 1.15}}}{{{layout.body * 2}}}\\selectfont {safe(text)}\\par}}"
                )
            elif kind == "caption":
                body.append(
                    f"\\noindent\\begin{{minipage}}{{\\linewidth}}\\rule{{\\linewidth}}{{26mm}}\\par\\small {safe(text)}\\end{{minipage}}\\par"
                )
            else:
                body.append(safe(text) + "\\par")
        columns = layout.columns(at)
        inner = "\n".join(body)
        if columns > 1:
            inner = f"\\begin{{multicols}}{{{columns}}}\n{inner}\n\\end{{multicols}}"
        return "{\\centering\\parindent=0pt " + "\n".join(parts) + "}\n" + inner

    rows = []
    for shelf in layout.shelves():
        boxes = [
            f"\\begin{{minipage}}[t]{{{share * 0.97:.3f}\\textwidth}}\\parindent=2em {set_story(at)}\\end{{minipage}}"
            for at, share in shelf
        ]
        rows.append("\\noindent " + "\\hfill ".join(boxes) + "\\par\\vspace{5mm}")
    font = font_path()
    head = "\\hfill ".join(map(safe, layout.head_line()))
    rule = "\\hrule" if layout.head == "rule" else ""
    skip, size = layout.body * layout.leading, layout.body
    page = f"""\\documentclass{{article}}
\\usepackage[paperwidth={layout.width}mm,paperheight={layout.height * 1.5}mm,margin=12mm]{{geometry}}
\\usepackage{{fontspec,multicol}}\\setmainfont{{{font.name}}}[Path={font.parent}/]
\\XeTeXlinebreaklocale "zh"\\XeTeXlinebreakskip=0pt plus .3pt
\\columnsep={layout.gap}em\\columnseprule={0.3 if layout.rules else 0}pt\\pagestyle{{empty}}\\parskip=0pt
\\begin{{document}}\\fontsize{{{size}}}{{{skip}}}\\selectfont\\small\\fontsize{{{size}}}{{{skip}}}\\selectfont\\columnsep={layout.gap}em
\\noindent {head}\\par\\vspace{{1mm}}{rule}\\vspace{{3mm}}
{chr(10).join(rows)}
\\end{{document}}"""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.tex").write_text(page, encoding="utf-8")
        _run([program, "-interaction=batchmode", "-halt-on-error", "page.tex"], folder)
        return (Path(folder) / "page.pdf").read_bytes()


def _heads(layout: Layout, at: int, one: Story) -> list[tuple[str, float]]:
    """What stands over a story, line by line, in points."""
    heads = [
        (one.kicker, 12.8),
        (one.title, layout.title_size(at)),
        (one.subtitle, 12.3),
        (one.byline, layout.body),
    ]
    return [(text, size) for text, size in heads if text]


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
        for text, size in _heads(layout, at, one):
            sheet.set_font("han", size=size)
            sheet.cell(0, size * 0.5, text, align="C", new_x="LMARGIN", new_y="NEXT")
        sheet.set_font("han", size=layout.body)
        with sheet.text_columns(
            ncols=layout.columns(at),
            gutter=layout.gap * layout.body * 0.353,
            balance=True,
            text_align="J",
            line_height=layout.leading,
            wrapmode="CHAR",
        ) as columns:
            for kind, text in one.parts():
                if kind == "caption":
                    continue
                centred = kind == "heading"
                with columns.paragraph(
                    text_align="C" if centred else "J", top_margin=2 * centred, first_line_indent=0
                ) as paragraph:
                    sheet.set_font("han", size=layout.body * (1.15 if centred else 1))
                    paragraph.write(text if centred else "\u3000\u3000" + text)
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

    parts: list[Any] = []
    for at, one in enumerate(stories):
        parts += [Paragraph(html.escape(text), style(size, 1.25)) for text, size in _heads(layout, at, one)]
        parts.append(Spacer(1, 4))
        body = [
            Paragraph(
                html.escape(text),
                style(layout.body * (1.15 if kind == "heading" else 1), layout.leading, kind == "heading"),
            )
            for kind, text in one.parts()
            if kind != "caption"
        ]
        count = layout.columns(at)
        gap = layout.gap * layout.body
        parts += [BalancedColumns(body, nCols=count, innerPadding=gap)] if count > 1 else body
        parts.append(Spacer(1, 14))
    made = io.BytesIO()
    SimpleDocTemplate(
        made,
        pagesize=(layout.width * mm, layout.height * mm),
        margin=12 * mm,
        topMargin=12 * mm,
        leftMargin=12 * mm,
    ).build(parts)
    return made.getvalue()


def _office(program: str, write: Maker, layout: Layout, stories: Sequence[Story]) -> bytes:
    """A DOCX printed by LibreOffice, with a profile of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.docx").write_bytes(write(layout, stories))
        profile = f"-env:UserInstallation=file://{folder}/profile"
        _run([program, profile, "--headless", "--convert-to", "pdf", "page.docx"], folder)
        return (Path(folder) / "page.pdf").read_bytes()

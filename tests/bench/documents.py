"""Pages printed by other programs, read by ours and by others: whole sentences, their titles and sections.

The layouts that tuning never saw are told apart. What is not installed here (Chromium, WeasyPrint) is left out.
"""

from __future__ import annotations

import io
import logging
import re
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from importlib import resources, util
from pathlib import Path

import pypdfium2 as pdfium

from knowledge.documents.folder import read_document
from knowledge.repair.pipeline import repair_document
from tests.bench.papers import LAYOUTS, Layout, drawn_layout, page_html, stories_of

DRAWN = range(140, 160)
"""Layouts by chance that no tuning looked at; those before were looked at."""

Told = tuple[str, str, str]
"""A sentence with its title and section; the last two empty where a reader knows none."""

Maker = Callable[[Layout, str], bytes]
"""Prints a layout's page, given as HTML, to a PDF."""

_SENTENCE = re.compile("[^。！？]*[。！？]+[”’）》」』]*")


def main(arguments: Sequence[str]) -> int:
    """Print pages of several makers, read them by each reader, and print F1, titles, sections and seconds a page.

    `--scans` reads their pictures too, ten seconds each; `--news FOLDER` measures saved news pages instead.
    """
    if arguments[:1] == ["--news"]:
        return news(Path(arguments[1]))
    makers = dict(_makers())
    if "--scans" in arguments:
        makers["scan, 200 dpi"] = scanned
    if not makers:
        print("neither Chromium nor WeasyPrint here: nothing printed")
        return 0
    scores: dict[tuple[str, str, bool], list[tuple[float, float, float, float]]] = defaultdict(list)
    for layout in (*LAYOUTS, *map(drawn_layout, DRAWN)):
        stories = stories_of(layout)
        wanted = [
            (sentence, title, section or "")
            for story in stories
            for sentence, title, section in story.sentences()
        ]
        for maker, make in makers.items():
            data = make(layout, page_html(layout, stories))
            for name, reader in READERS.items():
                if reader is not ours and maker.startswith("scan"):
                    continue
                start = time.process_time()
                told = list(reader(data))
                scores[maker, name, layout.kept].append((*score(wanted, told), time.process_time() - start))
    for (maker, name, kept), rows in sorted(
        scores.items(), key=lambda each: (each[0][0], each[0][2], -sum(r[0] for r in each[1]))
    ):
        f1, title, section, seconds = (sum(values) / len(rows) for values in zip(*rows, strict=True))
        which = "kept back" if kept else "tuned on"
        figures = f"F1 {f1:.3f}  title {title:.3f}  section {section:.3f}  {seconds:.2f} s a page"
        print(f"{maker:19} {which:9} {name:22} {figures}")
    return 0


def _makers() -> Iterator[tuple[str, Maker]]:
    """The programs that print pages here: fonts with CFF outlines and with TrueType ones, as two browsers' engines do."""
    for browser in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(browser):
            yield "Chromium, CFF", partial(printed, found)
            yield "Chromium, TrueType", lambda layout, page: printed(found, layout, _in_truetype(page))
            break
    if util.find_spec("weasyprint"):
        yield "WeasyPrint", _woven


def printed(browser: str, layout: Layout, page: str) -> bytes:
    """Print a page with a browser."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / f"{layout.name}.html", Path(folder) / f"{layout.name}.pdf"
        source.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        subprocess.run(
            [*command, f"--print-to-pdf={target}", str(source)], check=True, capture_output=True, timeout=120
        )
        return target.read_bytes()


def _in_truetype(page: str) -> str:
    """The page in the TrueType font that comes with zhplot."""
    (font,) = (Path(str(resources.files("zhplot"))) / "fonts").rglob("*.ttf")
    faces = "".join(
        f'@font-face{{font-family:"Noto {kind} CJK SC";src:url({font.as_uri()})}}'
        for kind in ("Serif", "Sans")
    )
    return page.replace("<style>", f"<style>{faces}", 1)


def _woven(layout: Layout, page: str) -> bytes:
    import weasyprint

    made: bytes = weasyprint.HTML(string=page).write_pdf()
    return made


def scanned(layout: Layout, page: str) -> bytes:
    """A picture of a page, as a scanner makes it."""
    _, make = next(_makers())
    with pdfium.PdfDocument(make(layout, page)) as document, closing(document[0]) as sheet:
        picture = io.BytesIO()
        sheet.render(scale=200 / 72).to_pil().convert("RGB").save(picture, "PDF", resolution=200)
    return picture.getvalue()


def news(folder: Path) -> int:
    """Print how much of saved news pages is read, and how much beside; right is what two libraries agree on."""
    import trafilatura
    from lxml import html
    from readability import Document

    logging.disable(logging.WARNING)
    pages = sorted(folder.rglob("*.html"))
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    titles = dates = measured = 0
    for path in pages:
        data = path.read_bytes()
        told = {
            "trafilatura": trafilatura.extract(data, include_comments=False) or "",
            "readability": html.fromstring(
                Document(data.decode("utf-8", "replace")).summary()
            ).text_content(),
        }
        right = [s for s in map(_tight, re.split("(?<=[。！？])|\n", told["trafilatura"])) if len(s) >= 8]
        right = [s for s in right if s in _tight(told["readability"])]
        if len(right) < 3:
            continue
        parsed = repair_document(read_document("a.html", data))
        told["ours"] = "\n".join(fact.text for fact in parsed.facts)
        both = _tight(told["trafilatura"]) + "\n" + _tight(told["readability"])
        for name, text in told.items():
            lines = [line for line in map(_tight, text.split("\n")) if line]
            recall = sum(sentence in "".join(lines) for sentence in right) / len(right)
            noise = sum(len(line) for line in lines if line not in both)
            found[name].append((recall, noise / max(1, sum(map(len, lines)))))
        stated = trafilatura.extract_metadata(data)
        title = _tight(parsed.articles[0].title.text) if parsed.articles else ""
        head = _tight(stated.title or "")
        titles += bool(title) and (title in head or head in title)
        dates += bool(parsed.articles) and parsed.articles[0].date == stated.date
        measured += 1
    for name, rows in found.items():
        recall, noise = (sum(values) / len(rows) for values in zip(*rows, strict=True))
        print(f"{name:12} recall {recall:.3f}  noise {noise:.3f}")
    print(f"{measured} of {len(pages)} pages; ours has trafilatura's title on {titles}, its date on {dates}")
    return 0


def score(wanted: Sequence[Told], told: Sequence[Told]) -> tuple[float, float, float]:
    """Return F1 of whole sentences, and of those found how many have the right title and section."""
    want = {_tight(sentence): (_tight(title), _tight(section)) for sentence, title, section in wanted}
    have = {_tight(sentence): (_tight(title), _tight(section)) for sentence, title, section in told}
    both = want.keys() & have.keys()
    f1 = 2 * len(both) / (len(want) + len(have))
    titles = sum(want[each][0] == have[each][0] for each in both) / max(1, len(both))
    sections = sum(want[each][1] == have[each][1] for each in both) / max(1, len(both))
    return f1, titles, sections


def _tight(text: str) -> str:
    return "".join(text.split())


def ours(data: bytes) -> Iterable[Told]:
    """Our reader and repair."""
    for fact in repair_document(read_document("a.pdf", data)).facts:
        if fact.kind == "sentence":
            yield fact.text, fact.article.title.text, fact.section or ""


def stream_order(data: bytes) -> Iterable[Told]:
    """PDFium's own text, in the order it was drawn."""
    with pdfium.PdfDocument(data) as document:
        for page in document:
            with closing(page), closing(page.get_textpage()) as text:
                yield from _sentences(text.get_text_range())


def mined(data: bytes) -> Iterable[Told]:
    """pdfminer with its layout analysis."""
    from pdfminer.high_level import extract_text

    yield from _sentences(extract_text(io.BytesIO(data)))


def plumbed(data: bytes) -> Iterable[Told]:
    """pdfplumber's text."""
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            yield from _sentences(page.extract_text() or "")


def _sentences(text: str) -> Iterable[Told]:
    joined = "".join(line.strip() for line in text.splitlines())
    return ((match[0], "", "") for match in _SENTENCE.finditer(joined))


READERS: dict[str, Callable[[bytes], Iterable[Told]]] = {
    "ours": ours,
    "PDFium's stream order": stream_order,
    "pdfminer.six": mined,
    "pdfplumber": plumbed,
}

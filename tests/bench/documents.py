"""Pages printed by other programs, read by ours and by others: whole sentences, their titles and sections.

The layouts that tuning never saw are told apart. What is not installed here (Chromium, docling-parse) is left out.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium

from knowledge.documents.folder import read_document
from knowledge.repair.pipeline import repair_document
from tests.bench.papers import LAYOUTS, Layout, page_html, stories_of

Told = tuple[str, str, str]
"""A sentence with its title and section; the last two empty where a reader knows none."""

_SENTENCE = re.compile("[^。！？]*[。！？]+[”’）》」』]*")


def main(arguments: Sequence[str]) -> int:
    """Print the pages, read them by each reader, and print F1, titles, sections and seconds a page."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("no Chromium here: nothing printed")
        return 0
    scores: dict[tuple[str, bool], list[tuple[float, float, float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for layout in LAYOUTS:
            stories = stories_of(layout)
            wanted = [
                (sentence, title, section or "")
                for story in stories
                for sentence, title, section in story.sentences()
            ]
            data = printed(browser, Path(folder), layout, page_html(layout, stories))
            for name, reader in READERS.items():
                start = time.process_time()
                told = list(reader(data))
                scores[name, layout.kept].append((*score(wanted, told), time.process_time() - start))
    for (name, kept), rows in sorted(
        scores.items(), key=lambda each: (each[0][1], -sum(r[0] for r in each[1]))
    ):
        f1, title, section, seconds = (sum(values) / len(rows) for values in zip(*rows, strict=True))
        which = "kept back" if kept else "tuned on"
        print(
            f"{which:9} {name:22} F1 {f1:.3f}  title {title:.3f}  section {section:.3f}  {seconds:.2f} s a page"
        )
    return 0


def printed(browser: str, folder: Path, layout: Layout, page: str) -> bytes:
    """Print a page with a browser."""
    source, target = folder / f"{layout.name}.html", folder / f"{layout.name}.pdf"
    source.write_text(page, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run(
        [*command, f"--print-to-pdf={target}", str(source)], check=True, capture_output=True, timeout=120
    )
    return target.read_bytes()


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

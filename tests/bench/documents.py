"""Pages printed by other programs, read by ours and by others: whole sentences, their titles and sections.

The layouts that tuning never saw are told apart. What is not installed here is left out.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from importlib import import_module, util
from pathlib import Path
from statistics import mean

import pypdfium2 as pdfium
from PIL import Image

from knowledge.documents.folder import read_document
from knowledge.documents.formats import extract_document
from knowledge.documents.text import decode_text
from knowledge.repair.pipeline import repair_document
from tests.bench.makers import as_photographed, makers
from tests.bench.measured import spent
from tests.bench.papers import LAYOUTS, Layout, Story, drawn_layout, saved_page, stories_of
from tests.bench.word import listed_word, with_lists

DRAWN = range(160, 180)
"""Layouts by chance that no tuning looked at; those before were looked at."""

Told = tuple[str, str, str]
"""A sentence with its title and section; the last two empty where a reader knows none."""

_SENTENCE = re.compile("[^。！？]*[。！？]+[”’）》」』]*")
WHICH = {False: "tuned on", True: "kept back"}


def main(arguments: Sequence[str]) -> int:
    """Print pages by each maker, read them by each reader, and print F1, titles, sections and seconds a page.

    A word of a maker's name measures that one alone, `--few` five layouts of each kind only, `--scans` pictures of
    pages too, ten seconds each; `--news FOLDER` measures saved news pages instead.
    """
    logging.disable(logging.WARNING)  # pdfminer's, of fonts
    if arguments[:1] == ["--news"]:
        return news(Path(arguments[1]))
    words = [word.lower() for word in arguments if not word.startswith("-")]
    layouts = [*LAYOUTS, *map(drawn_layout, DRAWN)]
    if "--few" in arguments:
        layouts = [*LAYOUTS[:5], *layouts[-5:]]
    for maker, suffix, make in (*makers(), *(SCANS if "--scans" in arguments else ())):
        if words and not any(word in maker.lower() for word in words):
            continue
        measured: dict[tuple[bool, str], list[tuple[float, ...]]] = defaultdict(list)
        for layout in layouts:
            stories = stories_of(layout)
            shown = (
                with_lists(stories) if make is listed_word else stories[:1] if make is saved_page else stories
            )
            wanted, data = [told for one in shown for told in one.sentences()], make(layout, stories)
            for name, reader in READERS[suffix].items():
                if maker.startswith("scan") and name != "ours":
                    continue
                told: list[Told] = []
                seconds = spent(lambda: told.extend(reader(data)))  # noqa: B023  at once
                lost = (unaccounted(data),) if (suffix, name) == (".pdf", "ours") else ()
                measured[layout.kept, name].append((*score(wanted, told), seconds, *lost))
        for (kept, name), rows in sorted(
            measured.items(), key=lambda each: (each[0][0], -sum(r[0] for r in each[1]))
        ):
            f1, title, section, each, *nowhere = map(mean, zip(*rows, strict=True))
            figures = f"F1 {f1:.3f}  title {title:.3f}  section {section:.3f}  {each:.2f} s a page"
            figures += "".join(f"  {len(rows) * one:.0f} characters nowhere" for one in nowhere)
            print(f"{maker:23} {WHICH[kept]:9} {name:22} {figures}", flush=True)
    return 0


def unaccounted(data: bytes) -> int:
    """How many characters PDFium counts, blanks apart, that are in no line of ours and in no part reported missing."""
    document, missing = extract_document("a.pdf", data)
    counted = Counter(_folded("".join(texts_of_pages(data))))
    reported = sum(int(number) for part in missing for number in re.findall(r"有 (\d+) [字处]", part.reason))
    return max(0, (counted - Counter(_folded("".join(document.lines)))).total() - reported)


def _folded(text: str) -> str:
    """Without blanks and signs that are no characters, dashes, compatibility forms and the door's in one way."""
    text = re.sub("[\u2010\u2011\x02\ufffe]", "-", text.replace("⸺", "——"))
    text = unicodedata.normalize("NFKC", text).replace("戶", "户")
    return "".join(char for char in text if char.isprintable() and not char.isspace())


def scanned(layout: Layout, stories: Sequence[Story], askew: float = 0.0) -> bytes:
    """A picture of a page, as a scanner makes it; askew as a hand holds a camera."""
    _, _, make = next(makers())
    with pdfium.PdfDocument(make(layout, stories)) as document, closing(document[0]) as sheet:
        image: Image.Image = sheet.render(scale=200 / 72).to_pil().convert("RGB")
    picture = io.BytesIO()
    (as_photographed(image, askew) if askew else image).save(picture, "PDF", resolution=200)
    return picture.getvalue()


SCANS = (("scan, 200 dpi", ".pdf", scanned), ("scan, photographed", ".pdf", partial(scanned, askew=0.8)))


def news(folder: Path) -> int:
    """Print how much of saved news pages is read and how much beside, ours and two libraries' alone.

    The folder holds `original/*.html` and under the same names what people took for the article, `cleaned/*.txt`
    (immortal-autumn/Chinese-Web-Content-Extraction-Dataset). Every second page, by its name's hash, was kept apart.
    """
    found: dict[tuple[bool, str], list[tuple[float, float]]] = defaultdict(list)
    for path in sorted((folder / "original").glob("*.html")):
        data = path.read_bytes()
        kept = not hashlib.sha256(path.stem.encode()).digest()[0] % 2
        cleaned = (folder / "cleaned" / f"{path.stem}.txt").read_text("utf-8", "replace")
        parsed = repair_document(read_document("a.html", data))
        heads = {fact.section or "" for fact in parsed.facts} | {each.title.text for each in parsed.articles}
        told = {
            "ours": ([fact.text for fact in parsed.facts], heads),
            "trafilatura": (_lines(_by_trafilatura(data)[1]), set()),
            "readability": (_lines(_by_readability(data)[1]), set()),
        }
        for name, (lines, more) in told.items():
            read = _share(_lines(cleaned), "".join((*lines, *more)))
            found[kept, name].append((read, 1 - _share(lines, cleaned)))
    for (kept, name), rows in sorted(found.items()):
        recall, noise = map(mean, zip(*rows, strict=True))
        print(f"{WHICH[kept]:9} {len(rows)} pages  {name:12} recall {recall:.3f}  noise {noise:.3f}")
    return 0


def _lines(text: str) -> list[str]:
    return [line for line in re.split("(?<=[。！？!?])|\n", text) if line.strip()]


def _share(lines: Sequence[str], text: str) -> float:
    """How many of the lines' characters are of lines that stand in the text, four fifths of their sixes at least."""

    def sixes(line: str) -> set[str]:
        return {line[at : at + 6] for at in range(len(line) - 5)}

    whole, tight = _tight(text), [_tight(line) for line in lines]
    all_sixes = sixes(whole)
    held = [
        line
        for line in tight
        if line in whole or (len(line) >= 12 and len(sixes(line) & all_sixes) >= 0.8 * len(sixes(line)))
    ]
    return sum(map(len, held)) / max(1, sum(map(len, tight)))


def score(wanted: Sequence[Told], told: Sequence[Told]) -> tuple[float, float, float]:
    """Return F1 of whole sentences, and of those found how many have the right title and section."""
    want, have = (
        {_tight(one): (_tight(title), _tight(section)) for one, title, section in rows}
        for rows in (wanted, told)
    )
    both = want.keys() & have.keys()
    titles, sections = (
        sum(want[each][at] == have[each][at] for each in both) / max(1, len(both)) for at in (0, 1)
    )
    return 2 * len(both) / (len(want) + len(have)), titles, sections


def _tight(text: str) -> str:
    return "".join(text.split())


def ours(data: bytes, name: str = "a.pdf") -> Iterable[Told]:
    for fact in repair_document(read_document(name, data)).facts:
        if fact.kind in ("sentence", "note"):
            yield fact.text, fact.article.title.text, fact.section or ""


ours_in_word = partial(ours, name="a.docx")


def texts_of_pages(data: bytes) -> Iterable[str]:
    """PDFium's own text, in the order it was drawn."""
    with pdfium.PdfDocument(data) as document:
        for page in document:
            with closing(page), closing(page.get_textpage()) as text:
                yield text.get_text_range()


def _mined(data: bytes) -> Iterable[str]:
    """pdfminer with its layout analysis."""
    from pdfminer.high_level import extract_text

    yield extract_text(io.BytesIO(data))


def _plumbed(data: bytes) -> Iterable[str]:
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            yield page.extract_text() or ""


def _docling(data: bytes) -> Iterable[str]:
    line = import_module("docling_core.types.doc.page").TextCellUnit.LINE
    parser = import_module("docling_parse.pdf_parser").DoclingPdfParser(loglevel="fatal")
    for _, page in parser.load(path_or_stream=io.BytesIO(data)).iterate_pages():
        yield "\n".join(cell.text for cell in page.iterate_cells(unit_type=line))


def _by_trafilatura(data: bytes) -> tuple[str, str]:
    """The title and the text of a web page as trafilatura has them."""
    import trafilatura

    found = trafilatura.bare_extraction(data, with_metadata=True, include_comments=False)
    return ("", "") if found is None or isinstance(found, dict) else (found.title or "", found.text or "")


def _by_readability(data: bytes) -> tuple[str, str]:
    from lxml import html
    from readability import Document

    page = Document(decode_text("a.html", data)[0])
    return page.short_title(), html.fromstring(page.summary()).text_content()


def _paged(read: Callable[[bytes], Iterable[str]]) -> Callable[[bytes], Iterable[Told]]:
    return lambda data: (told for page in read(data) for told in _sentences(page))


def _web(read: Callable[[bytes], tuple[str, str]]) -> Callable[[bytes], Iterable[Told]]:
    def told(data: bytes) -> Iterable[Told]:
        title, text = read(data)
        return _sentences(text, title)

    return told


def _sentences(text: str, title: str = "") -> Iterable[Told]:
    joined = "".join(line.strip() for line in text.splitlines())
    return ((match[0], title, "") for match in _SENTENCE.finditer(joined))


READERS: dict[str, dict[str, Callable[[bytes], Iterable[Told]]]] = {
    ".pdf": {
        "ours": ours,
        "PDFium's stream order": _paged(texts_of_pages),
        "pdfminer.six": _paged(_mined),
        "pdfplumber": _paged(_plumbed),
        **({"docling-parse": _paged(_docling)} if util.find_spec("docling_parse") else {}),
    },
    ".docx": {"ours": ours_in_word},
    ".html": {
        "ours": partial(ours, name="a.html"),
        "trafilatura": _web(_by_trafilatura),
        "readability": _web(_by_readability),
    },
}

"""PDF: fonts that a file does not embed come from us, so that every machine reads the same."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as EmbeddedFont

from knowledge.documents.pdf import read_pdf
from knowledge.documents.pdf_font import FONT
from tests.knowledge.documents.pages import PAGES, Sheet, pdf

_READ = "import sys; from knowledge.documents.pdf import read_pdf; print(read_pdf('a', open(sys.argv[1], 'rb').read()).lines)"
_OVER = "mount -t tmpfs none /usr/share && mkdir /usr/share/fonts && "


def _isolated(script: str, *arguments: str) -> str:
    """Run a script in a mount namespace of its own, where anybody may hide a folder."""
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no namespace of its own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_page_is_the_same_with_the_systems_fonts_hidden_and_full(tmp_path: Path) -> None:
    sheets = []
    for lay in PAGES:
        lay(sheet := Sheet(shuffle=7))
        sheets.append(sheet)
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(*sheets))
    read = (sys.executable, "-c", _READ, str(file))
    hidden = _isolated(f'{_OVER}"$@"', *read)
    with as_file(files("matplotlib") / "mpl-data" / "fonts" / "ttf") as latin, as_file(files(FONT[0])) as han:
        full = _isolated(
            f'{_OVER}cp "{latin}"/*.ttf "{han.joinpath(*FONT[1:])}" /usr/share/fonts && "$@"', *read
        )
    assert "竖排大标题文章" in hidden
    assert hidden == full


def test_a_character_whose_embedded_glyph_has_no_shape_is_read_too(tmp_path: Path) -> None:
    font = TTFont(str(files(FONT[0]).joinpath(*FONT[1:])))
    subsetter = Subsetter()
    subsetter.populate(text="今天最高气温36℃体感舒适")
    subsetter.subset(font)
    font["glyf"][font.getBestCmap()[ord("℃")]] = Glyph()
    font.save(tmp_path / "blank.ttf")
    pdfmetrics.registerFont(EmbeddedFont("Blank", str(tmp_path / "blank.ttf")))
    sheet = Sheet()
    sheet.text(40, 700, 12, "今天最高气温36℃", font="Blank")
    sheet.text(40, 660, 12, "℃", font="Blank")
    sheet.text(40, 640, 12, "体感舒适", font="Blank")
    extract = read_pdf("a.pdf", pdf(sheet))
    assert "".join(extract.lines).count("℃") == 2
    assert extract.missing == ()

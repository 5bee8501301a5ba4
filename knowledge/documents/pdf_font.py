"""The font that PDFium takes for what a PDF does not embed: ours, never the machine's.

PDFium's own substitutes hold no hanzi. Without any font for them a text object of one character has no bounds and
is lost, so that one page would be read differently on two machines.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pypdfium2.raw as raw

FONT: Final = ("zhplot", "fonts", "NotoSansSC-Regular.ttf")
"""Noto Sans SC (OFL), which the package brings for the labels of its charts; of the package nothing else is used."""

_HANZI: Final = frozenset(
    (
        raw.FXFONT_SHIFTJIS_CHARSET,
        raw.FXFONT_HANGEUL_CHARSET,
        raw.FXFONT_GB2312_CHARSET,
        raw.FXFONT_CHINESEBIG5_CHARSET,
    )
)
_OURS: Final = 1
"""The handle that stands for our font; PDFium asks for nothing else."""


def font_path() -> Path:
    """Where the font lies; the package is not imported, for that would take all of matplotlib.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    package = find_spec(FONT[0])
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError(f"{FONT[0]} is not installed")
    return Path(package.submodule_search_locations[0]).joinpath(*FONT[1:])


@cache
def provide_font() -> object:
    """Make PDFium ask us, not the machine, for fonts; once a process, before the first PDF is opened.

    PDFium keeps the addresses of what is returned for as long as it lives, so the caller need not hold it.
    """
    info = _FontInfo()
    raw.FPDF_SetSystemFontInfo(info.table)
    return info


class _FontInfo:
    """The callbacks of `FPDF_SYSFONTINFO`, version 1, and the font that they hand out."""

    def __init__(self) -> None:
        self._data = font_path().read_bytes()
        self.table = raw.FPDF_SYSFONTINFO()
        self.table.version = 1
        self._kept: list[Any] = []
        for name, callback in (
            ("Release", lambda _: None),
            ("EnumFonts", lambda _, mapper: raw.FPDF_AddInstalledFont(mapper, b"Noto Sans SC", 134)),
            ("MapFont", lambda _, weight, italic, charset, *rest: _OURS if charset in _HANZI else None),
            ("GetFont", lambda _, face: None),
            ("GetFontData", self._font_data),
            ("GetFaceName", lambda _, font, buffer, size: 0),
            ("GetFontCharset", lambda _, font: raw.FXFONT_GB2312_CHARSET),
            ("DeleteFont", lambda _, font: None),
        ):
            self._keep(name, callback)

    def _keep(self, name: str, callback: Any) -> None:
        kind = dict(raw.FPDF_SYSFONTINFO._fields_)[name]
        self._kept.append(kind(callback))
        setattr(self.table, name, self._kept[-1])

    def _font_data(self, _: object, font: object, table: int, buffer: Any, size: int) -> int:
        """Copy the whole font where `table` is 0; it is no collection and has no table apart."""
        if table:
            return 0
        if buffer and size >= len(self._data):
            ctypes.memmove(buffer, self._data, len(self._data))
        return len(self._data)

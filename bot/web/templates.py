"""Templates that escape everything, drawn for one reader: language, characters, and a way back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.rendering.fact import Script, in_script
from bot.web.reader import LANGUAGES, Reader

# What HTML forbids in a document (https://html.spec.whatwg.org/#preprocessing-the-input-stream).
_FORBIDDEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

Piece = tuple[str, bool]
"""A run of text, and whether it is marked."""


class Templates:
    """Draws pages."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            finalize=_allowed,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"languages": LANGUAGES, "address": address}

    def load(self) -> None:
        """Read and compile every template, so that the first reader does not wait for it."""
        for name in self._environment.list_templates(["html"]):
            self._environment.get_template(name)

    def page(self, template: str, reader: Reader, about: str, **shown: object) -> web.Response:
        """Draw a whole page, titled by what it is about."""
        site = reader.said.site
        text = self._environment.get_template(template).render(
            said=reader.said,
            reader=reader,
            printed=in_script(reader.script),
            converted=reader.script is not Script.PRINTED,
            title=f"{about} · {site.name}" if about.strip() else site.name,
            **shown,
        )
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}
        return web.Response(text=text, content_type="text/html", headers=headers)


TEMPLATES = web.AppKey("templates", Templates)


def address(path: str, *context: str, **query: str | int) -> str:
    """An address with its query; what is empty is left out, `context` is repeated."""
    told = [(name, str(value)) for name, value in query.items() if value not in ("", None)]
    told += [("context", asked) for asked in context]
    return f"{path}?{urlencode(told, errors='replace')}" if told else path


def pieces(text: str, ranges: Iterable[tuple[int, int]]) -> list[Piece]:
    """Cut a text so that the given code point ranges are pieces of their own; joined they are the text."""
    cut: list[Piece] = []
    at = 0
    for start, end in sorted(ranges):
        start, end = max(start, at), min(end, len(text))
        if start < end:
            cut += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [piece for piece in (*cut, (text[at:], False)) if piece[0]]


def _allowed(value: object) -> object:
    """Text without what HTML forbids: each such character becomes U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", value) if type(value) is str else value

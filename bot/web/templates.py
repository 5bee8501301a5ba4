"""Templates that escape everything, drawn for one reader: the language, and the characters that quotes are shown in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.rendering.fact import Script, in_script
from bot.texts import SHORT_NAMES, Phrases, phrases

LANGUAGE, SCRIPT = "language", "script"
YEAR_SECONDS = 365 * 24 * 3600
_WANTED = re.compile(r"\s*([A-Za-z*]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*")
SAID = web.AppKey("said", Phrases)


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of one page; `here` is the address that a switch leads back to."""

    said: Phrases
    script: Script
    here: str


def reader_of(request: web.Request) -> Reader:
    """Tell language and script: what was chosen on the page, else what the browser asks for, else the setting's."""
    chosen = request.cookies.get(LANGUAGE, "")
    if chosen in SHORT_NAMES:
        said = phrases(chosen)
    else:
        said = _negotiated(request.headers.get("Accept-Language", "")) or request.app[SAID]
    written = request.cookies.get(SCRIPT, "")
    return Reader(said, Script(written) if written in set(Script) else Script.PRINTED, request.path_qs)


def _negotiated(header: str) -> Phrases | None:
    """The language of ours that a header likes best (RFC 9110, 12.5.4); None where it names none."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:1000].split(",")):
        match = _WANTED.fullmatch(part)
        if match and match[1].lower().split("-")[0] in ("zh", "en"):
            wanted.append((-float(match[2] or 1), place, match[1]))
    liked = [tag for quality, _, tag in sorted(wanted) if quality]
    return phrases(liked[0]) if liked else None


async def switch(request: web.Request) -> web.Response:
    """Remember a language or a script, and lead back.

    Raises:
        HTTPFound: always.
    """
    back = request.query.get("back", "/")
    if not re.fullmatch(r"/(?![/\\])[^\s\\]*", back):
        back = "/"
    answer = web.HTTPFound(back)
    for name, known in ((LANGUAGE, set(SHORT_NAMES)), (SCRIPT, set(Script))):
        if (value := request.query.get(name)) in known:
            answer.set_cookie(
                name, value or "", max_age=YEAR_SECONDS, httponly=True, samesite="Lax", path="/"
            )
    raise answer


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
        self._environment.globals |= {"languages": SHORT_NAMES, "address": address}

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

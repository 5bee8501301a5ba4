"""What a request says of its reader: the language of the page, and the characters that quotes are shown in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

from bot.rendering.fact import Script
from bot.texts import Phrases, phrases

LANGUAGE, SCRIPT = "language", "script"
LANGUAGES = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}
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
    if chosen in LANGUAGES:
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
    for name, known in ((LANGUAGE, set(LANGUAGES)), (SCRIPT, set(Script))):
        if (value := request.query.get(name)) in known:
            answer.set_cookie(
                name, value or "", max_age=YEAR_SECONDS, httponly=True, samesite="Lax", path="/"
            )
    raise answer

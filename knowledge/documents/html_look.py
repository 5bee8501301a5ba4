"""What of a page no reader sees: elements that are hidden, shrunk to nothing, set off the page, or coloured as their ground.

Inline styles, the attributes of old, and the rules of `<style>` that name an element by itself are read. Where any other
rule may say otherwise, or a ground is not known, the text counts as seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_ATTRIBUTE: Final = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_SHEET: Final = re.compile(r"<style\b([^>]{0,300})>", re.I)
_MEDIA: Final = re.compile(r"media\s*=\s*[\"']?(?!all|screen)([^\"'>]+)", re.I)
_LINKED: Final = re.compile(r"<link\b[^>]{0,300}stylesheet|@import\b", re.I)
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|$)|<!--|-->", re.S)
_NAMES: Final = re.compile(r"[.#]?(?:[\w-]|[^\x00-\x7f])+")
_BESIDE, _FURTHER = re.compile(r"[\s>+~]+"), re.compile(r"[:\[*&]")
_DRAWN: Final = re.compile(r"::|:(?:before|after|first-l)")
"""What a style sheet draws itself, or of a text only the beginning."""

_OLD: Final = {"color": "color", "text": "color", "bgcolor": "background", "background": "background-image"}
_SAYS: Final = re.compile(
    "display|visibility|opacity|font-size|color|background(?:-color|-image)?|position|left|top|right|bottom|text-indent"
    "|clip(?:-path)?|overflow|height|max-height|width|transform"
)
_MOST_ALIKE: Final = 50
"""Names of an element, and rules of a name: what is said further is not read, so that a page costs no more than its length."""

_DEEPEST: Final = 5
"""Of rules within rules the outermost, which say for which device they are."""

_NUMBER: Final = re.compile(r"([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))\s*([a-z%]*)")
_COLOUR: Final = re.compile(
    r"#?(?:(?P<six>[0-9a-f]{6})|(?P<three>[0-9a-f]{3}))(?![0-9a-z])|(?P<none>transparent|rgba\([^()]*[,/]\s*0?\.?0+%?\s*\))"
    r"|rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})|\b(?P<white>white)\b|\b(?P<black>black)\b"
)
_PICTURE: Final = re.compile(r"url\(|gradient|var\(")
_CLIPPED: Final = re.compile(
    r"rect\((?:[\s,]*[01](?:px)?){4}\s*\)|inset\(\s*(?:50|100)%|circle\(\s*0|scale\(\s*0\s*[,)]"
)
_EM, _FAR = 10, -500
"""Pixels: of an em at least, and so far before a page's edge that nothing reaches it."""

_NEAR: Final = 12
"""Colours whose parts differ by no more, of 255, are one to the eye."""

Colour = tuple[int, int, int]
WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Look:
    """How an element's text looks; `ink` and `ground` are None where that is not known."""

    gone: bool = False
    small: bool = False
    veiled: bool = False
    ink: Colour | None = None
    ground: Colour | None = None

    @property
    def hidden(self) -> bool:
        """Whether nobody sees it."""
        return self.gone or self.small or self.veiled or alike(self.ink, self.ground)

    def within(self, said: Mapping[str, str | None]) -> Look:
        """The look of an element in one of this look, of which `said` has what is declared; None is in doubt."""
        if not said:
            return self
        ink, ground, clear = self.ink, self.ground, False
        if "color" in said:
            ink, clear = colour_of(said["color"], ink)
        for name in ("background", "background-color", "background-image"):
            if name in said:
                ground, _ = colour_of(said[name], ground)
        size = said.get("font-size", "1em")
        number = _number(size)
        relative = self.small and size is not None and (number is None or number[1] in ("em", "%", "ex"))
        small = relative or (number is not None and number[0] == 0)
        veiled = said["visibility"] in ("hidden", "collapse") if "visibility" in said else self.veiled
        return Look(self.gone or clear or _is_gone(said), small, veiled, ink, ground)


def alike(one: Colour | None, other: Colour | None) -> bool:
    """Tell whether two colours, both being known, are one to the eye."""
    return bool(one and other) and all(
        abs(a - b) <= _NEAR for a, b in zip(one or (), other or (), strict=True)
    )


def _is_gone(said: Mapping[str, str | None]) -> bool:
    """Tell whether nothing within an element can be seen, whatever is said of what is in it."""
    far = ("left", "top", "right", "bottom") if said.get("position") in ("absolute", "fixed") else ()
    places = [number for name in (*far, "text-indent") if (number := _number(said.get(name)))]
    cut = ("height", "max-height", "width") if said.get("overflow") in ("hidden", "clip") else ()
    sides = [number for name in cut if (number := _number(said.get(name)))]
    opacity = _number(said.get("opacity"))
    return (
        said.get("display") == "none"
        or (opacity is not None and opacity[0] <= 0)
        or any(value * (_EM if unit.endswith("em") else 1) <= _FAR for value, unit in places)
        or any(side <= 1 and unit in ("", "px") for side, unit in sides)
        or any(_CLIPPED.match(said.get(name) or "") for name in ("clip", "clip-path", "transform"))
    )


def _number(value: str | None) -> tuple[float, str] | None:
    found = _NUMBER.match(value) if value else None
    return (float(found[1]), found[2]) if found else None


def colour_of(value: str | None, inherited: Colour | None) -> tuple[Colour | None, bool]:
    """A colour that is declared, and whether it is none at all; None where what is declared cannot be told."""
    if value in ("inherit", "none", "currentcolor", ""):
        return inherited, False
    found = _COLOUR.search(value) if value is not None and not _PICTURE.search(value) else None
    if found is None:
        return None, False
    if found["none"]:
        return inherited, True
    if found["white"] or found["black"]:
        return WHITE if found["white"] else _BLACK, False
    if digits := found["six"] or "".join(2 * digit for digit in found["three"] or ""):
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)), False
    return (int(found[4]), int(found[5]), int(found[6])), False


class Styles:
    """The rules of a page's own style sheets, by a name that each needs: all names it needs, and what it declares."""

    def __init__(self, source: str) -> None:
        self._rules: dict[str, dict[frozenset[str], dict[str, str | None]]] = {}
        for selector, body, sure in _blocks(source):
            declared = dict(_declared(body))
            for part in selector.split(",") if declared else ():
                self._add(part.strip(), declared, sure)
        free = _LINKED.search(source) is None
        self.page = Look(ink=_BLACK if free else None, ground=WHITE if free else None)

    def _add(self, selector: str, declared: Mapping[str, str], sure: bool) -> None:
        """Take a rule; where it names more than the element itself, what it declares is in doubt for all of that name."""
        if _DRAWN.search(selector):
            return
        plain = _FURTHER.split(_BESIDE.split(selector)[-1])[0]
        needs = frozenset(name if name[0] in ".#" else name.lower() for name in _NAMES.findall(plain))
        key = max(needs, key=lambda name: (name[0] == "#", name[0] == "."), default="")
        rules = self._rules.setdefault(key, {})
        if needs in rules or len(rules) < _MOST_ALIKE:
            known = declared if sure and selector == plain != "" else dict.fromkeys(declared)
            _unite(rules.setdefault(needs, {}), known)

    def said(self, tag: str, own: Mapping[str, str]) -> dict[str, str | None]:
        """What is declared of an element, by the rules and, going before them, by itself; None is in doubt."""
        names = {
            tag,
            *("." + name for name in own.get("class", "").split()[:_MOST_ALIKE]),
            "#" + own.get("id", ""),
        }
        said: dict[str, str | None] = {}
        for name in ("", *names):
            for needs, declared in self._rules.get(name, {}).items():
                if needs <= names:
                    _unite(said, declared)
        if "hidden" in own:
            said.setdefault("display", "none")
        for old, name in _OLD.items():
            if own.get(old):
                said.setdefault(name, "url(" if old == "background" else own[old].lower())
        said.update(_declared(own.get("style", "")))
        return said


def _unite(said: dict[str, str | None], more: Mapping[str, str | None]) -> None:
    """Add what is declared elsewhere; what is said in two ways is in doubt."""
    for name, value in more.items():
        said[name] = value if said.get(name, value) == value else None


def attributes_of(written: str) -> dict[str, str]:
    """The attributes of a tag as written, by their names in small letters; the first of a name holds."""
    own: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(written):
        own.setdefault(found[1].lower(), (found[2] or found[3] or found[4] or "").strip())
    return own


def _blocks(source: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors and declarations of a page's style sheets, and whether they hold whatever the device and the element."""
    at = 0
    while sheet := _SHEET.search(source, at):
        media = _MEDIA.search(sheet[1])
        end = source.find("</style", sheet.end())
        at = end if end >= 0 else len(source)
        pieces = re.split(r"([{}])", _COMMENT.sub(" ", source[sheet.end() : at]))
        over = [f"@{media[1]}"] if media else []
        for piece, mark in zip(pieces[::2], [*pieces[1::2], "}"], strict=True):
            if mark == "{":
                over.append(piece.rpartition(";")[2].strip())
            elif over:
                selector = over.pop()
                elsewhere = any("print" in rule and "screen" not in rule for rule in over[:_DEEPEST])
                if not selector.startswith("@") and not elsewhere:
                    yield selector, piece, not over


def _declared(body: str) -> Iterator[tuple[str, str]]:
    for part in body.split(";"):
        name, _, value = part.partition(":")
        name = name.strip().lower()
        if _SAYS.fullmatch(name):
            yield name, value.replace("!important", "").strip().lower()

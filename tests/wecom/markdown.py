"""What a reader sees of WeCom's markdown, as a parser by others reads it; what is alive and not ours is an error."""

from __future__ import annotations

from markdown_it import MarkdownIt

OURS = {
    "paragraph_open",
    "paragraph_close",
    "inline",
    "text",
    "text_special",
    "softbreak",
    "hardbreak",
    "strong_open",
    "strong_close",
    "em_open",
    "em_close",
    "code_inline",
    "link_open",
    "link_close",
}
PARSER = MarkdownIt("gfm-like", {"linkify": False, "breaks": True, "html": True})


def visible(text: str) -> str:
    """Return the text that is seen; blank lines between paragraphs are one line break."""
    lines: list[str] = []
    for token in PARSER.parse(text):
        assert token.type in OURS, f"{token.type} is alive in {text!r}"
        if token.type == "inline":
            lines.append("".join(map(_seen, token.children or [])))
    return "\n".join(lines)


def _seen(token: object) -> str:
    kind, content = getattr(token, "type", ""), getattr(token, "content", "")
    assert kind in OURS, f"{kind} is alive: {content!r}"
    return "\n" if kind in ("softbreak", "hardbreak") else str(content)

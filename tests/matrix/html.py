"""What a reader sees of a body in HTML; anything that is not the little that we may send is an error."""

from __future__ import annotations

from html.parser import HTMLParser

ALLOWED = {"strong": (), "em": (), "code": (), "blockquote": (), "br": (), "a": ("href",)}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}> may not be sent"
        assert all(name in ALLOWED[tag] for name, _ in attrs), attrs
        assert all((value or "").startswith(("https://", "http://")) for _, value in attrs), attrs
        if tag == "br":
            self.text += "\n"
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment may not be sent")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration may not be sent")


def visible(html: str) -> str:
    """Return the text of a formatted body."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, f"not closed: {reader.open}"
    return reader.text

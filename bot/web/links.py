"""Addresses of a fact's place in its file."""

from __future__ import annotations

from bot.rendering.fact import Permalinks, no_permalinks
from knowledge.model import Fact


def source_path(fact: Fact) -> str:
    """The path of the raw lines with the fact marked, scrolled to its first line."""
    line = fact.spans[0].line if fact.spans else 1
    return f"/articles/{fact.article.id}?fact={fact.id}#L{line}"


def page_links(public_url: str | None) -> Permalinks:
    """Links for chats, where `CHUCHU_PUBLIC_URL` says what the page is called outside."""
    if public_url is None:
        return no_permalinks
    return lambda fact: public_url + source_path(fact)

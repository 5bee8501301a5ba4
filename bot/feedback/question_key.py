"""When two questions are one: pure."""

from __future__ import annotations

import base64
import hashlib

from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.text.analyzer import Analyzer

LONGEST = 256  # characters of a question that are kept


def question_key(text: str, language: Analyzer) -> str:
    """What is common to all ways of typing a question: width, case, script, marks and politeness do not count.

    Empty where there is nothing to ask for. At most 256 characters.
    """
    folded = analyse(text, Aliases(), language).text
    return _joined("".join(c if c.isalnum() else " " for c in folded).split())[:LONGEST]


def question_id(key: str) -> str:
    """The id of a question: 16 base32 characters, so that its buttons outlive its row."""
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=10).digest()
    return base64.b32encode(digest).decode("ascii").lower()


def question_text(text: str) -> str:
    """A question as it is shown to admins: on one line, printable, at most 256 characters."""
    whole = text[: 4 * LONGEST].encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())[:LONGEST]


def _joined(words: list[str]) -> str:
    """Chinese joins without spaces; between two Latin words or figures one stays."""
    joined = ""
    for word in words:
        apart = joined[-1:].isascii() and word[:1].isascii() and joined
        joined += f" {word}" if apart else word
    return joined

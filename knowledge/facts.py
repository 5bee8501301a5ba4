"""Stable ids of facts and articles (DESIGN section 5)."""

from __future__ import annotations

import base64
import hashlib


def stable_id(file: str, text: str, nth: int) -> str:
    """Return 13 base32 characters of BLAKE2 over file, text and how often the text came before in the file."""
    digest = hashlib.blake2b(
        f"{file}\0{text}\0{nth}".encode("utf-8", "surrogatepass"), digest_size=9
    ).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:13]

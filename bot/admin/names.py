"""What people call their files, made safe to show and safe to store. Pure."""

from __future__ import annotations

import re
import unicodedata

SHOWN = 80  # characters
STORED = 120  # bytes of UTF-8 before the extension; file systems take 255 for a name
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
TEMPLATE = "文章"


def shown_name(name: str) -> str:
    """A name as text: no control, direction or invisible characters, and not too long."""
    clean = "".join(c if unicodedata.category(c)[0] != "C" else "�" for c in name)
    return clean if len(clean) <= SHOWN else clean[: SHOWN // 2] + "…" + clean[-SHOWN // 2 :]


def stored_name(name: str) -> str:
    """A file name of one plain component that keeps the extension; never a path, never hidden."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    stem, dot, suffix = kept.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,10}", suffix):
        stem, suffix = kept, ""
    stem = _cut(" ".join(stem.split()).lstrip(".~-$ ").rstrip(". "))
    if not stem or RESERVED.fullmatch(stem):
        stem = TEMPLATE + stem
    return f"{stem}.{suffix.lower()}" if suffix else stem


def _cut(stem: str) -> str:
    return stem.encode()[:STORED].decode("utf-8", "ignore")

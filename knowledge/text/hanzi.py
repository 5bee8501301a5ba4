"""Which characters are Chinese characters."""

from __future__ import annotations


def is_hanzi(character: str) -> bool:
    """Tell whether a character is a CJK ideograph (Unicode blocks URO, extension A, supplementary planes)."""
    point = ord(character)
    return 0x4E00 <= point <= 0x9FFF or 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x3FFFF

"""Ids that cannot be guessed and fit into a button."""

from __future__ import annotations

import base64
import secrets


def fresh_id() -> str:
    """Return 16 base32 characters of 80 random bits."""
    return base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()

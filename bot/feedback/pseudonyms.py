"""People as keyed hashes: enough to count them once, and nobody's id."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

KEY = 32  # bytes
NAME = "askers.key"


class Pseudonymizer:
    """Hashes ids with a key of this data folder (HMAC-SHA-256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def rekey(self, key: bytes) -> None:
        """Hash with another key from now on."""
        self._key = key

    def of(self, platform: str, person: str) -> str:
        """What stands for a person: 64 hexadecimal digits."""
        return hmac.new(self._key, f"{platform}:{person}".encode(), hashlib.sha256).hexdigest()


def open_pseudonymizer(data: Path) -> Pseudonymizer:
    """Hash with the key of the data folder."""
    return Pseudonymizer(read_key(data))


def read_key(data: Path) -> bytes:
    """Read the key in the data folder; make it, readable for nobody else, where there is none."""
    path = data / NAME
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        fresh = data / f".{NAME}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return path.read_bytes()

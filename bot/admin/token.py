"""The bearer token of the admin door."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

NAME = "admin.token"


def own_token(data: Path) -> str:
    """Read the token in the data folder, making it first where there is none; only its owner may read it.

    Where the folder cannot be written and holds none, the token is one that nobody knows.
    """
    path = data / NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        token = path.read_text(encoding="ascii").strip()
        if token:
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            return token
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)  # made by somebody who died before writing
    except OSError:
        return secrets.token_urlsafe(32)
    token = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


def known_token(data: Path) -> str | None:
    """Read the token without making one; None where there is none, or it is not ours to read."""
    try:
        return (data / NAME).read_text(encoding="ascii").strip() or None
    except OSError:
        return None

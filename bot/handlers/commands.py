"""Commands as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_]{0,31})(?:@[A-Za-z0-9_]{1,64})?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A command's name in lower case, and what follows it."""

    name: str
    rest: str


def command(text: str) -> TypedCommand | None:
    """Read a command at the start of a message; None where it is free text."""
    match = _COMMAND.fullmatch(text.strip())
    return TypedCommand(match[1].lower(), (match[2] or "").strip()) if match else None

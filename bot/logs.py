"""Logs: lines for people on a terminal, one JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from bot.config import Settings

# Loud libraries whose INFO lines hold addresses with tokens in them.
QUIET = ("httpx", "httpcore", "telegram", "aiohttp.access")


def set_up_logs(settings: Settings) -> None:
    """Send all logs to standard error in the wanted form."""
    style = settings.log or ("human" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler(sys.stderr)
    secrets = [
        secret.get_secret_value() for secret in (settings.telegram_token, settings.admin_token) if secret
    ]
    handler.setFormatter(JsonLines(secrets) if style == "json" else HumanLines(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class HumanLines(logging.Formatter):
    """Time, level, place, text; secrets never, and one entry is one line but for a traceback."""

    def __init__(self, secrets: list[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Write one entry."""
        return harmless(super().format(record), self._secrets)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, secrets: list[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Write one entry."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": harmless(record.getMessage(), self._secrets),
        }
        if record.exc_info:
            entry["error"] = harmless(self.formatException(record.exc_info), self._secrets)
        return json.dumps(entry, ensure_ascii=True)


def harmless(text: str, secrets: list[str]) -> str:
    """A text without secrets and without characters that steer a terminal."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)

"""`python -m bot.web.probe`: asks the running process whether it is alive, as the image's HEALTHCHECK does."""

from __future__ import annotations

import sys
from http.client import HTTPConnection

from bot.config import Address, load_settings
from bot.errors import SettingsError
from bot.platforms import PLATFORMS

PATIENCE_SECONDS = 3.0


def main() -> int:
    """Return 0 where the page answers, else 1."""
    try:
        return probe(load_settings(PLATFORMS).http)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


def probe(address: Address) -> int:
    """Ask `/healthz` of this machine, whatever address the page listens on."""
    at = f"{address.near}:{address.port}"
    connection = HTTPConnection(address.near, address.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError as error:
        print(f"{at} 没有回答：{error}", file=sys.stderr)
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.faults.loud`: the bot's own command, every logger of every library at DEBUG; one character kills it.

So does a fault in a library that is no Python: `unicodedata`, which every question goes through, stands for it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import unicodedata
from typing import Any

from bot.cli import main

DEADLY = "\N{SKULL AND CROSSBONES}"

if __name__ == "__main__":
    os.environ["PYTHONASYNCIODEBUG"] = "1"
    quieten, normalize = logging.Logger.setLevel, unicodedata.normalize

    def deadly(form: Any, text: str, /) -> str:
        if DEADLY in text:
            os.kill(os.getpid(), signal.SIGKILL)
        return normalize(form, text)

    logging.Logger.setLevel = lambda self, level: quieten(self, logging.DEBUG)  # type: ignore[method-assign]
    logging.getLogger(asyncio.__name__).setLevel(logging.DEBUG)
    unicodedata.normalize = deadly
    sys.exit(main())

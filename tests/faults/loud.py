"""`python -m tests.faults.loud`: the bot's own command, with every logger of every library at DEBUG."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from bot.cli import main

if __name__ == "__main__":
    os.environ["PYTHONASYNCIODEBUG"] = "1"
    quieten = logging.Logger.setLevel
    logging.Logger.setLevel = lambda self, level: quieten(self, logging.DEBUG)  # type: ignore[method-assign]
    logging.getLogger(asyncio.__name__).setLevel(logging.DEBUG)
    sys.exit(main())

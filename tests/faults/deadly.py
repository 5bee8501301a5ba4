"""`python -m tests.faults.deadly`: the bot's own command, in which one character kills the process.

So does a fault in a library that is no Python: `unicodedata`, which every question goes through, stands for it.
"""

from __future__ import annotations

import os
import signal
import sys
import unicodedata
from typing import Any

from bot.cli import main

DEADLY = "\N{SKULL AND CROSSBONES}"

if __name__ == "__main__":
    normalize = unicodedata.normalize

    def deadly(form: Any, text: str, /) -> str:
        if DEADLY in text:
            os.kill(os.getpid(), signal.SIGKILL)
        return normalize(form, text)

    unicodedata.normalize = deadly
    sys.exit(main())

"""`python -m tests.faults.loud`: the bot as it runs, with every logger of every library at DEBUG."""

from __future__ import annotations

import asyncio
import logging
import signal

from bot.app import serving
from bot.config import Settings, load_settings
from bot.logs import QUIET, set_up_logs


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with serving(settings):
        await stop.wait()


def main() -> None:
    """Run it."""
    settings = load_settings()
    set_up_logs(settings)
    for name in ("", *QUIET):
        logging.getLogger(name).setLevel(logging.DEBUG)
    asyncio.run(serve(settings), debug=True)


if __name__ == "__main__":
    main()

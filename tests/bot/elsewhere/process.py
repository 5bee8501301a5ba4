"""The real process with WeCom and Matrix on, every logger at DEBUG: killed and stopped as an operator would."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

from bot.state.sqlite_inbox import read_statuses
from tests.matrix.server import TOKEN, Homeserver
from tests.support.process import environment
from tests.wecom.server import BOT, SECRET, Gateway


class BotProcess:
    """`chuchu run` for WeCom and Matrix; its log goes to `log`, what it keeps into `data`."""

    def __init__(
        self,
        folder: Path,
        matrix: Homeserver,
        wecom: Gateway,
        module: str = "tests.faults.loud",
        **settings: str,
    ) -> None:
        self._module = module
        self.data = folder / "var"
        self.log = folder / "log"
        self._folder = folder
        self._settings = {
            "CHUCHU_DATA": str(self.data),
            "CHUCHU_HTTP": "127.0.0.1:0",
            "CHUCHU_ADMIN_HTTP": "127.0.0.1:0",
            "CHUCHU_LOG": "json",
            "CHUCHU_MATRIX_SERVER": matrix.url,
            "CHUCHU_MATRIX_TOKEN": TOKEN,
            "CHUCHU_WECOM_SERVER": wecom.url,
            "CHUCHU_WECOM_BOT": BOT,
            "CHUCHU_WECOM_SECRET": SECRET,
            **settings,
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start without waiting."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, "run"),
                cwd=self._folder,
                env=environment(**self._settings),
                stdout=log,
                stderr=log,
            )

    async def command(self, *arguments: str) -> str:
        """Run another command of ours beside it; return what it says."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            cwd=self._folder,
            env=environment(**self._settings),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await child.communicate()
        return said.decode()

    async def end(self, how: signal.Signals) -> tuple[int, float]:
        """End it; return the exit code and the seconds it took."""
        assert self._process is not None
        began = time.monotonic()
        if self._process.returncode is None:
            self._process.send_signal(how)
        async with asyncio.timeout(60):
            code = await self._process.wait()
        return code, time.monotonic() - began

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.returncode is not None

    def waiting(self, *platforms: str) -> int:
        """How many stored updates have not ended, of both platforms where none is named."""
        named = [read_statuses(self.data / "inbox.sqlite", name) for name in platforms or ("matrix", "wecom")]
        return sum(status is None for statuses in named for status, _ in statuses.values())

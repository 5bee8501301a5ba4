"""The real bot process beside the server: started, killed and stopped as an operator would."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.state.sqlite_inbox import read_statuses
from tests.botapi.server import TOKEN, BotApi
from tests.support.inbox import PLATFORM
from tests.support.process import environment
from tests.support.server import PATIENCE

READY = re.compile(r"^[^{\n]*http://.*", re.MULTILINE)  # its only line that is no JSON
SECRET = "canary-secret_of-the-tests"


class BotProcess:
    """`python -m bot run`, with Telegram switched on where `api` is given; its log goes to `log`."""

    command: tuple[str, ...] = ("bot", "run")

    def __init__(self, folder: Path, api: BotApi | None, **settings: str) -> None:
        self.data = folder / "var"
        self.log = folder / "log"
        self._folder = folder
        telegram = {"CHUCHU_TELEGRAM_TOKEN": TOKEN, "CHUCHU_TELEGRAM_API": api.url} if api else {}
        given = {"CHUCHU_DATA": str(self.data), "CHUCHU_LOG": "json", **telegram, **settings}
        self._settings = dict.fromkeys(("CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP"), "127.0.0.1:0") | given
        self._process: asyncio.subprocess.Process | None = None
        self._began = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def line(self) -> str:
        """What it said when it was ready, the last time."""
        said: list[str] = READY.findall(self.log_text())
        return said[-1]

    @property
    def url(self) -> str:
        """Where its page is."""
        return re.split("[；;]", self.line[self.line.index("http://") :])[0]

    async def start(self) -> None:
        self._began = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self.command),
                cwd=self._folder,
                env=environment(**self._settings),
                stdout=log,
                stderr=log,
            )

    async def tell(self, *arguments: str) -> str:
        """Run another command of ours beside it; return what it says."""
        command, out = (sys.executable, "-m", "bot", *arguments), asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *command, cwd=self._folder, env=environment(**self._settings), stdout=out
        )
        return (await child.communicate())[0].decode()

    async def ready(self) -> None:
        """Wait until it has said where the page is, or has ended."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE):
            while self._process.returncode is None and not self._is_ready():
                await asyncio.sleep(0.05)

    def _is_ready(self) -> bool:
        return bool(READY.search(self.log.read_bytes()[self._began :].decode("utf-8", "replace")))

    @property
    def dead(self) -> bool:
        assert self._process is not None
        return self._process.returncode is not None

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; return the exit code."""
        return await self._end(signal.SIGTERM)

    def send(self, which: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(which)

    async def ends(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; return the exit code."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self.ends()

    def statuses(self, platform: str) -> dict[str, str | None]:
        """How each stored update of a platform ended, by its id; None while it has not."""
        found = read_statuses(self.data / "inbox.sqlite", platform)
        return {update: status for update, (status, _) in found.items()}

    def endings(self) -> dict[int, str | None]:
        """The same of Telegram, whose ids are numbers."""
        return {int(update): status for update, status in self.statuses(PLATFORM).items()}

    def ended(self) -> int:
        return sum(status is not None for status in self.endings().values())

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8")


@asynccontextmanager
async def bot_process(folder: Path, api: BotApi, **settings: str) -> AsyncIterator[BotProcess]:
    """A running bot, killed at the end if it still runs; whatever it went through, its log holds no secret."""
    process = BotProcess(folder, api, **settings)
    await process.start()
    try:
        await process.ready()
        yield process
    finally:
        await process.kill()
    assert TOKEN not in process.log_text()
    assert SECRET not in process.log_text()


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[BotProcess]:
    """A bot with its page alone, stopped by SIGTERM, which it must obey with code 0."""
    process = BotProcess(folder, None, **settings)
    await process.start()
    try:
        await process.ready()
        yield process
    finally:
        assert await process.stop() == 0

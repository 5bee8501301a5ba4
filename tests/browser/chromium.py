"""Debian's Chromium without a head, driven over its own protocol (chromedevtools.github.io/devtools-protocol)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.server import PATIENCE

FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
PATH = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE, DESKTOP = (390, 844), (1280, 900)
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-extensions", "--disable-background-networking", "--remote-debugging-port=0",
)  # fmt: skip
KEYS = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "Tab": 9}


def has_fonts() -> bool:
    return any(True for folder in FONTS for _ in Path(folder).expanduser().rglob("*.[ot]t[fc]"))


class Gone(Exception):
    """The page was left for another one before it answered."""


@dataclass
class Tab:
    """One tab; `complaints` are what the console calls errors, and scripts that failed."""

    socket: aiohttp.ClientWebSocketResponse
    complaints: list[str] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Take what the browser says until the tab is closed."""
        async for message in self.socket:
            match told := json.loads(message.data):
                case {"id": number}:
                    self._waiting.pop(number).set_result(told)
                case {"method": "Page.loadEventFired"}:
                    self._loaded.set()
                case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": {"text": text}}}:
                    self.complaints.append(text)
                case {"method": "Log.entryAdded", "params": {"entry": {"level": "error", "text": text}}}:
                    self.complaints.append(text)
                case {"method": "Runtime.consoleAPICalled", "params": {"type": "error", "args": values}}:
                    self.complaints.append(str(values))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(PATIENCE):
            told = await self._waiting[number]
        if "error" in told:
            failed = f"{method}: {told['error']}"
            raise Gone(failed) if method == "Runtime.evaluate" else RuntimeError(failed)
        result: dict[str, Any] = told["result"]
        return result

    async def load(self, url: str) -> None:
        """Go somewhere, and wait until it is loaded."""
        self._loaded.clear()
        await self.call("Page.navigate", url=url)
        async with asyncio.timeout(PATIENCE):
            await self._loaded.wait()

    async def open(self, url: str) -> None:
        """Go somewhere, and wait until it has asked for all that it shows."""
        await self.load(url)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is being asked of the server."""
        await self.until("!document.querySelector('[aria-busy]') && document.readyState === 'complete'")

    async def back(self) -> None:
        """Begin to go back; what is there then is the caller's to wait for."""
        history = await self.call("Page.getNavigationHistory")
        entry = history["entries"][history["currentIndex"] - 1]["id"]
        await self.call("Page.navigateToHistoryEntry", entryId=entry)

    async def js(self, expression: str) -> Any:
        """What an expression comes to."""
        told = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            raise AssertionError(told["exceptionDetails"]["exception"].get("description", expression))
        return told["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression is true of a page read to its end, be it one that takes this one's place."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(AssertionError, Gone):
                    if await self.js(f"document.readyState !== 'loading' && ({expression})"):
                        return
                await asyncio.sleep(0.05)

    async def click(self, element: str) -> None:
        """Click what an expression finds; if that leads to another page, what is there then is the caller's to await."""
        await self.until(f"!!{element}")
        with contextlib.suppress(Gone):
            await self.js(f"{element}.click()")

    async def type(self, text: str, enter: bool = True) -> None:
        await self.call("Input.insertText", text=text)
        if enter:
            await self.press("Enter")

    async def press(self, key: str) -> None:
        told = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0]))}
        typed = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **told, **typed)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    async def look(self, size: tuple[int, int] = DESKTOP, dark: bool = False, scripts: bool = True) -> None:
        """Be a screen of that size, in the light or in the dark, with scripts or without."""
        screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        await self.call("Emulation.setDeviceMetricsOverride", **screen)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=scheme)
        await self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    async def picture(self, path: Path, whole: bool = False) -> None:
        told = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))


@dataclass
class Browser:
    """A browser that runs."""

    session: aiohttp.ClientSession
    port: int

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        """Open a tab; all tabs share one storage."""
        async with self.session.put(f"http://127.0.0.1:{self.port}/json/new?about:blank") as response:
            told = await response.json()
        async with self.session.ws_connect(told["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            tab = Tab(socket)
            listening = asyncio.create_task(tab.listen())
            try:
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await tab.call(f"{domain}.enable")
                await tab.look()
                yield tab
            finally:
                await tab.call("Page.close")
                listening.cancel()


@asynccontextmanager
async def chromium(language: str = "zh-CN") -> AsyncIterator[Browser]:
    """Start it with a fresh profile; it is gone with its children at the end."""
    assert PATH, "apt-get install chromium"
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        here, nowhere = (
            (f"--accept-lang={language}", f"--user-data-dir={profile}"),
            asyncio.subprocess.DEVNULL,
        )
        process = await asyncio.create_subprocess_exec(
            *(PATH, *OPTIONS, *here), stdout=nowhere, stderr=nowhere, start_new_session=True
        )
        try:
            told = Path(profile) / "DevToolsActivePort"
            async with asyncio.timeout(PATIENCE):
                while not (told.is_file() and "\n" in told.read_text()):
                    await asyncio.sleep(0.1)
            async with aiohttp.ClientSession() as session:
                yield Browser(session, int(told.read_text().split("\n")[0]))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

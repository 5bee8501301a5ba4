"""The real process, started as an operator starts it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(**settings: str) -> dict[str, str]:
    """The tests' environment without settings of its own, with the given ones; by words alone, unless they say."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHUCHU_")}
    ours = {"CHUCHU_ARTICLES": str(ROOT / "seeds"), "CHUCHU_EMBEDDINGS": "off", "PYTHONPATH": str(ROOT)}
    return clean | ours | settings


def chuchu(
    cwd: Path, *arguments: str, stdin: bytes = b"", **settings: str
) -> subprocess.CompletedProcess[bytes]:
    """Run one command to its end; `cwd` keeps its data folder away from ours."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )


@dataclass(frozen=True, slots=True)
class Running:
    """A serving process; `line` is what it said when it was ready."""

    url: str
    line: str
    pid: int


@asynccontextmanager
async def running(cwd: Path, **settings: str) -> AsyncIterator[Running]:
    """A serving `chuchu` on free ports, stopped by SIGTERM, which it must obey with code 0."""
    ports = {"CHUCHU_HTTP": "127.0.0.1:0", "CHUCHU_ADMIN_HTTP": "127.0.0.1:0"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot"),
        cwd=cwd,
        env=environment(**ports | settings),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode("utf-8")
        address = re.search(r"http://\S+?:\d+", line)
        assert address, line
        yield Running(address[0], line, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0

"""Building in a child process, heard line by line."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter

from knowledge.errors import BuildFailed, KnowledgeError, NoArticles, NoRoom
from knowledge.snapshots.child import encode_order
from knowledge.snapshots.order import Built, Order, Progress

LINE = 256 * 1024 * 1024  # the last line holds every skipped file
# what a child sees of our environment: no token, no address; and pypinyin without its phrases, which nobody
# needs here and which take .4 s to load (pypinyin/constants.py)
CHILD_ENVIRONMENT = {"PYPINYIN_NO_PHRASES": "true", "PYTHONUTF8": "1"}
BUILT = TypeAdapter(Built)
NAMED = {kind.__name__: kind for kind in (NoArticles, NoRoom)}  # what says by itself what to do


class Builder(Protocol):
    """Builds and seals a snapshot in an empty folder."""

    async def build(self, order: Order, folder: Path, progress: Progress) -> Built:
        """Build it.

        Raises:
            NoArticles: the articles folder is missing or no folder.
            NoRoom: the disk is full or closed.
            BuildFailed: anything else, with the stage and the reason.
        """


class ChildBuilder:
    """Builds in a process of its own at low priority, which ends when it is no longer wanted."""

    async def build(self, order: Order, folder: Path, progress: Progress) -> Built:
        """Build it; cancelling kills the child."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "knowledge.snapshots.child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE,
            env=CHILD_ENVIRONMENT,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        stage = "启动"
        try:
            child.stdin.write(encode_order(order, folder))
            await child.stdin.drain()
            async for line in child.stdout:
                told = json.loads(line)
                if "built" in told:
                    return BUILT.validate_python(told["built"])
                stage = told["stage"]
                if "failed" in told:
                    raise _failure(told["kind"], stage, told["failed"])
                progress(stage, told["done"], told["of"])
        except (ConnectionError, ValueError) as error:
            raise BuildFailed(stage, f"子进程的话读不懂（{error}）") from error
        finally:
            if child.returncode is None:
                child.kill()
            code = await child.wait()
        raise BuildFailed(stage, f"子进程中途结束（{_ending(code)}）")


def _failure(kind: str, stage: str, said: str) -> KnowledgeError:
    if kind in NAMED:
        return NAMED[kind](said)
    return BuildFailed(stage, said)


def _ending(code: int) -> str:
    return f"信号 {-code}" if code < 0 else f"退出码 {code}"

"""Hear what a file would become from a process that may fail in its stead."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.admin.building import CHILD_ENVIRONMENT
from knowledge.snapshots.request import Preview

PATIENCE = 90  # seconds
TRIAL = TypeAdapter(Preview)


class TrialFailed(Exception):
    """The file could not be tried out within the limits of memory and time."""


async def try_file(path: Path, name: str) -> Preview:
    """Try a file out under the name it would have.

    Raises:
        TrialFailed: its reader died or took too long.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "knowledge.snapshots.worker", "preview"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=CHILD_ENVIRONMENT,
    )
    asked = json.dumps({"path": str(path), "name": name}).encode() + b"\n"
    try:
        told, _ = await asyncio.wait_for(child.communicate(asked), PATIENCE)
        return TRIAL.validate_json(told)
    except (TimeoutError, ValidationError) as error:
        raise TrialFailed(f"reader of {name!r} ended with {child.returncode}") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()

"""`chuchu doctor`: every configured platform is looked at, and each line says what is wrong and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.config import PlatformSetup, Settings
from bot.ports import Finding, Severity
from bot.terminal.console import write
from bot.texts import phrases
from bot.texts.doctor import DoctorPhrases

MARKS = {Severity.WELL: "✓", Severity.ADVICE: "!", Severity.WRONG: "✗"}


def doctor(settings: Settings) -> int:
    """Look at every platform that is switched on, all at once; 1 if one of them cannot work."""
    said = phrases(settings.language).doctor
    setups = [setup for setup in settings.platforms if setup.is_on]
    if not setups:
        write(f"{said.nothing_on}\n")
        return 0
    return 1 if asyncio.run(_all(setups, said)) else 0


async def _all(setups: Sequence[PlatformSetup], said: DoctorPhrases) -> bool:
    """Write what is found, platform by platform; return whether something is wrong."""
    looking = [asyncio.create_task(_found(setup)) for setup in setups]
    wrong = False
    for setup, task in zip(setups, looking, strict=True):
        for finding in await task:
            write(f"{MARKS[finding.severity]} {setup.title}  {sentence(finding, said)}\n")
            wrong |= finding.severity is Severity.WRONG
    return wrong


async def _found(setup: PlatformSetup) -> list[Finding]:
    return [finding async for finding in setup.examine()]


def sentence(finding: Finding, said: DoctorPhrases) -> str:
    """A finding in a reader's language, in one line."""
    values = [said.words.get(value, value) for value in finding.values]
    return " ".join(said.findings[finding.told].format(*values).split())

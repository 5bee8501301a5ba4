"""`chuchu doctor`: every configured platform is looked at, and each line says what is wrong and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bot.config import PlatformSetup, Settings
from bot.errors import StartError
from bot.platforms.checkup import advice, well, wrong
from bot.ports import Finding, Presence, Severity
from bot.terminal.console import write
from bot.terminal.operations import call_admin_api, serving_address
from bot.texts import phrases
from bot.texts.operating import DoctorPhrases

MARKS = {Severity.WELL: "✓", Severity.ADVICE: "!", Severity.WRONG: "✗"}


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that runs from the data folder: the troubles of its platforms, or why it cannot be asked for them."""

    problems: Mapping[str, str | None]
    unasked: str | None = None

    def findings(self, platform: str) -> Iterator[Finding]:
        """What it says of a platform."""
        if self.unasked is not None:
            yield advice("running_unasked", self.unasked)
        elif platform not in self.problems:
            yield advice("running_without")
        elif (problem := self.problems[platform]) is None:
            yield well("running_well")
        else:
            yield wrong("running_trouble", problem)


def doctor(settings: Settings) -> int:
    """Look at every platform that is switched on, all at once; 1 if one of them cannot work."""
    said = phrases(settings.language).doctor
    setups = [setup for setup in settings.platforms if setup.is_on]
    if not setups:
        write(f"{said.nothing_on}\n")
        return 0
    running = _running(settings)
    elsewhere = Presence.PERHAPS_ELSEWHERE if settings.database else Presence.NOBODY
    presence = Presence.HERE if running else elsewhere
    return 1 if asyncio.run(_all(setups, said, running, presence)) else 0


def _running(settings: Settings) -> Running | None:
    """Ask the bot that runs from the data folder; None where none does."""
    try:
        address = serving_address(settings)
        if address is None:
            return None
        told = call_admin_api(settings, address, "platforms", {})
    except StartError as error:
        return Running({}, str(error))
    if "platforms" not in told:
        return Running({}, str(told.get("starting")))
    return Running(cast("dict[str, str | None]", told["platforms"]))


async def _all(
    setups: Sequence[PlatformSetup], said: DoctorPhrases, running: Running | None, presence: Presence
) -> bool:
    """Write what is found, platform by platform; return whether something is wrong."""
    looking = [asyncio.create_task(_found(setup, presence)) for setup in setups]
    bad = False
    for setup, task in zip(setups, looking, strict=True):
        for finding in [*await task, *(running.findings(setup.name) if running else ())]:
            write(f"{MARKS[finding.severity]} {setup.title}  {sentence(finding, said)}\n")
            bad |= finding.severity is Severity.WRONG
    return bad


async def _found(setup: PlatformSetup, presence: Presence) -> list[Finding]:
    return [finding async for finding in setup.examine(presence)]


def sentence(finding: Finding, said: DoctorPhrases) -> str:
    """A finding in a reader's language, in one line."""
    values = [said.words.get(value, value) for value in finding.values]
    return " ".join(said.findings[finding.told].format(*values).split())

"""`chuchu reload`, `unanswered`, `alias`, `backup`, `restore`, `doctor`: through a running bot's admin API; without one, on the
data folder that nobody serves from."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from bot.admin.http import known_token
from bot.admin.knowledge import BuildClient, build_first, start_knowledge
from bot.admin.operations import audited_reload
from bot.admin.permissions import AuditLog, Permission
from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadService, ReloadStatus
from bot.admin.reports import put_back_text, reload_json
from bot.backup import ACT, restore_backup, write_backup
from bot.config import Address, PlatformSetup, Settings
from bot.errors import BackupRefused, StartError, StateError
from bot.feedback.wiring import acts_over
from bot.platforms.client import advice, well, wrong
from bot.ports import Finding, Presence, Severity
from bot.query_service import open_query_service
from bot.runtime import now
from bot.state.state import State, open_state, sqlite_address
from bot.terminal.console import open_snapshot, shown_progress, write
from bot.texts import phrases
from bot.texts.operating import DoctorPhrases
from knowledge.errors import KnowledgeError
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.files import explain_io_errors, lock_holder, single_instance
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import Progress

WELL = frozenset({ReloadStatus.PUBLISHED, ReloadStatus.BUILT, ReloadStatus.UNCHANGED, ReloadStatus.REHEARSED})


def reload(settings: Settings, dry: bool, confirm: str | None, as_json: bool) -> int:
    """Reload and say what came of it; 1 if nothing was changed that should have been."""
    said = phrases(settings.language).console
    address = serving_address(settings)
    if address is None:
        report = asyncio.run(reload_here(settings, dry, confirm, shown_progress(phrases(settings.language))))
    else:
        request: dict[str, JsonValue] = {"dry": dry, **({"confirm": confirm} if confirm else {})}
        report = call_admin_api(settings, address, "reload", request)
    if as_json:
        write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        write(f"{report['text']}\n")
        if report["confirm"]:
            write(said.confirm_reload.format(report["confirm"]) + "\n")
    return 0 if report["ending"] in WELL else 1


def backup(settings: Settings, file: str) -> int:
    """Write one file that holds the state, the knowledge that serves, and the key."""
    database = settings.database or sqlite_address(settings.data)
    written = write_backup(settings.articles, settings.data, database, Path(file))
    said = phrases(settings.language).console
    write(said.backed_up.format(file, written.size / 1024 / 1024, written.articles) + "\n")
    return 0


def restore(settings: Settings, file: str) -> int:
    """Put a backup back: through the admin API of a running instance, or on the data folder."""
    address = serving_address(settings)
    path = Path(file).absolute()
    if not path.is_file():
        raise StartError(phrases(settings.language).console.no_such_file.format(file))
    if address is None:
        write(asyncio.run(restore_here(settings, path)))
        return 0
    report = call_admin_api(settings, address, "restore", {"file": str(path)})
    write(f"{report['text']}\n")
    return 0 if report["ending"] == ReloadStatus.RESTORED else 1


def unanswered(settings: Settings, limit: int, as_json: bool) -> int:
    """Write what readers asked in vain, the most asked first."""
    said = phrases(settings.language)
    told = _act(settings, "unanswered", {"limit": limit})
    questions = cast("list[dict[str, JsonValue]]", told.get("questions", []))
    if as_json:
        write("".join(json.dumps(question, ensure_ascii=False) + "\n" for question in questions))
        return 0
    if not questions:
        write(said.admin.no_unanswered + "\n")
        return 0
    write(said.admin.unanswered + "\n")
    for number, one in enumerate(questions, 1):
        waiting = said.admin.waiting_chats.format(one["waiting"]) if one["waiting"] else ""
        write(f"{number}. {said.console.question.format(one['question'], one['asked'], waiting)}\n")
    write(said.console.teach + "\n")
    return 0


def alias(settings: Settings, names: Sequence[str], remove: int | None) -> int:
    """Teach that names mean the same, forget a group by its number, or list what was taught; 1 if it is refused."""
    said = phrases(settings.language).admin
    if remove is not None:
        told = _act(settings, "unalias", {"number": remove})
    elif names:
        told = _act(settings, "alias", {"words": " ".join(names)})
    else:
        groups = cast("list[dict[str, Any]]", _act(settings, "alias", {}).get("aliases", []))
        lines = [f"{group['number']}. {' = '.join(group['names'])}" for group in groups]
        write("\n".join([said.aliases, *lines] if lines else [said.no_aliases.strip()]) + "\n")
        return 0
    write(f"{told['text']}\n")
    return 0 if told["done"] else 1


def _act(settings: Settings, act: str, request: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Have a running instance do something, or do it on the data folder."""
    address = serving_address(settings)
    if address is None:
        return asyncio.run(act_here(settings, act, request))
    return call_admin_api(settings, address, act, request)


def call_admin_api(
    settings: Settings, address: str, act: str, request: dict[str, JsonValue]
) -> dict[str, JsonValue]:
    """Have a running instance do something, and return its report.

    Raises:
        StartError: it cannot be reached, or does not let us in.
    """
    said = phrases(settings.language).console
    token = _token(settings)
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(Address(host, int(port)).near, int(port))
    try:
        connection.request("POST", f"/admin/{act}", json.dumps(request), {"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        raise StartError(said.admin_unreachable.format(address, error)) from error
    finally:
        connection.close()
    if response.status == 401:
        raise StartError(said.admin_refuses.format(address))
    try:
        report: dict[str, JsonValue] = json.loads(body)
    except ValueError as error:
        raise StartError(said.admin_unclear.format(address, response.status)) from error
    return report


def serving_address(settings: Settings) -> str | None:
    """The admin address of whoever serves from the data folder; None where nobody does.

    Raises:
        StartError: it is just starting.
    """
    holder = lock_holder(settings.data)
    if holder is None:
        return None
    if holder.admin is None:
        raise StartError(phrases(settings.language).console.starting.format(holder.pid))
    return holder.admin


def _token(settings: Settings) -> str:
    token = settings.admin_token.get_secret_value() if settings.admin_token else known_token(settings.data)
    if token is None:
        raise StartError(phrases(settings.language).console.no_admin_key.format(settings.data))
    return token


async def reload_here(
    settings: Settings, dry: bool, confirm: str | None, progress: Progress
) -> dict[str, JsonValue]:
    """Reload on the data folder, for a command in the terminal while nobody serves from it.

    Raises:
        FolderInUse: somebody began to serve in between.
    """
    said = phrases(settings.language).admin
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(_alone(settings))
        builder = await stack.enter_async_context(BuildClient())
        versions = SnapshotRepository(settings.data / SERVED)
        await asyncio.to_thread(versions.clean)
        audit_log = AuditLog(state.audit, now)
        if not versions.names():
            built, name = await build_first(settings.articles, versions, builder, progress, dry)
            status = ReloadStatus.REHEARSED if dry else ReloadStatus.BUILT
            unwritten = await audit_log.record_done(
                "shell", Permission.RELOAD, status, "dry" if dry else name
            )
            return reload_json(ReloadReport(status, name, built, error=unwritten or None), said)
        knowledge = await stack.enter_async_context(
            start_knowledge(settings.articles, settings.data, builder)
        )
        reload_service = ReloadService(knowledge, builder, now, state.shown.quoted)
        report = await audited_reload(
            reload_service, audit_log, ReloadRequest("shell", dry, confirm), progress
        )
        return reload_json(report, said)


async def act_here(settings: Settings, act: str, request: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Do what the admin API does, for a command in the terminal while nobody serves: `unanswered`, `alias`, `unalias`.

    Raises:
        FolderInUse: somebody began to serve in between.
    """
    with open_snapshot(settings) as snapshot:
        store = SnapshotHolder(snapshot)
        with open_query_service(store) as lookup:
            async with _alone(settings) as state:
                said = phrases(settings.language).admin
                audit_log = AuditLog(state.audit, now)
                acts = await acts_over(state, settings.data, store, lookup, audit_log, said)
                _, told = await acts[act]("shell", request)
                return cast("dict[str, JsonValue]", told)


async def restore_here(settings: Settings, backup: Path) -> str:
    """Restore on the data folder, for a command in the terminal while nobody serves from it; say what came of it.

    Raises:
        FolderInUse: somebody began to serve in between.
        BackupRefused: the backup is not whole.
    """
    async with _alone(settings) as state:
        audit_log = AuditLog(state.audit, now)
        try:
            versions = SnapshotRepository(settings.data / SERVED)
            restored = await restore_backup(backup, settings.articles, settings.data, versions, state)
        except (BackupRefused, KnowledgeError, StateError) as error:
            await audit_log.record_done("shell", ACT, ReloadStatus.FAILED, str(error))
            raise
        unwritten = await audit_log.record_done("shell", ACT, ReloadStatus.RESTORED, restored.version)
        said = phrases(settings.language)
        told = said.console.restored.format(backup, restored.version, unwritten).rstrip()
        return f"{told}\n{put_back_text(restored.articles, said.admin)}\n"


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[State]:
    """Hold the data folder and open its state.

    Raises:
        FolderInUse: somebody serves from it.
        StorageUnavailable: it cannot be written.
        StateError: the state cannot be used.
    """
    async with AsyncExitStack() as stack:
        with explain_io_errors(settings.data):
            settings.data.mkdir(parents=True, exist_ok=True)
            stack.enter_context(single_instance(settings.data))
        yield await stack.enter_async_context(open_state(settings.database or sqlite_address(settings.data)))


MARKS = {Severity.WELL: "✓", Severity.ADVICE: "!", Severity.WRONG: "✗"}


@dataclass(frozen=True, slots=True)
class RunningBot:
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


def _running(settings: Settings) -> RunningBot | None:
    """Ask the bot that runs from the data folder; None where none does."""
    try:
        address = serving_address(settings)
        if address is None:
            return None
        told = call_admin_api(settings, address, "platforms", {})
    except StartError as error:
        return RunningBot({}, str(error))
    if "platforms" not in told:
        return RunningBot({}, str(told.get("starting")))
    return RunningBot(cast("dict[str, str | None]", told["platforms"]))


async def _all(
    setups: Sequence[PlatformSetup], said: DoctorPhrases, running: RunningBot | None, presence: Presence
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

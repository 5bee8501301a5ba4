"""What serves, and who may what: `/reload`, `/versions`, `/rollback`, `/grant`, `/revoke`, `/audit`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.admin.operations import audited_reload, audited_rollback, needs_attention
from bot.admin.permissions import Permission, Role
from bot.admin.reload_service import ReloadReport, ReloadRequest
from bot.admin.reports import audit_line, changes_text, moment, progress_text, report_text, version_line
from bot.admin.wiring import AdminContext
from bot.messages import Button, ButtonPress, Chat, Message, Reply, text_reply
from bot.runtime import waited
from bot.state.database import fresh_id
from bot.state.people import Granted
from bot.state.sessions import LASTS, Confirmation
from bot.texts import Phrases, reworded
from bot.texts.phrases import AdminPhrases
from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.manifest import read_manifest

DRY = frozenset({"dry", "dry-run", "--dry-run", "试", "试算"})
EDITS = 3.0  # seconds between two edits of the progress message; a chat takes about one message a second
CONFIRM = "confirm"

Buttons = list[list[Button]]


class ReloadHandlers:
    """Reload in chat: progress in one message, then the report in the same."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    async def reload(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        dry = words.lower() in DRY
        if words and not dry:
            return [text_reply(said.admin.reload_usage)]
        request = ReloadRequest(message.actor, dry)
        self._context.spawn(self.run(message.chat, request, said.admin), message.chat)
        return [Reply([])]

    async def run(
        self, chat: Chat, request: ReloadRequest, said: AdminPhrases, buttons: Buttons | None = None
    ) -> ReloadReport:
        """Reload, telling one chat how it goes and what came of it; the report is audited before it is told.

        `buttons` stand in the place of those that would confirm what a person should confirm.
        """
        progress = _ProgressMessage(self._context, chat, said)
        async with progress:
            report = await audited_reload(
                self._context.reload_service, self._context.audit_log, request, progress.hear
            )
        reply = text_reply(report_text(report, said))
        if report.confirm:
            reply = replace(reply, buttons=buttons or await self._ask(request.by, report.confirm, said))
        await self._context.platforms.send(chat, replace(reply, edits=progress.id))
        return report

    async def announce(self, report: ReloadReport) -> None:
        """Tell owners, with the button, of a reload that nobody waited for and that a person should look at."""
        if not needs_attention(report):
            return

        async def say(owner: str, said: AdminPhrases) -> Reply:
            reply = text_reply(f"{said.by_itself}\n{report_text(report, said)}")
            return (
                replace(reply, buttons=await self._ask(owner, report.confirm, said))
                if report.confirm
                else reply
            )

        await self._context.tell_owners(say)

    async def confirm(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """`confirm:y:ID` or `confirm:n:ID`."""
        context, told = self._context, said.admin
        _, answer, asked_id = press.payload
        asked = await context.state.confirmations.get(asked_id)
        if asked is None:
            return [Reply([], notice=told.confirm_gone)]
        refused = await context.authorizer.require_press(Permission.RELOAD, press, said, asked.actor)
        if refused is not None:
            return refused
        if asked.expires < context.clock():
            return [Reply([], notice=told.confirm_late)]
        if not await context.state.confirmations.close(asked_id) or press.chat is None:
            return [Reply([], notice=told.confirm_used)]
        if answer != "y":
            await context.audit_log.write(asked.actor, Permission.RELOAD, "declined")
            return [replace(text_reply(told.declined), edits=press.message_id)]
        request = ReloadRequest(asked.actor, confirmed=asked.detail)
        context.spawn(self.run(press.chat, request, told), press.chat)
        return [Reply([], notice=told.replacing)]

    async def versions(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/versions`: what is stored, which one serves, and whether the folder has changed since."""
        lines = await asyncio.to_thread(self._version_lines, said.admin)
        return await self._context.audited(Permission.VERSIONS, message.actor, text_reply("\n".join(lines)))

    async def rollback(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        if words and not (words.isascii() and words.isdigit()):
            return [text_reply(said.admin.rollback_usage)]
        context = self._context
        report = await audited_rollback(
            context.reload_service, context.audit_log, message.actor, words or None
        )
        return [text_reply(report_text(report, said.admin))]

    async def _ask(self, actor: str, detail: str, said: AdminPhrases) -> Buttons:
        asked = Confirmation(fresh_id(), actor, Permission.RELOAD, detail, self._context.clock() + LASTS)
        await self._context.state.confirmations.ask(asked)
        yes, no = f"{CONFIRM}:y:{asked.id}", f"{CONFIRM}:n:{asked.id}"
        return [[Button(said.anyway, yes), Button(said.not_anyway, no)]]

    def _version_lines(self, said: AdminPhrases) -> list[str]:
        lines: list[str] = []
        reloads = self._context.reload_service
        versions, serving = reloads.knowledge.versions, reloads.version
        for name in versions.names():
            try:
                told = read_manifest(versions.folder / name)
            except SnapshotDamaged as damage:
                lines.append(f"✗ {reworded(damage, said.language)}")
            else:
                lines.append(
                    version_line(name, told, datetime.fromtimestamp(told.created, UTC), name == serving, said)
                )
        if changes := reloads.folder_changes():
            lines.append(changes_text(changes, said))
        return lines or [said.no_versions.format(moment(self._context.clock()))]


class _ProgressMessage:
    """One message that is edited while a build goes on."""

    def __init__(self, context: AdminContext, chat: Chat, said: AdminPhrases) -> None:
        self._texts = said
        self.id: str | None = None
        self._context = context
        self._chat = chat
        self._began = time.monotonic()
        self._said = ""
        self._now = progress_text(said.first_stage, 0, 0, None, said)
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def hear(self, stage: str, done: int, of: int) -> None:
        """Take in how far it is; said at the next edit."""
        spent = time.monotonic() - self._began
        left = spent * (of - done) / done if done >= 3 and spent > 1 else None
        self._now = progress_text(stage, done, of, left, self._texts)

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._keep_saying())

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._task is not None
        self._over.set()  # what is being sent gets its id, so that the report can take its place
        if kind is not None:
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_saying(self) -> None:
        while not self._over.is_set():
            if self._now != self._said:
                self._said = self._now
                sent = await self._context.platforms.send(
                    self._chat, replace(text_reply(self._now), edits=self.id)
                )
                self.id = self.id or sent
            await waited(self._over, EDITS)


ROWS = 20
MOST_ROWS = 100


class RoleHandlers:
    """Owners' commands about people."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    async def grant(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/grant 12345` or `/grant platform:id` makes an editor; `/grant` alone lists them."""
        context, actor = self._context, message.actor
        if not words:
            return await context.audited(Permission.GRANT, actor, text_reply(await self._editors(said.admin)))
        named = self._person(message, words)
        if named is None:
            return [text_reply(said.admin.grant_usage)]
        platform, person = named
        await context.state.roles.grant(Granted(platform, person, Role.EDITOR, actor, context.clock()))
        await context.audit_log.write(actor, Permission.GRANT, "done", f"{platform}:{person} {Role.EDITOR}")
        return [text_reply(said.admin.granted.format(person))]

    async def revoke(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        named = self._person(message, words)
        if named is None:
            return [text_reply(said.admin.revoke_usage)]
        platform, person = named
        had = await self._context.state.roles.revoke(platform, person)
        outcome = "done" if had else "nothing"
        await self._context.audit_log.write(message.actor, Permission.REVOKE, outcome, f"{platform}:{person}")
        return [text_reply((said.admin.revoked if had else said.admin.was_none).format(person))]

    async def audit(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/audit`, or `/audit 50`; says too whether the log is whole."""
        wanted = int(words) if words.isascii() and words.isdigit() else ROWS
        await self._context.audit_log.write(message.actor, Permission.AUDIT, "shown")
        rows = await self._context.state.audit.last(max(1, min(wanted, MOST_ROWS)))
        broken = await self._context.state.audit.first_broken()
        head = said.admin.audit_whole if broken is None else said.admin.audit_broken.format(broken)
        return [text_reply("\n".join([head, *(audit_line(row, said.admin) for row in rows)]))]

    async def _editors(self, said: AdminPhrases) -> str:
        editors = await self._context.state.roles.all()
        rows = [
            said.editor.format(one.platform, one.person, moment(one.granted_at), one.granted_by)
            for one in editors
        ]
        return "\n".join([said.editors, *rows]) if rows else said.no_editors

    def _person(self, message: Message, typed: str) -> tuple[str, str] | None:
        """The platform and the id of whom somebody names: by an id of this platform, or as `/whoami` says it."""
        platform, colon, person = typed.partition(":")
        for where, name in ((message.chat.platform, typed), (platform, person if colon else "")):
            try:
                return where, self._context.platforms.person_id(where, name)
            except (ValueError, LookupError):
                continue
        return None

"""`/reload`, `/versions`, `/rollback`, and the button that confirms a reload."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from bot.admin.acting import audited_reload, audited_rollback
from bot.admin.desk import Desk, said
from bot.admin.reloading import Wish
from bot.admin.report import Report
from bot.admin.rights import Act, Claim
from bot.admin.wording import moment, progress_text, report_text, version_line
from bot.handlers.commands import TypedCommand
from bot.messages import Button, ButtonPress, Chat, Message, Reply
from bot.state.confirmations import LASTS, Confirmation
from bot.state.ids import fresh_id
from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.manifest import read
from knowledge.snapshots.sources import changed_files

DRY = frozenset({"dry", "dry-run", "--dry-run", "试", "试算"})
EDITS = 3.0  # seconds between two edits of the progress message; a chat takes about one message a second
CONFIRM = "confirm"
ANYWAY = "仍要更换"

Buttons = list[list[Button]]


class ReloadCommands:
    """Reload in chat: progress in one message, then the report in the same."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def reload(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/reload`, or `/reload dry`."""
        if (refused := await self._desk.admit(Act.RELOAD, message)) is not None:
            return refused
        dry = command.rest.lower() in DRY
        if command.rest and not dry:
            return [said("用法：/reload 重载；/reload dry 只试算，不更换。")]
        wish = Wish(Claim.of_message(message).actor, dry)
        self._desk.begin(self.run(message.chat, wish), message.chat)
        return [Reply([])]

    async def run(self, chat: Chat, wish: Wish, buttons: Buttons | None = None) -> Report:
        """Reload, telling one chat how it goes and what came of it; the report is audited before it is told.

        `buttons` stand in the place of those that would confirm what a person should confirm.
        """
        progress = _ProgressMessage(self._desk, chat)
        async with progress:
            report = await audited_reload(self._desk.reloader, self._desk.ledger, wish, progress.hear)
        reply = said(report_text(report))
        if report.confirm:
            reply = replace(reply, buttons=buttons or await self._ask(wish.by, report.confirm))
        await self._desk.platforms.send(chat, replace(reply, edits=progress.id))
        return report

    async def confirm(self, press: ButtonPress) -> Sequence[Reply]:
        """`confirm:y:ID` or `confirm:n:ID`."""
        _, answer, asked_id = press.payload
        asked = await self._desk.state.confirmations.get(asked_id)
        if asked is None:
            return [Reply([], notice="这个按钮已经用过，或已过期。")]
        if (refused := await self._desk.admit_press(Act.RELOAD, press, asked.actor)) is not None:
            return refused
        if asked.expires < self._desk.clock():
            return [Reply([], notice="这个按钮已过期，请再发一次 /reload。")]
        if not await self._desk.state.confirmations.close(asked_id) or press.chat is None:
            return [Reply([], notice="这个按钮已经用过。")]
        if answer != "y":
            await self._desk.ledger.write(asked.actor, Act.RELOAD, "declined")
            return [replace(said("没有更换。"), edits=press.message_id)]
        wish = Wish(asked.actor, confirmed=asked.detail)
        self._desk.begin(self.run(press.chat, wish), press.chat)
        return [Reply([], notice="好，开始更换。")]

    async def versions(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/versions`: what is stored, which one serves, and whether the folder has changed since."""
        if (refused := await self._desk.admit(Act.VERSIONS, message)) is not None:
            return refused
        lines = await asyncio.to_thread(self._version_lines)
        actor = Claim.of_message(message).actor
        return await self._desk.showing(Act.VERSIONS, actor, said("\n".join(lines)))

    async def rollback(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/rollback`, or `/rollback 12`."""
        if (refused := await self._desk.admit(Act.ROLLBACK, message)) is not None:
            return refused
        if command.rest and not (command.rest.isascii() and command.rest.isdigit()):
            return [said("用法：/rollback 换回前一个版本；/rollback 12 换回第 12 版。")]
        actor = Claim.of_message(message).actor
        report = await audited_rollback(self._desk.reloader, self._desk.ledger, actor, command.rest or None)
        return [said(report_text(report))]

    async def _ask(self, actor: str, detail: str) -> Buttons:
        asked = Confirmation(fresh_id(), actor, Act.RELOAD, detail, self._desk.clock() + LASTS)
        await self._desk.state.confirmations.ask(asked)
        yes, no = f"{CONFIRM}:y:{asked.id}", f"{CONFIRM}:n:{asked.id}"
        return [[Button(ANYWAY, yes), Button("不更换", no)]]

    def _version_lines(self) -> list[str]:
        lines: list[str] = []
        serving = self._desk.reloader.version
        for name in self._desk.versions.names():
            try:
                told = read(self._desk.versions.folder / name)
            except SnapshotDamaged as damage:
                lines.append(f"✗ {damage}")
            else:
                lines.append(
                    version_line(name, told, datetime.fromtimestamp(told.created, UTC), name == serving)
                )
        changed = changed_files(self._desk.articles, self._desk.versions.folder / serving)
        if changed:
            names = "、".join(changed[:5]) + (f" 等 {len(changed)} 个" if len(changed) > 5 else "")
            lines.append(f"上次重载以后改动过的文件：{names}。用 /reload 换上。")
        return lines or [f"没有存下的版本；正在用临时版本（{moment(self._desk.clock())}）。"]


class _ProgressMessage:
    """One message that is edited while a build goes on."""

    def __init__(self, desk: Desk, chat: Chat) -> None:
        self.id: str | None = None
        self._desk = desk
        self._chat = chat
        self._began = time.monotonic()
        self._said = ""
        self._now = progress_text("查看文件夹", 0, 0, None)
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def hear(self, stage: str, done: int, of: int) -> None:
        """Take in how far it is; said at the next edit."""
        spent = time.monotonic() - self._began
        left = spent * (of - done) / done if done >= 3 and spent > 1 else None
        self._now = progress_text(stage, done, of, left)

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
                sent = await self._desk.platforms.send(self._chat, replace(said(self._now), edits=self.id))
                self.id = self.id or sent
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), EDITS)

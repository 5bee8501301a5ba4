"""A file sent in chat: kept aside, tried out, shown, and published or discarded by button."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.admin.desk import Desk, said
from bot.admin.names import shown_name, stored_name
from bot.admin.reload_commands import ANYWAY, ReloadCommands
from bot.admin.reloading import Wish
from bot.admin.report import Ending
from bot.admin.rights import Act, Claim
from bot.admin.shelf import LIMIT, TooBig
from bot.admin.trying import TrialFailed, try_file
from bot.admin.wording import trial_text
from bot.messages import Attachment, Button, ButtonPress, Chat, Message, Reply
from bot.state.errors import StateError
from bot.state.ids import fresh_id
from bot.state.uploads import Upload, UploadState
from bot.texts import phrases
from knowledge.errors import StorageUnavailable

log = logging.getLogger(__name__)

UPLOAD = "upload"
WAITS = timedelta(days=1)
TOO_BIG = f"文件超过 {LIMIT >> 20} MB，没有收下；请拆小后再发。"
AGAIN = "可以稍后再按“发布”"


class UploadCommands:
    """Uploads, one button each way."""

    def __init__(self, desk: Desk, reloads: ReloadCommands) -> None:
        self._desk = desk
        self._reloads = reloads
        self._objections: dict[str, str] = {}  # by upload: what publishing it once more confirms

    async def receive(self, message: Message) -> Sequence[Reply]:
        """Take in a file that came with a message."""
        if message.attachment is None:
            return []
        stranger = phrases(message.sender.language).no_files
        if (refused := await self._desk.admit(Act.UPLOAD, message, stranger)) is not None:
            return refused
        actor = Claim.of_message(message).actor
        if (message.attachment.size or 0) > LIMIT:
            await self._desk.ledger.write(actor, Act.UPLOAD, "refused", f"太大 {message.attachment.size}")
            return [said(TOO_BIG)]
        self._desk.begin(self._take(message.chat, actor, message.attachment), message.chat)
        return [said(f"正在检查《{shown_name(message.attachment.name)}》……")]

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """`upload:p:ID` publishes, `upload:c:ID` also against what was objected, `upload:d:ID` discards."""
        _, action, upload_id = press.payload
        upload = await self._desk.state.uploads.get(upload_id)
        if upload is None or upload.target is None:
            return [Reply([], notice="没有这个文件了。")]
        if (refused := await self._desk.admit_press(Act.UPLOAD, press, upload.actor)) is not None:
            return refused
        if upload.state is not UploadState.CHECKED or press.chat is None:
            return [Reply([], notice="这个文件已经处理过了。")]
        if action not in ("p", "c"):
            return await self._discard(press, upload)
        if self._desk.reloader.busy:
            return [Reply([], notice="正在重载，请等它结束后再按。")]
        if not await self._desk.state.uploads.move(upload.id, UploadState.CHECKED, UploadState.PUBLISHED):
            return [Reply([], notice="这个文件已经处理过了。")]
        objection = self._objections.pop(upload.id, None)
        wish = Wish(upload.actor, despite=objection if action == "c" else None)
        self._desk.begin(self._publish(press.chat, upload, upload.target, wish), press.chat)
        return [Reply([], notice="好，开始发布。")]

    async def forget_old(self) -> None:
        """Discard what nobody decided on for a day."""
        for upload in await self._desk.state.uploads.pending(self._desk.clock() - WAITS):
            if await self._desk.state.uploads.move(upload, UploadState.CHECKED, UploadState.DISCARDED):
                self._objections.pop(upload, None)
                await asyncio.to_thread(self._desk.shelf.discard, upload)

    async def sweep(self) -> None:
        """Clear up after a kill: what no row knows goes, what was being published waits again."""
        for kept in await asyncio.to_thread(self._desk.shelf.kept):
            upload = await self._desk.state.uploads.get(kept)
            if upload and upload.state is not UploadState.DISCARDED:
                await self._desk.state.uploads.move(kept, UploadState.PUBLISHED, UploadState.CHECKED)
            else:
                await asyncio.to_thread(self._desk.shelf.discard, kept)

    async def _take(self, chat: Chat, actor: str, attachment: Attachment) -> None:
        upload_id = fresh_id()
        try:
            outcome, reply = await self._checked(upload_id, chat.platform, actor, attachment)
            await self._desk.ledger.write(actor, Act.UPLOAD, outcome, shown_name(attachment.name))
        except StateError as error:
            outcome, reply = "failed", said(f"{error}。文件没有收下。")
            await self._desk.ledger.note(actor, Act.UPLOAD, outcome, shown_name(attachment.name))
        if outcome != "checked":
            await asyncio.to_thread(self._desk.shelf.discard, upload_id)
        await self._desk.platforms.send(chat, reply)

    async def _checked(
        self, upload_id: str, platform: str, actor: str, attachment: Attachment
    ) -> tuple[str, Reply]:
        shelf, target = self._desk.shelf, stored_name(attachment.name)
        try:
            kept = await shelf.keep(upload_id, self._desk.platforms.fetch(platform, attachment.id, LIMIT))
            trial = await try_file(shelf.path(upload_id), target)
        except TooBig:
            return "refused", said(TOO_BIG)
        except StorageUnavailable as error:
            return "failed", said(f"{error}。文件没有收下。")
        except TrialFailed:
            return "refused", said("检查这个文件花的时间或内存太多，没有收下；请拆小后再发。")
        except Exception:  # whatever a platform's download may raise
            log.exception("attachment %s could not be fetched", upload_id)
            return "failed", said("取不到这个文件，请再发一次。")
        text = trial_text(shown_name(attachment.name), target, trial, shelf.replaces(target))
        if not trial.facts:
            return "refused", said(text + "\n没有可用的句子，没有收下。")
        await self._desk.state.uploads.add(
            Upload(
                upload_id,
                actor,
                attachment.name.encode("utf-8", "replace").decode(),
                kept.size,
                kept.sha256,
                UploadState.CHECKED,
                self._desk.clock(),
                target,
            )
        )
        buttons = [Button("发布", f"{UPLOAD}:p:{upload_id}"), Button("丢弃", f"{UPLOAD}:d:{upload_id}")]
        return "checked", replace(said(text), buttons=[buttons])

    async def _discard(self, press: ButtonPress, upload: Upload) -> Sequence[Reply]:
        if not await self._desk.state.uploads.move(upload.id, UploadState.CHECKED, UploadState.DISCARDED):
            return [Reply([], notice="这个文件已经处理过了。")]
        self._objections.pop(upload.id, None)
        await asyncio.to_thread(self._desk.shelf.discard, upload.id)
        await self._desk.ledger.write(upload.actor, Act.UPLOAD, "discarded", shown_name(upload.name))
        return [replace(said(f"《{shown_name(upload.name)}》已丢弃。"), edits=press.message_id)]

    async def _publish(self, chat: Chat, upload: Upload, target: str, wish: Wish) -> None:
        """Put the file in and reload; what does not come to serve is taken out again."""
        try:
            placed = await asyncio.to_thread(self._desk.shelf.place, upload.id, target, self._desk.clock())
        except StorageUnavailable as error:
            await self._back(chat, upload, str(error), AGAIN)
            return
        anyway = [Button(ANYWAY, f"{UPLOAD}:c:{upload.id}"), Button("丢弃", f"{UPLOAD}:d:{upload.id}")]
        report = await self._reloads.run(chat, wish, [anyway])
        if report.ending in (Ending.PUBLISHED, Ending.UNCHANGED):
            detail = f"{target} {upload.sha256}"
            unwritten = await self._desk.ledger.note(upload.actor, Act.UPLOAD, "published", detail)
            await asyncio.to_thread(self._desk.shelf.discard, upload.id)
            done = f"《{shown_name(upload.name)}》已发布为 {target}。{unwritten}"
            await self._desk.platforms.send(chat, said(done))
            return
        await asyncio.to_thread(self._desk.shelf.take_back, placed)
        if report.confirm and report.objection:
            self._objections[upload.id] = report.objection
        how = f"要放回去换上，按“{ANYWAY}”" if report.confirm else AGAIN
        await self._back(chat, upload, "没有换上，文件已从文章文件夹取回", how)

    async def _back(self, chat: Chat, upload: Upload, why: str, how: str) -> None:
        await self._desk.state.uploads.move(upload.id, UploadState.PUBLISHED, UploadState.CHECKED)
        await self._desk.ledger.write(upload.actor, Act.UPLOAD, "failed", f"{upload.target} {why}")
        await self._desk.platforms.send(chat, said(f"{why}。{how}。"))

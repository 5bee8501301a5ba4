"""A file sent in chat: kept aside, tried out, shown, and published or discarded by button."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.admin.build_client import TrialFailed, try_file
from bot.admin.context import AdminContext, text_reply
from bot.admin.permissions import AccessRequest, Permission
from bot.admin.reload_commands import ANYWAY, ReloadCommands
from bot.admin.reload_service import ReloadRequest, ReloadStatus
from bot.admin.reports import trial_text
from bot.admin.upload_store import LIMIT, TooBig, shown_name, stored_name
from bot.messages import Attachment, Button, ButtonPress, Chat, Message, Reply
from bot.state.approvals import Upload, UploadState
from bot.state.database import StateError, fresh_id
from bot.texts import phrases
from knowledge.errors import StorageUnavailable

log = logging.getLogger(__name__)

UPLOAD = "upload"
WAITS = timedelta(days=1)
TOO_BIG = f"文件超过 {LIMIT >> 20} MB，没有收下；请拆小后再发。"
AGAIN = "可以稍后再按“发布”"


class UploadCommands:
    """Uploads, one button each way."""

    def __init__(self, context: AdminContext, reloads: ReloadCommands) -> None:
        self._context = context
        self._reloads = reloads
        self._objections: dict[str, str] = {}  # by upload: what publishing it once more confirms

    async def receive(self, message: Message) -> Sequence[Reply]:
        """Take in a file that came with a message."""
        if message.attachment is None:
            return []
        stranger = phrases(message.sender.language).no_files
        if (refused := await self._context.require(Permission.UPLOAD, message, stranger)) is not None:
            return refused
        actor = AccessRequest.of_message(message).actor
        if (message.attachment.size or 0) > LIMIT:
            await self._context.audit_log.write(
                actor, Permission.UPLOAD, "refused", f"太大 {message.attachment.size}"
            )
            return [text_reply(TOO_BIG)]
        self._context.spawn(self._take(message.chat, actor, message.attachment), message.chat)
        return [text_reply(f"正在检查《{shown_name(message.attachment.name)}》……")]

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """`upload:p:ID` publishes, `upload:c:ID` also against what was objected, `upload:d:ID` discards."""
        _, action, upload_id = press.payload
        upload = await self._context.state.uploads.get(upload_id)
        if upload is None or upload.target is None:
            return [Reply([], notice="没有这个文件了。")]
        if (refused := await self._context.require_press(Permission.UPLOAD, press, upload.actor)) is not None:
            return refused
        if upload.state is not UploadState.CHECKED or press.chat is None:
            return [Reply([], notice="这个文件已经处理过了。")]
        if action not in ("p", "c"):
            return await self._discard(press, upload)
        if self._context.reload_service.busy:
            return [Reply([], notice="正在重载，请等它结束后再按。")]
        if not await self._context.state.uploads.move(upload.id, UploadState.CHECKED, UploadState.PUBLISHED):
            return [Reply([], notice="这个文件已经处理过了。")]
        objection = self._objections.pop(upload.id, None)
        request = ReloadRequest(upload.actor, despite=objection if action == "c" else None)
        self._context.spawn(self._publish(press.chat, upload, upload.target, request), press.chat)
        return [Reply([], notice="好，开始发布。")]

    async def forget_old(self) -> None:
        """Discard what nobody decided on for a day."""
        for upload in await self._context.state.uploads.pending(self._context.clock() - WAITS):
            if await self._context.state.uploads.move(upload, UploadState.CHECKED, UploadState.DISCARDED):
                self._objections.pop(upload, None)
                await asyncio.to_thread(self._context.upload_store.discard, upload)

    async def sweep(self) -> None:
        """Clear up after a kill: what no row knows goes, what was being published waits again."""
        for kept in await asyncio.to_thread(self._context.upload_store.kept):
            upload = await self._context.state.uploads.get(kept)
            if upload and upload.state is not UploadState.DISCARDED:
                await self._context.state.uploads.move(kept, UploadState.PUBLISHED, UploadState.CHECKED)
            else:
                await asyncio.to_thread(self._context.upload_store.discard, kept)

    async def _take(self, chat: Chat, actor: str, attachment: Attachment) -> None:
        upload_id = fresh_id()
        try:
            outcome, reply = await self._checked(upload_id, chat.platform, actor, attachment)
            await self._context.audit_log.write(
                actor, Permission.UPLOAD, outcome, shown_name(attachment.name)
            )
        except StateError as error:
            outcome, reply = "failed", text_reply(f"{error}。文件没有收下。")
            await self._context.audit_log.record_done(
                actor, Permission.UPLOAD, outcome, shown_name(attachment.name)
            )
        if outcome != "checked":
            await asyncio.to_thread(self._context.upload_store.discard, upload_id)
        await self._context.platforms.send(chat, reply)

    async def _checked(
        self, upload_id: str, platform: str, actor: str, attachment: Attachment
    ) -> tuple[str, Reply]:
        upload_store, target = self._context.upload_store, stored_name(attachment.name)
        try:
            kept = await upload_store.keep(
                upload_id, self._context.platforms.fetch(platform, attachment.id, LIMIT)
            )
            trial = await try_file(upload_store.path(upload_id), target)
        except TooBig:
            return "refused", text_reply(TOO_BIG)
        except StorageUnavailable as error:
            return "failed", text_reply(f"{error}。文件没有收下。")
        except TrialFailed:
            return "refused", text_reply("检查这个文件花的时间或内存太多，没有收下；请拆小后再发。")
        except Exception:  # whatever a platform's download may raise
            log.exception("attachment %s could not be fetched", upload_id)
            return "failed", text_reply("取不到这个文件，请再发一次。")
        text = trial_text(shown_name(attachment.name), target, trial, upload_store.replaces(target))
        if not trial.facts:
            return "refused", text_reply(text + "\n没有可用的句子，没有收下。")
        await self._context.state.uploads.add(
            Upload(
                upload_id,
                actor,
                attachment.name.encode("utf-8", "replace").decode(),
                kept.size,
                kept.sha256,
                UploadState.CHECKED,
                self._context.clock(),
                target,
            )
        )
        buttons = [Button("发布", f"{UPLOAD}:p:{upload_id}"), Button("丢弃", f"{UPLOAD}:d:{upload_id}")]
        return "checked", replace(text_reply(text), buttons=[buttons])

    async def _discard(self, press: ButtonPress, upload: Upload) -> Sequence[Reply]:
        if not await self._context.state.uploads.move(upload.id, UploadState.CHECKED, UploadState.DISCARDED):
            return [Reply([], notice="这个文件已经处理过了。")]
        self._objections.pop(upload.id, None)
        await asyncio.to_thread(self._context.upload_store.discard, upload.id)
        await self._context.audit_log.write(
            upload.actor, Permission.UPLOAD, "discarded", shown_name(upload.name)
        )
        return [replace(text_reply(f"《{shown_name(upload.name)}》已丢弃。"), edits=press.message_id)]

    async def _publish(self, chat: Chat, upload: Upload, target: str, request: ReloadRequest) -> None:
        """Put the file in and reload; what does not come to serve is taken out again."""
        try:
            publication = await asyncio.to_thread(
                self._context.upload_store.place, upload.id, target, self._context.clock()
            )
        except StorageUnavailable as error:
            await self._back(chat, upload, str(error), AGAIN)
            return
        anyway = [Button(ANYWAY, f"{UPLOAD}:c:{upload.id}"), Button("丢弃", f"{UPLOAD}:d:{upload.id}")]
        report = await self._reloads.run(chat, request, [anyway])
        if report.status in (ReloadStatus.PUBLISHED, ReloadStatus.UNCHANGED):
            detail = f"{target} {upload.sha256}"
            unwritten = await self._context.audit_log.record_done(
                upload.actor, Permission.UPLOAD, "published", detail
            )
            await asyncio.to_thread(self._context.upload_store.discard, upload.id)
            done = f"《{shown_name(upload.name)}》已发布为 {target}。{unwritten}"
            await self._context.platforms.send(chat, text_reply(done))
            return
        await asyncio.to_thread(self._context.upload_store.undo, publication)
        if report.confirm and report.objection:
            self._objections[upload.id] = report.objection
        how = f"要放回去换上，按“{ANYWAY}”" if report.confirm else AGAIN
        await self._back(chat, upload, "没有换上，文件已从文章文件夹取回", how)

    async def _back(self, chat: Chat, upload: Upload, why: str, how: str) -> None:
        await self._context.state.uploads.move(upload.id, UploadState.PUBLISHED, UploadState.CHECKED)
        await self._context.audit_log.write(
            upload.actor, Permission.UPLOAD, "failed", f"{upload.target} {why}"
        )
        await self._context.platforms.send(chat, text_reply(f"{why}。{how}。"))

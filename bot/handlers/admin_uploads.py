"""Files sent in chat and their sidecars: looked at first, published by a button, stated by /meta."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import PurePosixPath

from bot.admin.context import AdminContext, text_reply
from bot.admin.knowledge import TrialFailed, try_file
from bot.admin.permissions import Permission
from bot.admin.reload_service import ReloadRequest, ReloadStatus
from bot.admin.reports import preview_text
from bot.admin.upload_store import LIMIT, TooBig, shown_name, stored_name
from bot.errors import StateError
from bot.handlers.admin_reload import ReloadHandlers, admin_phrases
from bot.handlers.intents import TypedCommand
from bot.messages import Attachment, Button, ButtonPress, Chat, Message, Reply
from bot.state.database import fresh_id
from bot.state.sessions import Upload, UploadState
from bot.texts.phrases import AdminPhrases
from bot.texts.translation import reworded
from knowledge.documents.folder import find_sources
from knowledge.documents.sidecar import SUFFIX, read_sidecar
from knowledge.errors import KnowledgeError, NoArticles, StorageUnavailable
from knowledge.model import Metadata

log = logging.getLogger(__name__)

UPLOAD = "upload"
WAITS = timedelta(days=1)


class UploadHandlers:
    """Uploads, one button each way."""

    def __init__(self, context: AdminContext, reloads: ReloadHandlers) -> None:
        self._context = context
        self._reloads = reloads
        self._objections: dict[str, str] = {}  # by upload: what publishing it once more confirms

    async def receive(self, message: Message) -> Sequence[Reply]:
        """Take in a file that came with a message."""
        if message.attachment is None:
            return []
        said, actor = admin_phrases(message.sender), message.actor
        if (message.attachment.size or 0) > LIMIT:
            await self._context.audit_log.write(
                actor, Permission.UPLOAD, "refused", f"too_big {message.attachment.size}"
            )
            return [text_reply(said.too_big.format(LIMIT >> 20))]
        self._context.spawn(self._take(message.chat, actor, message.attachment, said), message.chat)
        return [text_reply(said.looking.format(shown_name(message.attachment.name)))]

    async def how(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/upload`: a file is simply sent."""
        how = text_reply(admin_phrases(message.sender).upload_how)
        return await self._context.audited(Permission.UPLOAD, message.actor, how)

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """`upload:p:ID` publishes, `upload:c:ID` also against what was objected, `upload:d:ID` discards."""
        said = admin_phrases(press.sender)
        _, action, upload_id = press.payload
        upload = await self._context.state.uploads.get(upload_id)
        if upload is None or upload.target is None:
            return [Reply([], notice=said.upload_gone)]
        if (refused := await self._context.require_press(Permission.UPLOAD, press, upload.actor)) is not None:
            return refused
        if upload.state is not UploadState.CHECKED or press.chat is None:
            return [Reply([], notice=said.upload_decided)]
        if action not in ("p", "c"):
            return await self._discard(press, upload, said)
        if self._context.reload_service.busy:
            return [Reply([], notice=said.reload_runs)]
        if not await self._context.state.uploads.move(upload.id, UploadState.CHECKED, UploadState.PUBLISHED):
            return [Reply([], notice=said.upload_decided)]
        objection = self._objections.pop(upload.id, None)
        request = ReloadRequest(upload.actor, despite=objection if action == "c" else None)
        self._context.spawn(self._publish(press.chat, upload, upload.target, request, said), press.chat)
        return [Reply([], notice=said.publishing)]

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

    async def _take(self, chat: Chat, actor: str, attachment: Attachment, said: AdminPhrases) -> None:
        upload_id = fresh_id()
        try:
            outcome, reply = await self._checked(upload_id, chat.platform, actor, attachment, said)
            await self._context.audit_log.write(
                actor, Permission.UPLOAD, outcome, shown_name(attachment.name)
            )
        except StateError as error:
            outcome, reply = "failed", text_reply(said.not_taken.format(reworded(error, said.language)))
            await self._context.audit_log.record_done(
                actor, Permission.UPLOAD, outcome, shown_name(attachment.name)
            )
        if outcome != "checked":
            await asyncio.to_thread(self._context.upload_store.discard, upload_id)
        await self._context.platforms.send(chat, reply)

    async def _checked(
        self, upload_id: str, platform: str, actor: str, attachment: Attachment, said: AdminPhrases
    ) -> tuple[str, Reply]:
        upload_store, target = self._context.upload_store, stored_name(attachment.name)
        try:
            kept = await upload_store.keep(
                upload_id, self._context.platforms.fetch(platform, attachment.id, LIMIT)
            )
            trial = await try_file(upload_store.path(upload_id), target)
        except TooBig:
            return "refused", text_reply(said.too_big.format(LIMIT >> 20))
        except StorageUnavailable as error:
            return "failed", text_reply(said.not_taken.format(reworded(error, said.language)))
        except TrialFailed:
            return "refused", text_reply(said.too_costly)
        except Exception:  # whatever a platform's download may raise
            log.exception("attachment %s could not be fetched", upload_id)
            return "failed", text_reply(said.unfetched)
        text = preview_text(shown_name(attachment.name), target, trial, upload_store.replaces(target), said)
        if not trial.facts:
            return "refused", text_reply(f"{text}\n{said.no_facts}")
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
        buttons = [
            Button(said.publish, f"{UPLOAD}:p:{upload_id}"),
            Button(said.discard, f"{UPLOAD}:d:{upload_id}"),
        ]
        return "checked", replace(text_reply(text), buttons=[buttons])

    async def _discard(self, press: ButtonPress, upload: Upload, said: AdminPhrases) -> Sequence[Reply]:
        if not await self._context.state.uploads.move(upload.id, UploadState.CHECKED, UploadState.DISCARDED):
            return [Reply([], notice=said.upload_decided)]
        self._objections.pop(upload.id, None)
        await asyncio.to_thread(self._context.upload_store.discard, upload.id)
        await self._context.audit_log.write(
            upload.actor, Permission.UPLOAD, "discarded", shown_name(upload.name)
        )
        return [replace(text_reply(said.discarded.format(shown_name(upload.name))), edits=press.message_id)]

    async def _publish(
        self, chat: Chat, upload: Upload, target: str, request: ReloadRequest, said: AdminPhrases
    ) -> None:
        """Put the file in and reload; what does not come to serve is taken out again."""
        try:
            publication = await asyncio.to_thread(
                self._context.upload_store.place, upload.id, target, self._context.clock()
            )
        except StorageUnavailable as error:
            await self._back(chat, upload, reworded(error, said.language), said.try_later, said)
            return
        anyway = [
            Button(said.anyway, f"{UPLOAD}:c:{upload.id}"),
            Button(said.discard, f"{UPLOAD}:d:{upload.id}"),
        ]
        report = await self._reloads.run(chat, request, said, [anyway])
        if report.status in (ReloadStatus.PUBLISHED, ReloadStatus.UNCHANGED):
            detail = f"{target} {upload.sha256}"
            unwritten = await self._context.audit_log.record_done(
                upload.actor, Permission.UPLOAD, "published", detail
            )
            await asyncio.to_thread(self._context.upload_store.discard, upload.id)
            done = said.published.format(shown_name(upload.name), target, unwritten).rstrip()
            await self._context.platforms.send(chat, text_reply(done))
            return
        await asyncio.to_thread(self._context.upload_store.undo, publication)
        if report.confirm and report.objection:
            self._objections[upload.id] = report.objection
        how = said.put_back.format(said.anyway) if report.confirm else said.try_later
        await self._back(chat, upload, said.taken_back, how, said)

    async def _back(self, chat: Chat, upload: Upload, why: str, how: str, said: AdminPhrases) -> None:
        await self._context.state.uploads.move(upload.id, UploadState.PUBLISHED, UploadState.CHECKED)
        await self._context.audit_log.write(
            upload.actor, Permission.UPLOAD, "failed", f"{upload.target} {why}"
        )
        await self._context.platforms.send(chat, text_reply(said.upload_failed.format(why, how)))


KEYS = {
    "title": "title",
    "题": "title",
    "标题": "title",
    "newspaper": "newspaper",
    "报": "newspaper",
    "报纸": "newspaper",
    "date": "date",
    "日期": "date",
    "edition": "edition",
    "版": "edition",
    "版次": "edition",
    "url": "url",
    "地址": "url",
    "网址": "url",
}
_PAIR = re.compile(rf"(?:^|\s)({'|'.join(sorted(KEYS, key=len, reverse=True))})\s*[=＝]\s*")


def read_meta(text: str) -> tuple[str, dict[str, str]] | None:
    """Split `名字 日期=2023-07-01 报纸=文汇报` into the file's name and what is said; None where it is not that."""
    name, *rest = _PAIR.split(text)
    stated = {KEYS[key]: value.strip() for key, value in zip(rest[::2], rest[1::2], strict=True)}
    return (name.strip(), stated) if name.strip() and stated else None


def write_sidecar(before: Metadata | None, stated: dict[str, str]) -> str:
    """The text of a sidecar: what it said before, changed by what is said now; an empty value takes a key out."""
    known: dict[str, str | date | None] = asdict(before or Metadata())
    known.update(stated)
    return "".join(f"{key} = {_toml(key, value)}\n" for key, value in known.items() if value)


def _toml(key: str, value: str | date) -> str:
    if isinstance(value, date) or (key == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


class MetaHandlers:
    """Sidecars by chat."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    async def meta(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """State a file's title, newspaper, date, edition or address."""
        said, wanted = admin_phrases(message.sender), read_meta(command.rest)
        if wanted is None:
            return [text_reply(said.meta_usage)]
        actor = message.actor
        try:
            written = await asyncio.to_thread(self._write, *wanted, said)
        except KnowledgeError as error:
            await self._context.audit_log.write(actor, Permission.META, "failed", str(error))
            return [text_reply(reworded(error, said.language))]
        await self._context.audit_log.write(actor, Permission.META, "done", f"{written} {wanted[1]}")
        return [text_reply(said.meta_written.format(written))]

    def _write(self, name: str, stated: dict[str, str], said: AdminPhrases) -> str:
        articles = self._context.articles
        # only a name that the folder itself lists: what a person types is never a path
        source = next((s for s in find_sources(articles) if s.name == name and s.fault is None), None)
        if source is None:
            raise NoArticles(said.no_such_article.format(name))
        beside = PurePosixPath(name).with_name(PurePosixPath(name).name + SUFFIX).as_posix()
        before = None
        if source.sidecar is not None:
            beside = PurePosixPath(name).with_name(source.sidecar.name).as_posix()
            before = read_sidecar(beside, source.sidecar.read_bytes())
        text = write_sidecar(before, stated)
        read_sidecar(beside, text.encode())
        self._context.upload_store.write_beside(beside, text, self._context.clock())
        return beside

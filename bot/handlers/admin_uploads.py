"""Files sent in chat, published by a button; and `/meta`, which states what a file cannot tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.admin.context import AdminContext
from bot.admin.permissions import Permission
from bot.admin.reload_service import ReloadReport, ReloadRequest
from bot.admin.uploads import LIMIT, UploadRefused, UploadService, shown_name
from bot.handlers.administration import ReloadHandlers, admin_phrases
from bot.handlers.intents import TypedCommand
from bot.messages import Button, ButtonPress, Chat, Message, Reply, text_reply
from bot.state.sessions import Upload, UploadState
from bot.texts import reworded
from bot.texts.phrases import AdminPhrases
from knowledge.errors import KnowledgeError

UPLOAD = "upload"


class UploadHandlers:
    """Uploads, one button each way."""

    def __init__(self, context: AdminContext, uploads: UploadService, reloads: ReloadHandlers) -> None:
        self._context = context
        self._uploads = uploads
        self._reloads = reloads

    async def receive(self, message: Message) -> Sequence[Reply]:
        """Take in a file that came with a message."""
        if message.attachment is None:
            return []
        said, size = admin_phrases(message.sender), message.attachment.size or 0
        if size > LIMIT:
            await self._context.audit_log.write(
                message.actor, Permission.UPLOAD, "refused", f"too_big {size}"
            )
            return [text_reply(said.too_big.format(LIMIT >> 20))]
        self._context.spawn(self._preview(message, said), message.chat)
        return [text_reply(said.looking.format(shown_name(message.attachment.name)))]

    async def how(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/upload`: a file is simply sent."""
        how = text_reply(admin_phrases(message.sender).upload_how)
        return await self._context.audited(Permission.UPLOAD, message.actor, how)

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """`upload:p:ID` publishes, `upload:c:ID` also against what was objected, `upload:d:ID` discards."""
        said = admin_phrases(press.sender)
        _, action, upload_id = press.payload
        upload = await self._uploads.get(upload_id)
        if upload is None or upload.target is None:
            return [Reply([], notice=said.upload_gone)]
        if (refused := await self._context.require_press(Permission.UPLOAD, press, upload.actor)) is not None:
            return refused
        if upload.state is not UploadState.CHECKED or press.chat is None:
            return [Reply([], notice=said.upload_decided)]
        if action not in ("p", "c"):
            if not await self._uploads.discard(upload):
                return [Reply([], notice=said.upload_decided)]
            return [
                replace(text_reply(said.discarded.format(shown_name(upload.name))), edits=press.message_id)
            ]
        if self._context.reload_service.busy:
            return [Reply([], notice=said.reload_runs)]
        if not await self._uploads.begin(upload):
            return [Reply([], notice=said.upload_decided)]
        self._context.spawn(self._publish(press.chat, upload, upload.target, action == "c", said), press.chat)
        return [Reply([], notice=said.publishing)]

    async def meta(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """State a file's title, newspaper, date, edition or address."""
        said, actor = admin_phrases(message.sender), message.actor
        if (wanted := read_meta(command.rest)) is None:
            return [text_reply(said.meta_usage)]
        name, stated = wanted
        try:
            written = await self._uploads.describe(name, stated)
            failed = None if written else said.no_such_article.format(name)
        except KnowledgeError as error:
            failed = str(error)
        if failed is not None:
            await self._context.audit_log.write(actor, Permission.META, "failed", failed)
            return [text_reply(reworded(failed, said.language))]
        await self._context.audit_log.write(actor, Permission.META, "done", f"{written} {stated}")
        return [text_reply(said.meta_written.format(written))]

    async def _preview(self, message: Message, said: AdminPhrases) -> None:
        assert message.attachment is not None
        try:
            upload, preview = await self._uploads.receive(
                message.actor, message.chat.platform, message.attachment, said
            )
            reply = replace(text_reply(preview), buttons=[_buttons(said.publish, "p", upload, said)])
        except UploadRefused as refused:
            reply = text_reply(str(refused))
        await self._context.platforms.send(message.chat, reply)

    async def _publish(
        self, chat: Chat, upload: Upload, target: str, confirmed: bool, said: AdminPhrases
    ) -> None:
        async def reload(request: ReloadRequest) -> ReloadReport:
            return await self._reloads.run(chat, request, said, [_buttons(said.anyway, "c", upload.id, said)])

        try:
            unwritten = await self._uploads.publish(upload, target, confirmed, reload, said)
            told = said.published.format(shown_name(upload.name), target, unwritten).rstrip()
        except UploadRefused as refused:
            told = str(refused)
        await self._context.platforms.send(chat, text_reply(told))


def _buttons(label: str, action: str, upload: str, said: AdminPhrases) -> list[Button]:
    return [Button(label, f"{UPLOAD}:{action}:{upload}"), Button(said.discard, f"{UPLOAD}:d:{upload}")]


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
    "author": "author",
    "作者": "author",
    "source": "source",
    "来源": "source",
    "editor": "editor",
    "责编": "editor",
}
_PAIR = re.compile(rf"(?:^|\s)({'|'.join(sorted(KEYS, key=len, reverse=True))})\s*[=＝]\s*")


def read_meta(text: str) -> tuple[str, dict[str, str]] | None:
    """Split `名字 日期=2023-07-01 报纸=文汇报` into the file's name and what is said; None where it is not that."""
    name, *rest = _PAIR.split(text)
    stated = {KEYS[key]: value.strip() for key, value in zip(rest[::2], rest[1::2], strict=True)}
    return (name.strip(), stated) if name.strip() and stated else None

"""`/meta`: what the page does not print, stated by an admin and kept in the sidecar."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import PurePosixPath

from bot.admin.context import AdminContext, text_reply
from bot.admin.permissions import AccessRequest, Permission
from bot.handlers.commands import TypedCommand
from bot.messages import Message, Reply
from knowledge.documents.folder import find_sources
from knowledge.documents.sidecar import SUFFIX, read_sidecar
from knowledge.errors import KnowledgeError, UnreadableFile
from knowledge.model import Metadata

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


USAGE = "用法：/meta 文件名 日期=2023-07-01 报纸=文汇报 版次=3 地址=https://…（值留空则去掉）"


class MetaCommand:
    """Sidecars by chat."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    async def meta(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """State a file's title, newspaper, date, edition or address."""
        if (refused := await self._context.require(Permission.META, message)) is not None:
            return refused
        wanted = read_meta(command.rest)
        if wanted is None:
            return [text_reply(USAGE)]
        actor = AccessRequest.of_message(message).actor
        try:
            written = await asyncio.to_thread(self._write, *wanted)
        except KnowledgeError as error:
            await self._context.audit_log.write(actor, Permission.META, "failed", str(error))
            return [text_reply(str(error))]
        await self._context.audit_log.write(actor, Permission.META, "done", f"{written} {wanted[1]}")
        return [text_reply(f"已写入 {written}，/reload 之后生效。")]

    def _write(self, name: str, said_now: dict[str, str]) -> str:
        articles = self._context.articles
        # only a name that the folder itself lists: what a person types is never a path
        source = next((s for s in find_sources(articles) if s.name == name and s.fault is None), None)
        if source is None:
            raise UnreadableFile(name, "文章文件夹里没有这个文件", "写文件夹里的相对路径，如 a/b.txt")
        beside = PurePosixPath(name).with_name(PurePosixPath(name).name + SUFFIX).as_posix()
        before = None
        if source.sidecar is not None:
            beside = PurePosixPath(name).with_name(source.sidecar.name).as_posix()
            before = read_sidecar(beside, source.sidecar.read_bytes())
        text = write_sidecar(before, said_now)
        read_sidecar(beside, text.encode())
        self._context.upload_store.write_beside(beside, text, self._context.clock())
        return beside

"""`/meta`: what the page does not print, stated by an admin and kept in the sidecar."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath

from bot.admin.desk import Desk, said
from bot.admin.rights import Act, Claim
from bot.admin.sidecars import read_meta, write_sidecar
from bot.handlers.commands import TypedCommand
from bot.messages import Message, Reply
from knowledge.documents.folder import find_sources
from knowledge.documents.sidecar import SUFFIX, read_sidecar
from knowledge.errors import KnowledgeError, UnreadableFile

USAGE = "用法：/meta 文件名 日期=2023-07-01 报纸=文汇报 版次=3 地址=https://…（值留空则去掉）"


class MetaCommand:
    """Sidecars by chat."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def meta(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """State a file's title, newspaper, date, edition or address."""
        if (refused := await self._desk.admit(Act.META, message)) is not None:
            return refused
        wanted = read_meta(command.rest)
        if wanted is None:
            return [said(USAGE)]
        actor = Claim.of_message(message).actor
        try:
            written = await asyncio.to_thread(self._write, *wanted)
        except KnowledgeError as error:
            await self._desk.ledger.write(actor, Act.META, "failed", str(error))
            return [said(str(error))]
        await self._desk.ledger.write(actor, Act.META, "done", f"{written} {wanted[1]}")
        return [said(f"已写入 {written}，/reload 之后生效。")]

    def _write(self, name: str, said_now: dict[str, str]) -> str:
        articles = self._desk.articles
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
        self._desk.shelf.write_beside(beside, text, self._desk.clock())
        return beside

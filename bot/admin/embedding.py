"""The process that embeds what serves, kept going beside the bot; answers go by words until it has come to them."""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.admin.reload_service import ReloadReport
from bot.runtime import kill_child
from bot.texts.operating import OperatingPhrases
from knowledge.embedding.meanings import Semantics
from knowledge.embedding.models import OFF
from knowledge.embedding.worker import ENVIRONMENT, worker_command
from knowledge.snapshots.repository import INDEX, SnapshotRepository

log = logging.getLogger(__name__)

RETRIES = (10.0, 60.0, 600.0)  # seconds after a failure; the last again and again


@dataclass(frozen=True, slots=True)
class EmbeddingProgress:
    """How far the embedding of the serving version is; `problem` is why it does not go on.

    `skipped` are the files of which a sentence was left out, each with the reason.
    """

    done: int = 0
    of: int = 0
    problem: str | None = None
    skipped: tuple[tuple[str, str], ...] = ()

    def text(self, said: OperatingPhrases) -> str:
        """It in a sentence, for admins."""
        if self.problem:
            return said.embedding_stopped.format(self.done, self.of, self.problem)
        if self.done < self.of:
            return said.embedding.format(self.done, self.of)
        if not self.of:
            return said.embedding_waits
        told = said.embedded.format(self.of)
        if self.skipped:
            name, reason = self.skipped[0]
            told += said.embedding_skipped.format(len(self.skipped), name, reason)
        return told


class EmbeddingService:
    """Embeds the version that serves, and the next one when it changes; what is embedded once stays."""

    def __init__(self, semantics: Semantics, versions: SnapshotRepository, said: OperatingPhrases) -> None:
        self._said = said
        self._semantics = semantics
        self._versions = versions
        self._task: asyncio.Task[None] | None = None
        self.on_done: Callable[[str], object] = lambda version: None
        """Hears of each version that is embedded whole."""
        self.progress = EmbeddingProgress()

    def said(self) -> str | None:
        """How far it is, in a sentence; None where nothing is embedded."""
        return None if self._task is None else self.progress.text(self._said)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def embed(self, version: str) -> None:
        """Begin with a version, and leave the one before where it is."""
        await self._stop()
        index = self._versions.folder / version / INDEX
        if self._semantics.embeddings == OFF or not index.is_dir():
            return  # switched off, or the data folder cannot be written
        self._task = asyncio.create_task(self._work(index, version))

    async def changed(self, report: ReloadReport) -> None:
        await self.embed(report.version)

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self.progress = EmbeddingProgress()

    async def _work(self, index: Path, version: str) -> None:
        failures = 0
        while True:
            problem = await self._once(index)
            if problem is None:
                self.on_done(version)
                return
            pause = RETRIES[min(failures, len(RETRIES) - 1)]
            failures += 1
            log.warning("embedding goes on in %.0f s: %s", pause, problem)
            self.progress = replace(self.progress, problem=problem)
            await asyncio.sleep(pause)

    async def _once(self, index: Path) -> str | None:
        """Let a child embed; return what went wrong."""
        order = worker_command(self._semantics.folder, index, self._semantics.embeddings)
        child = await asyncio.create_subprocess_exec(
            *order, stdin=PIPE, stdout=PIPE, env=ENVIRONMENT, start_new_session=True
        )
        try:
            return await self._heard(child)
        finally:
            await kill_child(child)

    async def _heard(self, child: Process) -> str | None:
        assert child.stdout is not None
        async for line in child.stdout:
            told = json.loads(line)
            if "ended" in told:
                skipped = tuple((name, reason) for name, reason in told.get("skipped", ()))
                self.progress = replace(self.progress, skipped=skipped)
                for name, reason in skipped:
                    log.warning("%s is not found by meaning, a sentence of it was left out: %s", name, reason)
                problem: str | None = told["ended"]
                return problem
            self.progress = EmbeddingProgress(told["done"], told["of"])
        return self._said.embedding_died.format(await child.wait())
